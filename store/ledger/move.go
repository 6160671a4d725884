package ledger

import (
	"errors"
	"strings"

	"karussell/bot"
)

// MoveChat gives everything about a chat to another address. Where both have
// something, the moving chat's settings, subscriptions and postings win; the
// later hold counts; of deliveries with the same id the one that is there already stays. The id of a
// delivery that begins with the chat's address changes with it; one under lease
// can still be settled by its former id.
func (t *tx) MoveChat(from, to bot.ChatRef) error {
	if from == to {
		return nil
	}
	if err := errors.Join(t.lock(from), t.lock(to)); err != nil {
		return err
	}
	for _, step := range []func(from, to bot.ChatRef) error{
		t.moveDeliveries, t.moveHold, t.movePostings, t.moveSubscriptions, t.moveSettings,
	} {
		if err := step(from, to); err != nil {
			return err
		}
	}
	return t.refresh(to)
}

// moveHold: the later of two holds counts.
func (t *tx) moveHold(from, to bot.ChatRef) error {
	old, _, err := t.box(from)
	if err != nil || old.Hold == 0 {
		return err
	}
	here, _, err := t.box(to)
	if err != nil {
		return err
	}
	if err := t.hold(from, 0, false); err != nil || old.Hold <= here.Hold {
		return err
	}
	return t.hold(to, old.Hold, old.Soft)
}

func (t *tx) moveSettings(from, to bot.ChatRef) error {
	chat, err := t.Chat(from)
	if errors.Is(err, bot.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, s := range []Space{Chats, DigestChats, PausedChats} {
		if err := t.kv.Delete(s, chatKey(from)); err != nil {
			return err
		}
	}
	chat.Ref = to
	return t.PutChat(chat)
}

func (t *tx) moveSubscriptions(from, to bot.ChatRef) error {
	subs, err := t.Subscriptions(from)
	if err != nil {
		return err
	}
	for _, s := range subs {
		if err := t.DeleteSubscription(from, s.Topic); err != nil {
			return err
		}
		s.Chat = to
		if err := t.PutSubscription(s); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) movePostings(from, to bot.ChatRef) error {
	stories, err := t.chatStories(from)
	if err != nil {
		return err
	}
	for _, id := range stories {
		p, err := t.Posting(from, id)
		if err != nil {
			return dangling(err)
		}
		if err := t.deletePosting(from, id); err != nil {
			return err
		}
		p.Chat = to
		if err := t.PutPosting(p); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) moveDeliveries(from, to bot.ChatRef) error {
	queued, err := t.queued(from)
	if err != nil {
		return err
	}
	for _, n := range queued {
		if err := t.moveDelivery(n, from, to); err != nil {
			return err
		}
	}
	// At once: the entry of a delivery in Heads is the same in both chats, and
	// must not be cleared away when it already is the new chat's.
	return t.refresh(from)
}

func (t *tx) moveDelivery(n uint64, from, to bot.ChatRef) error {
	rec, err := t.numbered(n)
	if err != nil {
		return err
	}
	lease, leased, err := t.leaseOf(n, from)
	if err != nil {
		return err
	}
	if err := t.drop(n); err != nil {
		return err
	}
	former := hash(string(rec.ID))
	if rest, ok := strings.CutPrefix(string(rec.ID), from.String()+" "); ok {
		rec.ID = bot.DeliveryID(to.String() + " " + rest)
	}
	rec.Chat = refRecord(to)
	n, err = t.settleIn(n, &rec)
	if err != nil || !leased {
		return err
	}
	return t.keepLease(n, lease, former)
}

// settleIn keeps a moved delivery under its old number, unless its id is taken:
// then it is the one that has the id.
func (t *tx) settleIn(n uint64, rec *deliveryRecord) (uint64, error) {
	holder, other, err := t.delivery(rec.ID)
	switch {
	case err == nil && other.ID == rec.ID:
		*rec = other
		return holder, nil
	case err != nil && !errors.Is(err, bot.ErrNotFound):
		return 0, err
	}
	for _, h := range rec.Former {
		taken, err := t.has(DeliveryIDs, h)
		if err == nil && !taken {
			err = t.kv.Put(DeliveryIDs, h, number(n))
		}
		if err != nil {
			return 0, err
		}
	}
	if err := t.keep(n, rec); err != nil {
		return 0, err
	}
	ref := bot.ChatRef(rec.Chat)
	if rec.Parked != 0 {
		t.bump(parkedCount, 1)
		if err := t.kv.Put(Parked, number(rec.Parked), number(n)); err != nil {
			return 0, err
		}
		return n, t.mark(Queues, parkedKey(ref, n))
	}
	t.bump(waitingCount, 1)
	return n, t.kv.Put(Queues, queueKey(n, rec), appendSigned(nil, int64(rec.Priority)))
}

func (v *view) leaseOf(n uint64, ref bot.ChatRef) (leaseRecord, bool, error) {
	box, _, err := v.box(ref)
	for _, l := range box.Leases {
		if l.Number == n {
			return l, true, err
		}
	}
	return leaseRecord{}, false, err
}

// keepLease gives delivery n the lease that it, or its double, had before the
// move, and lets it be settled by its former id.
func (t *tx) keepLease(n uint64, l leaseRecord, former []byte) error {
	rec, err := t.numbered(n)
	if err != nil {
		return err
	}
	rec.Former = append(rec.Former, former)
	if err := t.kv.Put(DeliveryIDs, former, number(n)); err != nil {
		return err
	}
	if err := t.save(n, &rec); err != nil {
		return err
	}
	ref := bot.ChatRef(rec.Chat)
	_, leased, err := t.leaseOf(n, ref)
	if err != nil || leased || rec.Parked != 0 {
		return err
	}
	box, _, err := t.box(ref)
	if err != nil {
		return err
	}
	l.Number = n
	box.Leases = append(box.Leases, l)
	if err := t.mark(Leases, leaseKey(instant(l.Until), n)); err != nil {
		return err
	}
	t.bump(waitingCount, -1)
	t.bump(leasedCount, 1)
	return t.setHead(ref, &box, nil)
}
