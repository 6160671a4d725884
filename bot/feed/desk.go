package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"karussell/bot"
)

// Hurry makes every feed due at once: for tests and the demo.
func (p *Poller) Hurry() {
	p.mu.Lock()
	for address, s := range p.feeds {
		s.Next = time.Time{}
		p.queue.plan(address, p.due(s))
	}
	p.mu.Unlock()
	p.Wake()
}

// Add starts polling a feed after a trial: that at the address, or that which
// the page at the address names. It returns a *FetchError when there is none.
func (p *Poller) Add(ctx context.Context, address string) (bot.FeedState, error) {
	trial, err := p.Test(ctx, address)
	if err != nil {
		return bot.FeedState{}, err
	}
	p.mu.Lock()
	if known := p.feeds[trial.Feed.URL]; known != nil {
		state := *known
		p.mu.Unlock()
		return state, nil
	}
	p.mu.Unlock()
	state := trial.Feed
	// The trial's own traces go: the first contact comes with the first poll.
	state.ByOwner, state.ETag, state.LastModified, state.Polite = true, "", "", nil
	if err := p.keep(ctx, state); err != nil {
		return bot.FeedState{}, err
	}
	p.mu.Lock()
	p.hold(&state)
	p.queue.plan(state.URL, state.Next)
	p.mu.Unlock()
	p.Wake()
	return state, nil
}

// Reload replaces the configured sources and the shortest interval, and takes in
// what others put into the store meanwhile. Feeds that the owner added in chat
// stay. What is stored about a source that was taken out stays as well, so that
// its articles are not news when it comes back.
func (p *Poller) Reload(ctx context.Context, sources []Source, interval time.Duration) error {
	p.pace.Store(int64(max(interval, time.Second)))
	p.mu.Lock()
	p.Sources = sources
	for address, s := range p.feeds {
		if !s.ByOwner && !slices.ContainsFunc(sources, func(s Source) bool { return s.URL == address }) {
			p.dropFeed(address)
		}
	}
	p.mu.Unlock()
	err := p.load(ctx)
	p.Wake()
	return err
}

// Remove forgets a feed; bot.ErrNotFound when there is none.
func (p *Poller) Remove(ctx context.Context, address string) error {
	p.mu.Lock()
	s, known := p.feeds[address]
	if known {
		p.push.leave(s, p.Now())
		p.dropFeed(address)
	}
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
	if paused {
		p.push.leave(s, p.Now())
	}
	p.queue.plan(address, p.due(s))
	p.mu.Unlock()
	p.Wake()
	return p.save(ctx, address)
}

func (p *Poller) keep(ctx context.Context, state bot.FeedState) error {
	return p.Store.Update(ctx, func(tx bot.Tx) error { return tx.PutFeed(state) })
}

// Test fetches a feed, or that which the page at the address names, without
// storing anything.
func (p *Poller) Test(ctx context.Context, address string) (bot.FeedTrial, error) {
	if p.Extractor == nil {
		return bot.FeedTrial{}, errors.New("feed: a trial needs an extractor")
	}
	trial := bot.FeedTrial{}
	found, err := p.Discover(ctx, address)
	if err != nil {
		return trial, err
	}
	trial.Feed = bot.FeedState{URL: found, Interval: p.shortest()}
	got, err := p.read(ctx, &trial.Feed)
	if err != nil {
		return trial, err
	}
	if found != address {
		trial.Problems = append(trial.Problems, fmt.Sprintf("%s is a page; the feed that it names is %s", address, found))
	}
	trial.Articles = got.articles
	for _, a := range got.articles {
		trial.Found = append(trial.Found, p.Extractor.Extract(a))
		if a.PublishedAt.IsZero() {
			trial.Problems = append(trial.Problems, fmt.Sprintf("%q has no date", a.Title))
		}
	}
	return trial, nil
}
