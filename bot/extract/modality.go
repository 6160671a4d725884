package extract

import (
	"strings"

	"karussell/bot"
)

// unreal says why a trigger reports nothing that happened or is said to
// happen: negated, asked, wished. "" when it is real.
func (d *doc) unreal(t *trigger) string {
	s := &d.sents[t.sent]
	switch {
	case d.topic.other:
		return "another sport"
	case s.question && !t.idiom.now && d.asked(t):
		return "a question"
	case d.negated(t):
		return "negated"
	case t.idiom.weak && d.ownStory(t):
		return "somebody's own story in direct speech"
	case d.indirectQuestion(t):
		return "an open question"
	case t.idiom.context && !d.topic.seeking && !d.topic.sought:
		return "no club seeks a coach here"
	case !d.german() && d.sackedManager(t.head) && d.norm(t.head) == "sacked":
		return "only describes him"
	case d.german() && d.crowdWants(t):
		return "only wanted by somebody in the crowd"
	case !d.german() && d.unfulfilled(t):
		return "not done, only meant"
	}
	beside := d.beside(t.sent)
	for i := range beside {
		o := &beside[i]
		if o.idiom.kind == kindWish && d.sameClause(o, t) || o.idiom.kind == kindDeny && d.reaches(o, t) {
			return "overruled by " + o.idiom.id
		}
	}
	return ""
}

// ownStory reports whether the trigger is told by its teller about himself, in
// quotation marks: "„Es lag nahe, Rehden zu übernehmen“".
func (d *doc) ownStory(t *trigger) bool {
	if !d.toks[t.head].quoted {
		return false
	}
	s := &d.sents[t.sent]
	for i := s.from; i < s.to; i++ {
		switch d.norm(i) {
		case "ich", "meine", "meiner", "mein", "mir", "mich", "i", "my", "me":
			if d.toks[i].quoted {
				return true
			}
		}
	}
	return false
}

// indirectQuestion reports whether the trigger's clause asks who or whether:
// "Wer ihn beerbt, ist offen."
func (d *doc) indirectQuestion(t *trigger) bool {
	if !d.german() || t.idiom.kind.event() == bot.Pressure && t.idiom.stance == bot.AtRisk {
		return false
	}
	from, _ := d.clauseOf(t.head)
	for from < t.head && d.toks[from].kind == punctToken {
		from++
	}
	switch d.norm(from) {
	case "wer", "wen", "wem", "wessen", "ob", "wann", "welcher", "welchen":
		return true
	}
	return false
}

// asked reports whether the question is about the trigger: its clause ends
// with the question mark.
func (d *doc) asked(t *trigger) bool {
	s := &d.sents[t.sent]
	for i := t.to; i < s.to; i++ {
		switch d.norm(i) {
		case "?":
			return true
		case ";", "-":
			if d.toks[i].spaced {
				return false
			}
		}
	}
	return false
}

// sameClause reports whether two triggers touch the same clause.
func (d *doc) sameClause(a, b *trigger) bool {
	for _, p := range a.parts[:a.nparts] {
		for _, q := range b.parts[:b.nparts] {
			if d.toks[p[0]].clause == d.toks[q[0]].clause {
				return true
			}
		}
	}
	return false
}

// inTrigger reports whether token i is a part of the idiom itself.
func (t *trigger) inTrigger(i int) bool {
	for _, p := range t.parts[:t.nparts] {
		if i >= p[0] && i < p[1] {
			return true
		}
	}
	return false
}

// negated looks for a negation in the clause of the trigger's head that is no
// part of the idiom.
func (d *doc) negated(t *trigger) bool {
	from, to := d.clauseOf(t.head)
	for i := from; i < to; i++ {
		if !d.is(i, classNegation) || t.inTrigger(i) && t.idiom.negative || d.spokenFor(t, i) {
			continue
		}
		switch d.norm(i + 1) {
		case "nur", "lange", "ganz", "weniger", "gerade", "ueberraschend", "zuletzt", "only", "just", "unerwartet", "einmal", "mehr", "even":
			continue
		}
		if d.norm(i) == "ohne" || d.norm(i) == "without" { // "ohne Trainer" but not "ohne Gegenstimme beurlaubt"
			continue
		}
		return true
	}
	return false
}

