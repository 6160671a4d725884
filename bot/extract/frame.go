package extract

import (
	"strings"

	"karussell/bot"
)

// A trigger becomes facts when its frame is filled: who, which club, and for
// successions who went before.

// fact is one reading of one trigger.
type fact struct {
	typ    bot.EventType
	person int
	club   int
	role   bot.Role
	team   bot.Team
	manner bot.Manner
	stage  bot.Stage
	stance bot.Stance
	status bot.Status
	until  bot.Date
	date   bot.Date
	fresh  bool
	stale  bool // certainly history, not merely undated
	sent   int
	more   [4]int // further sentences that say it, from 1 (0: none)
	from   int    // tokens of the trigger
	rule   string
	order  int     // by place
	pred   bool    // the predecessor of a succession
	sure   float64 // how well the club fits
	proof  bool    // news by its date or its place in the article
	sign   bool    // rests on a signature
	dead   bool
	why    string

	strong     bool    // its idiom can only be about the bench
	read       bool    // found by the reader
	reading    int     // its reading, from 1
	heard      float64 // the reader's log-odds for it
	heardFresh float64 // and for its being news
	veto       string  // what the grammar has against a fact of the reader
	odds       float64 // the jury's log-odds
}

// judge turns triggers into facts: first the idioms that can only be about the
// bench, which also tell who is a coach, then the others.
func (d *doc) judge() {
	d.contest()
	for i := range d.trigs {
		t := &d.trigs[i]
		if t.idiom.strong && !t.off && t.idiom.kind.eventful() {
			if m := d.coachSlot(t); m >= 0 {
				d.persons[d.ments[m].ent].coach++
			}
		}
	}
	d.findEntries()
	for _, arrivals := range []bool{false, true} {
		for i := range d.trigs {
			t := &d.trigs[i]
			if !t.off && t.idiom.kind.eventful() && t.idiom.kind.arrival() == arrivals {
				d.fill(t)
			}
		}
		d.secondChoice(arrivals)
		if !arrivals {
			d.findVacancies()
		}
	}
}

// secondChoice reads the triggers that were overruled by one which then named
// nobody: "Als Nachfolger wird auch X gehandelt".
func (d *doc) secondChoice(arrivals bool) {
	for i := range d.trigs {
		t := &d.trigs[i]
		if !t.off || t.idiom.kind.arrival() != arrivals || !strings.HasPrefix(t.why, "overruled by ") {
			continue
		}
		for j := range d.trigs {
			w := &d.trigs[j]
			if w.sent == t.sent && !w.off && w.why == "no coach found" && w.idiom.kind == t.idiom.kind && t.why == "overruled by "+w.idiom.id {
				t.off, t.why = false, ""
				d.fill(t)
				break
			}
		}
	}
}

// findEntries reads lists of candidates: paragraphs that begin with nothing but
// a name, in an article about a club that seeks a coach.
func (d *doc) findEntries() {
	if !d.topic.seeking || d.topic.other {
		return
	}
	for n := range d.sents {
		s := &d.sents[n]
		if s.from == s.to || n < 4 || d.sents[n-1].block == s.block || s.to-s.from > 6 {
			continue
		}
		m := int(d.toks[s.from].ment)
		if m < 0 || d.ments[m].kind != personMention || d.ments[m].form != fullName || d.ments[m].ent < 0 || d.ments[m].to < s.to-1 {
			continue
		}
		if !d.is(s.from, classFirstName) && !d.gaz.FirstName(d.toks[s.from].norm) {
			continue
		}
		if c := d.topic.main; c >= 0 && d.persons[d.ments[m].ent].grade() >= 0 {
			d.facts = append(d.facts, fact{
				typ: bot.Link, person: d.ments[m].ent, club: c, role: bot.Head, stage: bot.Candidate, status: bot.Reported,
				fresh: true, sent: n, from: s.from, order: s.from, rule: "lnk.entry", sure: sureClub,
			})
		}
	}
}

// arrival reports whether the idiom is about somebody who comes: those are
// judged last, when it is known which clubs seek a coach.
func (k idiomKind) arrival() bool {
	switch k.event() {
	case bot.Appointment, bot.Link, bot.Rejection:
		return true
	case bot.Departure, bot.Extension, bot.Pressure:
		return false
	}
	return k == kindSuccession
}

