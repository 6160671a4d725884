package discord

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"karussell/bot"
)

// Discord bans an address for a day after 10,000 answers of 401, 403 and 429
// within ten minutes. Half of that is where alerts stop.
const (
	invalidWindow = 10 * time.Minute
	invalidBudget = 5000
	maxKnown      = 4096 // routes remembered before the expired ones are swept
)

// gate remembers which routes Discord has closed until when, so that a call
// that must fail is answered here, with the real wait, instead of there.
type gate struct {
	mu      sync.Mutex
	closed  map[string]time.Time
	global  time.Time
	invalid []window // refusals per minute
}

type window struct {
	from  time.Time
	count int
}

func newGate() *gate { return &gate{closed: map[string]time.Time{}} }

// held is the refusal for a call that must not leave yet, or nil.
func (g *gate) held(l lane, key string) *refusal {
	if l == laneAnswer {
		return nil
	}
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.global) {
		return &refusal{kind: bot.SendLimited, retryAfter: g.global.Sub(now), global: true}
	}
	if until, ok := g.closed[key]; ok && now.Before(until) {
		return &refusal{kind: bot.SendLimited, retryAfter: until.Sub(now)}
	}
	if wait := g.ban(now); wait > 0 {
		return &refusal{kind: bot.SendLimited, retryAfter: wait, global: true}
	}
	return nil
}

// ban is how long to keep silent for the sake of the invalid-request limit.
func (g *gate) ban(now time.Time) time.Duration {
	for len(g.invalid) > 0 && now.Sub(g.invalid[0].from) > invalidWindow {
		g.invalid = g.invalid[1:]
	}
	sum := 0
	for _, w := range g.invalid {
		sum += w.count
	}
	if sum < invalidBudget {
		return 0
	}
	return g.invalid[0].from.Add(invalidWindow).Sub(now) + time.Second
}

// learn reads an answer's headers.
func (g *gate) learn(l lane, key string, x *exchange) {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	switch x.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		g.count(now)
	case http.StatusTooManyRequests:
		if x.header.Get("X-RateLimit-Scope") != "shared" { // those do not count
			g.count(now)
		}
		wait, global := retryAfter(x)
		if global {
			g.global = now.Add(wait)
		} else if l != laneAnswer { // every interaction has a route of its own
			g.close(key, now, wait)
		}
		return
	}
	if l == laneAnswer || x.header.Get("X-RateLimit-Remaining") != "0" {
		return
	}
	if wait, ok := seconds(x.header.Get("X-RateLimit-Reset-After")); ok {
		g.close(key, now, wait)
	}
}

func (g *gate) close(key string, now time.Time, wait time.Duration) {
	if len(g.closed) >= maxKnown {
		for k, until := range g.closed {
			if now.After(until) {
				delete(g.closed, k)
			}
		}
	}
	g.closed[key] = now.Add(wait)
}

func (g *gate) count(now time.Time) {
	if n := len(g.invalid); n > 0 && now.Sub(g.invalid[n-1].from) < time.Minute {
		g.invalid[n-1].count++
		return
	}
	g.invalid = append(g.invalid, window{now, 1})
}

// seconds reads Discord's decimal seconds.
func seconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 7*24*3600 {
		return 0, false
	}
	return time.Duration(f * float64(time.Second)), true
}
