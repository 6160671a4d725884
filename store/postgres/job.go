package postgres

import (
	"context"
	"errors"
	"sync/atomic"

	"karussell/store/ledger"
)

// job is one Update in the queue of its process.
type job struct {
	ctx   context.Context //nolint:containedctx // the caller's, as long as it waits
	fn    func(ledger.Writer) error
	state atomic.Int32
	err   error // of fn
	done  chan error
}

// States of a job: its caller may withdraw it until a writer takes it.
const (
	queued int32 = iota
	taken
	withdrawn
)

// errGone: the function ended its goroutine instead of returning.
var errGone = errors.New("the function did not return")

// try runs the function; its own error ends its part of the transaction only.
func (j *job) try(t *transaction, shared bool) error {
	var before savepoint
	if shared {
		before = t.save()
	}
	j.err = j.fn(t)
	switch {
	case t.failed != nil:
		return t.failed
	case j.err == nil:
		return nil
	case !shared:
		return j.err
	}
	t.undo(before)
	return nil
}

// Update implements ledger.Engine. Whoever of the waiting callers gets the turn
// runs the functions of all.
func (e *engine) Update(ctx context.Context, fn func(ledger.Writer) error) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	j := &job{ctx: ctx, fn: fn, done: make(chan error, 1)}
	e.queueMu.Lock()
	e.queue = append(e.queue, j)
	e.queueMu.Unlock()
	for {
		select {
		case err := <-j.done:
			return err
		case e.turn <- struct{}{}:
			e.lead(ctx)
		case <-ctx.Done():
			if j.state.CompareAndSwap(queued, withdrawn) {
				return ctx.Err()
			}
			return <-j.done
		}
	}
}

// lead runs one group and gives the turn back.
func (e *engine) lead(ctx context.Context) {
	group := e.take()
	finished := false
	defer func() {
		<-e.turn
		if !finished {
			for _, j := range group {
				j.done <- errGone
			}
		}
	}()
	if len(group) == 0 {
		finished = true
		return
	}
	err := e.group(ctx, group)
	finished = true
	for _, j := range group {
		if err == nil {
			j.done <- j.err
		} else {
			j.done <- err
		}
	}
}

// take takes the first jobs of the queue whose callers still wait.
func (e *engine) take() []*job {
	e.queueMu.Lock()
	defer e.queueMu.Unlock()
	var group []*job
	for len(e.queue) > 0 && len(group) < groupSize {
		j := e.queue[0]
		e.queue = e.queue[1:]
		if j.state.CompareAndSwap(queued, taken) {
			group = append(group, j)
		}
	}
	return group
}

// group runs jobs in one transaction until they are committed or cannot be.
func (e *engine) group(ctx context.Context, group []*job) error { //nolint:contextcheck // a single caller's own
	if len(group) > 1 { // one caller's end is not the others'
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 2*patience)
		defer cancel()
	} else {
		ctx = group[0].ctx
	}
	e.updates.Add(int64(len(group)))
	return e.commit(ctx, e.main, gateTurn, func(t *transaction) error {
		for _, j := range group {
			if err := j.try(t, len(group) > 1); err != nil {
				return err
			}
		}
		return nil
	})
}
