package extract

import (
	"slices"
	"sort"

	"karussell/bot"
)

// settle makes one fact of all that say the same and lets facts overrule each
// other by the conventions of the guidelines.
func (d *doc) settle() {
	d.renewals()
	sort.SliceStable(d.facts, func(i, j int) bool { return d.facts[i].order < d.facts[j].order })
	for i := range d.facts {
		d.mergeInto(i)
	}
	d.oneClub()
	d.moves()
	for i := range d.facts {
		if !d.facts[i].dead {
			d.overrule(&d.facts[i])
		}
	}
}

// moves adds that a coach leaves his present club when another one appoints
// him.
func (d *doc) moves() {
	for i := range d.facts {
		f := d.facts[i]
		if f.dead || !f.fresh || f.typ != bot.Appointment || f.role == bot.Assistant || d.isFuture(f.until) && f.until == "" {
			continue
		}
		for j := range d.posts {
			o := &d.posts[j]
			if o.person != f.person || o.former || o.club == f.club || o.rule == "post.brackets" || d.find(bot.Departure, f.person, o.club) != nil {
				continue
			}
			d.facts = append(d.facts, fact{
				typ: bot.Departure, person: f.person, club: o.club, role: o.role, team: o.team, manner: bot.Move, status: f.status,
				fresh: true, sent: f.sent, from: f.from, order: f.order, rule: "move." + f.rule, sure: f.sure,
			})
			break
		}
	}
}

// renewals makes a signature an extension where the coach works already.
func (d *doc) renewals() {
	for i := range d.facts {
		f := &d.facts[i]
		if f.dead || !f.sign || f.typ != bot.Appointment || !f.fresh {
			continue
		}
		for j := range d.facts {
			g := &d.facts[j]
			if !g.dead && g.person == f.person && (g.club == f.club && g.typ == bot.Appointment && g.stale || g.sent == f.sent && g.typ == bot.Extension) {
				f.typ = bot.Extension
			}
		}
	}
}

// oneClub keeps, of news about one coach at several clubs, the one whose club
// fits best: nobody is dismissed twice in a week. Candidates may have several
// admirers, as long as each is named.
func (d *doc) oneClub() {
	for i := range d.facts {
		f := &d.facts[i]
		for j := range d.facts {
			g := &d.facts[j]
			if i == j || f.dead || g.dead || f.person != g.person || !f.fresh || !g.fresh || f.read && !g.read {
				continue
			}
			if f.club == g.club && f.typ == bot.Appointment && g.typ == bot.Extension {
				g.dead, g.why = true, "part of the appointment"
				if f.until == "" {
					f.until = g.until
				}
				continue
			}
			rival := f.typ == g.typ && f.club != g.club && (f.typ != bot.Link && f.typ != bot.Rejection || g.sure < sureClub && !d.topic.sections)
			both := f.club == g.club && f.typ == bot.Appointment && g.typ == bot.Departure
			if (rival || both) && (!f.read && g.read || f.sure > g.sure || f.sure == g.sure && f.order <= g.order) {
				g.dead, g.why = true, "better at "+d.clubs[f.club].name
				d.followClub(g, f.club)
			}
		}
	}
}

// followClub moves the predecessor of a succession to the club that fits its
// successor better.
func (d *doc) followClub(came *fact, club int) {
	if came.typ != bot.Appointment || !d.german() {
		return
	}
	for i := range d.facts {
		if g := &d.facts[i]; g.pred && !g.dead && g.club == came.club && g.rule == came.rule && g.from == came.from {
			g.club = club
		}
	}
}

// sureClub is the club score of a mention in the trigger's own clause.
const sureClub = 7

