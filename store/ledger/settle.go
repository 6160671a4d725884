package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"karussell/bot"
)

// settle ends a claim; see bot.Outbox.
func (t *tx) settle(id bot.DeliveryID, o bot.Outcome) error {
	n, rec, err := t.delivery(id)
	if errors.Is(err, bot.ErrNotFound) || err == nil && rec.Parked != 0 {
		return nil
	}
	if err != nil {
		return err
	}
	ref := bot.ChatRef(rec.Chat)
	at, err := t.release(n, ref)
	if err != nil {
		return err
	}
	if at.IsZero() {
		at = instant(rec.Due) // settled late, after its lease
	}
	if err := t.end(n, &rec, o, at); err != nil {
		return err
	}
	return t.affect(ref, o, at)
}

// affect does to the chat what the outcome says.
func (t *tx) affect(ref bot.ChatRef, o bot.Outcome, at time.Time) error {
	if o.Moved != nil {
		if err := t.MoveChat(ref, *o.Moved); err != nil {
			return err
		}
		ref = *o.Moved
	}
	if err := t.hold(ref, nanos(o.Hold), o.State == bot.Returned); err != nil {
		return err
	}
	if o.Pause != bot.NotPaused {
		if err := t.pauseFor(ref, o.Pause, at); err != nil {
			return err
		}
	}
	return t.refresh(ref)
}

// end does to the delivery what its state says.
func (t *tx) end(n uint64, rec *deliveryRecord, o bot.Outcome, at time.Time) error {
	switch o.State {
	case bot.Sent, bot.Skipped:
		if err := t.tell(rec, o, at); err != nil {
			return err
		}
		return t.drop(n)
	case bot.Retry:
		t.failed(rec, o)
		return t.again(n, rec, o.Due)
	case bot.Returned:
		return t.again(n, rec, o.Due)
	case bot.Dead:
		return t.park(n, rec, o)
	}
	return fmt.Errorf("settle %s: unknown outcome %q", rec.ID, o.State)
}

// tell notes in the chat's posting what it now knows. What was skipped leaves
// no posting behind where there was none: nobody was told.
func (t *tx) tell(rec *deliveryRecord, o bot.Outcome, at time.Time) error {
	if rec.Story == 0 {
		return nil
	}
	ref := bot.ChatRef(rec.Chat)
	post, known, err := find(t.kv, postingCodec, Postings, postingKey(rec.Story, ref))
	if err != nil {
		return err
	}
	if !known {
		if o.State == bot.Skipped && o.Message == "" {
			return nil
		}
		post = postingRecord{Chat: rec.Chat, At: nanos(at)}
	}
	post.heard(rec, o)
	return t.PutPosting(post.posting(rec.Story))
}

// heard notes the message of an outcome, and what it told.
func (p *postingRecord) heard(rec *deliveryRecord, o bot.Outcome) {
	if o.Message != "" {
		if p.First == "" {
			p.First = o.Message
		}
		if !slices.Contains(p.Messages, o.Message) {
			p.Messages = append(p.Messages, o.Message)
		}
	}
	aboutFirst := o.Message == p.First || o.Message == "" && rec.Kind != bot.DeliverReply
	if o.Hash != "" && aboutFirst {
		p.Hash = o.Hash
	}
	shown := max(rec.Revision, o.Revision)
	if shown < p.Revision {
		return
	}
	p.Revision = shown
	if o.State == bot.Sent { // what was skipped was not told
		p.Stage = cmp.Or(o.Stage, rec.Stage, p.Stage)
	}
}

// again lets the delivery wait once more.
func (t *tx) again(n uint64, rec *deliveryRecord, due time.Time) error {
	if err := t.kv.Delete(Queues, queueKey(n, rec)); err != nil {
		return err
	}
	if !due.IsZero() {
		rec.Due = nanos(due)
	}
	if err := t.save(n, rec); err != nil {
		return err
	}
	return t.kv.Put(Queues, queueKey(n, rec), appendSigned(nil, int64(rec.Priority)))
}

func (t *tx) failed(rec *deliveryRecord, o bot.Outcome) {
	rec.Attempts++
	if o.Unsure {
		rec.Unsure++
	}
	rec.Cause = o.Cause
}

// park puts the delivery aside for the operator.
func (t *tx) park(n uint64, rec *deliveryRecord, o bot.Outcome) error {
	if err := t.kv.Delete(Queues, queueKey(n, rec)); err != nil {
		return err
	}
	spot, err := t.kv.Next(Parked)
	if err != nil {
		return err
	}
	rec.Parked = spot
	t.failed(rec, o)
	if err := t.save(n, rec); err != nil {
		return err
	}
	t.bump(waitingCount, -1)
	t.bump(parkedCount, 1)
	if err := t.kv.Put(Parked, number(spot), number(n)); err != nil {
		return err
	}
	return t.mark(Queues, parkedKey(bot.ChatRef(rec.Chat), n))
}

// pauseFor pauses a chat, also one that nothing else is known about.
func (t *tx) pauseFor(ref bot.ChatRef, cause bot.PauseCause, at time.Time) error {
	chat, err := t.Chat(ref)
	if errors.Is(err, bot.ErrNotFound) {
		chat, err = bot.Chat{Ref: ref}, nil
	}
	if err != nil {
		return err
	}
	chat.Paused, chat.PausedAt = cause, at
	return t.PutChat(chat)
}
