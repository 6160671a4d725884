package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
)

// stranger is a Discord as somebody else would write it from the documentation:
// only what is required there, and nothing that our own fake offers besides. It
// keeps no limits, sends no optional fields and looks nothing up.
type stranger struct {
	*httptest.Server
	api         string // "/api/v9" or "/api/v10", nothing else is answered
	gatewayPath string // path and query of the gateway's address
	plain       bool   // knows GET /gateway only
	created     int    // status of a new message
	guilds      any    // of READY; nil: not said

	mu       sync.Mutex
	ws       *websocket.Conn
	seq      int
	ids      int
	messages map[string]map[string]any
	order    []string
	answers  map[string]map[string]any // by interaction id; also edits of the original
	commands []map[string]any
}

func newStranger(t *testing.T, s *stranger) *stranger {
	t.Helper()
	s.messages, s.answers = map[string]map[string]any{}, map[string]map[string]any{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		s.gateway(w, r)
		return
	}
	path, known := strings.CutPrefix(r.URL.Path, s.api+"/")
	var body map[string]any
	raw := []byte(r.FormValue("payload_json")) // beside pictures
	if len(raw) == 0 {
		raw, _ = io.ReadAll(r.Body)
	}
	_ = json.Unmarshal(raw, &body)
	s.mu.Lock()
	defer s.mu.Unlock()
	part := strings.Split(path, "/")
	reply := func(status int, v any) {
		w.WriteHeader(status)
		if v != nil {
			_ = json.NewEncoder(w).Encode(v)
		}
	}
	switch {
	case !known:
		reply(http.StatusNotFound, nil)
	case path == "gateway/bot" && !s.plain, path == "gateway" && s.plain:
		reply(http.StatusOK, map[string]any{"url": "ws" + strings.TrimPrefix(s.URL, "http") + s.gatewayPath})
	case r.Method == http.MethodPut && path == "applications/31/commands":
		_ = json.Unmarshal(raw, &s.commands)
		reply(http.StatusOK, s.commands)
	case part[0] == "interactions" && len(part) == 4:
		s.answers[part[1]] = body
		reply(http.StatusNoContent, nil)
	case part[0] == "webhooks" && len(part) > 2:
		s.answers[strings.TrimPrefix(part[2], "token-")] = map[string]any{"type": 4.0, "data": body}
		reply(http.StatusOK, map[string]any{"id": s.id()})
	case r.Method == http.MethodPost && len(part) == 3 && part[2] == "messages":
		body["id"] = s.id()
		s.messages[fmt.Sprint(body["id"])], s.order = body, append(s.order, fmt.Sprint(body["id"]))
		reply(s.created, map[string]any{"id": body["id"], "channel_id": part[1]})
	case r.Method == http.MethodPatch && len(part) == 4 && s.messages[part[3]] != nil:
		maps.Copy(s.messages[part[3]], body)
		reply(http.StatusOK, map[string]any{"id": part[3], "channel_id": part[1]})
	default:
		reply(http.StatusNotFound, map[string]any{"message": "404: Not Found", "code": 0})
	}
}

func (s *stranger) id() string { s.ids++; return strconv.Itoa(1000 + s.ids) }

// gateway takes one connection: hello, identify or resume, heartbeats.
func (s *stranger) gateway(w http.ResponseWriter, r *http.Request) {
	if want, _, _ := strings.Cut(s.gatewayPath, "?"); r.URL.Path != want && r.URL.Path != want+"/" {
		http.NotFound(w, r)
		return
	}
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	s.mu.Lock()
	s.ws = ws
	_ = ws.WriteJSON(map[string]any{"op": 10, "d": map[string]any{"heartbeat_interval": 41250.5}})
	s.mu.Unlock()
	for {
		var m struct {
			Op int `json:"op"`
		}
		if ws.ReadJSON(&m) != nil {
			return
		}
		switch m.Op {
		case 1:
			s.mu.Lock()
			_ = ws.WriteJSON(map[string]any{"op": 11})
			s.mu.Unlock()
		case 2:
			ready := map[string]any{"v": 10, "user": map[string]any{"id": "32"}, "session_id": "s", "application": map[string]any{"id": "31"}}
			if s.guilds != nil {
				ready["guilds"] = s.guilds
			}
			s.dispatch("READY", ready)
		case 6:
			s.dispatch("RESUMED", map[string]any{})
		}
	}
}

func (s *stranger) dispatch(event string, d any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	_ = s.ws.WriteJSON(map[string]any{"op": 0, "t": event, "s": s.seq, "d": d})
}

// use sends an interaction with the required fields only and waits for the
// answer's data.
func (s *stranger) use(t *testing.T, kind int, data, message any) (answer map[string]any) {
	t.Helper()
	s.mu.Lock()
	id := s.id()
	s.mu.Unlock()
	event := map[string]any{
		"id": id, "application_id": "31", "type": kind, "token": "token-" + id, "version": 1, "data": data,
		"guild_id": "5", "channel_id": "6", "member": map[string]any{"user": map[string]any{"id": "7"}, "roles": []string{}},
	}
	if message != nil {
		event["message"] = message
	}
	s.dispatch("INTERACTION_CREATE", event)
	awaitThat(t, "the answer", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		a := s.answers[id]
		answer, _ = a["data"].(map[string]any)
		return a != nil && a["type"] != 5.0 && a["type"] != 6.0
	})
	return answer
}

