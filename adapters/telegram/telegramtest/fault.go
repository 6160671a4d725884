package telegramtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind int

// Fault kinds.
const (
	// Refuse answers with Code, Text, RetryAfter and MigrateTo; nothing is done.
	Refuse FaultKind = iota
	// Hang answers nothing until the client gives up; nothing is done.
	Hang
	// HangAfter does what was asked and then answers nothing.
	HangAfter
	// DropBefore closes the connection; nothing is done.
	DropBefore
	// DropAfter does what was asked and closes the connection without an answer.
	DropAfter
	// HTML502 answers with a gateway's error page; nothing is done.
	HTML502
	// Truncated does what was asked and answers with half of the JSON.
	Truncated
	// Redirect answers 302 to Location with the call's path; nothing is done.
	Redirect
	// Slow waits for Delay and then goes on as usual.
	Slow
)

// Fault makes calls fail.
type Fault struct {
	Method     string // "" for all except getUpdates
	Chat       int64  // 0 for all
	Times      int    // 0: once; below 0: until cleared
	Kind       FaultKind
	Code       int
	Text       string
	RetryAfter int // seconds
	MigrateTo  int64
	Location   string
	Delay      time.Duration
}

type fault struct{ Fault }

// Fault switches a fault on and returns how to undo it.
func (s *Server) Fault(f Fault) (undo func()) {
	if f.Times == 0 {
		f.Times = 1
	}
	held := &fault{f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, held)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		held.Times = 0
	}
}

// Limit answers every call of a method with 429 until undone.
func (s *Server) Limit(method string, retryAfter int) (undo func()) {
	return s.Fault(Fault{
		Method: method, Times: -1, Kind: Refuse, Code: http.StatusTooManyRequests,
		Text: "Too Many Requests: retry after " + strconv.Itoa(retryAfter), RetryAfter: retryAfter,
	})
}

// takeFault finds the fault for a call and counts it. The caller holds mu.
func (s *Server) takeFault(c Call) *fault {
	for _, f := range s.faults {
		if f.Times == 0 || (f.Method != "" && f.Method != c.Method) || (f.Method == "" && c.Method == "getUpdates") {
			continue
		}
		if f.Chat != 0 && c.Params["chat_id"] != strconv.FormatInt(f.Chat, 10) {
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		copied := *f
		return &copied
	}
	return nil
}

// before acts before the call is carried out; true ends it.
func (f *fault) before(s *Server, w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case Refuse:
		writeRefusal(w, &refusal{code: f.Code, text: f.Text, retryAfter: f.RetryAfter, migrateTo: f.MigrateTo})
	case Hang:
		s.hang(r)
	case DropBefore:
		drop(w)
	case HTML502:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"))
	case Redirect:
		http.Redirect(w, r, f.Location+r.URL.Path, http.StatusFound)
	case Slow:
		select {
		case <-time.After(f.Delay):
		case <-s.closed:
		}
		return false
	case HangAfter, DropAfter, Truncated:
		return false
	}
	return true
}

// after acts after the call was carried out; true ends it.
func (f *fault) after(s *Server, w http.ResponseWriter, result any, refused *refusal) bool {
	switch f.Kind { //nolint:exhaustive // the others acted before
	case DropAfter:
		drop(w)
	case HangAfter:
		<-s.closed
		drop(w)
	case Truncated:
		var body bytes.Buffer
		_ = json.NewEncoder(&body).Encode(map[string]any{"ok": refused == nil, "result": result})
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body.Bytes()[:body.Len()/2])
	default:
		return false
	}
	return true
}

func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closed:
	}
}

func drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
		}
	}
}
