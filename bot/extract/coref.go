package extract

import (
	"strings"

	"karussell/bot/extract/gazetteer"
)

// resolve walks through the article and gives descriptions, pronouns and club
// nouns their persons and clubs.
func (d *doc) resolve() {
	d.describePersons()
	d.sortMentions()
	d.resolvePersons()
	d.resolveClubs()
}

// sortMentions orders the mentions by place and repairs the tokens' links.
func (d *doc) sortMentions() {
	// Mentions were added in passes, each in order of place: an insertion over
	// the tokens is a linear sort.
	sorted := make([]mention, 0, len(d.ments))
	for i := 0; i < len(d.toks); {
		m := d.toks[i].ment
		if m < 0 {
			i++
			continue
		}
		x := d.ments[m]
		for k := x.from; k < x.to; k++ {
			d.toks[k].ment = int32(len(sorted)) //nolint:gosec // fewer than bytes
		}
		sorted = append(sorted, x)
		i = x.to
	}
	d.ments = append(d.ments[:0], sorted...)
}

// describePersons marks "der 42-Jährige", "der Übungsleiter", "der Schweizer",
// "er", "ihn".
func (d *doc) describePersons() {
	for i := 0; i < len(d.toks); i++ {
		t := &d.toks[i]
		if t.ment >= 0 {
			continue
		}
		if t.class.has(classPronoun) {
			d.cover(mention{kind: personMention, from: i, to: i + 1, ent: -1, form: pronounForm, owner: -1})
			continue
		}
		if end := d.descriptionAt(i); end > i {
			d.cover(mention{kind: personMention, from: i, to: end, ent: -1, form: describedAs, owner: -1})
			i = end - 1
		}
	}
}

// descriptionAt is the end of a definite description whose noun stands at
// token i, or i.
func (d *doc) descriptionAt(i int) int {
	t := &d.toks[i]
	if d.ageAt(i) > 0 {
		if next := d.norm(i + 1); strings.HasPrefix(next, "jaehrig") {
			if d.toks[i+1].capital {
				return i + 2
			}
			return i
		}
		if d.norm(i+1) == "year" && d.definite(i) && !d.nounFollows(i+3) {
			return i + 3
		}
		return i
	}
	if !t.capital && d.german() || t.kind != wordToken || d.toksGlued(i+1) || t.glued && !t.class.has(classAnyRole|classDemonym) {
		return i
	}
	if d.nameFollows(i) || d.officeNoun(i) {
		return i
	}
	if t.class.has(classDemonym) || t.capital && d.townsman(i) {
		if d.definite(i) && !d.pluralArticle(i) {
			return i + 1
		}
		return i
	}
	if t.class.has(classAnyRole) && (!t.class.has(classHead) || !d.german()) && d.definite(i) && !d.pluralArticle(i) {
		return i + 1
	}
	return i
}

// nounFollows reports whether "the 44-year-old" goes on ("Spaniard", a name).
func (d *doc) nounFollows(i int) bool {
	return i < len(d.toks) && d.toks[i].capital
}

// officeNoun reports whether the English role noun at token i stands for the
// office and not for a man: "the vacant manager's post", "the next manager".
func (d *doc) officeNoun(i int) bool {
	if d.german() || !d.is(i, classAnyCoach|classManager|classHead) {
		return false
	}
	k := i + 1
	if d.norm(k) == "'s" || d.norm(k) == "'" {
		k++
	}
	switch d.norm(k) {
	case "job", "post", "role", "position", "seat", "vacancy", "chair", "hotseat", "search", "shortlist":
		return true
	}
	for k = i - 1; k >= 0 && k >= i-4 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "next", "vacant", "permanent":
			return true
		}
		if !d.is(k, classDef) && d.clubAt(k) < 0 && d.norm(k) != "'s" && d.norm(k) != "head" && d.norm(k) != "first" && d.norm(k) != "team" {
			return false
		}
	}
	return false
}