// findVacancies lists the clubs whose coach has just left.
func (d *doc) findVacancies() {
	for i := range d.facts {
		if f := &d.facts[i]; f.typ == bot.Departure && f.fresh {
			d.topic.vacant = append(d.topic.vacant, f.club)
		}
	}
	for i := range d.trigs {
		if t := &d.trigs[i]; t.idiom.kind == kindVacancy && !t.off {
			if c := d.topic.focus[t.sent]; c >= 0 {
				d.topic.vacant = append(d.topic.vacant, c)
			}
		}
	}
}

func (k idiomKind) eventful() bool { return k == kindSuccession || k.event() != "" }

// fill fills the frame of one trigger.
func (d *doc) fill(t *trigger) {
	if why := d.unreal(t); why != "" {
		t.why = why
		return
	}
	if t.idiom.object {
		d.orderSuccession(t)
	}
	m := d.coachSlot(t)
	if t.idiom.kind == kindSuccession {
		d.fillSuccession(t, m)
		return
	}
	if m < 0 {
		t.why = "no coach found"
		return
	}
	for _, who := range d.andOthers(m, t) {
		d.propose(t, t.idiom.kind.event(), who, false)
	}
}

// orderSuccession decides who follows whom where the idiom only names a verb
// ("beerbt", "ersetzt", "löst ab"): the accusative ("den", "ihn") went, else
// the one named first came.
func (d *doc) orderSuccession(t *trigger) {
	var who []int
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		k := int(d.toks[i].ment)
		if k < 0 || d.ments[k].from != i || d.ments[k].kind != personMention || d.ments[k].ent < 0 {
			continue
		}
		if len(who) > 0 && d.ments[who[len(who)-1]].ent == d.ments[k].ent {
			continue
		}
		who = append(who, k)
	}
	if len(who) < 2 {
		return
	}
	p := who[1]
	for _, k := range who {
		if d.accusative(d.ments[k].from) {
			p = k
		}
	}
	t.ncapt = 0
	for _, k := range who[:2] {
		what := byte('C')
		if k == p {
			what = 'P'
		}
		t.captures[t.ncapt] = capture{what, k}
		t.ncapt++
	}
}

// accusative reports whether the name or description at token i is marked as an
// object: "ihn", "den glücklosen X".
func (d *doc) accusative(i int) bool {
	if d.norm(i) == "ihn" || d.norm(i) == "him" {
		return true
	}
	for k := i - 1; k >= 0 && k >= i-4 && d.sameSentence(k, i); k-- {
		if d.norm(k) == "den" || d.norm(k) == "einen" {
			return true
		}
		if d.toks[k].kind == punctToken || d.is(k, classDef|classPlace) {
			return false
		}
	}
	return false
}

// fillSuccession gives the appointment of C and the departure of P.
func (d *doc) fillSuccession(t *trigger, m int) {
	n := len(d.facts)
	if m >= 0 {
		d.propose(t, bot.Appointment, m, false)
	}
	if p := t.captured('P'); p >= 0 && d.ments[p].ent >= 0 && (m < 0 || d.ments[p].ent != d.ments[m].ent) {
		at := len(d.facts)
		d.propose(t, bot.Departure, p, true)
		if at > n && len(d.facts) > at { // one succession, one club
			d.facts[at].club, d.facts[at].team = d.facts[n].club, d.facts[n].team
		}
	} else if m < 0 {
		t.why = "no coach found"
	}
}

// maxFacts bounds the facts of one article; the busiest column has about
// fifty.
const maxFacts = 300

// propose adds the fact that trigger t says about the person of mention m.
func (d *doc) propose(t *trigger, typ bot.EventType, m int, pred bool) {
	if len(d.facts) >= maxFacts {
		return
	}
	im := t.idiom
	f := fact{
		typ: typ, person: d.ments[m].ent, role: im.role, manner: im.manner, stage: im.stage, stance: im.stance,
		sent: t.sent, from: t.head, rule: im.id, order: t.from, pred: pred, strong: im.strong,
	}
	if why := d.impossible(t, f.person, typ, pred); why != "" {
		t.why = why
		return
	}
	f.sign = im.sign
	f.club, f.team, f.sure = d.clubSlot(t, m, typ, pred)
	if f.club < 0 {
		t.why = "no club found"
		return
	}
	if pred {
		f.manner = bot.UnknownManner
	}
	if (typ == bot.Appointment && im.weak && !d.roleInside(t) || typ == bot.Link) && !im.sign && d.worksAt(f.person, f.club) {
		t.why = "he works there already"
		return
	}
	if im.sign && d.present(f.person) == f.club && d.postRole(f.person, f.club) != "" {
		f.typ = bot.Extension
	}
	if f.typ == bot.Departure {
		d.colourManner(t, &f)
	}
	d.colourRole(t, m, &f)
	f.status = d.certainty(t, typ)
	if typ == bot.Departure && !d.german() && !pred && d.threatened(t) {
		f.typ, f.manner, f.stance, f.status = bot.Pressure, "", bot.AtRisk, bot.Reported
	}
	if typ == bot.Appointment && d.hypothetical(t) {
		f.typ, f.stage, f.status = bot.Link, bot.Candidate, bot.Reported
	}
	d.time(t, &f)
	f.until = d.untilNear(t, typ)
	d.facts = append(d.facts, f)
}

