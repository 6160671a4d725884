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
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == '\x1b' || r == '\u009b' || r == '\u009d' || r == '\u0090':
			s = s[escapeLen(s):]
			continue
		case r == '\n':
			b.WriteByte('\n')
		case r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case unicode.IsControl(r) || reverses(r):
		default:
			b.WriteRune(r) // utf8.RuneError for broken bytes
		}
		s = s[n:]
	}
	return b.String()
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

// escapeLen is the length of the escape sequence (ECMA-48) that s begins with.
// Strings (titles, links) end with BEL or ST; one without an end takes the rest,
// as a terminal would.
func escapeLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == '\x1b' {
		if n == len(s) {
			return n
		}
		r = rune(s[n]) + 0x40 // 7-bit form of the C1 control
		if r >= 0x80 && r < 0xa0 {
			n++
		}
	}
	switch r {
	case '\u009b': // CSI: parameters, then one final byte
		for ; n < len(s); n++ {
			if s[n] >= 0x40 && s[n] <= 0x7e {
				return n + 1
			}
			if s[n] < 0x20 || s[n] > 0x7e {
				return n
			}
		}
		return n
	case '\u0090', '\u0098', '\u009d', '\u009e', '\u009f': // DCS, SOS, OSC, PM, APC
		for i := n; i < len(s); i++ {
			switch {
			case s[i] == '\a':
				return i + 1
			case s[i] == '\x1b' && i+1 < len(s) && s[i+1] == '\\':
				return i + 2
			case s[i] == 0xc2 && i+1 < len(s) && s[i+1] == 0x9c:
				return i + 2
			}
		}
		return len(s)
	}
	return n
}
