package extract

import (
	"fmt"
	"strings"

	"karussell/bot"
)

// The reader: a trained model that says of every coach in every sentence what
// happens to him there. It knows wordings that no idiom lists.

// Heads of the reader's model: the event types first, in the order of
// bot.EventTypes.
const (
	headFresh     = 6 + iota // news, not history
	headConfirmed            // stated, not rumoured
	readerHeads
)

// reading is one coach in one sentence.
type reading struct {
	person  int
	sent    int
	ment    int  // the mention that names him
	carried bool // he is not named here, but before
	scores  [readerHeads]float64
}

// Bounds that keep the reader's work linear, whatever the article.
const (
	maxReadings  = 400 // per article
	maxPerSent   = 6   // persons per sentence
	hearingFloor = -3  // log-odds below which a reading proposes nothing
)

// read asks the reader about every coach in every sentence.
func (d *doc) read() {
	d.readings = d.readings[:0]
	if d.topic.other {
		return
	}
	for n := range d.sents {
		d.readingsIn(n)
		if len(d.readings) >= maxReadings {
			break
		}
	}
	if d.models == nil || d.models.reader == nil {
		return
	}
	for i := range d.readings {
		r := &d.readings[i]
		d.observeReading(r, &d.signs)
		d.models.reader.Scores(d.signs.hash, r.scores[:])
	}
}

// observeReading writes the features of a reading.
func (d *doc) observeReading(r *reading, s *signs) {
	if d.sceneOf != r.sent+1 {
		d.sceneOf = r.sent + 1
		d.look(r.sent, &d.scene)
		for k, n := range [2]int{r.sent - 1, r.sent + 1} {
			d.around[k].words = d.around[k].words[:0]
			if n >= 0 && n < len(d.sents) && d.sents[n].block == d.sents[r.sent].block {
				d.look(n, &d.around[k])
			}
		}
	}
	d.observe(r.person, &d.scene, &d.around, r, s)
}

// readingsIn lists the readings of sentence n.
func (d *doc) readingsIn(n int) {
	s := &d.sents[n]
	at := len(d.readings)
	for i := s.from; i < s.to && len(d.readings) < at+maxPerSent; i++ {
		m := int(d.toks[i].ment)
		if m < 0 || d.ments[m].from != i || d.ments[m].kind != personMention || d.ments[m].ent < 0 {
			continue
		}
		p := d.ments[m].ent
		known := false
		for k := at; k < len(d.readings); k++ {
			if r := &d.readings[k]; r.person == p {
				known = true
				if d.oblique(d.ments[r.ment].from) && !d.oblique(i) {
					r.ment = m
				}
			}
		}
		if !known {
			d.readings = append(d.readings, reading{person: p, sent: n, ment: m})
		}
	}
	for k := at; k < len(d.readings); k++ {
		if d.persons[d.readings[k].person].grade() >= 0 {
			return
		}
	}
	if s.kind == headlineBlock || s.kind == headingBlock {
		return
	}
	t := trigger{idiom: &d.lex.heard[0], sent: n, from: s.from, to: s.from + 1, head: s.from}
	if m := d.coachBefore(&t); m >= 0 {
		d.readings = append(d.readings, reading{person: d.ments[m].ent, sent: n, ment: m, carried: true})
	}
}

// heardIdioms are the idioms that stand for what the reader found, one per event
// type in the order of bot.EventTypes.
func heardIdioms() []idiom {
	var out []idiom
	for _, t := range bot.EventTypes() {
		out = append(out, idiom{id: "reader." + string(t), kind: idiomKind(t)})
	}
	return out
}

// hear turns readings into facts: first of those who go and stay, then, when it
// is known who seeks a coach, of those who come.
func (d *doc) hear() {
	for i := range d.facts {
		d.rate(&d.facts[i])
	}
	for _, arrivals := range []bool{false, true} {
		for i := range d.readings {
			r := &d.readings[i]
			for h, typ := range bot.EventTypes() {
				if d.lex.heard[h].kind.arrival() == arrivals && r.scores[h] > hearingFloor {
					d.hearFact(i, h, typ)
				}
			}
		}
		if arrivals {
			break
		}
		for i := range d.facts {
			if f := &d.facts[i]; f.read && f.typ == bot.Departure && f.heard > 0 && f.fresh && !d.isVacant(f.club) && len(d.topic.vacant) < maxPosts {
				d.topic.vacant = append(d.topic.vacant, f.club)
			}
		}
	}
}

