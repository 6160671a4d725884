package main

import (
	"maps"
	"slices"
	"sort"

	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/extract/loglinear"
)

// guess is the reader's highest score for one coach and one type of event.
type guess struct {
	score float64
	right bool
}

// gauge reports how well readers know who does what in bags that they were not
// fitted to, before any club is looked for.
func (s *school) gauge(t *trial) {
	by := map[string][]guess{}
	scores := make([]float64, extract.ReaderHeads)
	for i := range s.bags {
		b := &s.bags[i]
		if b.fold < 0 {
			continue
		}
		for h, typ := range bot.EventTypes() {
			a, ok := b.want[typ]
			if ok && (a.unsaid || a.fresh == 0) {
				continue
			}
			g := guess{score: -99, right: ok}
			gr := guess{score: 0, right: ok}
			for _, r := range b.readings {
				if r.Grammar[typ] {
					gr.score = 1
				}
			}
			by["grammar"] = append(by["grammar"], gr)
			for k := range b.readings {
				t.readers[b.fold].Scores(b.readings[k].Features, scores)
				g.score = max(g.score, scores[h])
			}
			by[string(typ)] = append(by[string(typ)], g)
			by["all "+b.lang] = append(by["all "+b.lang], g)
			by["all"] = append(by["all"], g)
		}
	}
	var names []string
	for n := range by {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		f1, cut := bestF1(by[n])
		s.linef("  reader %-12s best F1 %.3f above %.2f (%d)", n, f1, cut, len(by[n]))
	}
}

// bestF1 is the best F1 that a cut can reach.
func bestF1(gs []guess) (best, cut float64) {
	sort.SliceStable(gs, func(i, j int) bool { return gs[i].score > gs[j].score })
	all, right := 0, 0
	for _, g := range gs {
		if g.right {
			all++
		}
	}
	for i, g := range gs {
		if g.right {
			right++
		}
		if f1 := 2 * float64(right) / float64(i+1+all); f1 > best {
			best, cut = f1, g.score
		}
	}
	return best, cut
}

// gaugePhrases reports the same for passages, each read by a reader that was
// fitted to all articles and four fifths of the passages.
func (s *school) gaugePhrases() {
	var gs []guess
	by := map[string][]guess{}
	scores := make([]float64, extract.ReaderHeads)
	for k := range folds {
		part := func(i int) bool { return s.bags[i].fold < 0 && s.bags[i].passage%folds == k }
		var m *loglinear.Model
		for range rounds {
			var examples []loglinear.Example
			for i := range s.bags {
				if !part(i) {
					examples = s.bags[i].examples(m, examples)
				}
			}
			m = loglinear.Train(examples, readerOptions)
		}
		for i := range s.bags {
			if !part(i) {
				continue
			}
			for h, typ := range bot.EventTypes() {
				a, ok := s.bags[i].want[typ]
				if ok && a.unsaid {
					continue
				}
				g := guess{score: -99, right: ok}
				for r := range s.bags[i].readings {
					m.Scores(s.bags[i].readings[r].Features, scores)
					g.score = max(g.score, scores[h])
				}
				gs = append(gs, g)
				by[string(typ)] = append(by[string(typ)], g)
				by[s.bags[i].lang] = append(by[s.bags[i].lang], g)
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(by)) {
		f1, _ := bestF1(by[n])
		s.linef("  passages of %s: %.3f (%d)", n, f1, len(by[n]))
	}
	f1, cut := bestF1(gs)
	s.linef("  passages: best F1 %.3f above %.2f", f1, cut)
}
