package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"karussell/bot"
)

// Ledger is a bot.Store over an engine. It is safe for concurrent use.
type Ledger struct {
	engine     Engine
	filters    filters
	generation int64 // identity keys that fill one
}

var _ bot.Store = (*Ledger)(nil)

// New makes a store of an engine whose schema was prepared (see Migrate).
func New(e Engine) *Ledger { return &Ledger{engine: e, generation: generationSize} }

// View runs fn on one consistent state. A panic in fn is returned as a
// *PanicError.
func (l *Ledger) View(ctx context.Context, fn func(bot.ReadTx) error) error {
	return l.engine.View(ctx, func(r Reader) error {
		return contain(func() error { return fn(&view{kv: r, filters: &l.filters}) })
	})
}

// Update runs fn and commits all of it or nothing. A panic in fn is returned as
// a *PanicError, and nothing is kept.
func (l *Ledger) Update(ctx context.Context, fn func(bot.Tx) error) error {
	return l.update(ctx, func(t *tx) error { return fn(t) })
}

// Claim leases deliveries; see bot.Outbox.
func (l *Ledger) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]bot.Delivery, error) {
	var out []bot.Delivery
	err := l.update(ctx, func(t *tx) (err error) {
		out, err = t.claim(now, lease, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Settle ends a claim; see bot.Outbox.
func (l *Ledger) Settle(ctx context.Context, id bot.DeliveryID, o bot.Outcome) error {
	return l.update(ctx, func(t *tx) error { return t.settle(id, o) })
}

// ReleaseLeases ends every lease at once: for a store that only one process can
// open, when that process begins. Whoever held them is gone, so nobody needs to
// wait until they expire.
func (l *Ledger) ReleaseLeases(ctx context.Context) error {
	return l.update(ctx, func(t *tx) error { return t.expire(time.Unix(0, 1<<62)) })
}

// Close waits for transactions under way.
func (l *Ledger) Close() error { return l.engine.Close() }

func (l *Ledger) update(ctx context.Context, fn func(*tx) error) error {
	return l.engine.Update(ctx, func(w Writer) error {
		return contain(func() error {
			t := newTx(w)
			t.filters, t.generation = &l.filters, l.generation
			if err := fn(t); err != nil {
				return err
			}
			if err := t.sealFull(); err != nil {
				return err
			}
			return t.flush()
		})
	})
}

// PanicError is a panic inside a transaction, turned into an error so that one
// caller's mistake does not end the program with everybody else's transactions.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic in transaction: %v", e.Value) }

// contain turns panics into errors. A memory fault can only come from a mapped
// file that lost its end, where the engine lets faults panic at all.
func contain(fn func() error) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = fmt.Errorf("%w: a part of the file cannot be read", bot.ErrCorrupt)
		default:
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn()
}

// view is a reading transaction.
type view struct {
	kv      Reader
	pending *[counters]int64 // counted in this transaction, not flushed yet
	filters *filters         // nil: every generation is looked into
	open    uint64           // generation of identity keys; 0: not read yet
	writes  bool
	story   struct { // looked at last by a transaction that writes
		ID       bot.StoryID
		Revision int
	}
}

// tx is a writing transaction.
type tx struct {
	view
	kv         Writer
	delta      [counters]int64
	generation int64 // identity keys that fill one
}

// counter is a number that would be slow to count.
type counter int

const (
	articleCount counter = iota
	waitingCount         // unsettled and not leased
	leasedCount
	parkedCount
	fanoutCount
	identityCount // in generations from 1
	counters
)

func (c counter) key() []byte { return []byte("count/" + counterNames[c]) }

//nolint:gochecknoglobals // a constant table
var counterNames = [counters]string{"articles", "waiting", "leased", "parked", "fanouts", "identities"}

func (v *view) count(c counter) (int, error) {
	n, err := getNumber(v.kv, Meta, c.key())
	if err != nil {
		return 0, err
	}
	if v.pending != nil {
		n += uint64(v.pending[c]) //nolint:gosec // wraps around to a subtraction
	}
	return int(n), nil //nolint:gosec // counts fit
}

func (t *tx) bump(c counter, by int64) { t.delta[c] += by }

func newTx(w Writer) *tx {
	t := &tx{view: view{kv: w, writes: true}, kv: w}
	t.pending = &t.delta
	return t
}

// flush writes what was counted.
func (t *tx) flush() error {
	adder, adds := t.kv.(Adder)
	for c, by := range t.delta {
		if by == 0 {
			continue
		}
		if adds {
			if err := adder.Add(counter(c).key(), by); err != nil {
				return err
			}
			t.delta[c] = 0
			continue
		}
		n, err := t.count(counter(c))
		if err != nil {
			return err
		}
		if err := t.kv.Put(Meta, counter(c).key(), number(uint64(n))); err != nil { //nolint:gosec // counts are not negative
			return err
		}
		t.delta[c] = 0
	}
	return nil
}

// getNumber reads a number; 0 when there is none.
func getNumber(r Reader, s Space, key []byte) (uint64, error) {
	b, err := r.Get(s, key)
	if err != nil || b == nil {
		return 0, err
	}
	return lastNumber(b)
}

// get reads a record, or bot.ErrNotFound.
func get[T any](r Reader, c codec[T], s Space, key []byte) (v T, err error) {
	b, err := r.Get(s, key)
	if err != nil {
		return v, err
	}
	if b == nil {
		return v, bot.ErrNotFound
	}
	return c.decode(b)
}

// find is get that says whether the record is there.
func find[T any](r Reader, c codec[T], s Space, key []byte) (v T, ok bool, err error) {
	v, err = get(r, c, s, key)
	if errors.Is(err, bot.ErrNotFound) {
		return v, false, nil
	}
	return v, err == nil, err
}

func put[T any](w Writer, c codec[T], s Space, key []byte, v T) error {
	b, err := c.encode(v)
	if err != nil {
		return err
	}
	return w.Put(s, key, b)
}

// mark puts an index entry without a value.
func (t *tx) mark(s Space, key []byte) error { return t.kv.Put(s, key, []byte{}) }

func (v *view) has(s Space, key []byte) (bool, error) {
	b, err := v.kv.Get(s, key)
	return b != nil, err
}

// most is a list's limit with its default.
func most(limit int) int {
	if limit <= 0 {
		return 20
	}
	return limit
}

// collect scans r and gathers what fn makes of up to limit entries.
func collect[T any](kv Reader, s Space, r Range, limit int, fn func(key, value []byte) (T, error)) ([]T, error) {
	var out []T
	err := kv.Scan(s, r, func(k, v []byte) (bool, error) {
		item, err := fn(k, v)
		if err != nil {
			return false, err
		}
		out = append(out, item)
		return len(out) < limit, nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// numbers collects the numbers at the end of the keys of r.
func numbers(kv Reader, s Space, r Range, limit int) ([]uint64, error) {
	return collect(kv, s, r, limit, func(k, _ []byte) (uint64, error) { return lastNumber(k) })
}

const maxInt = int(^uint(0) >> 1)
