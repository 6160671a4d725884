package extract

import (
	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// wanderings reads sentences that tell of a coach's past without an idiom:
// "Zwei Jahre in Uerdingen folgten, dann der 1. FC Köln (1998 bis 2001)".
func (d *doc) wanderings() {
	for n := range d.sents {
		s := &d.sents[n]
		if len(d.posts) >= 3*maxPosts {
			return
		}
		if s.kind == headlineBlock || s.kind == teaserBlock || d.newsIn(n) {
			continue
		}
		p := d.hero(n)
		if p < 0 {
			continue
		}
		role, past := d.pastRole(s)
		if !past {
			continue
		}
		several := d.clubsIn(s) > 1
		for i := s.from; i < s.to; i++ {
			c := d.clubAt(i)
			if c < 0 || d.ments[c].from != i {
				continue
			}
			x := &d.ments[c]
			if x.noun || x.versus || x.owner >= 0 && x.owner != p || d.hasPostAt(p, x.ent) || d.onlyLinked(p, x.ent) {
				continue
			}
			if x.sense >= gazetteer.Town && !d.is(x.from-1, classPlace) && !several {
				continue
			}
			r := role
			if (x.team == bot.SecondTeam || x.team == bot.YouthTeam) && r == bot.Head {
				r = bot.Youth
			}
			po := post{person: p, club: x.ent, role: r, team: x.team, former: true, sent: n, at: x.from, rule: "sta.past"}
			po.from, po.to = d.spell(x.to)
			d.posts = append(d.posts, po)
		}
	}
}

// clubsIn counts the clubs that a sentence names as such and not as opponents.
func (d *doc) clubsIn(s *sentence) int {
	n := 0
	for i := s.from; i < s.to; i++ {
		if c := d.clubAt(i); c >= 0 && d.ments[c].from == i && !d.ments[c].versus && !d.ments[c].noun {
			n++
		}
	}
	return n
}

// newsIn reports whether an event rests on sentence n.
func (d *doc) newsIn(n int) bool {
	for i := range d.facts {
		if f := &d.facts[i]; f.sent == n && f.fresh && !f.dead {
			return true
		}
	}
	return false
}

// hero is the only coach that a sentence speaks of: named in it, or the
// subject of the sentence before; else -1.
func (d *doc) hero(n int) int {
	p := -1
	for back := 0; back < 3 && n-back >= 0; back++ {
		s := &d.sents[n-back]
		for i := s.from; i < s.to; i++ {
			m := int(d.toks[i].ment)
			if m < 0 || d.ments[m].from != i || d.ments[m].kind != personMention || d.ments[m].ent < 0 || d.ments[m].compound {
				continue
			}
			switch k := d.ments[m].ent; {
			case p >= 0 && p != k:
				return -1
			case d.persons[k].grade() <= 0:
				return -1
			default:
				p = k
			}
		}
		if p >= 0 {
			return p
		}
	}
	return -1
}

// pastRole is the role in which a sentence looks back, and whether it does.
func (d *doc) pastRole(s *sentence) (bot.Role, bool) {
	role, past := bot.Head, d.backwards(s)
	for i := s.from; i < s.to; i++ {
		c := d.toks[i].class
		switch {
		case c.has(classPlayer):
			role, past = bot.Player, true
		case c.has(classAssistant):
			role = bot.Assistant
		case c.has(classYouthCoach):
			role = bot.Youth
		}
		switch d.norm(i) {
		case "spielte", "kickte", "aktiver", "aktive", "stuermte", "jugend", "played", "playing", "laufbahn":
			role, past = bot.Player, true
		case "station", "stationen", "zuvor", "danach", "anschliessend", "spaeter", "spell", "spells", "stints", "previously", "vita", "cv", "stints,", "engagements":
			past = true
		}
		if m := d.toks[i].ment; m >= 0 && d.ments[m].kind == dateMention && d.isOld(&d.ments[m].when) && !d.ments[m].when.until {
			past = true
		}
	}
	return role, past
}

// spell reads "(1998 bis 2001)" or "von 1989 bis 1993" behind a club.
func (d *doc) spell(i int) (from, to bot.Date) {
	for k := i; k < len(d.toks) && k < i+6 && d.sameSentence(i, k); k++ {
		m := d.toks[k].ment
		if m >= 0 && d.ments[m].kind == clubMention {
			return from, to
		}
		if m < 0 || d.ments[m].kind != dateMention || d.ments[m].from != k {
			continue
		}
		if w := &d.ments[m].when; w.until {
			to = w.date
		} else if from == "" {
			from = w.date
		}
	}
	return from, to
}

func (d *doc) hasPostAt(p, c int) bool {
	for i := range d.posts {
		if d.posts[i].person == p && d.posts[i].club == c {
			return true
		}
	}
	return false
}

// homes gives every coach whom the article names without a club the club under
// discussion: "Trainer Urs Fischer zeigte sich angetan".
func (d *doc) homes() {
	for p := range d.persons {
		k := &d.persons[p]
		if k.grade() <= 0 || k.count == 1 && d.toks[k.first].quoted || d.hasPostOf(p) || d.find(bot.Link, p, -1) != nil || d.find(bot.Rejection, p, -1) != nil {
			continue
		}
		c := d.home(p)
		if c < 0 {
			continue
		}
		role := k.role
		if role == "" {
			role = bot.Head
		}
		d.posts = append(d.posts, post{person: p, club: c, role: role, sent: int(d.toks[k.first].sent), rule: "sta.home"})
	}
}

// home is the club that the article most likely means as somebody's own: by the
// fixture that heads the paragraph, the clubs named beside him, or the one under
// discussion; -1 where nothing tells.
func (d *doc) home(p int) int {
	first := d.persons[p].first
	if c := d.fixtureSide(p, first); c >= 0 {
		return c
	}
	if c := d.whereClause(first); c >= 0 {
		return c
	}
	if c := d.teamUnder(first); c >= 0 {
		return c
	}
	if c := d.companion(p); c >= 0 {
		return c
	}
	if d.persons[p].coach < 2 { // known as a coach, but named without any office: of anywhere
		return -1
	}
	return d.topic.focus[d.toks[first].sent]
}

// fixtureSide reads "A – B: X sah ..., Y haderte": under a fixture the first
// coach belongs to the first club and the second one to the second.
func (d *doc) fixtureSide(p, first int) int {
	blk := d.sents[d.toks[first].sent].block
	from := d.toks[first].sent
	for from > 0 && d.sents[from-1].block == blk {
		from--
	}
	at := d.sents[from].from
	a := d.clubAt(at)
	if a < 0 || d.ments[a].from != at || d.norm(d.ments[a].to) != "-" {
		return -1
	}
	b := d.clubAt(d.ments[a].to + 1)
	if b < 0 || d.ments[b].ent == d.ments[a].ent {
		return -1
	}
	order := 0
	for q := range d.persons {
		o := &d.persons[q]
		if q == p || o.first >= first || d.sents[d.toks[o.first].sent].block != blk || o.grade() <= 0 {
			continue
		}
		order++
	}
	switch order {
	case 0:
		return d.ments[a].ent
	case 1:
		return d.ments[b].ent
	}
	return -1
}

// whereClause reads "in Leipzig, wo Marco Rose ...", "at West Ham, where David
// Moyes ...".
func (d *doc) whereClause(i int) int {
	k := i - 1
	for k > 0 && k > i-4 && d.norm(k) != "wo" && d.norm(k) != "where" {
		k--
	}
	if n := d.norm(k); n != "wo" && n != "where" {
		return -1
	}
	for k--; k >= 0 && d.sameSentence(k, i); k-- {
		if c := d.clubAt(k); c >= 0 {
			return d.ments[c].ent
		}
	}
	return -1
}

// teamUnder reads "die Eintracht mit Coach X", "the side coached by X", "Ajax
// under X": the club before the preposition.
func (d *doc) teamUnder(i int) int {
	under := false
	for k := i - 1; k >= 0 && k >= i-9 && d.sameSentence(k, i); k-- {
		if c := d.clubAt(k); c >= 0 {
			if !under {
				return -1
			}
			return d.ments[c].ent
		}
		if d.toks[k].kind == punctToken {
			return -1
		}
		switch d.norm(k) {
		case "mit", "um", "unter", "with", "under", "by":
			under = true
		}
	}
	return -1
}

func (d *doc) hasPostOf(p int) bool {
	for i := range d.posts {
		if d.posts[i].person == p {
			return true
		}
	}
	return false
}
