package feed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/store/memory"
)

// trouble is what a paper of the simulated month does to those who poll it.
type trouble int

const (
	none      trouble = iota
	outage            // two days without a connection
	moves             // a permanent redirect on day 10; the old server is gone on day 20
	newIDs            // on day 12 all ids change
	newLinks          // on day 15 all addresses get tracking parameters, which change daily
	localTime         // dates without zone, across the change of the clocks
	ttl               // names a time to live of an hour
	corrects          // changes every text two hours after it appeared
	caches            // names a cache time of ten minutes
	limits            // answers 429 with Retry-After of three hours on day 3
	troubles
)

const (
	day    = 24 * time.Hour
	window = 80 // articles in a feed
)

// paper is an outlet of the simulated month.
type paper struct {
	nr      int
	host    string
	rhythm  time.Duration
	trouble trouble
	asked   []time.Time // requests for the feed
	served  int
	spared  int // answered with 304
}

func (p *paper) published(start, now time.Time) int {
	first := p.rhythm * time.Duration(p.nr%7) / 7
	return 3 + max(0, int((now.Sub(start)-first)/p.rhythm))
}

// at is when article k (from 0) appeared: the first three before the start.
func (p *paper) at(start time.Time, k int) time.Time {
	if k < 3 {
		return start.Add(-time.Duration(3-k) * day)
	}
	return start.Add(p.rhythm*time.Duration(p.nr%7)/7 + p.rhythm*time.Duration(k-2))
}

// world is the web of the simulated month: a transport.
type world struct {
	t      *testing.T
	start  time.Time
	papers map[string]*paper // by host and path
	flying map[string]int    // requests by host
	zone   *time.Location
	mu     sync.Mutex
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Host
	w.mu.Lock()
	w.flying[host]++
	if w.flying[host] > 1 {
		w.t.Errorf("%s has %d requests at once", host, w.flying[host])
	}
	w.mu.Unlock()
	time.Sleep(time.Duration(50+rand.IntN(500)) * time.Millisecond)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flying[host]--
	p := w.papers[strings.TrimPrefix(host, "neu.")+r.URL.Path]
	if p == nil {
		w.t.Errorf("nobody offered %s", r.URL)
		return nil, errors.New("no such host")
	}
	return p.answer(w, r)
}

func (p *paper) answer(w *world, r *http.Request) (*http.Response, error) {
	now := time.Now()
	passed := now.Sub(w.start)
	p.asked = append(p.asked, now)
	moved := strings.HasPrefix(r.URL.Host, "neu.")
	switch {
	case p.trouble == outage && passed > 5*day && passed < 7*day:
		return nil, errors.New("connection refused")
	case p.trouble == moves && !moved && passed > 20*day:
		return nil, errors.New("no such host")
	case p.trouble == moves && !moved && passed > 10*day:
		to := url.URL{Scheme: "https", Host: "neu." + r.URL.Host, Path: r.URL.Path}
		p.asked = p.asked[:len(p.asked)-1] // the request that counts follows
		return answer(r, http.StatusMovedPermanently, "", "Location", to.String()), nil
	case p.trouble == limits && passed > 3*day && passed < 3*day+6*time.Hour:
		return answer(r, http.StatusTooManyRequests, "", "Retry-After", "10800"), nil
	}
	etag, body := p.feed(w, now)
	p.served++
	head := []string{"ETag", etag}
	if p.trouble == caches {
		head = append(head, "Cache-Control", "public, max-age=600")
	}
	if r.Header.Get("If-None-Match") == etag {
		p.spared++
		return answer(r, http.StatusNotModified, "", head...), nil
	}
	return answer(r, http.StatusOK, body(), head...), nil
}

