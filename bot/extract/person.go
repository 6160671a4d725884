package extract

import (
	"strings"

	"karussell/bot"
)

// person is somebody the article names.
type person struct {
	name    string // as a reader would write it in full
	key     string // folded, words separated by blanks
	last    string // folded surname, its last word
	coach   int    // signs that this is a coach
	other   int    // signs of another office: director, official, reporter
	player  int    // signs of an active player
	retired bool   // a former player
	staff   int    // goalkeeping and fitness coaches
	role    bot.Role
	age     int
	first   int // token of the first mention
	count   int
	single  bool // only a surname is known
	common  bool // the surname is also a common word (Anfang, Ende)
	placed  bool // home is known
	home    int  // see companion
	woman   bool
}

// maxPersons bounds the entities of one article; a squad list names fifty.
const maxPersons = 250

// findPersons marks full names first, then the surnames that they explain,
// then names that only their role explains ("Trainer Kovac").
func (d *doc) findPersons() {
	for i := 0; i < len(d.toks) && len(d.persons) < maxPersons; i++ {
		if end := d.fullNameAt(i); end > i {
			if d.norm(end) == "'s" && (d.norm(end+1) == "stadium" || d.norm(end+1) == "park" || d.norm(end+1) == "arena") {
				continue // "the John Smith's Stadium"
			}
			d.addFullName(i, end)
			i = end - 1
		}
	}
	d.findSurnames()
	d.findBareNames()
	d.findAges()
	d.findRoles()
}

// nameLike reports whether token i can be part of a name by itself.
func (d *doc) nameLike(i int) bool {
	if i < 0 || i >= len(d.toks) {
		return false
	}
	t := &d.toks[i]
	return t.kind == wordToken && t.capital && t.ment < 0 && len(t.norm) > 1 &&
		!t.class.has(classStop|classAnyRole|classMonth|classWeekday|classLegal|classNoName|classClubNoun|classDemonym|classSeason) &&
		!strings.ContainsAny(t.norm, "0123456789")
}

// firstNameAt is the end of the first names at token i, or i: "Claus-Dieter",
// "J.", "Hans Joachim".
func (d *doc) firstNameAt(i int) int {
	t := &d.toks[i]
	if t.kind != wordToken || !t.capital || t.ment >= 0 || t.glued {
		return i
	}
	if len(t.norm) == 1 && d.norm(i+1) == "." && i+2 < len(d.toks) && d.nameLike(i+2) {
		return i + 2
	}
	if t.class.has(classStop|classAnyRole|classNoName) || !t.class.has(classFirstName) && !d.gaz.FirstName(t.norm) {
		return i
	}
	k := i + 1
	for k < len(d.toks) && d.toks[k].glued && d.toks[k].capital && !d.toks[k].class.has(classAnyRole|classNoName) && d.toks[k].ment < 0 {
		k++
	}
	return k
}

// fullNameAt is the end of the full name at token i, or i.
func (d *doc) fullNameAt(i int) int {
	k := d.firstNameAt(i)
	if k == i {
		return d.unlistedName(i)
	}
	for k < len(d.toks) && d.sameSentence(i, k) { // further first names
		next := d.firstNameAt(k)
		if next == k || !d.toks[k].spaced || !d.surnameFollows(next) {
			break
		}
		k = next
	}
	k = d.skipNickname(k)
	k = d.skipParticles(k)
	end := d.surnameAt(i, k)
	if end == k {
		return i
	}
	return end
}

func (d *doc) surnameFollows(i int) bool {
	i = d.skipParticles(i)
	return d.nameLike(i) && d.toks[i].spaced
}

// skipNickname passes „Zecke“ in Andreas „Zecke“ Neuendorf.
func (d *doc) skipNickname(k int) int {
	if d.norm(k) == `"` && d.norm(k+2) == `"` && d.nameLike(k+3) && d.sameSentence(k, k+3) {
		return k + 3
	}
	return k
}

// skipParticles passes "van", "de la", "ten"; they need a surname behind.
func (d *doc) skipParticles(k int) int {
	at := k
	if d.german() && d.norm(k) == "das" {
		return k // "hatte Wolf das Team übernommen"
	}
	for at < len(d.toks) && at < k+3 && d.toks[at].kind == wordToken && d.toks[at].ment < 0 && d.gaz.Particle(d.toks[at].norm) {
		at++
	}
	if at > k && at < len(d.toks) && d.toks[at].kind == wordToken && d.toks[at].capital && d.toks[at].ment < 0 {
		return at
	}
	return k
}

