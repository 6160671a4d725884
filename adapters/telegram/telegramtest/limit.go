package telegramtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// inFlight is how long after a 429 further calls to its chat are forgiven: they
// were on their way before the bot could read it.
const inFlight = time.Second

// limiter is what LimitBy keeps.
type limiter struct {
	decide  func(chat int64) int
	told    map[int64]wait
	refused int
}

type wait struct{ since, until time.Time }

// LimitBy limits as Telegram does, by chat: decide is asked for each call that
// writes into a chat, with the server locked, and says after how many seconds to
// come again; 0 lets the call through. A chat that was told to wait and is asked
// earlier breaks a rule, also when decide would let it through by then.
func (s *Server) LimitBy(decide func(chat int64) (seconds int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limiter == nil {
		s.limiter = &limiter{told: map[int64]wait{}}
	}
	s.limiter.decide = decide
}

// Limited is how many calls LimitBy refused.
func (s *Server) Limited() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limiter == nil {
		return 0
	}
	return s.limiter.refused
}

// limit judges a call by what LimitBy wants. The caller holds mu.
func (s *Server) limit(c Call) *refusal {
	l := s.limiter
	if l == nil || (!strings.HasPrefix(c.Method, "send") && !strings.HasPrefix(c.Method, "edit")) {
		return nil
	}
	chat, err := strconv.ParseInt(c.Params["chat_id"], 10, 64)
	if err != nil {
		return nil
	}
	w, seconds := l.told[chat], l.decide(chat)
	left := w.until.Sub(c.At)
	if left > 0 && c.At.Sub(w.since) > inFlight {
		s.brokenf("%s: chat %d is asked %s before its retry_after", c.Method, chat, left)
	}
	switch {
	case left > 0:
		seconds = int(left/time.Second) + 1
	case seconds > 0:
		l.told[chat] = wait{since: c.At, until: c.At.Add(time.Duration(seconds) * time.Second)}
	default:
		delete(l.told, chat)
		return nil
	}
	l.refused++
	return &refusal{code: http.StatusTooManyRequests, text: "Too Many Requests: retry after " + strconv.Itoa(seconds), retryAfter: seconds}
}
