package extract

import (
	"strings"
	"time"

	"karussell/bot"
)

// freshDays is how long before publication something can have happened and
// still be news (the guideline's week).
const freshDays = 7

// time dates a fact and says whether it is news.
func (d *doc) time(t *trigger, f *fact) {
	present := f.typ == bot.Link || f.typ == bot.Rejection || f.typ == bot.Pressure
	w, found := d.dateNear(t, present)
	if found && !d.german() && d.announced(t) && d.isOld(&w) {
		found = false // "X, sacked in 2019, will look after the side"
	}
	if found {
		f.date = w.date
	}
	if !d.timeByWords(t, f, &w, found) {
		d.timeByDate(t, f, &w, found, present)
	}
	f.proof = f.fresh && (found && (w.recent || d.isNew(w.date)) || t.idiom.now || t.idiom.strong && !d.pastVerb(t) || t.sent < 3 || d.sents[t.sent].kind == headlineBlock || d.sents[t.sent].kind == teaserBlock)
}

// timeByWords decides by the words around a trigger and by days; false leaves it
// to the date and the tense.
func (d *doc) timeByWords(t *trigger, f *fact, w *when, found bool) bool {
	switch {
	case d.topic.hindsight && (!found || !w.recent && !w.future):
		f.fresh, f.stale = false, true
	case d.newsWord(t):
		f.fresh = true
	case d.german() && d.wellKnown(t):
		f.fresh = false
	case t.idiom.old:
		f.fresh, f.stale = false, true
	case t.idiom.now && (!found || !d.german() || len(w.date) < 7 || !d.isOld(w)):
		f.fresh = true
	case found && w.day && d.oldSentence(t):
		f.fresh, f.stale = false, true
	case d.background(t, found && w.recent):
		f.fresh = false
		f.stale = found && d.isOld(w)
	case found && w.day:
		f.fresh = true
	case d.afterNoun(t):
		f.fresh = false
	default:
		return false
	}
	return true
}

// timeByDate decides by the date, else by the tense and the place in the
// article.
func (d *doc) timeByDate(t *trigger, f *fact, w *when, found, present bool) {
	switch {
	case found && w.recent && (d.published != "" || !d.oldSentence(t)):
		f.fresh = true
	case found && (w.future || d.isFuture(w.date)):
		f.fresh = true
		if !d.isFuture(f.date) {
			f.date = ""
		}
	case found && d.isOld(w):
		f.fresh, f.stale = false, true
	case found && len(w.date) == 4 && d.pluperfect(t): // "hatte Anfang des Jahres"
		f.fresh = false
	case found && d.isNew(w.date):
		f.fresh = true
	case !found && !d.german() && !present && d.announced(t):
		f.fresh = true
	case !present && d.oldSentence(t):
		f.fresh, f.stale = false, true
	case d.toldAsPast(t):
		f.fresh, f.stale = false, true
	case d.announced(t):
		f.fresh = true
	case t.idiom.sign && d.isFuture(d.untilNear(t, f.typ)) && !d.pluperfect(t):
		f.fresh = true
	case d.pluperfect(t) || d.attributive(t) || !present && d.narrated(t):
		f.fresh = false
	default:
		f.fresh = true
	}
}

// newsWord reports whether words such as "ab sofort" make the trigger news.
func (d *doc) newsWord(t *trigger) bool {
	beside := d.beside(t.sent)
	for i := range beside {
		if o := &beside[i]; o.idiom.kind == kindNews && d.reaches(o, t) {
			return true
		}
	}
	return false
}