// spokenFor reports whether the negation at token i is a part of another idiom
// ("nicht zur Verfügung").
func (d *doc) spokenFor(t *trigger, i int) bool {
	beside := d.beside(t.sent)
	for k := range beside {
		o := &beside[k]
		if o != t && o.idiom.id != t.idiom.id && o.idiom.negative && o.inTrigger(i) && !o.overlaps(t) {
			return true
		}
	}
	return false
}

// clauseOf is the token range of the clause around token i.
func (d *doc) clauseOf(i int) (from, to int) {
	c := d.toks[i].clause
	from, to = i, i+1
	for from > 0 && d.sameSentence(from-1, i) && d.toks[from-1].clause == c {
		from--
	}
	for to < len(d.toks) && d.sameSentence(to, i) && d.toks[to].clause == c {
		to++
	}
	return from, to
}

// certainty is the status that the words around a trigger give.
func (d *doc) certainty(t *trigger, typ bot.EventType) bot.Status {
	if t.idiom.status != "" {
		return t.idiom.status
	}
	official := false
	beside := d.beside(t.sent)
	for i := range beside {
		o := &beside[i]
		if o.idiom.kind == kindHedge && d.reaches(o, t) {
			return bot.Reported
		}
		official = official || o.idiom.kind == kindOfficial
	}
	if d.modalNear(t) {
		return bot.Reported
	}
	if typ == bot.Link && !official {
		return bot.Reported
	}
	return bot.Confirmed
}

// reaches reports whether a hedge colours a trigger: in the same clause or one
// beside it.
func (d *doc) reaches(hedge, t *trigger) bool {
	h := d.toks[hedge.head].clause
	for _, p := range t.parts[:t.nparts] {
		if c := d.toks[p[0]].clause - h; c >= -2 && c <= 2 {
			return true
		}
	}
	return false
}

// modalNear reports whether "soll" or "sollen" stands in the clause of the
// trigger.
func (d *doc) modalNear(t *trigger) bool {
	for _, p := range t.parts[:t.nparts] {
		from, to := d.clauseOf(p[0])
		for i := from; i < to; i++ {
			if d.is(i, classModal) && !t.inTrigger(i) {
				return true
			}
		}
	}
	return false
}

// hypothetical reports whether an appointment is only thought of: "könnte
// aufrücken", "are considering whether he should take over".
func (d *doc) hypothetical(t *trigger) bool {
	from, to := d.clauseOf(t.head)
	for i := max(from-8, d.sents[t.sent].from); i < to; i++ {
		switch d.norm(i) {
		case "expected", "koennte", "koennten", "could", "might", "should", "whether":
			if i >= from || d.norm(i) == "whether" {
				return true
			}
		}
	}
	return false
}

