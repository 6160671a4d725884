package feed_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot/feed"
)

// busyPaper writes many articles a day, hardly any of them at night.
type busyPaper struct {
	articles []time.Time
	asked    int
	spared   int
}

// newBusyPaper plans some days of a paper that writes about perDay articles a
// day: nine in ten between seven in the morning and eleven at night, most of
// them around noon and in the evening.
func newBusyPaper(r *rand.Rand, start time.Time, days, perDay int) *busyPaper {
	p := &busyPaper{}
	for at := start; at.Before(start.Add(time.Duration(days) * day)); at = at.Add(time.Minute) {
		hour := float64(at.Hour()) + float64(at.Minute())/60
		share := .1 / 8 // of the day's articles that appear in an hour of the night
		if hour >= 7 && hour < 23 {
			share = .9 / 16 * (1 + .5*math.Cos((hour-12)*math.Pi/4))
		}
		if r.Float64() < share*float64(perDay)/60 {
			p.articles = append(p.articles, at.Add(time.Duration(r.IntN(60))*time.Second))
		}
	}
	return p
}

func (p *busyPaper) document(host string) (n int, text string) {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Blatt</title>`)
	for n < len(p.articles) && !p.articles[n].After(time.Now()) {
		n++
	}
	for i := n - 1; i >= max(0, n-20); i-- {
		fmt.Fprintf(&b, `<item><title>Nachricht %d von %s</title><link>https://%s/%d</link><guid>%d</guid><description>Ein Absatz.</description><pubDate>%s</pubDate></item>`,
			i, host, host, i, i, p.articles[i].Format(time.RFC1123Z))
	}
	b.WriteString(`</channel></rss>`)
	return n, b.String()
}

type busyPress map[string]*busyPaper // by host

func (s busyPress) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(200 * time.Millisecond)
	p := s[r.URL.Host]
	n, text := p.document(r.URL.Host)
	etag := fmt.Sprintf(`"%d"`, n)
	p.asked++
	if r.Header.Get("If-None-Match") == etag {
		p.spared++
		return answer(r, http.StatusNotModified, "", "ETag", etag), nil
	}
	return answer(r, http.StatusOK, text, "ETag", etag), nil
}

// TestFastSourcesAreAskedOftenEnough: half of the articles of a source that
// writes 40 to 100 a day are read within two minutes of their publication.
func TestFastSourcesAreAskedOftenEnough(t *testing.T) {
	const days = 3
	synctest.Test(t, func(t *testing.T) {
		press, order := busyPress{}, rand.New(rand.NewPCG(7, 3))
		var sources []feed.Source
		for i, perDay := range []int{40, 50, 60, 70, 80, 90, 100} {
			host := fmt.Sprintf("blatt%d.example", i)
			press[host] = newBusyPaper(order, time.Now(), days, perDay)
			sources = append(sources, feed.Source{URL: "https://" + host + "/feed", Outlet: host, Language: "de"})
		}
		p, d := poller(t, feed.Setup{Sources: sources, Transport: press})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(days * day)
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		delays := map[string][]time.Duration{}
		for _, b := range d.batches {
			for _, a := range b.Articles {
				delays[a.Outlet] = append(delays[a.Outlet], a.ReadAt.Sub(a.PublishedAt))
			}
		}
		for i, s := range sources {
			got, paper := delays[s.Outlet], press[s.Outlet]
			slices.Sort(got)
			if len(got) < len(paper.articles)-1 {
				t.Errorf("%d of %d articles of %s were read", len(got), len(paper.articles), s.Outlet)
			}
			t.Logf("paper %d: %d articles a day, asked %d times a day, %d %% of them 304; delay p50 %s, p90 %s, worst %s",
				i, len(paper.articles)/days, paper.asked/days, 100*paper.spared/paper.asked, got[len(got)/2].Round(time.Second), got[len(got)*9/10].Round(time.Second), got[len(got)-1].Round(time.Second))
			if median := got[len(got)/2]; median >= 2*time.Minute {
				t.Errorf("the median delay of %s is %s", s.Outlet, median)
			}
		}
	})
}
