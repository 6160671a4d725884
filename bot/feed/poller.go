package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"karussell/bot"
)

// Poller polls the sources until its context ends. Safe for concurrent use.
type Poller struct {
	Setup
	fetch  *fetcher
	robots *robots
	turns  *turns
	wake   chan struct{}

	mu    sync.Mutex
	feeds map[string]*bot.FeedState // by URL; the store's copy is authoritative after a restart
	busy  map[string]bool           // feeds that are being polled
}

// New checks the setup.
func New(s Setup) (*Poller, error) {
	if s.Ingester == nil || s.Store == nil {
		return nil, errors.New("feed: ingester and store are required")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Meter == nil {
		s.Meter = bot.NoMeter{}
	}
	s.Interval = max(s.Interval, time.Second)
	fetch := newFetcher(s.Agent, s.Private, s.Transport)
	return &Poller{
		Setup: s, fetch: fetch, robots: newRobots(fetch, s.Now), turns: newTurns(), wake: make(chan struct{}, 1),
		feeds: map[string]*bot.FeedState{}, busy: map[string]bool{},
	}, nil
}

// Run polls until ctx ends, then waits for the polls under way and returns nil.
// It returns the store's error when the feeds' states cannot be read.
func (p *Poller) Run(ctx context.Context) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	var polls sync.WaitGroup
	defer polls.Wait()
	slots := make(chan struct{}, workers)
	for {
		url, wait := p.next()
		if url == "" {
			if !p.sleep(ctx, wait) {
				return nil
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		polls.Go(func() {
			defer func() { <-slots }()
			p.poll(ctx, url)
		})
	}
}

func (p *Poller) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-p.wake:
	}
	return true
}

// load joins the configured sources with the stored states and with the feeds
// that the owner added in chat.
func (p *Poller) load(ctx context.Context) error {
	var stored []bot.FeedState
	err := p.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		stored, err = tx.Feeds()
		return err
	})
	if err != nil {
		return fmt.Errorf("read feeds: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range stored {
		if s.ByOwner {
			p.feeds[s.URL] = &s
		}
	}
	for _, src := range p.Sources {
		i := slices.IndexFunc(stored, func(s bot.FeedState) bool { return s.URL == src.URL })
		state := bot.FeedState{URL: src.URL, Interval: p.Interval}
		if i >= 0 {
			state = stored[i]
		}
		if src.Name != "" {
			state.Name = src.Name
		}
		if src.Outlet != "" {
			state.Outlet, state.Tier = src.Outlet, src.Tier
		}
		if src.Language != "" {
			state.Language = src.Language
		}
		p.feeds[src.URL] = &state
	}
	return nil
}

// next picks a due feed whose host is free and takes the host's turn; without one
// it says how long to wait. The end of a turn wakes the poller.
func (p *Poller) next() (string, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, wait, best := p.Now(), time.Minute, ""
	for address, s := range p.feeds {
		if s.Paused || p.busy[address] || p.turns.isBusy(hostOf(s)) {
			continue
		}
		if d := s.Next.Sub(now); d > 0 {
			wait = min(wait, d)
			continue
		}
		if best == "" || s.Next.Before(p.feeds[best].Next) {
			best = address
		}
	}
	if best != "" {
		if !p.turns.try(hostOf(p.feeds[best])) {
			return "", time.Millisecond // a page is being read there just now
		}
		p.busy[best] = true
	}
	return best, wait
}

func hostOf(s *bot.FeedState) string { return hostName(location(s)) }

func location(s *bot.FeedState) string {
	if s.Location != "" {
		return s.Location
	}
	return s.URL
}

