package outbox_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
)

// TestAnswersAndAlertsShareALimit: a group of which all topics are addressed, a
// private chat and a long backlog get alerts while their members ask. Together
// they keep the limits of chat and platform, and answers come first.
func TestAnswersAndAlertsShareALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := bot.Limits{Global: 28, PerChat: 1, ChatBurst: 3, PerGroup: 20.0 / 60, Concurrent: 16}
		r := newRecorder(limits)
		r.strict = 28
		gate := outbox.NewGate(limits, nil)
		group, topic := bot.ChatRef{Platform: "telegram", Chat: "-100"}, bot.ChatRef{Platform: "telegram", Chat: "-100", Thread: "7"}
		var ds []bot.Delivery
		for i := range 3000 {
			ds = append(ds, owed(chat(i), 1, time.Now()))
		}
		for i := range 60 {
			for _, ref := range []bot.ChatRef{group, topic, chat(1)} {
				d := owed(ref, bot.StoryID(10+i), time.Now())
				d.Priority = bot.PriorityOfficial
				ds = append(ds, d)
			}
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}, Gates: map[bot.PlatformName]*outbox.Gate{"telegram": gate}}, ds...)
		var asking sync.WaitGroup
		var waits sync.Map
		for _, ref := range []bot.ChatRef{group, topic, chat(1), chat(2)} {
			asking.Go(func() {
				for range 15 {
					asked := time.Now()
					answer(t, r, gate, ref)
					waits.Store(asked.Format(time.RFC3339Nano)+ref.String(), time.Since(asked))
					time.Sleep(time.Duration(len(ref.Chat)) * 2 * time.Second) // a private chat is quicker
				}
			})
		}
		asking.Wait()
		p.untilEmpty(time.Hour)
		p.stop()
		if r.refused != 0 {
			t.Errorf("%d messages above the platform's limit", r.refused)
		}
		perChat := map[string][]time.Time{}
		for _, g := range r.all() {
			perChat[g.chat.Chat] = append(perChat[g.chat.Chat], g.at)
		}
		if n := most(perChat["-100"], time.Minute); n > 20 {
			t.Errorf("%d messages in a minute of the group", n)
		}
		for _, c := range []string{"1", "2"} {
			if n := most(perChat[c], 10*time.Second); n > 13 {
				t.Errorf("chat %s: %d messages in ten seconds", c, n)
			}
		}
		waits.Range(func(k, v any) bool {
			// The members of the group ask no more often than it has room for.
			if v.(time.Duration) > 10*time.Second {
				t.Errorf("%v waited %v", k, v)
			}
			return true
		})
	})
}

// answer is how an adapter answers: when it is told to come again, it does.
func answer(t *testing.T, r *recorder, gate *outbox.Gate, ref bot.ChatRef) {
	t.Helper()
	for {
		err := gate.Answer(context.Background(), ref)
		var later *bot.SendError
		switch {
		case errors.As(err, &later) && later.Kind == bot.SendLimited && later.RetryAfter > 0:
			time.Sleep(later.RetryAfter)
			continue
		case err != nil:
			t.Error(err)
			return
		}
		if _, err := r.Send(context.Background(), ref, bot.Message{Title: "answer"}); err != nil {
			t.Error(err)
		}
		return
	}
}

// most is the largest number of times within any span.
func most(times []time.Time, span time.Duration) (n int) {
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i, at := range times {
		for at.Sub(times[first]) >= span {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}

// TestLimitsOfAnswersHoldForAlerts: what the platform says to an answer counts
// for the outbox, and the other way round; and nobody waits for hours in a
// worker.
func TestLimitsOfAnswersHoldForAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := bot.Limits{Global: 28, PerChat: 1, Concurrent: 4}
		r := newRecorder(limits)
		gate := outbox.NewGate(limits, nil)
		begin := time.Now()
		gate.Limited(chat(1), &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Hour})
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}, Gates: map[bot.PlatformName]*outbox.Gate{"telegram": gate}},
			owed(chat(1), 1, begin), owed(chat(2), 1, begin))
		time.Sleep(10 * time.Second)
		if got := r.all(); len(got) != 1 || got[0].chat != chat(2) {
			t.Errorf("sent %+v", got)
		}
		p.untilEmpty(2 * time.Hour)
		if at := r.all()[1].at.Sub(begin); at < time.Hour || at > time.Hour+3*time.Second {
			t.Errorf("the limited chat's alert came after %s", at)
		}
		gate.Limited(chat(1), &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Hour, Global: true})
		var later *bot.SendError
		asked := time.Now()
		if err := gate.Answer(t.Context(), chat(3)); !errors.As(err, &later) || !later.Global || later.RetryAfter != time.Hour || time.Since(asked) != 0 {
			t.Errorf("answer while all is limited: %v after %s", err, time.Since(asked))
		}
		p.stop()
	})
}

// TestCrowdIsAnsweredAtOnce: a thousand people ask within a second, and one taps
// through a hundred pages; nobody waits for limits that are meant for news to
// many. Alerts that come meanwhile still get their half of the limit.
func TestCrowdIsAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := bot.Limits{Global: 28, PerChat: 1, ChatBurst: 3, PerGroup: 20.0 / 60, Concurrent: 16}
		gate := outbox.NewGate(limits, nil)
		begin := time.Now()
		for i := range 1000 {
			if err := gate.Answer(t.Context(), chat(i)); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			if err := gate.Answer(t.Context(), chat(1)); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("answers without alerts waited %s", waited)
		}
		r := newRecorder(limits)
		var ds []bot.Delivery
		for i := range 280 {
			ds = append(ds, owed(chat(5000+i), 1, time.Now()))
		}
		p := start(t, outbox.Setup{Platforms: []bot.Platform{r}, Gates: map[bot.PlatformName]*outbox.Gate{"telegram": gate}}, ds...)
		stop := make(chan struct{})
		var crowd sync.WaitGroup
		crowd.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
				asked := time.Now()
				if err := gate.Answer(t.Context(), chat(10+i%1000)); err != nil {
					t.Error(err)
				}
				if waited := time.Since(asked); waited > 300*time.Millisecond {
					t.Errorf("an answer waited %s", waited)
				}
			}
		})
		p.untilEmpty(time.Minute)
		close(stop)
		crowd.Wait()
		p.stop()
		if took := r.all()[279].at.Sub(begin); took > 25*time.Second {
			t.Errorf("280 alerts beside a crowd took %s", took)
		}
	})
}
