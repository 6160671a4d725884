package status

import (
	"context"
	"time"

	"karussell/bot"
)

// Timed wraps a store so that meter observes how long its transactions take.
func Timed(s bot.Store, meter bot.Meter) bot.Store { return &timed{Store: s, meter: meter} }

type timed struct {
	bot.Store
	meter bot.Meter
}

// Unwrap is the store itself, for what only one kind of store can do.
func (t *timed) Unwrap() bot.Store { return t.Store }

func (t *timed) observe(kind string, start time.Time) {
	t.meter.Observe("transaction_seconds", time.Since(start).Seconds(), "kind", kind)
}

func (t *timed) View(ctx context.Context, fn func(bot.ReadTx) error) error {
	defer t.observe("view", time.Now())
	return t.Store.View(ctx, fn)
}

func (t *timed) Update(ctx context.Context, fn func(bot.Tx) error) error {
	defer t.observe("update", time.Now())
	return t.Store.Update(ctx, fn)
}

func (t *timed) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]bot.Delivery, error) {
	defer t.observe("claim", time.Now())
	return t.Store.Claim(ctx, now, lease, limit)
}

func (t *timed) Settle(ctx context.Context, id bot.DeliveryID, o bot.Outcome) error {
	defer t.observe("settle", time.Now())
	return t.Store.Settle(ctx, id, o)
}
