package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// alertSink is a platform that takes everything at once and notes how long each
// alert was on its way.
type alertSink struct {
	mu    sync.Mutex
	begun map[string]time.Time // by the article's address
	waits []time.Duration
	sent  atomic.Int64
}

func (*alertSink) Name() bot.PlatformName { return "sink" }

func (*alertSink) Run(ctx context.Context, _ bot.Responder) error { <-ctx.Done(); return nil }

func (*alertSink) Limits() bot.Limits {
	return bot.Limits{Global: 5000, Burst: 50, PerChat: 500, ChatBurst: 50, Concurrent: 32}
}

func (s *alertSink) Send(_ context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	s.sent.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.begun[m.Link]; ok {
		s.waits = append(s.waits, time.Since(at))
	}
	return bot.MessageID(to.Chat + strconv.Itoa(len(s.waits))), nil
}

// taken hands out what was measured since the last call.
func (s *alertSink) taken() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	waits := s.waits
	s.waits = nil
	slices.Sort(waits)
	return waits
}

// publish lets a paper print ten dismissals a second until ctx ends; each goes
// to five chats.
func (s *alertSink) publish(ctx context.Context, tb testing.TB, engine *bot.Engine, room *newsroom) {
	tb.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		room.n += 19 // every twentieth is about a coach
		a := room.article(time.Now())
		s.mu.Lock()
		s.begun[a.URL] = time.Now()
		s.mu.Unlock()
		if _, err := engine.Ingest(ctx, bot.Batch{Articles: []bot.Article{a}}); err != nil && ctx.Err() == nil {
			tb.Error(err)
			return
		}
	}
}

// BenchmarkBoardUnderLoad asks for 2,000 pages a second over loopback, as a link
// on a big forum would, while alerts go out: from a new article through
// extraction, story, store/bolt with sync and outbox to a platform. It reports
// how long readers and alerts wait, the alerts with and without the readers. The
// load is open: a slow answer delays no other request, and the wait counts from
// the moment at which the request was due.
func BenchmarkBoardUnderLoad(b *testing.B) {
	store, err := bolt.Open(filepath.Join(b.TempDir(), "k.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	page, engine := boardOver(b, store, time.Now)
	for i := range 5 {
		chat := bot.ChatRef{Platform: "sink", Chat: strconv.Itoa(i)}
		err := store.Update(b.Context(), func(tx bot.Tx) error {
			if err := tx.PutChat(bot.Chat{Ref: chat, Kind: bot.PrivateChat, Created: time.Now()}); err != nil {
				return err
			}
			return tx.PutSubscription(bot.Subscription{Chat: chat, Topic: bot.TopicAll, Since: time.Now().Add(-time.Hour)})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	sink := &alertSink{begun: map[string]time.Time{}}
	s := &service{engine: engine, store: store, platforms: []bot.Platform{sink}, now: time.Now, log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(b.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.run(ctx); err != nil {
			b.Error(err)
		}
	})
	group.Go(func() { sink.publish(ctx, b, engine, &newsroom{clubs: engine.Gazetteer.Clubs()}) })
	defer func() { stop(); group.Wait() }()

	time.Sleep(15 * time.Second)
	alone := sink.taken()
	server := httptest.NewServer(page)
	defer server.Close()
	requests, failed := readers(b, server.URL)
	beside := sink.taken()
	if len(alone) == 0 || len(beside) == 0 {
		b.Fatal("no alert was sent")
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(failed), "failed")
	for name, waits := range map[string][]time.Duration{"request": requests, "alert-alone": alone, "alert-beside": beside} {
		for p, word := range map[float64]string{0.5: "p50", 0.99: "p99", 1: "max"} {
			b.ReportMetric(float64(waits[int(p*float64(len(waits)-1))].Microseconds())/1000, fmt.Sprintf("%s-%s-ms", name, word))
		}
	}
	b.ReportMetric(float64(len(beside)), "alerts")
}

// readers are 64 connections that ask for 2,000 pages a second.
func readers(b *testing.B, server string) (waits []time.Duration, failed int64) {
	b.Helper()
	const rate, connections = 2000, 64
	transport := &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	pages := []string{"/", "/?lang=en", "/club/schalke", "/coach/heiner-backhaus", "/board.css", "/feed.atom", "/picture/coach/heiner-backhaus?lang=de", "/search?q=schalke"}
	waits = make([]time.Duration, max(b.N, 5*rate))
	var next, wrong atomic.Int64
	begun := time.Now()
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(waits) {
					return
				}
				due := begun.Add(time.Duration(i) * time.Second / rate)
				time.Sleep(time.Until(due))
				res, err := client.Get(server + pages[i%len(pages)])
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
				if err != nil || res.StatusCode != http.StatusOK {
					wrong.Add(1)
				}
				waits[i] = time.Since(due)
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(len(waits))/time.Since(begun).Seconds(), "requests/s")
	slices.Sort(waits)
	return waits, wrong.Load()
}
