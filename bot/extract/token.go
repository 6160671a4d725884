package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"karussell/bot"
)

// tokenKind tells words, numbers and punctuation apart.
type tokenKind uint8

const (
	wordToken tokenKind = iota
	numberToken
	punctToken
)

// token is one word, number or punctuation mark. Hyphenated words are one
// token per part, joined by glued, so that "Ex-Schalke-Coach" shows its club
// and its role.
type token struct {
	start, end int32 // bytes of the source
	foldFrom   int32 // bytes of the folded text
	foldTo     int32
	norm       string // folded spelling, see folder
	info       *word  // what the lexicon knows; never nil
	class      class  // info's classes, with what the context added
	kind       tokenKind
	capital    bool // begins with an upper case letter
	shout      bool // upper case throughout, two letters or more
	glued      bool // joined to the token before by a hyphen
	spaced     bool // white space before
	quoted     bool // inside quotation marks
	sent       int32
	clause     int32
	ment       int32 // mention that covers the token, or -1
}

// folder writes the folded spelling of a text into one buffer: lower case
// ASCII with umlauts written out, so that Köln, KÖLN, Koeln and the decomposed
// form are one word. Soft hyphens and hyphenated line breaks vanish.
type folder struct {
	buf []byte
}

// combining maps a base letter and the combining diaeresis to its German form;
// other combining marks are dropped.
const diaeresis = '\u0308'

func (f *folder) add(r rune) {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		f.buf = append(f.buf, byte(r)) //nolint:gosec // below utf8.RuneSelf
	case r == diaeresis:
		if n := len(f.buf); n > 0 && strings.IndexByte("aou", f.buf[n-1]) >= 0 {
			f.buf = append(f.buf, 'e')
		}
	case r == 'ẞ':
		f.buf = append(f.buf, "ss"...)
	default:
		f.buf = append(f.buf, bot.Fold(unicode.ToLower(r))...)
	}
}

// foldWord is the folded spelling of one word.
func foldWord(s string) string {
	var f folder
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
			f.add(r)
		}
	}
	return string(f.buf)
}

// tokenizer cuts one block of text.
type tokenizer struct {
	d      *doc
	src    string
	pos    int
	end    int
	spaced bool
	glued  bool
	fold   folder
}

// tokenize appends the tokens of src[from:to].
func (d *doc) tokenize(from, to int) {
	t := tokenizer{d: d, src: d.src, pos: from, end: to, spaced: true, fold: folder{buf: d.norms}}
	for t.pos < t.end {
		t.next()
	}
	d.norms = t.fold.buf
}

func (t *tokenizer) next() {
	r, size := utf8.DecodeRuneInString(t.src[t.pos:t.end])
	switch {
	case unicode.IsSpace(r), r == '\u00ad', r == '\u200b', r == '\ufeff', r == '\u2060':
		t.pos += size
		t.spaced = t.spaced || unicode.IsSpace(r)
		t.glued = false
	case unicode.IsLetter(r):
		t.word()
	case unicode.IsDigit(r):
		t.number()
	default:
		t.punct(r, size)
	}
}

