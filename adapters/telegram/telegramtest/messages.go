package telegramtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	maxText    = 4096
	maxCaption = 1024
)

// Message is a message of the bot as it stands in the chat now.
type Message struct {
	ID          int
	Chat        int64
	Topic       int
	Text        string // or the caption
	Entities    []Entity
	Photo       []byte // as uploaded; nil for texts
	FileID      string
	Buttons     [][]Button
	ReplyTo     int
	Silent      bool
	ForceReply  bool
	Selective   bool
	Placeholder string
	Edits       int
	Deleted     bool
	At          time.Time
}

// Messages are the bot's messages in a chat, oldest first, deleted ones left
// out.
func (s *Server) Messages(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	if r := s.chats[chat]; r != nil {
		for _, m := range r.messages {
			if !m.Deleted {
				out = append(out, *m)
			}
		}
	}
	return out
}

// Await waits until a chat holds n messages of the bot and returns them; it
// fails the test when that takes longer than a minute.
func (s *Server) Await(tb testing.TB, chat int64, n int) []Message {
	tb.Helper()
	var messages []Message
	s.AwaitThat(tb, fmt.Sprintf("%d messages in chat %d", n, chat), func() bool {
		messages = s.Messages(chat)
		return len(messages) >= n
	})
	return messages
}

// AwaitThat waits until a condition holds; it is examined whenever something
// happened on the server.
func (s *Server) AwaitThat(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	deadline := time.After(time.Minute)
	for {
		s.mu.Lock()
		arrived := s.arrived
		s.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-arrived:
		case <-time.After(50 * time.Millisecond): // conditions outside of the server
		case <-deadline:
			tb.Fatalf("telegramtest: waited in vain for %s; calls: %s", what, s.lastCalls())
		}
	}
}

func (s *Server) lastCalls() string {
	var b strings.Builder
	calls := s.Calls("")
	for _, c := range calls[max(0, len(calls)-8):] {
		fmt.Fprintf(&b, "\n  %s %v", c.Method, c.Params)
	}
	return b.String()
}

// target finds where a call sends to. The caller holds mu.
func (s *Server) target(c Call) (*room, int, *refusal) {
	r, refused := s.chatOf(c)
	if refused != nil {
		return nil, 0, refused
	}
	if r.blocked != nil {
		return nil, 0, r.blocked
	}
	topic, _ := strconv.Atoi(c.Params["message_thread_id"])
	if topic != 0 {
		switch state, ok := r.topics[topic]; {
		case !ok:
			return nil, 0, badRequest("message thread not found")
		case state == "closed":
			return nil, 0, badRequest("TOPIC_CLOSED")
		}
	}
	return r, topic, nil
}

func (s *Server) chatOf(c Call) (*room, *refusal) {
	name := c.Params["chat_id"]
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		if r := s.chats[id]; r != nil {
			return r, nil
		}
	}
	for _, r := range s.chats {
		if r.Username != "" && "@"+r.Username == name {
			return r, nil
		}
	}
	return nil, badRequest("chat not found")
}

func sendMessage(s *Server, c Call) (any, *refusal) {
	r, topic, refused := s.target(c)
	if refused != nil {
		return nil, refused
	}
	if strings.TrimSpace(c.Params["text"]) == "" {
		return nil, badRequest("message text is empty")
	}
	if !strings.Contains(c.Params["link_preview_options"], `"is_disabled":true`) {
		s.brokenf("sendMessage: link previews are not off")
	}
	entities, refused := s.checkText("sendMessage", c.Params["text"], c.Params["entities"], maxText)
	if refused != nil {
		return nil, refused
	}
	return s.post(r, topic, c, &Message{Text: c.Params["text"], Entities: entities})
}

func sendPhoto(s *Server, c Call) (any, *refusal) {
	r, topic, refused := s.target(c)
	if refused != nil {
		return nil, refused
	}
	entities, refused := s.checkText("sendPhoto", c.Params["caption"], c.Params["caption_entities"], maxCaption)
	if refused != nil {
		return nil, refused
	}
	m := &Message{Text: c.Params["caption"], Entities: entities}
	if refused := s.attach(m, c.Files["photo"], c.Params["photo"]); refused != nil {
		return nil, refused
	}
	return s.post(r, topic, c, m)
}

// attach gives m its picture, uploaded or by file id.
func (s *Server) attach(m *Message, upload []byte, id string) *refusal {
	if upload != nil {
		if len(upload) == 0 {
			return badRequest("file must be non-empty")
		}
		m.FileID = "file-" + strconv.Itoa(len(s.files)+1)
		s.files[m.FileID] = upload
		m.Photo = upload
		return nil
	}
	known, ok := s.files[id]
	if !ok {
		return badRequest("wrong file identifier/HTTP URL specified")
	}
	m.FileID, m.Photo = id, known
	return nil
}

// ForgetFiles makes all file ids invalid.
func (s *Server) ForgetFiles() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = map[string][]byte{}
}

// post puts a message into a room. The caller holds mu.
func (s *Server) post(r *room, topic int, c Call, m *Message) (any, *refusal) {
	keys, refused := checkMarkup(c.Params["reply_markup"])
	if refused != nil {
		return nil, refused
	}
	m.Buttons, m.ForceReply, m.Selective, m.Placeholder = keys.Rows, keys.ForceReply, keys.Selective, keys.Placeholder
	m.ID, m.Chat, m.Topic, m.At = r.next, r.ID, topic, time.Now()
	m.Silent = c.Params["disable_notification"] == "true"
	if encoded := c.Params["reply_parameters"]; encoded != "" {
		var reply struct {
			ID     int  `json:"message_id"`
			Anyway bool `json:"allow_sending_without_reply"`
		}
		if json.Unmarshal([]byte(encoded), &reply) != nil || (!r.has(reply.ID) && !reply.Anyway) {
			return nil, badRequest("message to be replied not found")
		}
		if r.has(reply.ID) {
			m.ReplyTo = reply.ID
		}
	}
	r.next++
	r.messages = append(r.messages, m)
	s.notify()
	return s.messageJSON(r, m), nil
}