// mergeInto joins fact i to an earlier one about the same matter. News and
// history of the same matter (a second spell) stay apart until the end.
func (d *doc) mergeInto(i int) {
	f := &d.facts[i]
	if f.dead {
		return
	}
	for j := range d.facts[:i] {
		g := &d.facts[j]
		if g.dead || g.typ != f.typ || g.person != f.person || g.club != f.club {
			continue
		}
		f.dead, f.why = true, "said before"
		switch {
		case g.proof || f.proof:
			g.fresh, g.proof = true, true
		case f.typ == bot.Link && (g.fresh || f.fresh): // an old flame, and wanted again
			g.fresh = true
		case g.stale || f.stale: // what one sentence dates is old everywhere
			g.fresh = false
		default:
			g.fresh = g.fresh || f.fresh
		}
		g.stale = (g.stale || f.stale) && !g.fresh
		g.sure = max(g.sure, f.sure)
		if f.status == bot.Confirmed {
			g.status = bot.Confirmed
		}
		g.merge(f)
		g.alsoIn(f.sent)
		return
	}
}

// alsoIn remembers a further sentence that says the same.
func (g *fact) alsoIn(sent int) {
	for i, n := range g.more {
		if sent == g.sent || n == sent+1 {
			return
		}
		if n == 0 {
			g.more[i] = sent + 1
			return
		}
	}
}

// merge fills what g lacks from f.
func (g *fact) merge(f *fact) {
	if g.manner == "" || g.manner == bot.UnknownManner {
		g.manner = f.manner
	}
	if stageRank(f.stage) > stageRank(g.stage) {
		g.stage = f.stage
	}
	if g.role == bot.Head && f.role != bot.Head && f.role != "" && g.typ != bot.Departure {
		g.role, g.team = f.role, f.team
	}
	if g.until == "" {
		g.until = f.until
	}
	if g.date == "" || f.fresh && len(f.date) > len(g.date) {
		g.date = f.date
	}
}

func stageRank(s bot.Stage) int {
	switch s {
	case bot.Candidate:
		return 1
	case bot.Interest:
		return 2
	case bot.Talks:
		return 3
	case bot.Agreed:
		return 4
	}
	return 0
}

// find is the living fact of that type about a person and a club, or nil; a
// club of -1 means any.
func (d *doc) find(typ bot.EventType, p, c int) *fact {
	for i := range d.facts {
		f := &d.facts[i]
		if !f.dead && f.typ == typ && f.person == p && (c < 0 || f.club == c) {
			return f
		}
	}
	return nil
}

// overrule applies what one fact says about another.
func (d *doc) overrule(f *fact) {
	switch f.typ {
	case bot.Rejection:
		if l := d.find(bot.Link, f.person, f.club); l != nil && f.fresh {
			l.fresh = false
		}
	case bot.Appointment:
		if !f.fresh {
			return
		}
		if l := d.find(bot.Link, f.person, f.club); l != nil {
			l.dead, l.why = true, "he was appointed"
		}
		for i := range d.facts {
			g := &d.facts[i]
			if !g.dead && g.typ == bot.Departure && g.person == f.person && g.club != f.club && g.fresh && (!g.pred || f.sent == g.sent) &&
				(g.manner == "" || g.manner == bot.UnknownManner || g.manner == bot.Mutual) {
				g.manner = bot.Move
			}
		}
	case bot.Departure:
		if p := d.find(bot.Pressure, f.person, f.club); p != nil && f.fresh {
			p.dead, p.why = true, "he has left"
		}
		if l := d.find(bot.Link, f.person, f.club); l != nil && f.fresh && f.sent == l.sent {
			l.dead, l.why = true, "he has left"
		}
	case bot.Extension, bot.Pressure:
	case bot.Link:
		if g := d.find(bot.Departure, f.person, f.club); g != nil && (g.fresh || g.sent == f.sent) {
			f.dead, f.why = true, "he has left there"
			return
		}
		if d.find(bot.Extension, f.person, f.club) != nil || d.holds(f) {
			f.dead, f.why = true, "he works there already"
			return
		}
		// A candidate's own earlier departure is background.
		for i := range d.facts {
			g := &d.facts[i]
			if f.fresh && !g.dead && g.typ == bot.Departure && g.person == f.person && g.club != f.club && g.fresh && g.date == "" {
				g.fresh = false
			}
		}
	}
}

