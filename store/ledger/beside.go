package ledger

import (
	"errors"
	"maps"
	"slices"
	"time"

	"karussell/bot"
)

// Claims and settlements beside each other: an engine with many writers runs
// them in transactions that do not wait for one another (see Beside). Whoever
// works on a chat has locked its box, so no two of them meet in a chat, and
// everything that they write belongs to one.

// Settlement is one call of Settle.
type Settlement struct {
	ID      bot.DeliveryID
	Outcome bot.Outcome
}

// Apart reports whether a settlement touches nothing but the chat's deliveries
// and postings: others need a transaction that waits for its turn.
func (s Settlement) Apart() bool { return s.Outcome.Moved == nil && s.Outcome.Pause == bot.NotPaused }

// SettleBeside settles those that can be settled beside others, and returns the
// places of those that cannot.
func SettleBeside(w Beside, list []Settlement) (left []int, err error) {
	t := newTx(w)
	chats, err := t.chatsOf(w, list)
	if err != nil {
		return nil, err
	}
	taken, err := w.Take(slices.Collect(maps.Values(chats)))
	if err != nil {
		return nil, err
	}
	if err := t.lookAhead(w, list, chats, taken); err != nil {
		return nil, err
	}
	for i, s := range list {
		if chat, known := chats[s.ID]; known && !taken[string(chat)] {
			left = append(left, i)
			continue
		}
		err := t.settle(s.ID, s.Outcome)
		if errors.Is(err, ErrNotTaken) || errors.Is(err, errDangling) { // somebody was faster; nothing was written
			left = append(left, i)
		} else if err != nil {
			return nil, err
		}
	}
	return left, t.flush()
}

// chatsOf finds the chats of deliveries that are known, before anything is locked.
func (t *tx) chatsOf(w Beside, list []Settlement) (map[bot.DeliveryID][]byte, error) {
	keys := make([][]byte, len(list))
	for i, s := range list {
		keys[i] = hash(string(s.ID))
	}
	if err := w.Fetch(Ahead{Keys: map[Space][][]byte{DeliveryIDs: keys}}); err != nil {
		return nil, err
	}
	found, err := t.fetchNumbered(w, keys)
	if err != nil {
		return nil, err
	}
	out := map[bot.DeliveryID][]byte{}
	for i, s := range list {
		if rec, ok := found[string(keys[i])]; ok {
			out[s.ID] = chatKey(bot.ChatRef(rec.Chat))
		}
	}
	return out, nil
}

// fetchNumbered reads the deliveries of hashed ids that were fetched.
func (t *tx) fetchNumbered(w Beside, ids [][]byte) (map[string]deliveryRecord, error) {
	numbers := map[string]uint64{}
	var keys [][]byte
	for _, id := range ids {
		n, err := getNumber(w, DeliveryIDs, id)
		if err != nil {
			return nil, err
		}
		if n != 0 {
			numbers[string(id)] = n
			keys = append(keys, number(n))
		}
	}
	if err := w.Fetch(Ahead{Keys: map[Space][][]byte{Deliveries: keys}}); err != nil {
		return nil, err
	}
	out := map[string]deliveryRecord{}
	for id, n := range numbers {
		rec, ok, err := find(w, deliveryCodec, Deliveries, number(n))
		if err != nil {
			return nil, err
		}
		if ok { // else it was settled between two looks
			out[id] = rec
		}
	}
	return out, nil
}

// lookAhead reads what the settlements of taken chats will ask for.
func (t *tx) lookAhead(w Beside, list []Settlement, chats map[bot.DeliveryID][]byte, taken map[string]bool) error {
	a := Ahead{Keys: map[Space][][]byte{}, Ranges: map[Space][]Range{}, Depth: bot.UrgencyDepth + 1}
	for _, s := range list {
		chat, known := chats[s.ID]
		if !known || !taken[string(chat)] {
			continue
		}
		id := hash(string(s.ID))
		n, err := getNumber(w, DeliveryIDs, id)
		if err != nil {
			return err
		}
		rec, err := t.numbered(n)
		if err != nil {
			return err
		}
		a.Keys[DeliveryIDs] = append(a.Keys[DeliveryIDs], id)
		a.Keys[Deliveries] = append(a.Keys[Deliveries], number(n))
		if rec.Story != 0 {
			a.Keys[Postings] = append(a.Keys[Postings], postingKey(rec.Story, bot.ChatRef(rec.Chat)))
		}
		a.chat(chat)
	}
	return w.Fetch(a)
}

