package discordtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault makes matching requests fail.
type Fault struct {
	Method     string         // empty: any
	Path       *regexp.Regexp // below the API; nil: any
	Times      int            // how often; 0: until Heal
	Status     int
	Code       int           // Discord's JSON code; for 4xx
	RetryAfter time.Duration // for 429
	Global     bool          // for 429
	Shared     bool          // for 429
	HTML       bool          // answer like Cloudflare, without JSON
	Drop       bool          // break the connection without an answer
	After      bool          // with Drop or Status: do the work first
	Delay      time.Duration // before anything else
}

// Fault adds a fault; the first that matches is used.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = -1
	}
	s.faults = append(s.faults, &f)
}

// Heal removes all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) takeFault(method, path string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times != 0 && (f.Method == "" || f.Method == method) && (f.Path == nil || f.Path.MatchString(path)) {
			if f.Times > 0 {
				f.Times--
			}
			c := *f
			return &c
		}
	}
	return nil
}

// answer is what a request gets.
type answer struct {
	status int
	body   any // nil: no content
	header map[string]string
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func refused(status, code int, message string) answer {
	return answer{status: status, body: map[string]any{"code": code, "message": message}}
}

// incoming is a request, read.
type incoming struct {
	method, path string
	parts        []string
	json         []byte
	data         map[string]any // the JSON, when it is an object
	files        map[string]string
	auth         string
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if websocketRequest(r) {
		s.serveGateway(w, r)
		return
	}
	path, found := strings.CutPrefix(r.URL.Path, "/api/v9/")
	if !found {
		path, found = strings.CutPrefix(r.URL.Path, "/api/v10/")
	}
	if !found {
		s.violatef("%s %s is no address of the API", r.Method, r.URL.Path)
		http.NotFound(w, r)
		return
	}
	in, err := readRequest(r, path)
	if err != nil {
		s.violatef("%s %s: %v", r.Method, path, err)
		s.write(w, in, refused(http.StatusBadRequest, 50109, "The request body contains invalid JSON."))
		return
	}
	s.check(r, in)
	f := s.takeFault(r.Method, path)
	if f == nil {
		s.write(w, in, s.route(in))
		return
	}
	s.fail(w, r, in, f)
}

func websocketRequest(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, in *incoming, f *Fault) {
	select {
	case <-time.After(f.Delay):
	case <-r.Context().Done():
	}
	if f.Status == 0 && !f.Drop {
		s.write(w, in, s.route(in))
		return
	}
	if f.After {
		s.route(in)
	}
	switch {
	case f.Drop:
		s.log(in, 0)
		panic(http.ErrAbortHandler)
	case f.HTML:
		s.log(in, f.Status)
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, "<html><body>error code: 1015</body></html>")
	case f.Status == http.StatusTooManyRequests:
		s.write(w, in, limited(f.RetryAfter, f.Global, f.Shared))
	default:
		s.write(w, in, refused(f.Status, f.Code, "a fault of the test"))
	}
}

func limited(wait time.Duration, global, shared bool) answer {
	scope := "user"
	if shared {
		scope = "shared"
	}
	if global {
		scope = "global"
	}
	a := answer{status: http.StatusTooManyRequests, body: map[string]any{
		"message": "You are being rate limited.", "retry_after": wait.Seconds(), "global": global,
	}, header: map[string]string{
		"Retry-After":           strconv.Itoa(int(wait.Seconds()) + 1),
		"X-RateLimit-Scope":     scope,
		"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": fmt.Sprintf("%.3f", wait.Seconds()),
	}}
	if global {
		a.header["X-RateLimit-Global"] = "true"
	}
	return a
}

func (s *Server) log(in *incoming, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{Method: in.method, Path: in.path, Body: in.json, Status: status, At: time.Now()})
	s.changedLocked()
}

func (s *Server) write(w http.ResponseWriter, in *incoming, a answer) {
	if in != nil {
		s.log(in, a.status)
	}
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	if a.body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body)
}

func readRequest(r *http.Request, path string) (*incoming, error) {
	in := &incoming{method: r.Method, path: path, parts: strings.Split(path, "/"), auth: r.Header.Get("Authorization"), files: map[string]string{}}
	body, err := io.ReadAll(io.LimitReader(r.Body, 30<<20))
	if err != nil {
		return in, err
	}
	if len(body) == 0 {
		return in, nil
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return in, fmt.Errorf("content type: %w", err)
	}
	in.json = body
	if kind == "multipart/form-data" {
		if err := in.readParts(body, params["boundary"]); err != nil {
			return in, err
		}
	} else if kind != "application/json" {
		return in, fmt.Errorf("content type %q", kind)
	}
	var v any
	if err := json.Unmarshal(in.json, &v); err != nil {
		return in, fmt.Errorf("no JSON: %w", err)
	}
	in.data, _ = v.(map[string]any)
	return in, nil
}

