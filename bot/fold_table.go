package bot

import (
	"strings"
	"time"
)

// How long things last in the life of a story.
const (
	// SilenceAfter is how long an open story may go without a report before it
	// is cold.
	SilenceAfter = 21 * 24 * time.Hour
	// SpellGap separates two spells: a report after a longer silence begins a
	// new story under the same key.
	SpellGap = 180 * 24 * time.Hour
	// EchoTime is how long reprints of old talk go on after a story has ended:
	// within it only something new opens the story again.
	EchoTime = 72 * time.Hour
)

// signal is what one report, another story or the owner says about a story.
type signal int

// Signals. The order is the order in which signals of the same instant are
// taken: a denial answers the link beside it, an official word has the last say.
const (
	sigNone signal = iota
	sigRisk
	sigBacked
	sigCandidate
	sigInterest
	sigTalks
	sigAgreed
	sigDoubt    // a medium says that it is off
	sigDeclined // the coach, or somebody entitled, says that he does not come
	sigDenied   // likewise the club
	sigOfficial
	sigOther     // another coach was appointed there
	sigElsewhere // he was appointed at another club
	sigDeparted  // he has left the club
	sigSilence
	sigRetract // the owner withdraws the story
	sigRule    // the owner sets the stage
)

// phase groups the stages that behave alike.
type phase int

const (
	unheard phase = 1 << iota
	open
	off
	shut // closed, withdrawn
	cold
	done // official
)

// anyPhase is all of them.
const anyPhase = 1<<6 - 1

// goal is where a transition leads.
type goal int

const (
	stays  goal = iota // the report stands beside the others
	rises              // the higher of the present and the reported stage
	begins             // at the reported stage; earlier talk no longer counts
	turns              // to the reported stage, up or down
	toOfficial
	toOff
	toClosed
	toCold
	toWithdrawn
	toRuled // where the owner said
)

// condition restricts a transition.
type condition int

const (
	always condition = iota
	afterEcho
	evenHigher  // the report goes beyond everything before
	outnumbered // more independent voices against than for
)

// transition is one line of the table in docs/stories.md.
type transition struct {
	now   phase
	hears []signal
	when  condition
	then  goal
	cause StageCause
}

// transitions is the whole life of a story. The first line that fits is taken;
// what fits no line stands side by side with the rest and changes nothing.
//
//nolint:gochecknoglobals // a constant table
var transitions = []transition{
	// now                          hears                                              when         then         because
	{anyPhase &^ done, []signal{sigOfficial}, always, toOfficial, CauseNone},
	{anyPhase, []signal{sigRetract}, always, toWithdrawn, CauseOwner},
	{anyPhase, []signal{sigRule}, always, toRuled, CauseOwner},

	{unheard | cold, []signal{sigCandidate, sigInterest, sigTalks, sigAgreed}, always, begins, CauseNone},
	{unheard | cold, []signal{sigRisk, sigBacked}, always, begins, CauseNone},
	{open, []signal{sigCandidate, sigInterest, sigTalks, sigAgreed}, always, rises, CauseNone},
	{open, []signal{sigRisk}, always, rises, CauseNone},
	{open, []signal{sigBacked}, always, turns, CauseNone},

	{unheard | open | cold, []signal{sigDeclined}, always, toOff, CauseDeclined},
	{unheard | open | cold, []signal{sigDenied}, always, toOff, CauseDenied},
	{unheard | open | cold, []signal{sigDoubt}, outnumbered, toOff, CauseDenied},

	{off, []signal{sigInterest, sigTalks, sigAgreed}, evenHigher, begins, CauseNone},
	{off | shut, []signal{sigCandidate, sigInterest, sigTalks, sigAgreed}, afterEcho, begins, CauseNone},
	{off | shut, []signal{sigRisk, sigBacked}, afterEcho, begins, CauseNone},

	{unheard | open | cold, []signal{sigOther}, always, toClosed, CauseOther},
	{unheard | open | cold, []signal{sigElsewhere}, always, toClosed, CauseElsewhere},
	{unheard | open | cold, []signal{sigDeparted}, always, toClosed, CauseDeparted},
	{open, []signal{sigSilence}, always, toCold, CauseSilence},
}

// signalOf reads a report. A medium's report alone never makes anything
// official: what is merely reported is agreed at most.
func signalOf(ev *Event) signal {
	confirmed := ev.Status == Confirmed
	switch ev.Type {
	case Appointment, Departure, Extension:
		if confirmed {
			return sigOfficial
		}
		return sigAgreed
	case Link:
		return linkSignal(ev.Stage)
	case Rejection:
		switch {
		case !confirmed:
			return sigDoubt
		case creditsCoach(ev):
			return sigDeclined
		}
		return sigDenied
	case Pressure:
		if ev.Stance == Backed {
			return sigBacked
		}
		return sigRisk
	}
	return sigNone
}

// creditsCoach reports whether the coach himself is among the sources.
func creditsCoach(ev *Event) bool {
	coach := NormaliseName(ev.Coach)
	for _, s := range ev.Sources {
		n := NormaliseName(s)
		if n != "" && (n == coach || strings.HasSuffix(coach, " "+n)) {
			return true
		}
	}
	return false
}

func linkSignal(s Stage) signal {
	switch s {
	case Interest:
		return sigInterest
	case Talks:
		return sigTalks
	case Agreed:
		return sigAgreed
	case Candidate:
		return sigCandidate
	}
	return sigCandidate
}

// stageOf is the stage that a signal speaks of; empty for those that speak of none.
func stageOf(s signal) StoryStage {
	switch s {
	case sigRisk:
		return StagePressure
	case sigBacked:
		return StageBacked
	case sigCandidate:
		return StageCandidate
	case sigInterest:
		return StageInterest
	case sigTalks:
		return StageTalks
	case sigAgreed:
		return StageAgreed
	case sigOfficial:
		return StageOfficial
	case sigNone, sigDoubt, sigDeclined, sigDenied, sigOther, sigElsewhere, sigDeparted, sigSilence, sigRetract, sigRule:
		return ""
	}
	return ""
}

func phaseOf(s StoryStage) phase {
	switch s {
	case "":
		return unheard
	case StageBacked, StagePressure, StageCandidate, StageInterest, StageTalks, StageAgreed:
		return open
	case StageOfficial:
		return done
	case StageCold:
		return cold
	case StageOff:
		return off
	case StageClosed, StageWithdrawn:
		return shut
	}
	return unheard
}

// Rank orders the stages that rise, 0 for those that end a story.
func (s StoryStage) Rank() int {
	switch s {
	case StageBacked:
		return 1
	case StagePressure:
		return 2
	case StageCandidate:
		return 3
	case StageInterest:
		return 4
	case StageTalks:
		return 5
	case StageAgreed:
		return 6
	case StageOfficial:
		return 7
	case StageOff, StageCold, StageClosed, StageWithdrawn:
		return 0
	}
	return 0
}
