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
		for i := s.from; i < s.to; i++ {
			c := d.clubAt(i)
			if c < 0 || d.ments[c].from != i {
				continue
			}
			x := &d.ments[c]
			if x.noun || x.versus || x.owner >= 0 && x.owner != p || d.hasPostAt(p, x.ent) || d.onlyLinked(p, x.ent) {
				continue
			}
			if x.sense >= gazetteer.Town && !d.is(x.from-1, classPlace) {
				continue
			}
			r := role
			if (x.team == bot.SecondTeam || x.team == bot.YouthTeam) && r == bot.Head {
				r = bot.Youth
			}
			po := post{person: p, club: x.ent, role: r, team: x.team, former: true, sent: n, rule: "sta.past"}
			po.from, po.to = d.spell(x.to)
			d.posts = append(d.posts, po)
		}
	}
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
		if k.grade() <= 0 || d.hasPostOf(p) || d.find(bot.Link, p, -1) != nil || d.find(bot.Rejection, p, -1) != nil {
			continue
		}
		c := d.companion(p)
		if c < 0 {
			c = d.topic.focus[d.toks[k.first].sent]
		}
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

func (d *doc) hasPostOf(p int) bool {
	for i := range d.posts {
		if d.posts[i].person == p {
			return true
		}
	}
	return false
}
