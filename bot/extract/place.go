package extract

import (
	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// topics is what the article as a whole is about.
type topics struct {
	coachy bool  // about coaches: the headline or many words say so
	other  bool  // about another sport
	focus  []int // per sentence: the club under discussion, or -1
	main   int   // the club of the article, or -1
	vacant []int // clubs that seek a coach
}

// survey looks over the whole article before the triggers are judged.
func (d *doc) survey() {
	d.topic.focus = make([]int, len(d.sents))
	d.topic.main = d.mainClub()
	coachWords, otherGame, head := 0, 0, false
	for i := range d.toks {
		t := &d.toks[i]
		if t.class.has(classAnyCoach|classBody) || !d.german() && t.class.has(classManager) {
			coachWords++
			k := d.sents[t.sent].kind
			head = head || k == headlineBlock || k == teaserBlock
		}
		if t.class.has(classOtherGame) {
			otherGame++
		}
	}
	d.topic.coachy = head || coachWords >= 3
	d.topic.other = otherGame >= 2
	d.trackFocus()
	d.findPosts()
}

// mainClub is the club that the article names most; the headline counts more.
func (d *doc) mainClub() int {
	best, bestScore := -1, 0
	for i := range d.clubs {
		c := &d.clubs[i]
		score := 2 * c.count
		if c.headline {
			score += 5
		}
		if !c.anchored {
			score -= 2
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// trackFocus finds the club under discussion in every sentence: one that it
// names as its subject, else that of the sentence before; a heading that names
// a club opens its section.
func (d *doc) trackFocus() {
	focus, section, blk := d.topic.main, -1, -1
	for n := range d.sents {
		s := &d.sents[n]
		if s.block != blk {
			blk = s.block
			if section >= 0 {
				focus = section
			}
		}
		named := -1
		for i := s.from; i < s.to; i++ {
			m := d.toks[i].ment
			if m < 0 || d.ments[m].from != i || d.ments[m].kind != clubMention || d.ments[m].ent < 0 {
				continue
			}
			x := &d.ments[m]
			if x.versus || x.owner >= 0 || d.formerNear(x.from) {
				continue
			}
			if named < 0 || x.sense <= gazetteer.Nickname && d.ments[named].sense > gazetteer.Nickname {
				named = int(m)
			}
			if d.sectionMark(s, x) {
				section = x.ent
			}
		}
		if named >= 0 {
			focus = d.ments[named].ent
		}
		d.topic.focus[n] = focus
	}
}

// sectionMark reports whether a club opens a section: alone in a heading, or
// first in its line before a colon or a full stop.
func (d *doc) sectionMark(s *sentence, x *mention) bool {
	if x.from != s.from || x.noun {
		return false
	}
	if s.kind == headingBlock && s.to-x.to <= 1 {
		return true
	}
	n := d.norm(x.to)
	return n == ":" || n == "." && x.to == s.to-1
}

// post says that somebody works or worked for a club.
type post struct {
	person int
	club   int
	role   bot.Role
	team   bot.Team
	former bool
	from   bot.Date
	to     bot.Date
	sent   int
	rule   string
}

// findPosts reads the posts that the words around names state: "Trainer X von
// Y", "Y-Coach X", "Y's manager X", "X (Y)", "X, Trainer des Y".
func (d *doc) findPosts() {
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != personMention || x.ent < 0 {
			continue
		}
		if x.form <= surname {
			d.postBefore(m)
			d.postAfter(m)
		}
		if x.form == describedAs {
			d.postDescribed(m)
		}
	}
}

// postBefore reads "Y-Trainer X", "der Frankfurter Trainer X", "Liverpool
// manager X", "Trainer des Y, X".
func (d *doc) postBefore(m int) {
	x := &d.ments[m]
	o, ok := d.officeBefore(x.from)
	if !ok || !o.coach {
		return
	}
	for k := o.to - 1; k >= o.from-2 && k >= 0 && d.sameSentence(k, x.from); k-- {
		c := d.clubAt(k)
		if c < 0 {
			continue
		}
		if k < o.from && !d.ownsNext(c, o.from) {
			continue
		}
		d.addPost(x.ent, c, &o, "post.before", x.from)
		return
	}
}

// clubAt is the club mention at token k, or -1.
func (d *doc) clubAt(k int) int {
	if k < 0 || k >= len(d.toks) {
		return -1
	}
	m := int(d.toks[k].ment)
	if m < 0 || d.ments[m].kind != clubMention || d.ments[m].ent < 0 {
		return -1
	}
	return m
}

// ownsNext reports whether club mention c stands in the genitive or as an
// adjective directly before token at.
func (d *doc) ownsNext(c, at int) bool {
	x := &d.ments[c]
	if x.to == at {
		return true
	}
	return x.to == at-1 && d.norm(x.to) == "'s"
}

// postAfter reads "X von Y", "X (Y)", "X, Trainer des Y", "X vom Y".
func (d *doc) postAfter(m int) {
	x := &d.ments[m]
	i := x.to
	o, before := d.officeBefore(x.from)
	if d.norm(i) == "(" { // "X (Y)", "X (44, Y)"
		for k := i + 1; k < len(d.toks) && k < i+9 && d.norm(k) != ")"; k++ {
			if c := d.clubAt(k); c >= 0 {
				if d.norm(k-1) == "frueher" || d.norm(k-1) == "ex" || d.norm(k-1) == "zuletzt" || d.norm(k-1) == "formerly" || d.norm(k-1) == "ehemals" {
					o.former = true
				}
				if before && o.other {
					return
				}
				o.coach = true
				d.addPost(x.ent, c, &o, "post.brackets", x.from)
				return
			}
		}
		return
	}
	if after, ok := d.officeAfter(i); ok && after.coach {
		for k := after.from; k < len(d.toks) && k < after.to+6 && d.sameSentence(k, i); k++ {
			if c := d.clubAt(k); c >= 0 {
				d.addPost(x.ent, c, &after, "post.apposition", x.from)
				return
			}
			if k > after.to && (d.toks[k].kind == punctToken && d.norm(k) != ".") {
				break
			}
		}
		return
	}
	if d.norm(i) == "(" || i >= len(d.toks) || !d.sameSentence(i, x.from) {
		return
	}
	switch d.norm(i) {
	case "von", "vom", "of":
		for k := i + 1; k < len(d.toks) && k <= i+4 && d.sameSentence(k, i); k++ {
			if c := d.clubAt(k); c >= 0 {
				if before && o.other {
					return
				}
				o.coach = true
				d.addPost(x.ent, c, &o, "post.of", x.from)
				return
			}
			if d.toks[k].kind == punctToken && d.norm(k) != "." || d.toks[k].ment >= 0 {
				return
			}
		}
	}
}

// postDescribed reads "der Coach des Drittliga-Aufsteigers", "der S04-Trainer".
func (d *doc) postDescribed(m int) {
	x := &d.ments[m]
	if !d.is(x.to-1, classAnyRole) {
		return
	}
	o := d.officeAt(x.to - 1)
	if !o.coach {
		return
	}
	for k := o.from - 1; k < o.to+5 && k < len(d.toks); k++ {
		if k < 0 || !d.sameSentence(k, x.from) {
			continue
		}
		if k >= o.to && (d.toks[k].kind == punctToken && d.norm(k) != "." || d.toks[k].ment >= 0 && d.ments[d.toks[k].ment].kind == personMention) {
			return
		}
		if c := d.clubAt(k); c >= 0 {
			if k > o.to && !d.is(o.to, classDef|classPlace) && d.norm(o.to) != "von" && d.norm(o.to) != "vom" && d.norm(o.to) != "of" {
				return
			}
			d.addPost(x.ent, c, &o, "post.described", x.from)
			return
		}
	}
}

// addPost records a post and makes the club mention its holder's.
func (d *doc) addPost(p, c int, o *office, rule string, at int) {
	x := &d.ments[c]
	if x.versus && rule != "post.brackets" {
		x.versus = false
	}
	x.owner = p
	x.former = o.former
	role := o.role
	if role == "" {
		role = bot.Head
	}
	team := o.team
	if x.team != "" {
		team = x.team
	}
	if (team == bot.YouthTeam || team == bot.SecondTeam) && role == bot.Head {
		role = bot.Youth
	}
	d.posts = append(d.posts, post{
		person: p, club: x.ent, role: role, team: team, former: o.former || d.is(o.from, classFormer),
		sent: int(d.toks[at].sent), rule: rule,
	})
}

// present is the club that somebody works for by a stated post, or -1.
func (d *doc) present(p int) int {
	for i := range d.posts {
		if d.posts[i].person == p && !d.posts[i].former {
			return d.posts[i].club
		}
	}
	return -1
}

// clubSlot is the club that a trigger is about, with the team, or -1.
func (d *doc) clubSlot(t *trigger, m int, typ bot.EventType, pred bool) (int, bot.Team) {
	if c := t.captured('K'); c >= 0 && d.ments[c].ent >= 0 {
		return d.ments[c].ent, d.ments[c].team
	}
	p := d.ments[m].ent
	arrival := typ == bot.Appointment || typ == bot.Link || typ == bot.Rejection
	if pred {
		arrival = false
	}
	best, bestScore := -1, 3.0
	s := &d.sents[t.sent]
	for i := s.from; i < s.to; i++ {
		k := d.clubAt(i)
		if k < 0 || d.ments[k].from != i {
			continue
		}
		if score := d.clubScore(t, k, p, arrival); score > bestScore {
			best, bestScore = k, score
		}
	}
	if best >= 0 {
		return d.ments[best].ent, d.ments[best].team
	}
	if !arrival {
		if c := d.present(p); c >= 0 {
			return c, ""
		}
	}
	c := d.topic.focus[t.sent]
	if arrival && c >= 0 && c == d.present(p) && c != d.topic.main {
		c = d.topic.main
	}
	return c, ""
}

// clubScore grades how well club mention k fills the club of t.
func (d *doc) clubScore(t *trigger, k, p int, arrival bool) float64 {
	x := &d.ments[k]
	clauses, tokens := d.farness(t, x)
	score := 10 - 1.6*float64(min(clauses, 4)) - 0.1*float64(tokens)
	if x.versus {
		score -= 9
	}
	if x.sense == gazetteer.Town || x.sense == gazetteer.Ground {
		score--
		if !d.clubs[x.ent].anchored && !d.is(x.from-1, classPlace) && x.ent != d.topic.focus[t.sent] {
			score -= 3
		}
	}
	if x.ent == d.topic.focus[t.sent] || x.ent == d.topic.main {
		score += 1.5
	}
	if x.former || d.formerNear(x.from) {
		score -= 5
	}
	switch {
	case x.owner >= 0 && x.owner != p:
		score -= 4
	case x.owner == p && arrival:
		score -= 6
	case x.owner == p:
		score += 2
	}
	if arrival && d.origin(x.from) {
		score -= 4
	}
	if arrival && d.present(p) == x.ent {
		score -= 4
	}
	return score
}

// origin reports whether a club is where somebody comes from: "von", "aus",
// "vom".
func (d *doc) origin(i int) bool {
	for k := i - 1; k >= 0 && k >= i-2 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "von", "vom", "aus", "from":
			return true
		}
		if !d.is(k, classDef) {
			return false
		}
	}
	return false
}
