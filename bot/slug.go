package bot

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"unicode"
)

// maxSlug keeps ids short enough for button actions.
const maxSlug = 40

// Slug makes an id from a name: German umlauts written out, accents dropped,
// everything else that is no ASCII letter or digit a single hyphen. Names
// without any such letter become a short hash. At most 40 bytes.
func Slug(name string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range strings.ToLower(name) {
		s := Fold(r)
		if s == "" {
			hyphen = b.Len() > 0
			continue
		}
		if hyphen {
			b.WriteByte('-')
			hyphen = false
		}
		b.WriteString(s)
	}
	s := b.String()
	if s == "" && name != "" {
		return "x-" + shortHash(name)
	}
	if len(s) > maxSlug {
		s = s[:maxSlug-9] + "-" + shortHash(name)[:8]
	}
	return s
}

// Fold is the ASCII spelling of a lower case letter or digit ("ä" is "ae", "ß"
// is "ss", "č" is "c"), and empty for everything else.
func Fold(r rune) string {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		return string(r)
	case r < unicode.MaxASCII:
		return ""
	}
	for _, f := range folds {
		if strings.ContainsRune(f.from, r) {
			return f.to
		}
	}
	return ""
}

// folds covers the Latin letters of European names.
//
//nolint:gochecknoglobals // a constant table
var folds = [...]struct{ from, to string }{
	{"ä", "ae"},
	{"ö", "oe"},
	{"ü", "ue"},
	{"ß", "ss"},
	{"áàâãåāăąǎ", "a"},
	{"æ", "ae"},
	{"çćčĉċ", "c"},
	{"ďđ", "d"},
	{"ð", "d"},
	{"éèêëēĕėęěə", "e"},
	{"ğĝġģǧ", "g"},
	{"ĥħ", "h"},
	{"íìîïīĭįıĩ", "i"},
	{"ĵ", "j"},
	{"ķ", "k"},
	{"ĺļľŀł", "l"},
	{"ñńņňŋ", "n"},
	{"óòôõōŏő", "o"},
	{"ø", "oe"},
	{"œ", "oe"},
	{"ŕŗř", "r"},
	{"śŝşšș", "s"},
	{"ţťŧț", "t"},
	{"þ", "th"},
	{"úùûūŭůűųũ", "u"},
	{"ŵ", "w"},
	{"ýÿŷ", "y"},
	{"źżž", "z"},
}

// shortHash is 24 lower case characters of a SHA-256.
func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
}
