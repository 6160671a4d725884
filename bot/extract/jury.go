package extract

import (
	"math"

	"karussell/bot"
	"karussell/bot/extract/loglinear"
)

// The jury: a second trained model that hears everything said for one matter
// (this coach, this club, this type of event) in the whole article, by the
// grammar and by the reader, and decides whether it is news.

// matter is all facts of one type about one coach and one club.
type matter struct {
	typ    bot.EventType
	person int
	club   int
	facts  []int
	best   int // the fact that the reader finds most likely
	odds   float64
}

// try lets the jury decide every matter.
func (d *doc) try() {
	if d.models == nil || d.models.jury == nil {
		return
	}
	d.gather()
	for i := range d.matters {
		m := &d.matters[i]
		d.plead(m, &d.signs)
		m.odds = d.models.verdict(d.signs.hash)
	}
	for i := range d.matters {
		d.sentence(&d.matters[i])
	}
}

// quiet reports whether the grammar finds no news at all in the article.
func (d *doc) quiet() bool {
	for i := range d.matters {
		if d.grammarNews(&d.matters[i]) {
			return false
		}
	}
	return true
}

// outdone reports whether something more likely is said of the same coach and
// club: what the grammar takes for news, or what the reader is surer of.
func (d *doc) outdone(m *matter) bool {
	for i := range d.matters {
		o := &d.matters[i]
		if o == m || o.person != m.person || o.club != m.club {
			continue
		}
		if d.grammarNews(o) && o.odds > d.models.cuts.grammar || o.odds > m.odds && d.freshAtAll(o) {
			return true
		}
	}
	return false
}

// Heads of the jury: whether the article tells an event of that type about that
// coach at all; if so, whether this is the club; and if so, whether it is news.
const (
	headEvent = iota
	headClub
	headNews
	juryHeads
)

// verdict is the log-odds that all three hold.
func (m *models) verdict(features []uint32) float64 {
	var score [juryHeads]float64
	m.jury.Scores(features, score[:])
	p := 1.0
	for _, s := range score {
		p *= loglinear.Odds(s)
	}
	return math.Log(p/(1-p) + 1e-12)
}

// sentence carries the jury's decision out.
func (d *doc) sentence(m *matter) {
	cut, grammar := d.models.cuts.reader, d.grammarNews(m)
	switch {
	case grammar:
		cut = d.models.cuts.grammar
	case d.quiet():
		cut = d.models.cuts.quiet
	}
	news := m.odds > cut && (grammar || !d.outdone(m))
	for _, i := range m.facts {
		f := &d.facts[i]
		f.odds = m.odds
		switch {
		case f.read && (grammar || !news || !f.fresh || i != m.best && f.heard < 0):
			f.dead, f.why = true, "the jury: not convinced, or said by the grammar"
		case f.fresh && !news:
			f.dead, f.why = true, "the jury was not convinced"
		}
	}
}

// grammarNews reports whether the grammar alone takes a matter for news.
func (d *doc) grammarNews(m *matter) bool {
	for _, i := range m.facts {
		if f := &d.facts[i]; !f.read && f.fresh {
			return true
		}
	}
	return false
}

// freshAtAll reports whether dates and tenses let a matter be news.
func (d *doc) freshAtAll(m *matter) bool {
	for _, i := range m.facts {
		if d.facts[i].fresh {
			return true
		}
	}
	return false
}

// gather puts the facts of one matter together.
func (d *doc) gather() {
	d.matters = d.matters[:0]
	for i := range d.facts {
		f := &d.facts[i]
		if f.dead {
			continue
		}
		at := -1
		for k := range d.matters {
			if m := &d.matters[k]; m.typ == f.typ && m.person == f.person && m.club == f.club {
				at = k
				break
			}
		}
		if at < 0 {
			at = len(d.matters)
			d.matters = append(d.matters, matter{typ: f.typ, person: f.person, club: f.club, best: i})
		}
		m := &d.matters[at]
		m.facts = append(m.facts, i)
		if f.heard > d.facts[m.best].heard {
			m.best = i
		}
	}
}

