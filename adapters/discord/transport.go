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
	api      atomic.Pointer[string]
}

// Versions of the API: the library's, and the one that a compatible server may
// speak alone. What Karussell uses is the same in both.
const (
	apiUsual = "v9"
	apiOther = "v10"
)

// version is the API version in use: the endpoint's, once it has answered.
func (t *transport) version() string {
	if v := t.api.Load(); v != nil {
		return *v
	}
	return apiUsual
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
	resp, err := t.carry(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode > http.StatusOK && resp.StatusCode < http.StatusMultipleChoices {
		resp.StatusCode = http.StatusOK // the library knows three of them only
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

// carry sends req to the endpoint. The first look-up finds out which version of
// the API is spoken there.
func (t *transport) carry(req *http.Request) (*http.Response, error) {
	if t.endpoint == nil {
		return t.base.RoundTrip(req.Clone(req.Context()))
	}
	resp, err := t.base.RoundTrip(t.addressed(req, t.version()))
	if err != nil || req.Method != http.MethodGet || t.api.Load() != nil {
		return resp, err
	}
	if resp.StatusCode != http.StatusNotFound {
		t.api.Store(new(apiUsual))
		return resp, nil
	}
	other, err := t.base.RoundTrip(t.addressed(req, apiOther))
	if err != nil {
		return resp, nil //nolint:nilerr // the first answer stands
	}
	if other.StatusCode == http.StatusNotFound {
		_ = other.Body.Close() // the first answer says the same
		return resp, nil
	}
	t.api.Store(new(apiOther))
	_ = resp.Body.Close() // replaced by the other answer
	return other, nil
}

// addressed is req for the endpoint in a version of the API.
func (t *transport) addressed(req *http.Request, version string) *http.Request {
	out := req.Clone(req.Context())
	out.URL.Scheme = t.endpoint.Scheme
	out.URL.Host = t.endpoint.Host
	path := strings.Replace(out.URL.Path, "/api/"+apiUsual+"/", "/api/"+version+"/", 1)
	out.URL.Path = strings.TrimSuffix(t.endpoint.Path, "/") + path
	out.URL.RawPath = ""
	out.Host = ""
	return out
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
