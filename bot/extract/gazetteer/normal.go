package gazetteer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"karussell/bot"
)

// maxWord is a buffer size that holds nearly every normalised word; longer ones
// grow on the heap.
const maxWord = 64

// Normalise is the spelling under which tokens are compared: lower case ASCII
// letters and digits, umlauts written out, accents, apostrophes and full stops
// dropped ("Köln", "KÖLN" and "Koeln" are "koeln"; "St." is "st"; "&" is
// "and"). Composed and decomposed Unicode give the same. Tokens without letters
// and digits give "".
func Normalise(word string) string { return string(appendNormal(make([]byte, 0, len(word)+4), word)) }

// Normalise is the package's function of that name, for callers who hold only
// the Gazetteer.
func (g *Gazetteer) Normalise(word string) string { return Normalise(word) }

func appendNormal(dst []byte, word string) []byte {
	if word == "&" {
		return append(dst, "and"...)
	}
	var last rune
	for _, r := range word {
		if r < utf8.RuneSelf {
			dst, last = appendASCII(dst, byte(r)), r //nolint:gosec // ASCII
			continue
		}
		if unicode.Is(unicode.Mn, r) {
			if r == '\u0308' && strings.ContainsRune("aouAOU", last) {
				dst = append(dst, 'e')
			}
			continue
		}
		dst, last = appendFolded(dst, unicode.ToLower(r)), r
	}
	return dst
}

func appendASCII(dst []byte, c byte) []byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return append(dst, c+('a'-'A'))
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		return append(dst, c)
	}
	return dst
}

// appendFolded takes the letters of German ahead of the general table.
func appendFolded(dst []byte, r rune) []byte {
	switch r {
	case 'ä':
		return append(dst, "ae"...)
	case 'ö':
		return append(dst, "oe"...)
	case 'ü':
		return append(dst, "ue"...)
	case 'ß':
		return append(dst, "ss"...)
	}
	return append(dst, bot.Fold(r)...)
}

// plainer drops the umlauts and special letters instead of writing them out
// ("Dusseldorf", "Bodo"), as English papers do; "" if there are none.
func plainer(s string) string {
	if !strings.ContainsAny(s, "äöüøÄÖÜØ") {
		return ""
	}
	var b strings.Builder
	for _, r := range s {
		to := r
		switch r {
		case 'ä':
			to = 'a'
		case 'ö', 'ø':
			to = 'o'
		case 'ü':
			to = 'u'
		case 'Ä':
			to = 'A'
		case 'Ö', 'Ø':
			to = 'O'
		case 'Ü':
			to = 'U'
		}
		b.WriteRune(to)
	}
	return b.String()
}

func compareText(a, b string) int {
	return strings.Compare(bot.NormaliseName(a), bot.NormaliseName(b))
}
