package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"go.etcd.io/bbolt"

	"karussell/bot"
	"karussell/store/ledger"
)

// groupSize bounds how many updates share one file transaction, so that the
// first of them does not wait for ever.
const groupSize = 256

// engine is a ledger.Engine over a bbolt file.
//
// Update queues a job and waits. The writer takes what is queued, opens one
// file transaction and gives every job its turn: the function then runs in its
// own caller's goroutine, while the writer waits. So a function may end its
// goroutine or panic without taking the writer along.
type engine struct {
	db   *bbolt.DB
	path string
	log  *slog.Logger

	jobs    chan *job
	stopped chan struct{} // closed when the writer is gone; nil when read only

	mu     sync.RWMutex // guards closed and the start of transactions
	closed bool
	users  sync.WaitGroup
}

func newEngine(db *bbolt.DB, path string, o Options) *engine {
	e := &engine{db: db, path: path, log: o.Log}
	if !o.ReadOnly {
		e.jobs = make(chan *job, groupSize)
		e.stopped = make(chan struct{})
		go e.write()
	}
	return e
}

func (e *engine) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return bot.ErrClosed
	}
	e.users.Add(1)
	return nil
}

func (e *engine) View(ctx context.Context, fn func(ledger.Reader) error) (err error) {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	defer protect(&err, nil)()
	tx, err := e.db.Begin(false)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback() }()
	return fn(newTransaction(tx))
}

// Update gives up waiting when ctx ends before the function's turn has come.
func (e *engine) Update(ctx context.Context, fn func(ledger.Writer) error) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	if e.jobs == nil {
		return errReadOnly
	}
	j := newJob(fn)
	select {
	case e.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	}
	return j.wait(ctx)
}

// alone runs fn while nothing is written.
func (e *engine) alone(ctx context.Context, fn func() error) error {
	if e.jobs == nil {
		return fn()
	}
	return e.Update(ctx, func(ledger.Writer) error { return fn() })
}

func (e *engine) Close() error {
	e.mu.Lock()
	was := e.closed
	e.closed = true
	e.mu.Unlock()
	e.users.Wait()
	if was {
		return bot.ErrClosed
	}
	if e.jobs != nil {
		close(e.jobs)
		<-e.stopped
	}
	return e.db.Close()
}

// write is the writer's goroutine; it ends when jobs is closed.
func (e *engine) write() {
	defer close(e.stopped)
	for first := range e.jobs {
		group := []*job{first}
	drain:
		for len(group) < groupSize {
			select {
			case j, ok := <-e.jobs:
				if !ok {
					break drain
				}
				group = append(group, j)
			default:
				break drain
			}
		}
		e.commit(taken(group))
	}
}

// commit runs a group in one file transaction. When that cannot be committed,
// or a function fails after it has written, the transaction is rolled back and
// run again: without the failing function, which then runs alone.
func (e *engine) commit(group []*job) {
	var alone []*job
	for len(group) > 0 {
		bad, err := e.attempt(group)
		if err == nil && bad < 0 {
			break
		}
		if len(group) == 1 {
			group[0].finish(err)
			break
		}
		if bad < 0 || len(alone) >= maxFailures {
			alone = append(alone, group...)
			break
		}
		alone = append(alone, group[bad])
		group = append(group[:bad:bad], group[bad+1:]...)
	}
	for _, j := range alone {
		if _, err := e.attempt([]*job{j}); err != nil {
			j.finish(err)
		}
	}
}

// maxFailures is how often a group is begun again before its jobs run one by
// one.
const maxFailures = 4

// attempt runs the jobs in one transaction and, when all is well, tells them.
// Otherwise nothing is kept: bad is the job that failed after it had written,
// or -1 when the transaction itself did.
func (e *engine) attempt(group []*job) (bad int, err error) {
	bad = -1
	var tx *bbolt.Tx
	defer protect(&err, func() {
		bad = -1
		e.abandon(tx)
	})()
	if tx, err = e.db.Begin(true); err != nil {
		return -1, classify(err)
	}
	t := newTransaction(tx)
	results := make([]error, len(group))
	for i, j := range group {
		before := t.writes
		results[i] = j.run(t)
		if results[i] != nil && t.writes != before {
			if err := tx.Rollback(); err != nil {
				return -1, err
			}
			return i, results[i]
		}
	}
	if t.writes == 0 {
		err = tx.Rollback()
	} else {
		err = tx.Commit()
	}
	if err != nil {
		return -1, e.full(classify(err))
	}
	for i, j := range group {
		j.finish(results[i])
	}
	return -1, nil
}

// abandon gets rid of a transaction in which bbolt panicked.
func (e *engine) abandon(tx *bbolt.Tx) {
	var err error
	defer protect(&err, func() { e.log.Error("the database is damaged", "path", e.path, "error", err) })()
	if tx != nil {
		_ = tx.Rollback()
	}
}

// full names the file that is full, and recognises a full disk where bbolt
// reports it without its cause.
func (e *engine) full(err error) error {
	switch {
	case errors.Is(err, bot.ErrFull):
	case !errors.Is(err, bot.ErrCorrupt) && diskFull(e.path):
		err = fmt.Errorf("%w: %w", bot.ErrFull, err)
	default:
		return err
	}
	return fmt.Errorf("%s: %w", e.path, err)
}
