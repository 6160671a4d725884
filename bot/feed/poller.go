package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"karussell/bot"
)

const acceptFeed = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"

// Poller polls the sources until its context ends. Safe for concurrent use.
type Poller struct {
	Setup
	fetch  *fetcher
	robots *robots
	wake   chan struct{}

	mu    sync.Mutex
	feeds map[string]*bot.FeedState // by URL, without notes; the store's copy is authoritative after a restart
	notes map[string]string         // packed, by URL
	queue queue                     // when feeds are due
	lanes *lanes                    // which feeds are being polled
	push  *pushes                   // what hubs send

	allowances map[string]allowance // by URL, of feeds that brought something

	parsing, committing chan struct{} // places

	pace atomic.Int64 // Setup.Interval, until Reload changes it
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
	p := &Poller{
		Setup: s, fetch: fetch, robots: newRobots(fetch, s.Now), wake: make(chan struct{}, 1),
		feeds: map[string]*bot.FeedState{}, notes: map[string]string{}, lanes: newLanes(), push: newPushes(s.Push), allowances: map[string]allowance{},
		parsing: make(chan struct{}, desks), committing: make(chan struct{}, batches),
	}
	p.pace.Store(int64(s.Interval))
	return p, nil
}

// shortest is the shortest interval between two polls of a feed.
func (p *Poller) shortest() time.Duration { return time.Duration(p.pace.Load()) }

