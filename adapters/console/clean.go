package console

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes foreign text fit for a terminal: whole escape sequences, control
// characters and marks that reverse the writing direction are dropped, tabs are
// blanks, broken UTF-8 shows as such. Line breaks stay; whoever writes them
// indents what follows.
func clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for len(s) > 0 {
		if escapes(s) {
			s = s[escapeLen(s):]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		if r = fit(r); r >= 0 {
			b.WriteRune(r) // utf8.RuneError for broken bytes
		}
		s = s[n:]
	}
	return b.String()
}

// fit is what r is written as; -1 for not at all.
func fit(r rune) rune {
	switch {
	case r == '\n':
		return r
	case r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
		return ' '
	case unicode.IsControl(r) || reverses(r):
		return -1
	}
	return r
}

// escapes reports whether an escape sequence may begin here.
func escapes(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '\x1b' || r == csi || r == osc || r == dcs
}

// plain is the fast way for nearly every text.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f || s[i] == 0xc2 || s[i] == 0xe2 || s[i] >= 0xf0 {
			return false
		}
	}
	return utf8.ValidString(s)
}

// reverses reports the embedding, override and isolate marks.
func reverses(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// The C1 controls that begin sequences (ECMA-48); with ESC they are written as
// ESC and the character 0x40 below.
const (
	dcs = '\u0090'
	sos = '\u0098'
	csi = '\u009b'
	osc = '\u009d'
	pm  = '\u009e'
	apc = '\u009f'
)

// escapeLen is the length of the escape sequence that s begins with.
func escapeLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == '\x1b' {
		if n == len(s) {
			return n
		}
		r = rune(s[n]) + 0x40
		if r >= 0x80 && r < 0xa0 {
			n++
		}
	}
	switch r {
	case csi:
		return n + parametersLen(s[n:])
	case dcs, sos, osc, pm, apc:
		return n + stringLen(s[n:])
	}
	return n
}

// parametersLen is the length of a CSI's parameters and its one final byte.
func parametersLen(s string) int {
	for i := range len(s) {
		switch {
		case s[i] >= 0x40 && s[i] <= 0x7e:
			return i + 1
		case s[i] < 0x20 || s[i] > 0x7e:
			return i
		}
	}
	return len(s)
}

// stringLen is the length of a control string (a title, a link) with its end,
// BEL or ST. One without an end takes the rest, as a terminal would.
func stringLen(s string) int {
	end := len(s)
	for _, mark := range []string{"\a", "\x1b\\", "\u009c"} {
		if i := strings.Index(s, mark); i >= 0 {
			end = min(end, i+len(mark))
		}
	}
	return end
}
