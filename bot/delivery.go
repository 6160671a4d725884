package bot

import (
	"fmt"
	"time"
)

// DeliveryID is derived from chat, story, revision and kind, so that enqueueing
// a delivery twice is harmless.
type DeliveryID string

// DeliveryKind says what a delivery does.
type DeliveryKind string

// Delivery kinds.
const (
	DeliverPost    DeliveryKind = "post"    // the story's first message in this chat
	DeliverEdit    DeliveryKind = "edit"    // same stage, more evidence: change the sent message
	DeliverReply   DeliveryKind = "reply"   // new stage: short answer to the first message
	DeliverRetract DeliveryKind = "retract" // correction: change every message already sent
	DeliverDigest  DeliveryKind = "digest"
	DeliverNotice  DeliveryKind = "notice" // to the owner or a chat, not about a story
)

// Priority orders deliveries that are due at the same time; lower goes first.
type Priority int

// Priorities. Interactive answers do not go through the outbox and come before
// all of these.
const (
	PriorityOfficial Priority = 0
	PriorityRumour   Priority = 5
	PriorityQuietly  Priority = 8 // edits, closings
	PriorityDigest   Priority = 9
)

// Delivery is one message owed to one chat because something changed. It says
// what changed, not the text: that is rendered at send time, in the chat's
// language and from the story's state at that moment.
type Delivery struct {
	ID       DeliveryID
	Chat     ChatRef
	Kind     DeliveryKind
	Story    StoryID
	Revision int
	Stage    StoryStage // the stage that this delivery announces
	Topic    Topic      // of the subscription it rests on
	Silent   bool
	Role     string // role to ping; empty for none
	Priority Priority
	Due      time.Time
	Created  time.Time
	Attempts int    // that ended without success; what was put back unsent is none
	Unsure   int    // attempts whose outcome is unknown
	Cause    string // last failure, for the operator; never holds a token
	Note     *Notice
}

// Notice is a message without a story, stored by key and arguments so that it
// is rendered in the chat's language.
type Notice struct {
	Key  string            // phrase key
	Args map[string]string // phrase arguments
}

// NewDeliveryID derives the id.
func NewDeliveryID(chat ChatRef, story StoryID, revision int, kind DeliveryKind) DeliveryID {
	return DeliveryID(fmt.Sprintf("%s %d.%d %s", chat, story, revision, kind))
}

// Nonce is at most 25 characters (Discord's limit) and equal for every attempt
// of this delivery.
func (d *Delivery) Nonce() string { return shortHash(string(d.ID)) }

// Outcome settles a claimed delivery.
type Outcome struct {
	State OutcomeState
	// Message is set for Sent: the message that now stands in the chat.
	Message MessageID
	Hash    string // of what was rendered, to skip edits that change nothing
	// Revision and Stage are what the message shows, where that is newer than
	// the delivery; zero: the delivery's.
	Revision int
	Stage    StoryStage
	// Due, for Retry and Returned, is the delivery's new due time. It may change
	// its place in the chat's order; zero keeps both.
	Due time.Time
	// Hold keeps all of the chat's deliveries back until then, in their order: a
	// failure or a limit of the chat must let nothing overtake. Zero ends an
	// earlier hold. That of a Returned one also ends when something more urgent
	// than all that waits is added.
	Hold   time.Time
	Cause  string     // for Retry and Dead: for the operator
	Unsure bool       // for Retry: the platform may have accepted it
	Moved  *ChatRef   // the chat now has this address; rewrites everything that is stored for it
	Pause  PauseCause // stop sending to this chat
}

// OutcomeState is the closed set of ways in which an attempt ends.
type OutcomeState string

// Outcome states.
const (
	Sent    OutcomeState = "sent"
	Skipped OutcomeState = "skipped" // nothing to send any more
	Retry   OutcomeState = "retry"
	Dead    OutcomeState = "dead"
	// Returned was claimed and not attempted: it counts no attempt and keeps the
	// cause of the last one.
	Returned OutcomeState = "returned"
)

// Posting remembers what was sent to a chat about a story.
type Posting struct {
	Chat     ChatRef
	Story    StoryID
	First    MessageID   // the post; replies refer to it
	Messages []MessageID // all, the post first
	Revision int         // newest revision told
	Stage    StoryStage  // newest stage told
	Hash     string      // of the first message as last rendered
	Thread   string      // forum post that holds the story
	At       time.Time
}

// Fanout is a story change on its way to its subscribers: expanded in steps,
// each step one transaction, so that a story with a million subscribers never
// holds the writer.
type Fanout struct {
	ID       uint64 // assigned by the store, in order of creation
	Story    StoryID
	Revision int
	Kind     DeliveryKind
	Stage    StoryStage
	Topics   []Topic // whose subscribers are told
	Told     bool    // only chats that already have a posting about the story
	Topic    int     // index of the topic being expanded
	Cursor   string  // where the expansion goes on; opaque
	Created  time.Time
	Event    EventType // what changed, for the subscriptions' type filter
	Reported time.Time // when the news was published: older subscriptions only
}
