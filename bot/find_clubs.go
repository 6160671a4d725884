package bot

import (
	"cmp"
	"slices"
	"strings"
)

// clubIndex completes and mends club names. It is derived from the gazetteer,
// which never changes, and built once on first use.
type clubIndex struct {
	clubs  []Club
	starts []clubStart // every name from every word on, sorted
	names  []clubStart // whole names only
	fame   []int       // per club: lower is better known
	famous []Club      // all, the best known first
}

type clubStart struct {
	key     string
	letters Letters // of whole names
	club    int32
	whole   bool
}

func newClubIndex(g Gazetteer) *clubIndex {
	x := &clubIndex{clubs: g.Clubs()}
	x.fame = make([]int, len(x.clubs))
	order := make([]int, len(x.clubs))
	for i, c := range x.clubs {
		order[i], x.fame[i] = i, fame(g, c)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x.fame[a], x.fame[b]) })
	for _, i := range order {
		x.famous = append(x.famous, x.clubs[i])
	}
	for i, c := range x.clubs {
		for _, norm := range clubNamesOf(c) {
			x.names = append(x.names, clubStart{key: norm, letters: LettersOf(norm), club: int32(i), whole: true})
			for at := 0; ; {
				x.starts = append(x.starts, clubStart{key: norm[at:], club: int32(i), whole: at == 0})
				next := strings.IndexByte(norm[at:], ' ')
				if next < 0 {
					break
				}
				at += next + 1
			}
		}
	}
	byKey := func(a, b clubStart) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.club, b.club))
	}
	slices.SortFunc(x.starts, byKey)
	slices.SortFunc(x.names, byKey)
	x.starts, x.names = slices.Compact(x.starts), slices.Compact(x.names)
	return x
}

// fame orders clubs as German-speaking users look for them: the German leagues
// by tier, then the first leagues of other countries, then the rest.
func fame(g Gazetteer, c Club) int {
	const abroad = 4
	l, ok := g.League(c.League)
	switch {
	case c.National:
		return abroad
	case !ok:
		return 2 * abroad
	case l.Country == "GER":
		return l.Tier
	}
	return abroad + l.Tier
}

// begins lists clubs with a name of which a word begins with norm: equal names
// first, then the better known, then those whose whole name begins so.
func (x *clubIndex) begins(norm string, limit int) []Club {
	if norm == "" {
		return x.famous[:min(len(x.famous), limit)]
	}
	from, _ := slices.BinarySearchFunc(x.starts, norm, func(s clubStart, k string) int {
		return strings.Compare(s.key, k)
	})
	const window = 5000 // "fc" begins nearly everything
	var order []uint64
	for i := from; i < len(x.starts) && i < from+window && strings.HasPrefix(x.starts[i].key, norm); i++ {
		order = append(order, x.rank(&x.starts[i], norm)<<16|uint64(i-from)) //nolint:gosec // below window
	}
	slices.Sort(order)
	some := make([]clubStart, 0, len(order))
	for _, o := range order {
		some = append(some, x.starts[from+int(o&0xffff)])
	}
	return x.distinct(some, limit)
}

// rank is lower for what shall come first, in 48 bits.
func (x *clubIndex) rank(s *clubStart, norm string) uint64 {
	r := uint64(min(len(s.key), 0xff))
	r |= uint64(x.fame[s.club]) << 16 //nolint:gosec // tiers, not negative
	if !s.whole {
		r |= 1 << 8
	}
	if s.key != norm {
		r |= 1 << 40
	}
	return r
}

// sort parts the clubs that a gazetteer resolved into those that bear the name
// (or nearly) and those that only sound alike. A well-known club wins over far
// lesser ones of the same name: "Kaiserslautern" is no question.
func (x *clubIndex) sort(norm string, clubs []Club) (hits, near []Club) {
	for _, c := range clubs {
		if x.bears(norm, c.ID) {
			hits = append(hits, c)
		} else {
			near = append(near, c)
		}
	}
	const gap = 2 // tiers
	if len(hits) > 1 {
		first := x.fameOf(hits[0].ID)
		lesser := func(c Club) bool { return x.fameOf(c.ID) >= first+gap }
		if !slices.ContainsFunc(hits[1:], func(c Club) bool { return !lesser(c) }) {
			hits = hits[:1]
		}
	}
	return hits[:min(len(hits), maxHits)], near[:min(len(near), maxHits)]
}

func (x *clubIndex) place(id ClubID) (int, bool) {
	return slices.BinarySearchFunc(x.clubs, id, func(c Club, id ClubID) int { return strings.Compare(string(c.ID), string(id)) })
}

func (x *clubIndex) fameOf(id ClubID) int {
	if i, ok := x.place(id); ok {
		return x.fame[i]
	}
	return 0
}

// bears reports whether a name of the club, or a part of it, is norm with no
// more wrong letters than a typing error makes. Forms that only the gazetteer
// derives (adjectives, grounds) count where they are exact.
func (x *clubIndex) bears(norm string, id ClubID) bool {
	i, ok := x.place(id)
	if !ok {
		return true
	}
	limit := tolerance(norm)
	for _, name := range clubNamesOf(x.clubs[i]) {
		for _, part := range wordRuns(name, strings.Count(norm, " ")+1) {
			if strings.HasPrefix(part, norm) || Distance(part, norm, limit) <= limit {
				return true
			}
		}
	}
	return false
}

// clubNamesOf are all names of a club as they are compared.
func clubNamesOf(c Club) []string {
	var out []string
	for _, name := range slices.Concat([]string{c.Name, c.Short, string(c.ID), c.Town}, c.Aliases, c.Nicknames) {
		if norm := NormaliseName(name); norm != "" {
			out = append(out, norm)
		}
	}
	return out
}

// has reports whether norm is the whole name of a club.
func (x *clubIndex) has(norm string) bool {
	_, ok := slices.BinarySearchFunc(x.names, norm, func(s clubStart, k string) int {
		return strings.Compare(s.key, k)
	})
	return ok
}

// resembling compares with every whole name that has nearly the same letters:
// only for what nothing else found.
func (x *clubIndex) resembling(norm string) (hits, near []Club) {
	limit, letters := tolerance(norm), LettersOf(norm)
	far := limit + 1
	best := far
	byDistance := make([][]clubStart, far+1)
	for _, s := range x.names {
		if d := len(s.key) - len(norm); d > far || -d > far || !letters.Within(s.letters, far) {
			continue
		}
		d := Distance(norm, s.key, far)
		if d <= far {
			byDistance[d] = append(byDistance[d], s)
			best = min(best, d)
		}
	}
	for d := best; d <= far; d++ {
		some := x.distinct(byDistance[d], maxHits)
		if d == best && d <= limit {
			hits = some
		} else if len(near) < nearShown {
			near = append(near, some...)
		}
	}
	return hits, near[:min(len(near), nearShown)]
}

func (x *clubIndex) distinct(some []clubStart, limit int) []Club {
	var out []Club
	seen := map[int32]bool{}
	for _, s := range some {
		if len(out) == limit {
			break
		}
		if !seen[s.club] {
			seen[s.club] = true
			out = append(out, x.clubs[s.club])
		}
	}
	return out
}