// colourRole reads role and team from the words near the trigger.
func (d *doc) colourRole(t *trigger, m int, f *fact) {
	x := &d.ments[m]
	from, to := d.clauseOf(t.head)
	beside := d.beside(t.sent)
	for i := range beside {
		o := &beside[i]
		if o.idiom.kind == kindInterim && f.typ == bot.Appointment && !f.pred && f.role == "" && d.sameClauseWide(o, t, x) {
			f.role = bot.Interim
		}
	}
	o, ok := d.officeBefore(x.from)
	if !ok && d.is(x.from-1, classJoin) { // "seine Assistenten X und Y"
		if left := d.nextPerson(m, -1); left >= 0 && d.sameSentence(d.ments[left].from, x.from) && x.from-d.ments[left].to == 1 {
			o, ok = d.officeBefore(d.ments[left].from)
		}
	}
	if ok && o.coach && !o.former && o.role != bot.Head && f.typ != bot.Appointment && f.role == "" {
		f.role = o.role
	}
	team, sure := d.teamNear(from, to)
	if ok && f.typ == bot.Appointment && o.team != "" && o.team == team && !o.newly {
		sure = false // where he works now
	}
	if f.team == "" && sure {
		f.team = team
	}
	if f.role == "" {
		f.role = d.roleNear(from, to, x)
	}
	if f.role == "" && (f.typ == bot.Departure || f.typ == bot.Extension || f.typ == bot.Pressure) {
		f.role = d.postRole(f.person, f.club)
	}
	if f.role == "" {
		f.role = bot.Head
	}
	if (f.team == bot.YouthTeam || f.team == bot.SecondTeam) && f.role != bot.Assistant {
		f.role = bot.Youth
	}
	if f.role == bot.Youth && f.team == "" {
		f.team = bot.YouthTeam
	}
	if f.team == "" && d.clubs[f.club].women {
		f.team = bot.WomenTeam
	}
}

func (d *doc) sameClauseWide(o, t *trigger, x *mention) bool {
	if d.sameClause(o, t) {
		return true
	}
	return d.toks[o.head].clause == d.toks[x.from].clause
}

// postRole is the role of a stated post at that club, or "".
func (d *doc) postRole(p, c int) bot.Role {
	for i := range d.posts {
		if d.posts[i].person == p && d.posts[i].club == c && !d.posts[i].former {
			return d.posts[i].role
		}
	}
	return ""
}

// teamNear finds a second, youth or women's team in a token range.
func (d *doc) teamNear(from, to int) (bot.Team, bool) {
	for i := from; i < to; i++ {
		c := d.toks[i].class
		if m := d.toks[i].ment; m >= 0 && d.ments[m].kind == clubMention && d.ments[m].team != "" {
			return d.ments[m].team, true
		}
		switch {
		case c.has(classSecond):
			return bot.SecondTeam, !d.movedUp(i)
		case c.has(classYouth):
			return bot.YouthTeam, !d.movedUp(i)
		}
	}
	return "", false
}

// movedUp reports whether a team is only where somebody comes from: "aus der
// U15".
func (d *doc) movedUp(i int) bool {
	for k := i - 1; k >= 0 && k >= i-4 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "aus", "from", "sonst", "eigentlich", "bisher", "bislang", "zuvor", "vom", "normally", "bisherige", "previously":
			return true
		}
	}
	return false
}

// roleNear finds "als Co-Trainer", "als Interimscoach" in a token range.
func (d *doc) roleNear(from, to int, x *mention) bot.Role {
	for i := from; i < to; i++ {
		if !d.is(i, classAnyCoach) || i >= x.from-3 && i < x.from {
			continue
		}
		switch o := d.officeAt(i); o.role {
		case bot.Head, bot.Player:
		case bot.Assistant, bot.Interim, bot.Youth:
			before := d.norm(o.from - 1)
			if !d.german() && d.norm(i-1) != "" && o.from < i && (strings.HasSuffix(d.norm(i-1), "ed") || d.norm(i-1) == "as") {
				before = "as" // "was appointed assistant manager"
			}
			switch before {
			case "als", "as", "zum", "neuer", "to", "assistant", "caretaker", "a", "an", "the", "their", "its", "his", "'s",
				"appointed", "named", "unveiled", "hired", "installed", "become", "becomes", "confirmed":
				if !o.former {
					return o.role
				}
			}
		}
	}
	return ""
}

// colourManner reads "einvernehmlich", "auf eigenen Wunsch" beside a departure.
func (d *doc) colourManner(t *trigger, f *fact) {
	beside := d.beside(t.sent)
	for i := range beside {
		o := &beside[i]
		if o.idiom.kind == kindManner && d.reaches(o, t) {
			f.manner = o.idiom.manner
		}
	}
}