// background reports whether the trigger stands in a clause that only gives
// the time or the man of another one: "ehe er den VfL übernahm", "seit X
// entlassen wurde", "X, der Y ablöste".
func (d *doc) background(t *trigger, recent bool) bool {
	if recent || t.idiom.kind.event() == bot.Link || t.idiom.kind.event() == bot.Rejection || t.idiom.kind.event() == bot.Pressure {
		return false
	}
	from, _ := d.clauseOf(t.head)
	for from < t.head && d.toks[from].kind == punctToken {
		from++
	}
	for k := from; k < from+3 && k < t.head; k++ {
		switch d.norm(k) {
		case "ehe", "bevor", "seit", "seitdem", "als", "when", "before", "since", "while":
			return k == from || d.norm(k) == "als" && k == from+1 && !d.german()
		}
	}
	return d.relativeClause(t.head) && t.sent > 2 && !d.personInHeadline(t)
}

// personInHeadline reports whether a person of the trigger's sentence stands in
// headline or teaser.
func (d *doc) personInHeadline(t *trigger) bool {
	s := &d.sents[t.sent]
	for i := s.from; i < s.to; i++ {
		m := d.toks[i].ment
		if m < 0 || d.ments[m].kind != personMention || d.ments[m].ent < 0 {
			continue
		}
		if at := d.persons[d.ments[m].ent].first; d.sents[d.toks[at].sent].kind == headlineBlock || d.sents[d.toks[at].sent].kind == teaserBlock {
			return true
		}
	}
	return false
}

// dateNear is the time expression that dates a trigger: in its clauses, else
// elsewhere in the sentence.
func (d *doc) dateNear(t *trigger, strict bool) (when, bool) {
	s := &d.sents[t.sent]
	best, bestDist := -1, 1000
	for i := s.from; i < s.to; i++ {
		k := int(d.toks[i].ment)
		if k < 0 || d.ments[k].from != i || d.ments[k].kind != dateMention {
			continue
		}
		x := &d.ments[k]
		if x.when.until || d.isContractYear(x) {
			continue
		}
		clauses, tokens := d.farness(t, x)
		if clauses == 0 && d.apart(t, x.from) {
			continue
		}
		if clauses > 2 || clauses > 0 && (strict || d.relativeClause(x.from)) {
			continue
		}
		dist := 8*clauses + tokens
		if x.when.since && clauses > 0 {
			dist += 10
		}
		if dist < bestDist {
			best, bestDist = k, dist
		}
	}
	if best < 0 || bestDist > 45 {
		return when{}, false
	}
	return d.ments[best].when, true
}

// isContractYear reports whether a date belongs to "bis 2024 datierter
// Vertrag", "Vertrag bis 2025", "the 2018 World Cup".
func (d *doc) isContractYear(x *mention) bool {
	if d.norm(x.to) == "datierte" || d.norm(x.to) == "datiertes" || d.norm(x.to) == "laufende" || d.norm(x.to) == "laufenden" {
		return true
	}
	switch d.norm(x.from - 1) {
	case "wm", "em", "von":
		return d.norm(x.from-1) != "von" || d.is(x.from-2, classPlayer)
	}
	return false
}

// span is the days of a date.
func span(x bot.Date) (first, last time.Time, ok bool) { return x.Span(time.UTC) }

// isFuture reports whether a date lies wholly after the publication.
func (d *doc) isFuture(x bot.Date) bool {
	first, _, ok := span(x)
	_, pub, ok2 := span(d.published)
	return ok && ok2 && first.After(pub)
}

// isNew reports whether a date can lie within a week before publication.
func (d *doc) isNew(x bot.Date) bool {
	_, last, ok := span(x)
	pub, _, ok2 := span(d.published)
	if !ok || !ok2 {
		return false
	}
	return !last.Before(pub.AddDate(0, 0, -freshDays))
}

