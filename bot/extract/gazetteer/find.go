package gazetteer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"karussell/bot"
)

// Kind says what was found.
type Kind uint8

// Kinds of hits.
const (
	ClubHit   Kind = iota // Senses is not empty; Outlet may be set too ("Standard")
	OutletHit             // Outlet is set
)

// Hit is a club or outlet in a token sequence.
type Hit struct {
	From, To int // tokens [From, To); a team word such as "U19" is included
	Kind     Kind
	Senses   []Sense // strongest and best known first; callers must not change it
	Outlet   string  // canonical name of the outlet
}

// Find lists what the words name, leftmost and longest first, without overlaps.
// It takes linear time and allocates only for hits. German genitives and the
// endings of adjectives and nicknames are understood ("Schalkes",
// "Aacheners", "Störchen").
func (g *Gazetteer) Find(words []string) []Hit {
	var hits []Hit
	for i := 0; i < len(words); {
		end, at := g.trie.longest(words, i)
		if end == 0 {
			i++
			continue
		}
		n := &g.trie.nodes[at]
		if !n.silent {
			h := n.hit(i, end)
			if h.Kind == ClubHit {
				g.withTeam(&h, words)
			}
			hits = append(hits, h)
			end = h.To
		}
		i = end
	}
	return hits
}

// hit describes words [from, to) that end at n.
func (n *node) hit(from, to int) Hit {
	h := Hit{From: from, To: to, Senses: n.senses, Outlet: n.outlet}
	switch {
	case n.senses != nil:
	case n.outlet != "":
		h.Kind = OutletHit
	case to-from > 1: // "polnische Nationalmannschaft"
		h.Senses = n.nation[1:]
	default: // "polnischer", before "Nationaltrainer"
		h.Senses = n.nation[:1]
	}
	return h
}

// longest walks the trie from words[i] and returns the end of the longest
// pattern and its node, or 0.
func (t *trie) longest(words []string, i int) (end int, found uint32) {
	var buf [maxWord]byte
	at := uint32(0)
	for j := i; j < len(words); j++ {
		if j > i && (words[j] == "-" || words[j] == "/") {
			continue
		}
		key := appendNormal(buf[:0], words[j])
		if len(key) == 0 {
			break
		}
		if e := t.ending(at, key); e != 0 && t.fits(e, words[j]) {
			end, found = j+1, e
		}
		next, ok := t.child(at, key)
		if !ok {
			break
		}
		at = next
		if n := t.stop(at, words, j, j == i); n > 0 {
			end, found = j+n, at
		}
	}
	return end, found
}

// stop is how many words from words[j] on end a pattern at a node, or 0.
func (t *trie) stop(at uint32, words []string, j int, first bool) int {
	n := &t.nodes[at]
	if n.end() && t.fits(at, words[j]) {
		return 1
	}
	if first && n.nation != nil {
		return nationNoun(words, j+1)
	}
	return 0
}

// minEnding is the shortest word with an ending, in bytes ("Köln" with its s is
// longer, "Rom" with its s is not).
const minEnding = 4

// ending follows the last word of a pattern through its German endings: -s for
// every form, -n and -en for those that are nouns in the plural or adjectives.
// It returns 0 for none.
func (t *trie) ending(at uint32, key []byte) uint32 {
	last := len(key) - 1
	if last < minEnding-1 {
		return 0
	}
	switch key[last] {
	case 's':
		if n, ok := t.child(at, key[:last]); ok && t.nodes[n].end() {
			return n
		}
	case 'n':
		if n, ok := t.child(at, key[:last]); ok && last >= minEnding && t.nodes[n].declines() {
			return n
		}
	}
	return 0
}

// declines reports whether a pattern takes an -n in the dative.
func (n *node) declines() bool {
	return slices.ContainsFunc(n.senses, func(s Sense) bool { return s.Form == Adjective || s.Form == Nickname })
}

// nationNoun looks at the word after a nation's adjective: 2 when the two are
// the team ("polnische Auswahl"), 1 when the word is a title that the coach of
// a national team has, 0 for neither.
func nationNoun(words []string, i int) int {
	if i >= len(words) {
		return 0
	}
	switch words[i] {
	case "Nationalmannschaft", "Nationalteam", "Nationalelf", "Auswahl", "Verband", "Fußballverband",
		"Frauennationalmannschaft", "Frauenauswahl", "A-Nationalmannschaft":
		return 2
	case "Nationaltrainer", "Nationalcoach", "Teamchef", "Auswahltrainer", "Verbandstrainer", "Bundestrainer",
		"Nationaltrainerin", "Bundestrainerin", "Teamchefin", "Frauen", "Nationaltrainers", "Nationalcoachs",
		"Teamchefs", "Bundestrainers", "Verbandes", "Verbands":
		return 1
	}
	return 0
}

// fits checks the capital that the pattern wants.
func (t *trie) fits(at uint32, word string) bool {
	switch t.nodes[at].need {
	case needUnset, needNothing:
		return true
	case needCapital:
		return capital(word)
	case needCapitals:
		return capitals(word)
	}
	return false
}

// capitals reports whether a word begins with a capital or digit and goes on
// with anything but a small letter: "HSV" and "HSVs", not "Hsv".
func capitals(word string) bool {
	first, n := utf8.DecodeRuneInString(word)
	second, _ := utf8.DecodeRuneInString(word[n:])
	return (unicode.IsUpper(first) || unicode.IsDigit(first)) && !unicode.IsLower(second)
}

// allCapitals reports whether a word of the data is an abbreviation.
func allCapitals(word string) bool {
	return utf8.RuneCountInString(word) > 1 && strings.IndexFunc(word, unicode.IsLower) < 0 && strings.IndexFunc(word, unicode.IsUpper) >= 0
}

func capital(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r) || unicode.IsDigit(r)
}

// withTeam reads a team word directly after the hit and narrows its senses.
func (g *Gazetteer) withTeam(h *Hit, words []string) {
	team, end := teamAt(words, h.To)
	if team == "" {
		return
	}
	h.To = end
	senses := slices.Clone(h.Senses)
	for i := range senses {
		senses[i].Team = team
		if team == bot.SecondTeam && g.clubs[g.byID[senses[i].Club]].National {
			senses[i].Team = bot.YouthTeam // a country has no second team, only an under-21
		}
	}
	h.Senses = senses
}
