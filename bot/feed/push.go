package feed

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// Push (W3C Recommendation WebSub, 23 January 2018): a feed that names a hub is
// subscribed to there, and the hub sends what is new. Polling goes on, less
// often: a hub may fail without a word.
const (
	leaseWanted  = 10 * 24 * time.Hour // asked for; the hub decides
	leaseLeast   = 2 * time.Hour       // a shorter one is not worth the questions
	leaseMost    = 30 * 24 * time.Hour // a longer one is not believed
	renewBefore  = time.Hour           // before a lease ends it is asked for again
	verifyWithin = 24 * time.Hour      // a hub may take its time to verify what we asked for
	askAgain     = 10 * time.Minute    // after the first vain question; doubles up to a day
	laxFor       = 6 * time.Hour       // so long a hub is not relied on that left news to a poll
	relaxFactor  = 8                   // polls are so many times rarer while a hub serves a feed,
	relaxedLeast = 15 * time.Minute    // and never more frequent than this
)

// talk is what goes on with a feed's hub beside what the feed's state holds. It
// is lost at a restart; the next poll asks again.
type talk struct {
	asked   time.Time // a subscription was asked for and is not verified yet
	retry   time.Time // not to be asked before
	tries   int       // in vain, in a row
	lax     time.Time // a poll found news that the hub had not brought
	letters []letter  // pushed and not read yet
	seen    [][32]byte
	tokens  float64   // pushes that may come now
	filled  time.Time // when tokens was reckoned
}

// letter is what a hub pushed.
type letter struct {
	body        []byte
	contentType string
}

// farewell is a subscription that is being ended.
type farewell struct {
	topic string
	until time.Time
}

// pushes are all talks. Guarded by the poller's mu.
type pushes struct {
	base    string              // public address of the callbacks; empty: push is off
	open    bool                // the poller runs
	talks   map[string]*talk    // by feed
	doors   map[string]string   // the last part of a callback's path to the feed
	leaving map[string]farewell // by the last part of the callback's path
	room    int                 // bytes of letters, read or being read
	errands *courier
}

func newPushes(base string) *pushes {
	return &pushes{
		base: strings.TrimSuffix(base, "/"), talks: map[string]*talk{}, doors: map[string]string{},
		leaving: map[string]farewell{}, errands: newCourier(),
	}
}

func (h *pushes) on() bool { return h.base != "" }

func (h *pushes) talk(feed string) *talk {
	t := h.talks[feed]
	if t == nil {
		t = &talk{tokens: pushBurst}
		h.talks[feed] = t
	}
	return t
}

// door is the unguessable last part of a subscription's callback address.
func door(secret []byte) string {
	sum := sha256.Sum256(append([]byte("karussell callback "), secret...))
	return hex.EncodeToString(sum[:16])
}

// served reports whether a hub serves the feed now.
func (h *pushes) served(s *bot.FeedState, now time.Time) bool {
	return h.on() && s.Hub != "" && s.HubExpires.After(now)
}

// relied reports whether a hub serves the feed and has proved to.
func (h *pushes) relied(s *bot.FeedState, now time.Time) bool {
	return h.served(s, now) && now.Sub(h.talk(s.URL).lax) > laxFor
}

// learn takes over what a feed says about its hub; true when that changed.
func (h *pushes) learn(s *bot.FeedState, o offer, now time.Time) bool {
	if !h.on() || !o.whole() && s.Hub == "" || o.whole() && s.Hub == o.Hub && s.Topic == o.Topic {
		return false
	}
	old := h.talk(s.URL)
	if s.Hub != "" && o.whole() && now.Before(old.retry) {
		return false // a feed that names another hub at every poll is no reason to ask each
	}
	h.leave(s, now)
	s.Hub, s.Topic, s.HubSecret = "", "", nil
	h.talks[s.URL] = &talk{tokens: pushBurst, retry: old.retry, tries: old.tries}
	if o.whole() {
		s.Hub, s.Topic, s.HubSecret = o.Hub, o.Topic, []byte(rand.Text()+rand.Text())
		h.doors[door(s.HubSecret)] = s.URL
	}
	return true
}

// leave ends a feed's subscription, if there is one or one was asked for.
func (h *pushes) leave(s *bot.FeedState, now time.Time) {
	if len(s.HubSecret) == 0 {
		return
	}
	at := door(s.HubSecret)
	delete(h.doors, at)
	t := h.talk(s.URL)
	for _, l := range t.letters {
		h.room -= len(l.body)
	}
	t.letters = nil
	if h.on() && (s.HubExpires.After(now) || !t.asked.IsZero()) {
		h.forget(now)
		h.leaving[at] = farewell{topic: s.Topic, until: now.Add(verifyWithin)}
		h.errands.add(h.errand("unsubscribe", s))
	}
	t.asked, s.HubExpires = time.Time{}, time.Time{}
}

