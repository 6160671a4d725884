package feed_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// hub is a small WebSub hub that does what the recommendation asks of one: it
// takes requests, verifies their intent at the callback, and distributes what is
// published, signed.
type hub struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	lease  time.Duration // granted, whatever was asked for
	deaf   bool          // answers requests with 500
	sync   bool          // verifies before it answers
	deny   string        // reason to deny every subscription
	asked  []url.Values  // requests
	subs   map[string]subscription
	ended  []string // callbacks that unsubscribed
	verify sync.WaitGroup
}

type subscription struct{ topic, secret, callback string }

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{t: t, lease: 10 * day, subs: map[string]subscription{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(func() {
		h.verify.Wait()
		h.Close()
	})
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	form := r.PostForm
	h.asked = append(h.asked, form)
	deaf, inLine := h.deaf, h.sync
	h.mu.Unlock()
	if deaf {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if form.Get("hub.callback") == "" || form.Get("hub.topic") == "" || len(form.Get("hub.secret")) >= 200 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if inLine {
		h.intent(form)
	} else {
		h.verify.Go(func() { h.intent(form) })
	}
	w.WriteHeader(http.StatusAccepted)
}

// intent asks the callback whether the request was meant.
func (h *hub) intent(form url.Values) {
	callback, mode, topic := form.Get("hub.callback"), form.Get("hub.mode"), form.Get("hub.topic")
	h.mu.Lock()
	deny, lease := h.deny, h.lease
	h.mu.Unlock()
	if deny != "" && mode == "subscribe" {
		h.call(callback, url.Values{"hub.mode": {"denied"}, "hub.topic": {topic}, "hub.reason": {deny}})
		return
	}
	challenge := rand.Text()
	q := url.Values{"hub.mode": {mode}, "hub.topic": {topic}, "hub.challenge": {challenge}}
	if mode == "subscribe" {
		q.Set("hub.lease_seconds", strconv.Itoa(int(lease/time.Second)))
	}
	status, body := h.call(callback, q)
	if status/100 != 2 || body != challenge {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if mode == "unsubscribe" {
		delete(h.subs, callback)
		h.ended = append(h.ended, callback)
		return
	}
	h.subs[callback] = subscription{topic: topic, secret: form.Get("hub.secret"), callback: callback}
}

func (h *hub) call(callback string, q url.Values) (status int, body string) {
	res, err := http.Get(callback + "?" + q.Encode())
	if err != nil {
		h.t.Errorf("callback: %v", err)
		return 0, ""
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(raw)
}

// only is the one subscription that there is.
func (h *hub) only() subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.subs) != 1 {
		h.t.Fatalf("%d subscriptions", len(h.subs))
	}
	for _, s := range h.subs {
		return s
	}
	return subscription{}
}

func (h *hub) count() (subs, ended, asked int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs), len(h.ended), len(h.asked)
}

// distribute pushes a document, signed; head changes the request before it goes.
func (h *hub) distribute(s subscription, body string, head ...func(http.Header)) int {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, s.callback, bytes.NewReader([]byte(body)))
	if err != nil {
		h.t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write([]byte(body))
	req.Header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	req.Header.Set("Content-Type", "application/rss+xml")
	req.Header.Add("Link", fmt.Sprintf(`<%s>; rel="hub", <%s>; rel="self"`, h.URL, s.topic))
	for _, change := range head {
		change(req.Header)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}
