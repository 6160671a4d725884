package gazetteer

import (
	"cmp"
	"slices"
	"strings"

	"karussell/bot"
)

// maxResolved bounds the answer of Resolve.
const maxResolved = 25

// match is a club that Resolve found, and how well.
type match struct {
	club  int32
	grade int
	form  Form
	order int32
}

// Grades of a match, best first.
const (
	gradeExact = iota
	gradePrefix
	gradeEdit
	gradeEdits
	gradeSound
)

// Resolve lists all clubs that a typed name can mean, best first, at most 25:
// by name, alias, nickname, adjective, town or ground, without regard to case
// and accents; else by the beginning of a word, with one typing error (two in
// names of eight letters and more), or by sound. A better sort of match hides
// the worse ones, so that "Schalke" does not also offer Schaffhausen.
func (g *Gazetteer) Resolve(name string) []bot.Club {
	typed := bot.NormaliseName(name)
	if typed == "" {
		return nil
	}
	best := map[int32]match{}
	note := func(e *entry, grade int) {
		m := match{e.club, grade, e.form, e.order}
		if old, ok := best[e.club]; !ok || compareMatch(m, old) < 0 {
			best[e.club] = m
		}
	}
	for e := range g.named(typed) {
		note(e, gradeExact)
	}
	if s, ok := strings.CutSuffix(typed, "s"); ok && len(best) == 0 {
		for e := range g.named(s) {
			note(e, gradeExact)
		}
	}
	if len(best) == 0 {
		g.nearly(typed, note)
	}
	return g.ranked(best)
}

// nearly grades the forms that are not exactly what was typed. It keeps only
// the best grade.
func (g *Gazetteer) nearly(typed string, note func(*entry, int)) {
	t := newTyping(typed)
	var near [gradeEdits + 1][]int
	for i := range g.entries {
		if grade, ok := t.grade(&g.entries[i]); ok {
			near[grade] = append(near[grade], i)
		}
	}
	for grade, found := range near {
		for _, i := range found {
			note(&g.entries[i], grade)
		}
		if len(found) > 0 {
			return
		}
	}
	if len(t.sound) < 3 || t.limit == 0 {
		return
	}
	for i := range g.entries {
		if e := &g.entries[i]; e.form != Ground && e.text[0] == typed[0] && bot.Phonetic(e.text) == t.sound {
			note(e, gradeSound)
		}
	}
}

// typing is what was typed, prepared for many comparisons.
type typing struct {
	text, inside string // inside stands in front of a later word
	sound        string
	letters      bot.Letters
	limit        int // errors that may be forgiven
}

func newTyping(typed string) typing {
	t := typing{text: typed, inside: " " + typed, sound: bot.Phonetic(typed), letters: bot.LettersOf(typed), limit: 1}
	if len(typed) >= 8 {
		t.limit = 2
	}
	if len(typed) < 4 {
		t.limit = 0
	}
	return t
}

// grade says how near an entry is. Grounds are found by their beginning only.
func (t *typing) grade(e *entry) (int, bool) {
	if t.letters&^e.letters == 0 && t.begins(e.text) {
		return gradePrefix, true
	}
	if t.limit == 0 || e.form == Ground || !t.letters.Within(e.letters, t.limit) {
		return 0, false
	}
	switch d := bot.Distance(e.text, t.text, t.limit); {
	case d == 1:
		return gradeEdit, true
	case d <= t.limit:
		return gradeEdits, true
	}
	return 0, false
}

// begins reports whether one of the words of text, and what follows, begins with
// what was typed.
func (t *typing) begins(text string) bool {
	return strings.HasPrefix(text, t.text) || len(t.text) >= 3 && strings.Contains(text, t.inside)
}

func compareMatch(a, b match) int {
	return cmp.Or(cmp.Compare(a.grade, b.grade), cmp.Compare(a.form, b.form), cmp.Compare(a.order, b.order))
}

func (g *Gazetteer) ranked(best map[int32]match) []bot.Club {
	all := make([]match, 0, len(best))
	for _, m := range best {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b match) int { return cmp.Or(compareMatch(a, b), cmp.Compare(a.club, b.club)) })
	out := make([]bot.Club, 0, min(len(all), maxResolved))
	for _, m := range all[:min(len(all), maxResolved)] {
		out = append(out, g.clubs[m.club])
	}
	return out
}
