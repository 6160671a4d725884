package outbox_test

import (
	"context"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/bolt"
	"karussell/store/memory"
)

// sink takes every message after 40 ms and counts.
type sink struct {
	n    atomic.Int64
	want int64
	done chan struct{}
}

func (*sink) Name() bot.PlatformName { return "telegram" }

func (*sink) Limits() bot.Limits { return bot.Limits{Concurrent: 256} }

func (*sink) Run(ctx context.Context, _ bot.Responder) error {
	<-ctx.Done()
	return nil
}

func (s *sink) Send(ctx context.Context, _ bot.ChatRef, _ bot.Message) (bot.MessageID, error) {
	if err := pass(ctx, 40*time.Millisecond); err != nil {
		return "", err
	}
	if s.n.Add(1) == s.want {
		close(s.done)
	}
	return "m1", nil
}

// BenchmarkFanOut sends one story to 100,000 chats over a sink with 40 ms
// latency. heap-MB is the Go heap at its highest, the memory store with all its
// records included; store-MB is what that took before the start.
func BenchmarkFanOut(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		fanOut(b, func() bot.Store { return memory.New() })
	})
	b.Run("bolt", func(b *testing.B) {
		fanOut(b, func() bot.Store {
			store, err := bolt.Open(filepath.Join(b.TempDir(), "bench.db"), bolt.Options{})
			if err != nil {
				b.Fatal(err)
			}
			return store
		})
	})
}

func fanOut(b *testing.B, open func() bot.Store) {
	b.Helper()
	const chats = 100_000
	for b.Loop() {
		store := open()
		var ds []bot.Delivery
		now := time.Now()
		for i := range chats {
			ds = append(ds, owed(chat(i), 1, now))
		}
		owe(b, store, ds...)
		ds = nil
		runtime.GC()
		before := heap()
		s := &sink{want: chats, done: make(chan struct{})}
		d, err := outbox.New(outbox.Setup{Store: store, Renderer: pen{}, Platforms: []bot.Platform{s}})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		begin := time.Now()
		go func() { ended <- d.Run(ctx) }()
		peak := uint64(0)
		for waiting := true; waiting; {
			select {
			case <-s.done:
				waiting = false
			case <-time.After(100 * time.Millisecond):
			}
			peak = max(peak, heap())
		}
		took := time.Since(begin)
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(chats/took.Seconds(), "messages/s")
		b.ReportMetric(float64(peak)/(1<<20), "heap-MB")
		b.ReportMetric(float64(before)/(1<<20), "store-MB")
	}
}

// BenchmarkLimit keeps a limit of 30/s with real timers and connections' jitter:
// every message above 30 in any second is refused and counted.
func BenchmarkLimit(b *testing.B) {
	const messages = 600
	for b.Loop() {
		store := memory.New()
		var ds []bot.Delivery
		for i := range messages {
			ds = append(ds, owed(chat(i), 1, time.Now()))
		}
		owe(b, store, ds...)
		r := newRecorder(bot.Limits{Global: 30, Concurrent: 16})
		r.strict, r.latency = 30, 40*time.Millisecond
		p := startOn(b, store, outbox.Setup{Platforms: []bot.Platform{r}})
		p.untilEmpty(5 * time.Minute)
		p.stop()
		got := r.all()
		slices.SortFunc(got, func(a, b taken) int { return a.at.Compare(b.at) })
		rate := float64(len(got)-1) / got[len(got)-1].at.Sub(got[0].at).Seconds()
		b.ReportMetric(rate/30*100, "%-of-limit")
		b.ReportMetric(float64(r.refused), "429s")
	}
}

// heap is the memory that live and dead objects take.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
