package storetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"karussell/bot"
)

func (m *model) putDelivery(d bot.Delivery) {
	if m.outbox[d.ID] != nil {
		return
	}
	p, told := m.postings[modelPosting{d.Chat, d.Story}]
	if d.Story != 0 && told && p.Revision >= d.Revision {
		return
	}
	m.giveWay(&d)
	m.arrivals++
	m.outbox[d.ID] = &modelDelivery{Delivery: d, arrival: m.arrivals}
	delete(m.former, d.ID)
}

// modelHold keeps a chat's deliveries back; a soft one gives way to something
// more urgent than all that waits.
type modelHold struct {
	until time.Time
	soft  bool
}

func (m *model) giveWay(d *bot.Delivery) {
	queue := m.queue(d.Chat)
	leased := slices.ContainsFunc(queue, func(d *modelDelivery) bool { return !d.leased.IsZero() })
	if !m.holds[d.Chat].soft || leased || m.chats[d.Chat].Paused != bot.NotPaused {
		return
	}
	for _, other := range queue[:min(len(queue), bot.UrgencyDepth)] {
		if other.Priority <= d.Priority {
			return
		}
	}
	delete(m.holds, d.Chat)
}

// remove takes a delivery away, with the ids it had before.
func (m *model) remove(id bot.DeliveryID) {
	delete(m.outbox, id)
	for old, now := range m.former {
		if now == id {
			delete(m.former, old)
		}
	}
}

// queue is the chat's order.
func (m *model) queue(ref bot.ChatRef) []*modelDelivery {
	var out []*modelDelivery
	for _, d := range m.outbox {
		if d.Chat == ref && d.parked == 0 {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *modelDelivery) int {
		return cmp.Or(a.Due.Compare(b.Due), a.Created.Compare(b.Created), cmp.Compare(a.arrival, b.arrival))
	})
	return out
}

// modelHead is the first delivery of a chat that can be claimed, when, and how
// urgently.
type modelHead struct {
	*modelDelivery
	due    time.Time
	urgent bot.Priority
}

func (m *model) heads() []modelHead {
	seen := map[bot.ChatRef]bool{}
	var out []modelHead
	for _, d := range m.outbox {
		if seen[d.Chat] || d.parked != 0 {
			continue
		}
		seen[d.Chat] = true
		queue := m.queue(d.Chat)
		leased := slices.ContainsFunc(queue, func(d *modelDelivery) bool { return !d.leased.IsZero() })
		if leased || m.chats[d.Chat].Paused != bot.NotPaused {
			continue
		}
		h := modelHead{queue[0], queue[0].Due, queue[0].Priority}
		if hold := m.holds[d.Chat].until; hold.After(h.due) {
			h.due = hold
		}
		for _, d := range queue[:min(len(queue), bot.UrgencyDepth)] {
			h.urgent = min(h.urgent, d.Priority)
		}
		out = append(out, h)
	}
	return out
}

func (m *model) claim(now time.Time, lease time.Duration, limit int) []bot.Delivery {
	for _, d := range m.outbox {
		if !d.leased.IsZero() && !d.leased.After(now) {
			d.leased, d.claimed = time.Time{}, time.Time{}
			d.Attempts++
			d.Unsure++
		}
	}
	heads := slices.DeleteFunc(m.heads(), func(h modelHead) bool { return h.due.After(now) })
	slices.SortFunc(heads, func(a, b modelHead) int {
		return cmp.Or(cmp.Compare(a.urgent, b.urgent), a.due.Compare(b.due),
			a.Created.Compare(b.Created), cmp.Compare(a.arrival, b.arrival))
	})
	var out []bot.Delivery
	for _, h := range heads[:min(len(heads), max(limit, 0))] {
		h.leased, h.claimed = now.Add(lease), now
		d := h.Delivery
		d.Priority = h.urgent
		out = append(out, d)
	}
	return out
}

func (m *model) settle(id bot.DeliveryID, o bot.Outcome) {
	d := m.outbox[id]
	if d == nil {
		d = m.outbox[m.former[id]]
	}
	if d == nil || d.parked != 0 {
		return
	}
	at := d.claimed
	if at.IsZero() {
		at = d.Due
	}
	d.leased, d.claimed = time.Time{}, time.Time{}
	switch o.State {
	case bot.Sent, bot.Skipped:
		m.tell(d.Delivery, o, at)
		m.remove(d.ID)
	case bot.Retry, bot.Dead:
		d.Attempts++
		d.Cause = o.Cause
		if o.Unsure {
			d.Unsure++
		}
		if o.State == bot.Dead {
			m.parkings++
			d.parked = m.parkings
		} else if !o.Due.IsZero() {
			d.Due = o.Due
		}
	case bot.Returned:
		if !o.Due.IsZero() {
			d.Due = o.Due
		}
	}
	ref := d.Chat
	if o.Moved != nil {
		m.moveChat(ref, *o.Moved)
		ref = *o.Moved
	}
	m.holds[ref] = modelHold{o.Hold, o.State == bot.Returned && !o.Hold.IsZero()}
	if o.Pause != bot.NotPaused {
		c := m.chats[ref]
		c.Ref, c.Paused, c.PausedAt = ref, o.Pause, at
		m.chats[ref] = c
	}
}

