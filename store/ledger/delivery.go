package ledger

import (
	"errors"
	"fmt"

	"karussell/bot"
)

func (v *view) Delivery(id bot.DeliveryID) (bot.Delivery, error) {
	_, rec, err := v.delivery(id)
	if err != nil {
		return bot.Delivery{}, err
	}
	if rec.ID != id {
		return bot.Delivery{}, bot.ErrNotFound // a former id, only good for settling
	}
	return rec.delivery(), nil
}

// delivery finds a delivery by its id or a former one. A transaction that writes
// locks its chat; until that is done the delivery may change, so it is read again.
func (v *view) delivery(id bot.DeliveryID) (n uint64, rec deliveryRecord, err error) {
	n, rec, err = v.lookUp(id)
	l, locks := v.kv.(Locker)
	if !locks || !v.writes {
		return n, rec, err
	}
	for n != 0 && (err == nil || errors.Is(err, errDangling)) {
		was, gone := rec.Chat, err != nil
		if !gone {
			if err := v.lock(bot.ChatRef(was)); err != nil {
				return 0, rec, err
			}
		}
		l.Forget(DeliveryIDs, hash(string(id)))
		l.Forget(Deliveries, number(n))
		n, rec, err = v.lookUp(id)
		if gone == (err != nil) && rec.Chat == was {
			break // locked as it is, or really not there
		}
	}
	return n, rec, err
}

func (v *view) lookUp(id bot.DeliveryID) (n uint64, rec deliveryRecord, err error) {
	n, err = getNumber(v.kv, DeliveryIDs, hash(string(id)))
	if err != nil {
		return 0, rec, err
	}
	if n == 0 {
		return 0, rec, bot.ErrNotFound
	}
	rec, err = v.numbered(n)
	return n, rec, err
}

func (v *view) numbered(n uint64) (deliveryRecord, error) {
	rec, err := get(v.kv, deliveryCodec, Deliveries, number(n))
	return rec, dangling(err)
}

func (t *tx) PutDelivery(d bot.Delivery) error {
	if err := t.lock(d.Chat); err != nil {
		return err
	}
	_, old, err := t.delivery(d.ID)
	switch {
	case err == nil && old.ID == d.ID:
		return nil
	case err != nil && !errors.Is(err, bot.ErrNotFound):
		return err
	}
	if d.Story != 0 {
		told, ok, err := find(t.kv, postingCodec, Postings, postingKey(d.Story, d.Chat))
		if err != nil || ok && told.Revision >= d.Revision {
			return err
		}
	}
	n, err := t.kv.Next(Deliveries)
	if err != nil {
		return err
	}
	rec := toDelivery(&d)
	if err := t.keep(n, &rec); err != nil {
		return err
	}
	t.bump(waitingCount, 1)
	return t.queue(n, &rec)
}

// keep writes a delivery and its id.
func (t *tx) keep(n uint64, rec *deliveryRecord) error {
	if err := t.kv.Put(DeliveryIDs, hash(string(rec.ID)), number(n)); err != nil {
		return err
	}
	return t.save(n, rec)
}

func (t *tx) save(n uint64, rec *deliveryRecord) error {
	return put(t.kv, deliveryCodec, Deliveries, number(n), *rec)
}

func (t *tx) DeleteDelivery(id bot.DeliveryID) error {
	n, rec, err := t.delivery(id)
	if errors.Is(err, bot.ErrNotFound) || err == nil && rec.ID != id {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.drop(n); err != nil {
		return err
	}
	return t.refresh(bot.ChatRef(rec.Chat))
}

// drop removes a delivery in whatever state, and its lease. The caller
// refreshes the chat.
func (t *tx) drop(n uint64) error {
	rec, err := t.numbered(n)
	if err != nil {
		return err
	}
	if err := t.leave(n, &rec); err != nil {
		return err
	}
	for _, h := range append(rec.Former, hash(string(rec.ID))) {
		holder, err := getNumber(t.kv, DeliveryIDs, h)
		if err != nil {
			return err
		}
		if holder != n {
			continue // a later delivery took the id
		}
		if err := t.kv.Delete(DeliveryIDs, h); err != nil {
			return err
		}
	}
	return t.kv.Delete(Deliveries, number(n))
}

// leave takes a delivery out of its queue, its lease or its parking place.
func (t *tx) leave(n uint64, rec *deliveryRecord) error {
	if rec.Parked != 0 {
		t.bump(parkedCount, -1)
		if err := t.kv.Delete(Parked, number(rec.Parked)); err != nil {
			return err
		}
		return t.kv.Delete(Queues, parkedKey(bot.ChatRef(rec.Chat), n))
	}
	if _, err := t.release(n, bot.ChatRef(rec.Chat)); err != nil {
		return err
	}
	t.bump(waitingCount, -1)
	return t.kv.Delete(Queues, queueKey(n, rec))
}

func postingKey(story bot.StoryID, ref bot.ChatRef) []byte {
	return appendString(number(uint64(story)), ref.String())
}

func chatPostingKey(ref bot.ChatRef, story bot.StoryID) []byte {
	return appendNumber(chatKey(ref), uint64(story))
}

func (v *view) Posting(ref bot.ChatRef, story bot.StoryID) (bot.Posting, error) {
	if err := v.lock(ref); err != nil {
		return bot.Posting{}, err
	}
	rec, err := get(v.kv, postingCodec, Postings, postingKey(story, ref))
	if err != nil {
		return bot.Posting{}, err
	}
	return rec.posting(story), nil
}

func (v *view) Postings(story bot.StoryID, cursor string, limit int) ([]bot.Posting, string, error) {
	limit = most(limit)
	list, err := collect(v.kv, Postings, resume(number(uint64(story)), cursor), limit+1,
		func(_, val []byte) (bot.Posting, error) {
			rec, err := postingCodec.decode(val)
			return rec.posting(story), err
		})
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Chat.String()
	}
	return list, next, v.foresee(each(list, func(p bot.Posting) bot.ChatRef { return p.Chat }))
}

