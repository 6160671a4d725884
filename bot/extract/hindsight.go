package extract

import (
	"strings"

	"karussell/bot"
)

// Some articles speak of coaches and hold no news about them: obituaries and
// anniversaries, polls among readers, satire, a coach who is ill for a week.

// leadOnly is the number of sentences in which an article says what it is.
const leadOnly = 4

// readGenre finds out whether the article is of such a kind.
func (d *doc) readGenre() {
	if !d.german() {
		return
	}
	for n := 0; n < len(d.sents) && n <= leadOnly; n++ {
		s := &d.sents[n]
		for i := s.from; i < s.to; i++ {
			switch {
			case d.deathWord(i), d.lookingBack(i, s.kind == headlineBlock || s.kind == teaserBlock):
				d.topic.hindsight = true
			case d.pollWord(i):
				d.topic.poll = true
			case d.inventedWord(i):
				d.topic.other = true
			}
		}
	}
}

// deathWord reports whether token i says that somebody died: "ist tot",
// "trauert um", "im Alter von 76 Jahren gestorben".
func (d *doc) deathWord(i int) bool {
	switch d.norm(i) {
	case "gestorben", "verstorben", "verstorbene", "verstorbenen", "verstarb", "nachruf", "todestag":
		return true
	case "tot":
		return d.norm(i-1) == "ist" || d.norm(i+1) == "ist"
	case "trauer", "trauert", "trauern":
		return d.norm(i+1) == "um"
	}
	return false
}

// lookingBack reports whether token i announces a look into the past: "heute
// vor zwanzig Jahren", in a headline also "zum 60. Geburtstag".
func (d *doc) lookingBack(i int, headline bool) bool {
	switch d.norm(i) {
	case "kalenderblatt":
		return true
	case "vor":
		switch d.norm(i - 1) {
		case "heute", "genau", "exakt":
			return strings.HasPrefix(d.norm(i+2), "jahr") && (d.norm(i-1) == "heute" || headline)
		}
		return headline && i == d.sents[d.toks[i].sent].from && strings.HasPrefix(d.norm(i+2), "jahr")
	case "geburtstag", "jubilar", "rueckblick", "rueckschau", "zeitreise":
		return headline
	case "eigentlich":
		return headline && d.norm(i-1) == "macht"
	}
	return false
}

// pollWord reports whether token i speaks of a vote among readers or fans.
func (d *doc) pollWord(i int) bool {
	switch d.norm(i) {
	case "umfrage", "leserumfrage", "fanumfrage", "leservotum", "voting", "fanvoting", "leserfrage":
		return true
	case "abgestimmt":
		return d.norm(i-1) == "habt" || d.norm(i-1) == "haben" || d.norm(i-1) == "leser" || d.norm(i-1) == "fans"
	}
	return false
}

// inventedWord reports whether token i says that the article tells of something
// made up.
func (d *doc) inventedWord(i int) bool {
	switch d.norm(i) {
	case "aprilscherz", "satire", "computerspiel", "videospiel", "managerspiel", "kriminalroman", "spielfilm", "theaterstueck":
		return true
	}
	return false
}

// onlyWished reports whether a fact of that type cannot come from the article:
// what readers vote for is no candidature, and no club backs its coach there.
func (d *doc) onlyWished(typ bot.EventType) bool {
	return d.topic.poll && (typ == bot.Link || typ == bot.Rejection || typ == bot.Pressure)
}

// standsIn reports whether somebody only takes the place of a coach who is ill
// or suspended and keeps his post: an illness near the trigger, and no club of
// the article has lost its coach.
func (d *doc) standsIn(t *trigger, p int) bool {
	if len(d.topic.vacant) > 0 || !d.german() || d.untilNear(t, bot.Appointment) != "" {
		return false
	}
	for i := range d.trigs {
		if o := &d.trigs[i]; !o.off && (o.idiom.kind.event() == bot.Departure || o.idiom.kind == kindSuccession) {
			return false
		}
	}
	blk := d.sents[t.sent].block
	for n := max(0, t.sent-3); n <= t.sent+1 && n < len(d.sents); n++ {
		if s := &d.sents[n]; (s.block >= blk-1 && s.block <= blk+1) && d.laidUp(s, p) {
			return true
		}
	}
	return false
}

// laidUp reports whether the sentence says that somebody other than p, who may
// be a coach, is ill or suspended.
func (d *doc) laidUp(s *sentence, p int) bool {
	ill, coach := false, false
	for i := s.from; i < s.to; i++ {
		ill = ill || d.illWord(d.norm(i))
		coach = coach || d.is(i, classAnyCoach)
		if m := d.toks[i].ment; m >= 0 && d.ments[m].kind == personMention && d.ments[m].ent >= 0 && d.ments[m].ent != p {
			coach = coach || d.persons[d.ments[m].ent].grade() >= 0
		}
	}
	return ill && coach
}

