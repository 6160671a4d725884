package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Closing is what happened outside a story's own reports and bears on it.
type Closing struct {
	At     time.Time
	What   ClosingKind
	Winner string     // the appointed coach, for ClosedByOther; the club, for ClosedElsewhere
	Stage  StoryStage // for RuledByOwner
	Words  string     // the owner's, for RuledByOwner and RetractedByOwner
}

// ClosingKind is the closed set of closings.
type ClosingKind string

// Closing kinds.
const (
	ClosedByOther     ClosingKind = "other"     // another head coach was appointed there
	ClosedElsewhere   ClosingKind = "elsewhere" // the coach was appointed at another club
	ClosedByDeparture ClosingKind = "departed"  // the coach has left the club
	RetractedByOwner  ClosingKind = "retract"   // what was reported until then is wrong
	RuledByOwner      ClosingKind = "rule"      // the owner sets the stage
)

// StoryState is what follows from a story's reports.
type StoryState struct {
	Stage     StoryStage
	Evidence  Evidence
	Because   StageCause
	Winner    string
	Manner    Manner
	Role      Role
	Until     Date
	Date      Date
	Origin    string
	Outlets   []string
	Corrected string
	First     time.Time
	Last      time.Time
	Since     time.Time // when the present stage was reached
	Check     time.Time
	Trigger   EventType // of the report that led to the present stage
}

// FoldReports says where a story stands at now. It is a pure function of the set of
// reports and closings: the order in which they are given, and with it the
// order in which they arrived, makes no difference.
func FoldReports(reports []Report, closings []Closing, now time.Time) StoryState {
	f := folding{}
	for _, it := range foldItems(reports, closings) {
		f.silence(it.at)
		f.hear(it)
	}
	f.silence(now)
	f.state.Evidence = f.evidence()
	f.describe(reports)
	if phaseOf(f.state.Stage) == open {
		f.state.Check = f.last.Add(SilenceAfter)
	}
	if f.state.Stage == "" { // nothing but revoked reports and side remarks
		f.state.Stage = f.fallback(reports)
	}
	return f.state
}

// foldItem is one thing that a story hears.
type foldItem struct {
	at      time.Time
	sig     signal
	report  *Report
	closing *Closing
}

func foldItems(reports []Report, closings []Closing) []foldItem {
	items := make([]foldItem, 0, len(reports)+len(closings))
	for i := range reports {
		if r := &reports[i]; !r.Revoked {
			items = append(items, foldItem{at: r.At, sig: signalOf(&r.Event), report: r})
		}
	}
	for i := range closings {
		c := &closings[i]
		items = append(items, foldItem{at: c.At, sig: c.signal(), closing: c})
	}
	slices.SortFunc(items, compareItems)
	return items
}

func compareItems(a, b foldItem) int {
	c := cmp.Or(a.at.Compare(b.at), cmp.Compare(a.sig, b.sig))
	switch {
	case c != 0:
		return c
	case a.report != nil && b.report != nil:
		return compareReports(a.report, b.report)
	case a.closing != nil && b.closing != nil:
		return cmp.Or(strings.Compare(a.closing.Winner, b.closing.Winner),
			strings.Compare(string(a.closing.Stage), string(b.closing.Stage)),
			strings.Compare(a.closing.Words, b.closing.Words))
	}
	return 0
}

func (c *Closing) signal() signal {
	switch c.What {
	case ClosedByOther:
		return sigOther
	case ClosedElsewhere:
		return sigElsewhere
	case ClosedByDeparture:
		return sigDeparted
	case RetractedByOwner:
		return sigRetract
	case RuledByOwner:
		return sigRule
	}
	return sigNone
}

// compareReports orders reports by time, then by what they say: never by the
// order in which they came in.
func compareReports(a, b *Report) int {
	return cmp.Or(
		a.At.Compare(b.At),
		cmp.Compare(signalOf(&a.Event), signalOf(&b.Event)),
		strings.Compare(a.Origin, b.Origin),
		strings.Compare(a.Source.Outlet, b.Source.Outlet),
		strings.Compare(a.Source.URL, b.Source.URL),
		strings.Compare(a.Source.Title, b.Source.Title),
		strings.Compare(string(a.Event.Role), string(b.Event.Role)),
		strings.Compare(string(a.Event.Until), string(b.Event.Until)),
		strings.Compare(string(a.Event.Date), string(b.Event.Date)),
		strings.Compare(a.Event.Quote, b.Event.Quote),
		cmp.Compare(a.Source.Article, b.Source.Article),
	)
}

// folding is a fold under way.
type folding struct {
	state StoryState
	last  time.Time  // newest report
	ended time.Time  // when the story came to its present end
	high  int        // highest rank of the spell
	bout  []*Report  // reports that count for the present stage's evidence
	was   StoryStage // stage before the end
	ruled bool
}

// silence lets an open story go cold when nothing was heard for long before at.
func (f *folding) silence(at time.Time) {
	if phaseOf(f.state.Stage) != open || at.Before(f.last.Add(SilenceAfter)) {
		return
	}
	f.hear(foldItem{at: f.last.Add(SilenceAfter), sig: sigSilence})
}

// hear takes the first line of the table that fits.
func (f *folding) hear(it foldItem) {
	now := phaseOf(f.state.Stage)
	for i := range transitions {
		t := &transitions[i]
		if t.now&now == 0 || !slices.Contains(t.hears, it.sig) || !f.holds(t.when, it) {
			continue
		}
		f.move(t, it)
		break
	}
	if it.report != nil {
		f.bout = append(f.bout, it.report)
		f.last = it.at
	}
}

