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
	gap := p.Now().Sub(s.LastNew)
	s.Interval = max(min(gap/looksPerGap, longest), p.shortest())
	s.Next = p.Now().Add(jitter(max(s.Interval, min(live, longest))))
}
