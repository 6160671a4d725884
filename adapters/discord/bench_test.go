package discord_test

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"karussell/adapters/discord"
	"karussell/adapters/discord/discordtest"
)

// bench plays without the contract: judging takes longer than answering.
func bench(b *testing.B) (*discordtest.Server, *engine, string) {
	b.Helper()
	s := discordtest.New(b, discordtest.Options{})
	channel := s.AddChannel(s.AddGuild("Kurve"), discordtest.Channel{Name: "trainer"})
	a, err := discord.New(discord.Options{Token: s.Token, Endpoint: s.URL()})
	if err != nil {
		b.Fatal(err)
	}
	e := newEngine()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, e) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	s.AwaitCommands(1, 10*time.Second)
	return s, e, channel
}

func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}

// From the gateway's event to the callback at Discord.
func BenchmarkSlashToCallback(b *testing.B) {
	s, _, channel := bench(b)
	var took []time.Duration
	for b.Loop() {
		took = append(took, s.Slash(channel, manager(), "coach", map[string]any{"name": "Backhaus"}).Took)
	}
	report(b, took)
}

func BenchmarkFiveHundredAtOnce(b *testing.B) {
	s, _, channel := bench(b)
	var took []time.Duration
	for b.Loop() {
		all := make([]*discordtest.Interaction, 500)
		for n := range all {
			all[n] = s.SlashAsync(channel, manager(), "coach", map[string]any{"name": "x"})
		}
		for _, i := range all {
			if !i.Wait(10 * time.Second) {
				b.Fatal("not answered")
			}
			took = append(took, i.Took)
		}
	}
	report(b, took)
}

// Ten thousand servers with fifty channels each, on two shards. The events are
// sent one by one and not kept, so what stays on the heap is the adapter's.
func BenchmarkTenThousandServers(b *testing.B) {
	for b.Loop() {
		s := discordtest.New(b, discordtest.Options{Shards: 2, Concurrency: 2})
		a, err := discord.New(discord.Options{Token: s.Token, Endpoint: s.URL()})
		if err != nil {
			b.Fatal(err)
		}
		e := newEngine()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx, e) }()
		s.AwaitShards(2, 20*time.Second)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.Crowd(10000, 50)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse-before.HeapInuse)/(1<<20), "heap-MB")
		b.ReportMetric(float64(after.Sys)/(1<<20), "sys-MB")
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
		s.Close()
	}
}
