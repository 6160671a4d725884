package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// FailKind is why a fetch failed. Decisions are made by kind.
type FailKind string

// Fail kinds.
const (
	FailNetwork FailKind = "network" // no connection, time-out, broken transfer
	FailGuard   FailKind = "guard"   // the address is private or special
	FailStatus  FailKind = "status"  // an HTTP status that is no success
	FailGone    FailKind = "gone"    // 410: the feed is closed for good
	FailLimited FailKind = "limited" // 429 or 503: not before RetryAfter
	FailSize    FailKind = "size"    // larger than the cap
	FailFormat  FailKind = "format"  // no feed, or not readable as one
	FailRobots  FailKind = "robots"  // robots.txt forbids it
)

// FetchError is the only error of a fetch besides the context's.
type FetchError struct {
	Kind       FailKind
	Status     int
	RetryAfter time.Duration
	Err        error
}

func (e *FetchError) Error() string {
	s := "fetch: " + string(e.Kind)
	if e.Status != 0 {
		s += " " + strconv.Itoa(e.Status)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FetchError) Unwrap() error { return e.Err }

// response is a fetched document.
type response struct {
	Status      int
	Body        []byte
	ContentType string
	ETag        string
	Modified    string
	Final       string        // address after redirects
	Permanent   string        // address to remember, when every redirect was permanent
	MaxAge      time.Duration // of Cache-Control; 0 unknown
	Date        time.Time     // the server's clock
	Offer       offer         // of the Link headers
	Cut         bool          // the body ended before the length that the server stated
	free        func()        // gives a large body's place back; nil: it has none
}

// release lets the body go. It may be called more than once.
func (r *response) release() {
	r.Body = nil
	if r.free != nil {
		r.free()
		r.free = nil
	}
}

// fetcher makes guarded, capped requests. Safe for concurrent use.
type fetcher struct {
	client *http.Client
	agent  string
	large  chan struct{} // places of large bodies
}

// newFetcher guards every connection in the dialer, where redirects and DNS
// rebinding cannot get around it.
func newFetcher(agent string, private bool, transport http.RoundTripper) *fetcher {
	if transport == nil {
		transport = guardedTransport(private)
	}
	f := &fetcher{agent: agent, large: make(chan struct{}, largeBodies)}
	f.client = &http.Client{
		Transport: &orderly{inner: transport, turns: newTurns(), total: totalTime},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			if oddNumber(req.URL.Hostname()) {
				return errors.New("redirect to an odd address")
			}
			return nil
		},
	}
	return f
}

func guardedTransport(private bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	if !private {
		dialer.Control = ssrf.New(ssrf.WithAnyPort()).Safe
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  20 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           200,
		MaxIdleConnsPerHost:    1,
		MaxConnsPerHost:        2,
		IdleConnTimeout:        60 * time.Second,
		ForceAttemptHTTP2:      true,
	}
}

// get fetches address. Validators make the request conditional; a 304 comes
// back with Status 304 and no body. The caller releases the response.
func (f *fetcher) get(ctx context.Context, address, accept, etag, modified string, limit int64) (response, error) {
	req, err := f.request(ctx, address, accept, etag, modified)
	if err != nil {
		return response{}, err
	}
	res, err := f.client.Do(req)
	if err != nil {
		return response{}, classify(ctx, err)
	}
	defer res.Body.Close()
	out := response{
		Status: res.StatusCode, ContentType: res.Header.Get("Content-Type"),
		ETag: res.Header.Get("ETag"), Modified: res.Header.Get("Last-Modified"),
		Final: res.Request.URL.String(), Permanent: permanent(address, res), MaxAge: maxAge(res.Header.Get("Cache-Control")),
	}
	out.Offer = offerOfHeader(res.Header, res.Request.URL)
	if t, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		out.Date = t
	}
	if res.StatusCode == http.StatusNotModified && etag == "" && modified == "" {
		return out, &FetchError{Kind: FailStatus, Status: res.StatusCode, Err: errors.New("not modified since never")}
	}
	if err := checkStatus(res, out.Date); err != nil || res.StatusCode == http.StatusNotModified {
		return out, err
	}
	err = out.read(ctx, res.Body, limit, f.large)
	if err != nil {
		out.release()
	}
	return out, err
}

