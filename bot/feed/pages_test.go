package feed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/store/memory"
)

// site answers by path; a missing path is a 404. It is a transport. Tests change
// it under sites while a poller reads it.
type site map[string]string

var sites sync.Mutex

func (s site) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Host, "haengt") {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	sites.Lock()
	body, ok := s[r.URL.String()]
	sites.Unlock()
	if !ok {
		return answer(r, http.StatusNotFound, ""), nil
	}
	return answer(r, http.StatusOK, body), nil
}

func poller(t *testing.T, s feed.Setup) (*feed.Poller, *desk) {
	t.Helper()
	store := memory.New()
	d := &desk{store: store}
	s.Ingester, s.Store, s.Extractor, s.Agent, s.Interval = d, store, deaf{}, "Karussell/test", 2*time.Minute
	p, err := feed.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return p, d
}

func TestBrokenFeedsDelayNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sources := make([]feed.Source, 0, 101)
		for i := range 100 {
			sources = append(sources, feed.Source{URL: fmt.Sprintf("https://haengt%d.example/feed", i)})
		}
		sources = append(sources, feed.Source{URL: "https://blatt.example/feed"})
		p, d := poller(t, feed.Setup{Sources: sources, Transport: site{"https://blatt.example/feed": `<rss version="2.0"><channel><title>Blatt</title><item><title>eins</title><link>/1</link></item></channel></rss>`}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(time.Second) // of the bubble's clock
		if got := d.titles(); len(got) != 1 {
			t.Errorf("after a second there is %v", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// endless is a paper that shows twenty new long articles whenever it is asked.
type endless struct{ asked int }

func (e *endless) RoundTrip(r *http.Request) (*http.Response, error) {
	e.asked++
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Blatt</title>`)
	for i := range 20 {
		fmt.Fprintf(&b, "<item><title>%d/%d</title><link>/%d/%d</link><description>%s</description></item>", e.asked, i, e.asked, i, strings.Repeat("lang und breit ", 6000))
	}
	b.WriteString("</channel></rss>")
	return answer(r, http.StatusOK, b.String()), nil
}

// TestHostileFeedThatNeverEnds: what a feed may bring in a day is bounded, and
// it goes on being read the next day.
func TestHostileFeedThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paper := &endless{}
		p, d := poller(t, feed.Setup{Sources: []feed.Source{{URL: "https://blatt.example/feed"}}, Transport: paper})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		bytes := func() (sum int) {
			d.mu.Lock()
			defer d.mu.Unlock()
			for _, b := range d.batches {
				for _, a := range b.Articles {
					sum += len(a.Text)
				}
			}
			return sum
		}
		time.Sleep(50 * time.Minute)
		first := bytes()
		if asked := paper.asked * 20 * 90_000; first > 34<<20 || asked < 40<<20 {
			t.Errorf("%d MB of %d MB were stored in 50 minutes", first>>20, asked>>20)
		}
		time.Sleep(20 * time.Minute)
		if more := bytes() - first; more > 3<<20 {
			t.Errorf("%d MB more in 20 minutes", more>>20)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func rssOf(title, link, text string) string {
	return fmt.Sprintf(`<rss version="2.0"><channel><title>Blatt</title><item><title>%s</title><link>%s</link><guid>%s</guid><description>%s</description></item></channel></rss>`, title, link, link, text)
}

const longText = "Der Trainer verlässt den Verein nach einem Gespräch mit dem Vorstand, wie der Klub am Dienstag mitteilte. "

// twoPolls polls a site, changes its feed and polls again; it returns what came
// with the second poll.
func twoPolls(t *testing.T, s site) []bot.Article {
	t.Helper()
	var got []bot.Article
	synctest.Test(t, func(t *testing.T) {
		s["https://blatt.example/feed"] = rssOf("alt", "https://blatt.example/alt", "Ein Satz.")
		p, d := poller(t, feed.Setup{Pages: true, Transport: s, Sources: []feed.Source{{URL: "https://blatt.example/feed"}}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		sites.Lock()
		s["https://blatt.example/feed"] = rssOf("neu", "https://blatt.example/neu", "Ein Satz.")
		sites.Unlock()
		time.Sleep(5 * time.Minute)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, b := range d.batches[1:] {
			got = append(got, b.Articles...)
		}
	})
	return got
}

func TestTeasersAreCompletedFromTheirPages(t *testing.T) {
	got := twoPolls(t, site{
		"https://blatt.example/robots.txt": "User-agent: *\nDisallow: /privat",
		"https://blatt.example/neu": `<html lang="de"><head><link rel="canonical" href="https://blatt.example/sport/neu.html"></head><body><article><h1>neu</h1><p>` + strings.Repeat(longText, 8) + `</p></article>
			<div class="related-articles"><p>` + strings.Repeat("Ein anderer Trainer bleibt im Amt. ", 10) + `</p></div></body></html>`,
	})
	if len(got) != 1 {
		t.Fatalf("got %d articles", len(got))
	}
	a := got[0]
	if !strings.Contains(a.Text, "nach einem Gespräch") || strings.Contains(a.Text, "Ein anderer Trainer") || a.Teaser != "Ein Satz." {
		t.Errorf("text %q, teaser %q", a.Text, a.Teaser)
	}
	if a.URL != "https://blatt.example/sport/neu.html" {
		t.Errorf("the page says its address is another: got %s", a.URL)
	}
}

func TestForbiddenPagesStayTeasers(t *testing.T) {
	got := twoPolls(t, site{
		"https://blatt.example/robots.txt": "User-agent: *\nDisallow: /neu",
		"https://blatt.example/neu":        "<html><body><article><p>" + strings.Repeat(longText, 8) + "</p></article></body></html>",
	})
	if len(got) != 1 || got[0].Text != "Ein Satz." {
		t.Errorf("got %v", got)
	}
}

func TestPaywalledPagesAreMarked(t *testing.T) {
	got := twoPolls(t, site{
		"https://blatt.example/neu": `<html><head><script type="application/ld+json">{"@type":"NewsArticle","headline":"neu","isAccessibleForFree":false}</script></head><body><article><p>` + strings.Repeat(longText, 8) + "</p></article></body></html>",
	})
	if len(got) != 1 || !got[0].Paywalled {
		t.Errorf("got %v", got)
	}
}

func TestLiveTickersAreCutIntoEntries(t *testing.T) {
	got := twoPolls(t, site{
		"https://blatt.example/neu": `<html><head><script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"Ticker","liveBlogUpdate":[
			{"@type":"BlogPosting","@id":"#b","headline":"Köln: Trainer weg","articleBody":"Köln trennt sich von seinem Trainer.","datePublished":"1999-12-31T23:55:00Z"},
			{"@type":"BlogPosting","@id":"#a","headline":"Fürth: Trainer bleibt","articleBody":"<p>Fürth hält an seinem Trainer fest.</p>"}]}</script></head><body><p>Ticker</p></body></html>`,
	})
	if len(got) != 2 {
		t.Fatalf("got %d articles", len(got))
	}
	if got[0].Title != "Köln: Trainer weg" || got[0].Text != "Köln trennt sich von seinem Trainer." || got[0].PublishedAt.IsZero() {
		t.Errorf("first entry: %+v", got[0])
	}
	if got[1].Text != "Fürth hält an seinem Trainer fest." || got[0].URL == got[1].URL || !strings.HasPrefix(got[1].URL, "https://blatt.example/neu#") {
		t.Errorf("second entry: %+v", got[1])
	}
}

func TestPagesNameTheirFeeds(t *testing.T) {
	s := site{
		"https://blatt.example/": `<html><head><link rel="alternate" type="application/rss+xml" title="Kommentare" href="/comments.xml">
			<link rel="alternate" type="application/rss+xml" title="Politik" href="/politik.xml">
			<link rel="alternate" hreflang="en" href="/en/"><link rel="alternate" type="application/atom+xml; charset=utf-8" title="Fußball" href="rss/fussball.xml"></head><body></body></html>`,
		"https://blatt.example/rss/fussball.xml": rssOf("eins", "/1", "Ein Satz."),
		"https://blatt.example/politik.xml":      rssOf("zwei", "/2", "Ein Satz."),
		"https://leer.example/":                  "<html><body>Nichts.</body></html>",
	}
	p, _ := poller(t, feed.Setup{Transport: s})
	for address, want := range map[string]string{
		"https://blatt.example/":            "https://blatt.example/rss/fussball.xml",
		"blatt.example/":                    "https://blatt.example/rss/fussball.xml",
		"https://blatt.example/politik.xml": "https://blatt.example/politik.xml",
		"https://leer.example/":             "",
	} {
		got, err := p.Discover(t.Context(), address)
		if got != want {
			t.Errorf("%s: got %q, %v; want %q", address, got, err, want)
		}
		if _, ok := errors.AsType[*feed.FetchError](err); want == "" && !ok {
			t.Errorf("%s: got %v, want a *FetchError", address, err)
		}
	}
	added, err := p.Add(t.Context(), "https://blatt.example/")
	if err != nil || added.URL != "https://blatt.example/rss/fussball.xml" {
		t.Errorf("added %s, %v", added.URL, err)
	}
	if again, err := p.Add(t.Context(), "https://blatt.example/"); err != nil || again.URL != added.URL {
		t.Errorf("added again: %v, %v", again, err)
	}
}

// TestFeedsThatReferToEachOtherDoNotWaitForever: each paper's feed teases pages
// of the other's server.
func TestFeedsThatReferToEachOtherDoNotWaitForever(t *testing.T) {
	release := make(chan struct{})
	var servers [2]*httptest.Server
	for i := range servers {
		servers[i] = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/feed" {
				_, _ = io.WriteString(w, "<html><body><p>"+strings.Repeat(longText, 8)+"</p></body></html>")
				return
			}
			select {
			case <-release:
				_, _ = io.WriteString(w, rssOf("neu", servers[1-i].URL+"/neu", "Ein Satz."))
			default:
				_, _ = io.WriteString(w, rssOf("alt", servers[1-i].URL+"/alt", "Ein Satz."))
			}
		}))
		defer servers[i].Close()
	}
	p, d := poller(t, feed.Setup{Private: true, Pages: true, Sources: []feed.Source{{URL: servers[0].URL + "/feed"}, {URL: servers[1].URL + "/feed"}}})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	until(t, "first contact", func() bool { return len(d.titles()) == 2 })
	close(release)
	until(t, "both second polls", func() bool { p.Hurry(); return len(d.titles()) == 4 })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
