package telegramtest

import (
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Chat is a chat as the server knows it.
type Chat struct {
	ID       int64
	Type     string // "private", "group", "supergroup", "channel"
	Title    string
	Username string // of channels: reachable as @Username
	Forum    bool
}

// room is a chat with what happened in it.
type room struct {
	Chat
	messages []*Message
	next     int
	topics   map[int]string   // "open" or "closed"
	members  map[int64]string // status by user
	bot      string           // the bot's status
	rights   map[string]any   // further fields of the bot's ChatMember
	blocked  *refusal         // why the bot cannot send
	mute     bool             // ordinary members may not write
}

// AddChat makes a chat that has the bot as a member ("administrator" in
// channels).
func (s *Server) AddChat(c Chat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addChat(c)
}

func (s *Server) addChat(c Chat) *room {
	r := &room{Chat: c, next: 1, topics: map[int]string{}, members: map[int64]string{}, bot: "member"}
	if c.Type == "channel" {
		r.bot = "administrator"
	}
	s.chats[c.ID] = r
	return r
}

// room finds a chat; private ones come into being. The caller holds mu.
func (s *Server) room(id int64) *room {
	if r := s.chats[id]; r != nil {
		return r
	}
	kind := "private"
	if id < 0 {
		kind = "supergroup"
	}
	return s.addChat(Chat{ID: id, Type: kind, Title: "Chat " + strconv.FormatInt(id, 10)})
}

func (r *room) json() map[string]any {
	out := map[string]any{"id": r.ID, "type": r.Type}
	if r.Type == "private" {
		out["first_name"] = "User"
		return out
	}
	out["title"] = r.Title
	if r.Username != "" {
		out["username"] = r.Username
	}
	if r.Forum {
		out["is_forum"] = true
	}
	return out
}

// SetMember gives a user a status in a chat: "creator", "administrator",
// "member", "left".
func (s *Server) SetMember(chat, user int64, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room(chat).members[user] = status
}

// SetPrivacy switches the bot's privacy mode.
func (s *Server) SetPrivacy(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.privacy = on
}

// SetAbility switches one of the abilities that getMe states:
// "can_join_groups", "supports_inline_queries".
func (s *Server) SetAbility(name string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lacks[name] = !on
}

// SetMute forbids a chat's ordinary members to write, as getChat says it.
func (s *Server) SetMute(chat int64, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room(chat).mute = on
}

// Refuse makes a chat refuse messages with 403 and the given text, without any
// update; an empty text accepts them again.
func (s *Server) Refuse(chat int64, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room(chat).blocked = nil
	if text != "" {
		s.room(chat).blocked = refuse(http.StatusForbidden, "Forbidden: "+text)
	}
}

// Block is a user blocking the bot, or a group removing it.
func (s *Server) Block(chat, by int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(chat)
	text, status := "Forbidden: bot was blocked by the user", "kicked"
	if r.Type != "private" {
		text = "Forbidden: bot was kicked from the " + r.Type + " chat"
	}
	r.blocked = refuse(http.StatusForbidden, text)
	s.membership(r, by, status, nil)
}

// Unblock undoes Block.
func (s *Server) Unblock(chat, by int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(chat)
	r.blocked = nil
	s.membership(r, by, "member", nil)
}

// SetBot changes the bot's status with an update; extra are further fields of
// its ChatMember ("can_send_messages": false).
func (s *Server) SetBot(chat, by int64, status string, extra map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.membership(s.room(chat), by, status, extra)
}

// membership changes the bot's status and sends the update. The caller holds mu.
func (s *Server) membership(r *room, by int64, status string, rights map[string]any) {
	was := s.memberJSON(r)
	r.bot, r.rights = status, rights
	s.enqueue(map[string]any{"my_chat_member": map[string]any{
		"chat": r.json(), "from": userJSON(by), "date": time.Now().Unix(),
		"old_chat_member": was, "new_chat_member": s.memberJSON(r),
	}})
}

// memberJSON is the bot as a ChatMember.
func (s *Server) memberJSON(r *room) map[string]any {
	out := map[string]any{"user": map[string]any{"id": s.ID, "is_bot": true, "first_name": "Bot"}, "status": r.bot}
	if r.bot == "administrator" {
		out["can_post_messages"] = true
	}
	maps.Copy(out, r.rights)
	return out
}

// Migrate turns a group into a supergroup: service messages in both, and errors
// with migrate_to_chat_id from the old one.
func (s *Server) Migrate(from, to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.migrate(from, to)
	old, fresh := s.room(from), s.room(to)
	s.enqueue(map[string]any{"message": s.stamp(old, map[string]any{"migrate_to_chat_id": to})})
	s.enqueue(map[string]any{"message": s.stamp(fresh, map[string]any{"migrate_from_chat_id": from})})
}

// MigrateSilently is Migrate without service messages: only errors tell.
func (s *Server) MigrateSilently(from, to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.migrate(from, to)
}

func (s *Server) migrate(from, to int64) {
	old := s.room(from)
	if s.chats[to] == nil {
		s.addChat(Chat{ID: to, Type: "supergroup", Title: old.Title})
	}
	old.blocked = &refusal{code: http.StatusBadRequest, text: "Bad Request: group chat was upgraded to a supergroup chat", migrateTo: to}
}

// SetTopic makes a topic of a forum "open", "closed", or deletes it (""). A
// change between open and closed comes with its service message.
func (s *Server) SetTopic(chat int64, topic int, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(chat)
	r.Forum = true
	was, known := r.topics[topic]
	if state == "" {
		delete(r.topics, topic)
		return
	}
	r.topics[topic] = state
	if !known || was == state {
		return
	}
	service := "forum_topic_closed"
	if state == "open" {
		service = "forum_topic_reopened"
	}
	s.enqueue(map[string]any{"message": s.stamp(r, map[string]any{
		service: map[string]any{}, "message_thread_id": topic, "is_topic_message": true,
	})})
}

func userJSON(id int64) map[string]any {
	return map[string]any{"id": id, "is_bot": false, "first_name": "User", "language_code": "de"}
}
