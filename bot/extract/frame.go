package extract

import "karussell/bot"

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
		if !arrivals {
			d.findVacancies()
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

// contest lets the longer of two overlapping triggers win.
func (d *doc) contest() {
	for i := range d.trigs {
		a := &d.trigs[i]
		for j := i + 1; j < len(d.trigs) && d.trigs[j].sent == a.sent; j++ {
			b := &d.trigs[j]
			if !a.idiom.kind.eventful() || !b.idiom.kind.eventful() || !a.overlaps(b) {
				continue
			}
			if d.meansLess(a, b) {
				continue
			}
			if ka, kb := a.idiom.kind.event(), b.idiom.kind.event(); ka == bot.Rejection && kb == bot.Link {
				b.off, b.why = true, "overruled by "+a.idiom.id
				continue
			} else if ka == bot.Link && kb == bot.Rejection {
				a.off, a.why = true, "overruled by "+b.idiom.id
				continue
			}
			switch la, lb := a.length(), b.length(); {
			case a.idiom.player != b.idiom.player && a.idiom.kind == b.idiom.kind:
				// Of two that say the same, the one that cannot mean a player.
				if a.idiom.player {
					a.off, a.why = true, "overruled by "+b.idiom.id
				} else {
					b.off, b.why = true, "overruled by "+a.idiom.id
				}
			case la > lb:
				b.off, b.why = true, "overruled by "+a.idiom.id
			case lb > la:
				a.off, a.why = true, "overruled by "+b.idiom.id
			case a.idiom.id == b.idiom.id && a.head == b.head && d.outside(a) && !d.outside(b):
				a.off, a.why = true, "a part stands in another clause"
			case a.idiom.id == b.idiom.id && a.head == b.head:
				b.off, b.why = true, "the same idiom"
			}
		}
	}
}

// outside reports whether a part of a trigger stands in another clause than its
// verb: "der den Verein verlässt, um beim VfB die Jugend zu übernehmen".
func (d *doc) outside(t *trigger) bool {
	for _, p := range t.parts[:t.nparts] {
		if d.german() && d.toks[p[0]].clause != d.toks[t.head].clause {
			return true
		}
	}
	return false
}

// meansLess settles overlapping English triggers of which one is only meant:
// "agreed terms to become coach", "out of the race".
func (d *doc) meansLess(a, b *trigger) bool {
	if d.german() {
		return false
	}
	for _, p := range [2][2]*trigger{{a, b}, {b, a}} {
		win, lose := p[0], p[1]
		kw, kl := win.idiom.kind.event(), lose.idiom.kind.event()
		denied := kw == bot.Rejection && (kl == bot.Appointment || kl == bot.Departure)
		meant := kw == bot.Link && lose.idiom.kind != idiomKind(bot.Link) && d.unfulfilled(lose)
		if denied || meant {
			lose.off, lose.why = true, "overruled by "+win.idiom.id
			return true
		}
	}
	return false
}

func (t *trigger) overlaps(o *trigger) bool {
	for _, p := range t.parts[:t.nparts] {
		for _, q := range o.parts[:o.nparts] {
			if p[0] < q[1] && q[0] < p[1] {
				return true
			}
		}
	}
	return false
}

// length is the number of tokens that a trigger rests on.
func (t *trigger) length() int {
	n := 0
	for _, p := range t.parts[:t.nparts] {
		n += p[1] - p[0]
	}
	return n
}

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
		sent: t.sent, from: t.head, rule: im.id, order: t.from, pred: pred,
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

// coachSlot is the mention that fills the coach of a trigger, or -1.
func (d *doc) coachSlot(t *trigger) int {
	if m := t.captured('C'); m >= 0 {
		if d.ments[m].ent < 0 {
			return -1
		}
		return m
	}
	best, bestScore, stranger := -1, 0.0, -1
	s := &d.sents[t.sent]
	antecedent := d.antecedent(t)
	for i := s.from; i < s.to; i++ {
		k := int(d.toks[i].ment)
		if k < 0 || d.ments[k].from != i || d.ments[k].kind != personMention || d.ments[k].ent < 0 {
			continue
		}
		if p := t.captured('P'); p >= 0 && d.ments[p].ent == d.ments[k].ent {
			continue
		}
		score := d.coachScore(t, k)
		if k == antecedent {
			score += 6
		}
		if score > bestScore {
			best, bestScore = k, score
		}
		if clauses, _ := d.farness(t, &d.ments[k]); d.persons[d.ments[k].ent].grade() < 0 && (clauses == 0 || k == antecedent) && !d.speaks(&d.ments[k]) {
			stranger = k
		}
	}
	if stranger >= 0 && !t.idiom.strong {
		// The clause speaks of a director or a player: it is about him, and not
		// about a coach from somewhere else.
		if best < 0 {
			return stranger
		}
		if clauses, _ := d.farness(t, &d.ments[best]); clauses > 0 && best != antecedent {
			return stranger
		}
	}
	if k := t.idiom.kind; best >= 0 || t.idiom.here || k == kindSuccession || k.event() == bot.Link || k.event() == bot.Rejection {
		return best
	}
	return d.coachBefore(t)
}

// coachScore grades how well mention k fills the coach of t; 0 and less: not.
func (d *doc) coachScore(t *trigger, k int) float64 {
	x := &d.ments[k]
	clauses, tokens := d.farness(t, x)
	if clauses > 0 && d.sents[t.sent].kind == headlineBlock {
		return 0
	}
	score := 10 - 2.2*float64(min(clauses, 4)) - 0.12*float64(tokens)
	switch g := d.persons[x.ent].grade(); {
	case g > 0 && clauses > 0:
		score += 1.5
	case g > 0:
		score += 3
	case g < 0 && t.idiom.strong:
		score -= 2
	case g < 0:
		score -= 12
	}
	if x.compound {
		return 0
	}
	if d.ownsRole(x) || d.is(x.from-1, classVersus) {
		score -= 7
	}
	if x.form == pronounForm && d.norm(x.from) == "ihm" {
		score -= 4
	}
	if d.speaks(x) {
		score -= 4
	}
	if d.predecessorPlace(x.from) && t.captured('C') < 0 {
		score -= 5
	}
	if d.oblique(x.from) {
		score--
	}
	switch d.norm(x.from - 1) {
	case "unter", "under", "neben":
		score -= 6
	}
	if t.idiom.self && x.from > t.to && d.oblique(x.from) {
		score -= 2
	}
	return score
}

// ownsRole reports whether a name only says whose assistant or successor is
// meant: "Monk's right-hand man", "one of Heath's assistants".
func (d *doc) ownsRole(x *mention) bool {
	if d.norm(x.to) != "'s" {
		switch d.norm(x.to) {
		case "days", "era", "years", "regime":
			return true
		}
		return false
	}
	for i := x.to + 1; i < x.to+3; i++ {
		if d.is(i, classAnyRole) {
			return true
		}
		switch d.norm(i) {
		case "days", "era", "years", "reign", "regime", "right", "successor", "replacement", "side", "men", "staff", "squad", "team", "number", "predecessor":
			return true
		}
	}
	return false
}

// farness counts the clauses and tokens between a trigger and a mention.
func (d *doc) farness(t *trigger, x *mention) (clauses, tokens int) {
	clauses, tokens = 99, 999
	for _, p := range t.parts[:t.nparts] {
		c := int(d.toks[p[0]].clause) - int(d.toks[x.from].clause)
		if c < 0 {
			c = -c
		}
		n := 0
		switch {
		case x.from >= p[1]:
			n = x.from - p[1]
		case x.to <= p[0]:
			n = p[0] - x.to
		}
		clauses, tokens = min(clauses, c), min(tokens, n)
	}
	return clauses, tokens
}

// speaks reports whether a person is the speaker of the sentence: "sagte X".
func (d *doc) speaks(x *mention) bool {
	for _, i := range []int{x.from - 1, x.from - 2, x.from - 3, x.to, x.to + 1} {
		if i >= 0 && d.sameSentence(i, x.from) && d.is(i, classSpeech) {
			return true
		}
	}
	return false
}

// predecessorPlace reports whether the words before token i name it as the one
// who was followed: "Nachfolger von X", "für X".
func (d *doc) predecessorPlace(i int) bool {
	for k := i - 1; k >= 0 && k >= i-6 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "nachfolger", "nachfolgerin", "nachfolge", "nachfolgers", "erbe", "vorgaenger", "successor", "succeed", "succeeding", "replace", "replacing", "replacement":
			return d.norm(k) != "vorgaenger"
		case ",", "(", ";", ":":
			return false
		}
	}
	return d.norm(i-1) == "statt" || d.norm(i-1) == "anstelle"
}