// illWord reports whether a word names an illness or a suspension.
func (d *doc) illWord(w string) bool {
	for _, stem := range [...]string{"erkrank", "krankenhaus", "krankheit", "blinddarm", "gelbsperre", "gelbgesperrt", "rotgesperrt", "rotsperre", "innenraumverbot", "quarantaene", "grippe", "lungenentzuendung", "bandscheibe", "coronainfektion"} {
		if strings.HasPrefix(w, stem) {
			return true
		}
	}
	switch w {
	case "krank", "gesperrt", "gesperrten", "operiert", "operation", "erkaeltet", "krankgeschrieben", "elternzeit":
		return true
	}
	return false
}

// wellKnown reports whether the clause itself says that it tells nothing new:
// "der den Klub im Sommer bekanntlich verlässt".
func (d *doc) wellKnown(t *trigger) bool {
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		switch d.norm(i) {
		case "bekanntlich", "bekanntermassen":
			return true
		}
	}
	return false
}

// afterNoun reports whether a departure is only the point in time of a story
// told in the pluperfect: "war nach dem Weggang von X zurückgekehrt".
func (d *doc) afterNoun(t *trigger) bool {
	if !d.german() || t.idiom.kind.event() != bot.Departure || !d.toks[t.head].capital {
		return false
	}
	after := false
	for k := t.from - 1; k >= t.from-3 && k >= 0 && d.sameSentence(k, t.head); k-- {
		after = after || d.norm(k) == "nach"
	}
	return after && d.longAgo(&d.sents[t.sent])
}

// longAgo reports whether a sentence stands in the pluperfect: "hatte ...
// gewonnen", "war ... gekommen".
func (d *doc) longAgo(s *sentence) bool {
	was := false
	for i := s.from; i < s.to; i++ {
		if d.is(i, classPlu) {
			return true
		}
		switch d.norm(i) {
		case "war", "waren":
			was = true
		case "gekommen", "zurueckgekehrt", "gewechselt", "gegangen", "aufgestiegen", "angetreten", "worden", "gewesen", "geworden", "eingesprungen", "nachgerueckt", "aufgerueckt":
			if was {
				return true
			}
		}
	}
	return false
}

// thereClub is the club that "dort" in the clause of a trigger points back to,
// or -1: "... aus Osnabrück. Dort müssen sie ...".
func (d *doc) thereClub(t *trigger) int {
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		if d.norm(i) != "dort" || !d.german() {
			continue
		}
		for k := i - 1; k >= 0 && k >= i-40 && int(d.toks[k].sent) >= t.sent-1; k-- {
			if d.sents[d.toks[k].sent].block != d.sents[t.sent].block {
				return -1
			}
			if m := d.clubAt(k); m >= 0 && !d.ments[m].versus {
				return d.ments[m].ent
			}
		}
		return -1
	}
	return -1
}

// takenBy reports whether a club mention fills the departure of another coach
// in the same sentence: "X war seinen Job los, Y ist nicht mehr Trainer von A".
func (d *doc) takenBy(t *trigger, k, p int) bool {
	if t.idiom.kind.event() != bot.Departure {
		return false
	}
	beside := d.beside(t.sent)
	for i := range beside {
		o := &beside[i]
		if o == t || o.off || o.idiom.kind.event() != bot.Departure || o.captured('K') != k {
			continue
		}
		if c := o.captured('C'); c >= 0 && d.ments[c].ent >= 0 && d.ments[c].ent != p && d.farther(t, k, o) {
			return true
		}
	}
	return false
}

// farther reports whether mention k stands in a clause of trigger o and in none
// of trigger t.
func (d *doc) farther(t *trigger, k int, o *trigger) bool {
	mine, _ := d.farness(t, &d.ments[k])
	his, _ := d.farness(o, &d.ments[k])
	return his == 0 && mine > 0
}

// crowdWants reports whether only somebody in the crowd wants it: "Einer will den
// Trainer rauswerfen", "viele Fans möchten ihn loswerden".
func (d *doc) crowdWants(t *trigger) bool {
	if t.idiom.kind.event() == bot.Pressure {
		return false
	}
	crowd, wants := false, false
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		switch d.norm(i) {
		case "einer", "mancher", "manche", "fans", "anhaenger", "stammtisch", "leser":
			crowd = crowd || !d.is(i-1, classPlace) && d.norm(i-1) != "von"
		case "will", "wollen", "wollte", "wollten", "moechte", "moechten", "wuerde", "wuerden":
			wants = true
		}
	}
	return crowd && wants
}
