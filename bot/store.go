package bot

import (
	"context"
	"time"
)

// Store keeps everything. Implementations pass store/storetest. All methods are
// safe for concurrent use. Values that go in or come out are copies: nobody
// shares memory with the store.
type Store interface {
	// View runs fn on one consistent state. fn must not keep tx, do I/O or
	// render: a long reader makes the file grow.
	View(ctx context.Context, fn func(ReadTx) error) error
	// Update runs fn and commits all of it or nothing. fn may run again after a
	// conflict, so it has no effects besides tx. An error from fn is returned
	// as it is, and nothing is kept.
	Update(ctx context.Context, fn func(Tx) error) error
	Outbox
	// Close waits for transactions under way.
	Close() error
}

// Outbox hands out deliveries at least once: an unsettled lease expires and the
// delivery is due again.
type Outbox interface {
	// Claim leases up to limit deliveries that are due at now: at most one per
	// chat, in the chat's order (by due time, then creation), none for a chat
	// that has one under lease or that is held back (Outcome.Hold), and lower
	// priority numbers first over all chats. A chat is as urgent as the most
	// urgent of its first UrgencyDepth deliveries, and what is claimed has that
	// Priority: official news pulls the rumour that must go before it. A lease
	// that ran out counts as an attempt with unknown outcome.
	Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]Delivery, error)
	// Settle ends a claim. Sent and Skipped remove the delivery and update the
	// chat's Posting (First, Messages, Revision, Hash; Stage only when Sent: what
	// was skipped was not told); Retry makes it due again; Dead parks it with its
	// cause. Moved and Pause apply to the chat.
	// Settling a delivery that is not known (any more) changes nothing.
	Settle(ctx context.Context, id DeliveryID, o Outcome) error
}

// UrgencyDepth is how far into a chat's queue Claim looks for something more
// urgent than the delivery that comes first.
const UrgencyDepth = 64

// ReadTx reads one consistent state. Methods return ErrNotFound where a single
// thing is asked for and not there; lists are then empty. A limit of 0 or less
// means 20.
type ReadTx interface {
	ArticleReader
	StoryReader
	CoachReader
	ChatReader
	DeliveryReader
	FeedReader
	NoteReader
}

// Tx reads its own writes.
type Tx interface {
	ReadTx
	ArticleWriter
	StoryWriter
	CoachWriter
	ChatWriter
	DeliveryWriter
	FeedWriter
	NoteWriter
}

// Page selects a part of a list, newest first.
type Page struct {
	Before uint64 // only ids below; 0 from the newest
	Limit  int    // at most this many; 0 means 20
}

// ArticleReader finds articles.
type ArticleReader interface {
	Article(id ArticleID) (Article, error)
	// ArticleByKey finds the article that holds an identity key (see
	// ArticleWriter.PutArticle).
	ArticleByKey(key string) (ArticleID, error)
	// Articles lists by topic, newest first (by id). The texts are left out.
	Articles(topic Topic, p Page) ([]Article, error)
	ArticleCount() (int, error)
	// Findings is what was extracted from the article's newest version.
	Findings(id ArticleID) (Extraction, error)
}

// ArticleWriter stores articles.
type ArticleWriter interface {
	// PutArticle stores a, assigning a.ID when it is zero, and adds identity keys
	// (addresses, feed ids, text hashes; any short strings) and topics. Keys that
	// another article holds stay with that one.
	PutArticle(a *Article, keys []string, topics []Topic) error
	PutFindings(id ArticleID, x Extraction) error
	// ForgetTexts drops the texts of articles read before t (facts stay), at most
	// limit at a time, and returns how many.
	ForgetTexts(before time.Time, limit int) (int, error)
}

// StoryReader finds stories.
type StoryReader interface {
	Story(id StoryID) (Story, error)
	// StoriesByKey lists the stories of one key, newest first: one coach can come
	// to one club more than once in a life.
	StoriesByKey(k StoryKey) ([]Story, error)
	// Stories lists by topic, the most recently changed first. Page.Before is
	// the UnixNano of Story.Changed of the last story seen; 0 from the newest.
	Stories(topic Topic, p Page) ([]Story, error)
	// OpenStories lists stories that are not at an end, by topic, the most
	// recently changed first.
	OpenStories(topic Topic, limit int) ([]Story, error)
	// StoriesDue lists stories whose Check has come.
	StoriesDue(now time.Time, limit int) ([]Story, error)
}

