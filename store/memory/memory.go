// Package memory is a store without a file: a working fake for tests, the demo
// and development.
//
// Law: it behaves like the other stores in everything but durability. A reader
// sees one state however long it reads, and never blocks a writer.
package memory

import (
	"context"
	"sync"
	"sync/atomic"

	"karussell/bot"
	"karussell/store/ledger"
)

// Store is a bot.Store in memory. It is safe for concurrent use.
type Store struct {
	*ledger.Ledger
	engine *engine
}

// New makes an empty store.
func New() *Store {
	e := &engine{turn: make(chan struct{}, 1)}
	e.now.Store(&state{})
	return &Store{Ledger: ledger.New(e), engine: e}
}

// Check looks for contradictions between records and indexes.
func (s *Store) Check(ctx context.Context) ([]ledger.Problem, error) {
	var problems []ledger.Problem
	err := s.engine.View(ctx, func(r ledger.Reader) (err error) {
		problems, err = ledger.Check(ctx, r)
		return err
	})
	return problems, err
}

// Engine is the store below the ledger, for copying between stores.
func (s *Store) Engine() ledger.Engine { return s.engine }

// spaceCount is the size of the table of spaces.
const spaceCount = 64

// state is one consistent state: immutable trees, so that a reader needs no
// lock and a failed update leaves nothing behind.
type state struct {
	trees     [spaceCount]*node
	sequences [spaceCount]uint64
}

type engine struct {
	now  atomic.Pointer[state]
	turn chan struct{} // held by the writer

	mu     sync.RWMutex // guards closed and the start of transactions
	closed bool
	users  sync.WaitGroup
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

func (e *engine) View(ctx context.Context, fn func(ledger.Reader) error) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	return fn(&transaction{state: *e.now.Load()})
}

func (e *engine) Update(ctx context.Context, fn func(ledger.Writer) error) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-e.turn }()
	t := &transaction{state: *e.now.Load()}
	if err := fn(t); err != nil {
		return err
	}
	e.now.Store(&t.state)
	return nil
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
	return nil
}

// transaction works on its own copy of the state.
type transaction struct{ state state }

func (t *transaction) Get(s ledger.Space, key []byte) ([]byte, error) {
	return t.state.trees[s].get(string(key)), nil
}

func (t *transaction) Scan(s ledger.Space, r ledger.Range, fn func(key, value []byte) (bool, error)) error {
	_, err := t.state.trees[s].scan(bounds{string(r.From), string(r.To), r.To != nil, r.Reverse}, fn)
	return err
}

func (t *transaction) Sequence(s ledger.Space) (uint64, error) { return t.state.sequences[s], nil }

func (t *transaction) Put(s ledger.Space, key, value []byte) error {
	t.state.trees[s] = t.state.trees[s].put(string(key), append([]byte{}, value...))
	return nil
}

func (t *transaction) Delete(s ledger.Space, key []byte) error {
	t.state.trees[s] = t.state.trees[s].remove(string(key))
	return nil
}

func (t *transaction) Next(s ledger.Space) (uint64, error) {
	t.state.sequences[s]++
	return t.state.sequences[s], nil
}

func (t *transaction) Raise(s ledger.Space, n uint64) error {
	t.state.sequences[s] = max(t.state.sequences[s], n)
	return nil
}
