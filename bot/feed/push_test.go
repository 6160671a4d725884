package feed_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/bot/feed"
	"karussell/store/memory"
)

// pushed is a paper with a hub and a poller that can be called back.
type pushed struct {
	t      *testing.T
	press  *press
	hub    *hub
	poller *feed.Poller
	desk   *desk
	url    string
	mu     sync.Mutex
	shift  time.Duration // of the poller's clock
}

func (p *pushed) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Add(p.shift)
}

func (p *pushed) pass(d time.Duration) {
	p.mu.Lock()
	p.shift += d
	p.mu.Unlock()
	p.poller.Wake()
}

// startPushed runs a poller for a paper that names the hub in its feed, or in
// the header when inHeader is set.
func startPushed(t *testing.T, h *hub, inHeader bool) *pushed {
	t.Helper()
	p := &pushed{t: t, press: &press{}, hub: h}
	p.press.publish("alt")
	paper := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if inHeader {
			w.Header().Add("Link", fmt.Sprintf(`<%s/>; title="a, \"b\"; c"; rel="hub"`, h.URL))
			w.Header().Add("Link", `</style.css>; rel=preload, </topic>; rel=self`)
		}
		p.press.ServeHTTP(w, r)
	}))
	t.Cleanup(paper.Close)
	if !inHeader {
		p.press.head = fmt.Sprintf(`<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="%s/"/><x:link xmlns:x="http://www.w3.org/2005/Atom" rel="self" href="/topic"/>`, h.URL)
	}
	p.url = paper.URL + "/feed"
	store := memory.New()
	p.desk = &desk{store: store}
	var serve http.Handler
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve.ServeHTTP(w, r) }))
	t.Cleanup(door.Close)
	poller, err := feed.New(feed.Setup{
		Ingester: p.desk, Store: store, Interval: time.Minute, Private: true, Agent: "Karussell/test", Now: p.now,
		Extractor: deaf{}, Sources: []feed.Source{{URL: p.url}}, Push: door.URL + "/push/",
	})
	if err != nil {
		t.Fatal(err)
	}
	p.poller, serve = poller, poller.Pushes()
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
	return p
}

func (p *pushed) subscribed() subscription {
	p.t.Helper()
	until(p.t, "the subscription", func() bool { return !state(p.t, p.desk, p.url).HubExpires.IsZero() })
	until(p.t, "the hub's note of it", func() bool { n, _, _ := p.hub.count(); return n == 1 })
	return p.hub.only()
}

