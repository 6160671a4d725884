package feed

import (
	"context"
	"time"

	"karussell/bot"
)

// deadAfter is how long a feed may fail before its owner is told, once.
const deadAfter = 24 * time.Hour

// verdict says what the owner must hear about a feed after a poll, and notes in
// the state that he will.
func (p *Poller) verdict(s *bot.FeedState) *bot.Notice {
	switch {
	case s.Failures > 0 && !s.Told && p.Now().Sub(s.FailingSince) >= deadAfter:
		s.Told = true
		return &bot.Notice{Key: bot.NoticeFeedDead, Args: map[string]string{"Feed": firstOf(s.Name, s.URL), "Error": s.LastError}}
	case s.Failures == 0 && s.Told:
		s.Told = false
		return &bot.Notice{Key: bot.NoticeFeedBack, Args: map[string]string{"Feed": firstOf(s.Name, s.URL)}}
	default:
		return nil
	}
}

// tell passes a notice on once the state that remembers it is stored.
func (p *Poller) tell(ctx context.Context, n *bot.Notice) {
	if n != nil && p.Owner != nil {
		p.Owner(ctx, *n)
	}
}
