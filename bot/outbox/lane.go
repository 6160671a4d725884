package outbox

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"karussell/bot"
)

// lane is the way to one platform: what was claimed for it, and its limits. Its
// run goroutine alone starts sends; the fields below mu are
// shared with the claimer and the sends.
type lane struct {
	*Dispatcher
	platform bot.Platform
	editor   bot.Editor // nil: messages cannot be changed
	limits   bot.Limits
	gate     *Gate
	capacity int           // deliveries held and not begun
	slots    chan struct{} // sends under way
	changed  chan struct{} // something to look at for run

	mu       sync.Mutex
	ready    queue // by priority
	waiting  queue // by time: chats that must pause for a moment
	turns    uint64
	tails    map[bot.Priority]time.Time // until when deliveries were put off
	until    time.Time                  // the whole platform rests
	revoked  bool
	failing  map[bot.ChatRef]struct{} // chats that failed since the last success
	outages  int                      // rests in a row
	refusals map[bot.ChatRef]int      // clear ones in a row
}

// held is a claimed delivery.
type held struct {
	bot.Delivery
	lease time.Time // when the store will give it to somebody else
	ready time.Time // not before
	turn  uint64    // in which it came to the lane
}

// How deliveries are held. A chat's pause longer than maxWait goes back to the
// store: memory is for what can be sent soon.
const (
	horizon    = 8 * time.Second // of sending at full rate that a lane holds
	maxHeld    = 4096
	maxWaiting = 2048
	maxWait    = 5 * time.Second
	maxRest    = 30 * time.Second // of the whole platform, with deliveries in hand
)

func newLane(d *Dispatcher, p bot.Platform, gate *Gate) *lane {
	limits := limitsOf(p)
	if gate == nil {
		gate = NewGate(limits, d.Now)
	}
	l := &lane{
		Dispatcher: d, platform: p, limits: limits, gate: gate,
		slots: make(chan struct{}, limits.Concurrent), changed: make(chan struct{}, 1),
		tails: map[bot.Priority]time.Time{}, failing: map[bot.ChatRef]struct{}{}, refusals: map[bot.ChatRef]int{},
		ready: queue{less: sooner}, waiting: queue{less: earlier},
	}
	l.editor, _ = p.(bot.Editor)
	l.capacity = maxHeld
	if limits.Global > 0 {
		l.capacity = min(maxHeld, max(int(limits.Global*horizon.Seconds()), 2*limits.Concurrent))
	}
	return l
}

// room is how many deliveries to claim for this lane: nothing while it is well
// filled, so that claims come in batches.
func (l *lane) room() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.Now(); l.revoked || l.until.After(now) || !l.gate.open(now) {
		return 0
	}
	free := l.capacity - l.ready.Len()
	if free < max(1, l.capacity/8) {
		return 0
	}
	return free
}

// take holds a claimed delivery, or adds to back what must be put off instead:
// it, or, in a full lane, something less urgent.
func (l *lane) take(one bot.Delivery, now, lease time.Time, back []putOff) []putOff {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns++
	h := &held{Delivery: one, lease: lease, turn: l.turns}
	switch {
	case l.revoked:
		return append(back, putOff{one, now.Add(10 * time.Minute)})
	case l.until.Sub(now) > maxRest, l.until.After(now) && l.ready.Len() >= l.capacity:
		return append(back, putOff{one, l.until})
	}
	h.ready = l.gate.ready(one.Chat, now)
	switch wait := h.ready.Sub(now); {
	case wait > maxWait, wait > 0 && l.waiting.Len() >= maxWaiting:
		return append(back, putOff{one, h.ready})
	case wait > 0:
		heap.Push(&l.waiting, h)
	case l.ready.Len() >= l.capacity:
		other := l.displace(h)
		back = append(back, putOff{other.Delivery, l.later(other.Priority, now)})
	default:
		heap.Push(&l.ready, h)
	}
	signal(l.changed)
	return back
}

// displace finds room for h in a full lane by taking out what is less urgent;
// where nothing is, h itself stays outside.
func (l *lane) displace(h *held) *held {
	last := -1
	for i, other := range l.ready.items {
		if other.Priority > h.Priority && (last < 0 || sooner(l.ready.items[last], other)) {
			last = i
		}
	}
	if last < 0 {
		return h
	}
	other := l.ready.items[last]
	l.ready.items[last] = h
	heap.Fix(&l.ready, last)
	return other
}

// later is a place in time for a chat whose delivery a full lane cannot take:
// behind those of its priority that were put off before. So a long backlog is claimed
// once more when its time comes, and does not stand in other platforms' way.
func (l *lane) later(p bot.Priority, now time.Time) time.Time {
	every := l.gate.interval()
	at := l.tails[p]
	if soonest := now.Add(time.Duration(l.ready.Len()/2) * every); at.Before(soonest) {
		at = soonest
	}
	at = at.Add(max(every, 100*time.Microsecond))
	l.tails[p] = at
	return at
}

