package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// strangeTelegram is a Bot API server as somebody else would write it in an
// hour: getMe, getUpdates and sendMessage, nothing held, nothing kept, nothing
// else known.
type strangeTelegram struct {
	*httptest.Server
	mu      sync.Mutex
	updates []map[string]any
	sent    []string
	polls   int
	unknown map[string]int
}

func newStrangeTelegram(t *testing.T) *strangeTelegram {
	t.Helper()
	s := &strangeTelegram{unknown: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *strangeTelegram) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	method, ok := strings.CutPrefix(r.URL.Path, "/bot1:strange/")
	s.mu.Lock()
	defer s.mu.Unlock()
	var result any
	switch {
	case !ok:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
		return
	case method == "getMe":
		result = map[string]any{"id": 1, "is_bot": true, "first_name": "K", "username": "k_bot"}
	case method == "getUpdates":
		s.polls++
		var offset int
		_, _ = fmt.Sscan(r.Form.Get("offset"), &offset)
		left := []map[string]any{}
		for _, u := range s.updates {
			if id, _ := u["update_id"].(int); id >= offset {
				left = append(left, u)
			}
		}
		s.updates, result = left, left
	case method == "sendMessage":
		s.sent = append(s.sent, r.Form.Get("text"))
		result = map[string]any{"message_id": 100 + len(s.sent), "date": 1, "chat": map[string]any{"id": 7, "type": "private"}, "text": r.Form.Get("text")}
	default:
		s.unknown[method]++
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"ok":false,"error_code":404,"description":"Not Found"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
}

func (s *strangeTelegram) write(id int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updates = append(s.updates, map[string]any{"update_id": id, "message": map[string]any{
		"message_id": id, "date": 1, "chat": map[string]any{"id": 7, "type": "private"}, "text": text,
		"from": map[string]any{"id": 7, "is_bot": false, "first_name": "U"},
	}})
}

func (s *strangeTelegram) said(parts ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range s.sent {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(text, p)
		}
		if all {
			return true
		}
	}
	return false
}

// TestTelegramAtAStrangersServer: the program talks to any Bot API server, also
// to one that knows nothing but how to bring and take a message; what it cannot
// have there it does without.
func TestTelegramAtAStrangersServer(t *testing.T) {
	server := newStrangeTelegram(t)
	outlet := newPaper(t, "Ruhr-Blatt")
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN=1:strange", "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL,
		"KARUSSELL_FEEDS="+outlet.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")
	server.write(1, "/subscribe Schalke")
	awaitThat(t, "the confirmation", func() bool { return server.said("FC Schalke 04") })
	bot.awaitSaid("feed contacted", 1)
	outlet.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	awaitThat(t, "the alert", func() bool { return server.said("Miron Muslic", "WAZ") })
	server.write(2, "/coach Muslic") // its picture is refused: the text comes alone
	awaitThat(t, "the answer", func() bool { return server.said("Miron Muslic", "Vertrag", "unbekannt") })

	server.mu.Lock()
	polls := server.polls
	server.mu.Unlock()
	time.Sleep(time.Second)
	server.mu.Lock()
	defer server.mu.Unlock()
	if n := server.polls - polls; n > 150 {
		t.Errorf("%d polls a second at a server that holds none", n)
	}
	if n := server.unknown["setMyCommands"]; n > 2 {
		t.Errorf("commands were published %d times to a server that does not know them", n)
	}
}
