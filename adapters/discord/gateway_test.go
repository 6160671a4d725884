package discord_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/adapters/discord"
	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

func TestCloseCodesThatForbidToComeBack(t *testing.T) {
	t.Parallel()
	for code, word := range map[int]string{4004: "token", 4010: "shard", 4011: "shard", 4012: "update", 4013: "intents", 4014: "intents"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			s := discordtest.New(t, discordtest.Options{})
			s.RefuseGateway(code)
			err := newAdapter(t, s).Run(t.Context(), newEngine())
			if !errors.Is(err, discord.ErrUnusable) || !strings.Contains(err.Error(), word) {
				t.Errorf("close code %d: Run returned %v", code, err)
			}
		})
	}
}

func TestWrongTokenEndsRunWithAClearSentence(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t, discordtest.Options{})
	a := newAdapter(t, s, func(o *discord.Options) { o.Token = "MTE.another.token" })
	err := a.Run(t.Context(), newEngine())
	if !errors.Is(err, discord.ErrUnusable) || strings.Contains(err.Error(), "another") {
		t.Errorf("Run returned %v", err)
	}
}

// A connection that breaks in any way is taken up again, and what happened
// meanwhile is replayed.
func TestResume(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]func(*discordtest.Server){
		"broken":                     (*discordtest.Server).DropGateway,
		"asked to reconnect":         (*discordtest.Server).AskReconnect,
		"closed with 4000":           func(s *discordtest.Server) { s.CloseGateway(4000) },
		"resumable invalid":          func(s *discordtest.Server) { s.InvalidSession(true) },
		"something that is no event": func(s *discordtest.Server) { s.Raw("null") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := play(t, discordtest.Options{})
			breaks(st.server)
			i := st.server.SlashAsync(st.channel, manager(), "coach", map[string]any{"name": "x"})
			for !i.Wait(100*time.Millisecond) && st.server.Resumes() == 0 {
				time.Sleep(time.Millisecond)
			}
			if st.server.Identifies() != 1 {
				t.Errorf("%d sessions were started; want the first one resumed", st.server.Identifies())
			}
			j := st.server.Slash(st.channel, manager(), "coach", map[string]any{"name": "y"})
			if j.Callback != discordtest.Answered {
				t.Errorf("callback %d after resuming", j.Callback)
			}
		})
	}
}

// What comes while nobody is connected reaches the engine after the break. (In
// time for Discord's three seconds where the machine is not overloaded: the
// library alone takes one of them.)
func TestInteractionIsReplayed(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{})
	st.server.DropGateway()
	st.server.SlashAsync(st.channel, manager(), "coach", map[string]any{"name": "while away"})
	deadline := time.Now().Add(20 * time.Second)
	for {
		st.engine.mu.Lock()
		n := len(st.engine.requests)
		st.engine.mu.Unlock()
		if n > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("lost: %d sessions, %d resumed", st.server.Identifies(), st.server.Resumes())
		}
		time.Sleep(5 * time.Millisecond)
	}
	if r := st.engine.last(); r.Args["name"] != "while away" || st.server.Identifies() != 1 {
		t.Errorf("request %+v, %d sessions", r, st.server.Identifies())
	}
}

func TestLostSessionStartsANewOneAndReconciles(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{})
	other := st.server.AddGuild("Zweite")
	st.engine.awaitChange(t, func(c bot.ChatChange) bool {
		return c.What == bot.ChangeReconcile && slices.Equal(c.Live, []string{st.guild, other})
	})
	st.server.DropGuildSilently(other)
	st.server.InvalidSession(false)
	deadline := time.Now().Add(15 * time.Second)
	for {
		st.engine.mu.Lock()
		last := st.engine.changes[len(st.engine.changes)-1]
		st.engine.mu.Unlock()
		if slices.Equal(last.Live, []string{st.guild}) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("told last of %q", last.Live)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if n := st.server.Identifies(); n != 2 {
		t.Errorf("%d sessions; want 2", n)
	}
}

func TestMissedHeartbeats(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{Heartbeat: time.Second})
	st.server.Silence(true)
	deadline := time.Now().Add(15 * time.Second)
	for st.server.Resumes() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("a connection without heartbeats was kept")
		}
		time.Sleep(10 * time.Millisecond)
	}
	st.server.Silence(false)
}