// StoryWriter stores stories.
type StoryWriter interface {
	// PutStory stores s, assigning s.ID when it is zero, and indexes it under
	// topics, which replace its former topics.
	PutStory(s *Story, topics []Topic) error
	DeleteStory(id StoryID) error
}

// CoachReader finds coaches.
type CoachReader interface {
	Coach(id CoachID) (Coach, error)
	// Coaches lists by id, after the given one.
	Coaches(after CoachID, limit int) ([]Coach, error)
	// Names lists entries of a name index whose key equals key, or begins with it
	// when prefix is set; sorted by key, then id.
	Names(kind NameKind, key string, prefix bool, limit int) ([]Name, error)
}

// CoachWriter stores coaches.
type CoachWriter interface {
	// PutCoach stores c under c.ID and replaces its name keys.
	PutCoach(c Coach, keys []string) error
	DeleteCoach(id CoachID) error
}

// ChatReader finds chats and subscriptions.
type ChatReader interface {
	Chat(ref ChatRef) (Chat, error)
	// Chats lists by ChatRef.String, after the given one ("" from the start).
	Chats(after string, limit int) ([]Chat, error)
	Subscriptions(ref ChatRef) ([]Subscription, error) // sorted by topic
	// Subscribers lists the subscriptions to a topic, sorted by chat, after the
	// cursor ("" from the start); next is "" at the end.
	Subscribers(topic Topic, cursor string, limit int) (subs []Subscription, next string, err error)
	// DigestChats lists chats with a digest, after the given one.
	DigestChats(after string, limit int) ([]Chat, error)
}

// ChatWriter stores chats and subscriptions.
type ChatWriter interface {
	PutChat(c Chat) error
	// DeleteChat removes everything about the chat: settings, subscriptions,
	// postings, deliveries, and its address from fan-outs that have come to it.
	DeleteChat(ref ChatRef) error
	// MoveChat gives everything about a chat to another address. Where both have
	// something, what moves wins; of deliveries with one id the one that is there
	// stays. Delivery ids that begin with the chat's address change with it; one
	// under lease can still be settled by its former id.
	MoveChat(from, to ChatRef) error
	PutSubscription(s Subscription) error
	DeleteSubscription(ref ChatRef, topic Topic) error
}

// DeliveryReader looks into the outbox.
type DeliveryReader interface {
	Delivery(id DeliveryID) (Delivery, error)
	Posting(ref ChatRef, story StoryID) (Posting, error)
	// Postings lists the chats that were told about a story, sorted by chat.
	Postings(story StoryID, cursor string, limit int) (p []Posting, next string, err error)
	Parked(limit int) ([]Delivery, error) // dead ones, newest first
	Fanouts(limit int) ([]Fanout, error)  // oldest first
	OutboxSize() (OutboxSize, error)
}

// OutboxSize is how much is waiting.
type OutboxSize struct {
	Waiting int
	Leased  int
	Parked  int
	Fanouts int
	Oldest  time.Time // due time of the oldest one that could be claimed when due; zero for none
}

// DeliveryWriter fills the outbox.
type DeliveryWriter interface {
	// PutDelivery adds d unless a delivery with its id waits, is parked or was
	// settled for a revision that the chat's posting already has.
	PutDelivery(d Delivery) error
	DeleteDelivery(id DeliveryID) error // also parked ones
	PutPosting(p Posting) error
	PutFanout(f *Fanout) error // assigns f.ID when it is zero
	DeleteFanout(id uint64) error
}

// FeedReader finds feeds.
type FeedReader interface {
	Feed(url string) (FeedState, error)
	Feeds() ([]FeedState, error) // sorted by URL
}

// FeedWriter stores feeds.
type FeedWriter interface {
	PutFeed(f FeedState) error
	DeleteFeed(url string) error
}

// NoteReader finds small values by key: adapters' notebooks, complaints, clock
// marks. Keys are path-like: "telegram/offset".
type NoteReader interface {
	Note(key string) ([]byte, error)
	// Notes lists keys with a prefix, sorted, after the given key.
	Notes(prefix, after string, limit int) ([]string, error)
}

// NoteWriter stores small values. A nil value deletes.
type NoteWriter interface {
	PutNote(key string, value []byte) error
}

// Lease is a time-limited exclusive right, with a fence that grows with every
// new holder: a paused process that wakes up holds an old fence.
type Lease struct {
	Name   string
	Holder string
	Fence  uint64
	Until  time.Time
}
