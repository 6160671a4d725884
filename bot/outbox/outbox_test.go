package outbox_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/memory"
)

var fast = bot.Limits{Concurrent: 16, EditsCount: true}

func fail(kind bot.SendKind) error { return &bot.SendError{Kind: kind} }

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

// TestOthersGoOn breaks chats in every way at once: the others get theirs in
// time, and in the end everybody has everything in order.
func TestOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := newRecorder(bot.Limits{Global: 25, PerChat: 1, Concurrent: 8})
		r.fault = func(_ int, to bot.ChatRef, _ bot.Message) error {
			switch to.Chat {
			case "1": // limited for hours
				if wait := time.Until(begin.Add(3 * time.Hour)); wait > 0 {
					return &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait}
				}
			case "2":
				if time.Since(begin) < time.Hour {
					return fail(bot.SendTemporary)
				}
			case "3": // hangs
				if time.Since(begin) < 10*time.Minute {
					time.Sleep(20 * time.Second)
					return context.DeadlineExceeded
				}
			}
			return nil
		}
		var ds []bot.Delivery
		for i := range 200 {
			for story := range 3 {
				d := owed(chat(i), bot.StoryID(story), begin)
				d.Created = begin.Add(time.Duration(story) * time.Millisecond)
				ds = append(ds, d)
			}
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, ds...)
		time.Sleep(40 * time.Second)
		if n := len(r.all()); n != 197*3 {
			t.Errorf("%d messages in 40 s; want %d: broken chats delay others", n, 197*3)
		}
		p.untilEmpty(5 * time.Hour)
		p.stop()
		order := map[bot.ChatRef][]string{}
		for _, g := range r.all() {
			order[g.chat] = append(order[g.chat], g.title)
		}
		for ref, titles := range order {
			if len(titles) != 3 || !slices.IsSorted(titles) {
				t.Errorf("%s got %q", ref, titles)
			}
		}
		for _, g := range r.all() {
			if g.chat.Chat == "1" && g.at.Sub(begin) < 3*time.Hour {
				t.Errorf("sent %s before the limit's end", 3*time.Hour-g.at.Sub(begin))
			}
			if g.chat.Chat == "1" && g.at.Sub(begin) > 3*time.Hour+10*time.Second {
				t.Errorf("sent %s after the limit's end", g.at.Sub(begin)-3*time.Hour)
			}
		}
	})
}

