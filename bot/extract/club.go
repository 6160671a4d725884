package extract

import (
	"slices"
	"strings"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// club is a club that the article mentions.
type club struct {
	id       bot.ClubID
	name     string
	league   bot.LeagueID
	national bool
	count    int  // mentions that are no opponents
	anchored bool // named by its name or an alias, not only by its town
	first    int  // token of the first mention
	headline bool
	unknown  bool
	women    bool
}

// findClubs marks clubs and outlets. Ambiguous names (Borussia, die Adler) are
// read as the club that the article names elsewhere, else as the best known.
func (d *doc) findClubs() {
	d.words, d.wordAt = d.words[:0], d.wordAt[:0]
	for i := range d.toks {
		t := &d.toks[i]
		if t.norm == "." && t.kind == punctToken && i > 0 && !t.spaced && d.sameSentence(i, i+1) {
			continue // "1. FC", "St. Pauli"
		}
		w := d.src[t.start:t.end]
		if t.kind == punctToken && t.norm != "/" && t.norm != "&" {
			w = ","
		}
		d.words = append(d.words, w)
		d.wordAt = append(d.wordAt, int32(i))
	}
	hits := d.gaz.Find(d.words)
	for i := range hits {
		if len(hits[i].Senses) > 0 && hits[i].Senses[0].Form <= gazetteer.Alias {
			d.anchor(&hits[i])
		}
	}
	d.weighSenses(hits)
	for i := range hits {
		d.placeHit(&hits[i])
	}
	d.unknownClubs()
	d.clubNouns()
}

// anchor notes the club of an unambiguous name.
func (d *doc) anchor(h *gazetteer.Hit) {
	best := h.Senses[0]
	if from := int(d.wordAt[h.From]); h.To-h.From == 1 && best.Form == gazetteer.Alias &&
		(d.is(from, classStop|classClubNoun|classNoName|classMatch|classLegal|classFirstName|classAnyRole) || d.gaz.CommonWord(d.toks[from].norm)) {
		return
	}
	if len(h.Senses) > 1 && h.Senses[1].Form == best.Form && best.Form > gazetteer.Name {
		return
	}
	c := d.clubFor(best.Club)
	d.clubs[c].anchored = true
}

// maxClubs bounds the clubs of one article; a league table names twenty.
const maxClubs = 250

// clubFor is the index of a club of the gazetteer, added when new.
func (d *doc) clubFor(id bot.ClubID) int {
	for i := range d.clubs {
		if d.clubs[i].id == id {
			return i
		}
	}
	if len(d.clubs) >= maxClubs {
		return len(d.clubs) - 1
	}
	c := club{id: id, name: string(id), first: -1}
	if known, ok := d.gaz.Club(id); ok {
		c.name, c.league, c.national = known.Name, known.League, known.National
	}
	d.clubs = append(d.clubs, c)
	return len(d.clubs) - 1
}

// placeHit turns a hit of the gazetteer into a mention.
func (d *doc) placeHit(h *gazetteer.Hit) {
	from, to := int(d.wordAt[h.From]), int(d.wordAt[h.To-1])+1
	if to-from == 1 && strings.HasPrefix(d.toks[from].norm, "national") {
		return // "das Nationalteam": the context says whose
	}
	if d.toksGlued(to) && (d.norm(to) == "pokal" || d.norm(to) == "pokalspiel" || d.norm(to) == "cup") {
		return
	}
	if to-from == 1 && (d.is(from, classStop) && !d.toks[from].shout || d.toks[from].kind == numberToken) {
		return
	}
	if len(h.Senses) == 0 {
		first := to-from == 1 && (d.is(from, classFirstName) || d.gaz.FirstName(d.toks[from].norm)) && d.nameLike(to)
		if !first && (to-from > 1 || !d.gaz.CommonWord(d.toks[from].norm) || d.outletContext(from, to)) {
			d.cover(mention{kind: outletMention, from: from, to: to, ent: -1, owner: -1, outlet: h.Outlet})
		}
		return
	}
	if h.Outlet != "" && d.outletContext(from, to) {
		d.cover(mention{kind: outletMention, from: from, to: to, ent: -1, owner: -1, outlet: h.Outlet})
		return
	}
	best := d.bestSense(h)
	if best.Form == gazetteer.Town && d.birthplace(from) || to-from == 1 && best.Form == gazetteer.Alias && d.placeCompound(from) {
		return
	}
	if to-from == 1 && d.firstNameNotClub(from) {
		return
	}
	if to-from == 1 && d.is(from, classLegal) && best.Form > gazetteer.Name {
		if d.is(from-1, classDef) {
			d.cover(mention{kind: clubMention, from: from, to: to, ent: -1, owner: -1, noun: true, sense: gazetteer.Town})
		}
		return
	}
	if to-from == 1 && (best.Form == gazetteer.Alias || best.Form == gazetteer.Town) && d.gaz.CommonWord(d.toks[from].norm) && !d.isAnchored(best.Club) {
		return
	}
	if to-from == 1 && d.is(from, classClubNoun|classNoName|classStop|classMonth|classAnyRole|classMatch) && best.Form >= gazetteer.Alias && !d.quotedName(from, best) {
		return
	}
	if d.manly(from, to, best.Form) && d.personOfTown(from, to) || d.partOfName(from, to, best.Form) {
		return
	}
	if to-from == 1 && d.is(from, classDemonym) && best.Form > gazetteer.Name && !d.isAnchored(best.Club) {
		if d.norm(from-1) == "die" || d.norm(from-1) == "der" || d.norm(from-1) == "den" {
			d.cover(mention{kind: clubMention, from: from, to: to, ent: -1, owner: -1, noun: true, sense: gazetteer.Town})
		}
		return
	}
	c := d.clubFor(best.Club)
	m := mention{kind: clubMention, from: from, to: to, ent: c, owner: -1, sense: best.Form, team: best.Team}
	m.versus = d.opponent(from) || d.dateline(&m)
	d.note(c, &m)
	d.cover(m)
}

// note counts a mention for its club.
func (d *doc) note(c int, m *mention) {
	k := &d.clubs[c]
	if k.first < 0 {
		k.first = m.from
	}
	if !m.versus {
		k.count++
	}
	s := &d.sents[d.toks[m.from].sent]
	if s.kind == headlineBlock || s.kind == teaserBlock {
		k.headline = true
	}
	if m.team == bot.WomenTeam {
		k.women = true
	}
}

// sense counts the different words of an article that can mean a club: "die
// Löwen" alone are many, but only one of them is also called "die Giesinger".
type sense struct {
	club  bot.ClubID
	words []string
}

// maxSenses bounds the clubs that are weighed.
const maxSenses = 120

// weighSenses counts the words that can mean each club.
func (d *doc) weighSenses(hits []gazetteer.Hit) {
	for i := range hits {
		word := strings.TrimRight(d.toks[d.wordAt[hits[i].From]].norm, "sn")
		for _, s := range hits[i].Senses {
			d.addSense(s.Club, word)
		}
	}
}

func (d *doc) addSense(id bot.ClubID, word string) {
	for i := range d.senses {
		if s := &d.senses[i]; s.club == id {
			if len(s.words) < 4 && !slices.Contains(s.words, word) {
				s.words = append(s.words, word)
			}
			return
		}
	}
	if len(d.senses) < maxSenses {
		d.senses = append(d.senses, sense{id, []string{word}})
	}
}

// weight is the number of different words that can mean the club.
func (d *doc) weight(id bot.ClubID) int {
	for i := range d.senses {
		if d.senses[i].club == id {
			return len(d.senses[i].words)
		}
	}
	return 0
}

// bestSense picks the reading of an ambiguous name by the article's context.
func (d *doc) bestSense(h *gazetteer.Hit) gazetteer.Sense {
	first := h.Senses[0]
	if d.isAnchored(first.Club) {
		return first
	}
	word := d.toks[d.wordAt[h.From]].norm
	for _, s := range h.Senses[1:] {
		if !d.isAnchored(s.Club) {
			continue
		}
		if first.Form >= gazetteer.Town && !strings.Contains(string(s.Club)+"-"+d.slugName(s.Club), word) {
			continue // Liverpool does not mean Everton
		}
		return s
	}
	if first.Form < gazetteer.Town {
		best := first
		for _, s := range h.Senses[1:] {
			if d.weight(s.Club) > d.weight(best.Club) && d.weight(s.Club) > 1 {
				best = s
			}
		}
		if best.Club != first.Club {
			return best
		}
	}
	for _, s := range h.Senses[1:] {
		if first.Form < gazetteer.Town && d.isMentioned(s.Club) && !d.isMentioned(first.Club) {
			return s
		}
	}
	return first
}

// slugName is the folded name of a club, words joined by hyphens.
func (d *doc) slugName(id bot.ClubID) string {
	c, _ := d.gaz.Club(id)
	return bot.Slug(c.Name)
}

// isMentioned reports whether the article has named the club already.
func (d *doc) isMentioned(id bot.ClubID) bool {
	for k := range d.clubs {
		if d.clubs[k].id == id && d.clubs[k].first >= 0 {
			return true
		}
	}
	return false
}

// maxClubName is the number of words after the legal form of a club that no
// gazetteer knows.
const maxClubName = 3

// unknownClubs reads "SV Neustadt/Wied" and the like by their legal form.
func (d *doc) unknownClubs() {
	for i := 0; i < len(d.toks); i++ {
		t := &d.toks[i]
		if t.ment >= 0 || !t.class.has(classLegal) || !t.capital || t.glued {
			continue
		}
		end := i + 1
		for end < len(d.toks) && end-i <= maxClubName && d.sameSentence(i, end) && d.clubWord(end) {
			end++
		}
		if end == i+1 {
			continue
		}
		from := i
		if d.norm(i-1) == "." && d.norm(i-2) == "1" {
			from = i - 2
		}
		d.unknownClub(from, end)
		i = end - 1
	}
}

// unknownClub adds a club by the name in tokens [from,to).
func (d *doc) unknownClub(from, to int) {
	name := d.text(from, to)
	c := d.clubFor(bot.ClubID(bot.Slug(name)))
	if known, ok := d.gaz.ClubNamed(name); ok {
		c = d.clubFor(known.ID)
	} else {
		d.clubs[c].name, d.clubs[c].unknown = name, true
	}
	d.clubs[c].anchored = true
	m := mention{kind: clubMention, from: from, to: to, ent: c, owner: -1, sense: gazetteer.Name, versus: d.opponent(from)}
	d.note(c, &m)
	d.cover(m)
}

func (d *doc) clubWord(i int) bool {
	t := &d.toks[i]
	if t.ment >= 0 || t.kind == punctToken {
		return false
	}
	if t.kind == numberToken {
		return t.end-t.start == 2 || t.end-t.start == 4 && t.norm < "1930"
	}
	return t.capital && !t.class.has(classStop|classAnyRole|classMonth|classWeekday|classNoName)
}

// clubNouns marks "der Verein", "der Zweitligist": clubs by context.
func (d *doc) clubNouns() {
	for i := range d.toks {
		t := &d.toks[i]
		if t.ment >= 0 || !t.class.has(classClubNoun) || d.toksGlued(i+1) || t.glued && d.toks[i-1].ment >= 0 {
			continue
		}
		if !d.definite(i) {
			continue
		}
		if next := i + 1; next < len(d.toks) && d.toks[next].ment >= 0 && d.ments[d.toks[next].ment].kind == clubMention && d.toks[next].spaced {
			continue // "Zweitligist Schalke": the name says it
		}
		d.cover(mention{kind: clubMention, from: i, to: i + 1, ent: -1, owner: -1, noun: true, sense: gazetteer.Town})
	}
}

// definite reports whether the noun at i has a definite article or a
// possessive, adjectives between.
func (d *doc) definite(i int) bool {
	for k := i - 1; k >= 0 && k >= i-4 && d.sameSentence(k, i); k-- {
		t := &d.toks[k]
		if t.class.has(classDef | classPossess) {
			return true
		}
		if t.kind == punctToken && t.norm != "." || t.class.has(classIndef) {
			return false
		}
	}
	return false
}
