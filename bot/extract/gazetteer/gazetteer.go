package gazetteer

import (
	"embed"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"karussell/bot"
)

//go:embed data
var embedded embed.FS

// Gazetteer implements bot.Gazetteer. It is immutable after Load and safe for
// concurrent use.
type Gazetteer struct {
	clubs      []bot.Club // sorted by id
	byID       map[bot.ClubID]int
	leagues    []bot.League
	leagueByID map[bot.LeagueID]int
	outlets    map[string]bot.Outlet // by normalised name or alias
	firstNames map[string]struct{}
	particles  map[string]struct{}
	words      map[string]struct{}
	trie       trie
	entries    []entry          // every form, for Resolve
	exact      map[string]int32 // normalised form to its first entry
}

var _ bot.Gazetteer = (*Gazetteer)(nil)

// Load reads the embedded data. Its error can only come from a mistake in the
// data files and names file and line.
func Load() (*Gazetteer, error) {
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, fmt.Errorf("gazetteer: %w", err)
	}
	return LoadFS(data)
}

// LoadFS reads the data files from fsys, which is laid out as the package's
// data directory. All mistakes found are joined in the error, each as
// "file:line: what is wrong".
func LoadFS(fsys fs.FS) (*Gazetteer, error) {
	l := &loader{fsys: fsys, lines: map[bot.ClubID]string{}, shared: map[string]struct{}{}, towns: map[string]struct{}{}, adjectives: map[string]struct{}{}, g: &Gazetteer{
		byID:       map[bot.ClubID]int{},
		leagueByID: map[bot.LeagueID]int{},
		outlets:    map[string]bot.Outlet{},
		firstNames: map[string]struct{}{},
		particles:  map[string]struct{}{},
		words:      map[string]struct{}{},
		exact:      map[string]int32{},
	}}
	if err := l.load(); err != nil {
		return nil, err
	}
	return l.g, nil
}

// Club finds a club by its id.
func (g *Gazetteer) Club(id bot.ClubID) (bot.Club, bool) {
	i, ok := g.byID[id]
	if !ok {
		return bot.Club{}, false
	}
	return g.clubs[i], true
}

// ClubNamed resolves a name, alias, nickname or town that means exactly one
// club. Of several clubs, the one whose canonical name it is wins; then the one
// for which it is a stronger form (name, alias, nickname, adjective, town,
// ground); if two remain, there is no answer.
func (g *Gazetteer) ClubNamed(name string) (bot.Club, bool) {
	var best *entry
	tie := false
	for e := range g.named(bot.NormaliseName(name)) {
		switch {
		case best == nil || e.form < best.form:
			best, tie = e, false
		case e.form == best.form:
			tie = true
		}
	}
	if best == nil || tie {
		return bot.Club{}, false
	}
	return g.clubs[best.club], true
}

// named yields the entries of a normalised text, one per club.
func (g *Gazetteer) named(text string) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		i, ok := g.exact[text]
		for ok && i >= 0 && yield(&g.entries[i]) {
			i = g.entries[i].next
		}
	}
}

// Clubs lists all clubs by id. Callers must not change the slice.
func (g *Gazetteer) Clubs() []bot.Club { return g.clubs }

// League finds a league by its id.
func (g *Gazetteer) League(id bot.LeagueID) (bot.League, bool) {
	i, ok := g.leagueByID[id]
	if !ok {
		return bot.League{}, false
	}
	return g.leagues[i], true
}

// Leagues lists all leagues in the order of the data file. Callers must not
// change the slice.
func (g *Gazetteer) Leagues() []bot.League { return g.leagues }

// OutletNamed resolves an outlet's name or alias, in any case and spelling.
func (g *Gazetteer) OutletNamed(name string) (bot.Outlet, bool) {
	o, ok := g.outlets[bot.NormaliseName(name)]
	return o, ok
}

// Outlets lists all outlets by name.
func (g *Gazetteer) Outlets() []bot.Outlet {
	var all []bot.Outlet
	for key, o := range g.outlets {
		if key == bot.NormaliseName(o.Name) {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b bot.Outlet) int { return compareText(a.Name, b.Name) })
	return all
}

// FirstName reports whether word is a known first name.
func (g *Gazetteer) FirstName(word string) bool { return has(g.firstNames, word) }

// Particle reports whether word can stand inside a surname in lower case
// ("van", "de", "von").
func (g *Gazetteer) Particle(word string) bool { return has(g.particles, word) }

// CommonWord reports whether word looks like a name at the beginning of a
// sentence or headline but is an ordinary noun, adjective, month or football
// term.
func (g *Gazetteer) CommonWord(word string) bool { return has(g.words, word) }

func has(set map[string]struct{}, word string) bool {
	var buf [maxWord]byte
	_, ok := set[string(appendNormal(buf[:0], word))]
	return ok
}