// has: users' messages take numbers too and are not kept.
func (r *room) has(id int) bool {
	i := slices.IndexFunc(r.messages, func(m *Message) bool { return m.ID == id })
	if i >= 0 {
		return !r.messages[i].Deleted
	}
	return id > 0 && id < r.next
}

func (s *Server) messageJSON(r *room, m *Message) map[string]any {
	out := map[string]any{
		"message_id": m.ID, "chat": r.json(), "date": m.At.Unix(),
		"from": map[string]any{"id": s.ID, "is_bot": true, "first_name": "Bot", "username": s.Username},
	}
	if m.Topic != 0 {
		out["message_thread_id"], out["is_topic_message"] = m.Topic, true
	}
	if m.FileID != "" {
		out["photo"] = []map[string]any{
			{"file_id": m.FileID + "-small", "file_unique_id": "u", "width": 90, "height": 90},
			{"file_id": m.FileID, "file_unique_id": "u", "width": 800, "height": 800},
		}
		out["caption"] = m.Text
	} else {
		out["text"] = m.Text
	}
	return out
}

// edited finds the message that a call edits. The caller holds mu.
func (s *Server) edited(c Call) (*room, *Message, *refusal) {
	r, refused := s.chatOf(c)
	if refused != nil {
		return nil, nil, refused
	}
	if r.blocked != nil {
		return nil, nil, r.blocked
	}
	id, _ := strconv.Atoi(c.Params["message_id"])
	for _, m := range r.messages {
		if m.ID == id && !m.Deleted {
			return r, m, nil
		}
	}
	return nil, nil, badRequest("message to edit not found")
}

func editMessageText(s *Server, c Call) (any, *refusal) {
	r, m, refused := s.edited(c)
	if refused != nil {
		return nil, refused
	}
	if m.FileID != "" {
		return nil, badRequest("there is no text in the message to edit")
	}
	if strings.TrimSpace(c.Params["text"]) == "" {
		return nil, badRequest("message text is empty")
	}
	entities, refused := s.checkText("editMessageText", c.Params["text"], c.Params["entities"], maxText)
	if refused != nil {
		return nil, refused
	}
	return s.change(r, m, c, Message{Text: c.Params["text"], Entities: entities})
}

func editMessageCaption(s *Server, c Call) (any, *refusal) {
	r, m, refused := s.edited(c)
	if refused != nil {
		return nil, refused
	}
	if m.FileID == "" {
		return nil, badRequest("there is no caption in the message to edit")
	}
	entities, refused := s.checkText("editMessageCaption", c.Params["caption"], c.Params["caption_entities"], maxCaption)
	if refused != nil {
		return nil, refused
	}
	return s.change(r, m, c, Message{Text: c.Params["caption"], Entities: entities, FileID: m.FileID, Photo: m.Photo})
}

func editMessageMedia(s *Server, c Call) (any, *refusal) {
	r, m, refused := s.edited(c)
	if refused != nil {
		return nil, refused
	}
	var media struct {
		Type, Media, Caption string
		Entities             json.RawMessage `json:"caption_entities"`
	}
	if json.Unmarshal([]byte(c.Params["media"]), &media) != nil || media.Type != "photo" {
		return nil, badRequest("can't parse InputMedia")
	}
	entities, refused := s.checkText("editMessageMedia", media.Caption, string(media.Entities), maxCaption)
	if refused != nil {
		return nil, refused
	}
	changed := Message{Text: media.Caption, Entities: entities}
	name, uploads := strings.CutPrefix(media.Media, "attach://")
	if uploads && c.Files[name] == nil {
		return nil, badRequest("wrong file identifier/HTTP URL specified")
	}
	if refused := s.attach(&changed, c.Files[name], media.Media); refused != nil {
		return nil, refused
	}
	return s.change(r, m, c, changed)
}

// change applies an edit. The caller holds mu.
func (s *Server) change(r *room, m *Message, c Call, to Message) (any, *refusal) {
	keys, refused := checkMarkup(c.Params["reply_markup"])
	if refused != nil {
		return nil, refused
	}
	same := m.Text == to.Text && m.FileID == to.FileID && sameJSON(m.Entities, to.Entities) && sameJSON(m.Buttons, keys.Rows)
	if same {
		return nil, badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	m.Text, m.Entities, m.FileID, m.Photo, m.Buttons = to.Text, to.Entities, to.FileID, to.Photo, keys.Rows
	m.Edits++
	s.notify()
	return s.messageJSON(r, m), nil
}

func sameJSON[T any](a, b []T) bool {
	return (len(a) == 0 && len(b) == 0) || reflect.DeepEqual(a, b)
}

func deleteMessage(s *Server, c Call) (any, *refusal) {
	_, m, refused := s.edited(c)
	if refused != nil {
		return nil, badRequest("message to delete not found")
	}
	m.Deleted = true
	s.notify()
	return true, nil
}

// Delete removes one of the bot's messages, as a user would.
func (s *Server) Delete(chat int64, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.room(chat).messages {
		if m.ID == id {
			m.Deleted = true
		}
	}
}
