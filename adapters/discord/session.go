package discord

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
)

// line is one gateway session of the library: it lives over reconnects for as
// long as Discord lets it resume.
type line struct {
	session *discordgo.Session
	lost    chan struct{} // the library has noticed the end of the connection

	mu     sync.Mutex
	wire   *wire
	detach func() bool // ends the wire's tie to the context
	first  *url.URL    // where Discord wants to be identified to
	resume *url.URL    // where Discord wants to be resumed; nil: at first
}

// newLine prepares a session that has not identified yet. handle gets every
// dispatched event, one after the other.
func newLine(ctx context.Context, token string, gateway *url.URL, shard, count int, handle func(*discordgo.Event)) (*line, error) {
	s, err := newSession(token)
	if err != nil {
		return nil, err
	}
	l := &line{session: s, lost: make(chan struct{}, 1), first: gateway}
	s.ShardID, s.ShardCount = shard, count
	s.Identify.Shard = &[2]int{shard, count}
	s.Identify.Intents = discordgo.IntentsGuilds
	s.Identify.Presence.Status = string(discordgo.StatusOnline)
	// This session asks for nothing but the gateway's address, which we know.
	s.Client = &http.Client{Transport: signpost(gateway.Scheme + "://" + gateway.Host)}
	dialer := *s.Dialer
	dialer.HandshakeTimeout = 20 * time.Second
	dialer.NetDialContext = func(dctx context.Context, network, addr string) (net.Conn, error) {
		return l.dial(ctx, dctx, network, addr)
	}
	dialer.NetDialTLSContext = func(dctx context.Context, network, addr string) (net.Conn, error) {
		return l.dialTLS(ctx, dctx, network, addr)
	}
	dialer.Proxy = l.direct
	s.Dialer = &dialer
	s.AddHandler(func(_ *discordgo.Session, _ *discordgo.Disconnect) {
		select {
		case l.lost <- struct{}{}:
		default:
		}
	})
	s.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) {
		l.learn(e)
		handle(e)
	})
	return l, nil
}

// direct sends the handshake to the address that Discord named, resumptions to
// the one that READY named: the library keeps to the first one, and puts its
// question mark behind whatever path and query that has. Discord's gateway needs
// no proxy of the environment.
func (l *line) direct(req *http.Request) (*url.URL, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	to := l.first
	if l.resume != nil {
		to = l.resume
	}
	req.URL.Host, req.Host = to.Host, to.Host
	req.URL.Path, req.URL.RawPath, req.URL.RawQuery = to.Path, "", to.RawQuery
	return nil, nil //nolint:nilnil // "no proxy" in net/http's words
}

// gatewayAddress reads the address that Discord names, with or without path and
// query, and asks for the version and the encoding that the library reads.
// Compression is not asked for, whatever the address says. Without a host, the
// endpoint's is meant.
func gatewayAddress(named, version string, endpoint *url.URL) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(named))
	if err != nil {
		return nil, errors.New("the gateway's address cannot be read")
	}
	if endpoint != nil {
		u.Host, u.Scheme = cmp.Or(u.Host, endpoint.Host), cmp.Or(u.Scheme, endpoint.Scheme)
	}
	switch u.Scheme {
	case "ws", "http":
		u.Scheme = "ws"
	case "wss", "https":
		u.Scheme = "wss"
	default:
		return nil, errors.New("the gateway's address is none of a websocket")
	}
	if u.Host == "" || u.User != nil {
		return nil, errors.New("the gateway's address names no host")
	}
	u.Path = cmp.Or(u.Path, "/")
	q := u.Query()
	q.Set("v", strings.TrimPrefix(version, "v"))
	q.Set("encoding", "json")
	q.Del("compress")
	u.RawQuery, u.RawPath, u.Fragment = q.Encode(), "", ""
	return u, nil
}

func (l *line) learn(e *discordgo.Event) {
	if e.Type != "READY" {
		return
	}
	var ready struct {
		Resume string `json:"resume_gateway_url"`
	}
	if json.Unmarshal(e.RawData, &ready) != nil {
		return
	}
	if ready.Resume == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	u, err := gatewayAddress(ready.Resume, "v"+l.first.Query().Get("v"), l.first)
	if err == nil && u.Scheme == l.first.Scheme { // the library keeps to the scheme
		l.resume = u
	}
}

// elsewhere forgets the address for resumptions after it did not answer.
func (l *line) elsewhere() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resume = nil
}

func (l *line) dial(ctx, dctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 15 * time.Second}
	c, err := d.DialContext(dctx, network, addr)
	if err != nil {
		return nil, err //nolint:wrapcheck // the library's dialer wraps
	}
	return l.attach(ctx, c), nil
}

func (l *line) dialTLS(ctx, dctx context.Context, network, addr string) (net.Conn, error) {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 15 * time.Second}, Config: &tls.Config{MinVersion: tls.VersionTLS12}}
	c, err := d.DialContext(dctx, network, addr)
	if err != nil {
		return nil, err //nolint:wrapcheck // the library's dialer wraps
	}
	return l.attach(ctx, c), nil
}

// attach puts the wire between, which ends with ctx: the library cannot be
// interrupted otherwise while it connects.
func (l *line) attach(ctx context.Context, c net.Conn) net.Conn {
	w := newWire(c)
	detach := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		started := w.end.started
		w.mu.Unlock()
		if !started {
			_ = w.Close()
		}
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wire, l.detach = w, detach
	return w
}

// connect opens the connection and stays until it ends. It returns how it
// ended; the library's own error says nothing more.
func (l *line) connect(ctx context.Context) ending {
	l.mu.Lock()
	l.wire = nil
	l.mu.Unlock()
	select {
	case <-l.lost:
	default:
	}
	if err := l.session.Open(); err == nil {
		select {
		case <-ctx.Done():
			l.goodbye()
			_ = l.session.Close()
		case <-l.lost:
		}
	}
	l.mu.Lock()
	w, detach := l.wire, l.detach
	l.mu.Unlock()
	if w == nil {
		l.elsewhere()
		return ending{resumable: true}
	}
	detach()
	e := w.ended()
	if !e.started {
		l.elsewhere()
	}
	_ = w.Close() // the library may have left it open
	return e
}

// goodbye lets the session end for good with the connection.
func (l *line) goodbye() {
	l.mu.Lock()
	w := l.wire
	l.mu.Unlock()
	if w != nil {
		w.leave()
	}
}

// signpost answers the library's question for the gateway and nothing else.
type signpost string

// RoundTrip implements http.RoundTripper.
func (s signpost) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/gateway") {
		return nil, errors.New("discord: a gateway session makes no requests")
	}
	body, err := json.Marshal(map[string]string{"url": string(s)})
	if err != nil {
		return nil, err //nolint:wrapcheck // cannot happen: a string
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body))), Request: req,
	}, nil
}