// chat adds what a refresh of the chat reads.
func (a *Ahead) chat(chat []byte) {
	a.Keys[PausedChats] = append(a.Keys[PausedChats], chat)
	a.Ranges[Queues] = append(a.Ranges[Queues], prefixed(append(slices.Clone(chat), stateWaiting)))
}

// ClaimBeside is Claim beside others: what they have locked is passed over.
func ClaimBeside(w Beside, now time.Time, lease time.Duration, limit int) ([]bot.Delivery, error) {
	t := newTx(w)
	if err := t.expireBeside(w, now); err != nil {
		return nil, err
	}
	var heads []entryOf
	err := t.priorities(func(prefix, _ []byte) error {
		if len(heads) >= limit {
			return nil
		}
		more, err := w.Pick(Heads, Range{From: prefix, To: after(appendTime(slices.Clone(prefix), now))}, limit-len(heads))
		for _, e := range more {
			heads = append(heads, entryOf{e.Key, string(e.Value)})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out, err := t.leaseTaken(w, heads, now, now.Add(lease))
	if err != nil {
		return nil, err
	}
	return out, t.flush()
}

// leaseTaken leases the heads of those chats that can be taken.
func (t *tx) leaseTaken(w Beside, heads []entryOf, now, until time.Time) ([]bot.Delivery, error) {
	chats := make([][]byte, len(heads))
	for i, h := range heads {
		chats[i] = appendString(nil, h.chat)
	}
	taken, err := w.Take(chats)
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for i, h := range heads {
		if taken[string(chats[i])] {
			keys = append(keys, h.head[len(h.head)-8:])
		}
	}
	if err := w.Fetch(Ahead{Keys: map[Space][][]byte{Deliveries: keys}}); err != nil {
		return nil, err
	}
	out := make([]bot.Delivery, 0, len(keys))
	for i, h := range heads {
		if !taken[string(chats[i])] {
			continue
		}
		d, err := t.lease(h, now, until)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// expireBeside is expire for the chats that nobody else works on.
func (t *tx) expireBeside(w Beside, now time.Time) error {
	overdue, err := numbers(w, Leases, Range{To: after(appendTime(nil, now))}, maxInt)
	if err != nil || len(overdue) == 0 {
		return err
	}
	var keys [][]byte
	for _, n := range overdue {
		keys = append(keys, number(n))
	}
	a := Ahead{Keys: map[Space][][]byte{Deliveries: keys}, Ranges: map[Space][]Range{}, Depth: bot.UrgencyDepth + 1}
	if err := w.Fetch(a); err != nil {
		return err
	}
	var chats [][]byte
	for _, n := range overdue {
		rec, ok, err := find(w, deliveryCodec, Deliveries, number(n))
		if err != nil {
			return err
		}
		if ok {
			chats = append(chats, chatKey(bot.ChatRef(rec.Chat)))
		}
	}
	taken, err := w.Take(chats)
	if err != nil {
		return err
	}
	for chat := range taken {
		a.chat([]byte(chat))
	}
	if err := w.Fetch(a); err != nil { // what was read before we had the chats may have changed
		return err
	}
	for _, n := range overdue {
		if err := t.takeBackIfDue(n, now, taken); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) takeBackIfDue(n uint64, now time.Time, taken map[string]bool) error {
	rec, ok, err := find(t.kv, deliveryCodec, Deliveries, number(n))
	if err != nil || !ok {
		return err
	}
	ref := bot.ChatRef(rec.Chat)
	if !taken[string(chatKey(ref))] {
		return nil // the next claim
	}
	l, leased, err := t.leaseOf(n, ref)
	if err != nil || !leased || instant(l.Until).After(now) { // settled since, or even claimed again
		return err
	}
	return t.takeBack(n, &rec)
}
