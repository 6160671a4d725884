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
	a, err := t.lookAhead(list, chats)
	if err != nil {
		return nil, err
	}
	taken, err := w.Take(slices.Collect(maps.Values(chats)), a)
	if err != nil {
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
	err := w.Fetch(Ahead{
		Keys: map[Space][][]byte{DeliveryIDs: keys}, Follow: map[Space]Space{DeliveryIDs: Deliveries},
	})
	if err != nil {
		return nil, err
	}
	out := map[bot.DeliveryID][]byte{}
	for _, s := range list {
		_, rec, err := t.lookUp(s.ID)
		switch {
		case err == nil:
			out[s.ID] = chatKey(bot.ChatRef(rec.Chat))
		case !errors.Is(err, bot.ErrNotFound) && !errors.Is(err, errDangling): // or settled between two looks
			return nil, err
		}
	}
	return out, nil
}

// lookAhead is what the settlements will ask for.
func (t *tx) lookAhead(list []Settlement, chats map[bot.DeliveryID][]byte) (Ahead, error) {
	a := Ahead{Keys: map[Space][][]byte{}, Ranges: map[Space][]Range{}, Depth: bot.UrgencyDepth + 1}
	for _, s := range list {
		chat, known := chats[s.ID]
		if !known {
			continue
		}
		n, rec, err := t.lookUp(s.ID)
		if err != nil {
			return a, err
		}
		a.Keys[DeliveryIDs] = append(a.Keys[DeliveryIDs], hash(string(s.ID)))
		a.Keys[Deliveries] = append(a.Keys[Deliveries], number(n))
		if rec.Story != 0 {
			a.Keys[Postings] = append(a.Keys[Postings], postingKey(rec.Story, bot.ChatRef(rec.Chat)))
		}
		a.chat(chat)
	}
	return a, nil
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
	prefixes, err := w.Prefixes(Heads, 8)
	if err != nil {
		return nil, err
	}
	var heads []entryOf
	for _, p := range prefixes {
		if len(heads) >= limit {
			break
		}
		more, err := w.Pick(Heads, Range{From: p, To: after(appendTime(slices.Clone(p), now))}, limit-len(heads))
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			heads = append(heads, entryOf{e.Key, string(e.Value)})
		}
	}
	out, err := t.leaseTaken(w, heads, now, now.Add(lease))
	if err != nil {
		return nil, err
	}
	return out, t.flush()
}

// leaseTaken leases the heads of those chats that can be taken.
func (t *tx) leaseTaken(w Beside, heads []entryOf, now, until time.Time) ([]bot.Delivery, error) {
	chats, keys := make([][]byte, len(heads)), make([][]byte, len(heads))
	for i, h := range heads {
		chats[i] = appendString(nil, h.chat)
		keys[i] = h.head[len(h.head)-8:]
	}
	taken, err := w.Take(chats, Ahead{Keys: map[Space][][]byte{Deliveries: keys}})
	if err != nil {
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
	for _, chat := range chats {
		a.chat(chat)
	}
	taken, err := w.Take(chats, a) // what was read before we had the chats may have changed
	if err != nil {
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
