package gazetteer

import (
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
}

// trie holds the patterns as edges between numbered nodes: node 0 is the root.
type trie struct {
	tokens map[string]uint32
	edges  map[uint64]uint32 // node<<32 | token to node
	nodes  []node
}

// node is the end of patterns when it has senses, an outlet or silence.
type node struct {
	senses []ranked
	final  []Sense // senses in order, set by seal
	outlet string
	silent bool // the words mean no club ("DFB-Pokal")
	lower  bool // written in lower case in the data: matches without capital too
	cover  int8 // tokens that the hit covers; 0 for all
}

// ranked is a sense with what orders it among its like.
type ranked struct {
	Sense
	order int32 // smaller is better known
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
			token = uint32(len(t.tokens))
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
func (n *node) addSense(s ranked) {
	for i := range n.senses {
		if n.senses[i].Club == s.Club {
			if s.Form < n.senses[i].Form || s.Form == n.senses[i].Form && s.order < n.senses[i].order {
				n.senses[i] = s
			}
			return
		}
	}
	n.senses = append(n.senses, s)
}

// seal orders the senses: by form, then by fame.
func (t *trie) seal() {
	for i := range t.nodes {
		n := &t.nodes[i]
		if len(n.senses) == 0 {
			continue
		}
		slices.SortStableFunc(n.senses, func(a, b ranked) int {
			if a.Form != b.Form {
				return int(a.Form) - int(b.Form)
			}
			return int(a.order - b.order)
		})
		n.final = make([]Sense, len(n.senses))
		for j, s := range n.senses {
			n.final[j] = s.Sense
		}
		n.senses = nil
	}
}

func (n *node) end() bool { return n.final != nil || n.outlet != "" || n.silent }

// child follows a token that is given as normalised bytes.
func (t *trie) child(at uint32, key []byte) (uint32, bool) {
	token, ok := t.tokens[string(key)]
	if !ok {
		return 0, false
	}
	next, ok := t.edges[uint64(at)<<32|uint64(token)]
	return next, ok
}
