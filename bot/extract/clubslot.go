package extract

import (
	"slices"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// clubSlot is the club that a trigger is about, with the team, or -1. Clubs of
// the sentence compete with the club under discussion, the coach's own club
// and those that seek a coach.
func (d *doc) clubSlot(t *trigger, m int, typ bot.EventType, pred bool) (club int, team bot.Team, sure float64) {
	if c := t.captured('K'); c >= 0 && d.clear(c, d.ments[m].ent, t.idiom.strong || typ == bot.Departure && t.idiom.old) {
		return d.ments[c].ent, d.ments[c].team, 20
	}
	if d.severalClubs(t) {
		return -1, "", 0
	}
	p := d.ments[m].ent
	arrival := !pred && (typ == bot.Appointment || typ == bot.Link || typ == bot.Rejection)
	best, bestScore := -1, 1.0
	s := &d.sents[t.sent]
	for i := s.from; i < s.to; i++ {
		k := d.clubAt(i)
		if k < 0 || d.ments[k].from != i {
			continue
		}
		score := d.mentionScore(t, k, p, arrival) + d.topicScore(d.ments[k].ent, p, t.sent, arrival)
		if score > bestScore {
			best, bestScore, team = d.ments[k].ent, score, d.ments[k].team
		}
	}
	offer := func(c int, score float64) {
		if c < 0 {
			return
		}
		if score += d.topicScore(c, p, t.sent, arrival); score > bestScore {
			best, bestScore, team = c, score, ""
		}
	}
	offer(d.thereClub(t), 8)
	offer(d.topic.focus[t.sent], 3)
	if c := d.topic.main; !d.german() && arrival && c >= 0 && d.clubs[c].headline && !d.topic.sections {
		offer(c, 5)
	}
	offer(d.topic.main, 2)
	if !arrival {
		offer(d.present(p), 2)
		offer(d.companion(p), 4)
	}
	return best, team, bestScore
}

// clear reports whether a captured club can be taken as it is: named, no
// opponent, and not where the coach comes from.
func (d *doc) clear(c, p int, strong bool) bool {
	x := &d.ments[c]
	if strong {
		return x.ent >= 0 && !x.noun && !x.versus && !x.former
	}
	return x.ent >= 0 && !x.noun && !x.versus && !x.former && x.owner < 0 && !d.leftBehind(x.from) && d.present(p) != x.ent
}

// severalClubs reports whether the trigger's clause leaves open which clubs:
// "von mehreren Zweitligisten umworben".
func (d *doc) severalClubs(t *trigger) bool {
	from, to := d.clauseOf(t.head)
	for i := from; i+1 < to; i++ {
		switch d.norm(i) {
		case "mehrere", "mehreren", "einige", "einigen", "zahlreiche", "zahlreichen", "verschiedene", "verschiedenen", "several", "various", "other", "anderen", "andere":
			if d.is(i+1, classClubNoun) || d.norm(i+1) == "clubs" {
				return true
			}
		}
	}
	return false
}

// topicScore grades a club by what the article says about it elsewhere.
func (d *doc) topicScore(c, p, sent int, arrival bool) float64 {
	score := 0.0
	inFocus := c == d.topic.focus[sent]
	if inFocus {
		score += 2
	}
	if inFocus || !d.topic.sections {
		if c == d.topic.main {
			score++
		}
		if d.clubs[c].headline {
			score++
		}
	}
	own := d.present(p) == c
	switch {
	case own && arrival && d.newlyAt(p, c):
		score += 2
	case own && arrival:
		score -= 6
	case own:
		score += 4
	}
	if arrival && d.isVacant(c) {
		switch {
		case inFocus:
			score += 3
		case !d.topic.sections:
			score += 1.5
		}
	}
	return score
}

func (d *doc) isVacant(c int) bool {
	return slices.Contains(d.topic.vacant, c)
}

// mentionScore grades how well the place of club mention k fits trigger t.
func (d *doc) mentionScore(t *trigger, k, p int, arrival bool) float64 {
	x := &d.ments[k]
	clauses, tokens := d.farness(t, x)
	score := 10 - 2.2*float64(min(clauses, 4)) - 0.08*float64(tokens)
	if x.versus {
		score -= 9
	}
	if clauses > 0 && d.sents[t.sent].kind == headlineBlock {
		score -= 5
	}
	score -= d.vagueness(x)
	if d.takenBy(t, k, p) {
		score -= 6
	}
	if arrival && d.titleOnly(t, x) {
		score -= 5
	}
	if d.dismisses(t, x) {
		return score + 9
	}
	if x.former || d.formerNear(x.from) || d.leftBehind(x.from) {
		score -= 5
	}
	switch {
	case x.owner >= 0 && x.owner != p:
		score -= 5
	case x.owner == p && arrival && d.newlyAt(p, x.ent):
		score += 3
	case x.owner == p && arrival:
		score -= 7
	case x.owner == p:
		score += 3
	case arrival && d.bracketed(x.from):
		score -= 6
	}
	if arrival && d.origin(x.from) {
		score -= 4
		if !d.german() {
			score -= 3
		}
	}
	if arrival && !d.german() && x.from == t.to {
		score += 3 // the object: "will take over Brazil"
	}
	if clauses > 0 && d.relativeClause(x.from) {
		score -= 4
	}
	if arrival && clauses == 0 && d.destination(x.from) {
		score += 2
	}
	return score
}

// vagueness grades how little a town or a nickname says that a club is meant.
func (d *doc) vagueness(x *mention) float64 {
	c := &d.clubs[x.ent]
	switch {
	case c.anchored:
		return 0
	case x.sense >= gazetteer.Town && !x.noun && (!d.is(x.from-1, classPlace) || c.national):
		return 6
	case x.sense >= gazetteer.Town && !x.noun:
		return 4
	case x.sense == gazetteer.Nickname && c.count < 3:
		return 3
	}
	return 0
}

// dismisses reports whether a club is the subject of an English verb of
// dismissal: "since Leeds dispensed with him", "Forest have cut him loose".
func (d *doc) dismisses(t *trigger, x *mention) bool {
	if d.german() || t.idiom.kind.event() != bot.Departure || x.noun || x.to > t.head || !d.sameSentence(x.from, t.head) {
		return false
	}
	for i := x.to; i < t.head; i++ {
		switch d.norm(i) {
		case "have", "has", "had", "did", "finally", "then", "also", "duly", "eventually", "reluctantly", "promptly", "yesterday", "today":
		default:
			return false
		}
	}
	return d.norm(x.to) != "'s"
}

// titleOnly reports whether a club only belongs to an office that somebody
// holds: "Österreichs Teamchef".
func (d *doc) titleOnly(t *trigger, x *mention) bool {
	if !d.is(x.to, classAnyCoach) || t.inTrigger(x.to) {
		return false
	}
	return !d.is(x.from-1, classPresent) && d.norm(x.from-1) != "next"
}

// companion is the club that the article names beside a person most often, or
// -1: his own, as a rule.
func (d *doc) companion(p int) int {
	k := &d.persons[p]
	if !k.placed {
		k.placed, k.home = true, d.findCompanion(p)
	}
	return k.home
}

func (d *doc) findCompanion(p int) int {
	var score [maxCompanions]float64
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != personMention || x.ent != p {
			continue
		}
		for _, k := range []int{m - 2, m - 1, m + 1, m + 2} {
			if k < 0 || k >= len(d.ments) {
				continue
			}
			y := &d.ments[k]
			if y.kind != clubMention || y.ent < 0 || y.ent >= maxCompanions || y.versus || y.former || !d.sameSentence(x.from, y.from) ||
				y.owner >= 0 && y.owner != p || d.leftBehind(y.from) || d.clubs[y.ent].national && !d.clubs[y.ent].anchored {
				continue
			}
			gain := 1.0
			if d.toks[x.from].clause == d.toks[y.from].clause {
				gain = 2
			}
			score[y.ent] += gain
		}
	}
	best := -1
	for c := range min(len(d.clubs), maxCompanions) {
		if score[c] > 0 && (best < 0 || score[c] > score[best]) {
			best = c
		}
	}
	return best
}

