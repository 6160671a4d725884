package extract

import (
	"strings"

	"karussell/bot"
)

// careers adds the posts that the facts and the station idioms imply.
func (d *doc) careers() {
	if d.topic.other {
		return
	}
	for i := range d.facts {
		f := &d.facts[i]
		if f.why == "he was appointed" || f.typ == bot.Link || f.typ == bot.Rejection || f.dead && f.why != "said before" {
			continue
		}
		p := post{person: f.person, club: f.club, role: f.role, team: f.team, sent: f.sent, rule: f.rule}
		if f.typ == bot.Appointment && !f.fresh && d.playersMove(f) {
			p.role = bot.Player
		}
		switch f.typ {
		case bot.Appointment:
			p.from = d.stationDate(f)
		case bot.Departure:
			p.to, p.former = d.stationDate(f), true
		case bot.Extension, bot.Pressure, bot.Link, bot.Rejection:
		}
		d.posts = append(d.posts, p)
	}
	for i := range d.trigs {
		t := &d.trigs[i]
		if t.idiom.kind == kindStation && !t.off {
			d.station(t)
		}
	}
	d.wanderings()
	d.ties()
	d.standing()
	d.lower()
	d.sharpen()
	d.homes()
}

// stationDate is the date of a fact; news without a date takes the date of
// publication, and so does a departure that nothing puts further back.
func (d *doc) stationDate(f *fact) bot.Date {
	if f.date != "" || f.stale || !f.fresh && f.typ != bot.Departure {
		return f.date
	}
	return d.published
}

// station reads "spielte für Y", "coachte Y von 2011 bis 2013".
func (d *doc) station(t *trigger) {
	if len(d.posts) >= 2*maxPosts || d.negated(t) {
		return
	}
	m := d.coachSlot(t)
	if m < 0 {
		return
	}
	p := d.ments[m].ent
	if g := d.persons[p].grade(); g < 0 || g == 0 && t.idiom.role == bot.Player {
		return
	}
	for _, c := range d.clubList(t, m) {
		role := t.idiom.role
		if role == "" {
			role = bot.Head
		}
		x := &d.ments[c]
		if x.owner >= 0 && x.owner != p || role == bot.Player && x.noun || d.onlyPlace(x) {
			continue
		}
		team := x.team
		if near, sure := d.teamNear(d.clauseOf(x.from)); team == "" && sure {
			team = near
		}
		if (team == bot.SecondTeam || team == bot.YouthTeam) && role == bot.Head {
			role = bot.Youth
		}
		po := post{person: p, club: x.ent, role: role, team: team, former: true, sent: t.sent, at: x.from, rule: t.idiom.id}
		if w, ok := d.dateNear(t, false); ok && !w.recent && !w.future {
			po.from = w.date
		}
		if from, to := d.spell(x.to); from != "" || to != "" {
			po.from, po.to = from, to
		} else if to := d.spellEnd(t.head); to != "" {
			po.to = to
		}
		d.posts = append(d.posts, po)
	}
}

// spellEnd is the year after "bis" or "until" in the clause of token i, where
// it lies in the past: "von 2011 bis 2013 trainierte er".
func (d *doc) spellEnd(i int) bot.Date {
	from, to := d.clauseOf(i)
	for k := from; k < to; k++ {
		m := d.toks[k].ment
		if m < 0 || d.ments[m].kind != dateMention || d.ments[m].from != k {
			continue
		}
		if w := &d.ments[m].when; w.until && w.date != "" && !d.isFuture(w.date) {
			return w.date
		}
	}
	return ""
}

// clubList is the clubs of a station idiom: the best one and those joined to
// it by commas and "und".
func (d *doc) clubList(t *trigger, m int) []int {
	if c := t.captured('K'); c >= 0 {
		if d.ments[c].ent < 0 {
			return nil
		}
		return d.moreClubs(c)
	}
	s := &d.sents[t.sent]
	best, bestScore := -1, 3.0
	for i := s.from; i < s.to; i++ {
		k := d.clubAt(i)
		if k < 0 || d.ments[k].from != i || d.ments[k].versus {
			continue
		}
		clauses, tokens := d.farness(t, &d.ments[k])
		score := 10 - 2.5*float64(min(clauses, 4)) - 0.15*float64(tokens)
		if d.ments[k].owner >= 0 && d.ments[k].owner != d.ments[m].ent {
			score -= 4
		}
		if score > bestScore {
			best, bestScore = k, score
		}
	}
	if best < 0 {
		return nil
	}
	return d.moreClubs(best)
}

