package outbox

import (
	"context"
	"strings"
	"sync"
	"time"

	"karussell/bot"
)

// Gate keeps one platform's limits: over all chats and in each of them. The
// outbox and the adapter's interactive answers share it: an answer takes its
// place in time at once, the outbox takes only what is free at the moment, so
// answers go first. Safe for concurrent use.
type Gate struct {
	now     func() time.Time
	isGroup func(bot.ChatRef) bool
	private rhythm
	group   rhythm
	every   time.Duration // between two messages in the long run; 0: no limit
	slack   time.Duration // how far a burst may run ahead

	mu     sync.Mutex
	next   time.Time // theoretical time of the next message
	until  time.Time // closed by the platform
	recent window    // a bucket alone lets a burst and a full second's worth through within one second
	chats  map[bot.ChatRef]*chatPace
	pruned time.Time
}

var _ bot.Pacer = (*Gate)(nil)

// margin keeps a little below the stated limit: clocks differ, and packets
// gather on their way.
const margin = 0.99

// lateness is how much of an overslept timer is made up for. Together with
// margin it keeps every window of a second within the limit: below 1 % of it.
const lateness = 5 * time.Millisecond

// Windows of the stated limits, with the same margin.
const (
	second = time.Second + 10*time.Millisecond
	minute = time.Minute + 600*time.Millisecond
)

// patience is how long an answer waits for its place: one that comes later is
// better asked for again than kept by a worker.
const patience = 10 * time.Second

// NewGate makes a gate for these limits; now nil means time.Now. A chat counts
// as a group when its id begins with a hyphen, as Telegram's do.
func NewGate(l bot.Limits, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	g := &Gate{
		now: now, chats: map[bot.ChatRef]*chatPace{}, private: rhythmOf(l.PerChat, l.ChatBurst),
		isGroup: func(ref bot.ChatRef) bool { return strings.HasPrefix(ref.Chat, "-") },
	}
	g.group = g.private
	if l.PerGroup > 0 {
		g.group = rhythmOf(l.PerGroup, 1)
		g.group.perMinute = int(l.PerGroup*60 + 0.5)
	}
	if l.Global > 0 {
		g.every = time.Duration(float64(time.Second) / (l.Global * margin))
		g.slack = lateness
		if l.Burst > 1 {
			g.slack = time.Duration(l.Burst-1) * g.every
		}
		g.recent = newWindow(int(l.Global), second)
	}
	return g
}

// Answer implements bot.Pacer.
func (g *Gate) Answer(ctx context.Context, to bot.ChatRef) error {
	if to.Chat != "" {
		if err := g.inChat(ctx, to); err != nil {
			return err
		}
	}
	g.mu.Lock()
	now := g.now()
	if wait := g.until.Sub(now); wait > patience {
		g.mu.Unlock()
		return &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait, Global: true}
	}
	at := g.advance(now)
	if g.until.After(at) {
		at = g.until
	}
	g.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// inChat waits for the answer's place in its chat.
func (g *Gate) inChat(ctx context.Context, to bot.ChatRef) error {
	g.mu.Lock()
	now := g.now()
	g.prune(now)
	c, r := g.pace(to), g.rhythm(to)
	at := c.answer(r, now)
	if wait := at.Sub(now); wait > patience {
		g.mu.Unlock()
		return &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait}
	}
	c.sent(r, at)
	g.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// Limited implements bot.Pacer.
func (g *Gate) Limited(to bot.ChatRef, e *bot.SendError) {
	until := g.now().Add(max(e.RetryAfter, time.Second))
	if e.Global {
		g.Close(until)
		return
	}
	g.hold(to, until)
}

// take is a place for a message to the chat when one is free now: ready is then
// zero. Else it says when the chat is ready, or how long the whole platform must
// wait.
func (g *Gate) take(to bot.ChatRef) (ready time.Time, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.prune(now)
	c, r := g.pace(to), g.rhythm(to)
	if at := c.ready(r, now); at.After(now) {
		return at, 0
	}
	if wait = g.wait(now); wait > 0 {
		return now, wait
	}
	c.sent(r, now)
	g.advance(now)
	return time.Time{}, 0 // not now: the caller's clock was read earlier
}

// another takes a place for a further message of a delivery that has one.
func (g *Gate) another(ctx context.Context, to bot.ChatRef) error {
	for {
		ready, wait := g.take(to)
		if wait = max(wait, ready.Sub(g.now())); wait <= 0 {
			return nil
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// Try takes a place on the platform when one is free now; else it says how long
// to wait.
func (g *Gate) Try() (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if wait = g.wait(now); wait <= 0 {
		g.advance(now)
	}
	return max(wait, 0)
}

func (g *Gate) wait(now time.Time) time.Duration {
	if g.until.After(now) {
		return g.until.Sub(now)
	}
	return g.free(now).Sub(now)
}

// free is when the platform's next place is.
func (g *Gate) free(now time.Time) time.Time {
	at := g.next.Add(-g.slack)
	if at.Before(now) {
		at = now
	}
	return g.recent.free(at)
}

// advance takes the platform's next place and says when it is.
func (g *Gate) advance(now time.Time) time.Time {
	at := g.free(now)
	if earliest := now.Add(-g.slack); g.next.Before(earliest) {
		g.next = earliest
	}
	g.next = g.next.Add(g.every)
	g.recent.put(at)
	return at
}

// refund gives back a place that nobody used.
func (g *Gate) refund(to bot.ChatRef) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next = g.next.Add(-g.every)
	g.recent.back()
	if c := g.chats[to]; c != nil {
		c.next = c.next.Add(-g.rhythm(to).every)
		c.recent.back()
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

// hold lets nothing through to the chat until t.
func (g *Gate) hold(to bot.ChatRef, t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pace(to).until = t
}

// ready is when the chat may get its next message.
func (g *Gate) ready(to bot.ChatRef, now time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.chats[to]
	if c == nil {
		return now
	}
	return c.ready(g.rhythm(to), now)
}

// pace finds or makes the chat's pace. The caller holds mu.
func (g *Gate) pace(to bot.ChatRef) *chatPace {
	c := g.chats[to]
	if c == nil {
		c = &chatPace{recent: newWindow(g.rhythm(to).perMinute, minute)}
		g.chats[to] = c
	}
	return c
}

func (g *Gate) rhythm(to bot.ChatRef) rhythm {
	if g.isGroup(to) {
		return g.group
	}
	return g.private
}

// prune forgets chats about which nothing matters any more, once a minute. The
// caller holds mu.
func (g *Gate) prune(now time.Time) {
	if now.Sub(g.pruned) < time.Minute {
		return
	}
	g.pruned = now
	for ref, c := range g.chats {
		if c.idle(now) {
			delete(g.chats, ref)
		}
	}
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
