package discord

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Sizes that an answer may have, in bytes.
const (
	maxAnswer  = 32 << 20 // servers with hundreds of roles stay far below
	maxRefusal = 64 << 10
)

// transport sends requests for discord.com to the endpoint, and writes down
// what discordgo does not hand on: status, headers and body of refusals, and
// whether a failed request had left.
type transport struct {
	base     http.RoundTripper
	endpoint *url.URL // nil: discord.com
}

func newTransport(endpoint *url.URL) *transport {
	return &transport{
		endpoint: endpoint,
		base: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          256,
			MaxIdleConnsPerHost:   128, // bursts of interactions over HTTP/1.1 keep their connections
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
	}
}

// exchange is what is known about one request after it.
type exchange struct {
	status int
	header http.Header
	body   []byte      // of refusals
	left   atomic.Bool // the request's head was written: Discord may have acted
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { x.left.Store(true) },
	})
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	if t.endpoint != nil {
		out.URL.Scheme = t.endpoint.Scheme
		out.URL.Host = t.endpoint.Host
		out.URL.Path = strings.TrimSuffix(t.endpoint.Path, "/") + out.URL.Path
		out.URL.RawPath = ""
		out.Host = ""
	}
	resp, err := t.base.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return resp, nil
	}
	x.status, x.header = resp.StatusCode, resp.Header.Clone()
	// The library's limiter would sleep on these without regard to the context.
	for name := range resp.Header {
		if strings.HasPrefix(name, "X-Ratelimit-") {
			delete(resp.Header, name)
		}
	}
	if resp.StatusCode < 300 {
		resp.Body = limitBody(resp.Body)
		return resp, nil
	}
	x.body, err = io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil && len(x.body) == 0 {
		x.body = nil // the status alone decides
	}
	resp.Body = io.NopCloser(bytes.NewReader(x.body))
	return resp, nil
}

// CloseIdleConnections lets http.Client release what it keeps open.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

var errAnswerTooLong = errors.New("the answer is too long")

type limitedBody struct {
	io.ReadCloser
	left int
}

func limitBody(b io.ReadCloser) io.ReadCloser { return &limitedBody{ReadCloser: b, left: maxAnswer} }

func (l *limitedBody) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errAnswerTooLong
	}
	n, err := l.ReadCloser.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
