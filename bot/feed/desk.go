package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"karussell/bot"
)

// Hurry makes every feed due at once: for tests and the demo.
func (p *Poller) Hurry() {
	p.mu.Lock()
	for _, s := range p.feeds {
		s.Next = time.Time{}
	}
	p.mu.Unlock()
	p.Wake()
}

// Add starts polling a feed after a trial. It returns a *FetchError when the
// address brings no feed.
func (p *Poller) Add(ctx context.Context, address string) (bot.FeedState, error) {
	trial, err := p.Test(ctx, address)
	if err != nil {
		return bot.FeedState{}, err
	}
	state := trial.Feed
	state.ByOwner, state.ETag, state.LastModified = true, "", ""
	if err := p.keep(ctx, state); err != nil {
		return bot.FeedState{}, err
	}
	p.mu.Lock()
	p.feeds[address] = &state
	p.mu.Unlock()
	p.Wake()
	return state, nil
}

// Remove forgets a feed; bot.ErrNotFound when there is none.
func (p *Poller) Remove(ctx context.Context, address string) error {
	p.mu.Lock()
	_, known := p.feeds[address]
	delete(p.feeds, address)
	p.mu.Unlock()
	if !known {
		return fmt.Errorf("feed %s: %w", address, bot.ErrNotFound)
	}
	return p.Store.Update(ctx, func(tx bot.Tx) error { return tx.DeleteFeed(address) })
}

// Pause stops or resumes polling a feed; bot.ErrNotFound when there is none.
func (p *Poller) Pause(ctx context.Context, address string, paused bool) error {
	p.mu.Lock()
	s := p.feeds[address]
	if s == nil {
		p.mu.Unlock()
		return fmt.Errorf("feed %s: %w", address, bot.ErrNotFound)
	}
	s.Paused = paused
	state := *s
	p.mu.Unlock()
	p.Wake()
	return p.keep(ctx, state)
}

func (p *Poller) keep(ctx context.Context, state bot.FeedState) error {
	return p.Store.Update(ctx, func(tx bot.Tx) error { return tx.PutFeed(state) })
}

// Test fetches a feed without storing anything.
func (p *Poller) Test(ctx context.Context, address string) (bot.FeedTrial, error) {
	if p.Extractor == nil {
		return bot.FeedTrial{}, errors.New("feed: a trial needs an extractor")
	}
	trial := bot.FeedTrial{Feed: bot.FeedState{URL: address, Interval: p.Interval}}
	articles, _, err := p.read(ctx, &trial.Feed)
	if err != nil {
		return trial, err
	}
	trial.Articles = articles
	for _, a := range articles {
		trial.Found = append(trial.Found, p.Extractor.Extract(a))
		if a.PublishedAt.IsZero() {
			trial.Problems = append(trial.Problems, fmt.Sprintf("%q has no date", a.Title))
		}
	}
	return trial, nil
}