// word reads letters, digits after letters (U23, S04), combining marks and
// apostrophes inside names (O'Hare, L'Équipe).
func (t *tokenizer) word() {
	start, at := t.pos, len(t.fold.buf)
	upper, letters := 0, 0
	first, _ := utf8.DecodeRuneInString(t.src[t.pos:])
	for t.pos < t.end {
		r, size := utf8.DecodeRuneInString(t.src[t.pos:t.end])
		switch {
		case unicode.IsLetter(r):
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
			t.fold.add(r)
		case unicode.IsDigit(r), unicode.Is(unicode.Mn, r):
			t.fold.add(r)
		case r == '\u00ad':
		case r == '-' && t.brokenLine(t.pos+size):
			size += t.lineBreak(t.pos + size)
		case isApostrophe(r) && t.innerApostrophe(t.pos+size):
		default:
			t.emit(start, at, wordToken, unicode.IsUpper(first), letters > 1 && upper == letters)
			return
		}
		t.pos += size
	}
	t.emit(start, at, wordToken, unicode.IsUpper(first), letters > 1 && upper == letters)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' }

// innerApostrophe reports whether the letters after an apostrophe belong to
// the same name. A lone s (Monk's) does not, nor does t (hasn't).
func (t *tokenizer) innerApostrophe(at int) bool {
	n := 0
	for i, r := range t.src[at:t.end] {
		if !unicode.IsLetter(r) {
			break
		}
		if i == 0 && !unicode.IsUpper(r) {
			return false
		}
		if n++; n > 1 {
			return true
		}
	}
	return false
}

// brokenLine reports whether a hyphen before at ends a line in the middle of a
// word: the next line goes on in lower case.
func (t *tokenizer) brokenLine(at int) bool {
	n := t.lineBreak(at)
	if n == 0 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(t.src[at+n : t.end])
	return unicode.IsLower(r)
}

// lineBreak is the length of one line break with the blanks around it.
func (t *tokenizer) lineBreak(at int) int {
	n, lines := 0, 0
	for at+n < t.end {
		switch t.src[at+n] {
		case '\n':
			lines++
		case ' ', '\t', '\r':
		default:
			if lines == 1 {
				return n
			}
			return 0
		}
		n++
		if lines > 1 || n > 40 {
			return 0
		}
	}
	return 0
}

func (t *tokenizer) number() {
	start, at := t.pos, len(t.fold.buf)
	for t.pos < t.end {
		r, size := utf8.DecodeRuneInString(t.src[t.pos:t.end])
		if !unicode.IsDigit(r) {
			if unicode.IsLetter(r) && t.pos-start <= 4 { // 1st, 50er, 1860er
				t.number2(start, at)
				return
			}
			break
		}
		t.fold.add(r)
		t.pos += size
	}
	t.emit(start, at, numberToken, false, false)
}

// number2 reads the letters that follow digits as part of the same word.
func (t *tokenizer) number2(start, at int) {
	for t.pos < t.end {
		r, size := utf8.DecodeRuneInString(t.src[t.pos:t.end])
		if !unicode.IsDigit(r) && !unicode.IsLetter(r) {
			break
		}
		t.fold.add(r)
		t.pos += size
	}
	t.emit(start, at, wordToken, false, false)
}

func (t *tokenizer) punct(r rune, size int) {
	if r == '-' || r == '‐' || r == '‑' {
		if !t.spaced && t.pos+size < t.end {
			next, _ := utf8.DecodeRuneInString(t.src[t.pos+size : t.end])
			if unicode.IsLetter(next) || unicode.IsDigit(next) {
				t.pos += size
				t.glued = len(t.d.toks) > 0
				return
			}
		}
	}
	start, at := t.pos, len(t.fold.buf)
	t.pos += size
	if isApostrophe(r) && !t.spaced && t.pos < t.end && (t.src[t.pos] == 's' || t.src[t.pos] == 'S') && !t.letterAt(t.pos+1) {
		t.pos++
		t.fold.buf = append(t.fold.buf, "'s"...)
		t.emit(start, at, punctToken, false, false)
		return
	}
	t.fold.buf = append(t.fold.buf, plainPunct(r)...)
	t.emit(start, at, punctToken, false, false)
}

func (t *tokenizer) letterAt(i int) bool {
	if i >= t.end {
		return false
	}
	r, _ := utf8.DecodeRuneInString(t.src[i:t.end])
	return unicode.IsLetter(r)
}

// plainPunct joins the typographic variants of a mark.
func plainPunct(r rune) string {
	switch r {
	case '„', '“', '”', '»', '«', '"', '‟', '‹', '›':
		return `"`
	case '’', '‘', '‚', '\'', '`', '´', 'ʼ':
		return "'"
	case '–', '—', '−', '-', '‐', '‑', '―':
		return "-"
	case '…':
		return "."
	}
	if r < utf8.RuneSelf {
		return string(r)
	}
	return "~"
}

func (t *tokenizer) emit(start, at int, kind tokenKind, capital, shout bool) {
	t.d.toks = append(t.d.toks, token{
		start: int32(start), end: int32(t.pos), //nolint:gosec // articles are below 2 GB
		norm: "", kind: kind, capital: capital, shout: shout,
		glued: t.glued, spaced: t.spaced, ment: -1,
		foldFrom: int32(at), foldTo: int32(len(t.fold.buf)), //nolint:gosec // as above
	})
	t.spaced, t.glued = false, false
}

// nameTokens cuts the folded spellings out of one string, so that an article
// costs one allocation and not one per word, and looks them up.
func (d *doc) nameTokens() {
	all := string(d.norms)
	for i := range d.toks {
		t := &d.toks[i]
		t.norm = all[t.foldFrom:t.foldTo]
		t.info = d.lex.lookup(t.norm)
		t.class = t.info.class
	}
	for i := range d.toks {
		if d.toks[i].class.has(classMonth) && d.monthAsFirstName(i) {
			d.toks[i].class &^= classMonth | classAbbreviation
			d.toks[i].class |= classFirstName
		}
	}
}

// monthAsFirstName reports whether a month is somebody's first name: "Jan
// Siewert", but not "5. Jan" nor "im August Hertha verliess".
func (d *doc) monthAsFirstName(i int) bool {
	if !d.gaz.FirstName(d.norm(i)) || !d.toks[i].capital || i+1 >= len(d.toks) {
		return false
	}
	next := &d.toks[i+1]
	if next.kind != wordToken || !next.capital || next.class != 0 || d.gaz.CommonWord(next.norm) {
		return false
	}
	if i == 0 {
		return true
	}
	before := &d.toks[i-1]
	return before.kind != numberToken && before.norm != "." && !before.class.has(classPlace)
}