// nameFollows reports whether a person's name follows token i at once.
func (d *doc) nameFollows(i int) bool {
	k := i + 1
	if k >= len(d.toks) || !d.sameSentence(i, k) || d.toks[k].ment < 0 {
		return false
	}
	x := &d.ments[d.toks[k].ment]
	return x.kind == personMention && x.form <= surname
}

// townsman reports whether token i is a town's adjective that means a man.
func (d *doc) townsman(i int) bool {
	norm := d.toks[i].norm
	if !strings.HasSuffix(strings.TrimSuffix(norm, "s"), "er") || len(norm) < 5 {
		return false
	}
	if strings.HasPrefix(d.norm(i-1), "gebuertige") {
		return true
	}
	hits := d.gaz.Find([]string{d.src[d.toks[i].start:d.toks[i].end]})
	return len(hits) == 1 && len(hits[0].Senses) > 0 && hits[0].Senses[0].Form == gazetteer.Adjective
}

// pluralArticle reports whether the article before the noun at i is "die" with
// a noun that is no woman's, so a plural.
func (d *doc) pluralArticle(i int) bool {
	for k := i - 1; k >= 0 && k >= i-3 && d.sameSentence(k, i); k-- {
		if d.toks[k].norm == "die" {
			return !strings.HasSuffix(d.toks[i].norm, "in")
		}
		if d.toks[k].class.has(classDef | classPossess) {
			return strings.HasSuffix(d.toks[i].norm, "innen") || !d.german() && strings.HasSuffix(d.toks[i].norm, "s")
		}
	}
	return false
}

// protagonistBonus is how much likelier a description that opens a paragraph
// means the person whom the article is about than another one.
const protagonistBonus = 5

// findProtagonist finds the coach whom the article names most, or -1 where
// several share it.
func (d *doc) findProtagonist() int {
	best, bestScore, second := -1, 0, 0
	for p := range d.persons {
		k := &d.persons[p]
		if k.grade() < 0 {
			continue
		}
		score := 2 * k.count
		if kind := d.sents[d.toks[k.first].sent].kind; kind == headlineBlock || kind == teaserBlock {
			score++
		}
		if k.grade() > 0 {
			score++
		}
		if score > bestScore {
			best, bestScore, second = p, score, bestScore
		} else if score > second {
			second = score
		}
	}
	if bestScore < second+2 {
		return -1
	}
	return best
}

// resolvePersons gives every description and pronoun its person.
func (d *doc) resolvePersons() {
	d.protagonist = d.findProtagonist()
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != personMention || x.ent >= 0 {
			continue
		}
		switch {
		case x.form == pronounForm:
			x.ent = d.salient(m, false)
		case d.toks[x.from].kind == numberToken:
			x.ent = d.aged(m, d.ageAt(x.from))
		default:
			x.ent = d.described(m)
		}
	}
}

// playing is the age from which hardly anybody plays and most coaches begin.
const playing = 33

// youngPlayer is the player of unknown age whom the article names first of all,
// when somebody of that age is more likely a player than a coach; else -1.
func (d *doc) youngPlayer(m, age int) int {
	if !d.german() || age >= playing {
		return -1
	}
	first := -1
	for p := range d.persons {
		if x := &d.persons[p]; x.first < d.ments[m].from && x.first >= 0 && (first < 0 || x.first < d.persons[first].first) && (x.grade() != 0) {
			first = p
		}
	}
	if first >= 0 && d.persons[first].grade() < 0 && d.persons[first].age == 0 {
		return first
	}
	return -1
}

// aged is the person of that age, else the salient one whose age is unknown.
func (d *doc) aged(m, age int) int {
	for p := range d.persons {
		if d.persons[p].age == age && d.persons[p].first < d.ments[m].from {
			return p
		}
	}
	p := d.salient(m, false)
	if young := d.youngPlayer(m, age); young >= 0 && p >= 0 && d.persons[p].grade() > 0 {
		p = young
	}
	if p >= 0 && d.persons[p].age == 0 {
		d.persons[p].age = age
		return p
	}
	// The salient one is of another age: somebody named before.
	for k := m - 1; k >= 0 && k > m-40; k-- {
		x := &d.ments[k]
		if x.kind == personMention && x.ent >= 0 && d.persons[x.ent].age == 0 && d.persons[x.ent].grade() >= 0 {
			d.persons[x.ent].age = age
			return x.ent
		}
	}
	return -1
}

