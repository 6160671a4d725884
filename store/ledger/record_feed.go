package ledger

import (
	"time"

	"karussell/bot"
)

// feedRecord is a feed without its address, which is the key.
type feedRecord struct {
	Location     string            `cbor:"1,keyasint,omitempty"`
	Name         string            `cbor:"2,keyasint,omitempty"`
	Outlet       string            `cbor:"3,keyasint,omitempty"`
	Tier         int               `cbor:"4,keyasint,omitempty"`
	Language     string            `cbor:"5,keyasint,omitempty"`
	ETag         string            `cbor:"6,keyasint,omitempty"`
	LastModified string            `cbor:"7,keyasint,omitempty"`
	Interval     time.Duration     `cbor:"8,keyasint,omitempty"`
	Next         int64             `cbor:"9,keyasint,omitempty"`
	LastOK       int64             `cbor:"10,keyasint,omitempty"`
	LastNew      int64             `cbor:"11,keyasint,omitempty"`
	LastStatus   int               `cbor:"12,keyasint,omitempty"`
	LastError    string            `cbor:"13,keyasint,omitempty"`
	Failures     int               `cbor:"14,keyasint,omitempty"`
	FailingSince int64             `cbor:"15,keyasint,omitempty"`
	Told         bool              `cbor:"16,keyasint,omitempty"`
	Paused       bool              `cbor:"17,keyasint,omitempty"`
	ByOwner      bool              `cbor:"18,keyasint,omitempty"`
	Seen         bool              `cbor:"19,keyasint,omitempty"`
	Hub          string            `cbor:"20,keyasint,omitempty"`
	Topic        string            `cbor:"21,keyasint,omitempty"`
	HubSecret    []byte            `cbor:"22,keyasint,omitempty"`
	HubExpires   int64             `cbor:"23,keyasint,omitempty"`
	Fetches      int64             `cbor:"24,keyasint,omitempty"`
	NotModified  int64             `cbor:"25,keyasint,omitempty"`
	Bytes        int64             `cbor:"26,keyasint,omitempty"`
	Polite       map[string]string `cbor:"27,keyasint,omitempty"`
}

//nolint:gochecknoglobals // constant
var (
	feedCodec = codec[feedRecord]{name: "feed", version: 1}
	noteCodec = codec[[]byte]{name: "note", version: 1}
)

func toFeed(f *bot.FeedState) feedRecord {
	return feedRecord{
		Location: f.Location, Name: f.Name, Outlet: f.Outlet, Tier: f.Tier, Language: f.Language,
		ETag: f.ETag, LastModified: f.LastModified, Interval: f.Interval, Next: nanos(f.Next),
		LastOK: nanos(f.LastOK), LastNew: nanos(f.LastNew), LastStatus: f.LastStatus,
		LastError: f.LastError, Failures: f.Failures, FailingSince: nanos(f.FailingSince),
		Told: f.Told, Paused: f.Paused, ByOwner: f.ByOwner, Seen: f.Seen, Hub: f.Hub, Topic: f.Topic,
		HubSecret: f.HubSecret, HubExpires: nanos(f.HubExpires), Fetches: f.Fetches,
		NotModified: f.NotModified, Bytes: f.Bytes, Polite: f.Polite,
	}
}

func (r *feedRecord) feed(url string) bot.FeedState {
	return bot.FeedState{
		URL: url, Location: r.Location, Name: r.Name, Outlet: r.Outlet, Tier: r.Tier,
		Language: r.Language, ETag: r.ETag, LastModified: r.LastModified, Interval: r.Interval,
		Next: instant(r.Next), LastOK: instant(r.LastOK), LastNew: instant(r.LastNew),
		LastStatus: r.LastStatus, LastError: r.LastError, Failures: r.Failures,
		FailingSince: instant(r.FailingSince), Told: r.Told, Paused: r.Paused, ByOwner: r.ByOwner,
		Seen: r.Seen, Hub: r.Hub, Topic: r.Topic, HubSecret: r.HubSecret,
		HubExpires: instant(r.HubExpires), Fetches: r.Fetches, NotModified: r.NotModified,
		Bytes: r.Bytes, Polite: r.Polite,
	}
}