// chatStories lists the stories that the chat was told.
func (v *view) chatStories(ref bot.ChatRef) ([]bot.StoryID, error) {
	return collect(v.kv, ChatPostings, prefixed(chatKey(ref)), maxInt, func(k, _ []byte) (bot.StoryID, error) {
		n, err := lastNumber(k)
		return bot.StoryID(n), err
	})
}

func (t *tx) PutPosting(p bot.Posting) error {
	if err := t.lock(p.Chat); err != nil {
		return err
	}
	if err := t.mark(ChatPostings, chatPostingKey(p.Chat, p.Story)); err != nil {
		return err
	}
	return put(t.kv, postingCodec, Postings, postingKey(p.Story, p.Chat), toPosting(&p))
}

func (t *tx) deletePosting(ref bot.ChatRef, story bot.StoryID) error {
	if err := t.lock(ref); err != nil {
		return err
	}
	if err := t.kv.Delete(ChatPostings, chatPostingKey(ref, story)); err != nil {
		return err
	}
	return t.kv.Delete(Postings, postingKey(story, ref))
}

func (v *view) Parked(limit int) ([]bot.Delivery, error) {
	list, err := collect(v.kv, Parked, Range{Reverse: true}, most(limit),
		func(_, val []byte) (uint64, error) { return lastNumber(val) })
	if err != nil {
		return nil, err
	}
	out := make([]bot.Delivery, 0, len(list))
	for _, n := range list {
		rec, err := v.numbered(n)
		if err != nil {
			return nil, err
		}
		out = append(out, rec.delivery())
	}
	return out, nil
}

func (v *view) Fanouts(limit int) ([]bot.Fanout, error) {
	return collect(v.kv, Fanouts, Range{}, most(limit), func(k, val []byte) (bot.Fanout, error) {
		id, err := lastNumber(k)
		if err != nil {
			return bot.Fanout{}, err
		}
		rec, err := fanoutCodec.decode(val)
		return rec.fanout(id), err
	})
}

func (t *tx) PutFanout(f *bot.Fanout) error {
	known := false
	var err error
	if f.ID == 0 {
		f.ID, err = t.kv.Next(Fanouts)
	} else if known, err = t.has(Fanouts, number(f.ID)); err == nil {
		err = t.kv.Raise(Fanouts, f.ID)
	}
	if err != nil {
		return err
	}
	if !known {
		t.bump(fanoutCount, 1)
	}
	return put(t.kv, fanoutCodec, Fanouts, number(f.ID), toFanout(f))
}

func (t *tx) DeleteFanout(id uint64) error {
	known, err := t.has(Fanouts, number(id))
	if err != nil || !known {
		return err
	}
	t.bump(fanoutCount, -1)
	return t.kv.Delete(Fanouts, number(id))
}

func (v *view) OutboxSize() (bot.OutboxSize, error) {
	var size bot.OutboxSize
	for c, n := range map[counter]*int{
		waitingCount: &size.Waiting, leasedCount: &size.Leased, parkedCount: &size.Parked, fanoutCount: &size.Fanouts,
	} {
		var err error
		if *n, err = v.count(c); err != nil {
			return size, err
		}
	}
	none := true
	err := v.priorities(func(_, first []byte) error {
		due, err := headDue(first)
		if err == nil && (none || due.Before(size.Oldest)) {
			size.Oldest, none = due, false
		}
		return err
	})
	return size, err
}

var errDangling = fmt.Errorf("%w: an index points to a record that is not there", bot.ErrCorrupt)