// plea collects the features of one matter.
type plea struct {
	s   *signs
	typ sym
}

// say adds a circumstance, alone and for this type of event.
func (p *plea) say(what string) {
	p.s.add('j', -1, word1(what))
	p.s.add('J', -1, p.typ, word1(what))
}

// steps says how far up a value reaches.
func (p *plea) steps(what string, value float64, steps ...float64) {
	for i, s := range steps {
		if value >= s {
			p.say(what + string(rune('a'+i)))
		}
	}
}

func (p *plea) when(yes bool, what string) {
	if yes {
		p.say(what)
	}
}

// plead writes the features of a matter.
func (d *doc) plead(m *matter, s *signs) {
	s.reset()
	p := plea{s, word1(string(m.typ))}
	p.say("type")
	d.pleadGrammar(m, &p)
	d.pleadReader(m, &p)
	d.pleadClub(m, &p)
	d.pleadPerson(m, &p)
	d.pleadArticle(&p)
	d.pleadRivals(m, &p)
}

func (d *doc) pleadGrammar(m *matter, p *plea) {
	grammar, fresh, stale, proof, strong, pred := 0, 0, 0, false, false, false
	for _, i := range m.facts {
		f := &d.facts[i]
		if f.read {
			continue
		}
		grammar++
		if f.fresh {
			fresh++
		}
		if f.stale {
			stale++
		}
		proof, strong, pred = proof || f.proof, strong || f.strong, pred || f.pred
	}
	p.steps("grammar", float64(grammar), 1, 2, 3)
	p.steps("grammar fresh", float64(fresh), 1, 2)
	p.steps("grammar stale", float64(stale), 1, 2)
	p.when(grammar > 0 && proof, "grammar proof")
	p.when(grammar > 0 && strong, "grammar strong")
	p.when(pred, "predecessor")
	p.when(grammar == 0, "reader alone")
}

func (d *doc) pleadReader(m *matter, p *plea) {
	b := &d.facts[m.best]
	h := typeHead(m.typ)
	p.steps("heard", b.heard, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4)
	p.steps("heard fresh", b.heardFresh, -2, -1, -0.5, 0, 0.5, 1, 2, 3)
	p.when(b.fresh, "rules say fresh")
	p.when(b.stale, "rules say stale")
	p.when(b.proof, "rules say proof")
	p.when(b.veto != "", "veto")
	if b.veto != "" {
		p.say("veto " + b.veto)
	}
	second, sum := -9.0, 0.0
	for _, i := range m.facts {
		f := &d.facts[i]
		sum += loglinear.Odds(f.heard)
		if i != m.best {
			second = max(second, f.heard)
		}
	}
	p.steps("second", second, -2, -1, 0, 1, 2)
	p.steps("sum", sum, 0.5, 1, 1.5, 2, 3)
	best, other, told := -9.0, -9.0, 0.0
	for i := range d.readings {
		r := &d.readings[i]
		if r.person != m.person {
			continue
		}
		best = max(best, r.scores[h])
		told += loglinear.Odds(r.scores[h])
		if r.sent == b.sent {
			for k := range bot.EventTypes() {
				if k != h {
					other = max(other, r.scores[k])
				}
			}
		}
	}
	p.steps("anywhere", best, -2, -1, 0, 1, 2, 3)
	p.steps("anywhere more", best-b.heard, 0.3, 1, 2)
	p.steps("article sum", told, 0.5, 1, 2, 3)
	p.steps("margin", b.heard-other, -2, -1, 0, 1, 2, 3)
	switch d.sents[b.sent].kind {
	case headlineBlock:
		p.say("headline")
	case teaserBlock:
		p.say("teaser")
	case bodyBlock, headingBlock, creditBlock:
		p.steps("sentence", float64(b.sent), 3, 6, 10, 15, 22)
	}
}