func (d *doc) moreClubs(c int) []int {
	all := []int{c}
	for dir := -1; dir <= 1; dir += 2 {
		last := c
		for {
			n := last + dir
			for n >= 0 && n < len(d.ments) && d.ments[n].kind == dateMention {
				n += dir
			}
			if n < 0 || n >= len(d.ments) || d.ments[n].kind != clubMention || d.ments[n].ent < 0 {
				break
			}
			if !d.listed(min(last, n), max(last, n)) {
				break
			}
			all = append(all, n)
			last = n
		}
	}
	return all
}

// listed reports whether only list words stand between two club mentions.
func (d *doc) listed(a, b int) bool {
	left, right := &d.ments[a], &d.ments[b]
	if right.from-left.to > 8 || !d.sameSentence(left.from, right.from) {
		return false
	}
	join := false
	for i := left.to; i < right.from; i++ {
		t := &d.toks[i]
		switch {
		case t.class.has(classJoin) || t.norm == ",":
			join = true
		case t.class.has(classDef|classPlace|classPast) || t.kind == numberToken || t.ment >= 0 && d.ments[t.ment].kind == dateMention:
		case t.norm == "fuer" || t.norm == "beim" || t.norm == "(" || t.norm == ")" || t.norm == "." || t.norm == "dann" || t.norm == "von" || t.norm == "bis":
		default:
			return false
		}
	}
	return join
}

// coachFacts gathers what the article tells about every coach.
func (d *doc) coachFacts() []bot.CoachFacts {
	var out []bot.CoachFacts
	for p := range d.persons {
		k := &d.persons[p]
		if k.grade() < 0 && !d.hasFact(p) {
			continue
		}
		c := bot.CoachFacts{Name: k.name, Age: k.age}
		d.fillStations(p, &c)
		if len(c.Stations) == 0 {
			continue
		}
		d.fillContract(p, &c)
		out = append(out, c)
	}
	return out
}

// hasFact reports whether the person is in an event other than a rumour.
func (d *doc) hasFact(p int) bool {
	for i := range d.facts {
		if f := &d.facts[i]; f.person == p && !f.dead && f.typ != bot.Link && f.typ != bot.Rejection {
			return true
		}
	}
	return false
}

// fillStations merges the posts of a person into stations, one per club and
// role.
func (d *doc) fillStations(p int, c *bot.CoachFacts) {
	current := -1
	for i := range d.posts {
		o := &d.posts[i]
		if o.person != p || o.club < 0 {
			continue
		}
		k := &d.clubs[o.club]
		if o.role != bot.Player && (strings.HasPrefix(o.rule, "sta.") || o.rule == "post.described") && d.onlyLinked(p, o.club) {
			continue
		}
		merged := false
		for s := range c.Stations {
			st := &c.Stations[s]
			if st.ClubID == k.id && st.Role == o.role {
				st.From, st.To = firstDate(st.From, o.from), firstDate(st.To, o.to)
				merged = true
			}
		}
		if !merged {
			c.Stations = append(c.Stations, bot.StationFacts{Club: k.name, ClubID: k.id, Team: o.team, Role: o.role, From: o.from, To: o.to})
		}
		if !o.former && o.role != bot.Player && current < 0 {
			current = o.club
		}
	}
	if f := d.find(bot.Appointment, p, -1); f != nil && f.fresh {
		current = f.club
	}
	if current >= 0 {
		if f := d.find(bot.Departure, p, current); f == nil || d.find(bot.Appointment, p, current) != nil && f.stale {
			c.Club, c.ClubID = d.clubs[current].name, d.clubs[current].id
		}
	}
}

// onlyLinked reports whether the person is a candidate at the club and nothing
// else.
func (d *doc) onlyLinked(p, c int) bool {
	if d.find(bot.Departure, p, c) != nil || d.find(bot.Appointment, p, c) != nil {
		return false
	}
	return d.find(bot.Link, p, c) != nil || d.find(bot.Rejection, p, c) != nil
}

func firstDate(a, b bot.Date) bot.Date {
	if a == "" || len(b) > len(a) && a.Compare(b) == 0 {
		return b
	}
	return a
}

// fillContract takes the end of the contract from extensions, appointments and
// contract idioms.
func (d *doc) fillContract(p int, c *bot.CoachFacts) {
	for i := range d.facts {
		f := &d.facts[i]
		if f.person == p && f.until != "" && (f.typ == bot.Extension || f.typ == bot.Appointment) {
			c.ContractUntil = f.until
			return
		}
	}
	for i := range d.trigs {
		t := &d.trigs[i]
		if t.idiom.kind != kindContract {
			continue
		}
		if m := d.coachSlot(t); m < 0 || d.ments[m].ent != p {
			continue
		}
		s := &d.sents[t.sent]
		for k := s.from; k < s.to; k++ {
			m := d.toks[k].ment
			if m >= 0 && d.ments[m].kind == dateMention && d.ments[m].when.until && d.ments[m].when.date != "" {
				c.ContractUntil = d.ments[m].when.date
				return
			}
		}
	}
}
