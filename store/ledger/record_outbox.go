package ledger

import "karussell/bot"

type deliveryRecord struct {
	ID       bot.DeliveryID   `cbor:"1,keyasint,omitempty"`
	Chat     refRecord        `cbor:"2,keyasint"`
	Kind     bot.DeliveryKind `cbor:"3,keyasint,omitempty"`
	Story    bot.StoryID      `cbor:"4,keyasint,omitempty"`
	Revision int              `cbor:"5,keyasint,omitempty"`
	Stage    bot.StoryStage   `cbor:"6,keyasint,omitempty"`
	Topic    bot.Topic        `cbor:"7,keyasint,omitempty"`
	Silent   bool             `cbor:"8,keyasint,omitempty"`
	Role     string           `cbor:"9,keyasint,omitempty"`
	Priority bot.Priority     `cbor:"10,keyasint,omitempty"`
	Due      int64            `cbor:"11,keyasint,omitempty"`
	Created  int64            `cbor:"12,keyasint,omitempty"`
	Attempts int              `cbor:"13,keyasint,omitempty"`
	Unsure   int              `cbor:"14,keyasint,omitempty"`
	Cause    string           `cbor:"15,keyasint,omitempty"`
	Note     *noticeRecord    `cbor:"16,keyasint,omitempty"`
	// Parked is the place among the parked ones; 0 while it waits.
	Parked uint64 `cbor:"17,keyasint,omitempty"`
	// Former are hashes of ids under which it was leased before its chat moved:
	// the sender still settles it by them.
	Former [][]byte `cbor:"18,keyasint,omitempty"`
}

type noticeRecord struct {
	Key  string            `cbor:"1,keyasint,omitempty"`
	Args map[string]string `cbor:"2,keyasint,omitempty"`
}

// boxRecord is the state of a chat with deliveries.
type boxRecord struct {
	Head   []byte        `cbor:"1,keyasint,omitempty"` // its key in Heads; nil when it can't be claimed
	Leases []leaseRecord `cbor:"2,keyasint,omitempty"`
	Hold   int64         `cbor:"3,keyasint,omitempty"` // nothing before
	Soft   bool          `cbor:"4,keyasint,omitempty"` // unless something more urgent comes
}

type leaseRecord struct {
	Number uint64 `cbor:"1,keyasint"`
	Until  int64  `cbor:"2,keyasint"`
	At     int64  `cbor:"3,keyasint"` // when it was claimed
}

type postingRecord struct {
	Chat     refRecord       `cbor:"1,keyasint"`
	First    bot.MessageID   `cbor:"2,keyasint,omitempty"`
	Messages []bot.MessageID `cbor:"3,keyasint,omitempty"`
	Revision int             `cbor:"4,keyasint,omitempty"`
	Stage    bot.StoryStage  `cbor:"5,keyasint,omitempty"`
	Hash     string          `cbor:"6,keyasint,omitempty"`
	Thread   string          `cbor:"7,keyasint,omitempty"`
	At       int64           `cbor:"8,keyasint,omitempty"`
}

type fanoutRecord struct {
	Story    bot.StoryID      `cbor:"1,keyasint,omitempty"`
	Revision int              `cbor:"2,keyasint,omitempty"`
	Kind     bot.DeliveryKind `cbor:"3,keyasint,omitempty"`
	Stage    bot.StoryStage   `cbor:"4,keyasint,omitempty"`
	Topics   []bot.Topic      `cbor:"5,keyasint,omitempty"`
	Told     bool             `cbor:"6,keyasint,omitempty"`
	Topic    int              `cbor:"7,keyasint,omitempty"`
	Cursor   string           `cbor:"8,keyasint,omitempty"`
	Created  int64            `cbor:"9,keyasint,omitempty"`
	Event    bot.EventType    `cbor:"10,keyasint,omitempty"`
	Reported int64            `cbor:"11,keyasint,omitempty"`
}

//nolint:gochecknoglobals // constant
var (
	deliveryCodec = codec[deliveryRecord]{name: "delivery", version: 1}
	boxCodec      = codec[boxRecord]{name: "box", version: 1}
	postingCodec  = codec[postingRecord]{name: "posting", version: 1}
	fanoutCodec   = codec[fanoutRecord]{name: "fan-out", version: 1}
)

func toDelivery(d *bot.Delivery) deliveryRecord {
	r := deliveryRecord{
		ID: d.ID, Chat: refRecord(d.Chat), Kind: d.Kind, Story: d.Story, Revision: d.Revision,
		Stage: d.Stage, Topic: d.Topic, Silent: d.Silent, Role: d.Role, Priority: d.Priority,
		Due: nanos(d.Due), Created: nanos(d.Created), Attempts: d.Attempts, Unsure: d.Unsure,
		Cause: d.Cause,
	}
	if d.Note != nil {
		r.Note = &noticeRecord{d.Note.Key, d.Note.Args}
	}
	return r
}

func (r *deliveryRecord) delivery() bot.Delivery {
	d := bot.Delivery{
		ID: r.ID, Chat: bot.ChatRef(r.Chat), Kind: r.Kind, Story: r.Story, Revision: r.Revision,
		Stage: r.Stage, Topic: r.Topic, Silent: r.Silent, Role: r.Role, Priority: r.Priority,
		Due: instant(r.Due), Created: instant(r.Created), Attempts: r.Attempts, Unsure: r.Unsure,
		Cause: r.Cause,
	}
	if r.Note != nil {
		d.Note = &bot.Notice{Key: r.Note.Key, Args: r.Note.Args}
	}
	return d
}

func toPosting(p *bot.Posting) postingRecord {
	return postingRecord{
		Chat: refRecord(p.Chat), First: p.First, Messages: p.Messages, Revision: p.Revision,
		Stage: p.Stage, Hash: p.Hash, Thread: p.Thread, At: nanos(p.At),
	}
}

func (r *postingRecord) posting(story bot.StoryID) bot.Posting {
	return bot.Posting{
		Chat: bot.ChatRef(r.Chat), Story: story, First: r.First, Messages: r.Messages,
		Revision: r.Revision, Stage: r.Stage, Hash: r.Hash, Thread: r.Thread, At: instant(r.At),
	}
}

func toFanout(f *bot.Fanout) fanoutRecord {
	return fanoutRecord{
		Story: f.Story, Revision: f.Revision, Kind: f.Kind, Stage: f.Stage, Topics: f.Topics,
		Told: f.Told, Topic: f.Topic, Cursor: f.Cursor, Created: nanos(f.Created),
		Event: f.Event, Reported: nanos(f.Reported),
	}
}

func (r *fanoutRecord) fanout(id uint64) bot.Fanout {
	return bot.Fanout{
		ID: id, Story: r.Story, Revision: r.Revision, Kind: r.Kind, Stage: r.Stage, Topics: r.Topics,
		Told: r.Told, Topic: r.Topic, Cursor: r.Cursor, Created: instant(r.Created),
		Event: r.Event, Reported: instant(r.Reported),
	}
}
