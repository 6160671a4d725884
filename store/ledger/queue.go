package ledger

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"karussell/bot"
)

// The queue of a chat holds its deliveries in their order. The first of every
// chat that can be claimed (none under lease, not paused) is also in Heads,
// ordered by priority over all chats: claiming reads Heads from its start and
// never meets a delivery that it must pass over. A head has the priority of the
// most urgent delivery behind it, and is not due before its chat's hold.

const (
	stateWaiting byte = 0 // also while under lease
	stateParked  byte = 1
)

// place is the order of deliveries within a chat.
func place(b []byte, n uint64, rec *deliveryRecord) []byte {
	b = appendTime(b, instant(rec.Due))
	b = appendTime(b, instant(rec.Created))
	return appendNumber(b, n)
}

const placeLen = 24

func queueKey(n uint64, rec *deliveryRecord) []byte {
	return place(append(chatKey(bot.ChatRef(rec.Chat)), stateWaiting), n, rec)
}

func parkedKey(ref bot.ChatRef, n uint64) []byte {
	return appendNumber(append(chatKey(ref), stateParked), n)
}

// queue appends a delivery to its chat's queue, and to Heads when it is first.
func (t *tx) queue(n uint64, rec *deliveryRecord) error {
	priority := appendSigned(nil, int64(rec.Priority))
	if err := t.kv.Put(Queues, queueKey(n, rec), priority); err != nil {
		return err
	}
	ref := bot.ChatRef(rec.Chat)
	box, paused, err := t.box(ref)
	if err != nil || paused || len(box.Leases) > 0 {
		return err
	}
	return t.join(ref, &box, place(priority, n, rec))
}

// join keeps the chat's entry in Heads right when a delivery was added, of which
// head would be the entry.
func (t *tx) join(ref bot.ChatRef, box *boxRecord, head []byte) error {
	urgent := box.Head == nil || bytes.Compare(head[:8], box.Head[:8]) < 0
	switch {
	case box.Soft && urgent:
		if err := t.hold(ref, 0, false); err != nil {
			return err
		}
	case box.Hold != 0:
	case box.Head == nil:
		return t.setHead(ref, box, head)
	case !urgent && bytes.Compare(box.Head[8:], head[8:]) < 0:
		return nil // it changes nothing for the first
	}
	return t.refresh(ref)
}

func (v *view) box(ref bot.ChatRef) (box boxRecord, paused bool, err error) {
	return v.boxAt(chatKey(ref))
}

func (v *view) boxAt(chat []byte) (box boxRecord, paused bool, err error) {
	if err := v.lockAt(chat); err != nil {
		return box, false, err
	}
	box, _, err = find(v.kv, boxCodec, Boxes, chat)
	if err != nil {
		return box, false, err
	}
	paused, err = v.has(PausedChats, chat)
	return box, paused, err
}

// lock keeps the chat's deliveries and postings for this transaction, where the
// engine lets others run beside it. It comes before all that is read of them.
func (v *view) lock(ref bot.ChatRef) error { return v.lockAt(chatKey(ref)) }

func (v *view) lockAt(chat []byte) error {
	if l, ok := v.kv.(Locker); ok {
		return l.Lock(chat)
	}
	return nil
}

// refresh makes the chat's entry in Heads what its queue, leases and pause say.
func (t *tx) refresh(ref bot.ChatRef) error {
	box, paused, err := t.box(ref)
	if err != nil {
		return err
	}
	var head []byte
	if !paused && len(box.Leases) == 0 {
		if head, err = t.headOf(chatKey(ref), box.Hold); err != nil {
			return err
		}
	}
	return t.setHead(ref, &box, head)
}

// headOf is what a chat's queue calls for in Heads; nil for an empty one.
func (v *view) headOf(chat []byte, hold int64) (head []byte, err error) {
	seen := 0
	err = v.kv.Scan(Queues, prefixed(append(slices.Clone(chat), stateWaiting)), func(k, priority []byte) (bool, error) {
		switch {
		case len(k) < placeLen || len(priority) != 8:
			return false, errKey
		case head == nil:
			head = append(slices.Clone(priority), k[len(k)-placeLen:]...)
		case bytes.Compare(priority, head[:8]) < 0:
			copy(head, priority)
		}
		seen++
		return seen < bot.UrgencyDepth, nil
	})
	if err != nil || head == nil || hold == 0 {
		return head, err
	}
	if until := appendTime(nil, instant(hold)); bytes.Compare(head[8:16], until) < 0 {
		copy(head[8:], until)
	}
	return head, nil
}

func (t *tx) setHead(ref bot.ChatRef, box *boxRecord, head []byte) error {
	if bytes.Equal(box.Head, head) {
		return t.putBox(ref, box)
	}
	if box.Head != nil {
		if err := t.kv.Delete(Heads, box.Head); err != nil {
			return err
		}
	}
	if head != nil {
		if err := t.kv.Put(Heads, head, []byte(ref.String())); err != nil {
			return err
		}
	}
	box.Head = head
	return t.putBox(ref, box)
}

func (t *tx) putBox(ref bot.ChatRef, box *boxRecord) error {
	if box.Head == nil && len(box.Leases) == 0 && box.Hold == 0 {
		return t.kv.Delete(Boxes, chatKey(ref))
	}
	return put(t.kv, boxCodec, Boxes, chatKey(ref), *box)
}