func (s *stranger) slash(t *testing.T, name, option, value string) map[string]any {
	t.Helper()
	return s.use(t, 2, map[string]any{"id": "9", "name": name, "type": 1, "options": []any{map[string]any{"name": option, "type": 3, "value": value}}}, nil)
}

// custom finds the id of a button or menu option by a part of its label.
func custom(message map[string]any, label string) string {
	var found string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if l, _ := v["label"].(string); strings.Contains(l, label) && v["custom_id"] != nil && found == "" {
				found, _ = v["custom_id"].(string)
			}
			walk(v["components"])
		}
	}
	walk(message["components"])
	return found
}

func (s *stranger) press(t *testing.T, message map[string]any, label string) map[string]any {
	t.Helper()
	id := custom(message, label)
	if id == "" {
		t.Fatalf("no button %q in %v", label, message["components"])
	}
	return s.use(t, 3, map[string]any{"custom_id": id, "component_type": 2}, map[string]any{"id": "77", "channel_id": "6"})
}

// message is the nth message, once it says all of the parts.
func (s *stranger) message(t *testing.T, n int, parts ...string) (out map[string]any) {
	t.Helper()
	awaitThat(t, "message "+strings.Join(parts, ", "), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.order) < n {
			return false
		}
		raw, _ := json.Marshal(s.messages[s.order[n-1]])
		_ = json.Unmarshal(raw, &out)
		return says(out, parts...)
	})
	return out
}

func says(message map[string]any, parts ...string) bool {
	raw, _ := json.Marshal(message)
	for _, p := range parts {
		if !strings.Contains(strings.ReplaceAll(string(raw), `\\`, ""), p) {
			return false
		}
	}
	return true
}

// TestStrangersDiscord lives with the real program at servers that are not our
// own fake: whatever they leave out, the bot connects, registers, answers,
// alerts, edits and replies.
func TestStrangersDiscord(t *testing.T) {
	for name, s := range map[string]*stranger{
		"old":     {api: "/api/v9", gatewayPath: "", created: http.StatusOK, guilds: []any{map[string]any{"id": "5", "unavailable": true}}},
		"new":     {api: "/api/v10", gatewayPath: "/gateway?v=10&encoding=json&compress=zlib-stream", created: http.StatusCreated, guilds: []any{}},
		"minimal": {api: "/api/v10", gatewayPath: "/ws/", plain: true, created: http.StatusAccepted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			livesWithStranger(t, newStranger(t, s))
		})
	}
}

func livesWithStranger(t *testing.T, s *stranger) { //nolint:thelper // the test itself
	first, second := newPaper(t, "Ruhr-Blatt"), newPaper(t, "Revier-Anzeiger")
	bot := startBot(t, "KARUSSELL_DISCORD_TOKEN=abc.def", "KARUSSELL_DISCORD_ENDPOINT="+s.URL+"/",
		"KARUSSELL_FEEDS="+first.URL+"/feed "+second.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")
	awaitThat(t, "the commands", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.commands) > 5 })

	which := s.slash(t, "subscribe", "topic", "Borussia")
	if done := s.press(t, which, "Dortmund"); !says(done, "Borussia Dortmund") {
		t.Errorf("the choice was answered with %v", done)
	}
	if done := s.slash(t, "subscribe", "topic", "Schalke"); !says(done, "FC Schalke 04") {
		t.Fatalf("the subscription was answered with %v", done)
	}
	bot.awaitSaid("feed contacted", 2)
	first.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	alert := s.message(t, 1, "Miron Muslic", "WAZ")
	if why := s.press(t, alert, "Warum"); !says(why, "WAZ") {
		t.Errorf("the question why was answered with %v", why)
	}

	bot.stop(syscall.SIGKILL)
	bot.start()
	second.publish("Auch Sky berichtet: Muslic und Schalke in Gesprächen", "Trainer Miron Muslic verhandelt laut Sky mit dem FC Schalke 04.")
	s.message(t, 1, "Miron Muslic", "WAZ", "Sky")
	first.publish("Schalke stellt Miron Muslic vor", "Miron Muslic ist neuer Trainer des FC Schalke 04. Der Verein stellte den Coach am Montag vor, er unterschrieb einen Vertrag bis 2027.")
	reply := s.message(t, 2, "Miron Muslic", "2027")
	if ref, _ := reply["message_reference"].(map[string]any); ref["message_id"] != s.order[0] || ref["fail_if_not_exists"] != false {
		t.Errorf("the reply refers to %v", reply["message_reference"])
	}
	if reply["enforce_nonce"] != true || reply["allowed_mentions"] == nil {
		t.Errorf("nonce or mentions are missing: %v", reply)
	}
	bot.awaitSaid("discord shard ready", 2) // the stranger repeats no events
	if a := s.slash(t, "coach", "name", "Muslic"); !says(a, "Miron Muslic", "2027") {
		t.Errorf("/coach was answered with %v", a)
	}
	offer := s.use(t, 4, map[string]any{"id": "9", "name": "coach", "type": 1, "options": []any{map[string]any{"name": "name", "type": 3, "value": "mus"}}}, nil)
	if !says(offer, "Miron Muslic") {
		t.Errorf("completed to %v", offer)
	}
	if strings.Contains(bot.said(), "abc.def") {
		t.Error("the log holds the token")
	}
}