// enlist asks the feed's hub for a subscription when it is time to.
func (h *pushes) enlist(s *bot.FeedState, now time.Time) {
	if !h.on() || s.Hub == "" || s.Paused || !s.Seen {
		return
	}
	t := h.talk(s.URL)
	due := !s.HubExpires.Add(-renewBefore).After(now) || now.Sub(t.lax) < laxFor
	if !due || now.Before(t.retry) {
		return
	}
	h.doors[door(s.HubSecret)] = s.URL
	t.asked, t.retry = now, now.Add(min(askAgain<<min(t.tries, 10), 24*time.Hour))
	t.tries++
	h.errands.add(h.errand("subscribe", s))
}

func (h *pushes) errand(mode string, s *bot.FeedState) errand {
	form := url.Values{
		"hub.mode": {mode}, "hub.topic": {s.Topic}, "hub.callback": {h.base + "/" + door(s.HubSecret)},
	}
	if mode == "subscribe" {
		form.Set("hub.secret", string(s.HubSecret))
		form.Set("hub.lease_seconds", strconv.Itoa(int(leaseWanted/time.Second)))
	}
	return errand{mode: mode, feed: s.URL, hub: s.Hub, form: form}
}

// forget drops farewells that nobody asks about any more.
func (h *pushes) forget(now time.Time) {
	for at, f := range h.leaving {
		if now.After(f.until) {
			delete(h.leaving, at)
		}
	}
}

// hubChanged compares what two states of a feed say about its hub.
func hubChanged(a, b *bot.FeedState) bool {
	return a.Hub != b.Hub || a.Topic != b.Topic || !a.HubExpires.Equal(b.HubExpires) || !bytes.Equal(a.HubSecret, b.HubSecret)
}

// due is when a feed is to be looked after: at once when a push waits. The
// caller holds mu.
func (p *Poller) due(s *bot.FeedState) time.Time {
	if t := p.push.talks[s.URL]; t != nil && len(t.letters) > 0 {
		return time.Time{}
	}
	return s.Next
}

// letter takes the oldest push that waits for a feed.
func (p *Poller) letter(address string) (letter, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.push.talks[address]
	if t == nil || len(t.letters) == 0 {
		return letter{}, false
	}
	l := t.letters[0]
	t.letters = t.letters[1:]
	p.push.room -= len(l.body)
	return l, true
}

// open reads a push like a poll's answer. It may hold the new entries only
// (WebSub, 7), so that nothing follows from what is not in it.
func (p *Poller) open(ctx context.Context, state *bot.FeedState, l letter) (catch, error) {
	now := p.Now()
	doc, err := parse(l.body, l.contentType, location(state), now)
	if err != nil {
		return catch{}, err
	}
	state.Bytes += int64(len(l.body))
	ttl := state.Polite[ttlNote]
	items, fresh := changedItems(state, doc.Items, true)
	if ttl != "" {
		state.Polite[ttlNote] = ttl
	}
	got := catch{fresh: fresh, pushed: true}
	for _, it := range items {
		got.articles = append(got.articles, it.article(state, now))
	}
	if p.Pages {
		got.articles = p.followTeasers(ctx, got.articles)
	}
	if fresh > 0 {
		state.LastNew = now
	}
	return got, nil
}

// save stores a feed's state as it is in memory when the transaction runs, so
// that of two writers the later one does not bring an old state back.
func (p *Poller) save(ctx context.Context, address string) error {
	err := p.Store.Update(ctx, func(tx bot.Tx) error {
		p.mu.Lock()
		s := p.feeds[address]
		if s == nil {
			p.mu.Unlock()
			return nil
		}
		state := p.whole(s)
		p.mu.Unlock()
		return tx.PutFeed(state)
	})
	if err != nil {
		return fmt.Errorf("store feed: %w", err)
	}
	return nil
}

// strand ends subscriptions of feeds that are switched on no more.
func (p *Poller) strand(ctx context.Context, stored []bot.FeedState) error {
	var ended []bot.FeedState
	p.mu.Lock()
	for i := range stored {
		s := &stored[i]
		if p.feeds[s.URL] != nil || s.HubExpires.IsZero() {
			continue
		}
		p.push.leave(s, p.Now())
		s.HubExpires = time.Time{}
		ended = append(ended, *s)
	}
	p.mu.Unlock()
	if len(ended) == 0 {
		return nil
	}
	err := p.Store.Update(ctx, func(tx bot.Tx) error {
		for _, s := range ended {
			if err := tx.PutFeed(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store feeds: %w", err)
	}
	return nil
}
