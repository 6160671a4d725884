package outbox_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
)

var fast = bot.Limits{Concurrent: 16, EditsCount: true}

func TestEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(fast)
		r.latency = 40 * time.Millisecond
		var ds []bot.Delivery
		for i := range 2000 {
			ds = append(ds, owed(chat(i%500), bot.StoryID(i), time.Now()))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, ds...)
		p.untilEmpty(time.Minute)
		p.stop()
		seen := map[string]int{}
		last := map[bot.ChatRef]string{}
		for _, g := range r.all() {
			seen[g.nonce]++
			last[g.chat] = g.title
		}
		if len(seen) != 2000 || len(r.all()) != 2000 {
			t.Errorf("%d messages, %d different; want 2000 each once", len(r.all()), len(seen))
		}
		if r.overlaps != 0 {
			t.Errorf("%d attempts of one delivery at the same time", r.overlaps)
		}
	})
}

func TestPriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(bot.Limits{Global: 10, Concurrent: 4})
		var ds []bot.Delivery
		for i := range 300 {
			ds = append(ds, owed(chat(i), 1, time.Now()))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, ds...)
		time.Sleep(5 * time.Second)
		before := len(r.all())
		official := owed(chat(9999), 2, time.Now())
		official.Priority = bot.PriorityOfficial
		owe(t, p.store, official)
		p.d.Wake()
		time.Sleep(2 * time.Second)
		got := r.all()[before:]
		if !slices.ContainsFunc(got, func(g taken) bool { return g.chat == chat(9999) }) {
			t.Errorf("official news waits behind rumours: %d others were sent since", len(got))
		}
		p.untilEmpty(time.Minute)
		p.stop()
	})
}

// TestLimit sends 100,000 at the end of two quiet hours: all are due at once,
// the platform refuses every message above 30 a second, and none is refused.
func TestLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 100_000
		if testing.Short() {
			n = 5000
		}
		r := newRecorder(bot.Limits{Global: 30, PerChat: 1, Concurrent: 16})
		r.strict, r.latency = 30, 40*time.Millisecond
		end := time.Now().Add(2 * time.Hour)
		var ds []bot.Delivery
		for i := range n {
			d := owed(chat(i), 1, end)
			d.Created = end.Add(-time.Hour)
			ds = append(ds, d)
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, ds...)
		time.Sleep(time.Until(end) - time.Second)
		if len(r.all()) != 0 {
			t.Fatalf("%d messages before the end of quiet time", len(r.all()))
		}
		p.untilEmpty(3 * time.Hour)
		p.stop()
		got := r.all()
		if len(got) != n || r.refused != 0 {
			t.Fatalf("%d messages, %d refused", len(got), r.refused)
		}
		took := got[n-1].at.Sub(end)
		rate := float64(n-1) / took.Seconds()
		t.Logf("%d messages in %s: %.2f/s, %.1f %% of 30/s", n, took, rate, rate/30*100)
		if rate < 0.98*30 {
			t.Errorf("only %.2f/s of 30/s used", rate)
		}
	})
}

// TestPaces checks a private chat's and a group's own limits.
func TestPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(bot.Limits{Global: 30, PerChat: 1, PerGroup: 20.0 / 60, Concurrent: 16})
		group := bot.ChatRef{Platform: "telegram", Chat: "-100"}
		var ds []bot.Delivery
		for i := range 30 {
			ds = append(ds, owed(chat(1), bot.StoryID(i), time.Now()), owed(group, bot.StoryID(i), time.Now()))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, ds...)
		p.untilEmpty(5 * time.Minute)
		p.stop()
		last := map[bot.ChatRef]time.Time{}
		for _, g := range r.all() {
			gap := time.Second
			if g.chat == group {
				gap = 3 * time.Second
			}
			if before, ok := last[g.chat]; ok && g.at.Sub(before) < gap {
				t.Errorf("%s got two messages within %s", g.chat, g.at.Sub(before))
			}
			last[g.chat] = g.at
		}
	})
}

