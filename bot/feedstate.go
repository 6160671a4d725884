package bot

import (
	"context"
	"time"
)

// FeedState is what is remembered about a feed between polls. It commits
// together with the articles that the poll brought.
type FeedState struct {
	URL          string // as configured: the key
	Location     string // where it moved to for good; empty: URL
	Name         string
	Outlet       string
	Tier         int
	Language     string
	ETag         string
	LastModified string
	Interval     time.Duration // present polling interval
	Next         time.Time     // not before
	LastOK       time.Time
	LastNew      time.Time // when it last brought an article
	LastStatus   int       // HTTP status of the last answer; 0 for none
	LastError    string    // for the operator
	Failures     int       // in a row
	FailingSince time.Time
	Told         bool // the owner knows that it is dead
	Paused       bool
	ByOwner      bool // added in chat rather than by configuration
	Seen         bool // the first contact is over
	Hub          string
	Topic        string
	HubSecret    []byte
	HubExpires   time.Time
	Fetches      int64
	NotModified  int64
	Bytes        int64
	Polite       map[string]string // room for the feed package's own notes
}

// Batch is what one poll (or one import) brought, to be committed at once.
type Batch struct {
	Articles []Article
	Feed     *FeedState // nil for imports
	// Backlog stores without alerting: the first contact with a feed, imports.
	Backlog bool
	// AlertAll treats the articles as just published (ingest --alert).
	AlertAll bool
}

// Ingested sums up a batch.
type Ingested struct {
	New     int // articles that were not known
	Changed int // new versions of known articles
	Known   int // unchanged
	Copies  int // agency copy that another article already brought
	Events  int
	Fresh   int
	Stories int // stories that changed
	Fanouts int // fan-outs started
}

// Ingester takes batches: the Engine. The feed poller and the command line use
// it. It returns the store's errors; nothing of the batch is kept then.
type Ingester interface {
	Ingest(ctx context.Context, b Batch) (Ingested, error)
}