// TestGlobalLimit: the whole bot is limited; nothing is tried before the end.
func TestGlobalLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := newRecorder(bot.Limits{Global: 30, Concurrent: 1})
		other := newRecorder(bot.Limits{Global: 30, Concurrent: 4})
		other.name = "discord"
		hits := 0
		r.fault = func(int, bot.ChatRef, bot.Message) error {
			if wait := time.Until(begin.Add(2*time.Hour + 7*time.Second)); wait > 0 {
				hits++
				return &bot.SendError{Kind: bot.SendLimited, Global: true, RetryAfter: wait}
			}
			return nil
		}
		var ds []bot.Delivery
		for i := range 1000 {
			ds = append(ds, owed(chat(i), 1, begin), owed(bot.ChatRef{Platform: "discord", Chat: chat(i).Chat}, 1, begin))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r, other}}, ds...)
		time.Sleep(time.Minute)
		if n := len(other.all()); n != 1000 {
			t.Errorf("the other platform sent %d of 1000 within a minute", n)
		}
		p.untilEmpty(4 * time.Hour)
		p.stop()
		if hits != 1 || len(r.all()) != 1000 {
			t.Errorf("%d requests while limited, %d messages", hits, len(r.all()))
		}
		if first := r.all()[0].at.Sub(begin); first < 2*time.Hour+7*time.Second || first > 2*time.Hour+9*time.Second {
			t.Errorf("went on after %s", first)
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

func TestFailures(t *testing.T) {
	moved := bot.ChatRef{Platform: "telegram", Chat: "-1005"}
	for _, test := range []struct {
		kind   bot.SendKind
		times  int // how often it fails
		sent   int
		parked int
		pause  bot.PauseCause
		tries  int
		unsure int
	}{
		{kind: bot.SendTemporary, times: 5, sent: 1, tries: 6},
		{kind: bot.SendUnsure, times: 2, sent: 1, tries: 3, unsure: 2},
		{kind: bot.SendRejected, times: 99, parked: 1, tries: 1},
		{kind: bot.SendBlocked, times: 99, parked: 1, pause: bot.PauseBlocked, tries: 1},
		{kind: bot.SendGone, times: 99, parked: 1, pause: bot.PauseGone, tries: 1},
		{kind: bot.SendForbidden, times: 99, parked: 1, pause: bot.PauseForbid, tries: 3},
		{kind: bot.SendForbidden, times: 2, sent: 1, tries: 3},
		{kind: bot.SendMoved, times: 1, sent: 1, tries: 2},
		{kind: bot.SendMissing, times: 99, parked: 1, tries: 1},
		{kind: bot.SendTemporary, times: 1 << 30, parked: 1},
	} {
		t.Run(string(test.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder(bot.Limits{Global: 30, PerChat: 1, Concurrent: 4})
				tries := 0
				r.fault = func(int, bot.ChatRef, bot.Message) error {
					if tries++; tries <= test.times {
						return &bot.SendError{Kind: test.kind, MovedTo: moved}
					}
					return nil
				}
				var changes []bot.ChatChange
				p := start(t, outbox.Setup{
					Platforms: []bot.Platform{r},
					Changed:   func(_ context.Context, c bot.ChatChange) { changes = append(changes, c) },
				}, owed(chat(1), 1, time.Now()))
				p.untilEmpty(60 * time.Hour)
				p.stop()
				if got := r.all(); len(got) != test.sent || len(p.parked()) != test.parked {
					t.Errorf("%d sent, %d parked; want %d, %d", len(got), len(p.parked()), test.sent, test.parked)
				}
				if test.tries > 0 && tries != test.tries {
					t.Errorf("%d tries; want %d", tries, test.tries)
				}
				for _, d := range p.parked() {
					if d.Cause == "" {
						t.Error("parked without a cause")
					}
				}
				_ = p.store.View(context.Background(), func(tx bot.ReadTx) error {
					c, _ := tx.Chat(chat(1))
					if c.Paused != test.pause {
						t.Errorf("paused %q; want %q", c.Paused, test.pause)
					}
					return nil
				})
				if (test.pause != "") != (len(changes) == 1) {
					t.Errorf("changes %+v", changes)
				}
				if test.kind == bot.SendMoved && r.all()[0].chat != moved {
					t.Errorf("sent to %s", r.all()[0].chat)
				}
			})
		})
	}
}

func TestRevokedTokenStopsThePlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(bot.Limits{Concurrent: 1})
		r.fault = func(int, bot.ChatRef, bot.Message) error { return fail(bot.SendRevoked) }
		other := newRecorder(fast)
		other.name = "discord"
		reports := 0
		ds := []bot.Delivery{owed(bot.ChatRef{Platform: "discord", Chat: "1"}, 1, time.Now())}
		for i := range 50 {
			ds = append(ds, owed(chat(i), 1, time.Now()))
		}
		p := start(t, outbox.Setup{
			Platforms: []bot.Platform{r, other},
			Report:    func(context.Context, bot.PlatformName, bot.SendKind) { reports++ },
		}, ds...)
		time.Sleep(time.Hour)
		p.stop()
		if r.requests > 1 || reports != 1 || len(other.all()) != 1 {
			t.Errorf("%d requests, %d reports, %d messages elsewhere", r.requests, reports, len(other.all()))
		}
		if s := p.size(); s.Waiting != 50 {
			t.Errorf("deliveries must wait for a new token: %+v", s)
		}
	})
}