// TestOneBacklogDelaysNoOtherPlatform: 20,000 messages for one platform at 28/s
// take 12 minutes; the other platform's single message does not wait for them.
func TestOneBacklogDelaysNoOtherPlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := newRecorder(bot.Limits{Global: 28, PerChat: 1, Concurrent: 16})
		other := newRecorder(bot.Limits{Global: 45, Concurrent: 4})
		other.name = "discord"
		var ds []bot.Delivery
		for i := range 20000 {
			d := owed(chat(i), 1, begin)
			d.Priority = bot.PriorityOfficial
			ds = append(ds, d)
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r, other}}, ds...)
		time.Sleep(3 * time.Second)
		owe(t, p.store, owed(bot.ChatRef{Platform: "discord", Chat: "7"}, 1, time.Now()))
		p.d.Wake()
		time.Sleep(3 * time.Second)
		if len(other.all()) != 1 {
			t.Error("a message for another platform waits behind the backlog")
		}
		p.untilEmpty(time.Hour)
		p.stop()
		got := r.all()
		rate := float64(len(got)-1) / got[len(got)-1].at.Sub(got[0].at).Seconds()
		if len(got) != 20000 || rate < 0.97*28 {
			t.Errorf("%d messages at %.2f/s", len(got), rate)
		}
	})
}

func TestRendering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := editing{newRecorder(fast)}
		tries := 0
		later := time.Now().Add(3 * time.Hour)
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}, Renderer: pen{func(d bot.Delivery) (bot.Rendered, error) {
			m := bot.Message{Title: string(d.ID), Nonce: d.Nonce()}
			switch d.Chat.Chat {
			case "1":
				return bot.Rendered{Skip: "overtaken"}, nil
			case "2":
				if time.Now().Before(later) {
					return bot.Rendered{Defer: later}, nil
				}
			case "3":
				if tries++; tries < 4 {
					return bot.Rendered{}, errors.New("store is busy")
				}
			case "4":
				return bot.Rendered{Message: m, Edit: "m7", Also: []bot.MessageID{"m8", "m9"}, Hash: "x"}, nil
			}
			return bot.Rendered{Message: m}, nil
		}}}, owed(chat(1), 1, time.Now()), owed(chat(2), 1, time.Now()), owed(chat(3), 1, time.Now()), owed(chat(4), 1, time.Now()))
		p.untilEmpty(4 * time.Hour)
		p.stop()
		var sent []string
		for _, g := range r.all() {
			sent = append(sent, g.chat.Chat)
			if g.chat == chat(2) && g.at.Before(later) {
				t.Error("sent before its time")
			}
		}
		slices.Sort(sent)
		if !slices.Equal(sent, []string{"2", "3"}) {
			t.Errorf("sent to %q", sent)
		}
		var edited []bot.MessageID
		for _, e := range r.edits {
			edited = append(edited, e.id)
		}
		if !slices.Equal(edited, []bot.MessageID{"m7", "m8", "m9"}) {
			t.Errorf("edited %q", edited)
		}
	})
}

// TestAnswersFirst: an interactive answer takes the next free place, however
// long the backlog.
func TestAnswersFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := bot.Limits{Global: 30, Concurrent: 16}
		r := newRecorder(limits)
		r.strict = 30
		gate := outbox.NewGate(limits, nil)
		var ds []bot.Delivery
		for i := range 3000 {
			ds = append(ds, owed(chat(i), 1, time.Now()))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}, Gates: map[bot.PlatformName]*outbox.Gate{"telegram": gate}}, ds...)
		time.Sleep(10 * time.Second)
		for range 100 {
			asked := time.Now()
			if err := gate.Answer(t.Context(), bot.ChatRef{}); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(asked); waited > 50*time.Millisecond {
				t.Errorf("an answer waited %s", waited)
			}
			if r.over(time.Now()) {
				t.Error("answer and outbox together exceed the limit")
			}
			time.Sleep(90 * time.Millisecond)
		}
		p.untilEmpty(10 * time.Minute)
		p.stop()
		if r.refused != 0 {
			t.Errorf("%d refused", r.refused)
		}
	})
}

// TestBurst: a platform may allow many at once and still no more in a second.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(bot.Limits{Global: 28, Burst: 28, Concurrent: 64})
		r.strict = 28
		var ds []bot.Delivery
		for i := range 1000 {
			ds = append(ds, owed(chat(i), 1, time.Now()))
		}
		begin := time.Now()
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, ds...)
		time.Sleep(900 * time.Millisecond)
		if n := len(r.all()); n != 28 {
			t.Errorf("%d of a burst of 28 at once", n)
		}
		p.untilEmpty(2 * time.Minute)
		took := time.Since(begin)
		p.stop()
		if r.refused != 0 || took > 38*time.Second {
			t.Errorf("%d refused, %s for 1000", r.refused, took)
		}
	})
}
