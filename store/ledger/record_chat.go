package ledger

import (
	"time"

	"karussell/bot"
)

type refRecord struct {
	Platform bot.PlatformName `cbor:"1,keyasint,omitempty"`
	Chat     string           `cbor:"2,keyasint,omitempty"`
	Thread   string           `cbor:"3,keyasint,omitempty"`
}

type chatRecord struct {
	Ref           refRecord        `cbor:"1,keyasint"`
	Kind          bot.ChatKind     `cbor:"2,keyasint,omitempty"`
	Parent        string           `cbor:"3,keyasint,omitempty"`
	Title         string           `cbor:"4,keyasint,omitempty"`
	Language      string           `cbor:"5,keyasint,omitempty"`
	Zone          string           `cbor:"6,keyasint,omitempty"`
	QuietFrom     int              `cbor:"7,keyasint,omitempty"`
	QuietTo       int              `cbor:"8,keyasint,omitempty"`
	DigestEvery   bot.DigestRhythm `cbor:"9,keyasint,omitempty"`
	DigestWeekday int              `cbor:"10,keyasint,omitempty"`
	DigestMinute  int              `cbor:"11,keyasint,omitempty"`
	DigestLast    int64            `cbor:"12,keyasint,omitempty"`
	Mutes         []muteRecord     `cbor:"13,keyasint,omitempty"`
	Paused        bot.PauseCause   `cbor:"14,keyasint,omitempty"`
	PausedAt      int64            `cbor:"15,keyasint,omitempty"`
	Created       int64            `cbor:"16,keyasint,omitempty"`
	LastUsed      int64            `cbor:"17,keyasint,omitempty"`
	Owner         bot.UserRef      `cbor:"18,keyasint,omitempty"`
}

type muteRecord struct {
	Topic bot.Topic `cbor:"1,keyasint,omitempty"`
	Until int64     `cbor:"2,keyasint,omitempty"`
}

type subscriptionRecord struct {
	Chat    refRecord       `cbor:"1,keyasint"`
	Topic   bot.Topic       `cbor:"2,keyasint,omitempty"`
	Types   []bot.EventType `cbor:"3,keyasint,omitempty"`
	Minimum bot.Certainty   `cbor:"4,keyasint,omitempty"`
	Silent  bool            `cbor:"5,keyasint,omitempty"`
	Loud    bool            `cbor:"6,keyasint,omitempty"`
	Role    string          `cbor:"7,keyasint,omitempty"`
	Digest  bool            `cbor:"8,keyasint,omitempty"`
	Teams   bool            `cbor:"9,keyasint,omitempty"`
	By      bot.UserRef     `cbor:"10,keyasint,omitempty"`
	Since   int64           `cbor:"11,keyasint,omitempty"`
}

//nolint:gochecknoglobals // constant
var (
	chatCodec         = codec[chatRecord]{name: "chat", version: 1}
	subscriptionCodec = codec[subscriptionRecord]{name: "subscription", version: 1}
)

func toChat(c *bot.Chat) chatRecord {
	return chatRecord{
		Ref: refRecord(c.Ref), Kind: c.Kind, Parent: c.Parent, Title: c.Title,
		Language: c.Language, Zone: c.Zone, QuietFrom: c.Quiet.From, QuietTo: c.Quiet.To,
		DigestEvery: c.Digest.Every, DigestWeekday: int(c.Digest.Weekday),
		DigestMinute: c.Digest.Minute, DigestLast: nanos(c.Digest.Last),
		Mutes: each(c.Mutes, func(m bot.Mute) muteRecord {
			return muteRecord{m.Topic, nanos(m.Until)}
		}),
		Paused: c.Paused, PausedAt: nanos(c.PausedAt), Created: nanos(c.Created),
		LastUsed: nanos(c.LastUsed), Owner: c.Owner,
	}
}

func (r *chatRecord) chat() bot.Chat {
	return bot.Chat{
		Ref: bot.ChatRef(r.Ref), Kind: r.Kind, Parent: r.Parent, Title: r.Title,
		Language: r.Language, Zone: r.Zone,
		Quiet: bot.QuietHours{From: r.QuietFrom, To: r.QuietTo},
		Digest: bot.Digest{
			Every: r.DigestEvery, Weekday: time.Weekday(r.DigestWeekday),
			Minute: r.DigestMinute, Last: instant(r.DigestLast),
		},
		Mutes: each(r.Mutes, func(m muteRecord) bot.Mute {
			return bot.Mute{Topic: m.Topic, Until: instant(m.Until)}
		}),
		Paused: r.Paused, PausedAt: instant(r.PausedAt), Created: instant(r.Created),
		LastUsed: instant(r.LastUsed), Owner: r.Owner,
	}
}

func toSubscription(s *bot.Subscription) subscriptionRecord {
	return subscriptionRecord{
		Chat: refRecord(s.Chat), Topic: s.Topic, Types: s.Types, Minimum: s.Minimum,
		Silent: s.Silent, Loud: s.Loud, Role: s.Role, Digest: s.Digest, Teams: s.Teams,
		By: s.By, Since: nanos(s.Since),
	}
}

func (r *subscriptionRecord) subscription() bot.Subscription {
	return bot.Subscription{
		Chat: bot.ChatRef(r.Chat), Topic: r.Topic, Types: r.Types, Minimum: r.Minimum,
		Silent: r.Silent, Loud: r.Loud, Role: r.Role, Digest: r.Digest, Teams: r.Teams,
		By: r.By, Since: instant(r.Since),
	}
}
