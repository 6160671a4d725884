package feed

import (
	"context"
	"net/url"
	"sync"
)

// hubsAtOnce is how many hubs are spoken to at the same time, each with one
// request at a time: a hub that hangs delays its own feeds' subscriptions only.
const hubsAtOnce = 16

// errand is a request to a hub.
type errand struct {
	mode, feed, hub string
	form            url.Values
}

// courier brings errands to hubs, apart from the polls: a hub that hangs delays
// none of them.
type courier struct {
	mu    sync.Mutex
	lines map[string][]errand // by the hub's host
	busy  map[string]bool     // hosts that somebody is under way to
	wake  chan struct{}
}

func newCourier() *courier {
	return &courier{lines: map[string][]errand{}, busy: map[string]bool{}, wake: make(chan struct{}, 1)}
}

func (c *courier) add(e errand) {
	c.mu.Lock()
	host := hostName(e.hub)
	c.lines[host] = append(c.lines[host], e)
	c.mu.Unlock()
	c.stir()
}

func (c *courier) stir() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run brings errands until ctx ends, and waits for those under way. What is
// left is asked for again after the next start.
func (c *courier) run(ctx context.Context, bring func(context.Context, errand)) {
	var under sync.WaitGroup
	defer under.Wait()
	seats := make(chan struct{}, hubsAtOnce)
	c.mu.Lock()
	clear(c.busy) // an earlier run may have been interrupted
	c.mu.Unlock()
	for {
		host, ok := c.next()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-c.wake:
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case seats <- struct{}{}:
		}
		under.Go(func() {
			defer func() { <-seats }()
			for {
				e, more := c.take(host)
				if !more || ctx.Err() != nil {
					return
				}
				bring(ctx, e)
			}
		})
	}
}

// next finds a host with errands that nobody brings yet.
func (c *courier) next() (host string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for host := range c.lines {
		if !c.busy[host] {
			c.busy[host] = true
			return host, true
		}
	}
	return "", false
}

func (c *courier) take(host string) (errand, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := c.lines[host]
	if len(line) == 0 {
		delete(c.lines, host)
		delete(c.busy, host)
		return errand{}, false
	}
	c.lines[host] = line[1:]
	return line[0], true
}

// bring makes the request. What comes of it the hub says by calling back.
func (p *Poller) bring(ctx context.Context, e errand) {
	err := p.fetch.post(ctx, e.hub, e.form)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.Meter.Count("feed_pushes_total", 1, "outcome", "refused")
		p.Log.WarnContext(ctx, "hub not reached", "feed", e.feed, "mode", e.mode, "error", err)
	default:
		p.Log.DebugContext(ctx, "hub asked", "feed", e.feed, "mode", e.mode)
	}
}