// described resolves "der Übungsleiter", "der Ex-Stürmer", "der Manager".
func (d *doc) described(m int) int {
	x := &d.ments[m]
	o := d.officeAt(x.to - 1)
	player := o.class.has(classPlayer) && !o.class.has(classDirector|classOfficial)
	if d.norm(x.to) == "von" && (d.norm(x.to+1) == "einst" || d.norm(x.to+1) == "damals" || d.norm(x.to+1) == "frueher") {
		o.former = true
	}
	if o.class.has(classAnyRole) && o.other && !o.former && !player {
		p := d.lastWith(m, func(p *person) bool { return p.other > 0 })
		if p < 0 {
			if s := d.salient(m, false); s >= 0 && d.persons[s].coach == 0 && d.persons[s].other == 0 {
				return s
			}
			p = d.ahead(m)
			if p >= 0 {
				d.persons[p].other += 2
			}
		}
		return p
	}
	p := d.salient(m, o.coach)
	if !d.german() && o.coach && d.succeeded(x.from) {
		return -1
	}
	switch {
	case p < 0 && o.coach:
		p = d.ahead(m)
		if p >= 0 {
			d.persons[p].coach++
		}
	case p < 0:
	case player && !o.former:
		d.persons[p].player++
	case player:
		d.persons[p].retired = true
	case o.coach && d.persons[p].grade() >= 0:
		d.persons[p].coach++
	}
	return p
}

// ahead is the person named next, for descriptions that come before the name:
// "hat seinen Cheftrainer entlassen. Die Entscheidung gegen X ...".
func (d *doc) ahead(m int) int {
	if !d.german() && d.replaced(d.ments[m].from) {
		return -1
	}
	sent := d.toks[d.ments[m].from].sent
	for k := m + 1; k < len(d.ments) && k < m+12; k++ {
		x := &d.ments[k]
		if d.toks[x.from].sent > sent+1 {
			break
		}
		if x.kind == personMention && x.ent >= 0 && d.persons[x.ent].coach == 0 && d.persons[x.ent].other == 0 {
			return x.ent
		}
	}
	return -1
}

// replaced reports whether the English description at token i is of somebody
// who goes: "to replace their manager", "the departed coach".
func (d *doc) replaced(i int) bool {
	for k := i; k >= 0 && k >= i-4 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "replace", "replacing", "replaces", "replaced", "succeed", "succeeds", "succeeding", "departed", "sacked", "outgoing", "former", "previous", "another":
			return true
		}
	}
	return false
}

// succeeded reports whether the English description at token i is of somebody
// whose place is taken: "take over from the sacked manager".
func (d *doc) succeeded(i int) bool {
	for k := i; k >= 0 && k >= i-4 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "from", "replace", "replacing", "replaces", "replaced", "succeed", "succeeds", "succeeding", "another":
			return true
		}
	}
	return false
}

func (d *doc) lastWith(m int, ok func(*person) bool) int {
	for k := m - 1; k >= 0 && k > m-60; k-- {
		x := &d.ments[k]
		if x.kind == personMention && x.ent >= 0 && ok(&d.persons[x.ent]) {
			return x.ent
		}
	}
	return -1
}