func answer(r *http.Request, status int, body string, head ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(head); i += 2 {
		h.Set(head[i], head[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// feed is the feed's state and its text.
func (p *paper) feed(w *world, now time.Time) (etag string, body func() string) {
	n, passed := p.published(w.start, now), now.Sub(w.start)
	corrected := 0
	for corrected < n && p.trouble == corrects && now.Sub(p.at(w.start, corrected)) > 2*time.Hour {
		corrected++
	}
	phase := 0
	switch {
	case p.trouble == newIDs && passed > 12*day:
		phase = 1
	case p.trouble == newLinks && passed > 15*day:
		phase = int(passed / day)
	}
	return fmt.Sprintf(`"%d-%d-%d"`, n, corrected, phase), func() string {
		var b strings.Builder
		b.WriteString(`<rss version="2.0"><channel><title>Blatt ` + strconv.Itoa(p.nr) + `</title>`)
		if p.trouble == ttl {
			b.WriteString("<ttl>60</ttl>")
		}
		for k := n - 1; k >= max(0, n-window); k-- {
			link, id, date := fmt.Sprintf("https://%s/%d/%d", p.host, p.nr, k), strconv.Itoa(k), p.at(w.start, k).Format(time.RFC1123Z)
			if phase > 0 {
				id = fmt.Sprintf("neu-%d-%d", phase, k)
			}
			if p.trouble == newLinks && phase > 0 {
				link += fmt.Sprintf("?utm_source=rss-%d", phase)
			}
			if p.trouble == localTime {
				date = p.at(w.start, k).In(w.zone).Format("02.01.2006 15:04")
			}
			text := "Ein Absatz."
			if k < corrected {
				text = "Ein berichtigter Absatz."
			}
			fmt.Fprintf(&b, "<item><title>Nachricht %d von Blatt %d</title><link>%s</link><guid>%s</guid><pubDate>%s</pubDate><description>%s</description></item>", k, p.nr, link, id, date, text)
		}
		b.WriteString("</channel></rss>")
		return b.String()
	}
}

// cast makes the papers: a few that write every hour, some daily ones, and the
// many that write every few days; twenty of them on one server.
func cast(w *world, n int) []feed.Source {
	var sources []feed.Source
	for i := range n {
		p := &paper{nr: i, host: fmt.Sprintf("blatt%d.example", i), trouble: trouble(i) % troubles}
		switch {
		case i%150 == 0:
			p.rhythm = 97 * time.Minute
		case i%30 == 1:
			p.rhythm = 25 * time.Hour
		default:
			p.rhythm = time.Duration(8+i%16)*day + time.Duration(i)*time.Minute
		}
		if i >= n-20 {
			p.host = "viele.example"
		}
		path := fmt.Sprintf("/%d.xml", i)
		w.papers[p.host+path] = p
		sources = append(sources, feed.Source{URL: "https://" + p.host + path, Outlet: fmt.Sprintf("Blatt %d", i), Language: "de"})
	}
	return sources
}

// TestMonth simulates a month of 300 papers and asks what users rely on: every
// article is there exactly once, nobody is asked more often than allowed, and
// nobody is forgotten.
func TestMonth(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // half a million requests are mostly garbage
	length := 31 * day
	if testing.Short() {
		length = 8 * day
	}
	synctest.Test(t, func(t *testing.T) {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		// A bubble starts at midnight of 2000-01-01; the clocks change on March 26.
		time.Sleep(time.Until(time.Date(2000, 3, 8, 5, 0, 0, 0, time.UTC)))
		w := &world{t: t, start: time.Now(), papers: map[string]*paper{}, flying: map[string]int{}, zone: zone}
		store := memory.New()
		var notices []bot.Notice
		poller, err := feed.New(feed.Setup{
			Ingester: newsroom(t, store), Store: store, Sources: cast(w, 300), Interval: 2 * time.Minute, Agent: "Karussell/test",
			Transport: w, Owner: func(_ context.Context, n bot.Notice) {
				w.mu.Lock()
				defer w.mu.Unlock()
				notices = append(notices, n)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- poller.Run(ctx) }()
		time.Sleep(length)
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		w.everyArticleOnce(store)
		w.intervals()
		w.notices(notices)
		w.report(length)
	})
}

func (w *world) everyArticleOnce(store bot.Store) {
	count := map[string]int{}
	versions := map[string]int{}
	err := store.View(w.t.Context(), func(tx bot.ReadTx) error {
		page := bot.Page{Limit: 1000}
		for {
			found, err := tx.Articles(bot.TopicAll, page)
			if err != nil || len(found) == 0 {
				return err
			}
			for _, a := range found {
				count[a.Title]++
				versions[a.Title] = a.Version
				page.Before = uint64(a.ID)
			}
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	// What appeared in the last hours may not have been looked for yet.
	known := time.Now().Add(-8 * time.Hour)
	wanted, corrected := 0, 0
	for _, p := range w.papers {
		for k := range p.published(w.start, known) {
			title := fmt.Sprintf("Nachricht %d von Blatt %d", k, p.nr)
			wanted++
			if count[title] != 1 {
				w.t.Errorf("%s (trouble %d) is there %d times", title, p.trouble, count[title])
			}
			switch v := versions[title]; {
			case p.trouble != corrects && v != 1:
				w.t.Errorf("%s (trouble %d) has %d versions", title, p.trouble, v)
			case p.trouble == corrects && (v < 1 || v > 2):
				w.t.Errorf("%s has %d versions, although it was corrected once", title, v)
			case p.trouble == corrects && v == 2:
				corrected++
			}
		}
	}
	if corrected == 0 && !testing.Short() {
		w.t.Error("no correction was noticed")
	}
	w.t.Logf("%d articles stored, %d had to be", len(count), wanted)
}

func (w *world) intervals() {
	for _, p := range w.papers {
		shortest, longest := 2*time.Minute, 6*time.Hour+36*time.Minute+2*time.Second
		switch p.trouble {
		case ttl:
			shortest = time.Hour
		case caches:
			shortest = 10 * time.Minute
		case none, outage, moves, newIDs, newLinks, localTime, corrects, limits, troubles:
		}
		if p.trouble == moves {
			longest *= 2 // the last request to the old address is not counted
		}
		for i := 1; i < len(p.asked); i++ {
			gap := p.asked[i].Sub(p.asked[i-1])
			if gap < shortest-time.Second || gap > longest {
				w.t.Errorf("paper %d (trouble %d) was asked again after %s", p.nr, p.trouble, gap)
				break
			}
			limited := p.trouble == limits && p.asked[i-1].Sub(w.start) > 3*day && p.asked[i-1].Sub(w.start) < 3*day+6*time.Hour
			if limited && gap < 3*time.Hour {
				w.t.Errorf("paper %d said three hours and was asked after %s", p.nr, gap)
			}
		}
		if len(p.asked) == 0 || time.Since(p.asked[len(p.asked)-1]) > longest {
			w.t.Errorf("paper %d was forgotten", p.nr)
		}
	}
}

// notices: the owner hears once that a feed is dead, and once that it is back.
func (w *world) notices(got []bot.Notice) {
	count := map[string]int{}
	for _, n := range got {
		count[n.Key]++
	}
	want := 0
	for _, p := range w.papers {
		if p.trouble == outage {
			want++
		}
	}
	if count[bot.NoticeFeedDead] != want || count[bot.NoticeFeedBack] != want {
		w.t.Errorf("the owner heard %v, want %d of each", count, want)
	}
}

func (w *world) report(length time.Duration) {
	requests, served, spared, quietServed, quietSpared := 0, 0, 0, 0, 0
	for _, p := range w.papers {
		requests += len(p.asked)
		served += p.served
		spared += p.spared
		if p.rhythm > 2*day {
			quietServed += p.served
			quietSpared += p.spared
		}
	}
	w.t.Logf("%s, %d papers: %d requests, %d answers, of them %.1f %% with 304; of the quiet ones %.1f %%",
		length, len(w.papers), requests, served, 100*float64(spared)/float64(served), 100*float64(quietSpared)/float64(quietServed))
	if quietSpared*100 < 80*quietServed {
		w.t.Error("less than 80 % of the quiet papers' answers were spared")
	}
}