func (in *incoming) readParts(body []byte, boundary string) error {
	in.json = nil
	mr := multipart.NewReader(strings.NewReader(string(body)), boundary)
	for {
		p, err := mr.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return err
		}
		switch name := p.FormName(); {
		case name == "payload_json":
			in.json = data
		case strings.HasPrefix(name, "files[") && p.FileName() != "":
			in.files[strings.TrimSuffix(strings.TrimPrefix(name, "files["), "]")] = p.FileName()
		default:
			return fmt.Errorf("part %q", name)
		}
	}
	if in.json == nil {
		return errors.New("multipart without payload_json")
	}
	return nil
}

// check holds a request against the contract and the rules beyond it.
func (s *Server) check(r *http.Request, in *incoming) {
	if ua := r.Header.Get("User-Agent"); !strings.HasPrefix(ua, "DiscordBot (") {
		s.violatef("%s %s: user agent %q", in.method, in.path, ua)
	}
	for _, rule := range s.judge.Request(in.method, in.path, in.json, in.files) {
		s.violatef("%s %s: %s\n%s", in.method, tokenless(in.path), rule, clip(in.json))
	}
}

func tokenless(path string) string {
	p := strings.Split(path, "/")
	if len(p) > 2 && (p[0] == "webhooks" || p[0] == "interactions") {
		p[2] = "TOKEN"
	}
	return strings.Join(p, "/")
}

func clip(b []byte) string {
	if len(b) > 1500 {
		return string(b[:1500]) + "…"
	}
	return string(b)
}

// route answers a request.
func (s *Server) route(in *incoming) answer {
	p := in.parts
	if p[0] == "interactions" && len(p) == 4 && p[3] == "callback" {
		return s.callback(in)
	}
	if p[0] == "webhooks" && len(p) >= 3 {
		return s.webhook(in)
	}
	if in.path == "gateway" {
		return ok(map[string]any{"url": "ws://" + s.addr})
	}
	if in.auth != "Bot "+s.Token {
		return refused(http.StatusUnauthorized, 0, "401: Unauthorized")
	}
	if a, hit := s.overGlobal(); hit {
		return a
	}
	switch p[0] {
	case "gateway":
		return s.gatewayBot()
	case "users":
		return s.users(in)
	case "applications", "oauth2":
		return s.applications(in)
	case "guilds":
		return s.guildRoute(in)
	case "channels":
		return s.channelRoute(in)
	}
	s.violatef("%s %s: unknown route", in.method, in.path)
	return refused(http.StatusNotFound, 0, "404: Not Found")
}

func (s *Server) gatewayBot() answer {
	starts := s.opt.Starts
	if starts == 0 {
		starts = 1000
	}
	return ok(map[string]any{
		"url": "ws://" + s.addr, "shards": max(s.opt.Shards, 1),
		"session_start_limit": map[string]any{
			"total": 1000, "remaining": starts, "reset_after": 3600000, "max_concurrency": max(s.opt.Concurrency, 1),
		},
	})
}

func (s *Server) users(in *incoming) answer {
	switch {
	case in.path == "users/@me" && in.method == http.MethodGet:
		return ok(map[string]any{"id": s.App, "username": "Karussell", "bot": true})
	case in.path == "users/@me/guilds" && in.method == http.MethodGet:
		s.mu.Lock()
		defer s.mu.Unlock()
		guilds := []any{}
		for _, g := range s.guilds {
			guilds = append(guilds, map[string]any{"id": g.id, "name": g.name, "owner": false})
		}
		return ok(guilds)
	case in.path == "users/@me/channels" && in.method == http.MethodPost:
		s.mu.Lock()
		defer s.mu.Unlock()
		user := fmt.Sprint(in.data["recipient_id"])
		if !s.people[user] {
			return refused(http.StatusBadRequest, 50033, "Invalid Recipient(s)")
		}
		return ok(s.dmLocked(user).object())
	}
	return refused(http.StatusNotFound, 0, "404: Not Found")
}

func (s *Server) applications(in *incoming) answer {
	if in.parts[len(in.parts)-1] == "@me" {
		return ok(map[string]any{"id": s.App, "name": "Karussell", "bot_public": true, "flags": 0})
	}
	if in.parts[len(in.parts)-1] != "commands" {
		return refused(http.StatusNotFound, 0, "404: Not Found")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.parts[1] != s.App {
		return refused(http.StatusForbidden, 20012, "You are not authorized to perform this action on this application")
	}
	if in.method == http.MethodPut {
		var list []map[string]any
		if json.Unmarshal(in.json, &list) != nil {
			return refused(http.StatusBadRequest, 50035, "Invalid Form Body")
		}
		for i := range list {
			list[i]["id"], list[i]["application_id"], list[i]["version"] = s.id(), s.App, s.id()
		}
		s.commands[in.path] = list
		s.commandPuts++
	}
	list := s.commands[in.path]
	if list == nil {
		list = []map[string]any{}
	}
	return ok(list)
}

func (s *Server) guildRoute(in *incoming) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guildLocked(in.parts[1])
	if g == nil {
		return refused(http.StatusNotFound, 10004, "Unknown Guild")
	}
	switch {
	case len(in.parts) == 3 && in.parts[2] == "roles":
		return ok(g.roles)
	case len(in.parts) == 4 && in.parts[2] == "threads" && in.parts[3] == "active":
		threads := []any{}
		for _, c := range s.channels {
			if c.guild == g.id && c.Parent != "" && !c.Archived {
				threads = append(threads, c.object())
			}
		}
		return ok(map[string]any{"threads": threads, "members": []any{}})
	case len(in.parts) == 4 && in.parts[2] == "members":
		return ok(map[string]any{"user": map[string]any{"id": in.parts[3]}, "roles": []string{}, "joined_at": "2026-01-01T00:00:00Z"})
	}
	return refused(http.StatusNotFound, 0, "404: Not Found")
}