func (m *model) tell(d bot.Delivery, o bot.Outcome, at time.Time) {
	key := modelPosting{d.Chat, d.Story}
	p, known := m.postings[key]
	if d.Story == 0 || !known && o.State == bot.Skipped && o.Message == "" {
		return
	}
	if !known {
		p = bot.Posting{Chat: d.Chat, Story: d.Story, At: at}
	}
	if p.First == "" {
		p.First = o.Message
	}
	if o.Message != "" && !slices.Contains(p.Messages, o.Message) {
		p.Messages = append(slices.Clone(p.Messages), o.Message)
	}
	switch {
	case o.Hash == "":
	case o.Message == "" && d.Kind == bot.DeliverReply && p.First != "":
	case o.Message != "" && o.Message != p.First:
	default:
		p.Hash = o.Hash
	}
	if shown := max(d.Revision, o.Revision); shown >= p.Revision {
		p.Revision = shown
		if o.State == bot.Sent {
			p.Stage = cmp.Or(o.Stage, d.Stage, p.Stage)
		}
	}
	m.postings[key] = p
}

func (m *model) moveChat(from, to bot.ChatRef) {
	if from == to {
		return
	}
	if c, ok := m.chats[from]; ok {
		delete(m.chats, from)
		c.Ref = to
		m.chats[to] = c
	}
	if m.holds[from].until.After(m.holds[to].until) {
		m.holds[to] = m.holds[from]
	}
	delete(m.holds, from)
	for id, s := range m.subs {
		if s.Chat == from {
			delete(m.subs, id)
			s.Chat = to
			m.subs[s.ID()] = s
		}
	}
	for k, p := range m.postings {
		if k.chat == from {
			delete(m.postings, k)
			p.Chat = to
			m.postings[modelPosting{to, k.story}] = p
		}
	}
	var moving []*modelDelivery
	for _, d := range m.outbox {
		if d.Chat == from {
			moving = append(moving, d)
		}
	}
	for _, d := range moving {
		m.moveDelivery(d, from, to)
	}
}

// moveDelivery: of two with the same id the one at the new address stays, and
// takes over the lease. A leased delivery can be settled by its former ids.
func (m *model) moveDelivery(d *modelDelivery, from, to bot.ChatRef) {
	old := d.ID
	var aliases []bot.DeliveryID
	for alias, id := range m.former {
		if id == old {
			aliases = append(aliases, alias)
		}
	}
	m.remove(old)
	if rest, ok := strings.CutPrefix(string(old), from.String()+" "); ok {
		d.ID = bot.DeliveryID(to.String() + " " + rest)
	}
	d.Chat = to
	stays := m.outbox[d.ID]
	if stays == nil {
		stays = d
		m.outbox[d.ID] = d
		for _, alias := range aliases {
			m.former[alias] = d.ID
		}
	}
	if d.leased.IsZero() {
		return
	}
	if old != d.ID {
		m.former[old] = d.ID
	}
	if stays.leased.IsZero() && stays.parked == 0 {
		stays.leased, stays.claimed = d.leased, d.claimed
	}
}

func (m *model) outboxSize() bot.OutboxSize {
	size := bot.OutboxSize{Fanouts: len(m.fanouts)}
	for _, d := range m.outbox {
		switch {
		case d.parked != 0:
			size.Parked++
		case !d.leased.IsZero():
			size.Leased++
		default:
			size.Waiting++
		}
	}
	for i, h := range m.heads() {
		if i == 0 || h.due.Before(size.Oldest) {
			size.Oldest = h.due
		}
	}
	return size
}

func (m *model) parked() []bot.Delivery {
	var all []*modelDelivery
	for _, d := range m.outbox {
		if d.parked != 0 {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *modelDelivery) int { return cmp.Compare(b.parked, a.parked) })
	var out []bot.Delivery
	for _, d := range all {
		out = append(out, d.Delivery)
	}
	return out
}
