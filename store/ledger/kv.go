package ledger

import (
	"context"
	"errors"
	"slices"
)

// Engine keeps bytes in order and gives transactions over them. All methods are
// safe for concurrent use.
type Engine interface {
	// View runs fn on one consistent state.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn alone and commits all of it or nothing. fn may run again.
	// An error of fn is returned as it is.
	Update(ctx context.Context, fn func(Writer) error) error
	// Close waits for transactions under way; later calls give bot.ErrClosed.
	Close() error
}

// Reader reads one consistent state. Keys and values that it hands out are
// valid until the transaction ends or writes, and must not be changed.
type Reader interface {
	// Get returns the value of key, or nil when there is none. An empty value is
	// not nil.
	Get(s Space, key []byte) ([]byte, error)
	// Scan calls fn for the keys of r in order until fn says that it has enough.
	// fn must not write.
	Scan(s Space, r Range, fn func(key, value []byte) (more bool, err error)) error
	// Sequence is the number that Next gave last, or, in a store of several
	// processes, one that none of them exceeded; 0 when none was given.
	Sequence(s Space) (uint64, error)
}

// Writer reads its own writes. It keeps no slice that it is given.
type Writer interface {
	Reader
	Put(s Space, key, value []byte) error
	Delete(s Space, key []byte) error
	// Next counts up the space's own sequence, from 1.
	Next(s Space) (uint64, error)
	// Raise lifts the sequence to at least n, for numbers that come from outside.
	Raise(s Space, n uint64) error
}

// Adder is an optional part of a Writer: it adds to a number in Meta without
// reading it, so that writers on several machines do not meet there.
type Adder interface {
	Add(key []byte, by int64) error
}

// Locker is an optional part of a Writer whose engine lets claims and settlements
// run beside its other transactions. Lock waits until no other transaction works
// on the chat's deliveries and postings, and keeps them until the transaction
// ends; in one that only reads it does nothing.
type Locker interface {
	Lock(chat []byte) error
	// Forget makes the next Get of a key ask the store again, unless it was
	// written here.
	Forget(s Space, key []byte)
}

// Beside is a Writer in a transaction that runs beside all others. It works on
// chats that it has taken, and never waits for another transaction while it
// reads; Lock gives ErrNotTaken for every other chat.
type Beside interface {
	Writer
	Locker
	// Take locks those of the chats that have a box and that nobody else works on,
	// and then fetches.
	Take(chats [][]byte, a Ahead) (taken map[string]bool, err error)
	// Pick is a Scan that locks up to limit entries and passes over those that
	// others have locked.
	Pick(s Space, r Range, limit int) ([]Entry, error)
	// Prefixes lists the different beginnings of this length of the space's keys.
	Prefixes(s Space, length int) ([][]byte, error)
	// Fetch reads ahead: Get and Scan then find these without asking the store.
	Fetch(a Ahead) error
}

// Reserver is an optional part of a Writer to which every Get is a journey.
// Reserve locks the chats as Lock does, and then reads ahead.
type Reserver interface {
	Reserve(chats [][]byte, a Ahead) error
}

// Ahead is what a transaction is going to read.
type Ahead struct {
	Keys   map[Space][][]byte
	Follow map[Space]Space // the values of the keys in one space are keys in another
	Ranges map[Space][]Range
	Depth  int // entries of each range
}

// Entry is a key with its value.
type Entry struct{ Key, Value []byte }

// ErrNotTaken means that the chat is somebody else's at the moment, or has no box. What was
// to be done must be done in a transaction that waits for its turn.
var ErrNotTaken = errors.New("the chat was not taken")

// Range selects keys from From up to but without To; nil is open. Reverse walks
// it from its end.
type Range struct {
	From, To []byte
	Reverse  bool
}

// Space is a separate set of keys.
type Space uint8

// Spaces. What is behind "→" is the value; keys are built by the functions in
// keys.go.
const (
	Meta            Space = iota // name → number: schema, counts
	Articles                     // article → record without the text
	Texts                        // article → text
	TextAges                     // read at, article → nothing
	Findings                     // article → extraction
	ArticleKeys                  // hash of identity key → article; of schema 1, takes no more
	ArticleTopics                // topic, article → nothing
	Stories                      // story → record with topics
	StoryKeys                    // club, coach, matter, team, story → nothing
	StoryTopics                  // topic, changed, story → nothing
	OpenTopics                   // the same for open stories
	StoryChecks                  // check, story → nothing
	Coaches                      // coach → record with name keys
	Names                        // kind, key, id → text
	Chats                        // chat → record
	DigestChats                  // chat → nothing
	PausedChats                  // chat → nothing
	Subscribers                  // topic, chat → subscription
	Subscriptions                // chat, topic → nothing
	Postings                     // story, chat → record
	ChatPostings                 // chat, story → nothing
	Deliveries                   // number → record
	DeliveryIDs                  // hash of id → number
	Queues                       // chat, state, due, created, number → priority
	Heads                        // priority, due, created, number → chat
	Boxes                        // chat → its entry in Heads, its leases
	Leases                       // until, number → nothing
	Parked                       // order of parking → number
	Fanouts                      // fan-out → record
	Feeds                        // address → record
	Notes                        // key → value
	Identities                   // generation, hash of identity key → article
	IdentityFilters              // sealed generation → Bloom filter of its keys
	spaces
)

// Spaces lists all spaces, for engines that must prepare them.
func Spaces() []Space {
	all := make([]Space, spaces)
	for i := range all {
		all[i] = Space(i)
	}
	return all
}

// String is the stable name of the space on disk.
func (s Space) String() string {
	if s >= spaces {
		return "unknown"
	}
	return spaceNames[s]
}

// Sequential reports whether keys only ever arrive in rising order, so that an
// engine may fill its pages to the brim.
func (s Space) Sequential() bool {
	return slices.Contains([]Space{Articles, Texts, Findings, TextAges, Stories, Deliveries, Parked, Fanouts}, s)
}

//nolint:gochecknoglobals // a constant table
var spaceNames = [spaces]string{
	Meta: "meta", Articles: "articles", Texts: "texts", TextAges: "text_ages",
	Findings: "findings", ArticleKeys: "article_keys", ArticleTopics: "article_topics",
	Stories: "stories", StoryKeys: "story_keys", StoryTopics: "story_topics",
	OpenTopics: "open_topics", StoryChecks: "story_checks", Coaches: "coaches",
	Names: "names", Chats: "chats", DigestChats: "digest_chats", PausedChats: "paused_chats",
	Subscribers: "subscribers", Subscriptions: "subscriptions", Postings: "postings",
	ChatPostings: "chat_postings", Deliveries: "deliveries", DeliveryIDs: "delivery_ids",
	Queues: "queues", Heads: "heads", Boxes: "boxes", Leases: "leases", Parked: "parked",
	Fanouts: "fanouts", Feeds: "feeds", Notes: "notes", Identities: "identities", IdentityFilters: "identity_filters",
}