// surnameAt is the end of the surname at token k of the name that begins at i,
// or k.
func (d *doc) surnameAt(i, k int) int {
	if k >= len(d.toks) || !d.sameSentence(i, k) {
		return k
	}
	t := &d.toks[k]
	if t.kind != wordToken || !t.capital || !t.spaced || len(t.norm) < 2 || t.ment >= 0 {
		return k
	}
	if t.class.has(classAnyRole|classMonth|classWeekday|classLegal) && !t.class.has(classPress) || t.class.has(classStop) && !t.class.has(classNoName) {
		return k
	}
	if strings.ContainsAny(t.norm, "0123456789") {
		return k
	}
	end := k + 1
	for end < len(d.toks) && d.toks[end].glued && d.toks[end].capital && d.toks[end].ment < 0 &&
		!d.toks[end].class.has(classAnyRole|classNoName) {
		end++
	}
	// A second surname: "Ole Gunnar Solskjær", "Jon Dahl Tomasson".
	if end == k+1 && d.nameLike(end) && d.toks[end].spaced && d.sameSentence(k, end) && !d.gaz.CommonWord(d.toks[end].norm) &&
		!d.gaz.CommonWord(t.norm) && !d.toks[end].shout && !d.nounLike(d.toks[end].norm) && !d.gaz.FirstName(d.toks[end].norm) {
		end++
	}
	return end
}

// unlistedName finds names whose first name is not listed: two upper case
// words that are no German nouns.
func (d *doc) unlistedName(i int) int {
	if !d.nameLike(i) || d.toks[i].glued || d.toks[i].shout {
		return i
	}
	t := &d.toks[i]
	if d.gaz.Particle(t.norm) || d.gaz.CommonWord(t.norm) || d.nounLike(t.norm) || d.is(i-1, classIndef|classDef|classPossess) && !d.is(i-1, classRelative) {
		return i
	}
	k := i + 1
	for k < len(d.toks) && d.toks[k].glued && d.nameLike(k) {
		k++
	}
	if d.foreignParticle(k) {
		k = d.skipParticles(k)
	}
	if k >= len(d.toks) || !d.nameLike(k) || !d.toks[k].spaced || !d.sameSentence(i, k) || d.toks[k].shout {
		return i
	}
	if d.firstNameAt(k) > k && d.surnameFollows(d.firstNameAt(k)) {
		return i // the name begins with the next word
	}
	if d.gaz.CommonWord(d.toks[k].norm) || d.nounLike(d.toks[k].norm) {
		return i
	}
	end := d.surnameAt(i, k)
	if end == k {
		return i
	}
	if end < len(d.toks) && d.toks[end].glued { // "Champions League-Sieger"
		return i
	}
	return end
}

// foreignParticle reports whether token k is a particle that is no German
// preposition or article as well.
func (d *doc) foreignParticle(k int) bool {
	switch d.norm(k) {
	case "van", "de", "di", "da", "dos", "ten", "ter", "el", "bin", "ben":
		return true
	}
	return false
}