// antecedent is the person before the relative clause that the trigger stands
// in ("X, der ... hinwarf"), or -1.
func (d *doc) antecedent(t *trigger) int {
	start := t.head
	c := d.toks[start].clause
	for start > 0 && d.sameSentence(start-1, t.head) && d.toks[start-1].clause == c && d.toks[start-1].kind != punctToken {
		start--
	}
	if start > 0 && d.toks[start].kind == punctToken {
		start++
	}
	if d.norm(start) == "," {
		start++
	}
	rel := start
	if rel < len(d.toks) && d.is(rel, classPlace) {
		rel++
	}
	if rel >= len(d.toks) || !d.is(rel, classRelative) || d.norm(start-1) != "," {
		return -1
	}
	// The article of a noun phrase is no relative pronoun: "der Verein hat".
	for i := start - 1; i >= 0 && i >= start-9 && d.sameSentence(i, t.head); i-- {
		if m := d.toks[i].ment; m >= 0 && d.ments[m].kind == personMention && d.ments[m].ent >= 0 {
			return int(m)
		}
	}
	return -1
}

// coachBefore takes the coach from the sentences before when the trigger's own
// names none: "Nach drei Spielen war Schluss."
func (d *doc) coachBefore(t *trigger) int {
	s := &d.sents[t.sent]
	best, bestScore, known := -1, -100, d.knowsCoach()
	for i := s.from - 1; i >= 0 && i > s.from-90; i-- {
		k := int(d.toks[i].ment)
		if k < 0 || d.ments[k].from != i || d.ments[k].kind != personMention || d.ments[k].ent < 0 {
			continue
		}
		back := t.sent - int(d.toks[i].sent)
		if back > 2 {
			break
		}
		g := d.persons[d.ments[k].ent].grade()
		if g < 0 && best < 0 && t.idiom.player {
			return -1 // "Butzen geht. Sein Vertrag wurde aufgelöst."
		}
		if g < 0 || g == 0 && known {
			continue
		}
		score := -3*back + min(g, 2)
		if d.oblique(i) {
			score -= 2
		}
		if d.subject(i) {
			score += 2
		}
		if p := t.captured('P'); p >= 0 && d.ments[p].ent == d.ments[k].ent {
			continue
		}
		if score > bestScore {
			best, bestScore = k, score
		}
	}
	return best
}