// run starts sends until ctx ends, then gives back what it holds and waits for
// the sends under way. work is the sends' context, record the settlements'.
func (l *lane) run(ctx, work, record context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { l.giveBack(record, l.drain()) }()
	for ctx.Err() == nil {
		h, back, wait := l.pick()
		if len(back) > 0 {
			wg.Go(func() { l.giveBack(record, back) })
		}
		if h == nil {
			l.pause(ctx, wait)
			continue
		}
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			l.gate.refund(h.Chat)
			l.putBack(h)
			return
		}
		wg.Go(func() {
			defer func() {
				<-l.slots
				signal(l.changed)
			}()
			l.deliver(work, record, h)
		})
	}
}

// tick is how often a lane looks after its leases when nothing happens.
const tick = 5 * time.Second

func (l *lane) pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(min(wait, tick))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-l.changed:
	}
}

// pick takes the delivery to send now, with a place at the gate; or says how
// long to wait. back is what has been held too long.
func (l *lane) pick() (h *held, back []putOff, wait time.Duration) {
	now := l.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.tellRoom()
	if rest := l.until.Sub(now); l.revoked || rest > maxRest {
		return nil, l.empty(now), tick
	} else if rest > 0 {
		return nil, l.overdue(now), rest
	}
	for l.waiting.Len() > 0 && !l.waiting.items[0].ready.After(now) {
		heap.Push(&l.ready, heap.Pop(&l.waiting))
	}
	for l.ready.Len() > 0 {
		first := l.ready.items[0]
		if l.stale(first, now) {
			heap.Pop(&l.ready)
			back = append(back, putOff{first.Delivery, time.Time{}})
			continue
		}
		if len(l.slots) == cap(l.slots) {
			return nil, back, tick // a send that ends wakes us
		}
		// An answer may have taken the chat's place since the delivery was claimed.
		chat, all := l.gate.take(first.Chat)
		if all > 0 {
			return nil, back, all
		}
		heap.Pop(&l.ready)
		if chat > 0 {
			back = l.postpone(first, now.Add(chat), now, back)
			continue
		}
		return first, back, 0
	}
	return nil, back, l.idle(now)
}

// idle is how long a lane without anything to send may rest. The caller holds mu.
func (l *lane) idle(now time.Time) time.Duration {
	switch {
	case l.waiting.Len() > 0:
		return l.waiting.items[0].ready.Sub(now)
	case !l.gate.open(now):
		return shutFor // a share that comes lets it claim
	}
	return tick
}

// stale reports that too little of the lease is left: a send must end before it.
func (l *lane) stale(h *held, now time.Time) bool { return h.lease.Sub(now) < 2*l.Timeout }

// overdue gives up what has been held too long while the platform rests.
func (l *lane) overdue(now time.Time) (back []putOff) {
	for _, q := range []*queue{&l.ready, &l.waiting} {
		q.items = slices.DeleteFunc(q.items, func(h *held) bool {
			if l.stale(h, now) {
				back = append(back, putOff{h.Delivery, l.until})
				return true
			}
			return false
		})
		heap.Init(q)
	}
	return back
}

// postpone lets a delivery wait for its chat, here or in the store.
func (l *lane) postpone(h *held, at, now time.Time, back []putOff) []putOff {
	if at.Sub(now) > maxWait {
		return append(back, putOff{h.Delivery, at})
	}
	h.ready = at
	heap.Push(&l.waiting, h)
	return back
}

// empty gives up everything held: the platform rests for long.
func (l *lane) empty(now time.Time) (back []putOff) {
	due := l.until
	if l.revoked {
		due = now.Add(10 * time.Minute)
	}
	for _, q := range []*queue{&l.ready, &l.waiting} {
		for _, h := range q.items {
			back = append(back, putOff{h.Delivery, due})
		}
		q.items = nil
	}
	return back
}

// drain gives up everything held, to be claimed again at once.
func (l *lane) drain() (back []putOff) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range []*queue{&l.ready, &l.waiting} {
		for _, h := range q.items {
			back = append(back, putOff{h.Delivery, time.Time{}})
		}
		q.items = nil
	}
	return back
}

func (l *lane) putBack(h *held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heap.Push(&l.ready, h)
}

// tellRoom wakes the claimer when there is room. The caller holds mu.
func (l *lane) tellRoom() {
	if l.capacity-l.ready.Len() >= max(1, l.capacity/8) {
		signal(l.Dispatcher.room)
	}
}

// queue is a heap of held deliveries.
type queue struct {
	items []*held
	less  func(a, b *held) bool
}

func (q *queue) Len() int           { return len(q.items) }
func (q *queue) Less(i, j int) bool { return q.less(q.items[i], q.items[j]) }
func (q *queue) Swap(i, j int)      { q.items[i], q.items[j] = q.items[j], q.items[i] }

// Push is for container/heap.
func (q *queue) Push(x any) {
	if h, ok := x.(*held); ok {
		q.items = append(q.items, h)
	}
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := len(q.items) - 1
	h := q.items[last]
	q.items[last] = nil
	q.items = q.items[:last]
	return h
}

// sooner orders by priority, then due time, then creation, then by turn: much is
// owed at the same moment.
func sooner(a, b *held) bool {
	if a.Priority != b.Priority {
		return a.Priority < b.Priority
	}
	if !a.Due.Equal(b.Due) {
		return a.Due.Before(b.Due)
	}
	if !a.Created.Equal(b.Created) {
		return a.Created.Before(b.Created)
	}
	return a.turn < b.turn
}

func earlier(a, b *held) bool { return a.ready.Before(b.ready) }
