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
}

type clubStart struct {
	key   string
	club  int32
	whole bool
}

func newClubIndex(g Gazetteer) *clubIndex {
	x := &clubIndex{clubs: g.Clubs()}
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
	order := func(a, b clubStart) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.club, b.club))
	}
	slices.SortFunc(x.starts, order)
	slices.SortFunc(x.names, order)
	x.starts, x.names = slices.Compact(x.starts), slices.Compact(x.names)
	return x
}

// begins lists clubs with a name of which a word begins with norm: those whose
// whole name begins so first, then the shorter names.
func (x *clubIndex) begins(norm string, limit int) []Club {
	from, _ := slices.BinarySearchFunc(x.starts, norm, func(s clubStart, k string) int {
		return strings.Compare(s.key, k)
	})
	const window = 2000 // "fc" begins nearly everything
	var some []clubStart
	for i := from; i < len(x.starts) && i < from+window && strings.HasPrefix(x.starts[i].key, norm); i++ {
		some = append(some, x.starts[i])
	}
	slices.SortStableFunc(some, func(a, b clubStart) int {
		return cmp.Or(boolRank(b.key == norm)-boolRank(a.key == norm),
			boolRank(b.whole)-boolRank(a.whole), cmp.Compare(len(a.key), len(b.key)))
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
