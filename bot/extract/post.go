package extract

import (
	"strings"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// Who works where at present, as the article says in passing.

// post says that somebody works or worked for a club.
type post struct {
	person int
	club   int
	role   bot.Role
	team   bot.Team
	former bool
	newly  bool
	from   bot.Date
	to     bot.Date
	sent   int
	at     int // token of the club's name, or 0
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

// spreadFormer carries "einst bei A" over the clubs of a list: "once of A, B
// and C".
func (d *doc) spreadFormer() {
	for m := range d.ments {
		x := &d.ments[m]
		if x.kind != clubMention || x.ent < 0 || x.former || !d.formerNear(x.from) {
			continue
		}
		for _, k := range d.moreClubs(m) {
			d.ments[k].former = true
		}
	}
}

// postBefore reads "Y-Trainer X", "der Frankfurter Trainer X", "Liverpool
// manager X", "Trainer des Y, X".
func (d *doc) postBefore(m int) {
	x := &d.ments[m]
	o, ok := d.officeBefore(x.from)
	if !ok {
		d.clubBefore(m)
		d.attribute(m)
		return
	}
	if !o.coach {
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

// clubBefore reads "der Fürther Mike Büskens", "Düsseldorfs Friedhelm Funkel",
// "Liverpool's Jürgen Klopp".
func (d *doc) clubBefore(m int) {
	x := &d.ments[m]
	k := x.from - 1
	genitive := d.norm(k) == "'s" || d.norm(k) == "'"
	if genitive {
		k--
	}
	c := d.clubAt(k)
	if c < 0 || x.form != fullName && !genitive || !d.sameSentence(k, x.from) || d.persons[x.ent].grade() < 0 {
		return
	}
	if y := &d.ments[c]; !genitive && y.sense != gazetteer.Adjective && !strings.HasSuffix(d.toks[k].norm, "s") {
		return
	}
	o := office{coach: true}
	d.addPost(x.ent, c, &o, "post.genitive", x.from)
}

// attribute reads "der bei Austria Wien unter Vertrag stehende Michael Wimmer":
// the club belongs to the name.
func (d *doc) attribute(m int) {
	x := &d.ments[m]
	if x.from == 0 || !d.participial(x.from-1) {
		return
	}
	c := -1
	for k := x.from - 1; k >= 0 && k >= x.from-9 && d.sameSentence(k, x.from); k-- {
		if d.toks[k].kind == punctToken && d.norm(k) != "." {
			return
		}
		if y := d.clubAt(k); y >= 0 {
			c = y
		}
		if c >= 0 && d.is(k, classDef) && !d.is(k, classPlace) && k < d.ments[c].from {
			o := office{coach: true}
			switch d.norm(x.from - 1) {
			case "stehende", "stehenden", "taetige", "taetigen", "arbeitende", "beschaeftigte", "angestellte", "gebundene":
			default:
				o.former = true
			}
			d.addPost(x.ent, c, &o, "post.attribute", x.from)
			return
		}
	}
}

// participial reports whether token i is an inflected participle or adjective
// of the kind that closes an attribute: "stehende", "entlassenen".
func (d *doc) participial(i int) bool {
	t := &d.toks[i]
	if !d.german() || t.capital || t.kind != wordToken || t.info.finite || t.class.has(classPlace|classJoin|classAux|classPast) {
		return false
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(t.norm, "n"), "r"), "e")
	return stem != t.norm && len(stem) > 5 && (strings.HasSuffix(stem, "nd") || strings.HasSuffix(stem, "t") || strings.HasSuffix(stem, "en"))
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
	if d.norm(i) == "(" {
		d.postInBrackets(m, o, before)
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
	if i >= len(d.toks) || !d.sameSentence(i, x.from) {
		return
	}
	if d.norm(i) == "," && d.apposition(m) {
		return
	}
	if d.possessed(m) {
		return
	}
	if c := d.clubBehind(i); c >= 0 && d.persons[x.ent].grade() > 0 && !o.other {
		o.coach = true
		o.former = o.former || d.backwards(&d.sents[d.toks[i].sent])
		d.addPost(x.ent, c, &o, "post.brackets", x.from)
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

// postInBrackets reads "X (Y)", "X (44, Y)"; before says that the office o stands
// before the name.
func (d *doc) postInBrackets(m int, o office, before bool) {
	x := &d.ments[m]
	for k := x.to + 1; k < len(d.toks) && k < x.to+9 && d.norm(k) != ")"; k++ {
		c := d.clubAt(k)
		if c < 0 {
			continue
		}
		switch d.norm(k - 1) {
		case "frueher", "ex", "zuletzt", "formerly", "ehemals":
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

// possessed reads "Derek McInnes' Hearts", "Postecoglou's Tottenham".
func (d *doc) possessed(m int) bool {
	x := &d.ments[m]
	if d.german() || d.norm(x.to) != "'s" && d.norm(x.to) != "'" || d.persons[x.ent].grade() <= 0 {
		return false
	}
	c := d.clubAt(x.to + 1)
	if c < 0 || d.ments[c].noun {
		return false
	}
	o := office{coach: true}
	d.addPost(x.ent, c, &o, "post.possessed", x.from)
	return true
}

// clubBehind is the club in "Thomas Tuchel in Dortmund", "Streich beim SC
// Freiburg": directly behind a name and closed by a mark or an "und"; else -1.
func (d *doc) clubBehind(i int) int {
	if !d.is(i, classPlace) {
		return -1
	}
	switch d.norm(i) {
	case "in", "bei", "beim", "auf", "at":
	default:
		return -1
	}
	k := i + 1
	if d.is(k, classDef) {
		k++
	}
	c := d.clubAt(k)
	if c < 0 || d.ments[c].from != k || d.ments[c].versus {
		return -1
	}
	if end := d.ments[c].to; end < len(d.toks) && d.sameSentence(end, i) && d.toks[end].kind != punctToken && !d.is(end, classJoin) {
		return -1
	}
	return c
}

// apposition reads "X, heute zweiter Mann beim FC Y, ..." and "X, bis Oktober
// in Diensten von Y".
func (d *doc) apposition(m int) bool {
	x := &d.ments[m]
	o := office{coach: true}
	for k := x.to + 1; k < len(d.toks) && k < x.to+10 && d.sameSentence(k, x.to); k++ {
		if k == x.to+1 && d.is(k, classRelative) || d.toks[k].info.finite || d.is(k, classAux) {
			return false
		}
		if d.toks[k].kind == punctToken && d.norm(k) != "." || d.toks[k].ment >= 0 && d.ments[d.toks[k].ment].kind == personMention {
			return false
		}
		switch d.norm(k) {
		case "bis", "zuletzt", "einst", "frueher", "formerly", "once", "zuvor", "previously", "sacked", "dismissed":
			o.former = true
		case "mann", "hand":
			o.role = bot.Assistant
		}
		c := d.clubAt(k)
		if c < 0 {
			continue
		}
		if end := d.norm(d.ments[c].to); o.former && d.norm(k-1) == "by" || (end == "," || end == "." || end == ";" || end == "und") && d.is(k-1, classPlace|classDef) {
			d.addPost(x.ent, c, &o, "post.brackets", x.from)
			return true
		}
		return false
	}
	return false
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
	for _, more := range d.moreClubs(c) {
		if more != c && d.ments[more].owner < 0 {
			d.ments[more].owner, d.ments[more].former = p, o.former
			d.keepPost(p, more, o, rule, at)
		}
	}
	x := &d.ments[c]
	x.owner, x.former, x.versus = p, o.former, x.versus && rule == "post.brackets"
	d.keepPost(p, c, o, rule, at)
}

// keepPost appends a post.
func (d *doc) keepPost(p, c int, o *office, rule string, at int) {
	if len(d.posts) >= maxPosts {
		return
	}
	x := &d.ments[c]
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
		person: p, club: x.ent, role: role, team: team, former: o.former || d.is(o.from, classFormer), newly: o.newly,
		sent: int(d.toks[at].sent), at: x.from, rule: rule,
	})
}

// newlyAt reports whether the article calls somebody the new coach of a club.
func (d *doc) newlyAt(p, c int) bool {
	for i := range d.posts {
		if o := &d.posts[i]; o.person == p && o.club == c && o.newly && !o.former {
			return true
		}
	}
	return false
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
