package outbox

import (
	"context"
	"strings"
	"sync"
	"time"

	"karussell/bot"
)

// Gate keeps one platform's limits: over all chats and in each of them. The
// outbox and the adapter's interactive answers share it. While alerts go out, an
// answer takes the next place in time and the outbox only what is free at the
// moment, so answers go first. When nobody but people who ask is served, nobody
// waits unless the platform says so (429): its limits are meant for news to many.
// A crowd takes up to half of the limit from the outbox; what is answered beyond
// that is not counted, so that no crowd silences the alerts. Safe for concurrent
// use.
type Gate struct {
	now     func() time.Time
	limits  bot.Limits
	isGroup func(bot.ChatRef) bool
	private rhythm
	group   rhythm

	mu     sync.Mutex
	every  time.Duration // between two messages in the long run; 0: no limit
	slack  time.Duration // how far a burst may run ahead
	share  Share
	shared bool      // several processes send: without a valid share nothing goes out
	next   time.Time // theoretical time of the next message
	talk   window    // answers that took a place from the outbox
	alert  time.Time // when the latest alert went out
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

// patience is how long an answer waits for its place. One that comes later is
// told when, and asks again: an impatient chat must not keep the adapter's
// workers from the others.
const patience = 250 * time.Millisecond

// NewGate makes a gate for these limits; now nil means time.Now. A chat counts
// as a group when its id begins with a hyphen, as Telegram's do.
func NewGate(l bot.Limits, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	g := &Gate{
		now: now, limits: l, chats: map[bot.ChatRef]*chatPace{}, private: rhythmOf(l.PerChat, l.ChatBurst),
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
		g.talk = newWindow(max(int(l.Global/2), 1), second)
	}
	return g
}

// Answer implements bot.Pacer. Whoever is told to come again finds the chat's
// place kept from alerts until then.
func (g *Gate) Answer(ctx context.Context, to bot.ChatRef) error {
	for taken := false; !taken; {
		var wait time.Duration
		var err error
		if taken, wait, err = g.answer(to); err != nil {
			return err
		}
		if err = sleep(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}

// answer takes the next place of an answer, to be used after wait; or says how
// long the chat must wait first.
func (g *Gate) answer(to bot.ChatRef) (taken bool, wait time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.prune(now)
	if g.shut(now) { // for everybody, so nobody keeps a worker from others
		return false, shutFor, nil
	}
	if wait = g.until.Sub(now); wait > 0 {
		if wait > patience {
			return false, 0, &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait, Global: true}
		}
		return false, wait, nil
	}
	if to.Chat == "" {
		return true, g.among(now).Sub(now), nil
	}
	c, r := g.pace(to), g.rhythm(to)
	if wait = c.answer(r, now).Sub(now); wait > 0 {
		c.wanted = now.Add(wait + courtesy)
		if wait > patience {
			return false, 0, &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait}
		}
		return false, wait, nil
	}
	c.wanted = time.Time{}
	at := g.among(now)
	c.told(r, at)
	return true, at.Sub(now), nil
}

// among finds an answer its place among alerts. Where none go out, and where a
// crowd has taken its half of them, that is now.
func (g *Gate) among(now time.Time) time.Time {
	if g.every == 0 || g.talk.free(now).After(now) {
		return now
	}
	g.talk.put(now)
	wait := g.wait(now)
	at := g.advance(now)
	if now.Sub(g.alert) >= second || wait > patience {
		return now
	}
	return at
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

// take is a place for a message to the chat when one is free now. Else it says
// how long the chat, or the whole platform, must wait.
func (g *Gate) take(to bot.ChatRef) (chat, all time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.prune(now)
	c, r := g.pace(to), g.rhythm(to)
	if chat = c.ready(r, now).Sub(now); chat > 0 {
		return chat, 0
	}
	if all = g.wait(now); all > 0 {
		return 0, all
	}
	c.sent(r, now)
	g.advance(now)
	g.alert = now
	return 0, 0
}

// another takes a place for a further message of a delivery that has one.
func (g *Gate) another(ctx context.Context, to bot.ChatRef) error {
	for {
		chat, all := g.take(to)
		if chat <= 0 && all <= 0 {
			return nil
		}
		if err := sleep(ctx, max(chat, all)); err != nil {
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

func (g *Gate) wait(now time.Time) time.Duration { return g.free(now).Sub(now) }

// free is when the platform's next place is.
func (g *Gate) free(now time.Time) time.Time {
	at := g.next.Add(-g.slack)
	if at.Before(now) {
		at = now
	}
	if g.until.After(at) {
		at = g.until
	}
	if again := now.Add(shutFor); g.shut(now) && again.After(at) {
		at = again
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
	if c := g.chats[g.place(to)]; c != nil {
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
	c := g.chats[g.place(to)]
	if c == nil {
		return now
	}
	return c.ready(g.rhythm(to), now)
}

// pace finds or makes the chat's pace. The caller holds mu.
func (g *Gate) pace(to bot.ChatRef) *chatPace {
	at := g.place(to)
	c := g.chats[at]
	if c == nil {
		c = &chatPace{recent: newWindow(g.rhythm(to).perMinute, minute)}
		g.chats[at] = c
	}
	return c
}

// place is what has a limit of its own: the threads of a group share one.
func (g *Gate) place(to bot.ChatRef) bot.ChatRef {
	if g.isGroup(to) {
		to.Thread = ""
	}
	return to
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