func (s *Server) channelRoute(in *incoming) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[in.parts[1]]
	if c == nil {
		return refused(http.StatusNotFound, 10003, "Unknown Channel")
	}
	if c.guild != "" && s.may(c)&ViewChannel == 0 {
		return refused(http.StatusForbidden, 50001, "Missing Access")
	}
	rest := strings.Join(in.parts[2:], "/")
	switch {
	case rest == "" && in.method == http.MethodGet:
		return ok(c.object())
	case rest == "" && in.method == http.MethodPatch:
		return s.patchChannel(c, in)
	case rest == "messages" && in.method == http.MethodPost:
		return s.postMessage(c, in)
	case rest == "threads" && in.method == http.MethodPost:
		return s.postThread(c, in)
	case len(in.parts) == 4 && in.parts[2] == "messages" && in.method == http.MethodPatch:
		return s.patchMessage(c, in)
	case len(in.parts) == 5 && in.parts[4] == "crosspost" && in.method == http.MethodPost:
		return s.crosspost(c, in.parts[3])
	}
	return refused(http.StatusNotFound, 0, "404: Not Found")
}

func (s *Server) patchChannel(c *channel, in *incoming) answer {
	if c.Parent == "" {
		return refused(http.StatusForbidden, 50013, "Missing Permissions")
	}
	if archived, said := in.data["archived"].(bool); said {
		if c.Locked {
			return refused(http.StatusForbidden, 50013, "Missing Permissions")
		}
		c.Archived = archived
	}
	if tags, said := in.data["applied_tags"].([]any); said {
		if c.Archived {
			return refused(http.StatusBadRequest, 50083, "Thread is archived")
		}
		c.applied = nil
		for _, t := range tags {
			c.applied = append(c.applied, fmt.Sprint(t))
		}
	}
	return ok(c.object())
}

func (s *Server) crosspost(c *channel, id string) answer {
	if c.Type != Announcement {
		return refused(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	}
	if a, hit := s.over("crosspost "+c.id, 10, time.Hour, nil); hit {
		return a
	}
	for _, m := range c.messages {
		if m.ID == id {
			if m.Reference != "" {
				return refused(http.StatusBadRequest, 50068, "Invalid message type")
			}
			if m.Published {
				return refused(http.StatusBadRequest, 40033, "This message has already been crossposted")
			}
			m.Published = true
			return ok(m.object())
		}
	}
	return refused(http.StatusNotFound, 10008, "Unknown Message")
}

// over keeps a limit of n per window; headers get what remains.
func (s *Server) over(bucket string, n int, window time.Duration, header map[string]string) (answer, bool) {
	if !s.opt.Limits {
		return answer{}, false
	}
	now := time.Now()
	times := slices.DeleteFunc(s.recent[bucket], func(t time.Time) bool { return now.Sub(t) >= window })
	if len(times) >= n {
		s.recent[bucket] = times
		s.exceeded = append(s.exceeded, bucket)
		return limited(times[0].Add(window).Sub(now), bucket == "global", false), true
	}
	s.recent[bucket] = append(times, now)
	if header != nil {
		header["X-RateLimit-Bucket"] = "b" + strconv.Itoa(len(bucket))
		header["X-RateLimit-Limit"] = strconv.Itoa(n)
		header["X-RateLimit-Remaining"] = strconv.Itoa(n - len(times) - 1)
		header["X-RateLimit-Reset-After"] = fmt.Sprintf("%.3f", s.recent[bucket][0].Add(window).Sub(now).Seconds())
	}
	return answer{}, false
}

// Exceeded are the limits that requests went over, one entry a request:
// "global", or a route with its channel.
func (s *Server) Exceeded() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.exceeded)
}

// Busiest is the most requests that came within any second, without those of
// interactions, which Discord's global limit does not count.
func (s *Server) Busiest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := 0
	var recent []time.Time
	for _, r := range s.requests {
		if strings.HasPrefix(r.Path, "interactions/") || strings.HasPrefix(r.Path, "webhooks/") {
			continue
		}
		recent = slices.DeleteFunc(recent, func(t time.Time) bool { return r.At.Sub(t) >= time.Second })
		recent = append(recent, r.At)
		most = max(most, len(recent))
	}
	return most
}

func (s *Server) overGlobal() (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over("global", 50, time.Second, nil)
}