// TestOutage: a platform that is down is not hammered and goes on by itself.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := newRecorder(bot.Limits{Global: 30, Concurrent: 8})
		r.fault = func(int, bot.ChatRef, bot.Message) error {
			if time.Since(begin) < 30*time.Minute {
				return fail(bot.SendTemporary)
			}
			return nil
		}
		var ds []bot.Delivery
		for i := range 5000 {
			ds = append(ds, owed(chat(i), 1, begin))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, ds...)
		time.Sleep(30 * time.Minute)
		if n := r.asked(); n > 2500 {
			t.Errorf("%d requests in half an hour of outage", n)
		}
		p.untilEmpty(2 * time.Hour)
		p.stop()
		if len(r.all()) != 5000 {
			t.Errorf("%d messages", len(r.all()))
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

// TestEdits: what cannot be edited, because the message or the ability is
// missing, is left or said anew, by what it says.
func TestEdits(t *testing.T) {
	for _, test := range []struct {
		name   string
		kind   bot.DeliveryKind
		editor bool
		sent   int
	}{
		{"deleted: a confirmation is left", bot.DeliverEdit, true, 0},
		{"deleted: nothing to retract", bot.DeliverRetract, true, 0},
		{"deleted: a new stage is said anew", bot.DeliverReply, true, 1},
		{"no editing: a confirmation is left", bot.DeliverEdit, false, 0},
		{"no editing: a correction is said", bot.DeliverRetract, false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := newRecorder(fast)
				rec.fault = func(int, bot.ChatRef, bot.Message) error { return nil }
				var platform bot.Platform = rec
				if test.editor {
					platform = missing{editing{rec}}
				}
				d := owed(chat(1), 1, time.Now())
				d.Kind = test.kind
				p := start(t, outbox.Setup{Platforms: []bot.Platform{platform}, Renderer: pen{func(bot.Delivery) (bot.Rendered, error) {
					return bot.Rendered{Message: bot.Message{Title: "x"}, Edit: "m1"}, nil
				}}}, d)
				p.untilEmpty(time.Minute)
				p.stop()
				if n := len(rec.all()); n != test.sent || len(p.parked()) != 0 {
					t.Errorf("%d messages; want %d; parked %+v", n, test.sent, p.parked())
				}
			})
		})
	}
}

// missing finds no message to edit.
type missing struct{ editing }

func (missing) Edit(context.Context, bot.ChatRef, bot.MessageID, bot.Message) error {
	return fail(bot.SendMissing)
}

// TestShutdown ends while sends are under way: those within the grace time are
// settled as sent, one that hangs is cut off and counts as unsure, and what was
// not begun is due again at once.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(bot.Limits{Concurrent: 4})
		r.latency = 5 * time.Second
		r.fault = func(_ int, to bot.ChatRef, _ bot.Message) error {
			if to == chat(0) {
				time.Sleep(time.Hour / 60 / 4) // 15 s
				return context.Canceled
			}
			return nil
		}
		begin := time.Now()
		var ds []bot.Delivery
		for i := range 100 {
			d := owed(chat(i), 1, begin)
			d.Created = begin.Add(time.Duration(i))
			ds = append(ds, d)
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}, Grace: 30 * time.Second}, ds...)
		time.Sleep(time.Second)
		p.stop()
		if took := time.Since(begin); took > 31*time.Second {
			t.Errorf("shutting down took %s", took)
		}
		size := p.size()
		if len(r.all()) != 3 || size.Leased != 0 || size.Waiting != 97 {
			t.Errorf("%d sent; outbox %+v", len(r.all()), size)
		}
		r.fault = nil
		again := startOn(t, p.store, outbox.Setup{Platforms: []bot.Platform{r}})
		again.untilEmpty(10 * time.Minute)
		again.stop()
		if len(r.all()) != 100 {
			t.Errorf("%d messages in the end", len(r.all()))
		}
	})
}

