package feed_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/store/memory"
)

// desk is a working ingester: it stores feed states and remembers batches.
type desk struct {
	store   bot.Store
	mu      sync.Mutex
	batches []bot.Batch
	fail    error
}

func (d *desk) Ingest(ctx context.Context, b bot.Batch) (bot.Ingested, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		err := d.fail
		d.fail = nil
		return bot.Ingested{}, err
	}
	d.batches = append(d.batches, b)
	return bot.Ingested{New: len(b.Articles)}, d.store.Update(ctx, func(tx bot.Tx) error { return tx.PutFeed(*b.Feed) })
}

// titles lists what was ingested, backlog marked.
func (d *desk) titles() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, b := range d.batches {
		for _, a := range b.Articles {
			mark := ""
			if b.Backlog {
				mark = "(backlog) "
			}
			out = append(out, mark+a.Title)
		}
	}
	return out
}

// press is a paper's server whose feed a test changes.
type press struct {
	mu       sync.Mutex
	head     string // of the feed's channel
	items    []string
	status   int
	requests []*http.Request
}

func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	if p.status != 0 {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(p.status)
		return
	}
	etag := fmt.Sprintf(`"%d"`, len(p.items))
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("ETag", etag)
	fmt.Fprintf(w, "<rss version=\"2.0\"><channel><title>Ruhr-Blatt</title>%s%s</channel></rss>", p.head, strings.Join(p.items, ""))
}

func (p *press) publish(title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items = append([]string{fmt.Sprintf("<item><title>%s</title><link>/%s</link><guid>%s</guid><description>Ein Satz.</description><pubDate>%s</pubDate></item>",
		title, title, title, time.Now().Format(time.RFC1123Z))}, p.items...)
}

func (p *press) set(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

func start(t *testing.T, p *press, private bool) (*feed.Poller, *desk, string) {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	store := memory.New()
	d := &desk{store: store}
	poller, err := feed.New(feed.Setup{
		Ingester: d, Store: store, Interval: time.Hour, Private: private, Agent: "Karussell/test",
		Sources: []feed.Source{{URL: server.URL + "/feed"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- poller.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = store.Close()
	})
	return poller, d, server.URL + "/feed"
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 1000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}

func state(t *testing.T, d *desk, url string) bot.FeedState {
	t.Helper()
	var s bot.FeedState
	err := d.store.View(t.Context(), func(tx bot.ReadTx) (err error) {
		s, err = tx.Feed(url)
		return err
	})
	if err != nil && !errors.Is(err, bot.ErrNotFound) {
		t.Fatal(err)
	}
	return s
}

func TestFirstContactIsBacklogAndLaterItemsAreNews(t *testing.T) {
	p := &press{}
	p.publish("alt")
	poller, d, url := start(t, p, true)
	until(t, "first contact", func() bool { return state(t, d, url).Seen })
	p.publish("neu")
	poller.Hurry()
	until(t, "second poll", func() bool { return len(d.titles()) == 2 })
	if got := fmt.Sprint(d.titles()); got != "[(backlog) alt neu]" {
		t.Errorf("got %s", got)
	}
}

// A feed that the settings gain is polled at once, one that they lose no more, and
// what the owner added in chat stays.
func TestReloadTurnsFeedsOnAndOff(t *testing.T) {
	one, two, chat := &press{}, &press{}, &press{}
	servers := map[*press]string{}
	for _, p := range []*press{two, chat} {
		server := httptest.NewServer(p)
		t.Cleanup(server.Close)
		servers[p] = server.URL + "/feed"
	}
	poller, d, url := start(t, one, true)
	until(t, "first contact", func() bool { return state(t, d, url).Seen })
	err := d.store.Update(t.Context(), func(tx bot.Tx) error {
		return tx.PutFeed(bot.FeedState{URL: servers[chat], ByOwner: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := poller.Reload(t.Context(), []feed.Source{{URL: servers[two]}}, time.Hour); err != nil {
		t.Fatal(err)
	}
	until(t, "the new feed", func() bool { return state(t, d, servers[two]).Seen })
	until(t, "the owner's feed", func() bool { return state(t, d, servers[chat]).Seen })
	one.publish("unread")
	two.publish("read")
	poller.Hurry()
	until(t, "news of the new feed", func() bool { return len(d.titles()) > 0 })
	if got := fmt.Sprint(d.titles()); got != "[read]" {
		t.Errorf("got %s", got)
	}
}

func TestUnchangedFeedsAnswer304AndAreNotReadAgain(t *testing.T) {
	p := &press{}
	p.publish("eins")
	poller, d, url := start(t, p, true)
	until(t, "first contact", func() bool { return state(t, d, url).Seen })
	poller.Hurry()
	until(t, "a 304", func() bool { return state(t, d, url).NotModified == 1 })
	if got := len(d.titles()); got != 1 {
		t.Errorf("%d articles, want 1", got)
	}
}

func TestWhatCouldNotBeStoredIsFetchedAgain(t *testing.T) {
	p := &press{}
	p.publish("eins")
	poller, d, url := start(t, p, true)
	until(t, "first contact", func() bool { return state(t, d, url).Seen })
	d.mu.Lock()
	d.fail = bot.ErrFull
	d.mu.Unlock()
	p.publish("zwei")
	poller.Hurry()
	until(t, "the failed commit", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.fail == nil })
	until(t, "the repeated poll", func() bool { poller.Hurry(); return len(d.titles()) == 2 })
}

func TestAServerThatNamesATimeIsBelieved(t *testing.T) {
	p := &press{}
	poller, d, url := start(t, p, true)
	until(t, "first contact", func() bool { return state(t, d, url).Seen })
	p.set(http.StatusTooManyRequests)
	poller.Hurry()
	until(t, "a limited poll", func() bool { return state(t, d, url).Failures == 1 })
	if wait := time.Until(state(t, d, url).Next); wait < 110*time.Minute {
		t.Errorf("asked again after %s, although the server said two hours", wait)
	}
}

func TestPrivateAddressesAreNotFetched(t *testing.T) {
	p := &press{}
	_, d, url := start(t, p, false)
	until(t, "a refusal", func() bool { return state(t, d, url).Failures > 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) != 0 {
		t.Errorf("%d requests reached a loopback address", len(p.requests))
	}
	if got := state(t, d, url).LastError; !strings.Contains(got, "private") {
		t.Errorf("the operator reads %q", got)
	}
}
