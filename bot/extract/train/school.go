package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/extract/loglinear"
	"karussell/bot/extract/score"
)

// folds is how many parts the articles are divided into.
const folds = 5

// all is the fold of nothing: whoever leaves it out leaves nothing out.
const all = -2

// school is the material of one training.
type school struct {
	x       *extract.Extractor
	pairs   []score.Pair
	phrases []phrase
	out     io.Writer
	own     map[string][]int // by article: patterns that occur nowhere else
	bags    []bag
	err     error
}

// bag is everything an article or a passage says about one coach in its
// sentences, with what is known to happen to him.
type bag struct {
	article  string // its name; empty for a passage
	fold     int    // -1 for passages
	passage  int
	lang     string
	coach    string
	readings []extract.Reading
	want     map[bot.EventType]answer
}

// answer is what the gold says of one type of event.
type answer struct {
	unsaid    bool
	fresh     float32
	confirmed float32
	detail    []float32
}

func newSchool(x *extract.Extractor, pairs []score.Pair, phrases []phrase, out io.Writer) *school {
	s := &school{x: x.With(extract.Models{}), pairs: pairs, phrases: phrases, out: out}
	s.findOwn()
	for i := range pairs {
		s.bagArticle(i)
	}
	for i := range phrases {
		s.bagPhrase(i)
	}
	return s
}

// foldOf spreads the articles over the folds by their names.
func foldOf(name string) int { return int(loglinear.Hash(name) >> 3 % folds) }

// findOwn lists the patterns of every article that no other article has.
func (s *school) findOwn() {
	by := map[int][]string{}
	for i := range s.pairs {
		for _, p := range s.x.Study(article(&s.pairs[i])).Patterns {
			by[p] = append(by[p], s.pairs[i].Name)
		}
	}
	s.own = map[string][]int{}
	for p, names := range by {
		if len(names) == 1 {
			s.own[names[0]] = append(s.own[names[0]], p)
		}
	}
}

func article(p *score.Pair) bot.Article {
	return bot.Article{Text: p.Text, File: p.Name + ".txt"}
}

// bagArticle makes a bag of every coach of an article.
func (s *school) bagArticle(i int) {
	p := &s.pairs[i]
	st := s.x.Without(s.own[p.Name]).Study(article(p))
	want := map[string]map[bot.EventType]answer{}
	named := map[string]bool{}
	for _, r := range st.Readings {
		named[bot.NormaliseName(r.Coach)] = true
	}
	for k := range p.Gold.Events {
		g := &p.Gold.Events[k]
		who := bot.NormaliseName(g.Coach)
		if !named[who] {
			who = lastWord(who)
		}
		if want[who] == nil {
			want[who] = map[bot.EventType]answer{}
		}
		a := answer{unsaid: g.Fresh == nil, confirmed: yes(g.Status == bot.Confirmed), detail: extract.DetailAnswers(&bot.Event{
			Type: g.Type, Manner: g.Manner, Stage: g.Stage, Stance: g.Stance, Role: g.Role,
		})}
		if g.Fresh != nil {
			a.fresh = yes(*g.Fresh)
		}
		if old, ok := want[who][g.Type]; ok && (old.fresh == 1 || a.unsaid) {
			continue
		}
		want[who][g.Type] = a
	}
	s.collect(bag{article: p.Name, fold: foldOf(p.Name), lang: p.Gold.Language}, st.Readings, func(coach string) map[bot.EventType]answer {
		if a, ok := want[bot.NormaliseName(coach)]; ok {
			return a
		}
		return want[lastWord(coach)]
	})
}

// bagPhrase makes bags of the coaches of a passage, and of its directors, to
// whom nothing happens.
func (s *school) bagPhrase(i int) {
	p := &s.phrases[i]
	stage := p.stage(i)
	st := s.x.Study(bot.Article{Text: stage.text})
	var kept []extract.Reading
	for _, r := range st.Readings {
		if !strings.HasPrefix(stage.text, r.Text) && !strings.Contains(r.Text, ", Sportdirektor ") && !strings.Contains(r.Text, ", sporting director ") {
			kept = append(kept, r)
		}
	}
	s.collect(bag{fold: -1, passage: i, lang: p.lang}, kept, func(coach string) map[bot.EventType]answer {
		for who, name := range stage.coach {
			if lastWord(name) != lastWord(coach) {
				continue
			}
			if who == 'N' {
				return nil
			}
			labels, ok := p.labels[who]
			out := map[bot.EventType]answer{}
			if !ok {
				for _, t := range bot.EventTypes() {
					out[t] = answer{unsaid: true}
				}
			}
			for _, l := range labels {
				out[l.typ] = answer{fresh: yes(!l.old), confirmed: yes(!l.hedged), detail: l.answers()}
			}
			return out
		}
		return nil
	})
}

