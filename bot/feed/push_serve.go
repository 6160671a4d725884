package feed

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // WebSub's oldest signature; it is a keyed hash here
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// What a hub may send. The room bounds memory: a push that finds none is
// answered with 503, and the hub, or the next poll, brings it later.
const (
	maxPush     = 4 << 20  // bytes of one push
	pushRoom    = 16 << 20 // bytes of all pushes that wait or are being received
	pushBurst   = 20       // pushes of one feed at once,
	pushEvery   = 3 * time.Second
	maxLetters  = 8       // waiting for one feed
	seenPushes  = 64      // so many are remembered, to know one that comes again
	maxQuestion = 8 << 10 // bytes of a verification's address
)

// Pushes answers hubs at the callback addresses below Setup.Push; the last part
// of the path names the subscription. It may be served before Run and after it:
// then hubs are told to come again.
func (p *Poller) Pushes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		p.mu.Lock()
		open := p.push.open && p.push.on()
		p.mu.Unlock()
		switch {
		case !open:
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.Method == http.MethodGet:
			p.question(w, r)
		case r.Method == http.MethodPost:
			status := p.receive(r)
			if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "30")
			}
			w.WriteHeader(status)
		default:
			w.Header().Set("Allow", "GET, POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	})
}

// question answers a hub's verification of intent (WebSub, 5.3): the challenge
// comes back for what we asked for and for nothing else.
func (p *Poller) question(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RawQuery) > maxQuestion {
		w.WriteHeader(http.StatusRequestURITooLong)
		return
	}
	q, at := r.URL.Query(), path.Base(r.URL.Path)
	status := http.StatusNotFound
	switch q.Get("hub.mode") {
	case "subscribe":
		status = p.subscribed(r.Context(), at, q)
	case "unsubscribe":
		status = p.unsubscribed(at, q)
	case "denied":
		status = p.denied(r.Context(), at, q)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if status == http.StatusOK {
		_, _ = io.WriteString(w, q.Get("hub.challenge")) //nolint:gosec // plain text by its header; a hub that went away asks again
	}
}

// subscribed confirms a subscription that was asked for.
func (p *Poller) subscribed(ctx context.Context, at string, q url.Values) int {
	lease, err := strconv.ParseInt(q.Get("hub.lease_seconds"), 10, 64)
	if err != nil || lease < int64(leaseLeast/time.Second) || q.Get("hub.challenge") == "" {
		return http.StatusNotFound
	}
	now := p.Now()
	p.mu.Lock()
	s := p.feeds[p.push.doors[at]]
	if s == nil || s.Paused || q.Get("hub.topic") != s.Topic || now.Sub(p.push.talk(s.URL).asked) > verifyWithin {
		p.mu.Unlock()
		return http.StatusNotFound
	}
	t, before, address := p.push.talk(s.URL), s.HubExpires, s.URL
	s.HubExpires = now.Add(time.Duration(min(lease, int64(leaseMost/time.Second))) * time.Second)
	until := s.HubExpires
	t.asked, t.tries, t.lax = time.Time{}, 0, time.Time{}
	p.mu.Unlock()
	if err := p.save(ctx, address); err != nil {
		p.mu.Lock()
		if s := p.feeds[address]; s != nil {
			s.HubExpires, p.push.talk(address).asked = before, now // the hub asks again
		}
		p.mu.Unlock()
		p.Log.ErrorContext(ctx, "feed not stored", "feed", address, "error", err)
		return http.StatusServiceUnavailable
	}
	p.Log.InfoContext(ctx, "feed is pushed", "feed", address, "until", until)
	return http.StatusOK
}

func (p *Poller) unsubscribed(at string, q url.Values) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.push.forget(p.Now())
	f, ok := p.push.leaving[at]
	if !ok || f.topic != q.Get("hub.topic") {
		return http.StatusNotFound
	}
	delete(p.push.leaving, at)
	return http.StatusOK
}

