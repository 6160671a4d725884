package extract

import "karussell/bot"

// Who a trigger is about: the best of the persons around it.

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
