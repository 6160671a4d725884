package extract

import (
	"strings"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// ties reads who stands beside which club without an idiom that says so: "der in
// Basel arbeitet", "noch steht der 48-Jährige beim FC Thun in der Pflicht".
func (d *doc) ties() {
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != personMention || x.ent < 0 || x.compound || d.persons[x.ent].grade() < 1 || len(d.posts) >= 3*maxPosts {
			continue
		}
		if from, to := d.relativeBehind(m); from < to {
			d.tie(m, from, to, "sta.relative")
		}
		from, to := d.clauseOf(x.from)
		if d.alone(m, from, to) {
			d.tie(m, from, to, "sta.clause")
		}
	}
}

// relativeBehind is the relative clause that follows a name.
func (d *doc) relativeBehind(m int) (from, to int) {
	i := d.ments[m].to
	if d.norm(i) == "(" {
		for k := i + 1; k < i+6; k++ {
			if d.norm(k) == ")" {
				i = k + 1
				break
			}
		}
	}
	if d.norm(i) == "," && d.num(i+1) > 0 && d.norm(i+2) == "," {
		i += 2
	}
	if d.norm(i) != "," || !d.sameSentence(i, i+1) {
		return 0, 0
	}
	if !d.is(i+1, classRelative) && (!d.is(i+1, classPlace) || !d.is(i+2, classRelative)) {
		return 0, 0
	}
	return d.clauseOf(i + 1)
}

// alone reports whether m is the only person of its clause.
func (d *doc) alone(m, from, to int) bool {
	for i := from; i < to; i++ {
		k := int(d.toks[i].ment)
		if k >= 0 && d.ments[k].kind == personMention && d.ments[k].ent != d.ments[m].ent {
			return false
		}
	}
	return true
}

// tie gives the person of mention m a post at the clubs of a clause.
func (d *doc) tie(m, from, to int, rule string) {
	p := d.ments[m].ent
	for i := from; i < to; i++ {
		c := d.clubAt(i)
		if c < 0 || d.ments[c].from != i {
			continue
		}
		x := &d.ments[c]
		if x.noun || x.versus || x.owner >= 0 && x.owner != p || d.hasPostAt(p, x.ent) || d.onlyLinked(p, x.ent) || d.onlyPlace(x) {
			continue
		}
		if !d.is(x.from-1, classPlace) && (!d.is(x.from-1, classDef) || !d.is(x.from-2, classPlace)) {
			continue
		}
		if x.sense >= gazetteer.Town && d.clubs[x.ent].national {
			continue
		}
		po := post{person: p, club: x.ent, role: d.clauseRole(from, to, x), team: x.team, former: d.past(from, to) || x.former, sent: int(d.toks[i].sent), at: i, rule: rule}
		po.from, po.to = d.spell(x.to)
		d.posts = append(d.posts, po)
	}
}

// past reports whether a clause looks back.
func (d *doc) past(from, to int) bool {
	for i := from; i < to; i++ {
		if d.is(i, classPlu|classPast) {
			return true
		}
	}
	return false
}

// clauseRole is the role that the words of a clause give somebody at club mention
// x: that of the cue nearest to the club.
func (d *doc) clauseRole(from, to int, x *mention) bot.Role {
	role, near := bot.Head, to-from+1
	if x.team == bot.SecondTeam || x.team == bot.YouthTeam {
		role = bot.Youth
	}
	for i := from; i < to; i++ {
		away := max(x.from-i, i-x.to+1)
		if r := d.roleCue(i); r != "" && away < near {
			role, near = r, away
		}
	}
	return role
}

// roleCue is the role that a word speaks of, or none.
func (d *doc) roleCue(i int) bot.Role {
	switch d.norm(i) {
	case "zugearbeitet", "zuarbeitete", "zuarbeitet", "assistierte", "assistiert", "hand", "stab", "staff", "backroom", "assisted":
		return bot.Assistant
	case "reserve", "nachwuchs", "akademie", "talente", "leistungszentrum", "academy", "zweitvertretung", "unterbau":
		return bot.Youth
	case "platzhalter", "aushalf", "aushilfsweise", "einsprang", "eingesprungen", "ausgeholfen", "kommissarisch":
		return bot.Interim
	case "spielte", "spieler", "profi", "kickte", "aktiver", "aktive", "stuermte", "trikot", "played":
		return bot.Player
	case "trainergeschaeft":
		return bot.Head
	}
	switch c := d.toks[i].class; {
	case c.has(classAssistant):
		return bot.Assistant
	case c.has(classYouthCoach | classSecond | classYouth):
		return bot.Youth
	case c.has(classInter | classInterimCoach):
		return bot.Interim
	case c.has(classAnyCoach | classBody):
		return bot.Head
	case c.has(classPlayer):
		return bot.Player
	}
	return ""
}