// rate gives a fact of the grammar the reader's opinion.
func (d *doc) rate(f *fact) {
	f.heard, f.heardFresh = 2*hearingFloor, 0
	h := typeHead(f.typ)
	for i := range d.readings {
		r := &d.readings[i]
		if r.sent == f.sent && r.person == f.person {
			f.heard, f.heardFresh, f.reading = r.scores[h], r.scores[headFresh], i+1
			return
		}
	}
}

// hearFact adds the fact that a reading proposes, unless the grammar did.
func (d *doc) hearFact(ri, head int, typ bot.EventType) {
	r := &d.readings[ri]
	if len(d.facts) >= maxFacts {
		return
	}
	for i := range d.facts {
		if f := &d.facts[i]; !f.read && f.sent == r.sent && f.person == r.person && f.typ == typ {
			return
		}
	}
	at := d.heaviest(r, head)
	t := trigger{idiom: &d.lex.heard[head], sent: r.sent, from: at, to: at + 1, head: at, nparts: 1}
	t.parts[0] = [2]int{at, at + 1}
	f := fact{
		typ: typ, person: r.person, sent: r.sent, from: at, order: at, rule: t.idiom.id, read: true,
		heard: r.scores[head], heardFresh: r.scores[headFresh], reading: ri + 1,
	}
	switch f.veto = d.impossible(&t, r.person, typ, false); f.veto {
	case "holds another office", "goalkeeping or fitness coach", "the article is about directors", "appointed to another office":
		return
	}
	if f.veto == "" {
		f.veto = d.unreal(&t)
	}
	f.club, f.team, f.sure = d.clubSlot(&t, r.ment, typ, false)
	if f.club < 0 {
		return
	}
	if f.veto == "" && (typ == bot.Appointment || typ == bot.Link) && d.worksAt(f.person, f.club) {
		f.veto = "he works there already"
	}
	if typ == bot.Departure {
		d.colourManner(&t, &f)
	}
	d.colourRole(&t, r.ment, &f)
	f.status = d.certainty(&t, typ)
	d.detail(&f, r)
	d.time(&t, &f)
	f.until = d.untilNear(&t, typ)
	d.facts = append(d.facts, f)
}

// heaviest is the token of a reading that speaks most for a head.
func (d *doc) heaviest(r *reading, head int) int {
	d.weigh(r, head)
	best := 0
	for i := range d.load {
		if d.load[i] > d.load[best] {
			best = i
		}
	}
	return d.sents[r.sent].from + best
}

// shownWords is how many words Explain names.
const shownWords = 5

// weighty lists the words that spoke most for a fact of the reader.
func (d *doc) weighty(f *fact) string {
	if !f.read || f.reading == 0 || d.models == nil {
		return ""
	}
	d.weigh(&d.readings[f.reading-1], typeHead(f.typ))
	var b strings.Builder
	fmt.Fprintf(&b, "reader %+.1f, jury %+.1f; weighed most:", f.heard, f.odds)
	for range shownWords {
		best := 0
		for i := range d.load {
			if d.load[i] > d.load[best] {
				best = i
			}
		}
		if d.load[best] <= 0 {
			break
		}
		at := d.sents[f.sent].from + best
		fmt.Fprintf(&b, " %s %+.1f", d.text(at, at+1), d.load[best])
		d.load[best] = 0
	}
	return b.String()
}

// weigh puts into d.load what every token of a reading says for a head.
func (d *doc) weigh(r *reading, head int) {
	d.observeReading(r, &d.signs)
	from, to := d.sents[r.sent].from, d.sents[r.sent].to
	d.load = append(d.load[:0], make([]float64, to-from)...)
	n := len(d.signs.hash)
	for k, h := range d.signs.hash {
		if at := int(d.signs.at[k]); at >= from && at < to {
			d.load[at-from] += d.models.reader.Weight(h, head, n)
		}
	}
}
