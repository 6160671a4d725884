package gazetteer

import (
	"cmp"
	"slices"

	"karussell/bot"
)

// Form says how a token sequence names a club, strongest first.
type Form uint8

// Forms. The bare name of a country is a Town of its national team: articles
// mean the country more often than the team.
const (
	Name Form = iota
	Alias
	Nickname
	Adjective
	Town
	Ground
)

// String is the form's English name.
func (f Form) String() string {
	return [...]string{"name", "alias", "nickname", "adjective", "town", "ground"}[f]
}

// Sense is one club that a hit can mean.
type Sense struct {
	Club bot.ClubID
	Form Form
	Team bot.Team // from a following "U19", "II", "Frauen"; empty: not said

	order int32 // smaller is better known
}

// trie holds the patterns as edges between numbered nodes: node 0 is the root.
type trie struct {
	tokens map[string]uint32
	edges  map[uint64]uint32 // node<<32 | token to node
	nodes  []node
}

// node is the end of patterns when it has senses, an outlet or silence.
type node struct {
	senses []Sense
	outlet string
	nation []Sense // of an adjective such as "polnischer": one, if a team word or a title follows
	silent bool    // the words mean no club ("DFB-Pokal")
	need   need    // of the last word
}

// need is the spelling that a pattern's last word wants in the text: what the
// data file shows. Of several patterns with one path the most lenient counts.
type need uint8

const (
	needUnset    need = iota
	needNothing       // written small: any
	needCapital       // written with a capital: "Schalke", not "essen"
	needCapitals      // an abbreviation: "AS", not "As"
)

// allow notes how a pattern's last word is written.
func (n *node) allow(word string) {
	want := needNothing
	switch {
	case allCapitals(word):
		want = needCapitals
	case capital(word):
		want = needCapital
	}
	if n.need == needUnset || want < n.need {
		n.need = want
	}
}

func newTrie(patterns int) trie {
	return trie{
		tokens: make(map[string]uint32, patterns),
		edges:  make(map[uint64]uint32, 2*patterns),
		nodes:  make([]node, 1, 2*patterns),
	}
}

// add makes the path for the words of a pattern and returns its last node, or 0
// for a pattern without words.
func (t *trie) add(words []string) uint32 {
	at := uint32(0)
	var buf [maxWord]byte
	for _, w := range words {
		key := appendNormal(buf[:0], w)
		if len(key) == 0 {
			continue
		}
		token, ok := t.tokens[string(key)]
		if !ok {
			token = uint32(len(t.tokens)) //nolint:gosec // far below 2^32 words
			t.tokens[string(key)] = token
		}
		edge := uint64(at)<<32 | uint64(token)
		next, ok := t.edges[edge]
		if !ok {
			next = uint32(len(t.nodes)) //nolint:gosec // far below 2^32 patterns
			t.nodes = append(t.nodes, node{})
			t.edges[edge] = next
		}
		at = next
	}
	return at
}

// addSense keeps one sense per club and node: the strongest.
func (n *node) addSense(s Sense) {
	for i := range n.senses {
		if n.senses[i].Club == s.Club {
			if compareSenses(s, n.senses[i]) < 0 {
				n.senses[i] = s
			}
			return
		}
	}
	n.senses = append(n.senses, s)
}

// compareSenses orders by form, then by fame.
func compareSenses(a, b Sense) int {
	return cmp.Or(cmp.Compare(a.Form, b.Form), cmp.Compare(a.order, b.order))
}

// seal orders the senses.
func (t *trie) seal() {
	for i := range t.nodes {
		if senses := t.nodes[i].senses; len(senses) > 1 {
			slices.SortStableFunc(senses, compareSenses)
		}
	}
}

func (n *node) end() bool { return n.senses != nil || n.outlet != "" || n.silent }

// child follows a token that is given as normalised bytes.
func (t *trie) child(at uint32, key []byte) (uint32, bool) {
	token, ok := t.tokens[string(key)]
	if !ok {
		return 0, false
	}
	next, ok := t.edges[uint64(at)<<32|uint64(token)]
	return next, ok
}
