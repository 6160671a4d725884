package outbox

import (
	"context"
	"sync"
	"time"

	"karussell/bot"
)

// Gate keeps one platform's global limit. The outbox and the adapter's
// interactive answers share it: an answer takes its place in time at once, the
// outbox takes only what is free at the moment, so answers go first. Safe for
// concurrent use.
type Gate struct {
	mu    sync.Mutex
	every time.Duration // between two messages in the long run; 0: no limit
	slack time.Duration // how far a burst may run ahead
	now   func() time.Time
	next  time.Time // theoretical time of the next message
	until time.Time // closed by the platform

	// A bucket alone lets a burst and a full second's worth through within one
	// second. last are the places of the latest messages, as many as a second
	// may hold; the next one comes a second after the oldest of them.
	last []time.Time
	head int // index of the oldest
}

// margin keeps a little below the stated limit: clocks differ, and packets
// gather on their way.
const margin = 0.99

// lateness is how much of an overslept timer is made up for. Together with
// margin it keeps every window of a second within the limit: below 1 % of it.
const lateness = 5 * time.Millisecond

// second is the window of the stated limit, with the same margin.
const second = time.Second + 10*time.Millisecond

// NewGate makes a gate for these limits; now nil means time.Now.
func NewGate(l bot.Limits, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	g := &Gate{now: now}
	if l.Global > 0 {
		g.every = time.Duration(float64(time.Second) / (l.Global * margin))
		g.slack = lateness
		if l.Burst > 1 {
			g.slack = time.Duration(l.Burst-1) * g.every
		}
		g.last = make([]time.Time, int(l.Global))
	}
	return g
}

// Answer waits for the place of one interactive answer. It returns ctx's error
// when that ends first; the place is lost then.
func (g *Gate) Answer(ctx context.Context) error {
	g.mu.Lock()
	now := g.now()
	at := g.advance(now)
	if g.until.After(at) {
		at = g.until
	}
	g.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// Try takes a place when one is free now; else it says how long to wait.
func (g *Gate) Try() (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.until.After(now) {
		return g.until.Sub(now)
	}
	if at := g.free(now); at.After(now) {
		return at.Sub(now)
	}
	g.advance(now)
	return 0
}

// free is when the next place is.
func (g *Gate) free(now time.Time) time.Time {
	at := g.next.Add(-g.slack)
	if at.Before(now) {
		at = now
	}
	if len(g.last) > 0 {
		if full := g.last[g.head].Add(second); full.After(at) {
			at = full
		}
	}
	return at
}

// advance takes the next place and says when it is.
func (g *Gate) advance(now time.Time) time.Time {
	at := g.free(now)
	if earliest := now.Add(-g.slack); g.next.Before(earliest) {
		g.next = earliest
	}
	g.next = g.next.Add(g.every)
	if len(g.last) > 0 {
		g.last[g.head] = at
		g.head = (g.head + 1) % len(g.last)
	}
	return at
}

// Refund gives back a place that Try took and nobody used.
func (g *Gate) Refund() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next = g.next.Add(-g.every)
	if n := len(g.last); n > 0 {
		// The newest place becomes the oldest again, long past.
		g.head = (g.head + n - 1) % n
		g.last[g.head] = time.Time{}
	}
}

// Close lets nothing through until t: the platform said so.
func (g *Gate) Close(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.After(g.until) {
		g.until = t
	}
}

// Closed is until when the gate is closed; zero when it is open.
func (g *Gate) Closed() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.until.After(g.now()) {
		return g.until
	}
	return time.Time{}
}

// sleep waits, or returns ctx's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
