package postgres

import (
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"karussell/bot"
	"karussell/store/ledger"
)

// How updates are repeated.
const (
	// patience is how long an update is repeated while the server is away.
	patience = 30 * time.Second
	// groupSize is how many updates share a transaction at most.
	groupSize  = 128
	leastPause = 2 * time.Millisecond
	mostPause  = time.Second
)

type engine struct {
	pool   *pgxpool.Pool
	blocks blocks

	turn  chan struct{} // held by the process's writer that waits for the gate
	main  *lane         // its lane
	lanes chan *lane    // free, for transactions beside others

	mu     sync.RWMutex // guards closed and the start of transactions
	closed bool
	users  sync.WaitGroup

	queueMu sync.Mutex
	queue   []*job

	conflicts, groups, updates atomic.Int64
}

// lane is what one writing transaction at a time has for itself.
type lane struct {
	slot   int16  // of the totals
	writer string // its name in the receipts
	number int64  // of its last transaction
}

func newLane() *lane {
	return &lane{slot: int16(rand.IntN(1 << 15)), writer: crand.Text()} //nolint:gosec // no secret
}

func newEngine(pool *pgxpool.Pool, beside int) *engine {
	e := &engine{
		pool: pool, turn: make(chan struct{}, 1), main: newLane(), lanes: make(chan *lane, beside),
		blocks: blocks{open: map[ledger.Space]block{}},
	}
	for range beside {
		e.lanes <- newLane()
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

// Close waits for transactions under way.
func (e *engine) Close() error {
	e.mu.Lock()
	was := e.closed
	e.closed = true
	e.mu.Unlock()
	e.users.Wait()
	if was {
		return bot.ErrClosed
	}
	e.pool.Close()
	return nil
}

// View implements ledger.Engine. A connection that broke before fn began is
// replaced; later its loss is the caller's, because fn may not run again.
func (e *engine) View(ctx context.Context, fn func(ledger.Reader) error) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	deadline := time.Now().Add(patience)
	for try := 0; ; try++ {
		began, err := e.view(ctx, fn)
		if began || err == nil || !errors.Is(err, errLost) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

func (e *engine) view(ctx context.Context, fn func(ledger.Reader) error) (began bool, err error) {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return false, classify(err)
	}
	defer conn.Release() // one with an open transaction is closed by the pool
	// The select takes the snapshot: begin alone does not.
	pg := conn.Conn().PgConn()
	if _, err := pg.Exec(ctx, "begin isolation level repeatable read read only; select 1").ReadAll(); err != nil {
		return false, classify(err)
	}
	if err := fn(newTransaction(ctx, conn, e, nil)); err != nil {
		_ = rollback(ctx, conn)
		return true, err
	}
	return true, rollback(ctx, conn)
}

// rollback ends a transaction of which nothing is to be kept, also when ctx has
// ended: the connection is good for another one.
func rollback(ctx context.Context, conn *pgxpool.Conn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := conn.Conn().PgConn().Exec(ctx, "rollback").ReadAll()
	return classify(err)
}

// How a writing transaction begins. Writers that take turns exclude each other
// and the writers of earlier versions of the program (which locked the table in
// exclusive mode), but not those that run beside them; these exclude only earlier
// versions. Every statement sees what was committed before it: what a transaction
// reads is kept from others by the gate or by a chat's lock.
const (
	begin      = "begin isolation level read committed"
	gateTurn   = "lock table gate in share row exclusive mode"
	gateBeside = "lock table gate in row share mode"
)

// attempt runs fn in one transaction. unsure: the commit was sent, and its
// answer lost.
func (e *engine) attempt(ctx context.Context, l *lane, gate string, fn func(*transaction) error) (unsure bool, err error) {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return false, classify(err)
	}
	defer conn.Release()
	committed := false
	defer func() { // also when a function ends its goroutine
		switch {
		case committed:
		case errors.Is(err, errLost): // the server may be a former primary: never ask it again
			_ = conn.Conn().Close(context.WithoutCancel(ctx))
		default:
			_ = rollback(ctx, conn)
		}
	}()
	o := &opening{querier: conn, begin: []string{begin, gate}, writer: l.writer}
	t := newTransaction(ctx, o, e, l)
	t.beside = gate == gateBeside
	if err := fn(t); err != nil {
		return false, err
	}
	if err := o.start(ctx); err != nil { // before anything is sent that could be committed
		return false, classify(err)
	}
	if t.claims && o.draining {
		return false, errDraining
	}
	l.number++
	committed, err = t.commit()
	_, answered := errors.AsType[*pgconn.PgError](err)
	err = classify(err)
	return err != nil && (!answered || errors.Is(err, errLost)), err
}

// commit runs fn in transactions until one is committed or cannot be.
func (e *engine) commit(ctx context.Context, l *lane, gate string, fn func(*transaction) error) error {
	e.groups.Add(1)
	deadline := time.Now().Add(patience)
	for try := 0; ; try++ {
		unsure, err := e.attempt(ctx, l, gate, fn)
		if unsure {
			done, lost := e.committed(context.WithoutCancel(ctx), l)
			if lost != nil {
				return errors.Join(err, lost)
			}
			if done {
				return nil
			}
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errConflict):
			e.conflicts.Add(1)
		case !errors.Is(err, errLost):
			return err
		}
		if time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// beside runs fn in a transaction beside others, when a lane is free.
func (e *engine) beside(ctx context.Context, fn func(*transaction) error) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	select {
	case l := <-e.lanes:
		defer func() { e.lanes <- l }()
		return e.commit(ctx, l, gateBeside, fn)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// committed asks what became of the lane's last transaction, whose answer was
// lost. Where it is still under way, the receipt is locked and the question waits.
func (e *engine) committed(ctx context.Context, l *lane) (bool, error) {
	deadline := time.Now().Add(patience)
	for try := 0; ; try++ {
		var number int64
		err := e.pool.QueryRow(ctx, "select number from receipts where writer = $1 for update", l.writer).Scan(&number)
		if err == nil {
			return number == l.number, nil
		}
		err = classify(err)
		if !errors.Is(err, errLost) && !errors.Is(err, errConflict) || time.Now().After(deadline) {
			return false, err
		}
		if err := pause(ctx, try); err != nil {
			return false, err
		}
	}
}

// pause waits longer with every try, and never the same time as others.
func pause(ctx context.Context, try int) error {
	most := min(leastPause<<min(try, 10), mostPause)
	timer := time.NewTimer(most/2 + rand.N(most/2+1)) //nolint:gosec // no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