// nounLike reports endings that German nouns have and names hardly ever.
func (d *doc) nounLike(s string) bool {
	if len(s) < 6 {
		return false
	}
	for _, e := range nounEndings {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}

//nolint:gochecknoglobals // a constant table
var nounEndings = [...]string{
	"ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "schaften", "tion", "tionen", "taet", "ismus",
	"liga", "pokal", "saison", "spiel", "spiele", "spieler", "spielen", "tag", "tage", "tagen", "platz", "klub",
	"verein", "trainer", "chef", "leiter", "sieg", "niederlage", "punkte", "punkten", "runde", "erfolg", "vertrag",
	"jahr", "jahre", "jahren", "jaehrige", "jaehrigen", "jaehriger", "meister", "mannschaft", "team", "teams",
	"kampf", "league", "ling", "linge", "lingen",
}

// addFullName records the name in tokens [from,to).
func (d *doc) addFullName(from, to int) {
	key := d.key(from, to)
	p := d.personFor(key)
	if p < 0 {
		d.persons = append(d.persons, person{
			name: d.personName(from, to), key: key, last: d.toks[to-1].norm, first: from, common: d.commonSurname(to - 1),
		})
		p = len(d.persons) - 1
		switch known := d.lex.people[key]; {
		case known.has(classCoach):
			d.persons[p].coach++
		case known.has(classOfficial):
			d.persons[p].other++
		}
	}
	d.persons[p].count++
	d.cover(mention{kind: personMention, from: from, to: to, ent: p, form: fullName, owner: -1})
}

func (d *doc) commonSurname(i int) bool {
	return d.gaz.CommonWord(d.toks[i].norm) || d.toks[i].class.has(classNoName|classStop)
}

// personName is the display form: without a nickname in quotation marks, and
// not in capitals where the headline shouts.
func (d *doc) personName(from, to int) string {
	words := make([]string, 0, 4)
	for i := from; i < to; i++ {
		t := &d.toks[i]
		if t.norm == `"` || i > from && d.norm(i-1) == `"` && d.norm(i+1) == `"` {
			continue
		}
		w := d.text(i, i+1)
		if t.norm == "." {
			words[len(words)-1] += "."
			continue
		}
		if t.shout && len(t.norm) > 2 {
			r := []rune(w)
			w = string(r[:1]) + strings.ToLower(string(r[1:]))
		}
		if t.glued && len(words) > 0 {
			words[len(words)-1] += "-" + w
			continue
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

// key is the folded name in tokens [from,to).
func (d *doc) key(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		if d.toks[i].kind == punctToken || i > from && d.norm(i-1) == `"` && d.norm(i+1) == `"` {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(d.toks[i].norm)
	}
	return b.String()
}

// personFor finds the person of a full name; genitives included ("Dirk
// Schusters" after "Dirk Schuster").
func (d *doc) personFor(key string) int {
	for i := range d.persons {
		k := d.persons[i].key
		if k == key || len(key) == len(k)+1 && key[len(k)] == 's' && strings.HasPrefix(key, k) {
			return i
		}
		if len(k) == len(key)+1 && k[len(key)] == 's' && strings.HasPrefix(k, key) {
			d.persons[i].key, d.persons[i].last = key, strings.TrimSuffix(d.persons[i].last, "s")
			d.persons[i].name = strings.TrimSuffix(d.persons[i].name, "s")
			return i
		}
	}
	return -1
}

// findSurnames marks bare surnames (and bare first names of coaches that were
// named before) of known persons.
func (d *doc) findSurnames() {
	for i := range d.toks {
		t := &d.toks[i]
		if t.ment >= 0 || !t.capital || t.kind != wordToken || len(t.norm) < 2 {
			continue
		}
		p := d.surnameOf(i)
		if p < 0 {
			p = d.calledByFirstName(i)
		}
		if p < 0 {
			continue
		}
		from := i
		for from > 0 && d.toks[from-1].ment < 0 && d.sameSentence(from-1, i) && d.gaz.Particle(d.toks[from-1].norm) &&
			strings.Contains(d.persons[p].key, " "+d.toks[from-1].norm+" ") {
			from--
		}
		d.persons[p].count++
		compound := d.toksGlued(i+1) && d.toks[i+1].kind == wordToken
		d.cover(mention{kind: personMention, from: from, to: i + 1, ent: p, form: surname, owner: -1, compound: compound})
	}
}

// calledByFirstName is the only person whose first name token i is, where it
// stands alone: "Nuno", "Pep"; else -1. English papers do that with well-known
// coaches and with long names.
func (d *doc) calledByFirstName(i int) int {
	t := &d.toks[i]
	if d.german() || t.quoted || !d.gaz.FirstName(t.norm) || t.glued || d.toksGlued(i+1) || len(t.norm) < 3 || t.class.has(classStop|classNoName|classMonth|classAnyRole) || d.nameLike(i+1) && d.toks[i+1].spaced || d.nameLike(i-1) {
		return -1
	}
	only := -1
	for p := range d.persons {
		k := d.persons[p].key
		if len(k) <= len(t.norm) || k[len(t.norm)] != ' ' || k[:len(t.norm)] != t.norm || d.persons[p].coach == 0 && strings.Count(k, " ") < 2 {
			continue
		}
		if only >= 0 {
			return -1
		}
		only = p
	}
	return only
}

// surnameOf is the person whose surname token i is, or -1. Of namesakes, the
// one named last.
func (d *doc) surnameOf(i int) int {
	norm := d.toks[i].norm
	best := -1
	for p := range d.persons {
		last := d.persons[p].last
		if norm != last && (len(norm) != len(last)+1 || norm[len(last)] != 's' || norm[:len(last)] != last) {
			continue
		}
		if d.persons[p].common && !d.surnameNotWord(i) {
			continue
		}
		if best < 0 || d.persons[p].first < i {
			best = p
		}
	}
	return best
}

// surnameNotWord tells the coach Anfang from the beginning ("am Anfang",
// "Anfang Mai", "den Anfang").
func (d *doc) surnameNotWord(i int) bool {
	if d.is(i-1, classDef|classIndef|classPossess) || d.is(i+1, classMonth|classSeason|classPast) {
		return false
	}
	switch d.norm(i - 1) {
	case "am", "zu", "zum", "im", "ein", "von", "seit", "bis", "ohne", "kein", "erst":
		return d.norm(i-1) == "von"
	}
	switch d.norm(i + 1) {
	case "der", "des", "dieses", "kommender", "naechster", "vergangener", "von":
		return false
	}
	return !d.sentenceStart(i)
}

func (d *doc) sentenceStart(i int) bool {
	from := d.sents[d.toks[i].sent].from
	for from < i && d.toks[from].kind == punctToken {
		from++
	}
	return from == i
}

// findBareNames reads surnames that nobody introduced in full, by the role
// before them: "Trainer Kovac".
func (d *doc) findBareNames() {
	for i := 1; i < len(d.toks) && len(d.persons) < maxPersons; i++ {
		if !d.nameLike(i) || d.toks[i].glued || !d.toks[i].spaced || d.toks[i].shout || !d.sameSentence(i-1, i) {
			continue
		}
		if !d.is(i-1, classAnyRole) || d.gaz.CommonWord(d.toks[i].norm) || d.nounLike(d.toks[i].norm) {
			continue
		}
		end := i + 1
		for end < len(d.toks) && d.toks[end].glued && d.nameLike(end) {
			end++
		}
		d.persons = append(d.persons, person{
			name: d.personName(i, end), key: d.key(i, end), last: d.toks[end-1].norm, first: i, single: true,
		})
		p := len(d.persons) - 1
		d.persons[p].count++
		d.cover(mention{kind: personMention, from: i, to: end, ent: p, form: surname, owner: -1})
		d.repeatBareName(p, end)
	}
}

// repeatBareName marks the later mentions of a bare surname.
func (d *doc) repeatBareName(p, from int) {
	for i := from; i < len(d.toks); i++ {
		t := &d.toks[i]
		if t.ment < 0 && t.capital && t.kind == wordToken && (t.norm == d.persons[p].last || t.norm == d.persons[p].last+"s") {
			d.persons[p].count++
			d.cover(mention{kind: personMention, from: i, to: i + 1, ent: p, form: surname, owner: -1})
		}
	}
}

// findAges reads "(44)", ", 62,", "der 44-jährige X", "44 Jahre alte X" and
// "the 44-year-old X".
func (d *doc) findAges() {
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != personMention || x.ent < 0 {
			continue
		}
		if n := d.ageAfter(x.to); n > 0 {
			d.persons[x.ent].age = n
		} else if n := d.ageBefore(x.from); n > 0 {
			d.persons[x.ent].age = n
		}
	}
}

const (
	minAge = 18
	maxAge = 85
)

func plausibleAge(n int) int {
	if n < minAge || n > maxAge {
		return 0
	}
	return n
}

func (d *doc) ageAfter(i int) int {
	switch d.norm(i) {
	case "(":
		if d.norm(i+2) == ")" || d.norm(i+2) == "," {
			return plausibleAge(d.num(i + 1))
		}
	case ",":
		k := i + 1
		if d.norm(k) == "ebenfalls" || d.norm(k) == "now" || d.norm(k) == "aged" {
			k++
		}
		if n := d.norm(k + 1); n == "," || n == "." || n == "-" {
			return plausibleAge(d.num(k))
		}
	}
	return 0
}

func (d *doc) ageBefore(i int) int {
	for k := i - 1; k >= 0 && k >= i-6 && d.sameSentence(k, i); k-- {
		if d.toks[k].kind == punctToken && d.norm(k) != "," || d.toks[k].ment >= 0 && d.ments[d.toks[k].ment].kind == personMention {
			return 0
		}
		if n := d.ageAt(k); n > 0 {
			return n
		}
	}
	return 0
}

// ageAt is the age written at number token k: "44-jährige", "44 Jahre alte",
// "44-year-old".
func (d *doc) ageAt(k int) int {
	if d.toks[k].kind != numberToken {
		return 0
	}
	next := d.norm(k + 1)
	if strings.HasPrefix(next, "jaehrig") || next == "jahre" && strings.HasPrefix(d.norm(k+2), "alt") ||
		next == "year" && d.norm(k+2) == "old" {
		return plausibleAge(d.num(k))
	}
	return 0
}
