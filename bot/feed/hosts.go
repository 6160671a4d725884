package feed

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
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

// orderly is a transport that sends one request at a time to each host, whoever
// asks for whatever, redirects included. A turn is held from the request to the
// end of the response's body, and nobody who holds one waits for another, so
// that there is no deadlock. The time of a request starts with its turn.
type orderly struct {
	inner http.RoundTripper
	turns *turns
	total time.Duration // of one request with its body
}

func (o *orderly) RoundTrip(req *http.Request) (*http.Response, error) {
	host := strings.ToLower(req.URL.Host)
	if err := o.turns.wait(req.Context(), host); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(req.Context(), o.total)
	leave := sync.OnceFunc(func() {
		cancel()
		o.turns.done(host)
	})
	res, err := o.inner.RoundTrip(req.WithContext(ctx))
	if err != nil {
		leave()
		return nil, err //nolint:wrapcheck // classified by the fetcher
	}
	res.Request = req
	res.Body = turnBody{ReadCloser: res.Body, leave: leave}
	return res, nil
}

// CloseIdleConnections lets the client's method of this name through.
func (o *orderly) CloseIdleConnections() {
	if c, ok := o.inner.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// turnBody gives the host's turn back when it is closed.
type turnBody struct {
	io.ReadCloser
	leave func()
}

func (b turnBody) Close() error {
	defer b.leave()
	return b.ReadCloser.Close()
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
