package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/postgres"
)

// TestBesideEachOther: several replicas claim and settle in every way, while
// others write to the same chats, pause and move them. No index contradicts a
// record afterwards, nobody ever has two deliveries of one chat, and what is put
// is handed out until it is settled.
func TestBesideEachOther(t *testing.T) { stress(t, schema(t), 60) }

func stress(t *testing.T, address string, rounds int) {
	t.Helper()
	const chats, stores = 12, 3
	var clock atomic.Int64
	now := func() time.Time { return noon.Add(time.Duration(clock.Load()) * time.Second) }
	var wg sync.WaitGroup
	for n := range stores {
		s := open(t, address)
		r := rand.New(rand.NewPCG(uint64(n), 7))
		wg.Go(func() {
			for range rounds {
				clock.Add(1)
				list, err := s.Claim(t.Context(), now(), time.Duration(1+r.IntN(20))*time.Second, 1+r.IntN(6))
				if err != nil {
					t.Error(err)
				}
				settleSomehow(t, s, r, list, now())
			}
		})
		w := rand.New(rand.NewPCG(uint64(n), 8))
		wg.Go(func() {
			for i := range rounds {
				if err := s.Update(t.Context(), func(tx bot.Tx) error { return meddle(tx, w, chats, n*rounds+i, now()) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s := open(t, address)
	for _, p := range problems(t, s) {
		t.Error(p)
	}
	drain(t, s, chats, now().Add(time.Hour))
	emptyAndSound(t, s)
}

// settleSomehow settles deliveries in all ways at once, some of them twice, and
// leaves some to expire.
func settleSomehow(t *testing.T, s *postgres.Store, r *rand.Rand, list []bot.Delivery, now time.Time) {
	t.Helper()
	seen := map[bot.ChatRef]bool{}
	var wg sync.WaitGroup
	for _, d := range list {
		if seen[d.Chat] {
			t.Errorf("two deliveries of %s in one claim", d.Chat)
		}
		seen[d.Chat] = true
		var o bot.Outcome
		switch r.IntN(10) {
		case 0:
			continue
		case 1:
			o = bot.Outcome{State: bot.Retry, Due: now.Add(time.Second), Hold: now.Add(2 * time.Second), Unsure: true}
		case 2:
			o = bot.Outcome{State: bot.Returned, Hold: now.Add(time.Second)}
		case 3:
			o = bot.Outcome{State: bot.Retry, Pause: bot.PauseForbid}
		case 4:
			to := chat(r.IntN(12))
			o = bot.Outcome{State: bot.Retry, Moved: &to}
		case 5:
			o = bot.Outcome{State: bot.Skipped}
		default:
			o = bot.Outcome{State: bot.Sent, Message: "m", Hash: "h"}
		}
		for range 1 + r.IntN(5)/4 {
			wg.Go(func() {
				if err := s.Settle(t.Context(), d.ID, o); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
}

// meddle writes to a few chats as a fan-out and commands do.
func meddle(tx bot.Tx, r *rand.Rand, chats, n int, now time.Time) error {
	for k := range 1 + r.IntN(4) {
		ref := chat(r.IntN(chats))
		d := bot.Delivery{
			ID: bot.DeliveryID(fmt.Sprintf("%s %d.%d", ref, n, k)), Chat: ref, Kind: bot.DeliverPost, Story: bot.StoryID(n + 1),
			Revision: 1 + k, Stage: bot.StageTalks, Priority: bot.Priority(r.IntN(3)), Due: now, Created: now,
		}
		if _, err := tx.Posting(ref, d.Story); err != nil && !errors.Is(err, bot.ErrNotFound) {
			return err
		}
		if err := tx.PutDelivery(d); err != nil {
			return err
		}
		switch r.IntN(12) {
		case 0:
			if err := tx.DeleteDelivery(d.ID); err != nil {
				return err
			}
		case 1, 2, 3:
			c, err := tx.Chat(ref)
			if err != nil && !errors.Is(err, bot.ErrNotFound) {
				return err
			}
			c.Ref, c.Paused = ref, bot.NotPaused
			if r.IntN(3) == 0 {
				c.Paused = bot.PauseGone
			}
			if err := tx.PutChat(c); err != nil {
				return err
			}
		case 4:
			if err := tx.MoveChat(ref, chat(r.IntN(chats))); err != nil {
				return err
			}
		case 5:
			if r.IntN(4) == 0 {
				if err := tx.DeleteChat(ref); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// drain wakes every chat and settles what is left.
func drain(t *testing.T, s *postgres.Store, chats int, now time.Time) {
	t.Helper()
	for n := range chats {
		err := s.Update(t.Context(), func(tx bot.Tx) error { return tx.PutChat(bot.Chat{Ref: chat(n)}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	for {
		list, err := s.Claim(t.Context(), now, time.Hour, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		for _, d := range list {
			if err := s.Settle(t.Context(), d.ID, bot.Outcome{State: bot.Sent, Message: "m"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
