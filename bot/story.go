package bot

import "time"

// StoryID numbers stories; the store assigns it.
type StoryID uint64

// Matter is what a story is about besides club and coach.
type Matter string

// Matters. Links, rejections and appointments are one matter (does he come?),
// pressure and departure another (does he go?).
const (
	Arrival  Matter = "arrival"
	Exit     Matter = "exit"
	Contract Matter = "contract"
)

// StoryStage is where a story stands.
type StoryStage string

// Story stages. The first three groups rise; Off, Cold and Closed end a story,
// Withdrawn marks one that the owner corrected.
const (
	StageBacked    StoryStage = "backed" // pressure, but publicly backed
	StagePressure  StoryStage = "pressure"
	StageCandidate StoryStage = "candidate"
	StageInterest  StoryStage = "interest"
	StageTalks     StoryStage = "talks"
	StageAgreed    StoryStage = "agreed"
	StageOfficial  StoryStage = "official"
	StageOff       StoryStage = "off"
	StageCold      StoryStage = "cold"
	StageClosed    StoryStage = "closed"
	StageWithdrawn StoryStage = "withdrawn"
)

// Evidence is how well a story is supported, apart from its stage.
type Evidence string

// Evidence levels, weakest first.
const (
	Hearsay     Evidence = "hearsay"  // no outlet stands behind it by name
	OneOutlet   Evidence = "one"      // one named outlet
	Several     Evidence = "several"  // several independent outlets
	OfficialEvi Evidence = "official" // the club, the coach or an official said so
)

// StoryKey identifies a story together with its season-like epoch.
type StoryKey struct {
	Club   ClubID
	Coach  CoachID
	Matter Matter
	Team   Team
}

// Report is one article's contribution to a story.
type Report struct {
	Source  Source
	Origin  string    // who said it first according to this article: the cited outlet, else its own
	Cited   []string  // media and persons the article credits
	At      time.Time // publication where known, else reading
	Undated bool
	Event   Event
	CopyOf  ArticleID // the article whose text this one (nearly) repeats; 0 for none
	Carrier bool      // a copy of another report of the story: adds no evidence
	Revoked bool      // a later version of the article no longer says so, or the owner retracted it
}

// published is when the report appeared, where that is known to the minute. For
// reports that state a day only, and for what a known article said later, At is a
// stand-in.
func (r *Report) published() (at time.Time, known bool) {
	stated := Article{Published: r.Source.Date, ReadAt: r.Source.ReadAt}
	if r.Undated || r.At.Equal(r.Source.ReadAt) || r.At.Equal(stated.reportedAt()) {
		return time.Time{}, false
	}
	return r.At, true
}

// Story is all reports about one coach at one club in one matter.
type Story struct {
	ID        StoryID
	Key       StoryKey
	CoachName string
	ClubName  string
	Role      Role
	Stage     StoryStage
	Evidence  Evidence
	Manner    Manner // of an official departure
	Until     Date   // of an extension or appointment
	Date      Date   // when it happened or takes effect
	Because   StageCause
	Winner    string   // the coach, or the club, whose appointment closed this story
	Origin    string   // outlet that had it first
	Outlets   []string // in the order of their reports, origin first
	Reports   []Report // by time
	Revision  int      // +1 with every change that a subscriber can see
	First     time.Time
	Last      time.Time // of the newest report
	Changed   time.Time
	Since     time.Time // when the present stage was reached
	Trigger   EventType // type of the report that led to the present stage
	Check     time.Time // when the clock must look at it next (cold); zero: never
	Corrected string    // the owner's words, when withdrawn or corrected
}

// StageCause says why a story ended.
type StageCause string

// Stage causes.
const (
	CauseNone     StageCause = ""
	CauseDeclined StageCause = "declined" // the coach is not available
	CauseDenied   StageCause = "denied"   // the club denies
	CauseOther    StageCause = "other"    // another coach was appointed: Winner is his name
	// CauseElsewhere: he was appointed at another club, whose name is in Winner.
	CauseElsewhere StageCause = "elsewhere"
	CauseSilence   StageCause = "silence"
	CauseOwner     StageCause = "owner"
	CauseDeparted  StageCause = "departed" // he has left: pressure is over
)

// Open reports whether the story can still come true or false.
func (s *Story) Open() bool {
	switch s.Stage {
	case StageBacked, StagePressure, StageCandidate, StageInterest, StageTalks, StageAgreed:
		return true
	case StageOfficial, StageOff, StageCold, StageClosed, StageWithdrawn:
		return false
	}
	return false
}