// salient is the person whom mention m most likely means: the coach named last
// who was no mere object of a preposition, in this sentence or those before.
func (d *doc) salient(m int, coachOnly bool) int {
	at := d.ments[m].from
	sent := int(d.toks[at].sent)
	opens := d.ments[m].form == describedAs && sent > 0 && d.sents[sent-1].block != d.sents[sent].block
	best, bestScore := -1, -100
	for k := m - 1; k >= 0 && k > m-40; k-- {
		x := &d.ments[k]
		if x.kind != personMention || x.ent < 0 || x.compound {
			continue
		}
		back := sent - int(d.toks[x.from].sent)
		if back > 4 {
			break
		}
		p := &d.persons[x.ent]
		score := -4*back - (m-k)/4
		switch g := p.grade(); {
		case g > 0 && coachOnly:
			score += 8
		case g > 0:
			score++
		case g < 0:
			score -= 6
		case coachOnly:
			score--
		}
		if d.oblique(x.from) {
			score -= 3
		}
		if d.norm(x.from-1) == "vorgaenger" || d.norm(x.from-1) == "predecessor" || d.is(x.from-1, classVersus) {
			score -= 5
		}
		if back == 0 && d.toks[x.from].clause == d.toks[at].clause {
			score -= 5 // one clause hardly names somebody twice
		}
		if d.subject(x.from) {
			score++
		}
		if x.form == describedAs || x.form == pronounForm {
			score++ // already under discussion
		}
		if opens && x.ent == d.protagonist {
			score += protagonistBonus // a new paragraph comes back to whom the article is about
		}
		if score > bestScore {
			best, bestScore = x.ent, score
		}
	}
	if best >= 0 && bestScore < -14 {
		return -1
	}
	return best
}

// oblique reports whether the name at token i hangs on a preposition or a
// genitive: "von X", "auf X", "unter X".
func (d *doc) oblique(i int) bool {
	for k := i - 1; k >= 0 && k >= i-4 && d.sameSentence(k, i); k-- {
		t := &d.toks[k]
		if t.class.has(classPlace | classVersus) {
			return true
		}
		switch t.norm {
		case "vorgaenger", "vorgaengerin", "predecessor", "von", "vom", "mit", "unter", "fuer", "ueber", "an", "auf", "zu", "zum", "nach", "ohne", "um", "of", "by", "with", "from", "for", "under", "over", "neben", "trotz", "samt", "mitsamt", "nebst", "inklusive", "alongside":
			return true
		}
		if t.kind == punctToken || t.class.has(classStop) && !t.class.has(classDef|classPossess|classFormer|classPresent|classIndef) {
			return false
		}
	}
	return false
}

// subject reports whether the name at token i stands first in its sentence.
func (d *doc) subject(i int) bool {
	from := d.sents[d.toks[i].sent].from
	return i-from <= 3 && !d.oblique(i)
}

// resolveClubs gives "der Verein", "der Zweitligist" the club under discussion.
func (d *doc) resolveClubs() {
	focus := -1
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != clubMention {
			continue
		}
		if x.ent < 0 && x.noun {
			x.ent = d.clubInFocus(m, focus)
			if x.ent >= 0 {
				d.clubs[x.ent].count++
			}
			continue
		}
		if !x.versus && (x.sense <= gazetteer.Nickname || focus < 0) {
			focus = x.ent
		}
	}
}

// clubInFocus prefers the club that the paragraph spoke of last, unless it is
// a side remark.
func (d *doc) clubInFocus(m, focus int) int {
	if n := d.norm(d.ments[m].from); strings.HasPrefix(n, "verband") || strings.HasPrefix(n, "national") {
		for k := m - 1; k >= 0; k-- {
			if x := &d.ments[k]; x.kind == clubMention && x.ent >= 0 && d.clubs[x.ent].national && d.clubs[x.ent].anchored {
				return x.ent
			}
		}
		return -1
	}
	at := d.ments[m].from
	sent := d.toks[at].sent
	for k := m - 1; k >= 0 && k > m-30; k-- {
		x := &d.ments[k]
		if x.kind != clubMention || x.ent < 0 || x.versus || d.toks[x.from].sent < sent-3 {
			continue
		}
		if d.formerNear(x.from) || d.leftBehind(x.from) {
			continue
		}
		if d.clubs[x.ent].headline || d.clubs[x.ent].count > 1 {
			return x.ent
		}
	}
	return focus
}

// formerNear reports whether the words before token i put it into the past:
// "Ex-Klub", "früher bei".
func (d *doc) formerNear(i int) bool {
	for k := i - 1; k >= 0 && k >= i-3 && d.sameSentence(k, i); k-- {
		if d.is(k, classFormer|classPast) || d.norm(k) == "once" && d.norm(k+1) == "of" {
			return true
		}
	}
	return false
}
