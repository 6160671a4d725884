package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/memory"
)

// TestReplicasShareALimit: dispatchers of several processes on one store keep the
// platform's limit together, and use it; and no chat gets more than its own from
// all of them.
func TestReplicasShareALimit(t *testing.T) {
	for _, replicas := range []int{2, 3} {
		for name, limits := range map[string]bot.Limits{
			"telegram": {Global: 28, Burst: 28, PerChat: 1, ChatBurst: 3, PerGroup: 20.0 / 60, Concurrent: 16},
			"discord":  {Global: 35, Burst: 2, PerChat: 0.8, ChatBurst: 1, Concurrent: 32},
		} {
			t.Run(fmt.Sprint(replicas, " on ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { shareALimit(t, replicas, limits) })
			})
		}
	}
}

func shareALimit(t *testing.T, replicas int, limits bot.Limits) {
	t.Helper()
	r := newRecorder(limits)
	r.strict, r.latency = limits.Global, 80*time.Millisecond
	store := memory.New()
	var ds []bot.Delivery
	const many, busy = 3000, 40
	for i := range many {
		ds = append(ds, owed(chat(i), 1, time.Now()))
	}
	group := bot.ChatRef{Platform: "telegram", Chat: "-100"}
	for i := range busy { // each chat's next may be any replica's
		ds = append(ds, owed(chat(1), bot.StoryID(10+i), time.Now()), owed(group, bot.StoryID(10+i), time.Now()))
	}
	owe(t, store, ds...)
	begun := time.Now()
	var plays []*play
	for rank := range replicas {
		gate := outbox.NewGate(limits, nil)
		gate.Share(outbox.Share{Rank: rank, Of: replicas, Until: begun.Add(24 * time.Hour)})
		plays = append(plays, startOn(t, store, outbox.Setup{Platforms: []bot.Platform{r}, Gates: map[bot.PlatformName]*outbox.Gate{"telegram": gate}}))
	}
	plays[0].untilEmpty(time.Hour)
	for _, p := range plays {
		p.stop()
	}
	if r.refused != 0 {
		t.Errorf("%d messages above the limit", r.refused)
	}
	got := r.all()
	perChat := map[string][]time.Time{}
	for _, g := range got {
		perChat[g.chat.Chat] = append(perChat[g.chat.Chat], g.at)
	}
	if n := most(perChat["1"], 10*time.Second); n > int(10*limits.PerChat)+1 {
		t.Errorf("%d messages in ten seconds of a chat", n)
	}
	if n := most(perChat["-100"], time.Minute); limits.PerGroup > 0 && n > 20 {
		t.Errorf("%d messages in a minute of a group", n)
	}
	const bulk = many * 9 / 10
	took := got[bulk].at.Sub(got[0].at)
	used := bulk / took.Seconds() / limits.Global
	t.Logf("%d messages, %.0f %% of the limit used", len(got), 100*used)
	if used < 0.9 || len(got) != len(ds) {
		t.Errorf("%d of %d messages, %.0f %% of the limit used", len(got), len(ds), 100*used)
	}
}

// TestShareEnds: without a valid share nothing goes out, and what is not sent
// stays with the others.
func TestShareEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := bot.Limits{Global: 28, PerChat: 1, Concurrent: 4}
		r := newRecorder(limits)
		gate := outbox.NewGate(limits, nil)
		gate.Share(outbox.Share{})
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}, Gates: map[bot.PlatformName]*outbox.Gate{"telegram": gate}}, owed(chat(1), 1, time.Now()))
		defer p.stop()
		time.Sleep(time.Minute)
		if size := p.size(); len(r.all()) != 0 || size.Leased != 0 {
			t.Errorf("sent %d, claimed %d without a share", len(r.all()), size.Leased)
		}
		gate.Share(outbox.Share{Of: 2, Until: time.Now().Add(time.Hour)})
		p.untilEmpty(time.Minute)
		gate.Share(outbox.Share{Of: 2, Until: time.Now().Add(-time.Second)})
		owe(t, p.store, owed(chat(2), 1, time.Now()))
		time.Sleep(time.Minute)
		if len(r.all()) != 1 {
			t.Error("sent after the share's end")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := gate.Answer(ctx, chat(3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an answer passed after the share's end: %v", err)
		}
	})
}
