package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"karussell/bot"
	"karussell/store/ledger"
)

// Several processes on one database are replicas. Work that only one may do is
// done under a lease in the database; everything it writes is fenced, so that a
// replica that slept through its lease writes nothing.

// claimLease is how long claimed deliveries are a replica's own, measured in
// leases: a lane holds what it sends in the next seconds, and each send ends
// before its claim does.
const claimLease = 4

// alone runs a loop on one replica at a time; nil runs it at once.
type alone func(ctx context.Context, name string, loop func(context.Context) error) error

func (a alone) run(ctx context.Context, name string, loop func(context.Context) error) error {
	if a == nil {
		return loop(ctx)
	}
	return a(ctx, name, loop)
}

// replica is this process among the others. A dead one's work stays undone for
// lease at most. The replicas' clocks must agree to within a few seconds; a wrong
// clock can make two of them work, but the fence lets only one write.
type replica struct {
	store  bot.Store
	holder string
	lease  time.Duration
	now    func() time.Time
	log    *slog.Logger
}

func newReplica(store bot.Store, lease time.Duration, now func() time.Time, log *slog.Logger) *replica {
	host, err := os.Hostname()
	if err != nil {
		host = "replica"
	}
	return &replica{store, fmt.Sprintf("%s-%d-%s", host, os.Getpid(), rand.Text()[:8]), lease, now, log}
}

// step is how often a lease is prolonged or asked for.
func (r *replica) step() time.Duration { return r.lease / 6 }

// alone waits for the lease, runs loop as long as it is held, and begins again
// when it was lost. It returns when ctx or the loop has ended.
func (r *replica) alone(ctx context.Context, name string, loop func(context.Context) error) error {
	for {
		l, ok, err := r.acquire(ctx, name)
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "lease not asked for", "lease", name, "error", err)
		}
		if err == nil && ok {
			r.log.InfoContext(ctx, "lease taken", "lease", name, "fence", l.Fence)
			lost, err := r.hold(ctx, l, loop)
			if !lost || ctx.Err() != nil {
				return err
			}
			r.log.WarnContext(ctx, "lease lost", "lease", name, "fence", l.Fence)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(r.untilFree(l)):
		}
	}
}

// untilFree is when to ask again for a lease of somebody else: when it runs out,
// should it not be prolonged; and every step, should it be given back before.
func (r *replica) untilFree(l bot.Lease) time.Duration {
	if left := l.Until.Sub(r.now()); left > 0 {
		return min(left+time.Millisecond, r.step())
	}
	return r.step()
}

func (r *replica) acquire(ctx context.Context, name string) (l bot.Lease, ok bool, err error) {
	err = r.store.Update(ctx, func(tx bot.Tx) (err error) {
		l, ok, err = ledger.AcquireLease(tx, name, r.holder, r.now(), r.lease)
		return err
	})
	return l, ok, err
}

// hold runs loop under the lease and waits for its end.
func (r *replica) hold(ctx context.Context, l bot.Lease, loop func(context.Context) error) (lost bool, err error) {
	inside, stop := context.WithCancel(context.WithValue(ctx, fenceKey{}, l))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- loop(inside) }()
	ticker := time.NewTicker(r.step())
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			r.release(ctx, l)
			return lost, err
		case <-ticker.C:
		}
		if !lost && ctx.Err() == nil && !r.keep(ctx, &l) {
			lost = true
			stop()
		}
	}
}

// keep prolongs the lease. A store that does not answer is no loss until the
// lease has run out.
func (r *replica) keep(ctx context.Context, l *bot.Lease) bool {
	ctx, cancel := context.WithDeadline(ctx, time.Now().Add(max(l.Until.Sub(r.now()), r.step())))
	defer cancel()
	next, ok, err := r.acquire(ctx, l.Name)
	if err != nil {
		return r.now().Before(l.Until)
	}
	if !ok || next.Fence != l.Fence {
		return false
	}
	l.Until = next.Until
	return true
}

func (r *replica) release(ctx context.Context, l bot.Lease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := r.store.Update(ctx, func(tx bot.Tx) error {
		if err := ledger.CheckLease(tx, l); err != nil {
			return err
		}
		return ledger.ReleaseLease(tx, l.Name, l.Holder)
	})
	if err != nil && !errors.Is(err, ledger.ErrLeaseLost) {
		r.log.WarnContext(ctx, "lease not given back; it runs out by itself", "lease", l.Name, "error", err)
	}
}

// fenceKey finds the lease under which a context's work is done.
type fenceKey struct{}

// fenced refuses writes of work whose lease was lost.
type fenced struct{ bot.Store }

// Update checks the lease in the same transaction.
func (f fenced) Update(ctx context.Context, fn func(bot.Tx) error) error {
	l, ok := ctx.Value(fenceKey{}).(bot.Lease)
	if !ok {
		return f.Store.Update(ctx, fn)
	}
	return f.Store.Update(ctx, func(tx bot.Tx) error {
		if err := ledger.CheckLease(tx, l); err != nil {
			return err
		}
		return fn(tx)
	})
}
