package feed

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/temoto/robotstxt"
)

// robotsAge is how long a host's robots.txt is believed (RFC 9309 allows 24 h).
const robotsAge = 24 * time.Hour

// robots answers whether pages may be read. Safe for concurrent use.
type robots struct {
	fetch *fetcher
	now   func() time.Time

	mu    sync.Mutex
	hosts map[string]robotsRule
}

type robotsRule struct {
	group *robotstxt.Group // nil: nothing may be read
	until time.Time
}

func newRobots(f *fetcher, now func() time.Time) *robots {
	return &robots{fetch: f, now: now, hosts: map[string]robotsRule{}}
}

// allows reports whether robots.txt allows the page. No robots.txt (4xx) allows
// everything; an unreachable one (5xx, network) forbids everything for an hour,
// as RFC 9309 (2.3.1) wants. The caller holds the host's turn.
func (r *robots) allows(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	r.mu.Lock()
	rule, known := r.hosts[u.Host]
	r.mu.Unlock()
	if !known || r.now().After(rule.until) {
		rule = r.ask(ctx, u)
		r.mu.Lock()
		r.hosts[u.Host] = rule
		r.mu.Unlock()
	}
	return rule.group != nil && rule.group.Test(u.RequestURI())
}

func (r *robots) ask(ctx context.Context, page *url.URL) robotsRule {
	address := url.URL{Scheme: page.Scheme, Host: page.Host, Path: "/robots.txt"}
	res, err := r.fetch.get(ctx, address.String(), "text/plain, */*;q=0.5", "", "", 512<<10)
	defer res.release()
	status := res.Status
	if err != nil {
		failed, ok := errors.AsType[*FetchError](err)
		if !ok || failed.Kind != FailStatus && failed.Kind != FailGone || failed.Status >= http.StatusInternalServerError {
			return robotsRule{until: r.now().Add(time.Hour)}
		}
		status = failed.Status
	}
	data, err := robotstxt.FromStatusAndBytes(status, res.Body)
	if err != nil {
		return robotsRule{until: r.now().Add(time.Hour)}
	}
	return robotsRule{group: data.FindGroup("karussell"), until: r.now().Add(robotsAge)}
}