// hold keeps the chat's deliveries back until then; a soft hold gives way to
// something more urgent. The caller refreshes.
func (t *tx) hold(ref bot.ChatRef, until int64, soft bool) error {
	box, _, err := t.box(ref)
	soft = soft && until != 0
	if err != nil || box.Hold == until && box.Soft == soft {
		return err
	}
	box.Hold, box.Soft = until, soft
	return t.putBox(ref, &box)
}

// queued lists all deliveries of a chat, whatever their state.
func (v *view) queued(ref bot.ChatRef) ([]uint64, error) {
	return numbers(v.kv, Queues, prefixed(chatKey(ref)), maxInt)
}

// priorities calls fn for every priority in Heads with the prefix of its
// entries and the first one.
func (v *view) priorities(fn func(prefix, first []byte) error) error {
	from := []byte{}
	for from != nil {
		var first []byte
		err := v.kv.Scan(Heads, Range{From: from}, func(k, _ []byte) (bool, error) {
			first = slices.Clone(k)
			return false, nil
		})
		if err != nil || first == nil {
			return err
		}
		if len(first) != 8+placeLen {
			return errKey
		}
		if err := fn(first[:8], first); err != nil {
			return err
		}
		from = after(first[:8])
	}
	return nil
}

// headDue reads the due time of an entry in Heads.
func headDue(head []byte) (time.Time, error) {
	if len(head) < 16 {
		return time.Time{}, errKey
	}
	nanos := signed(head[8:16])
	if nanos == minNanos {
		return time.Time{}, nil
	}
	return instant(nanos), nil
}

// signed reads what appendSigned wrote.
func signed(k []byte) int64 {
	return int64(binary.BigEndian.Uint64(k) ^ 1<<63) //nolint:gosec // the bits are meant
}

const minNanos = -1 << 63

// claim leases deliveries; see bot.Outbox.
func (t *tx) claim(now time.Time, lease time.Duration, limit int) ([]bot.Delivery, error) {
	if err := t.expire(now); err != nil {
		return nil, err
	}
	var heads []entryOf
	err := t.priorities(func(prefix, _ []byte) error {
		if len(heads) >= limit {
			return nil
		}
		due := after(appendTime(slices.Clone(prefix), now))
		more, err := collect(t.kv, Heads, Range{From: prefix, To: due}, limit-len(heads),
			func(k, v []byte) (entryOf, error) { return entryOf{slices.Clone(k), string(v)}, nil })
		heads = append(heads, more...)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]bot.Delivery, 0, len(heads))
	for _, h := range heads {
		d, err := t.lease(h, now, now.Add(lease))
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// entryOf is an entry of Heads.
type entryOf struct {
	head []byte
	chat string
}

func (t *tx) lease(h entryOf, now, until time.Time) (bot.Delivery, error) {
	n, err := lastNumber(h.head)
	if err != nil {
		return bot.Delivery{}, err
	}
	rec, err := t.numbered(n)
	if err != nil {
		return bot.Delivery{}, err
	}
	ref := bot.ChatRef(rec.Chat)
	box, _, err := t.box(ref)
	if err != nil {
		return bot.Delivery{}, err
	}
	box.Leases = append(box.Leases, leaseRecord{Number: n, Until: nanos(until), At: nanos(now)})
	if err := t.mark(Leases, leaseKey(until, n)); err != nil {
		return bot.Delivery{}, err
	}
	t.bump(waitingCount, -1)
	t.bump(leasedCount, 1)
	d := rec.delivery()
	d.Priority = bot.Priority(signed(h.head[:8]))
	return d, t.setHead(ref, &box, nil)
}

func leaseKey(until time.Time, n uint64) []byte { return appendNumber(appendTime(nil, until), n) }

// release ends the lease of a delivery and says when it was claimed; zero when
// there was none. The delivery waits again; the caller refreshes the chat.
func (t *tx) release(n uint64, ref bot.ChatRef) (claimed time.Time, err error) {
	box, _, err := t.box(ref)
	if err != nil {
		return claimed, err
	}
	i := slices.IndexFunc(box.Leases, func(l leaseRecord) bool { return l.Number == n })
	if i < 0 {
		return claimed, nil
	}
	l := box.Leases[i]
	box.Leases = slices.Delete(box.Leases, i, i+1)
	t.bump(leasedCount, -1)
	t.bump(waitingCount, 1)
	if err := t.kv.Delete(Leases, leaseKey(instant(l.Until), n)); err != nil {
		return claimed, err
	}
	return instant(l.At), t.putBox(ref, &box)
}

// expire takes back the leases that nobody settled in time. What became of the
// attempt is unknown, so it counts as unsure.
func (t *tx) expire(now time.Time) error {
	overdue, err := numbers(t.kv, Leases, Range{To: after(appendTime(nil, now))}, maxInt)
	if err != nil {
		return err
	}
	for _, n := range overdue {
		rec, err := t.numbered(n)
		if err != nil {
			return err
		}
		if err := t.takeBack(n, &rec); err != nil {
			return err
		}
	}
	return nil
}

// takeBack ends the overdue lease of a delivery.
func (t *tx) takeBack(n uint64, rec *deliveryRecord) error {
	ref := bot.ChatRef(rec.Chat)
	if _, err := t.release(n, ref); err != nil {
		return err
	}
	rec.Attempts++
	rec.Unsure++
	if err := t.save(n, rec); err != nil {
		return err
	}
	return t.refresh(ref)
}
