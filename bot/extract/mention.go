package extract

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// mentionKind says what a mention names.
type mentionKind uint8

const (
	personMention mentionKind = iota + 1
	clubMention
	outletMention
	dateMention
	mentionKinds
)

// nameForm says how a person is named, best first.
type nameForm uint8

const (
	fullName nameForm = iota
	surname
	describedAs // "der 42-Jährige"
	pronounForm
)

// mention is a run of tokens that names something.
type mention struct {
	kind mentionKind
	from int // tokens
	to   int
	ent  int // index into persons or clubs; -1 while unresolved

	form     nameForm // persons
	compound bool     // the name is the first part of a word: "Capretti-Meldung"

	sense  gazetteer.Form // clubs
	team   bot.Team
	noun   bool // "der Verein", "der Zweitligist": resolved by context
	versus bool // an opponent in a match
	former bool // "Ex-", "der frühere"
	owner  int  // person whose club it is by apposition, or -1

	outlet string
	when   when // dates
}

// cover adds a mention and marks its tokens.
func (d *doc) cover(m mention) {
	i := len(d.ments)
	d.ments = append(d.ments, m)
	for k := m.from; k < m.to; k++ {
		d.toks[k].ment = int32(i) //nolint:gosec // fewer than bytes
	}
}

// free reports whether no mention covers tokens [from,to).
func (d *doc) free(from, to int) bool {
	for i := from; i < to; i++ {
		if d.toks[i].ment >= 0 {
			return false
		}
	}
	return true
}

// text is the clean spelling of a token range: composed, without soft hyphens,
// line breaks and double blanks.
func (d *doc) text(from, to int) string {
	if from >= to {
		return ""
	}
	s := d.src[d.toks[from].start:d.toks[to-1].end]
	if strings.ContainsAny(s, "\u00ad\n\t\u00a0") || strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "\u00ad", "")
		s = strings.ReplaceAll(s, "-\n", "")
		s = strings.Join(strings.Fields(s), " ")
	}
	return norm.NFC.String(s)
}

// is reports whether token i has one of the classes.
func (d *doc) is(i int, c class) bool {
	return i >= 0 && i < len(d.toks) && d.toks[i].class.has(c)
}

// norm is the folded spelling of token i, empty outside the article.
func (d *doc) norm(i int) string {
	if i < 0 || i >= len(d.toks) {
		return ""
	}
	return d.toks[i].norm
}

// sameSentence reports whether two tokens stand in one sentence.
func (d *doc) sameSentence(i, j int) bool {
	return i >= 0 && j >= 0 && i < len(d.toks) && j < len(d.toks) && d.toks[i].sent == d.toks[j].sent
}
