package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/extract/gazetteer"
	"karussell/bot/extract/loglinear"
	"karussell/bot/extract/score"
)

// trial is the outcome of a cross-validation: what was fitted for each fold.
type trial struct {
	readers                         [folds]*loglinear.Model
	details                         [folds]*loglinear.Model
	matters                         []hearing
	grammarCut, readerCut, quietCut float64
}

// hearing is one matter of one article with the gold's answer.
type hearing struct {
	article string
	fold    int
	typ     bot.EventType
	example loglinear.Example
	odds    float64
	news    bool
	grammar bool
	quiet   bool
	fresh   bool
}

// unseen is an extractor that reads every article with models that were not
// fitted to it and without the idioms that only it has.
type unseen struct {
	gaz *gazetteer.Gazetteer
	of  func(article string) *extract.Extractor
}

func (u unseen) Extract(a bot.Article) bot.Extraction {
	return u.of(strings.TrimSuffix(a.File, ".txt")).Extract(a)
}
func (u unseen) Gazetteer() *gazetteer.Gazetteer { return u.gaz }

// crossValidate reports what unseen articles can expect.
func (s *school) crossValidate(verbose bool) (*trial, error) {
	start := time.Now()
	s.linef("%d articles, %d passages, %d coaches in them", len(s.pairs), len(s.phrases), len(s.bags))
	s.measure("grammar, all idioms", func(string) *extract.Extractor { return s.x }, false)
	s.measure("grammar without own idioms", func(a string) *extract.Extractor { return s.x.Without(s.own[a]) }, false)
	var t trial
	for k := range folds {
		t.readers[k] = s.fitReader(k)
		t.details[k] = s.fitDetail(t.readers[k], k)
	}
	fmt.Fprintln(os.Stderr, "readers", time.Since(start))
	s.gauge(&t)
	s.gaugePhrases()
	s.hearings(&t)
	var juries [folds]*loglinear.Model
	for k := range folds {
		juries[k] = s.fitJury(t.matters, k)
		m := extract.Models{Jury: juries[k]}
		for i := range t.matters {
			if h := &t.matters[i]; h.fold == k {
				h.odds = m.Verdict(h.example.Features)
			}
		}
	}
	s.chooseCuts(&t)
	var xs [folds]*extract.Extractor
	for k := range folds {
		xs[k] = s.x.With(extract.Models{Reader: t.readers[k], Detail: t.details[k], Jury: juries[k], GrammarCut: t.grammarCut, ReaderCut: t.readerCut, QuietCut: t.quietCut})
	}
	s.measure("reader and jury", func(a string) *extract.Extractor { return xs[foldOf(a)].Without(s.own[a]) }, verbose)
	fmt.Fprintln(os.Stderr, "cross-validation", time.Since(start))
	return &t, s.err
}

// measure scores an extractor on all articles.
func (s *school) measure(name string, of func(string) *extract.Extractor, verbose bool) {
	ctx := context.Background() //nolint:forbidigo // nobody waits for a trainer
	r, err := score.Compare(ctx, unseen{s.x.Gazetteer(), of}, s.pairs)
	if err != nil && s.err == nil {
		s.err = err
		return
	}
	var b bytes.Buffer
	if err := r.Write(&b, verbose); err != nil && s.err == nil {
		s.err = err
	}
	s.linef("\n== %s\n%s", name, b.String())
}