// standing gives a caretaker the post that he otherwise holds: "Assistent X
// übernimmt bis zum Winter", "eigentlich Coach der U23".
func (d *doc) standing() {
	for i := range d.posts {
		o := &d.posts[i]
		if o.club < 0 || o.former || o.role != bot.Interim && o.role != bot.Head || len(d.posts) >= 3*maxPosts {
			continue
		}
		if f := d.find(bot.Appointment, o.person, o.club); f == nil || f.dead {
			continue
		}
		role := d.lesserOffice(o.person)
		if role == "" || d.hasRoleAt(o.person, o.club, role) {
			continue
		}
		if role == bot.Assistant && d.hasRole(o.person, role) || role == bot.Youth && d.hasRole(o.person, role) {
			continue
		}
		d.posts = append(d.posts, post{person: o.person, club: o.club, role: role, former: true, sent: o.sent, rule: "sta.standing"})
	}
}

// lesserOffice is the office below the first team's that the article calls
// somebody by, or none.
func (d *doc) lesserOffice(p int) bot.Role {
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != personMention || x.ent != p {
			continue
		}
		o, ok := d.officeBefore(x.from)
		if !ok {
			o, ok = d.officeAfter(x.to)
		}
		if !ok && x.form == describedAs && d.is(x.to-1, classAnyRole) {
			o, ok = d.officeAt(x.to-1), true
		}
		if ok && o.coach && (o.role == bot.Assistant || o.role == bot.Youth || o.team == bot.SecondTeam || o.team == bot.YouthTeam) {
			if o.role == bot.Assistant {
				return bot.Assistant
			}
			return bot.Youth
		}
	}
	return ""
}

func (d *doc) hasRole(p int, r bot.Role) bool {
	for i := range d.posts {
		if d.posts[i].person == p && d.posts[i].role == r {
			return true
		}
	}
	return false
}

func (d *doc) hasRoleAt(p, c int, r bot.Role) bool {
	for i := range d.posts {
		if d.posts[i].person == p && d.posts[i].club == c && d.posts[i].role == r {
			return true
		}
	}
	return false
}

// lower corrects the role of a head coach's post where the words of its clause
// speak of a youth team or of an assistant.
func (d *doc) lower() {
	for i := range d.posts {
		o := &d.posts[i]
		if o.at == 0 || o.role != bot.Head || d.find(bot.Appointment, o.person, o.club) != nil || d.find(bot.Departure, o.person, o.club) != nil {
			continue
		}
		from, to := d.clauseOf(o.at)
		m := d.toks[o.at].ment
		if r := d.clauseRole(from, to, &d.ments[m]); r == bot.Youth {
			o.role = r
		}
	}
}

// onlyPlace reports whether a country is where something happened rather than its
// team: "auf Malta", "in Hongkong".
func (d *doc) onlyPlace(x *mention) bool {
	if !d.clubs[x.ent].national || x.noun {
		return false
	}
	switch d.norm(x.from - 1) {
	case "in", "auf", "nach", "aus":
		return true
	}
	return false
}

// playersMove reports whether a past move was a player's: by the words of its
// sentence, or because it lies so far back.
func (d *doc) playersMove(f *fact) bool {
	players := false
	for i := range d.trigs {
		if t := &d.trigs[i]; t.sent == f.sent && t.idiom.id == f.rule {
			players = t.idiom.player
		}
	}
	if !players {
		return false
	}
	s := &d.sents[f.sent]
	for i := s.from; i < s.to; i++ {
		if d.is(i, classAnyCoach|classBody) {
			return false
		}
	}
	for i := s.from; i < s.to; i++ {
		switch d.norm(i) {
		case "debuet", "bundesliga-debuet", "profidebuet", "tore", "toren", "treffer", "laenderspiele", "laenderspielen", "pflichtspiele", "jugend", "profi", "spieler", "stuermer", "debut", "goals", "caps", "appearances":
			return true
		}
	}
	return false
}

// sharpen leaves the more exact of two roles that one sentence gives somebody at
// one club: "als Co-Trainer bei X sowie als Chef bei Y" makes nobody chief of X.
func (d *doc) sharpen() {
	for i := range d.posts {
		o := &d.posts[i]
		if o.role != bot.Head || o.club < 0 || !strings.HasPrefix(o.rule, "sta.") {
			continue
		}
		for k := range d.posts {
			x := &d.posts[k]
			if x.person == o.person && x.club == o.club && x.sent == o.sent && (x.role == bot.Assistant || x.role == bot.Youth) {
				o.club = -1
				break
			}
		}
	}
}