// Run polls until ctx ends, then waits for the polls under way and returns nil.
// It returns the store's error when the feeds' states cannot be read.
func (p *Poller) Run(ctx context.Context) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	var polls sync.WaitGroup
	defer polls.Wait()
	polls.Go(func() { p.push.errands.run(ctx, p.bring) })
	p.openPushes(true)
	defer p.openPushes(false)
	slots := make(chan struct{}, workers)
	for {
		address, host, wait := p.next()
		if address == "" {
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
			p.poll(ctx, address, host)
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
	p.join(stored)
	p.mu.Unlock()
	return p.strand(ctx, stored)
}

// join makes the feeds of the sources and the stored states. The caller holds mu.
func (p *Poller) join(stored []bot.FeedState) {
	known := make(map[string]bot.FeedState, len(stored))
	for _, s := range stored {
		known[s.URL] = s
		if s.ByOwner {
			p.hold(&s)
		}
	}
	for _, src := range p.Sources {
		state, ok := known[src.URL]
		if !ok {
			state = bot.FeedState{URL: src.URL, Interval: p.shortest()}
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
		p.hold(&state)
	}
	for address, s := range p.feeds {
		if len(s.HubSecret) > 0 {
			p.push.doors[door(s.HubSecret)] = address
		}
		p.queue.plan(address, p.due(s))
	}
}

func (p *Poller) openPushes(open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.push.open = open
}

// next picks a due feed whose host is not being polled; without one it says how
// long to wait. The end of a poll wakes the poller.
func (p *Poller) next() (address, host string, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	for {
		address, at, ok := p.queue.first()
		if !ok {
			return "", "", time.Minute
		}
		if d := at.Sub(now); d > 0 {
			return "", "", min(d, time.Minute) // the clock may be set meanwhile
		}
		p.queue.drop()
		s := p.feeds[address]
		if s == nil || s.Paused || !p.due(s).Equal(at) {
			continue // removed, paused or planned anew since
		}
		if host := hostOf(s); p.lanes.enter(host, address) {
			return address, host, 0
		}
	}
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
func (p *Poller) poll(ctx context.Context, address, host string) {
	defer p.release(address, host)
	p.mu.Lock()
	known := p.feeds[address]
	if known == nil {
		p.mu.Unlock()
		return // removed meanwhile
	}
	state := p.whole(known)
	p.mu.Unlock()

	backlog := !state.Seen
	got, ok := p.look(ctx, &state)
	if !ok || ctx.Err() != nil {
		return
	}
	got.articles = p.allow(address, got.articles)
	notice := p.verdict(&state)
	result, err := p.commit(ctx, bot.Batch{Articles: got.articles, Feed: &state, Backlog: backlog})
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
	if err := p.remember(ctx, address, state, got); err != nil {
		p.Log.ErrorContext(ctx, "feed not stored", "feed", address, "error", err)
	}
}

// look opens what a hub sent, or asks the feed. ok is false when there is
// nothing to commit.
func (p *Poller) look(ctx context.Context, state *bot.FeedState) (got catch, ok bool) {
	if l, pushed := p.letter(state.URL); pushed {
		got, err := p.open(ctx, state, l)
		if err != nil {
			p.drop(ctx, "unreadable")
			return got, false
		}
		p.Meter.Count("feed_pushes_total", 1, "outcome", "ok")
		return got, true
	}
	got, err := p.read(ctx, state)
	if ctx.Err() != nil {
		return got, false
	}
	if err != nil {
		p.failed(state, err)
	} else {
		p.succeeded(state, got)
	}
	return got, true
}

// remember takes a poll's state over, and repairs what the poll's commit undid
// if the feed was paused or removed or its hub called meanwhile.
func (p *Poller) remember(ctx context.Context, address string, state bot.FeedState, got catch) error {
	p.mu.Lock()
	now := p.feeds[address]
	if now == nil {
		p.mu.Unlock()
		return p.Store.Update(ctx, func(tx bot.Tx) error { return tx.DeleteFeed(address) })
	}
	turned := now.Paused != state.Paused || hubChanged(now, &state)
	state.Paused = now.Paused
	hubNotes(&state, now)
	if got.read {
		turned = p.push.learn(&state, got.offer, p.Now()) || turned
	}
	if got.fresh > 0 && !got.pushed && p.push.served(&state, p.Now()) {
		p.push.talk(address).lax = p.Now()
	}
	p.hold(&state)
	p.push.enlist(now, p.Now())
	p.mu.Unlock()
	if turned {
		return p.save(ctx, address)
	}
	return nil
}

func (p *Poller) release(address, host string) {
	p.mu.Lock()
	for _, a := range append(p.lanes.leave(host), address) {
		if s := p.feeds[a]; s != nil {
			p.queue.plan(a, p.due(s))
		}
	}
	p.mu.Unlock()
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

// catch is what a poll brought.
type catch struct {
	articles []bot.Article
	live     time.Duration // not to be asked before; 0: not stated
	fresh    int           // articles that the feed showed for the first time
	pushed   bool          // by a hub
	read     bool          // the whole feed was read,
	offer    offer         // and offers this
}

// read fetches and parses; state gets the validators and counters.
func (p *Poller) read(ctx context.Context, state *bot.FeedState) (catch, error) {
	state.Fetches++
	res, err := p.fetch.get(ctx, location(state), acceptFeed, state.ETag, state.LastModified, maxBody)
	defer res.release()
	state.LastStatus = res.Status
	if err != nil {
		return catch{}, err
	}
	if res.Status == http.StatusNotModified {
		moved(state, res.Permanent)
		state.NotModified++
		return catch{live: max(res.MaxAge, politeTTL(state))}, nil
	}
	state.Bytes += int64(len(res.Body))
	now := p.Now()
	doc, err := p.parse(ctx, &res, now)
	if err != nil {
		return catch{}, err
	}
	moved(state, res.Permanent)
	state.ETag, state.LastModified = res.ETag, res.Modified
	p.describe(state, doc)
	first := !state.Seen
	items, fresh := changedItems(state, doc.Items, res.Cut || doc.Cut)
	if doc.TTL > 0 {
		state.Polite[ttlNote] = doc.TTL.String()
	}
	got := catch{live: max(res.MaxAge, doc.TTL), fresh: fresh, read: true, offer: res.Offer.or(doc.Offer)}
	for _, it := range items {
		got.articles = append(got.articles, it.article(state, now))
	}
	// The first contact stores what is there; reading all its pages would be a
	// flood of requests for old news.
	if p.Pages && !first {
		got.articles = p.followTeasers(ctx, got.articles)
	}
	return got, nil
}

// parse reads a fetched document at one of the desks and lets its bytes go.
func (p *Poller) parse(ctx context.Context, res *response, now time.Time) (document, error) {
	select {
	case p.parsing <- struct{}{}:
	case <-ctx.Done():
		return document{}, ctx.Err() //nolint:wrapcheck // the context's own
	}
	defer func() { <-p.parsing }()
	defer res.release()
	return parse(res.Body, res.ContentType, res.Final, now)
}

// commit hands a poll's batch on. Articles take a place, so that what waits for
// the store's writer does not fill the memory; the state alone of a feed that
// brought none does not.
func (p *Poller) commit(ctx context.Context, b bot.Batch) (bot.Ingested, error) {
	if len(b.Articles) == 0 {
		return p.Ingester.Ingest(ctx, b) //nolint:wrapcheck // the store's
	}
	select {
	case p.committing <- struct{}{}:
	case <-ctx.Done():
		return bot.Ingested{}, ctx.Err() //nolint:wrapcheck // the context's own
	}
	defer func() { <-p.committing }()
	return p.Ingester.Ingest(ctx, b) //nolint:wrapcheck // the store's
}

// ttlNote is where the feed's time to live is noted: a 304 does not repeat it.
const ttlNote = "ttl"

func politeTTL(state *bot.FeedState) time.Duration {
	d, err := time.ParseDuration(state.Polite[ttlNote])
	if err != nil {
		return 0 // none noted
	}
	return d
}

// moved remembers a permanent redirect, once a feed was found behind it.
func moved(state *bot.FeedState, to string) {
	if to != "" {
		state.Location = to
	}
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

func (p *Poller) succeeded(state *bot.FeedState, got catch) {
	now := p.Now()
	state.LastOK, state.LastError, state.Failures, state.FailingSince = now, "", 0, time.Time{}
	state.Seen = true
	if got.fresh > 0 || state.LastNew.IsZero() {
		state.LastNew = now
	}
	p.schedule(state, got.live)
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
	wait := min(p.shortest()<<min(state.Failures, 12), longest)
	kind := FailNetwork
	if fe, ok := errors.AsType[*FetchError](err); ok {
		kind = fe.Kind
		wait = max(wait, fe.RetryAfter)
		if kind == FailGone {
			wait = longest
		}
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
