package bot

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Setup is what an Engine works with. Store, Extractor, Gazetteer and Phrases
// are required.
type Setup struct {
	Store     Store
	Extractor Extractor
	Gazetteer Gazetteer
	Phrases   Phrases
	Artist    Artist           // nil: answers without pictures
	Feeds     FeedDesk         // nil: /feeds says that feeds are off
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: nowhere
	Meter     Meter            // nil: nothing is counted
	Owed      func()           // called after deliveries were written, so that nobody waits for the outbox to look; must not block; nil: nobody is told
	Owners    []UserRef        // at the start; see Engine.SetOwners
	Terminal  UserRef          // whoever sits at the machine: an owner's rights, and no notices
	Version   string
	// Direct holds, for platforms on which the bot may write to a person who never
	// wrote to it, the address that reaches that person.
	Direct map[PlatformName]func(UserRef) ChatRef
}

// Engine ingests articles, keeps the stories, answers requests and renders
// deliveries. It holds no state of its own beyond its Setup and who owns it:
// everything is in the store, so several engines may share one. Safe for
// concurrent use.
type Engine struct {
	Setup
	owners    atomic.Pointer[[]UserRef]
	wake      chan struct{}     // tells Run that there is something to do
	clubNames func() *clubIndex // derived from the gazetteer on first use
	table     []CommandSpec
}

// NewEngine checks the setup.
func NewEngine(s Setup) (*Engine, error) {
	if s.Store == nil || s.Extractor == nil || s.Gazetteer == nil || s.Phrases == nil {
		return nil, errors.New("engine: store, extractor, gazetteer and phrases are required")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Meter == nil {
		s.Meter = NoMeter{}
	}
	clubNames := sync.OnceValue(func() *clubIndex { return newClubIndex(s.Gazetteer) })
	e := &Engine{Setup: s, wake: make(chan struct{}, 1), clubNames: clubNames, table: commandTable()}
	e.SetOwners(s.Owners)
	return e, nil
}

// SetOwners replaces those who may correct stories and manage feeds and who get
// operator notices. It holds for what is asked afterwards.
func (e *Engine) SetOwners(owners []UserRef) { e.owners.Store(&owners) }

// OwnersNow lists them. Not to be changed.
func (e *Engine) OwnersNow() []UserRef { return *e.owners.Load() }

// Renderer turns a delivery into what must be sent now: the Engine. The outbox
// asks it at send time.
type Renderer interface {
	// Render returns the store's errors. A delivery that is overtaken (the story
	// was corrected, the chat unsubscribed, the edit would change nothing) is
	// answered with Skip.
	Render(ctx context.Context, d Delivery) (Rendered, error)
}

// Rendered is a delivery ready for its platform.
type Rendered struct {
	Message Message
	Edit    MessageID   // edit this message instead of posting
	Also    []MessageID // further messages to edit likewise (retract)
	Hash    string      // for Outcome.Hash
	// Revision and Stage are what the message shows, for the Outcome.
	Revision int
	Stage    StoryStage
	Skip     string    // reason why there is nothing to send; else empty
	Defer    time.Time // not before (quiet hours, digest); zero: now
	// Since is when an alert could have come: when its news was published, or when
	// the chat's quiet hours ended. Zero: nobody knows to the minute, or no alert.
	Since time.Time
}

// Artist draws pictures for answers. Deterministic and safe for concurrent use.
type Artist interface {
	Career(language string, c Coach, stories []Story, now time.Time) (Picture, error)
	Bench(language string, club Club, coaches []Coach, stories []Story, now time.Time) (Picture, error)
	Carousel(language, title string, rows []CarouselRow, now time.Time) (Picture, error)
	// Digest draws the changes of a time, in the order given.
	Digest(language, title string, changes []DigestLine, since, until time.Time) (Picture, error)
}

// DigestLine is a story that changed, in the words of the digest's language.
type DigestLine struct {
	Story    *Story
	Headline string // what happened
	Standing string // how certain it is
}

// CarouselRow is one club with a vacancy, candidates or a coach under pressure.
type CarouselRow struct {
	Club       Club
	Team       Team
	Vacant     bool
	Since      Date   // vacant since; zero: not vacant, or nobody knows since when
	Coach      string // in office, empty when vacant or unknown
	Interim    string
	Pressure   *Story
	Candidates []Story // by stage and evidence, best first
}

// FeedDesk lets the owner manage feeds in chat: the feed poller.
type FeedDesk interface {
	Add(ctx context.Context, url string) (FeedState, error)
	Remove(ctx context.Context, url string) error
	Pause(ctx context.Context, url string, paused bool) error
	// Test fetches without storing and says what would happen.
	Test(ctx context.Context, url string) (FeedTrial, error)
}

// FeedTrial is a dry run of a feed.
type FeedTrial struct {
	Feed     FeedState
	Articles []Article
	Found    []Extraction // beside Articles
	Problems []string     // what was mended or lost
}
