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
	key   string
	club  int32
	whole bool
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
		for _, name := range slices.Concat([]string{c.Name, c.Short, string(c.ID)}, c.Aliases, c.Nicknames) {
			norm := NormaliseName(name)
			if norm == "" {
				continue
			}
			x.names = append(x.names, clubStart{norm, int32(i), true})
			for at := 0; ; {
				x.starts = append(x.starts, clubStart{norm[at:], int32(i), at == 0})
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
	var some []clubStart
	for i := from; i < len(x.starts) && i < from+window && strings.HasPrefix(x.starts[i].key, norm); i++ {
		some = append(some, x.starts[i])
	}
	slices.SortStableFunc(some, func(a, b clubStart) int {
		return cmp.Or(boolRank(b.key == norm)-boolRank(a.key == norm),
			cmp.Compare(x.fame[a.club], x.fame[b.club]), boolRank(b.whole)-boolRank(a.whole), cmp.Compare(len(a.key), len(b.key)))
	})
	return x.distinct(some, limit)
}

// has reports whether norm is the whole name of a club.
func (x *clubIndex) has(norm string) bool {
	_, ok := slices.BinarySearchFunc(x.names, norm, func(s clubStart, k string) int {
		return strings.Compare(s.key, k)
	})
	return ok
}

// resembling compares with every whole name, which takes a few milliseconds:
// only for what nothing else found.
func (x *clubIndex) resembling(norm string) (hits, near []Club) {
	const far = 4
	limit, best := tolerance(norm), far
	byDistance := make([][]clubStart, far+1)
	for _, s := range x.names {
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
		} else if len(near) < maxHits && d <= limit+2 {
			near = append(near, some...)
		}
	}
	return hits, near[:min(len(near), maxHits)]
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
