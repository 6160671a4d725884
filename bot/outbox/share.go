package outbox

import (
	"time"

	"karussell/bot"
)

// Share is this process's part of a platform's global limit, where several send
// with one token. Places are whole messages a second; the first processes have
// those that cannot be divided. A chat's own limit is kept through the store:
// what was sent holds the chat's next delivery back, whoever sends it.
type Share struct {
	Rank, Of int       // this one is the Rank-th, from 0, of so many
	Until    time.Time // nothing goes out from then on, without a new share: the others take it
}

// shutFor is when to look again at a gate without a valid share.
const shutFor = 200 * time.Millisecond

// Share limits the gate to a part; a share of none shuts it.
func (g *Gate) Share(s Share) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.share
	g.share, g.shared = s, true
	if s.Of < 1 || s.Of == before.Of && s.Rank == before.Rank {
		return
	}
	g.divide(s)
}

// divide sets the pace of a part. The caller holds mu.
func (g *Gate) divide(s Share) {
	whole := int(g.limits.Global)
	if whole < 1 {
		return
	}
	part := whole / s.Of
	if s.Rank < whole%s.Of {
		part++
	}
	part = max(part, 1)
	g.every = time.Duration(float64(time.Second) * float64(whole) / (float64(part) * g.limits.Global * margin))
	g.slack = max(lateness, time.Duration(g.limits.Burst*part/whole-1)*g.every)
	g.recent = g.recent.resized(part)
	g.talk = g.talk.resized(max(part/2, 1))
}

// shut reports that there is no valid share. The caller holds mu.
func (g *Gate) shut(now time.Time) bool {
	return g.shared && (g.share.Of < 1 || !now.Before(g.share.Until))
}

// open reports whether anything may go out before long.
func (g *Gate) open(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.shut(now)
}

// interval is the time between two messages in the long run.
func (g *Gate) interval() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.every
}

// rest is until when a chat's next alert must wait, should another process send
// it, which knows nothing of ours; zero where there is none.
func (g *Gate) rest(to bot.ChatRef) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.chats[g.place(to)]
	if !g.shared || c == nil {
		return time.Time{}
	}
	return c.next.Add(g.rhythm(to).every / 100)
}

// resized keeps the newest places.
func (w *window) resized(size int) window {
	out := newWindow(size, w.span)
	n := len(w.last)
	for i := max(0, n-size); i < n; i++ {
		out.put(w.last[(w.head+i)%n])
	}
	return out
}
