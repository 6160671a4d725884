package bot

import (
	"cmp"
	"slices"
	"strings"
)

// addStation adds a spell, or completes the one that it must be. A loose one
// says no more than where somebody is: it fits any station at that club.
func (c *Coach) addStation(st Station, loose bool) {
	if st.Club == "" {
		return
	}
	if st.Role == "" {
		st.Role = Head
	}
	i := slices.IndexFunc(c.Stations, func(o Station) bool { return sameSpell(&o, &st, loose) })
	if i < 0 {
		c.Stations = append(c.Stations, st)
	} else {
		c.Stations[i].merge(&st)
	}
	c.closeStations()
	slices.SortStableFunc(c.Stations, compareStations)
}

// sameSpell reports whether two notes can mean one spell: the same post, and
// years that do not contradict each other.
func sameSpell(a, b *Station, loose bool) bool {
	if a.Club != b.Club {
		return false
	}
	if loose {
		return a.Role != Player && (a.Open || a.To == "")
	}
	return a.Team == b.Team && a.Role == b.Role &&
		compatible(a.From, b.From) && compatible(a.To, b.To) &&
		!ends(a.To, b.From) && !ends(b.To, a.From)
}

// compatible dates are equal as far as both say, or one is silent.
func compatible(a, b Date) bool {
	return a == "" || b == "" || a.Compare(b) == 0
}

// ends reports whether a spell that ended at to was over before from.
func ends(to, from Date) bool {
	return to != "" && from != "" && to.Compare(from) < 0
}

// merge takes the more precise dates, and the newer source for what it adds.
func (s *Station) merge(o *Station) {
	newer := !o.Source.before(&s.Source)
	s.From = finer(s.From, o.From)
	s.To = finer(s.To, o.To)
	if newer {
		s.Open = o.Open || s.Open && o.To == ""
		s.Source = o.Source
	}
	if s.Name == "" || newer && o.Name != "" {
		s.Name = o.Name
	}
}

func finer(a, b Date) Date {
	if len(b) > len(a) {
		return b
	}
	return a
}

// closeStations keeps at most the newest post open.
func (c *Coach) closeStations() {
	open := -1
	for i := range c.Stations {
		s := &c.Stations[i]
		if s.To != "" {
			s.Open = false
		}
		if !s.Open {
			continue
		}
		if open < 0 {
			open = i
			continue
		}
		older := i
		if c.Stations[open].Source.before(&s.Source) {
			older, open = open, i
		}
		c.Stations[older].Open = false
	}
}

// compareStations sorts the present post first, then the newest dates, players'
// years and undated posts last.
func compareStations(a, b Station) int {
	return cmp.Or(
		boolRank(b.Open)-boolRank(a.Open),
		boolRank(a.Role == Player)-boolRank(b.Role == Player),
		-strings.Compare(string(a.latest()), string(b.latest())),
		-strings.Compare(string(a.From), string(b.From)),
		strings.Compare(string(a.Club), string(b.Club)),
		strings.Compare(string(a.Role), string(b.Role)),
		strings.Compare(string(a.Team), string(b.Team)),
		strings.Compare(string(a.To), string(b.To)),
	)
}

func (s *Station) latest() Date {
	if s.To != "" {
		return s.To
	}
	return s.From
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}
