package feed

import (
	"time"

	"karussell/bot"
)

// looksPerGap is how often a feed is asked in the time that has passed since it
// last brought something: an hour of silence makes the interval 37 seconds (or
// the operator's shortest), a day a quarter of an hour, 24 days six hours. The
// delay of an article is then about a hundredth of the feed's own rhythm.
const looksPerGap = 96

// schedule decides when a feed is asked next after a success. live is what the
// feed or its server named as time to live.
func (p *Poller) schedule(s *bot.FeedState, live time.Duration) {
	now := p.Now()
	gap := now.Sub(s.LastNew)
	s.Interval = max(min(gap/looksPerGap, longest), p.shortest())
	p.mu.Lock()
	relied, served := p.push.relied(s, now), p.push.served(s, now)
	p.mu.Unlock()
	if relied {
		s.Interval = min(max(relaxFactor*s.Interval, relaxedLeast), longest)
	}
	s.Next = now.Add(jitter(max(s.Interval, min(live, longest))))
	if !served {
		return
	}
	// The poll at that time asks the hub again.
	for _, at := range []time.Time{s.HubExpires.Add(-renewBefore), s.HubExpires} {
		if at.After(now.Add(p.shortest())) && at.Before(s.Next) {
			s.Next = at
		}
	}
}