// knowsCoach reports whether the article says of anybody that he is a coach.
func (d *doc) knowsCoach() bool {
	for p := range d.persons {
		if d.persons[p].grade() > 0 {
			return true
		}
	}
	return false
}

// andOthers is mention m with those joined to it: "X und sein Assistent Y",
// "X, Y und Z".
func (d *doc) andOthers(m int, t *trigger) []int {
	all := []int{m}
	for dir := -1; dir <= 1; dir += 2 {
		last := m
		for {
			next := d.joined(last, dir)
			if next < 0 {
				break
			}
			if p := t.captured('P'); p >= 0 && d.ments[p].ent == d.ments[next].ent {
				break
			}
			all = append(all, next)
			last = next
		}
	}
	return all
}

// nextPerson is the person mention next to m in direction dir, or -1.
func (d *doc) nextPerson(m, dir int) int {
	n := m + dir
	for n >= 0 && n < len(d.ments) && d.ments[n].kind != personMention {
		n += dir
	}
	if n < 0 || n >= len(d.ments) {
		return -1
	}
	return n
}

// joinedAfterClause is n when no relative clause stands behind m, else -1.
func (d *doc) joinedAfterClause(m, n int) int {
	to := d.ments[m].to
	if d.norm(to) == "," && d.is(to+1, classRelative) && d.ments[n].from > to+1 {
		return -1
	}
	return n
}

