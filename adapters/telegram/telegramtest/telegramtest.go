// Package telegramtest is a Bot API server for tests, on loopback.
//
// Law: it is as strict as Telegram where Telegram is strict, and stricter where
// a mistake would show late: every call is judged against the published
// description of the Bot API, when that is at hand, and against the rules that
// the description does not hold (lengths after entities, entity offsets in
// UTF-16 units, 64 bytes of callback data). What breaks a rule fails the test.
package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// DefaultToken is the token of a Server made without one. Its secret part is
// easy to find in any output.
const DefaultToken = "4711000:RECOGNISABLE_fake-token_0123456789abcdef"

// Options configure a Server; all are optional.
type Options struct {
	Token    string // DefaultToken
	Username string // "KarussellTestBot"
	// Contract is the file with the description of the Bot API. Empty: found by
	// FindContract; the calls are then judged when it is there.
	Contract string
	// Lenient keeps broken rules from failing the test; see Server.Violations.
	Lenient bool
}

// Server is a Bot API server. Safe for concurrent use.
type Server struct {
	// Token is what a bot must show.
	Token string
	// Username is the bot's name, without "@".
	Username string
	// ID is the bot's number.
	ID int64

	tb       testing.TB
	http     *httptest.Server
	contract *contract

	mu         sync.Mutex
	chats      map[int64]*room
	updates    []pending
	nextUpdate int
	poller     chan struct{} // closed when another poll takes over
	arrived    chan struct{} // closed and renewed when updates or messages come
	webhook    webhook
	files      map[string][]byte // uploads by file id
	menus      map[string]json.RawMessage
	menuButton string
	callbacks  map[string]*CallbackAnswer
	inline     map[string]*InlineAnswer
	faults     []*fault
	limiter    *limiter
	calls      []Call
	violations []string
	privacy    bool
	lacks      map[string]bool // abilities of getMe that are off
	closed     chan struct{}
}

// Call is one call that reached the server.
type Call struct {
	Method string
	Params map[string]string
	Files  map[string][]byte
	At     time.Time
}

// New starts a server that stops with the test. Without a contract file it says
// so in the test's log.
func New(tb testing.TB, options ...Options) *Server {
	tb.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	s := &Server{
		Token: DefaultToken, Username: "KarussellTestBot", tb: tb,
		chats: map[int64]*room{}, nextUpdate: 1000, arrived: make(chan struct{}),
		files: map[string][]byte{}, menus: map[string]json.RawMessage{},
		callbacks: map[string]*CallbackAnswer{}, inline: map[string]*InlineAnswer{},
		privacy: true, lacks: map[string]bool{}, closed: make(chan struct{}),
	}
	if o.Token != "" {
		s.Token = o.Token
	}
	if o.Username != "" {
		s.Username = o.Username
	}
	id, _, _ := strings.Cut(s.Token, ":")
	s.ID, _ = strconv.ParseInt(id, 10, 64)
	path := o.Contract
	if path == "" {
		path = FindContract()
	}
	if path == "" {
		tb.Log("telegramtest: telegram-bot-api.json not found (set KARUSSELL_SHARED); calls are judged by the built-in rules only")
	} else {
		var err error
		if s.contract, err = loadContract(path); err != nil {
			tb.Fatalf("telegramtest: %v", err)
		}
	}
	s.http = httptest.NewServer(s)
	tb.Cleanup(func() {
		s.Close()
		if !o.Lenient {
			for _, v := range s.Violations() {
				tb.Errorf("telegramtest: %s", v)
			}
		}
	})
	return s
}

// URL is the endpoint to configure.
func (s *Server) URL() string { return s.http.URL }

// Close ends all requests and the server. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.closed:
		s.mu.Unlock()
		return
	default:
	}
	close(s.closed)
	s.mu.Unlock()
	s.http.CloseClientConnections()
	s.http.Close()
}

// Violations are the broken rules so far.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.violations...)
}

// Calls are the calls of a method, in order; of all methods when it is empty.
// getUpdates is left out of the latter.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if c.Method == method || (method == "" && c.Method != "getUpdates") {
			out = append(out, c)
		}
	}
	return out
}

// refusal is an error answer.
type refusal struct {
	code       int
	text       string
	retryAfter int
	migrateTo  int64
}

func refuse(code int, text string) *refusal { return &refusal{code: code, text: text} }

func badRequest(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, "Bad Request: "+fmt.Sprintf(format, args...))
}

// ServeHTTP handles /bot<token>/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || token != s.Token {
		writeRefusal(w, refuse(http.StatusUnauthorized, "Unauthorized"))
		return
	}
	c, err := readCall(r, method)
	if err != nil {
		writeRefusal(w, badRequest("%v", err))
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	f, limited := s.takeFault(c), s.limit(c)
	s.mu.Unlock()
	if limited != nil {
		writeRefusal(w, limited)
		return
	}
	if f != nil && f.before(s, w, r) {
		return
	}
	result, refused := s.answer(r, c)
	if f != nil && f.after(s, w, result, refused) {
		return
	}
	if refused != nil {
		writeRefusal(w, refused)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"ok": true, "result": result})
}

// answer judges and carries out a call.
func (s *Server) answer(r *http.Request, c Call) (any, *refusal) {
	if s.contract != nil {
		for _, problem := range s.contract.judge(c) {
			s.violationf("%s: %s", c.Method, problem)
		}
	}
	if _, ok := c.Params["parse_mode"]; ok {
		s.violationf("%s: parse_mode: text goes out with entities, never as markup", c.Method)
	}
	if c.Method == "getUpdates" {
		return s.getUpdates(r, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	handle, ok := methods[c.Method]
	if !ok {
		return nil, refuse(http.StatusNotFound, "Not Found: method not found")
	}
	return handle(s, c)
}

func (s *Server) violationf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.brokenf(format, args...)
}

// brokenf records a violation. The caller holds mu.
func (s *Server) brokenf(format string, args ...any) {
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// notify wakes everybody who waits for something to come. The caller holds mu.
func (s *Server) notify() {
	close(s.arrived)
	s.arrived = make(chan struct{})
}

func readCall(r *http.Request, method string) (Call, error) {
	c := Call{Method: method, Params: map[string]string{}, Files: map[string][]byte{}, At: time.Now()}
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	switch kind {
	case "multipart/form-data":
		return c, readParts(c, multipart.NewReader(r.Body, options["boundary"]))
	case "application/json":
		var values map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&values); err != nil {
			return c, err
		}
		for k, v := range values {
			var text string
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			c.Params[k] = text
		}
		return c, nil
	default:
		raw, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
		if err != nil {
			return c, err
		}
		values, err := url.ParseQuery(string(raw))
		for k, v := range values {
			c.Params[k] = v[0]
		}
		return c, err
	}
}

func readParts(c Call, parts *multipart.Reader) error {
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(p)
		if err != nil {
			return err
		}
		if p.FileName() != "" {
			c.Files[p.FormName()] = raw
		} else {
			c.Params[p.FormName()] = string(raw)
		}
	}
}

func writeRefusal(w http.ResponseWriter, r *refusal) {
	body := map[string]any{"ok": false, "error_code": r.code, "description": r.text}
	if r.retryAfter > 0 {
		body["parameters"] = map[string]any{"retry_after": r.retryAfter}
	}
	if r.migrateTo != 0 {
		body["parameters"] = map[string]any{"migrate_to_chat_id": r.migrateTo}
	}
	writeJSON(w, r.code, body)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
