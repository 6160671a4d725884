package feed_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/store/bolt"
)

// kiosk is ten thousand papers in one transport.
type kiosk struct {
	round    atomic.Int64 // papers whose number falls into the round's share have something new
	share    int          // of 100
	answered atomic.Int64
	spared   atomic.Int64
	flying   atomic.Int64
	most     atomic.Int64
}

const kioskItems = 30

func (k *kiosk) RoundTrip(r *http.Request) (*http.Response, error) {
	n := k.flying.Add(1)
	defer k.flying.Add(-1)
	for m := k.most.Load(); n > m && !k.most.CompareAndSwap(m, n); m = k.most.Load() {
		continue
	}
	nr, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.URL.Host, "blatt"), ".example"))
	if err != nil {
		return nil, err
	}
	version := 0
	if round := int(k.round.Load()); nr%100 < k.share {
		version = round
	}
	defer k.answered.Add(1)
	etag := strconv.Itoa(version)
	if r.Header.Get("If-None-Match") == etag {
		k.spared.Add(1)
		return answer(r, http.StatusNotModified, "", "ETag", etag), nil
	}
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Blatt</title>`)
	for i := version + kioskItems; i > version; i-- {
		fmt.Fprintf(&b, `<item><title>Blatt %d meldet Nachricht %d aus der Regionalliga</title><link>https://blatt%d.example/sport/%d</link><guid>%d</guid><description>%s</description><pubDate>Tue, 10 Mar 2026 08:00:00 +0100</pubDate></item>`, nr, i, nr, i, i, longText)
	}
	b.WriteString(`</channel></rss>`)
	return answer(r, http.StatusOK, b.String(), "ETag", etag), nil
}

// gauge watches the largest Go heap until it is told to stop.
func gauge() (stop func() float64) {
	var most uint64
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-quit:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() float64 {
		close(quit)
		<-ended
		return float64(most) / 1e6
	}
}

// BenchmarkRound polls 10,000 feeds once: all unchanged, or five in a hundred
// with a new article. The store is the real one, with sync. MB-first is the heap
// of the first contact, which brings 300,000 articles.
func BenchmarkRound(b *testing.B) {
	for _, share := range []int{0, 5} {
		b.Run(fmt.Sprintf("changed=%d%%", share), func(b *testing.B) {
			const feeds = 10_000
			store, err := bolt.Open(filepath.Join(b.TempDir(), "k.db"), bolt.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			k := &kiosk{share: share}
			var sources []feed.Source
			for i := range feeds {
				sources = append(sources, feed.Source{URL: fmt.Sprintf("https://blatt%d.example/feed", i), Outlet: "Blatt " + strconv.Itoa(i), Language: "de"})
			}
			p, err := feed.New(feed.Setup{Ingester: newsroom(b, store), Store: store, Sources: sources, Interval: time.Hour, Agent: "Karussell/test", Transport: k})
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(b.Context())
			ended, first := make(chan error), gauge()
			go func() { ended <- p.Run(ctx) }()
			committed := func(polls int64) bool {
				sum := int64(0)
				err := store.View(ctx, func(tx bot.ReadTx) error {
					states, err := tx.Feeds()
					for i := range states {
						sum += states[i].Fetches
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				return sum >= polls
			}
			for !committed(feeds) {
				time.Sleep(200 * time.Millisecond)
			}
			contact := first()
			runtime.GC() // of the first contact, which is over once in a feed's life
			round := gauge()
			b.ResetTimer()
			for i := range b.N {
				k.round.Store(int64(i + 1))
				before := k.answered.Load()
				p.Hurry()
				for k.answered.Load() < before+feeds {
					time.Sleep(10 * time.Millisecond)
				}
				for !committed(int64(i+2) * feeds) {
					time.Sleep(50 * time.Millisecond)
				}
			}
			b.StopTimer()
			b.ReportMetric(contact, "MB-first")
			b.ReportMetric(round(), "MB-round")
			b.ReportMetric(float64(feeds)*float64(b.N)/b.Elapsed().Seconds(), "polls/s")
			b.ReportMetric(float64(k.most.Load()), "requests-at-once")
			stop()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		})
	}
}