// holds reports whether the coach of a link came to the club earlier and, as far
// as the article tells, is still there.
func (d *doc) holds(f *fact) bool {
	came := d.find(bot.Appointment, f.person, f.club)
	return came != nil && came.stale && d.find(bot.Departure, f.person, f.club) == nil
}

// extraction is what the article says.
func (d *doc) extraction() bot.Extraction {
	x := bot.Extraction{Language: d.language, Published: d.published, Events: []bot.Event{}, Coaches: []bot.CoachFacts{}}
	for i := range d.facts {
		if f := &d.facts[i]; !f.dead {
			x.Events = append(x.Events, d.event(f))
		}
	}
	x.Coaches = append(x.Coaches, d.coachFacts()...)
	for _, b := range d.blocks {
		switch {
		case b.kind == headlineBlock && x.Headline == "" && b.from >= d.bodyAt:
			x.Headline = d.src[b.from:b.to]
		case b.kind == teaserBlock && x.Teaser == "":
			x.Teaser = d.src[b.from:b.to]
		}
	}
	return x
}

// event writes a fact as the contract wants it.
func (d *doc) event(f *fact) bot.Event {
	c := &d.clubs[f.club]
	e := bot.Event{
		Type: f.typ, Coach: d.persons[f.person].name, Club: c.name, ClubID: c.id, Team: f.team, Role: f.role,
		Status: f.status, Date: f.date, Fresh: f.fresh, Rule: f.rule,
	}
	switch f.typ {
	case bot.Departure:
		e.Manner = f.manner
		if e.Manner == "" {
			e.Manner = bot.UnknownManner
		}
	case bot.Link:
		e.Stage = f.stage
		if e.Stage == "" {
			e.Stage = bot.Candidate
		}
	case bot.Pressure:
		e.Stance = f.stance
		if e.Stance == "" {
			e.Stance = bot.AtRisk
		}
	case bot.Appointment, bot.Extension:
		e.Until = f.until
	case bot.Rejection:
	}
	e.Sources = d.sourcesOf(f)
	e.Quote, e.Evidence = d.evidence(f)
	return e
}

// maxQuote is the longest sentence shown to users, in bytes.
const maxQuote = 300

// evidence is the sentence of a fact and its place in Article.Text.
func (d *doc) evidence(f *fact) (string, []bot.Span) {
	shown := d.shown(f)
	s := &d.sents[shown]
	quote := d.text(s.from, s.to)
	if len(quote) > maxQuote {
		cut := maxQuote - len("…")
		for cut > 0 && (quote[cut]&0xC0 == 0x80) {
			cut--
		}
		quote = quote[:cut] + "…"
	}
	spans := d.spanOf(nil, f.sent)
	if shown != f.sent {
		spans = d.spanOf(spans, shown)
	}
	return quote, spans
}

// shown is the sentence that users see: not the headline, which stands above
// it, where another sentence says the same.
func (d *doc) shown(f *fact) int {
	for _, n := range f.more {
		if d.sents[f.sent].kind != headlineBlock {
			break
		}
		if n > 0 && d.sents[n-1].kind != headlineBlock {
			return n - 1
		}
	}
	return f.sent
}

// spanOf adds a sentence's place in Article.Text, if it stands there.
func (d *doc) spanOf(spans []bot.Span, sent int) []bot.Span {
	s := &d.sents[sent]
	from, to := int(d.toks[s.from].start), int(d.toks[s.to-1].end)
	if from < d.bodyAt {
		return spans
	}
	return append(spans, bot.Span{Start: from - d.bodyAt, End: to - d.bodyAt})
}

// sourcesOf lists the media that the sentences of a fact credit.
func (d *doc) sourcesOf(f *fact) []string {
	out := d.outletsIn(nil, f.sent)
	for _, n := range f.more {
		if n > 0 {
			out = d.outletsIn(out, n-1)
		}
	}
	return out
}

func (d *doc) outletsIn(out []string, sent int) []string {
	s := &d.sents[sent]
	for i := s.from; i < s.to; i++ {
		m := d.toks[i].ment
		if m < 0 || d.ments[m].from != i || d.ments[m].kind != outletMention {
			continue
		}
		if name := d.ments[m].outlet; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