func (d *doc) pleadClub(m *matter, p *plea) {
	sure, sent := -9.0, d.facts[m.best].sent
	named := false
	for _, i := range m.facts {
		sure = max(sure, d.facts[i].sure)
		s := &d.sents[d.facts[i].sent]
		for k := s.from; k < s.to && !named; k++ {
			c := d.clubAt(k)
			named = c >= 0 && d.ments[c].ent == m.club
		}
	}
	p.steps("sure", sure, 2, 4, 5, 6, 7, 8, 10, 12, 15, 20)
	c := &d.clubs[m.club]
	p.when(named, "club named")
	p.when(m.club == d.topic.main, "main club")
	p.when(m.club == d.topic.focus[sent], "focus club")
	p.when(c.headline, "headline club")
	p.when(!c.anchored, "only a town")
	p.when(c.national, "national")
	p.when(c.unknown, "unknown club")
	p.when(d.isVacant(m.club), "vacant")
	p.when(d.present(m.person) == m.club, "own club")
	p.when(d.worksAt(m.person, m.club), "works there")
	p.when(d.newlyAt(m.person, m.club), "newly there")
	p.when(d.companion(m.person) == m.club, "companion")
	former := false
	for i := range d.posts {
		o := &d.posts[i]
		former = former || o.person == m.person && o.club == m.club && o.former
	}
	p.when(former, "former club")
	p.steps("club count", float64(c.count), 2, 3, 5, 8)
}

func (d *doc) pleadPerson(m *matter, p *plea) {
	k := &d.persons[m.person]
	p.steps("grade", float64(k.grade()), -2, 0, 1, 2, 3)
	p.when(k.staff > 0, "staff")
	p.when(k.other > 0, "other office")
	p.when(k.player > 0, "player")
	p.when(k.single, "surname only")
	p.when(k.common, "common surname")
	p.steps("count", float64(k.count), 2, 3, 5, 8)
	p.when(m.person == d.protagonist, "protagonist")
	first := d.sents[d.toks[k.first].sent].kind
	p.when(first == headlineBlock || first == teaserBlock, "in headline")
	known := d.lex.people[k.key]
	p.when(known.has(classCoach), "well-known coach")
	p.when(known.has(classOfficial), "well-known official")
}

func (d *doc) pleadArticle(p *plea) {
	t := &d.topic
	p.when(t.coachy, "coachy")
	p.when(t.seeking, "seeking")
	p.when(t.sought, "sought")
	p.when(t.directors, "directors")
	p.when(t.sections, "sections")
	p.when(t.hindsight, "hindsight")
	p.when(t.poll, "poll")
	p.when(t.head, "office in headline")
	p.when(!d.german(), "english")
	p.when(d.published == "", "undated")
	p.steps("sentences", float64(len(d.sents)), 6, 10, 16, 25)
	p.steps("vacancies", float64(len(t.vacant)), 1, 2, 4)
}

// pleadRivals adds what else is said of this coach and of this club.
func (d *doc) pleadRivals(m *matter, p *plea) {
	b := &d.facts[m.best]
	for k := range d.matters {
		o := &d.matters[k]
		ob := &d.facts[o.best]
		switch {
		case o == m:
		case o.person == m.person && o.typ == m.typ:
			p.say("another club")
			p.when(ob.sure > b.sure, "another club fits better")
			p.when(ob.heard > b.heard, "another club is heard better")
			p.when(ob.sure > b.sure+3, "another club fits much better")
		case o.person == m.person && o.club == m.club:
			p.steps("also "+string(o.typ), ob.heard, -1, 0, 1, 2)
			p.when(ob.heard > b.heard, "rather "+string(o.typ))
		case o.club == m.club && o.typ == m.typ:
			p.say("another coach")
			p.when(ob.heard > b.heard, "another coach is heard better")
			p.when(ob.heard > b.heard+2, "another coach is heard much better")
		case o.club == m.club && o.typ == bot.Departure && ob.heard > 0:
			p.say("a coach leaves there")
		}
	}
}