// hearings lists the matters of every article, as proposed by a reader that was
// not fitted to it.
func (s *school) hearings(t *trial) {
	var xs [folds]*extract.Extractor
	for k := range folds {
		xs[k] = s.x.With(extract.Models{Reader: t.readers[k]})
	}
	missing, total := 0, 0
	for i := range s.pairs {
		p := &s.pairs[i]
		gold := map[string]*bool{}
		known := map[string]bool{}
		told := map[string]bool{}
		for k := range p.Gold.Events {
			g := &p.Gold.Events[k]
			key := score.EventKey(s.x.Gazetteer(), g.Type, g.Coach, g.Club)
			told[string(g.Type)+bot.NormaliseName(g.Coach)] = true
			if old, ok := gold[key]; !ok || old != nil && !*old {
				gold[key], known[key] = g.Fresh, true
			}
		}
		found := map[string]bool{}
		fold := foldOf(p.Name)
		for _, m := range xs[fold].Without(s.own[p.Name]).Study(article(p)).Matters {
			key := score.EventKey(s.x.Gazetteer(), m.Event.Type, m.Event.Coach, m.Event.Club)
			found[key] = true
			fresh := gold[key]
			want := []float32{yes(told[string(m.Event.Type)+bot.NormaliseName(m.Event.Coach)]), loglinear.Unsaid, loglinear.Unsaid}
			if want[0] == 1 {
				want[1] = yes(known[key])
			}
			if known[key] && fresh != nil {
				want[2] = yes(*fresh)
			}
			if known[key] && fresh == nil {
				continue
			}
			t.matters = append(t.matters, hearing{
				article: p.Name, fold: fold, typ: m.Event.Type, grammar: m.Grammar, quiet: m.Quiet, fresh: m.Fresh,
				example: loglinear.Example{Features: m.Features, Want: want}, news: known[key] && *fresh,
			})
		}
		for key, fresh := range gold {
			if fresh != nil && *fresh {
				total++
				if !found[key] {
					missing++
				}
			}
		}
	}
	s.linef("\n%d matters; %d of %d events were not even proposed", len(t.matters), missing, total)
}

//nolint:gochecknoglobals // the settings of the training
var juryOptions = loglinear.Options{Heads: extract.JuryHeads, Bits: 13, Rounds: 15, Ridge: 10, Rare: 3}

func (s *school) fitJury(matters []hearing, without int) *loglinear.Model {
	var examples []loglinear.Example
	for i := range matters {
		if matters[i].fold != without {
			examples = append(examples, matters[i].example)
		}
	}
	return loglinear.Train(examples, juryOptions)
}

// wanted is the precision that is asked of what the reader alone finds: a false
// alert costs more trust than a missed one, and .65, the best for F1 in
// cross-validation, lost ten points of precision on articles of other hands.
const wanted = 0.85

// mildest is the highest log-odds at which the jury may overrule the grammar: it
// has seen whole articles only, and must not mistrust a short message.
const mildest = -1

// chooseCuts takes the cuts with the best F1; of what the reader alone finds, no
// more than is precise enough.
func (s *school) chooseCuts(t *trial) {
	t.grammarCut = t.bestCut(-4, mildest, 0, func(h *hearing) bool { return h.grammar })
	t.readerCut = t.bestCut(-2, 4, wanted, func(h *hearing) bool { return !h.grammar && !h.quiet })
	t.quietCut = t.bestCut(-2, 4, wanted, func(h *hearing) bool { return !h.grammar && h.quiet })
	s.linef("cuts %.2f for the grammar, %.2f for the reader, %.2f for the reader in quiet articles", t.grammarCut, t.readerCut, t.quietCut)
}

// bestCut is the cut with the best F1 and the precision wanted of some matters.
func (t *trial) bestCut(from, to, wanted float64, of func(*hearing) bool) float64 {
	best, at := -1.0, to
	for cut := from; cut <= to; cut += 0.1 {
		right, found, all := 0, 0, 0
		for i := range t.matters {
			h := &t.matters[i]
			if !h.fresh || !of(h) {
				continue
			}
			all += count(h.news)
			found += count(h.odds > cut)
			right += count(h.odds > cut && h.news)
		}
		if f1 := 2 * float64(right) / float64(found+all); f1 > best && float64(right) >= wanted*float64(found) {
			best, at = f1, cut
		}
	}
	return at
}

func count(b bool) int { return int(yes(b)) }

// write fits everything to all the material and stores it. The jury learns from
// what readers said of articles that they were not fitted to, as it will be at
// work.
func (s *school) write(dir string, t *trial) error {
	reader, jury := s.fitReader(all), s.fitJury(t.matters, all)
	for name, m := range map[string]*loglinear.Model{"reader.bin": reader, "detail.bin": s.fitDetail(reader, all), "jury.bin": jury} {
		var b bytes.Buffer
		if err := m.Write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			return fmt.Errorf("weights: %w", err)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "features %d\n", extract.FeatureVersion)
	fmt.Fprintf(&b, "grammar %.2f\nreader %.2f\nquiet %.2f\n", t.grammarCut, t.readerCut, t.quietCut)
	if err := os.WriteFile(filepath.Join(dir, "settings.txt"), []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	return nil
}