// maxCompanions bounds the clubs that companion looks at: the first ones.
const maxCompanions = 40

// bracketed reports whether token i stands in parentheses.
func (d *doc) bracketed(i int) bool {
	for k := i - 1; k >= 0 && k >= i-8 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "(":
			return true
		case ")":
			return false
		}
	}
	return false
}

// relativeClause reports whether the clause of token i begins with a relative
// pronoun.
func (d *doc) relativeClause(i int) bool {
	from, _ := d.clauseOf(i)
	if d.toks[from].kind == punctToken {
		from++
	}
	if !d.german() && from < i && d.is(from, classSubordinate) && d.sameSentence(from-1, from) {
		return true // "out of work since Chelsea let him go"
	}
	if from == 0 || d.norm(from-1) != "," || from >= i {
		return false
	}
	if d.is(from, classPlace) && d.is(from+1, classRelative) {
		return true
	}
	// "das bedeutet": a main clause with a demonstrative.
	return d.is(from, classRelative) && !d.toks[from+1].info.finite && !d.is(from+1, classAux)
}

// destination reports whether a club is where somebody is to go: "bei", "zu",
// "für".
func (d *doc) destination(i int) bool {
	for k := i - 1; k >= 0 && k >= i-3 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "bei", "beim", "zu", "zum", "fuer", "auf", "to", "at", "for":
			return true
		}
		if !d.is(k, classDef) {
			return false
		}
	}
	return false
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