// read takes the body in, up to limit. A large body waits for a place, so that
// a hundred of them at once do not fill the memory; others pass it meanwhile.
func (r *response) read(ctx context.Context, body io.Reader, limit int64, large chan struct{}) (err error) {
	r.Body, err = io.ReadAll(io.LimitReader(body, min(limit, smallBody)+1))
	if err == nil && len(r.Body) > smallBody {
		select {
		case large <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // the context's own
		}
		r.free = func() { <-large }
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(body, limit+1-int64(len(r.Body))))
		r.Body = append(r.Body, rest...)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) && len(r.Body) > 0 {
		// The connection broke, or the server always states a wrong length: what
		// came is used, but without validators it is asked for again.
		r.ETag, r.Modified, r.Cut, err = "", "", true, nil
	}
	if err != nil {
		return classify(ctx, err)
	}
	if int64(len(r.Body)) > limit {
		return &FetchError{Kind: FailSize, Err: fmt.Errorf("more than %d bytes", limit)}
	}
	return nil
}

// post sends a form, guarded like get. What the server answers beside its
// status is not read: hubs call back.
func (f *fetcher) post(ctx context.Context, address string, form url.Values) error {
	req, err := f.guarded(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := f.client.Do(req)
	if err != nil {
		return classify(ctx, err)
	}
	defer res.Body.Close()
	// 301, 302 and 303 make a GET of it, which asks a hub for nothing.
	if res.StatusCode < 200 || res.StatusCode > 299 || res.Request.Method != http.MethodPost {
		return &FetchError{Kind: FailStatus, Status: res.StatusCode}
	}
	return nil
}

func (f *fetcher) request(ctx context.Context, address, accept, etag, modified string) (*http.Request, error) {
	req, err := f.guarded(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", accept)
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	if modified != "" {
		req.Header.Set("If-Modified-Since", modified)
	}
	return req, nil
}

// guarded makes a request to an address that may be asked at all.
func (f *fetcher) guarded(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, &FetchError{Kind: FailNetwork, Err: errors.New("unusable address")}
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, &FetchError{Kind: FailGuard, Err: errors.New("only http and https addresses are fetched")}
	}
	if req.URL.Hostname() == "" {
		return nil, &FetchError{Kind: FailNetwork, Err: errors.New("the address names no host")}
	}
	if oddNumber(req.URL.Hostname()) {
		return nil, &FetchError{Kind: FailGuard, Err: errors.New("an address in numbers must be written in the usual way")}
	}
	req.Header.Set("User-Agent", f.agent)
	return req, nil
}

// oddNumber reports whether a host is an address that only some resolvers
// understand: 2130706433, 0x7f.1, 127.1. They serve to get past guards.
func oddNumber(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	last := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	last = strings.ToLower(strings.TrimSuffix(last, "."))
	if last == "" {
		return host == ""
	}
	return strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")
}

func checkStatus(res *http.Response, serverTime time.Time) error {
	switch res.StatusCode {
	case http.StatusOK, http.StatusNotModified:
		return nil
	case http.StatusGone:
		return &FetchError{Kind: FailGone, Status: res.StatusCode}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &FetchError{Kind: FailLimited, Status: res.StatusCode, RetryAfter: retryAfter(res.Header.Get("Retry-After"), serverTime)}
	default:
		return &FetchError{Kind: FailStatus, Status: res.StatusCode}
	}
}

func classify(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) || errors.Is(err, ssrf.ErrProhibitedPort) {
		return &FetchError{Kind: FailGuard, Err: errors.New("the address is private or special; set feeds.allow_private for intranets")}
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the address may hold a private feed's key
	}
	return &FetchError{Kind: FailNetwork, Err: err}
}

// permanent is where a feed moved to for good: all redirects were 301 or 308.
func permanent(asked string, res *http.Response) string {
	final := res.Request.URL.String()
	if final == asked {
		return ""
	}
	for req := res.Request; req.Response != nil; req = req.Response.Request {
		if s := req.Response.StatusCode; s != http.StatusMovedPermanently && s != http.StatusPermanentRedirect {
			return ""
		}
	}
	return final
}

func maxAge(header string) time.Duration {
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(name, "max-age") {
			if n, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && n > 0 {
				return min(time.Duration(n)*time.Second, longest)
			}
		}
	}
	return 0
}

// retryAfter reads seconds or an HTTP date (RFC 9110, 10.2.3).
func retryAfter(header string, serverTime time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(header)); err == nil && n >= 0 {
		return min(time.Duration(n)*time.Second, 24*time.Hour)
	}
	if t, err := http.ParseTime(header); err == nil && !serverTime.IsZero() {
		return min(max(t.Sub(serverTime), 0), 24*time.Hour)
	}
	return 0
}