// collect groups readings by coach.
func (s *school) collect(like bag, readings []extract.Reading, want func(string) map[bot.EventType]answer) {
	at := map[string]int{}
	for _, r := range readings {
		k, ok := at[r.Coach]
		if !ok {
			k = len(s.bags)
			at[r.Coach] = k
			b := like
			b.coach, b.want = r.Coach, want(r.Coach)
			s.bags = append(s.bags, b)
		}
		s.bags[k].readings = append(s.bags[k].readings, r)
	}
}

func lastWord(name string) string {
	words := strings.Fields(bot.NormaliseName(name))
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

func yes(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// rounds is how often the sentences that tell an event are chosen anew.
const rounds = 3

// fitReader trains the reader on all bags but those of one fold.
func (s *school) fitReader(without int) *loglinear.Model {
	var m *loglinear.Model
	for range rounds {
		var examples []loglinear.Example
		for i := range s.bags {
			if b := &s.bags[i]; b.fold < 0 || b.fold != without {
				examples = b.examples(m, examples)
			}
		}
		m = loglinear.Train(examples, readerOptions)
	}
	return m
}

//nolint:gochecknoglobals // the settings of the training
var readerOptions = loglinear.Options{Heads: extract.ReaderHeads, Bits: 16, Rounds: 6, Ridge: 0.1, Rare: 3, Damping: 0.5}

// fitDetail trains the detail model on the sentences that the reader finds most
// likely to tell the events of all bags but those of one fold.
func (s *school) fitDetail(reader *loglinear.Model, without int) *loglinear.Model {
	var examples []loglinear.Example
	for i := range s.bags {
		b := &s.bags[i]
		if b.fold >= 0 && b.fold == without {
			continue
		}
		for h, typ := range bot.EventTypes() {
			a, ok := b.want[typ]
			if !ok || a.unsaid || len(b.readings) == 0 {
				continue
			}
			k := b.best(reader, h, typ)
			examples = append(examples, loglinear.Example{Features: b.readings[k].Features, Want: a.detail})
		}
	}
	return loglinear.Train(examples, detailOptions)
}

//nolint:gochecknoglobals // the settings of the training
var detailOptions = loglinear.Options{Heads: extract.DetailHeads, Bits: 15, Rounds: 6, Ridge: 0.1, Rare: 3, Damping: 0.5}

// best is the reading that most likely tells an event.
func (b *bag) best(m *loglinear.Model, head int, typ bot.EventType) int {
	scores := make([]float64, extract.ReaderHeads)
	best, bestScore := 0, math.Inf(-1)
	for i := range b.readings {
		score := -0.02 * float64(i)
		if b.readings[i].Grammar[typ] {
			score += 2
		}
		if m != nil {
			m.Scores(b.readings[i].Features, scores)
			score += scores[head]
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// examples adds the bag's sentences. Of the sentences about a coach, an event is
// told by the one that the model so far finds most likely; the others may tell
// it, too.
func (b *bag) examples(m *loglinear.Model, out []loglinear.Example) []loglinear.Example {
	from := len(out)
	for i := range b.readings {
		e := loglinear.Example{Features: b.readings[i].Features, Want: make([]float32, extract.ReaderHeads)}
		e.Want[6], e.Want[7] = loglinear.Unsaid, loglinear.Unsaid
		out = append(out, e)
	}
	for h, typ := range bot.EventTypes() {
		a, ok := b.want[typ]
		if !ok {
			continue
		}
		for i := range b.readings {
			out[from+i].Want[h] = loglinear.Unsaid
		}
		if a.unsaid {
			continue
		}
		best := b.best(m, h, typ)
		out[from+best].Want[h] = 1
		out[from+best].Want[6], out[from+best].Want[7] = a.fresh, a.confirmed
	}
	return out
}

func (s *school) linef(format string, a ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.out, format+"\n", a...)
	}
}
