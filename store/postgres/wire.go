package postgres

import (
	"context"
	"net"
	"sync"
	"time"
)

// answerWithin is how long the server may be silent while we wait for it: longer
// than any lock is waited for. A network that swallows everything is not noticed
// otherwise.
const answerWithin = 30 * time.Second

// wire is a connection on which no read waits for ever.
type wire struct {
	net.Conn
	longest time.Duration

	mu       sync.Mutex
	deadline time.Time // set from above
}

type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// wired makes wires of what plain connects.
func wired(plain dial, longest time.Duration) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := plain(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: c, longest: longest}, nil
	}
}

// SetDeadline is how the library ends a read when a context has ended.
func (w *wire) SetDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	return w.Conn.SetDeadline(t)
}

// SetReadDeadline is SetDeadline for reads.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	return w.Conn.SetReadDeadline(t)
}

// Read ends at the earlier of both deadlines.
func (w *wire) Read(b []byte) (int, error) {
	if err := w.expect(); err != nil {
		return 0, err
	}
	return w.Conn.Read(b)
}

func (w *wire) expect() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := time.Now().Add(w.longest)
	if !w.deadline.IsZero() && w.deadline.Before(until) {
		until = w.deadline
	}
	return w.Conn.SetReadDeadline(until)
}