// isOld reports whether a date certainly lies more than a week before
// publication. Years of undated articles are taken for history.
func (d *doc) isOld(w *when) bool {
	if w.past && w.date == "" {
		return true
	}
	if w.date == "" {
		return w.month && d.published == "" && !w.future && !w.until && !w.recent
	}
	if d.published == "" {
		return true // a year in the text of an undated article
	}
	if w.past && len(w.date) == 4 && w.date.Year() == d.published.Year() {
		return true
	}
	if w.season {
		return w.date.Year() < d.published.Year()-1 || w.date.Year() < d.published.Year() && w.past
	}
	_, last, ok := span(w.date)
	pub, _, ok2 := span(d.published)
	if !ok || !ok2 {
		return false
	}
	if len(w.date) == 7 && w.date.Compare(d.published) < 0 && (len(d.published) == 7 || pub.Day() > 5) {
		return true
	}
	if len(w.date) == 4 && len(d.published) > 4 && w.date.Year() == d.published.Year() {
		return w.since || w.past
	}
	if w.since && len(w.date) < 10 {
		return last.Before(pub) || w.date.Compare(d.published) < 0
	}
	return last.Before(pub.AddDate(0, 0, -freshDays))
}

// toldAsPast reports whether words such as "einst" or "damals" put the clause
// of the trigger into the past.
func (d *doc) toldAsPast(t *trigger) bool {
	for _, p := range t.parts[:t.nparts] {
		if d.apart(t, p[0]) {
			continue
		}
		from, to := d.clauseOf(p[0])
		for i := from; i < to; i++ {
			if d.is(i, classPast) && !t.inTrigger(i) && !d.conjunction(i) {
				return true
			}
		}
	}
	if d.reportedSpeech(t) {
		return false
	}
	beside := d.beside(t.sent)
	for i := range beside {
		o := &beside[i]
		if o.idiom.kind == kindHistory && d.sameClause(o, t) && !d.apart(t, o.head) {
			return true
		}
	}
	return false
}

// apart reports whether token i stands in a relative clause behind the verb of
// a trigger, which tells of other times: "hilft X aus, der schon vor Jahren auf
// der Bank saß".
func (d *doc) apart(t *trigger, i int) bool {
	return d.german() && i > t.head && d.toks[i].clause != d.toks[t.head].clause && d.relativeClause(i)
}

// conjunction reports whether the English word "once" at token i opens a clause
// ("once the season is over") or ends one ("at once") and tells no history.
func (d *doc) conjunction(i int) bool {
	if d.norm(i) != "once" {
		return false
	}
	switch d.norm(i + 1) {
	case "of", "at", "with", "a", "an", "again", "managed", "coached", "played", "in", "on", "under", "worked":
		return d.norm(i-1) == "at"
	}
	return d.norm(i-1) != "was" && d.norm(i-1) != "had" && d.norm(i-1) != "were" && d.norm(i-1) != ","
}

// reportedSpeech reports whether a denial stands in the pluperfect only because
// it is quoted: "the owner confirmed that X had never been contacted".
func (d *doc) reportedSpeech(t *trigger) bool {
	return !d.german() && (t.idiom.kind.event() == bot.Rejection || t.idiom.kind.event() == bot.Pressure)
}

// oldSentence reports whether the sentence as a whole tells history: it names a
// year or a month long ago and no day of the week.
func (d *doc) oldSentence(t *trigger) bool {
	s := &d.sents[t.sent]
	old := false
	for i := s.from; i < s.to; i++ {
		k := int(d.toks[i].ment)
		if k < 0 || d.ments[k].from != i || d.ments[k].kind != dateMention {
			continue
		}
		w := &d.ments[k].when
		if w.recent {
			return false
		}
		if d.apart(t, d.ments[k].from) {
			continue
		}
		if c, _ := d.farness(t, &d.ments[k]); c > 1 || c > 0 && d.relativeClause(d.ments[k].from) || w.until || d.isContractYear(&d.ments[k]) {
			continue
		}
		old = old || d.isOld(w)
	}
	return old
}

// announced reports whether the clause is in the future tense.
func (d *doc) announced(t *trigger) bool {
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		if d.norm(i) == "will" && !d.german() {
			return true
		}
	}
	return false
}

// leadSentences is the number of sentences in which an article tells its news.
const leadSentences = 5

