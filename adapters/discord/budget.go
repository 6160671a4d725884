package discord

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"karussell/bot"
)

// Discord bans an address for a day after 10,000 answers of 401, 403 and 429
// within ten minutes ("Invalid Request Limit"). At half of that everything but
// interactions stops. Other limits are not kept here: the outbox does that.
const (
	invalidWindow = 10 * time.Minute
	invalidBudget = 5000
)

// budget counts the answers that lead to the ban.
type budget struct {
	mu      sync.Mutex
	minutes []minute // oldest first, those within the window
}

type minute struct {
	from  time.Time
	count int
}

// held is the refusal for a call that must not leave, or nil.
func (b *budget) held(l lane, now time.Time) *refusal {
	if l == laneAnswer {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.minutes) > 0 && now.Sub(b.minutes[0].from) > invalidWindow {
		b.minutes = b.minutes[1:]
	}
	sum := 0
	for _, m := range b.minutes {
		sum += m.count
	}
	if sum < invalidBudget {
		return nil
	}
	wait := b.minutes[0].from.Add(invalidWindow).Sub(now) + time.Second
	return &refusal{kind: bot.SendLimited, retryAfter: wait, global: true}
}

// note counts an answer. Limits of a shared resource do not count.
func (b *budget) note(x *exchange, now time.Time) {
	switch x.status {
	case http.StatusUnauthorized, http.StatusForbidden:
	case http.StatusTooManyRequests:
		if x.header.Get("X-RateLimit-Scope") == "shared" {
			return
		}
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.minutes); n > 0 && now.Sub(b.minutes[n-1].from) < time.Minute {
		b.minutes[n-1].count++
		return
	}
	b.minutes = append(b.minutes, minute{now, 1})
}

// bucketEmpty reports that an answer which is no refusal used up its route's
// bucket, and for how long: the next request would be refused. Headers without
// a wait are not believed.
func bucketEmpty(x *exchange) (wait time.Duration, empty bool) {
	if x.status == 0 || x.status == http.StatusTooManyRequests || x.header.Get("X-RateLimit-Remaining") != "0" {
		return 0, false
	}
	wait, ok := seconds(x.header.Get("X-RateLimit-Reset-After"))
	return wait, ok && wait > 0
}

// seconds reads Discord's decimal seconds.
func seconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 7*24*3600 {
		return 0, false
	}
	return time.Duration(f * float64(time.Second)), true
}
