package bot

import (
	"slices"
	"strings"
	"unicode"
)

// minDeletion is the shortest surname part, in bytes, that gets deletion
// variants: with three letters nearly everything is one error away.
const minDeletion = 4

// NormaliseName is the spelling under which names are compared: lower case
// ASCII words joined by one space, umlauts written out, accents dropped
// ("Thomas Maaßen-Ødegård" is "thomas maassen oedegard"). Composed and
// decomposed Unicode give the same; apostrophes join ("O'Neill" is "oneill").
// Letters of other scripts vanish.
func NormaliseName(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 4)
	var last rune // the letter before a combining mark
	gap := false
	for _, r := range s {
		if r = lower(r); joins(r) {
			if r == '\u0308' && isUmlautBase(last) {
				b.WriteByte('e')
			}
			continue
		}
		f := Fold(r)
		if f == "" {
			gap, last = b.Len() > 0, 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteString(f)
		last = r
	}
	return b.String()
}

// joins reports whether a rune leaves no gap: a combining mark, an apostrophe,
// a soft hyphen.
func joins(r rune) bool {
	if r < unicode.MaxASCII {
		return r == '\'' || r == '`'
	}
	return unicode.Is(unicode.Mn, r) || strings.ContainsRune("’´‘\u00ad", r)
}

func isUmlautBase(r rune) bool { return r == 'a' || r == 'o' || r == 'u' }

func lower(r rune) rune {
	if r >= unicode.MaxASCII {
		return unicode.ToLower(r)
	}
	return asciiLower(r)
}

func asciiLower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + ('a' - 'A')
	}
	return r
}

// NameKeys are the keys under which a person's name is found again. The keys of
// a typed name and those of a stored name have one in common when the names
// could be the same; the prefix says how:
//
//   - "w:" the whole normalised name, the whole surname, and each part of the
//     surname. Prefix search over "w:" completes both first names and surnames.
//   - "d:" each surname part of four or more letters, and the part with each
//     single letter deleted: two parts that differ by one wrong, missing, extra
//     or swapped letter share such a key.
//   - "p:" the Phonetic code of each surname part with at least three digits.
//
// The surname is everything but the first word; of a single word, that word.
// Particles ("van", "de") are no part of their own. The keys are distinct and
// sorted. An empty name has none.
func NameKeys(name string) []string {
	full := NormaliseName(name)
	if full == "" {
		return nil
	}
	words := strings.Fields(full)
	surname := words
	if len(words) > 1 && !isParticle(words[0]) {
		surname = words[1:]
	}
	keys := []string{"w:" + full, "w:" + strings.Join(surname, " ")}
	for _, part := range surname {
		if isParticle(part) && len(surname) > 1 {
			continue
		}
		keys = append(keys, "w:"+part)
		if p := Phonetic(part); len(p) >= 3 {
			keys = append(keys, "p:"+p)
		}
		if len(part) < minDeletion {
			continue
		}
		keys = append(keys, "d:"+part)
		for i := range len(part) {
			keys = append(keys, "d:"+part[:i]+part[i+1:])
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// isParticle reports whether a normalised word only joins a surname.
func isParticle(w string) bool {
	switch w {
	case "van", "von", "de", "da", "do", "dos", "das", "del", "della", "di", "der",
		"den", "ten", "ter", "vom", "zu", "zur", "el", "al", "la", "le", "bin", "ibn", "und", "y":
		return true
	}
	return false
}

// Phonetic is the Cologne phonetic code (Postel 1969) of s, word by word,
// joined by a space: names that sound alike in German have the same code
// ("Maier", "Meyer": 67). Words without a coded letter are left out.
func Phonetic(s string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(NormaliseName(s)) {
		before := b.Len()
		if before > 0 {
			b.WriteByte(' ')
		}
		start := b.Len()
		phoneticWord(&b, word)
		if b.Len() == start { // nothing but silent letters
			t := b.String()[:before]
			b.Reset()
			b.WriteString(t)
		}
	}
	return b.String()
}

// phoneticWord appends the code of one normalised word: repeated digits count
// once, and a vowel's 0 is kept only at the beginning.
func phoneticWord(b *strings.Builder, word string) {
	var prev byte // last digit, also of dropped vowels
	first := true
	emit := func(d byte) {
		if d != prev && (d != '0' || first) {
			b.WriteByte(d)
		}
		prev, first = d, false
	}
	for i := range len(word) {
		if word[i] == 'x' && (i == 0 || !strings.ContainsRune("ckq", rune(word[i-1]))) {
			emit('4')
			emit('8')
			continue
		}
		if d := phoneticDigit(word, i); d != 0 {
			emit(d)
		}
	}
}

// phoneticDigit is the digit of the letter at i, or 0 for a silent one.
func phoneticDigit(word string, i int) byte {
	var before, after byte
	if i > 0 {
		before = word[i-1]
	}
	if i+1 < len(word) {
		after = word[i+1]
	}
	switch c := word[i]; c {
	case 'c':
		return phoneticC(before, after)
	case 'p':
		if after == 'h' {
			return '3'
		}
		return '1'
	case 'd', 't':
		if after != 0 && strings.IndexByte("csz", after) >= 0 {
			return '8'
		}
		return '2'
	default:
		return plainDigit(c)
	}
}

// plainDigit is the digit of a letter that sounds the same everywhere, or 0.
func plainDigit(c byte) byte {
	if c < 'a' || c > 'z' || phoneticTable[c-'a'] == '-' {
		return 0
	}
	return phoneticTable[c-'a']
}

// phoneticC codes the letter c, which sounds as k or s by its neighbours.
func phoneticC(before, after byte) byte {
	hard := "ahkoqux"
	if before == 0 {
		hard = "ahklorqux"
	}
	if before == 's' || before == 'z' || after == 0 || strings.IndexByte(hard, after) < 0 {
		return '8'
	}
	return '4'
}

// phoneticTable is the digit per letter a to z where no neighbour matters; a
// hyphen is silent or depends on neighbours.
const phoneticTable = "01--034-004566" + "0-478-033808"
