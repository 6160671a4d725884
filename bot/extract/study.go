package extract

import (
	"karussell/bot"
	"karussell/bot/extract/loglinear"
)

// What the trainer (bot/extract/train) needs to see of the work.

// Reading is one coach in one sentence as the reader sees it.
type Reading struct {
	Coach    string
	Sentence int
	Text     string
	Features []uint32
	Grammar  map[bot.EventType]bool // what the grammar says of him here
	Fresh    bool                   // whether the grammar takes that for news
	Scores   []float64              // the reader's, by Heads
}

// Matter is one possible event as the jury sees it.
type Matter struct {
	Event    bot.Event
	Features []uint32
	Grammar  bool // the grammar alone takes it for news
	Quiet    bool // the grammar finds no news in the article
	Fresh    bool // by its dates and tenses it can be news
}

// Study is an article on its way through the extractor.
type Study struct {
	Readings []Reading
	Matters  []Matter
	Patterns []int // idioms of events that occur in the article
}

// FeatureVersion is the version of the features that the models must fit.
const FeatureVersion = featureVersion

// ReaderHeads is the number of heads of the reader's model: the event types in
// the order of bot.EventTypes, then "news" and "confirmed".
const ReaderHeads = readerHeads

// DetailHeads is the number of heads of the detail model, see DetailAnswers.
const DetailHeads = detailHeads

// JuryHeads is the number of heads of the jury's model: whether the article tells
// such an event of the coach, whether this is the club, whether it is news.
const JuryHeads = juryHeads

// Verdict is the jury's log-odds that all three hold.
func (m *Models) Verdict(features []uint32) float64 {
	return (&models{jury: m.Jury}).verdict(features)
}

// Models are trained parts to put in place of the embedded ones. Without a jury
// everything that the grammar says stands.
type Models struct {
	Reader *loglinear.Model
	Detail *loglinear.Model
	Jury   *loglinear.Model
	// Log-odds above which the jury is convinced: of what the grammar takes for
	// news; of anything else; and of that where the grammar finds no news at all.
	GrammarCut, ReaderCut, QuietCut float64
}

// With is an extractor with other models.
func (x *Extractor) With(m Models) *Extractor {
	y := newExtractor(x.lex, x.gaz)
	y.models = &models{m.Reader, m.Detail, m.Jury, cuts{m.GrammarCut, m.ReaderCut, m.QuietCut}}
	y.muted = x.muted
	return y
}

// Without is an extractor that does not know some idioms, by their numbers as in
// Study.Patterns: what it would make of an article for which nobody wrote them.
func (x *Extractor) Without(patterns []int) *Extractor {
	y := newExtractor(x.lex, x.gaz)
	y.models = x.models
	y.muted = map[int32]bool{}
	for _, p := range patterns {
		y.muted[int32(p)] = true //nolint:gosec // a few thousand
	}
	return y
}

// Study is Extract with everything the models are trained from.
func (x *Extractor) Study(a bot.Article) Study {
	d := x.open(&a)
	defer x.close(d)
	d.beforeJury()
	var st Study
	seen := map[int32]bool{}
	for i := range d.trigs {
		if n := d.trigs[i].number; d.trigs[i].idiom.kind.eventful() && !seen[n] {
			seen[n] = true
			st.Patterns = append(st.Patterns, int(n))
		}
	}
	for i := range d.readings {
		r := &d.readings[i]
		d.observeReading(r, &d.signs)
		out := Reading{
			Coach: d.persons[r.person].name, Sentence: r.sent, Text: d.sentenceText(r.sent), Grammar: map[bot.EventType]bool{},
			Features: append([]uint32(nil), d.signs.hash...), Scores: append([]float64(nil), r.scores[:]...),
		}
		for k := range d.facts {
			if f := &d.facts[k]; !f.read && f.sent == r.sent && f.person == r.person {
				out.Grammar[f.typ] = true
				out.Fresh = out.Fresh || f.fresh
			}
		}
		st.Readings = append(st.Readings, out)
	}
	if d.topic.focus == nil {
		return st
	}
	d.gather()
	for i := range d.matters {
		m := &d.matters[i]
		d.plead(m, &d.signs)
		st.Matters = append(st.Matters, Matter{
			Event: d.event(&d.facts[m.best]), Features: append([]uint32(nil), d.signs.hash...), Grammar: d.grammarNews(m), Fresh: d.freshAtAll(m), Quiet: d.quiet(),
		})
	}
	return st
}
