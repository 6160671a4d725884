package feed

import (
	"context"
	"net/url"
	"strings"
	"sync"
)

// turns lets one request at a time go to each host, feeds and pages together.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // closed when the host is free again
}

func newTurns() *turns { return &turns{busy: map[string]chan struct{}{}} }

// try takes the host's turn if it is free.
func (t *turns) try(host string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[host] != nil {
		return false
	}
	t.busy[host] = make(chan struct{})
	return true
}

// isBusy reports whether somebody has the host's turn.
func (t *turns) isBusy(host string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.busy[host] != nil
}

// wait takes the host's turn as soon as it is free, or returns ctx's error.
func (t *turns) wait(ctx context.Context, host string) error {
	for !t.try(host) {
		t.mu.Lock()
		free := t.busy[host]
		t.mu.Unlock()
		if free == nil {
			continue
		}
		select {
		case <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (t *turns) done(host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.busy[host])
	delete(t.busy, host)
}

// hostName is the host of an address with its port, or the address itself when
// it is none.
func hostName(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return strings.ToLower(u.Host)
}