func TestAskedForAHeartbeat(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{})
	before := st.server.Heartbeats()
	st.server.AskHeartbeat()
	deadline := time.Now().Add(10 * time.Second)
	for st.server.Heartbeats() <= before {
		if time.Now().After(deadline) {
			t.Fatal("op 1 was not answered")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestShards(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{Shards: 2, Concurrency: 2})
	far := st.server.AddGuild("Andere Scherbe")
	channel := st.server.AddChannel(far, discordtest.Channel{Name: "x"})
	for _, c := range []string{st.channel, channel} {
		if i := st.server.Slash(c, manager(), "coach", map[string]any{"name": "x"}); i.Callback != discordtest.Answered {
			t.Errorf("callback %d", i.Callback)
		}
	}
	st.engine.awaitChange(t, func(c bot.ChatChange) bool { return c.What == bot.ChangeReconcile && len(c.Live) == 2 })
}

// With one slot, the second shard waits its five seconds.
func TestIdentifyWithinTheLimit(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{Shards: 2, Concurrency: 1})
	st.server.AwaitShards(2, 20*time.Second)
	if n := st.server.Identifies(); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

func TestPartOfTheShardsDoesNotReconcile(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t, discordtest.Options{Shards: 2, Concurrency: 2})
	s.AddGuild("Kurve")
	st := &stage{t: t, server: s, engine: newEngine(), adapter: newAdapter(t, s, func(o *discord.Options) {
		o.Shards = discord.Shards{Count: 2, IDs: []int{0}}
	})}
	st.run()
	s.AwaitShards(1, 10*time.Second)
	s.AwaitCommands(1, 10*time.Second)
	if err := st.stop(); err != nil {
		t.Fatal(err)
	}
	for _, c := range st.engine.changes {
		if c.What == bot.ChangeReconcile {
			t.Errorf("told %+v though another process serves shard 1", c)
		}
	}
}

func TestServersComeAndGo(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{})
	live := func(want ...string) func(bot.ChatChange) bool {
		return func(c bot.ChatChange) bool { return c.What == bot.ChangeReconcile && slices.Equal(c.Live, want) }
	}
	st.engine.awaitChange(t, live(st.guild))
	second := st.server.AddGuild("Zweite")
	st.engine.awaitChange(t, live(st.guild, second))
	st.server.Outage(second)
	st.server.RemoveGuild(st.guild)
	st.engine.awaitChange(t, live(second))
}

func TestChannelsAndThreadsGo(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{})
	thread := st.server.AddChannel(st.guild, discordtest.Channel{Type: discordtest.Thread, Name: "faden", Parent: st.channel})
	st.server.RemoveChannel(thread)
	st.engine.awaitChange(t, func(c bot.ChatChange) bool {
		return c.What == bot.ChangeGone && c.Chat == bot.ChatRef{Platform: "discord", Chat: st.channel, Thread: thread}
	})
	st.server.RemoveChannel(st.channel)
	st.engine.awaitChange(t, func(c bot.ChatChange) bool { return c.What == bot.ChangeGone && c.Chat == st.chat() })
}

func TestUnreachableServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t, discordtest.Options{})
	s.Fault(discordtest.Fault{Path: regexp.MustCompile(`^gateway/bot$`), Times: 1, Status: 502, HTML: true})
	st := &stage{t: t, server: s, engine: newEngine(), adapter: newAdapter(t, s)}
	st.run()
	s.AwaitShards(1, 15*time.Second)
}

func TestRunEndsWhileNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t, discordtest.Options{})
	s.Fault(discordtest.Fault{Path: regexp.MustCompile(`^gateway/bot$`), Drop: true})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := newAdapter(t, s).Run(ctx, newEngine()); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestRunTwiceAtOnceIsRefused(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{})
	if err := st.adapter.Run(t.Context(), st.engine); err == nil {
		t.Error("a second Run was allowed")
	}
}

// After the first Run has ended the adapter runs again.
func TestRunAgain(t *testing.T) {
	t.Parallel()
	st := play(t, discordtest.Options{Concurrency: 1}, func(o *discord.Options) { o.Notebook = &notebook{} })
	if err := st.stop(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second) // Discord's own spacing between two IDENTIFYs
	st.run()
	st.server.AwaitShards(1, 10*time.Second)
}
