package postgres_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/postgres"
)

// BenchmarkDispatch is 1, 2 and 4 processes' worth of stores on one outbox with
// 64 senders each; one operation is a delivery claimed and settled. With
// KARUSSELL_TEST_DURABLE=1 the server syncs every commit, as in production. The
// second half has a network between them that takes a millisecond each way.
func BenchmarkDispatch(b *testing.B) {
	for _, delay := range []time.Duration{0, time.Millisecond} {
		for _, stores := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("network=%v/dispatchers=%d", delay, stores), func(b *testing.B) { dispatch(b, stores, delay) })
		}
	}
}

func dispatch(b *testing.B, stores int, delay time.Duration) {
	b.Helper()
	address := schema(b)
	n := max(b.N, 64)
	fill(b, open(b, address), n, 1)
	if delay > 0 {
		p, err := server(b).Proxy(delay)
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		address = p.Address(address)
	}
	var settled, conflicts atomic.Int64
	var wg sync.WaitGroup
	all := make([]*postgres.Store, stores)
	for i := range all {
		all[i] = open(b, address)
	}
	b.ResetTimer()
	for _, s := range all {
		wg.Go(func() {
			for settled.Load() < int64(n) {
				list, err := s.Claim(b.Context(), noon, time.Hour, 256)
				if err != nil {
					b.Error(err)
					return
				}
				work := make(chan bot.Delivery, len(list))
				for _, d := range list {
					work <- d
				}
				close(work)
				var senders sync.WaitGroup
				for range 64 {
					senders.Go(func() {
						for d := range work {
							if err := s.Settle(b.Context(), d.ID, bot.Outcome{State: bot.Sent, Message: "4711", Hash: "h"}); err != nil {
								b.Error(err)
							}
							settled.Add(1)
						}
					})
				}
				senders.Wait()
			}
			conflicts.Add(s.Traffic().Conflicts)
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64(conflicts.Load()), "conflicts")
	for _, s := range all {
		_ = s.Close()
	}
}

// BenchmarkFill is PutDelivery in transactions of a thousand, as a fan-out does.
func BenchmarkFill(b *testing.B) {
	s := open(b, schema(b))
	n := max(b.N, 1)
	b.ResetTimer()
	fill(b, s, n, 1)
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkArticle stores an article with its text, keys and topics, one by one.
func BenchmarkArticle(b *testing.B) {
	s := open(b, schema(b))
	b.ResetTimer()
	for i := range b.N {
		err := s.Update(b.Context(), func(tx bot.Tx) error {
			a := bot.Article{Title: strconv.Itoa(i), Text: "Der Trainer ist beurlaubt.", ReadAt: noon}
			return tx.PutArticle(&a, []string{fmt.Sprint("a", i), fmt.Sprint("b", i)}, []bot.Topic{"club:schalke"})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