// denied notes that the hub does not serve the feed, or not any more (WebSub,
// 5.2).
func (p *Poller) denied(ctx context.Context, at string, q url.Values) int {
	p.mu.Lock()
	s := p.feeds[p.push.doors[at]]
	if s == nil || s.Topic != q.Get("hub.topic") {
		p.mu.Unlock()
		return http.StatusNotFound
	}
	t, address := p.push.talk(s.URL), s.URL
	s.HubExpires, t.asked, t.retry = time.Time{}, time.Time{}, p.Now().Add(24*time.Hour)
	p.mu.Unlock()
	p.Log.InfoContext(ctx, "hub denied the subscription", "feed", address)
	if err := p.save(ctx, address); err != nil {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// receive takes a push and returns the HTTP status. A push that is not to be
// believed is acknowledged and dropped, as WebSub (7.1) wants.
func (p *Poller) receive(r *http.Request) int {
	at := path.Base(r.URL.Path)
	topic, secret, status := p.admit(at)
	if status != http.StatusAccepted {
		return status
	}
	defer p.leaveRoom(maxPush)
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPush+1))
	switch {
	case len(body) > maxPush:
		p.drop(r.Context(), "size")
		return http.StatusRequestEntityTooLarge
	case err != nil:
		return http.StatusBadRequest
	case !signed(r.Header.Values("X-Hub-Signature"), secret, body):
		p.drop(r.Context(), "forged")
		return http.StatusAccepted
	}
	if o := offerOfHeader(r.Header, &url.URL{}); o.Topic != "" && o.Topic != topic {
		p.drop(r.Context(), "topic")
		return http.StatusAccepted
	}
	return p.post(r.Context(), at, letter{body: body, contentType: r.Header.Get("Content-Type")})
}

func (p *Poller) drop(ctx context.Context, why string) {
	p.Meter.Count("feed_pushes_total", 1, "outcome", why)
	p.Log.DebugContext(ctx, "push dropped", "why", why)
}

// admit finds the subscription, holds its pace and reserves room for a push.
func (p *Poller) admit(at string) (topic string, secret []byte, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	s := p.feeds[p.push.doors[at]]
	if s == nil || s.Paused || !p.push.served(s, now) {
		return "", nil, http.StatusGone // the hub may end the subscription (WebSub, 7)
	}
	t := p.push.talk(s.URL)
	t.tokens = min(pushBurst, t.tokens+float64(now.Sub(t.filled))/float64(pushEvery))
	t.filled = now
	if t.tokens < 1 {
		p.Meter.Count("feed_pushes_total", 1, "outcome", "pace")
		return "", nil, http.StatusTooManyRequests
	}
	t.tokens--
	if p.push.room+maxPush > pushRoom || len(t.letters) >= maxLetters {
		p.Meter.Count("feed_pushes_total", 1, "outcome", "room")
		return "", nil, http.StatusServiceUnavailable
	}
	p.push.room += maxPush
	return s.Topic, s.HubSecret, http.StatusAccepted
}

func (p *Poller) leaveRoom(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.push.room -= n
}

// post puts a push before the poller, unless it came before.
func (p *Poller) post(ctx context.Context, at string, l letter) int {
	sum := sha256.Sum256(l.body)
	p.mu.Lock()
	s := p.feeds[p.push.doors[at]]
	if s == nil {
		p.mu.Unlock()
		return http.StatusGone
	}
	t := p.push.talk(s.URL)
	if slices.Contains(t.seen, sum) {
		p.mu.Unlock()
		p.drop(ctx, "known")
		return http.StatusAccepted
	}
	t.seen = append(t.seen[max(0, len(t.seen)-seenPushes+1):], sum)
	t.letters = append(t.letters, l)
	p.push.room += len(l.body)
	p.queue.plan(s.URL, p.due(s))
	p.mu.Unlock()
	p.Wake()
	return http.StatusAccepted
}

// signed reports whether one of the signatures is the body's (WebSub, 7.1),
// compared in constant time.
func signed(signatures []string, secret, body []byte) bool {
	if len(secret) == 0 || len(signatures) != 1 {
		return false
	}
	method, value, _ := strings.Cut(strings.TrimSpace(signatures[0]), "=")
	var algorithm func() hash.Hash
	switch strings.ToLower(method) {
	case "sha1":
		algorithm = sha1.New
	case "sha256":
		algorithm = sha256.New
	case "sha384":
		algorithm = sha512.New384
	case "sha512":
		algorithm = sha512.New
	default:
		return false
	}
	stated, err := hex.DecodeString(value)
	if err != nil {
		return false
	}
	mac := hmac.New(algorithm, secret)
	_, _ = mac.Write(body) // a hash never fails
	return hmac.Equal(stated, mac.Sum(nil))
}

// hubNotes are the parts of a state that hubs change, taken from another.
func hubNotes(to, from *bot.FeedState) {
	to.Hub, to.Topic, to.HubSecret, to.HubExpires = from.Hub, from.Topic, from.HubSecret, from.HubExpires
}
