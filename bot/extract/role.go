package extract

import "karussell/bot"

// office is what the words around a name say about somebody.
type office struct {
	class  class    // of the noun
	role   bot.Role // of a coach
	coach  bool
	other  bool
	staff  bool
	former bool
	newly  bool // "der neue Trainer"
	team   bot.Team
	from   int // tokens of the whole description
	to     int
}

// findRoles reads the offices before and behind every name and notes the signs.
func (d *doc) findRoles() {
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != personMention || x.ent < 0 || x.form > surname {
			continue
		}
		if o, ok := d.officeBefore(x.from); ok {
			d.noteOffice(x.ent, &o)
		}
		if o, ok := d.officeAfter(x.to); ok {
			d.noteOffice(x.ent, &o)
		}
		if d.norm(x.from-1) == "herr" || d.norm(x.from-1) == "frau" {
			d.persons[x.ent].woman = d.norm(x.from-1) == "frau"
		}
	}
}

// noteOffice counts a sign for or against a coach.
func (d *doc) noteOffice(p int, o *office) {
	k := &d.persons[p]
	switch {
	case o.class.has(classHead) && d.german():
		// "Chef" alone is no sign: it may be the club's.
	case o.staff:
		k.staff += 2
	case o.coach:
		k.coach += 2
		if k.role == "" && !o.former {
			k.role = o.role
		}
	case o.class.has(classPlayer) && o.other && !o.class.has(classDirector|classOfficial):
		k.player++
		k.retired = k.retired || o.former
	case o.other && o.former:
		k.other++
	case o.other:
		k.other += 2
	}
}

// officeBefore reads the office directly before token i: "Trainer", "FCK-
// Geschäftsführer", "Under-23s boss", "first-team coach".
func (d *doc) officeBefore(i int) (office, bool) {
	k := i - 1
	if k < 0 || !d.sameSentence(k, i) {
		return office{}, false
	}
	if d.norm(k) == "," && d.is(k-1, classAnyRole) && i < len(d.toks) { // "Der Trainer, Manuel Baum,"
		k--
	}
	if !d.is(k, classAnyRole) || d.toks[k].ment >= 0 && d.ments[d.toks[k].ment].kind != clubMention {
		return office{}, false
	}
	return d.officeAt(k), true
}

// officeAt reads the role noun at token k with the words that colour it.
func (d *doc) officeAt(k int) office {
	c := d.toks[k].class
	o := office{class: c, from: k, to: k + 1}
	o.classify(c, d.german())
	for j := k - 1; j >= 0 && j >= k-4 && d.sameSentence(j, k); j-- {
		if !d.colour(&o, j) {
			break
		}
		o.from = j
	}
	if o.coach && o.role == "" {
		o.role = bot.Head
	}
	return o
}

func (o *office) classify(c class, german bool) {
	switch {
	case c.has(classStaff):
		o.staff = true
	case c.has(classAssistant):
		o.coach, o.role = true, bot.Assistant
	case c.has(classInterimCoach):
		o.coach, o.role = true, bot.Interim
	case c.has(classYouthCoach):
		o.coach, o.role = true, bot.Youth
	case c.has(classCoach):
		o.coach = true
	case c.has(classManager):
		o.coach, o.other = !german, german
	case c.has(classHead):
		o.coach = true
	default:
		o.other = c.has(classNoCoach)
	}
}

// colour reads one word before a role noun; false ends the description.
func (d *doc) colour(o *office, j int) bool {
	t := &d.toks[j]
	joined := d.toks[j+1].glued
	switch n := t.norm; {
	case n == "co" || n == "assistant" || n == "assistenz" || n == "assistierender" || n == "deputy":
		if o.coach || o.class.has(classManager|classCoach) {
			o.role, o.coach, o.other = bot.Assistant, true, false
		}
	case n == "goalkeeping" || n == "goalkeeper" || n == "fitness" || n == "torwart" || n == "athletik" || n == "conditioning":
		o.staff, o.coach = true, false
	case n == "general" && !d.german():
		o.coach, o.other = false, true
	case n == "team" && j > 0 && d.norm(j-1) == "first" && o.class.has(classCoach) && !d.german():
		o.role = bot.Assistant
	case t.class.has(classFormer):
		o.former = true
	case t.class.has(classInter):
		o.role = bot.Interim
	case t.class.has(classYouth | classSecond):
		o.team = bot.YouthTeam
		if t.class.has(classSecond) {
			o.team = bot.SecondTeam
		}
		if o.role != bot.Assistant {
			o.role = bot.Youth
		}
	case t.class.has(classWomen):
		o.team = bot.WomenTeam
	case joined, t.ment >= 0 && d.ments[t.ment].kind == clubMention:
		return true
	case t.class.has(classJoin) && d.clubAt(j+1) >= 0 && d.clubAt(j-1) >= 0:
		return true
	case t.class.has(classPresent):
		switch n {
		case "neue", "neuer", "neuen", "neuem", "new", "incoming", "kuenftiger", "kuenftige", "kuenftigen", "designierter", "designierten":
			o.newly = true
		}
		return true
	case n == "head" || n == "chef" || n == "first" || n == "team" || n == "s":
		return true
	default:
		return !t.capital && t.kind == wordToken && !t.class.has(classStop)
	}
	return true
}

// officeAfter reads an apposition: "X, Trainer des SV Y,", "X (Präsident)",
// "X, Sportdirektor".
func (d *doc) officeAfter(i int) (office, bool) {
	if n := d.norm(i); n != "," && n != "(" {
		return office{}, false
	}
	for k := i + 1; k < len(d.toks) && k <= i+7 && d.sameSentence(i, k); k++ {
		t := &d.toks[k]
		if t.class.has(classAnyRole) && (t.ment < 0 || d.ments[t.ment].kind == clubMention) {
			if k+1 < len(d.toks) && d.toks[k+1].ment >= 0 && d.ments[d.toks[k+1].ment].kind == personMention && d.toks[k+1].spaced {
				return office{}, false // "..., Trainer Y": the next one's office
			}
			return d.officeAt(k), true
		}
		if t.class.has(classRelative) && k == i+1 && d.clauseVerbEnd(k) {
			return office{}, false
		}
		if t.kind == punctToken || t.class.has(classPronoun) {
			return office{}, false
		}
		if t.ment >= 0 && d.ments[t.ment].kind == personMention {
			return office{}, false
		}
	}
	return office{}, false
}

// clauseVerbEnd reports whether the clause that begins at token k looks like a
// relative clause ("der ... trainierte,") and not like an apposition ("der
// Trainer des Klubs,"): its last word is a verb in lower case.
func (d *doc) clauseVerbEnd(k int) bool {
	c := d.toks[k].clause
	last := k
	for last+1 < len(d.toks) && d.sameSentence(k, last+1) && d.toks[last+1].clause == c && last < k+20 {
		last++
	}
	t := &d.toks[last]
	return last > k+1 && t.kind == wordToken && !t.capital && t.class.has(classStop)
}

// grade grades a person: above zero a coach, below zero somebody else.
func (p *person) grade() int {
	if p.staff > 0 && p.staff >= p.coach {
		return -3
	}
	g := p.coach - p.other
	if p.player > 0 && !p.retired && p.coach == 0 {
		g--
	}
	return g
}
