package bolt

import (
	"context"
	"errors"
	"sync/atomic"

	"karussell/store/ledger"
)

// job is one Update on its way through the writer.
type job struct {
	fn    func(ledger.Writer) error
	state atomic.Int32
	turn  chan *transaction // the writer lends its transaction
	ran   chan error        // and gets it back
	done  chan error
}

// States of a job: its caller may still withdraw it until the writer takes it.
const (
	queued int32 = iota
	taking
	withdrawn
)

// errGone: the function ended its goroutine instead of returning.
var errGone = errors.New("the function did not return")

func newJob(fn func(ledger.Writer) error) *job {
	return &job{
		fn:   fn,
		turn: make(chan *transaction),
		ran:  make(chan error, 1),
		done: make(chan error, 1),
	}
}

// taken filters out the jobs whose callers no longer wait.
func taken(group []*job) []*job {
	kept := group[:0]
	for _, j := range group {
		if j.state.CompareAndSwap(queued, taking) {
			kept = append(kept, j)
		}
	}
	return kept
}

// wait is the caller's side: it runs the function whenever its turn comes.
func (j *job) wait(ctx context.Context) error {
	canceled := ctx.Done()
	for {
		select {
		case t := <-j.turn:
			j.take(t)
		case err := <-j.done:
			return err
		case <-canceled:
			if j.state.CompareAndSwap(queued, withdrawn) {
				return ctx.Err()
			}
			canceled = nil // too late: it is being written
		}
	}
}

func (j *job) take(t *transaction) {
	err := errGone
	defer func() { j.ran <- err }()
	defer protect(&err, nil)()
	err = j.fn(t)
}

// run is the writer's side.
func (j *job) run(t *transaction) error {
	j.turn <- t
	return <-j.ran
}

func (j *job) finish(err error) { j.done <- err }