// farJoined is the person joined to m behind a relative clause: "X, der ...,
// und Y", or -1.
func (d *doc) farJoined(m int) int {
	for n, tries := d.nextPerson(m, 1), 0; n >= 0 && tries < 4; n, tries = d.nextPerson(n, 1), tries+1 {
		x := &d.ments[n]
		if !d.sameSentence(x.from, d.ments[m].from) || x.from-d.ments[m].to > 30 {
			return -1
		}
		add := d.is(x.from-1, classJoin) || d.norm(x.from-1) == "dazu" || d.norm(x.from-1) == "ebenso" || d.norm(x.from-1) == "auch"
		if x.form <= surname && x.ent >= 0 && add && d.norm(x.from-2) == "," && d.persons[x.ent].grade() >= 0 {
			return n
		}
	}
	return -1
}

// farJoinedLeft is the person to whom an "and" behind an apposition joins m:
// "X, out of work since A let him go, and the Portuguese Y", or -1.
func (d *doc) farJoinedLeft(m int) int {
	x := &d.ments[m]
	i := x.from - 1
	for i > 0 && i >= x.from-5 && (d.is(i, classDef|classDemonym|classAnyRole|classFormer) || d.clubAt(i) >= 0) {
		i--
	}
	if x.form > surname || !d.is(i, classJoin) || d.norm(i-1) != "," || !d.sameSentence(i, x.from) {
		return -1
	}
	for n, tries := d.nextPerson(m, -1), 0; n >= 0 && tries < 4; n, tries = d.nextPerson(n, -1), tries+1 {
		y := &d.ments[n]
		if !d.sameSentence(y.from, x.from) || x.from-y.to > 30 {
			return -1
		}
		if y.form <= surname && y.ent >= 0 && y.ent != x.ent && d.norm(y.to) == "," && d.subject(y.from) && d.persons[y.ent].grade() >= 0 {
			return n
		}
	}
	return -1
}

// maxJoin is how many tokens may stand between two joined names.
const maxJoin = 9

// joined is the person mention next to m in direction dir when only a comma or
// an "und", with offices, ages and clubs, stands between them; else -1.
func (d *doc) joined(m, dir int) int {
	n := d.nextPerson(m, dir)
	if n >= 0 && dir > 0 && d.joinedAfterClause(m, n) < 0 {
		if far := d.farJoined(m); far >= 0 {
			return far
		}
	}
	if dir < 0 {
		if far := d.farJoinedLeft(m); far >= 0 {
			return far
		}
	}
	if n < 0 || n >= len(d.ments) || d.ments[n].ent < 0 || d.ments[n].form > surname || d.ments[n].ent == d.ments[m].ent {
		return -1
	}
	left, right := &d.ments[min(m, n)], &d.ments[max(m, n)]
	if right.from-left.to > maxJoin || !d.sameSentence(left.from, right.from) {
		return -1
	}
	join := false
	depth := 0
	for i := left.to; i < right.from; i++ {
		tok := &d.toks[i]
		switch {
		case tok.norm == "(":
			depth++
		case tok.norm == ")":
			depth--
		case depth > 0:
		case tok.class.has(classJoin), tok.norm == ",", tok.norm == "&", tok.norm == "dazu", tok.norm == "samt", tok.norm == "ebenso", tok.norm == "mitsamt", tok.norm == "nebst", tok.norm == "together", tok.norm == "alongside":
			join = true
		case tok.norm == "." || tok.norm == `"`:
		case tok.kind == punctToken:
			return -1
		case tok.ment >= 0 || tok.class.has(classAnyRole|classFormer|classPresent|classPossess|classDef|classYouth|classSecond) || tok.glued || tok.kind == numberToken:
		case tok.norm == "ebenfalls" || tok.norm == "auch" || tok.norm == "mit" || tok.norm == "with" || tok.norm == "ausserdem" || tok.norm == "zuletzt" || tok.norm == "namens" || tok.norm == "von" || tok.norm == "vom" || tok.norm == "also" || tok.norm == "ihm" || tok.norm == "first" || tok.norm == "team":
		default:
			return -1
		}
	}
	if !join || d.persons[d.ments[n].ent].grade() < 0 && d.persons[d.ments[n].ent].staff == 0 {
		return -1
	}
	return n
}
