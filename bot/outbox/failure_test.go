package outbox_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
)

func fail(kind bot.SendKind) error { return &bot.SendError{Kind: kind} }

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
