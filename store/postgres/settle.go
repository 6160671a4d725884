package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"karussell/bot"
	"karussell/store/ledger"
)

// clerks settle what senders report: those of one process share transactions,
// one at a time (with two, groups were half as large and half as fast), which run
// beside those of other processes.
type clerks struct {
	engine *engine
	desk   chan struct{} // held while a group is settled
	last   atomic.Int64  // size of the last group
	mu     sync.Mutex
	queue  []*settling
}

// gather is how long the first of a group waits for others, where there were
// others before: senders that were answered together report together again.
const gather = 500 * time.Microsecond

func newClerks(e *engine) *clerks { return &clerks{engine: e, desk: make(chan struct{}, 1)} }

// settling is one Settle in the queue of its process.
type settling struct {
	ledger.Settlement
	state atomic.Int32 // queued, taken or withdrawn
	done  chan error
}

// settle gives ledger.ErrNotTaken for what needs its turn.
func (c *clerks) settle(ctx context.Context, one ledger.Settlement) error {
	if err := c.engine.enter(ctx); err != nil {
		return err
	}
	defer c.engine.users.Done()
	s := &settling{Settlement: one, done: make(chan error, 1)}
	c.mu.Lock()
	c.queue = append(c.queue, s)
	c.mu.Unlock()
	for {
		select {
		case err := <-s.done:
			return err
		case c.desk <- struct{}{}:
			c.lead(ctx)
		case <-ctx.Done():
			if s.state.CompareAndSwap(queued, withdrawn) {
				return ctx.Err()
			}
			return <-s.done
		}
	}
}

// lead settles one group in one transaction and frees the desk.
func (c *clerks) lead(ctx context.Context) {
	defer func() { <-c.desk }()
	if c.last.Load() > 1 {
		time.Sleep(gather)
	}
	group := c.take()
	if len(group) == 0 {
		return
	}
	c.last.Store(int64(len(group)))
	list := make([]ledger.Settlement, len(group))
	for i, s := range group {
		list[i] = s.Settlement
	}
	// One caller's end is not the others'.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*patience)
	defer cancel()
	c.engine.updates.Add(int64(len(group)))
	var left []int
	err := c.engine.beside(ctx, func(t *transaction) (err error) {
		left, err = ledger.SettleBeside(t, list)
		return err
	})
	if err != nil && !errors.Is(err, errLost) && !errors.Is(err, bot.ErrFull) {
		err = ledger.ErrNotTaken // whose fault it is shows when each has its turn
	}
	if err == nil {
		for _, i := range left {
			group[i].done <- ledger.ErrNotTaken
			group[i] = nil
		}
	}
	for _, s := range group {
		if s != nil {
			s.done <- err
		}
	}
}

// take takes the first of the queue whose callers still wait.
func (c *clerks) take() []*settling {
	c.mu.Lock()
	defer c.mu.Unlock()
	var group []*settling
	for len(c.queue) > 0 && len(group) < groupSize {
		s := c.queue[0]
		c.queue = c.queue[1:]
		if s.state.CompareAndSwap(queued, taken) {
			group = append(group, s)
		}
	}
	return group
}
