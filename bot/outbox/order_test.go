package outbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/memory"
)

// TestOrder plays random hours with three platforms: more is owed than the lanes
// hold, chats and platforms fail in every way, the dispatcher is started anew.
// Whatever happens, each chat reads everything in the order in which it was owed.
func TestOrder(t *testing.T) {
	t.Parallel()
	seeds := 30
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { playHours(t, uint64(seed)) })
		})
	}
}

// hours is one such play.
type hours struct {
	t     *testing.T
	rnd   *rand.Rand
	store *memory.Store
	owed  map[bot.ChatRef][]bot.DeliveryID
	story bot.StoryID
}

func playHours(t *testing.T, seed uint64) {
	t.Helper()
	h := &hours{t: t, rnd: rand.New(rand.NewPCG(seed, 7)), store: memory.New(), owed: map[bot.ChatRef][]bot.DeliveryID{}}
	var platforms []bot.Platform
	var recorders []*recorder
	for i, name := range []bot.PlatformName{"telegram", "discord", "console"} {
		r := newRecorder(bot.Limits{Global: []float64{4, 30, 0}[i], PerChat: 1, ChatBurst: 1 + i, Concurrent: 4})
		r.name, r.latency = name, time.Duration(i)*40*time.Millisecond
		r.fault, r.after = faults(seed+uint64(i), time.Now().Add(time.Hour))
		platforms, recorders = append(platforms, editing{r}), append(recorders, r)
	}
	for range 6 {
		p := startOn(t, h.store, outbox.Setup{Platforms: platforms, Batch: 16 << h.rnd.IntN(6)})
		for range 1 + h.rnd.IntN(4) {
			h.owe(1 + h.rnd.IntN(200))
			p.d.Wake()
			time.Sleep(time.Duration(h.rnd.IntN(240)) * time.Second)
		}
		p.stop()
	}
	p := startOn(t, h.store, outbox.Setup{Platforms: platforms})
	p.untilEmpty(12 * time.Hour)
	p.stop()
	read := map[bot.ChatRef][]bot.DeliveryID{}
	for _, r := range recorders {
		for _, g := range r.all() {
			if id := bot.DeliveryID(g.title); !slices.Contains(read[g.chat], id) { // a send of unknown outcome is repeated
				read[g.chat] = append(read[g.chat], id)
			}
		}
	}
	if n := len(p.parked()); n != 0 {
		t.Errorf("%d parked", n)
	}
	for ref, want := range h.owed {
		if got := read[ref]; !slices.Equal(got, want) {
			t.Fatalf("%s read %d of %d, in this order:\n%v\nowed:\n%v", ref, len(got), len(want), got, want)
		}
	}
}

// owe adds n deliveries to random chats, due now.
func (h *hours) owe(n int) {
	h.t.Helper()
	var ds []bot.Delivery
	for range n {
		ref := bot.ChatRef{Platform: "telegram", Chat: strconv.Itoa(1 + h.rnd.IntN(40))}
		switch h.rnd.IntN(6) {
		case 0:
			ref.Platform = "discord"
		case 1:
			ref.Platform = "console"
		}
		h.story++
		d := owed(ref, h.story, time.Now())
		d.Created = d.Due.Add(time.Duration(h.story))
		d.Priority = []bot.Priority{bot.PriorityOfficial, bot.PriorityRumour, bot.PriorityQuietly}[h.rnd.IntN(3)]
		ds = append(ds, d)
		h.owed[ref] = append(h.owed[ref], d.ID)
	}
	owe(h.t, h.store, ds...)
}

// faults are a platform's whims until a time: limits of a chat and of all, errors
// that pass, hanging, and messages that are taken without saying so.
func faults(seed uint64, until time.Time) (fault, after func(int, bot.ChatRef, bot.Message) error) {
	rnd := rand.New(rand.NewPCG(seed, 8))
	var mu sync.Mutex
	limited := map[bot.ChatRef]time.Time{}
	roll := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(n)
	}
	fault = func(_ int, to bot.ChatRef, _ bot.Message) error {
		mu.Lock()
		end := limited[to]
		mu.Unlock()
		switch {
		case time.Now().After(until):
			return nil
		case time.Now().Before(end):
			return &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Until(end)}
		}
		switch roll(40) {
		case 0:
			end = time.Now().Add(time.Duration(roll(1200)) * time.Second)
			mu.Lock()
			limited[to] = end
			mu.Unlock()
			return &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Until(end)}
		case 1:
			return &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Duration(roll(90)) * time.Second, Global: roll(4) == 0}
		case 2, 3, 4:
			return fail(bot.SendTemporary)
		case 5: // as at a shutdown: nobody knows
			time.Sleep(20 * time.Second)
			return context.DeadlineExceeded
		}
		return nil
	}
	after = func(int, bot.ChatRef, bot.Message) error {
		if time.Now().Before(until) && roll(30) == 0 {
			return fail(bot.SendUnsure)
		}
		return nil
	}
	return fault, after
}

// TestOfficialPullsWhatGoesBefore: a long backlog of rumours waits; official news
// for its last chats comes ahead of it, behind these chats' own rumours.
func TestOfficialPullsWhatGoesBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20_000 // 17 minutes
		r := newRecorder(bot.Limits{Global: 20, PerChat: 1, Concurrent: 16})
		other := newRecorder(bot.Limits{Global: 200, Concurrent: 4}) // its room makes the lane of the first overflow
		other.name = "discord"
		begin := time.Now()
		var ds []bot.Delivery
		for i := range n {
			ds = append(ds, owed(chat(i), 1, begin))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r, other}}, ds...)
		time.Sleep(time.Minute)
		var late []bot.ChatRef
		sent := map[bot.ChatRef]bool{}
		for _, g := range r.all() {
			sent[g.chat] = true
		}
		for i := 0; len(late) < 50; i++ {
			if !sent[chat(i)] {
				late = append(late, chat(i))
				d := owed(chat(i), 2, time.Now())
				d.Priority = bot.PriorityOfficial
				owe(t, p.store, d)
			}
		}
		p.d.Wake()
		time.Sleep(30 * time.Second) // what the lane holds already, and 2 × 50 messages
		read := map[bot.ChatRef][]string{}
		for _, g := range r.all() {
			read[g.chat] = append(read[g.chat], g.title)
		}
		for _, ref := range late {
			want := []string{string(owed(ref, 1, begin).ID), string(owed(ref, 2, begin).ID)}
			if !slices.Equal(read[ref], want) {
				t.Errorf("%s read %q", ref, read[ref])
			}
		}
		p.stop()
	})
}