// otherOffice reports whether the clause says "as chief executive", "als
// Sportdirektor".
func (d *doc) otherOffice(t *trigger) bool {
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		if n := d.norm(i); n != "as" && n != "als" {
			continue
		}
		for k := i + 1; k < to && k < i+5; k++ {
			if d.is(k, classAnyCoach|classManager) || d.toks[k].kind == punctToken || d.toks[k].ment >= 0 {
				break
			}
			if d.is(k, classDirector|classOfficial) && !d.is(k, classCoach) {
				return true
			}
		}
	}
	return false
}

// impossible says why a trigger tells nothing of that type about the person, or
// "".
func (d *doc) impossible(t *trigger, p int, typ bot.EventType, pred bool) string {
	if why := d.notCoach(t, p); why != "" {
		return why
	}
	comes := typ == bot.Appointment && !pred
	switch {
	case comes && d.otherOffice(t):
		return "appointed to another office"
	case t.idiom.weak && typ == bot.Appointment && d.incumbent(p):
		return "he is the coach already"
	case d.onlyWished(typ):
		return "a vote among readers"
	case comes && d.standsIn(t, p):
		return "stands in for a coach who keeps his post"
	}
	return ""
}

// notCoach says why the person cannot be the coach of a fact, or "".
func (d *doc) notCoach(t *trigger, p int) string {
	who := &d.persons[p]
	switch g := who.grade(); {
	case who.staff > 0 && g < 0:
		return "goalkeeping or fitness coach"
	case g < 0 && !t.idiom.strong:
		return "holds another office"
	case g < -3:
		return "holds another office"
	case g > 0, t.idiom.strong:
		return ""
	case t.idiom.player && !d.coachWordNear(t):
		return "said of players as well"
	case d.topic.directors:
		return "the article is about directors"
	case t.idiom.kind.event() == bot.Link && !d.topic.seeking && !d.officeSought(t) && (d.german() || t.idiom.stage != bot.Agreed || !d.coachWordNear(t)):
		return "nobody seeks a coach here"
	case t.idiom.kind.event() == bot.Pressure && !d.coachWordNear(t):
		return "nothing says that this is a coach"
	case t.idiom.weak && !d.topic.coachy && !d.coachWordNear(t):
		return "nothing says that this is a coach"
	case d.topic.coachy || d.coachWordNear(t):
		return ""
	}
	return "nothing says that this is a coach"
}

// roleInside reports whether the trigger itself names the office: "kehrt als
// Cheftrainer zurück".
func (d *doc) roleInside(t *trigger) bool {
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		if d.is(i, classAnyCoach) && (d.norm(i-1) == "als" || d.norm(i-1) == "as" || d.norm(i-1) == "neuer") {
			return true
		}
	}
	return false
}

// worksAt reports whether the article states that somebody is the present head
// coach of a club, not the new one.
func (d *doc) worksAt(p, c int) bool {
	if d.isVacant(c) {
		return false
	}
	for i := range d.posts {
		o := &d.posts[i]
		if o.person == p && o.club == c && !o.former && !o.newly && o.role == bot.Head && o.rule != "post.brackets" {
			return true
		}
	}
	return false
}

// incumbent reports whether a compound such as "HSV-Trainer X" or "Y's manager
// X" names somebody as the present head coach, and nobody left there.
func (d *doc) incumbent(p int) bool {
	for i := range d.posts {
		o := &d.posts[i]
		if o.person == p && !o.former && o.role == bot.Head && o.rule == "post.before" && !d.isVacant(o.club) {
			return true
		}
	}
	return false
}

// coachWordNear reports whether the sentence speaks of a coach.
func (d *doc) coachWordNear(t *trigger) bool {
	s := &d.sents[t.sent]
	for i := s.from; i < s.to; i++ {
		if d.is(i, classAnyCoach|classBody) || !d.german() && d.is(i, classManager|classHead) {
			return true
		}
	}
	return !d.german() && d.officeSought(t)
}

// maxJoin is how many tokens may stand between two joined names.
const maxJoin = 9