func rssWith(titles ...string) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Ruhr-Blatt</title>`)
	for _, title := range titles {
		fmt.Fprintf(&b, "<item><title>%s</title><link>/%s</link><guid>%s</guid><description>Ein Satz.</description><pubDate>%s</pubDate></item>", title, title, title, time.Now().Format(time.RFC1123Z))
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

func TestAFeedWithAHubIsPushed(t *testing.T) {
	for name, inHeader := range map[string]bool{"named in the feed": false, "named in the header": true} {
		t.Run(name, func(t *testing.T) {
			p := startPushed(t, newHub(t), inHeader)
			s := p.subscribed()
			if want := strings.TrimSuffix(p.url, "feed") + "topic"; s.topic != want {
				t.Errorf("subscribed to %s, want %s", s.topic, want)
			}
			if last := s.callback[strings.LastIndexByte(s.callback, '/')+1:]; len(last) < 32 || !strings.Contains(s.callback, "/push/") {
				t.Errorf("the callback %s can be guessed", s.callback)
			}
			p.press.mu.Lock()
			polls := len(p.press.requests)
			p.press.mu.Unlock()
			if status := p.hub.distribute(s, rssWith("neu", "alt")); status != http.StatusAccepted {
				t.Errorf("status %d", status)
			}
			until(t, "the pushed article", func() bool { return len(p.desk.titles()) == 2 })
			if got := fmt.Sprint(p.desk.titles()); got != "[(backlog) alt neu]" {
				t.Errorf("got %s", got)
			}
			p.press.mu.Lock()
			defer p.press.mu.Unlock()
			if len(p.press.requests) != polls {
				t.Error("the paper was asked although the hub brought everything")
			}
		})
	}
}

// While a hub serves a feed, polls are rarer; one that finds what the hub left
// out makes them as frequent as before.
func TestPollingGoesOnBesideAHub(t *testing.T) {
	p := startPushed(t, newHub(t), false)
	p.subscribed()
	p.poller.Hurry()
	until(t, "a relaxed poll", func() bool { return state(t, p.desk, p.url).Interval >= 15*time.Minute })
	p.press.publish("unerwähnt")
	p.poller.Hurry()
	until(t, "the poll's find", func() bool { return len(p.desk.titles()) == 2 })
	_, _, before := p.hub.count()
	p.poller.Hurry()
	until(t, "a frequent poll", func() bool { return state(t, p.desk, p.url).Interval < 5*time.Minute })
	p.pass(11 * time.Minute)
	p.poller.Hurry()
	until(t, "another request to the hub", func() bool { _, _, n := p.hub.count(); return n > before })
}

func TestLeasesAreRenewedBeforeTheyEnd(t *testing.T) {
	h := newHub(t)
	h.lease = 5 * time.Hour
	p := startPushed(t, h, false)
	p.subscribed()
	first := state(t, p.desk, p.url).HubExpires
	p.pass(3*time.Hour + 30*time.Minute)
	time.Sleep(50 * time.Millisecond)
	if got := state(t, p.desk, p.url).HubExpires; !got.Equal(first) {
		t.Errorf("renewed an hour too early, until %s", got)
	}
	p.pass(45 * time.Minute)
	until(t, "the renewal", func() bool { return state(t, p.desk, p.url).HubExpires.After(first.Add(time.Hour)) })
}

func TestRemovedAndPausedFeedsAreUnsubscribed(t *testing.T) {
	for name, end := range map[string]func(*pushed) error{
		"removed":         func(p *pushed) error { return p.poller.Remove(p.t.Context(), p.url) },
		"paused":          func(p *pushed) error { return p.poller.Pause(p.t.Context(), p.url, true) },
		"not chosen more": func(p *pushed) error { return p.poller.Reload(p.t.Context(), nil, time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			p := startPushed(t, newHub(t), false)
			s := p.subscribed()
			if err := end(p); err != nil {
				t.Fatal(err)
			}
			until(t, "the unsubscription", func() bool { _, n, _ := p.hub.count(); return n == 1 })
			if status := p.hub.distribute(s, rssWith("neu")); status != http.StatusGone {
				t.Errorf("a push to the ended subscription: %d", status)
			}
			if name != "paused" {
				return
			}
			if err := p.poller.Pause(t.Context(), p.url, false); err != nil {
				t.Fatal(err)
			}
			p.pass(time.Hour)
			p.poller.Hurry()
			until(t, "the new subscription", func() bool { n, _, _ := p.hub.count(); return n == 1 })
		})
	}
}

func TestHubsThatFailDoNoHarm(t *testing.T) {
	for name, spoil := range map[string]func(*hub){
		"answers 500":         func(h *hub) { h.deaf = true },
		"denies":              func(h *hub) { h.deny = "not you" },
		"grants a minute":     func(h *hub) { h.lease = time.Minute },
		"verifies at once":    func(h *hub) { h.sync = true },
		"grants a hundred yr": func(h *hub) { h.lease = 100 * 365 * day },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			spoil(h)
			p := startPushed(t, h, false)
			until(t, "a request", func() bool { _, _, n := h.count(); return n == 1 })
			h.verify.Wait()
			p.press.publish("neu")
			until(t, "the poll's find", func() bool { p.poller.Hurry(); return len(p.desk.titles()) == 2 })
			if _, _, n := h.count(); n > 2 {
				t.Errorf("the hub was asked %d times", n)
			}
			expires := state(t, p.desk, p.url).HubExpires
			if works := name == "verifies at once" || name == "grants a hundred yr"; works == expires.IsZero() || time.Until(expires) > 31*day {
				t.Errorf("subscribed until %s", expires)
			}
		})
	}
}

// A subscription outlives a restart: its callback, its secret and its lease.
func TestSubscriptionsOutliveARestart(t *testing.T) {
	h := newHub(t)
	p := startPushed(t, h, false)
	s := p.subscribed()
	again, err := feed.New(feed.Setup{
		Ingester: p.desk, Store: p.desk.store, Interval: time.Hour, Private: true, Agent: "Karussell/test",
		Sources: []feed.Source{{URL: p.url}}, Push: "https://bot.example/push",
	})
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(again.Pushes())
	defer door.Close()
	s.callback = door.URL + "/" + s.callback[strings.LastIndexByte(s.callback, '/')+1:]
	if status := h.distribute(s, rssWith("zu früh")); status != http.StatusServiceUnavailable {
		t.Errorf("before the start: %d", status)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- again.Run(ctx) }()
	until(t, "the push after the restart", func() bool { return h.distribute(s, rssWith("neu")) == http.StatusAccepted })
	until(t, "the article", func() bool { return slices.Contains(p.desk.titles(), "neu") })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func sign(name string, algorithm func() hash.Hash, secret, body string) func(http.Header) {
	return func(h http.Header) {
		mac := hmac.New(algorithm, []byte(secret))
		mac.Write([]byte(body))
		h.Set("X-Hub-Signature", name+"="+hex.EncodeToString(mac.Sum(nil)))
	}
}

func TestHostilePushes(t *testing.T) {
	p := startPushed(t, newHub(t), false)
	s := p.subscribed()
	body := rssWith("falsch")
	for name, change := range map[string]func(http.Header){
		"no signature":      func(h http.Header) { h.Del("X-Hub-Signature") },
		"empty signature":   func(h http.Header) { h.Set("X-Hub-Signature", "") },
		"forged":            sign("sha256", sha512.New512_256, "geraten", body),
		"of another body":   sign("sha512", sha512.New, s.secret, body+" "),
		"short":             func(h http.Header) { h.Set("X-Hub-Signature", "sha256=00") },
		"unknown algorithm": sign("md5", sha1.New, s.secret, body),
		"two signatures":    func(h http.Header) { h.Add("X-Hub-Signature", "sha256=00") },
		"another topic": func(h http.Header) {
			h.Set("Link", `<https://anderes.example/feed>; rel="self"`)
		},
	} {
		if status := p.hub.distribute(s, body, change); status != http.StatusAccepted {
			t.Errorf("%s: status %d; WebSub wants it acknowledged", name, status)
		}
	}
	other := s
	other.callback = s.callback[:len(s.callback)-1] + "x"
	if status := p.hub.distribute(other, body); status != http.StatusGone {
		t.Errorf("another callback: %d", status)
	}
	for name, algorithm := range map[string]func() hash.Hash{"sha1": sha1.New, "sha384": sha512.New384, "SHA512": sha512.New} {
		good := rssWith("gut-" + name)
		if status := p.hub.distribute(s, good, sign(name, algorithm, s.secret, good)); status != http.StatusAccepted {
			t.Errorf("%s: status %d", name, status)
		}
		until(t, "what was signed with "+name, func() bool { return slices.Contains(p.desk.titles(), "gut-"+name) })
	}
	if slices.Contains(p.desk.titles(), "falsch") {
		t.Error("an unsigned push was believed")
	}
}

