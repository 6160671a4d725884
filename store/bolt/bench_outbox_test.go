package bolt_test

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// worst keeps durations for their 99th percentile.
type worst struct{ all []time.Duration }

func newWorst(n int) *worst { return &worst{make([]time.Duration, 0, n)} }

func (w *worst) add(d time.Duration) { w.all = append(w.all, d) }

func (w *worst) report(b *testing.B) {
	b.Helper()
	if len(w.all) == 0 {
		return
	}
	slices.Sort(w.all)
	b.ReportMetric(float64(w.all[len(w.all)*99/100].Microseconds()), "p99-µs")
}

func benchChat(n int) bot.ChatRef {
	return bot.ChatRef{Platform: "telegram", Chat: strconv.Itoa(1_000_000 + n)}
}

// withDeliveries opens a durable store in which n chats have a delivery each.
func withDeliveries(b *testing.B, n int) *bolt.Store {
	b.Helper()
	path := filepath.Join(b.TempDir(), "k.db")
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	due := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for from := 0; from < n; from += 1000 {
		err := s.Update(b.Context(), func(tx bot.Tx) error {
			for c := from; c < min(from+1000, n); c++ {
				d := bot.Delivery{
					ID: bot.NewDeliveryID(benchChat(c), 1, 1, bot.DeliverPost), Chat: benchChat(c), Kind: bot.DeliverPost,
					Story: 1, Revision: 1, Stage: bot.StageTalks, Topic: "club:schalke",
					Priority: bot.Priority(c % 3), Due: due, Created: due,
				}
				if err := tx.PutDelivery(d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if s, err = bolt.Open(path, bolt.Options{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkClaim leases 500 of 100,000.
func BenchmarkClaim(b *testing.B) {
	s := withDeliveries(b, 100_000)
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	b.ResetTimer()
	for range b.N {
		list, err := s.Claim(b.Context(), now, time.Minute, 500)
		if err != nil || len(list) != 500 {
			b.Fatal(len(list), err)
		}
		b.StopTimer()
		now = now.Add(time.Hour) // all leases run out
		if _, err := s.Claim(b.Context(), now, 0, 0); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkSettle is one claimer and 64 senders on a durable store; one
// operation is a delivery claimed and settled.
func BenchmarkSettle(b *testing.B) {
	n := max(b.N, 64)
	s := withDeliveries(b, n)
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	work := make(chan bot.Delivery, 256)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ResetTimer()
	for range 64 {
		wg.Go(func() {
			for d := range work {
				if err := s.Settle(ctx, d.ID, bot.Outcome{State: bot.Sent, Message: "4711", Hash: "h"}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for sent := 0; sent < n; {
		list, err := s.Claim(ctx, now, time.Hour, 500)
		if err != nil || len(list) == 0 {
			b.Error(len(list), err)
			break
		}
		for _, d := range list {
			work <- d
		}
		sent += len(list)
	}
	close(work)
	wg.Wait()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkSubscribers reads all pages of a topic with a million subscribers.
func BenchmarkSubscribers(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 10_000
	}
	s, err := bolt.Open(filepath.Join(b.TempDir(), "k.db"), bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for from := 0; from < n; from += 10_000 {
		err := s.Update(b.Context(), func(tx bot.Tx) error {
			for c := from; c < from+10_000; c++ {
				if err := tx.PutSubscription(bot.Subscription{Chat: benchChat(c), Topic: "club:schalke", Since: time.Unix(1, 0)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	cursor := ""
	b.ResetTimer()
	for range b.N { // one operation is a page of 500
		err := s.View(b.Context(), func(tx bot.ReadTx) (err error) {
			_, cursor, err = tx.Subscribers("club:schalke", cursor, 500)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