// narrated reports whether the trigger is told in the past tense without a
// date, far behind the lead and about somebody whom the lead does not name:
// background, as a rule.
func (d *doc) narrated(t *trigger) bool {
	if t.sent < leadSentences || !d.toks[t.head].info.past && !d.pastVerb(t) {
		return false
	}
	return true
}

// pastVerb reports whether a part of the trigger is a verb in the past tense;
// in English, any past form that is not the perfect.
func (d *doc) pastVerb(t *trigger) bool {
	for _, p := range t.parts[:t.nparts] {
		for i := p[0]; i < p[1]; i++ {
			if d.toks[i].info.past {
				return true
			}
		}
	}
	if d.german() {
		return false
	}
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		switch d.norm(i) {
		case "has", "have", "is", "are", "will", "been":
			return false
		}
	}
	return strings.HasSuffix(d.norm(t.head), "ed") || d.norm(t.head) == "took" || d.norm(t.head) == "left"
}

// attributive reports whether the idiom is a participle before a noun: "der
// inzwischen entlassene X".
func (d *doc) attributive(t *trigger) bool {
	if !d.german() {
		return d.sackedManager(t.head)
	}
	if t.to-t.from > 2 {
		return false
	}
	tok := &d.toks[t.head]
	if tok.capital || !strings.HasSuffix(tok.norm, "e") && !strings.HasSuffix(tok.norm, "en") && !strings.HasSuffix(tok.norm, "er") {
		return false
	}
	next := t.head + 1
	return next < len(d.toks) && d.toks[next].capital && d.sameSentence(next, t.head) && d.adjectival(t.head)
}

// sackedManager reports whether the English participle at token i only
// describes an office holder: "their sacked boss", "the departed coach X".
func (d *doc) sackedManager(i int) bool {
	if !d.is(i-1, classDef|classPossess) || !strings.HasSuffix(d.norm(i), "ed") {
		return false
	}
	return d.is(i+1, classAnyRole) || d.norm(i+1) == "head" || d.clubAt(i+1) >= 0
}

// adjectival reports whether the participle at token i stands behind an
// article: "der am Montag entlassene".
func (d *doc) adjectival(i int) bool {
	for k := i - 1; k >= 0 && k >= i-5 && d.sameSentence(k, i); k-- {
		if d.toks[k].kind == punctToken {
			return false
		}
		if d.is(k, classDef|classPossess) && !d.is(k, classPlace) {
			return true
		}
	}
	return false
}

// pluperfect reports whether the trigger's clause is told in the pluperfect:
// "hatte ... entlassen", "war ... worden", "had been sacked".
func (d *doc) pluperfect(t *trigger) bool {
	if d.reportedSpeech(t) {
		return false
	}
	for _, p := range t.parts[:t.nparts] {
		if d.apart(t, p[0]) {
			continue
		}
		from, to := d.clauseOf(p[0])
		was, past := false, false
		for i := from; i < to; i++ {
			if d.is(i, classPlu) && !t.inTrigger(i) {
				return true
			}
			switch d.norm(i) {
			case "war", "waren":
				was = true
			case "gewesen", "worden":
				past = true
			}
		}
		if was && past {
			return true
		}
	}
	return false
}

// untilNear is the end of a contract in the sentence of an appointment or an
// extension, or in the one after.
func (d *doc) untilNear(t *trigger, typ bot.EventType) bot.Date {
	if typ != bot.Appointment && typ != bot.Extension {
		return ""
	}
	for n := t.sent; n < len(d.sents) && n <= t.sent+1; n++ {
		for i := d.sents[n].from; i < d.sents[n].to; i++ {
			k := int(d.toks[i].ment)
			if k < 0 || d.ments[k].from != i || d.ments[k].kind != dateMention {
				continue
			}
			w := &d.ments[k].when
			if w.until && w.date != "" && (d.published == "" || w.date.Compare(d.published) > 0) && !d.isContractYear(&d.ments[k]) {
				return w.date
			}
		}
	}
	return ""
}
