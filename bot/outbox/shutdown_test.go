package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/memory"
)

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