func TestHostilePushAgain(t *testing.T) {
	p := startPushed(t, newHub(t), false)
	s := p.subscribed()
	old, corrected := rssWith("neu"), strings.Replace(rssWith("neu"), "Ein Satz.", "Ein berichtigter Satz.", 1)
	for _, body := range []string{old, corrected} {
		n := len(p.desk.titles())
		p.hub.distribute(s, body)
		until(t, "the push", func() bool { return len(p.desk.titles()) > n })
	}
	until(t, "both versions", func() bool { return len(p.desk.titles()) == 3 })
	for range 3 {
		if status := p.hub.distribute(s, old); status != http.StatusAccepted {
			t.Errorf("status %d", status)
		}
	}
	p.hub.distribute(s, rssWith("später"))
	until(t, "a later push", func() bool { return slices.Contains(p.desk.titles(), "später") })
	if got := p.desk.titles(); len(got) != 4 {
		t.Errorf("a repeated push was read again: %v", got)
	}
}

func TestHostilePushSizes(t *testing.T) {
	p := startPushed(t, newHub(t), false)
	s := p.subscribed()
	if status := p.hub.distribute(s, strings.Repeat("x", 5<<20)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", status)
	}
	if status := p.hub.distribute(s, "<rss>", func(h http.Header) { h.Set("Content-Encoding", "gzip") }); status != http.StatusUnsupportedMediaType {
		t.Errorf("a packed body: %d", status)
	}
	limited := 0
	for i := range 60 {
		switch status := p.hub.distribute(s, fmt.Sprintf("kein Feed %d", i)); status {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			limited++
		case http.StatusAccepted:
		default:
			t.Errorf("status %d", status)
		}
	}
	if limited < 30 {
		t.Errorf("%d of 60 pushes in a row were limited", limited)
	}
	p.pass(time.Hour)
	until(t, "room for a push, which hubs try again", func() bool { // the flood may still be read
		p.pass(time.Minute)
		return p.hub.distribute(s, rssWith("neu")) == http.StatusAccepted
	})
	until(t, "a push after the flood", func() bool { return slices.Contains(p.desk.titles(), "neu") })
}

