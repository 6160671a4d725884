package telegramtest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// pending is an update that was not confirmed.
type pending struct {
	id  int
	raw json.RawMessage
}

// enqueue adds an update. The caller holds mu.
func (s *Server) enqueue(content map[string]any) int {
	s.nextUpdate++
	content["update_id"] = s.nextUpdate
	raw, err := json.Marshal(content)
	if err != nil {
		s.brokenf("inject: %v", err)
		return 0
	}
	return s.enqueueRaw(s.nextUpdate, raw)
}

func (s *Server) enqueueRaw(id int, raw json.RawMessage) int {
	s.updates = append(s.updates, pending{id, raw})
	s.notify()
	return id
}

// stamp gives a message its number, chat and date. The caller holds mu.
func (s *Server) stamp(r *room, fields map[string]any) map[string]any {
	out := map[string]any{"message_id": r.next, "chat": r.json(), "date": time.Now().Unix()}
	r.next++
	maps.Copy(out, fields)
	return out
}

// Option changes an injected message.
type Option func(message map[string]any)

// InTopic puts the message into a forum topic.
func InTopic(topic int) Option {
	return func(m map[string]any) { m["message_thread_id"], m["is_topic_message"] = topic, true }
}

// Language sets the author's language.
func Language(code string) Option {
	return func(m map[string]any) {
		if from, ok := m["from"].(map[string]any); ok {
			from["language_code"] = code
		}
	}
}

// Anonymous makes an anonymous administrator of the author.
func Anonymous() Option {
	return func(m map[string]any) {
		m["sender_chat"] = m["chat"]
		m["from"] = map[string]any{"id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"}
	}
}

// With sets any field of the message.
func With(field string, value any) Option {
	return func(m map[string]any) { m[field] = value }
}

// InjectText lets a user write a text and returns the update's number. A chat
// that is not known comes into being: a private one for positive ids, where the
// chat's id is the user's, a supergroup for negative ones. In channels the text
// is a post.
func (s *Server) InjectText(chat, user int64, text string, options ...Option) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(chat)
	if r.Type == "channel" {
		return s.enqueue(map[string]any{"channel_post": s.written(r, 0, text, options)})
	}
	return s.enqueue(map[string]any{"message": s.written(r, user, text, options)})
}

// InjectReply lets a user answer one of the bot's messages.
func (s *Server) InjectReply(chat, user int64, to int, text string, options ...Option) int {
	reply := func(m map[string]any) {
		m["reply_to_message"] = map[string]any{
			"message_id": to, "date": time.Now().Unix(), "chat": m["chat"],
			"from": map[string]any{"id": s.ID, "is_bot": true, "first_name": "Bot"},
		}
	}
	return s.InjectText(chat, user, text, append([]Option{reply}, options...)...)
}

// InjectEdit lets a user change the text of an earlier message.
func (s *Server) InjectEdit(chat, user int64, id int, text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.written(s.room(chat), user, text, nil)
	m["message_id"], m["edit_date"] = id, time.Now().Unix()
	return s.enqueue(map[string]any{"edited_message": m})
}

// written is a user's message. The caller holds mu.
func (s *Server) written(r *room, user int64, text string, options []Option) map[string]any {
	m := s.stamp(r, map[string]any{"text": text})
	if user != 0 {
		m["from"] = userJSON(user)
	} else {
		m["sender_chat"] = r.json()
	}
	if strings.HasPrefix(text, "/") {
		command, _, _ := strings.Cut(text, " ")
		m["entities"] = []map[string]any{{"type": "bot_command", "offset": 0, "length": len(command)}}
	}
	for _, o := range options {
		o(m)
	}
	return m
}

// Inject queues an update as given, without its update_id.
func (s *Server) Inject(content map[string]any) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enqueue(content)
}

// InjectRaw queues an update that need not make sense; "%d" stands for its
// number.
func (s *Server) InjectRaw(raw string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextUpdate++
	return s.enqueueRaw(s.nextUpdate, json.RawMessage(strings.Replace(raw, "%d", strconv.Itoa(s.nextUpdate), 1)))
}

// Unconfirmed is how many updates wait for their confirmation.
func (s *Server) Unconfirmed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// getUpdates is the long poll. A second poller ends the first one's poll with a
// 409, as Telegram does.
func (s *Server) getUpdates(r *http.Request, c Call) (any, *refusal) {
	offset, _ := strconv.Atoi(c.Params["offset"])
	seconds, _ := strconv.Atoi(c.Params["timeout"])
	limit, err := strconv.Atoi(c.Params["limit"])
	if err != nil || limit < 1 || limit > 100 {
		limit = 100
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.webhook.url != "" {
		return nil, refuse(http.StatusConflict, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	if s.poller != nil {
		close(s.poller)
	}
	mine := make(chan struct{})
	s.poller = mine
	for len(s.updates) > 0 && s.updates[0].id < offset {
		s.updates = s.updates[1:]
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(seconds)*time.Second)
	defer cancel()
	for len(s.updates) == 0 {
		arrived := s.arrived
		s.mu.Unlock()
		taken, ended := false, false
		select {
		case <-arrived:
		case <-mine:
			taken = true
		case <-ctx.Done():
			ended = true
		case <-s.closed:
			ended = true
		}
		s.mu.Lock()
		if taken {
			return nil, refuse(http.StatusConflict, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
		}
		if ended {
			break
		}
	}
	if s.poller == mine {
		s.poller = nil
	}
	out := []json.RawMessage{}
	for _, u := range s.updates[:min(limit, len(s.updates))] {
		out = append(out, u.raw)
	}
	return out, nil
}