// TestSettlingFails: while the store takes no outcomes nothing is sent twice,
// even past the lease.
func TestSettlingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		store := memory.New()
		r := newRecorder(bot.Limits{Concurrent: 8})
		var ds []bot.Delivery
		for i := range 100 {
			ds = append(ds, owed(chat(i), 1, begin))
		}
		owe(t, store, ds...)
		full := &fullDisk{Store: store, until: begin.Add(20 * time.Minute)}
		p := startOn(t, store, outbox.Setup{Platforms: []bot.Platform{r}, Store: full})
		p.untilEmpty(time.Hour)
		p.stop()
		if len(r.all()) != 100 {
			t.Errorf("%d messages; want 100", len(r.all()))
		}
	})
}

type fullDisk struct {
	bot.Store
	until time.Time
}

func (f *fullDisk) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]bot.Delivery, error) {
	if now.Before(f.until) && now.After(f.until.Add(-20*time.Minute)) { // the first claim got through
		return nil, bot.ErrFull
	}
	return f.Store.Claim(ctx, now, lease, min(limit, 60))
}

func (f *fullDisk) Settle(ctx context.Context, id bot.DeliveryID, o bot.Outcome) error {
	if time.Now().Before(f.until) {
		return bot.ErrFull
	}
	return f.Store.Settle(ctx, id, o)
}

func TestStoreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		d, err := outbox.New(outbox.Setup{Store: store, Renderer: pen{}, Platforms: []bot.Platform{newRecorder(fast)}})
		if err != nil {
			t.Fatal(err)
		}
		_ = store.Close()
		if err := d.Run(t.Context()); !errors.Is(err, bot.ErrClosed) {
			t.Errorf("Run: %v", err)
		}
	})
}

// TestUnknownPlatformWaits: a platform without an adapter keeps its deliveries.
func TestUnknownPlatformWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(fast)
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}}, owed(bot.ChatRef{Platform: "matrix", Chat: "1"}, 1, time.Now()))
		time.Sleep(time.Hour)
		if s := p.size(); s.Waiting != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(50 * time.Hour)
		p.stop()
		if len(p.parked()) != 1 {
			t.Error("given up neither after two days")
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
			if err := gate.Answer(t.Context()); err != nil {
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

// TestIdleClaimsNothing: a claim is a write; with nothing due there is none, but
// the leases that a crash left behind are taken up when they expire.
func TestIdleClaimsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		now := time.Now()
		owe(t, store, owed(chat(1), 1, now.Add(time.Hour)), owed(chat(2), 1, now))
		if got, err := store.Claim(t.Context(), now, 10*time.Minute, 10); err != nil || len(got) != 1 {
			t.Fatal(got, err) // by a process that died
		}
		if err := store.Settle(t.Context(), owed(chat(2), 1, now).ID, bot.Outcome{State: bot.Sent, Message: "m"}); err != nil {
			t.Fatal(err)
		}
		r := newRecorder(fast)
		counted := &claims{Store: store}
		p := startOn(t, store, outbox.Setup{Platforms: []bot.Platform{r}, Store: counted})
		time.Sleep(50 * time.Minute)
		if n := counted.n.Load(); n != 0 {
			t.Errorf("%d claims with nothing due", n)
		}
		p.untilEmpty(time.Hour)
		owe(t, store, owed(chat(3), 1, time.Now()))
		if _, err := store.Claim(t.Context(), time.Now(), 10*time.Minute, 10); err != nil {
			t.Fatal(err)
		}
		p.untilEmpty(15 * time.Minute)
		p.stop()
		if len(r.all()) != 2 {
			t.Errorf("%d messages", len(r.all()))
		}
	})
}

type claims struct {
	bot.Store
	n atomic.Int64
}

func (c *claims) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]bot.Delivery, error) {
	c.n.Add(1)
	return c.Store.Claim(ctx, now, lease, limit)
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
