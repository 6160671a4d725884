package extract

import (
	"strings"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// What looks like a club and is none, or is only the opponent.

// placeCompound reads "Concordia Wiemelhausen": a club that no gazetteer knows,
// called like a well-known one and its own place. Later mentions by the first
// word mean it too.
func (d *doc) placeCompound(i int) bool {
	for c := range d.clubs {
		if d.clubs[c].unknown && strings.HasPrefix(string(d.clubs[c].id), d.toks[i].norm+"-") {
			m := mention{kind: clubMention, from: i, to: i + 1, ent: c, owner: -1, sense: gazetteer.Alias, versus: d.opponent(i)}
			d.note(c, &m)
			d.cover(m)
			return true
		}
	}
	if !d.nameLike(i+1) || !d.toks[i+1].spaced || !d.sameSentence(i, i+1) || !strings.HasSuffix(d.toks[i].norm, "a") ||
		d.gaz.CommonWord(d.toks[i+1].norm) || d.nounLike(d.toks[i+1].norm) || d.is(i+1, classFirstName) || d.gaz.FirstName(d.toks[i+1].norm) {
		return false
	}
	if hits := d.gaz.Find([]string{d.src[d.toks[i+1].start:d.toks[i+1].end]}); len(hits) > 0 {
		return false
	}
	d.unknownClub(i, i+2)
	return true
}

// firstNameNotClub reports whether token i is a first name that is a club's
// nickname only in the plural ("die Heiner").
func (d *doc) firstNameNotClub(i int) bool {
	t := &d.toks[i]
	if !t.class.has(classFirstName) && !d.gaz.FirstName(t.norm) {
		return false
	}
	return d.norm(i-1) != "die" && d.norm(i-1) != "den"
}

// quotedName reports whether a common word is used as a name: „Club“ in an
// article that names the 1. FC Nürnberg.
func (d *doc) quotedName(i int, s gazetteer.Sense) bool {
	quoted := d.norm(i-1) == `"` && d.norm(i+1) == `"`
	if d.isAnchored(s.Club) {
		return quoted || d.norm(i) != "mannschaft" && d.norm(i) != "verein" && d.norm(i) != "klub"
	}
	return quoted
}

// isAnchored reports whether the article names the club elsewhere.
func (d *doc) isAnchored(id bot.ClubID) bool {
	for k := range d.clubs {
		if d.clubs[k].id == id && d.clubs[k].anchored {
			return true
		}
	}
	return false
}

// manly reports whether a hit can also mean a man from a town or region.
func (d *doc) manly(from, to int, f gazetteer.Form) bool {
	if to-from > 1 {
		return false
	}
	w := strings.TrimSuffix(d.toks[from].norm, "s")
	return f == gazetteer.Adjective || strings.HasSuffix(w, "er") && (f > gazetteer.Name || d.is(from, classDemonym))
}

// outletContext reports whether an ambiguous name ("Standard") is the medium:
// in quotation marks or after "laut".
func (d *doc) outletContext(from, to int) bool {
	if d.norm(from-1) == `"` || d.norm(from-1) == "laut" || d.norm(to) == "zufolge" {
		return true
	}
	for i := from - 3; i < to+4; i++ {
		if i >= 0 && d.sameSentence(i, from) && (d.is(i, classReport) || d.norm(i) == "handelt" || d.norm(i) == "nennt" || d.norm(i) == "informationen" || d.norm(i) == "angaben") {
			return true
		}
	}
	return false
}

// birthplace reports whether a town is only where somebody was born, grew up or
// lives: "geboren in Witten und aufgewachsen in Wengern", "born in Leeds".
func (d *doc) birthplace(from int) bool {
	if p := d.norm(from - 1); p != "in" && p != "aus" {
		return false
	}
	for i := from - 2; i >= from-3 && i >= 0 && d.sameSentence(i, from); i-- {
		switch d.norm(i) {
		case "geboren", "aufgewachsen", "gebuertig", "wohnt", "wohnhaft", "lebt", "stammt", "zuhause", "born", "raised", "lives":
			return true
		}
	}
	return false
}

// personOfTown reports whether an adjective of a town means a man from there
// ("der Wiener", "der gebürtige Mannheimer") and no club ("die Wiener", "der
// Wiener Trainer").
func (d *doc) personOfTown(from, to int) bool {
	next := d.norm(to)
	if to < len(d.toks) && d.toks[to].capital && d.toks[to].spaced && d.sameSentence(from, to) && !d.is(to, classStop) || d.toksGlued(to) {
		return false
	}
	if strings.HasPrefix(d.norm(from-1), "gebuertig") {
		return true
	}
	word := d.norm(to - 1)
	switch d.norm(from - 1) {
	case "die", "zwischen":
		return false
	case "dem", "ein", "einen", "einem":
		return true
	case "des":
		return strings.HasSuffix(word, "s")
	case "den":
		return !strings.HasSuffix(word, "n")
	case "der":
		before := from - 2
		genitive := before >= 0 && d.sameSentence(before, from) && (d.toks[before].capital && !d.is(before, classStop) || d.is(before, classPlace))
		return !genitive && next != "und"
	}
	return d.is(from-1, classFormer) && d.is(from-2, classDef)
}

func (d *doc) toksGlued(i int) bool { return i < len(d.toks) && d.toks[i].glued }

// partOfName keeps "Moritz Stuttgart" and "Köln, Köllner" apart: a town between
// a first name and nothing else is a surname.
func (d *doc) partOfName(from, to int, f gazetteer.Form) bool {
	if to-from > 1 || from == 0 || !d.sameSentence(from-1, from) || d.toks[from].shout && f <= gazetteer.Alias {
		return false
	}
	t := &d.toks[from-1]
	if t.norm == `"` && from >= 4 && d.norm(from-3) == `"` { // Andreas „Zecke“ Neuendorf
		t = &d.toks[from-4]
	}
	return t.kind == wordToken && t.capital && d.toks[from].spaced && t.ment < 0 && (t.class.has(classFirstName) || d.gaz.FirstName(t.norm)) &&
		!d.is(from-1, classStop|classAnyRole|classNoName)
}

// opponent reports whether the club at token i is only the other side of a
// match: "gegen Bremen", "beim 0:4 in München", "1:2 gegen".
func (d *doc) opponent(i int) bool {
	for k := i - 1; k >= 0 && k >= i-3 && d.sameSentence(k, i); k-- {
		if d.is(k, classVersus) {
			return true
		}
		if d.is(k, classPlace) && d.is(k-1, classMatch) && d.sameSentence(k-1, i) {
			return true
		}
		if d.toks[k].kind == punctToken && d.norm(k) != "." || d.toks[k].kind == wordToken && d.toks[k].capital && !d.is(k, classStop|classClubNoun) {
			break
		}
	}
	return d.afterScore(i) || !d.german() && d.visits(i)
}

// visits reports whether an English sentence calls the club at token i to a
// match: "when Charlton Athletic visit".
func (d *doc) visits(i int) bool {
	for k := i + 1; k < len(d.toks) && k < i+4 && d.sameSentence(k, i); k++ {
		switch d.norm(k) {
		case "visit", "visits", "await", "awaits", "travel", "travels", "arrive":
			return true
		case "this", "on":
			return d.norm(i-1) == "at" && (d.norm(k) == "this" || d.is(k+1, classWeekday))
		}
		if d.toks[k].kind == punctToken {
			return false
		}
	}
	return d.norm(i-1) == "from" && d.is(i-2, classMatch) || d.norm(i-1) == "the" && d.norm(i-2) == "from" && d.is(i-3, classMatch)
}

// afterScore reports whether a result such as 1:5 stands closely before i.
func (d *doc) afterScore(i int) bool {
	for k := i - 1; k >= 1 && k >= i-4 && d.sameSentence(k-1, i); k-- {
		t := &d.toks[k]
		score := t.glued && d.toks[k-1].kind == numberToken || d.norm(k-1) == ":" && !t.spaced && d.num(k-2) >= 0
		if t.kind == numberToken && score {
			return d.norm(k+1) == "ueber" || d.is(k+1, classPlace|classDef|classVersus|classMatch) || d.norm(k+1) == "at"
		}
	}
	return false
}