// TestHostileFeedThatChangesItsHub: naming another hub at every poll does not
// make us knock at each.
func TestHostileFeedThatChangesItsHub(t *testing.T) {
	h := newHub(t)
	p := startPushed(t, h, false)
	p.subscribed()
	for i := range 20 {
		p.press.mu.Lock()
		p.press.head = fmt.Sprintf(`<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="%s/"/><x:link xmlns:x="http://www.w3.org/2005/Atom" rel="self" href="/topic-%d"/>`, h.URL, i)
		p.press.mu.Unlock()
		p.press.publish(fmt.Sprintf("neu-%d", i))
		polls := state(t, p.desk, p.url).Fetches
		p.poller.Hurry()
		until(t, "a poll", func() bool { return state(t, p.desk, p.url).Fetches > polls })
	}
	if _, _, n := h.count(); n > 1 {
		t.Errorf("hubs were asked %d times in 20 polls", n)
	}
	p.pass(11 * time.Minute)
	p.press.publish("letzte")
	p.poller.Hurry()
	until(t, "the new topic", func() bool { return strings.HasSuffix(state(t, p.desk, p.url).Topic, "/topic-19") })
}

// TestHostileVerification: a challenge comes back for what we asked for only.
func TestHostileVerification(t *testing.T) {
	h := newHub(t)
	p := startPushed(t, h, false)
	s := p.subscribed()
	ask := func(callback string, change map[string]string) (int, string) {
		q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {s.topic}, "hub.challenge": {"echo"}, "hub.lease_seconds": {"864000"}}
		for k, v := range change {
			q.Set(k, v)
		}
		return h.call(callback, q)
	}
	for name, c := range map[string]map[string]string{
		"nobody asked (any more)": nil,
		"another topic":           {"hub.topic": "https://anderes.example/feed"},
		"unsubscription":          {"hub.mode": "unsubscribe"},
		"unknown mode":            {"hub.mode": "publish"},
		"denial of another topic": {"hub.mode": "denied", "hub.topic": "https://anderes.example/feed"},
		"no lease":                {"hub.lease_seconds": ""},
		"negative lease":          {"hub.lease_seconds": "-1"},
		"huge lease":              {"hub.lease_seconds": "99999999999999999999"},
	} {
		if status, body := ask(s.callback, c); status != http.StatusNotFound || body != "" {
			t.Errorf("%s: %d %q", name, status, body)
		}
	}
	if status, body := ask(s.callback+"x", nil); status != http.StatusNotFound || body != "" {
		t.Errorf("another callback: %d %q", status, body)
	}
	if status, _ := ask(s.callback, map[string]string{"hub.challenge": strings.Repeat("x", 10<<10)}); status != http.StatusRequestURITooLong {
		t.Errorf("a huge challenge: %d", status)
	}
	if state(t, p.desk, p.url).HubExpires.IsZero() {
		t.Error("a stranger ended the subscription")
	}
}