// poll fetches one feed and commits what it brought. Failures are the feed's
// own: they end up in its state, never in another feed's way.
func (p *Poller) poll(ctx context.Context, address string) {
	p.mu.Lock()
	state := *p.feeds[address]
	p.mu.Unlock()
	host := hostOf(&state)
	defer p.release(address, host)

	articles, live, err := p.read(ctx, &state)
	if ctx.Err() != nil {
		return
	}
	backlog := !state.Seen
	if err != nil {
		p.failed(&state, err)
	} else {
		p.succeeded(&state, articles, live)
	}
	notice := p.verdict(&state)
	result, err := p.Ingester.Ingest(ctx, bot.Batch{Articles: articles, Feed: &state, Backlog: backlog})
	if err != nil {
		// Nothing was kept, so the old validators stay and the poll is repeated.
		p.Log.ErrorContext(ctx, "feed not stored", "feed", address, "error", err)
		p.postpone(address)
		return
	}
	p.tell(ctx, notice)
	if backlog && state.Seen {
		p.Log.InfoContext(ctx, "feed contacted", "feed", address, "stored", result.New)
	}
	if result.New+result.Changed > 0 {
		p.Log.InfoContext(ctx, "feed brought articles", "feed", address, "new", result.New, "changed", result.Changed, "events", result.Events, "stories", result.Stories)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.feeds[address]; now != nil {
		state.Paused = now.Paused // may have changed meanwhile
		*now = state
	}
}

func (p *Poller) release(address, host string) {
	p.mu.Lock()
	delete(p.busy, address)
	p.mu.Unlock()
	p.turns.done(host)
	p.Wake()
}

// Wake makes the poller look for due feeds at once.
func (p *Poller) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *Poller) postpone(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.feeds[address]; s != nil {
		s.Next = p.Now().Add(30 * time.Second)
	}
}

// read fetches and parses; state gets the validators and counters.
func (p *Poller) read(ctx context.Context, state *bot.FeedState) (articles []bot.Article, live time.Duration, err error) {
	const accept = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
	state.Fetches++
	res, err := p.fetch.get(ctx, location(state), accept, state.ETag, state.LastModified, maxBody)
	state.LastStatus = res.Status
	if err != nil {
		return nil, 0, err
	}
	if res.Permanent != "" {
		state.Location = res.Permanent
	}
	if res.Status == 304 {
		state.NotModified++
		return nil, res.MaxAge, nil
	}
	state.Bytes += int64(len(res.Body))
	now := p.Now()
	doc, err := parse(res.Body, res.ContentType, res.Final, now)
	if err != nil {
		return nil, 0, err
	}
	state.ETag, state.LastModified = res.ETag, res.Modified
	p.describe(state, doc)
	first := !state.Seen
	for _, it := range changedItems(state, doc.Items) {
		articles = append(articles, it.article(state, now))
	}
	// The first contact stores what is there; reading all its pages would be a
	// flood of requests for old news.
	if p.Pages && !first {
		p.followTeasers(ctx, hostName(res.Final), articles)
	}
	return articles, max(res.MaxAge, doc.TTL), nil
}

// describe fills what the operator did not say about a feed from the feed.
func (p *Poller) describe(state *bot.FeedState, doc document) {
	if state.Name == "" {
		state.Name = doc.Title
	}
	if state.Outlet == "" {
		state.Outlet = doc.Title
		if p.Outlets != nil {
			if o, ok := p.Outlets(doc.Title); ok {
				state.Outlet, state.Tier = o.Name, o.Tier
			}
		}
	}
	if state.Language == "" {
		state.Language = doc.Language
	}
}

func (p *Poller) succeeded(state *bot.FeedState, articles []bot.Article, live time.Duration) {
	now := p.Now()
	fresh := 0
	for _, a := range articles {
		if !a.PublishedAt.IsZero() && a.PublishedAt.After(state.LastOK) {
			fresh++
		}
	}
	state.LastOK, state.LastError, state.Failures, state.FailingSince = now, "", 0, time.Time{}
	state.Seen = true
	if fresh > 0 || state.LastNew.IsZero() {
		state.LastNew = now
	}
	p.schedule(state, live)
	p.Meter.Count("feed_fetches_total", 1, "outcome", "ok")
}

// failed backs off: the interval doubles with every failure in a row, up to the
// longest; a server that names a time is believed.
func (p *Poller) failed(state *bot.FeedState, err error) {
	now := p.Now()
	state.Failures++
	state.LastError = err.Error()
	if state.FailingSince.IsZero() {
		state.FailingSince = now
	}
	wait := min(p.Interval<<min(state.Failures, 12), longest)
	kind := FailNetwork
	if fe, ok := errors.AsType[*FetchError](err); ok {
		kind = fe.Kind
		wait = max(wait, fe.RetryAfter)
	}
	state.Next = now.Add(jitter(wait))
	p.Meter.Count("feed_fetches_total", 1, "outcome", string(kind))
	p.Log.Warn("feed failed", "feed", state.URL, "failures", state.Failures, "kind", string(kind), "error", err)
}

// jitter spreads polls over a tenth of the interval, so that feeds of one
// interval do not stay in step.
func jitter(d time.Duration) time.Duration {
	return d + time.Duration(rand.Int64N(int64(d)/10+1)) //nolint:gosec // no secret
}