func (f *folding) holds(c condition, it foldItem) bool {
	switch c {
	case always:
		return true
	case afterEcho:
		return it.at.Sub(f.ended) > EchoTime
	case evenHigher:
		return stageOf(it.sig).Rank() > f.high
	case outnumbered:
		links, doubts := f.voices(it.report)
		return doubts > links
	}
	return false
}

func (f *folding) move(t *transition, it foldItem) {
	reported := stageOf(it.sig)
	switch t.then {
	case stays:
		return
	case rises:
		if reported.Rank() > f.state.Stage.Rank() {
			f.enter(reported, t.cause, it)
		}
	case begins, turns:
		if reported != f.state.Stage {
			f.bout = nil
			f.enter(reported, t.cause, it)
		}
	case toOfficial:
		f.enter(StageOfficial, t.cause, it)
	case toOff:
		f.end(StageOff, t.cause, it)
	case toClosed:
		f.end(StageClosed, t.cause, it)
		f.state.Winner = it.closing.Winner
	case toCold:
		f.end(StageCold, t.cause, it)
	case toWithdrawn:
		f.end(StageWithdrawn, t.cause, it)
		f.state.Corrected = it.closing.Words
	case toRuled:
		f.rule(it.closing)
	}
}

func (f *folding) enter(s StoryStage, cause StageCause, it foldItem) {
	f.state.Stage, f.state.Because, f.state.Winner = s, cause, ""
	f.state.Since, f.state.Corrected, f.ruled = it.at, "", false
	f.high = max(f.high, s.Rank())
	if it.report != nil {
		f.state.Trigger = it.report.Event.Type
	}
}

func (f *folding) end(s StoryStage, cause StageCause, it foldItem) {
	if phaseOf(f.state.Stage)&(open|done) != 0 {
		f.was = f.state.Stage
	}
	f.enter(s, cause, it)
	f.ended = it.at
}

// rule sets what the owner said.
func (f *folding) rule(c *Closing) {
	it := foldItem{at: c.At, closing: c}
	switch phaseOf(c.Stage) {
	case open, done:
		f.enter(c.Stage, CauseNone, it)
	case off, shut, cold:
		f.end(c.Stage, CauseOwner, it)
	case unheard:
		return
	}
	f.last = c.At
	f.ruled = true
	f.state.Corrected = c.Words
}

// voices counts independent outlets for and against a link: the newest word of
// each counts, with extra as the newest of all.
func (f *folding) voices(extra *Report) (links, doubts int) {
	word := map[string]bool{}
	for _, r := range append(slices.Clone(f.bout), extra) {
		if r == nil || r.Carrier {
			continue
		}
		switch signalOf(&r.Event) {
		case sigCandidate, sigInterest, sigTalks, sigAgreed:
			word[r.Origin] = true
		case sigDoubt:
			word[r.Origin] = false
		case sigNone, sigRisk, sigBacked, sigDeclined, sigDenied, sigOfficial, sigOther,
			sigElsewhere, sigDeparted, sigSilence, sigRetract, sigRule:
		}
	}
	for _, forIt := range word {
		if forIt {
			links++
		} else {
			doubts++
		}
	}
	return links, doubts
}

// evidence counts who stands behind the present stage: independent outlets that
// report it, or more.
func (f *folding) evidence() Evidence {
	stage := f.state.Stage
	switch phaseOf(stage) {
	case done:
		return OfficialEvi
	case cold, shut:
		stage = f.was
	case unheard, open, off:
	}
	if f.ruled {
		return OfficialEvi
	}
	origins := map[string]bool{}
	for _, r := range f.bout {
		sig := signalOf(&r.Event)
		if r.Carrier || !speaksFor(sig, stage) {
			continue
		}
		if officialWord(sig, &r.Event) {
			return OfficialEvi
		}
		if r.Origin != "" {
			origins[NormaliseName(r.Origin)] = true
		}
	}
	switch len(origins) {
	case 0:
		return Hearsay
	case 1:
		return OneOutlet
	}
	return Several
}

// speaksFor reports whether a signal supports the stage.
func speaksFor(sig signal, stage StoryStage) bool {
	switch stage {
	case StageOff:
		return sig == sigDoubt || sig == sigDenied || sig == sigDeclined
	case StageBacked:
		return sig == sigBacked
	case StagePressure:
		return sig == sigRisk || sig == sigAgreed || sig == sigOfficial
	case StageCandidate, StageInterest, StageTalks, StageAgreed, StageOfficial:
		return stageOf(sig).Rank() >= stage.Rank()
	case StageCold, StageClosed, StageWithdrawn:
		return true
	}
	return true
}

// officialWord reports whether a confirmed report is the word of the club, the
// coach or an official. Pressure in the article's own voice is the outlet's word,
// and so is a link that it states as a fact.
func officialWord(sig signal, ev *Event) bool {
	if ev.Status != Confirmed {
		return false
	}
	switch sig {
	case sigRisk:
		return false
	case sigCandidate, sigInterest, sigTalks, sigAgreed:
		return len(ev.Sources) > 0
	case sigBacked, sigDeclined, sigDenied, sigOfficial:
		return true
	case sigNone, sigDoubt, sigOther, sigElsewhere, sigDeparted, sigSilence, sigRetract, sigRule:
		return false
	}
	return false
}
