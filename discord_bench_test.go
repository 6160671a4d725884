package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"karussell/adapters/discord"
	"karussell/adapters/discord/discordtest"
)

// BenchmarkDiscordNames is one use of the bot after the other over 50,000 names,
// from the gateway's event to the answer at Discord, with the real engine and
// store; and 500 uses at once.
func BenchmarkDiscordNames(b *testing.B) {
	engine, names := manyNames(b, 50_000)
	s := discordtest.New(b, discordtest.Options{})
	channel := s.AddChannel(s.AddGuild("Kurve"), discordtest.Channel{Name: "trainer"})
	a, err := discord.New(discord.Options{Token: s.Token, Endpoint: s.URL()})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, engine) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	s.AwaitCommands(1, 10*time.Second)
	rng := rand.New(rand.NewPCG(3, 4))
	user := discordtest.User{ID: "77001", Permissions: discordtest.ManageGuild, Locale: "de"}
	name := func() string { return names[rng.IntN(len(names))] }
	surname := func() string { return strings.Fields(name())[1] }
	for _, c := range []struct {
		name string
		use  func() *discordtest.Interaction
	}{
		{"complete", func() *discordtest.Interaction {
			return s.Complete(channel, user, "coach", "name", surname()[:2])
		}},
		{"misspelt", func() *discordtest.Interaction {
			return s.Complete(channel, user, "subscribe", "topic", typo(rng, surname()))
		}},
		{"coach", func() *discordtest.Interaction {
			return s.Slash(channel, user, "coach", map[string]any{"name": name()})
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				took = append(took, c.use().Took)
			}
			reportTimes(b, took)
		})
	}
	b.Run("500atonce", func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			all := make([]*discordtest.Interaction, 500)
			for i := range all {
				if what := map[string]any{"name": name()}; i%2 == 0 {
					all[i] = s.SlashAsync(channel, user, "coach", what)
				} else {
					all[i] = s.CompleteAsync(channel, user, "subscribe", "topic", typo(rng, surname()))
				}
			}
			for _, i := range all {
				if !i.Wait(10 * time.Second) {
					b.Fatal("not answered")
				}
				took = append(took, i.Took)
			}
		}
		reportTimes(b, took)
	})
}

func reportTimes(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}

// TestMemoryOfTenThousandServers runs the real program on two shards with
// 10,000 servers of 50 channels each and holds its resident memory below 300 MB.
// KARUSSELL_TEST_SERVERS sets another number (400 by default).
func TestMemoryOfTenThousandServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process; run without -short")
	}
	servers := 400
	if n, err := strconv.Atoi(os.Getenv("KARUSSELL_TEST_SERVERS")); err == nil {
		servers = n
	}
	s := discordtest.New(t, discordtest.Options{Shards: 2, Concurrency: 2})
	bot := startBot(t, "KARUSSELL_DISCORD_TOKEN="+s.Token, "KARUSSELL_DISCORD_ENDPOINT="+s.URL(), "KARUSSELL_LOG=info")
	s.AwaitShards(2, 20*time.Second)
	before := bot.memory("VmRSS")
	s.Crowd(servers, 50)
	after, peak := bot.memory("VmRSS"), bot.memory("VmHWM")
	t.Logf("%d servers of 50 channels on two shards: %d MB resident before, %d MB after, %d MB at most", servers, before>>10, after>>10, peak>>10)
	if peak > 300<<10 {
		t.Errorf("%d KB resident", peak)
	}
}

// memory is a line of the program's /proc/PID/status, in KB; 0 where there is
// none.
func (r *running) memory(line string) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		return 0 // not Linux
	}
	for l := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb
		}
	}
	return 0
}
