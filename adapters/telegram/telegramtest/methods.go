package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// methods are the calls besides getUpdates; they run with the server locked.
var methods = map[string]func(*Server, Call) (any, *refusal){ //nolint:gochecknoglobals // a constant table
	"getMe":               getMe,
	"sendMessage":         sendMessage,
	"sendPhoto":           sendPhoto,
	"sendChatAction":      func(s *Server, c Call) (any, *refusal) { _, _, r := s.target(c); return true, r },
	"editMessageText":     editMessageText,
	"editMessageCaption":  editMessageCaption,
	"editMessageMedia":    editMessageMedia,
	"deleteMessage":       deleteMessage,
	"answerCallbackQuery": answerCallback,
	"answerInlineQuery":   answerInline,
	"setMyCommands":       setMyCommands,
	"getMyCommands":       getMyCommands,
	"setChatMenuButton":   func(s *Server, c Call) (any, *refusal) { s.menuButton = c.Params["menu_button"]; return true, nil },
	"getChat":             getChat,
	"getChatMember":       getChatMember,
	"setWebhook":          setWebhook,
	"deleteWebhook":       func(s *Server, _ Call) (any, *refusal) { s.webhook = webhook{}; return true, nil },
	"getWebhookInfo":      getWebhookInfo,
}

func getMe(s *Server, _ Call) (any, *refusal) {
	return map[string]any{
		"id": s.ID, "is_bot": true, "first_name": "Karussell", "username": s.Username,
		"can_join_groups": !s.lacks["can_join_groups"], "can_read_all_group_messages": !s.privacy,
		"supports_inline_queries": !s.lacks["supports_inline_queries"],
	}, nil
}

// CallbackAnswer is how a pressed button was answered.
type CallbackAnswer struct {
	Answered bool
	Text     string
	Alert    bool
}

// Press lets a user press the button with the given data under one of the bot's
// messages. It returns the callback query's id.
func (s *Server) Press(chat, user int64, message int, data string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(chat)
	var held any = map[string]any{"message_id": message, "chat": r.json(), "date": 0} // inaccessible
	for _, m := range r.messages {
		if m.ID == message && !m.Deleted {
			held = s.messageJSON(r, m)
		}
	}
	return s.press(map[string]any{"from": userJSON(user), "message": held, "chat_instance": "1", "data": data})
}

// PressInline presses a button under a message that was sent by inline mode.
func (s *Server) PressInline(user int64, data string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.press(map[string]any{"from": userJSON(user), "inline_message_id": "inline-1", "chat_instance": "1", "data": data})
}

func (s *Server) press(query map[string]any) string {
	id := "callback-" + strconv.Itoa(len(s.callbacks)+1)
	s.callbacks[id] = &CallbackAnswer{}
	query["id"] = id
	s.enqueue(map[string]any{"callback_query": query})
	return id
}

// PressButton presses the button with the given label, wherever it stands in
// the chat, the newest first.
func (s *Server) PressButton(tb testing.TB, chat, user int64, label string) string {
	tb.Helper()
	messages := s.Messages(chat)
	for _, m := range slices.Backward(messages) {
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.Text == label && b.Data != "" {
					return s.Press(chat, user, m.ID, b.Data)
				}
			}
		}
	}
	tb.Fatalf("telegramtest: no button %q in chat %d", label, chat)
	return ""
}

// Callback is how a callback query was answered so far.
func (s *Server) Callback(id string) CallbackAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.callbacks[id]; a != nil {
		return *a
	}
	return CallbackAnswer{}
}

func answerCallback(s *Server, c Call) (any, *refusal) {
	a := s.callbacks[c.Params["callback_query_id"]]
	if a == nil {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	if a.Answered {
		s.brokenf("answerCallbackQuery: %s answered twice", c.Params["callback_query_id"])
	}
	if len([]rune(c.Params["text"])) > 200 {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	a.Answered, a.Text, a.Alert = true, c.Params["text"], c.Params["show_alert"] == "true"
	s.notify()
	return true, nil
}

// InlineAnswer is how an inline query was answered.
type InlineAnswer struct {
	Answered   bool
	Results    []map[string]any
	NextOffset string
	CacheTime  int
	Personal   bool
}

// Query lets a user type "@bot query" and returns the query's id.
func (s *Server) Query(user int64, query, offset string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := "inline-" + strconv.Itoa(len(s.inline)+1)
	s.inline[id] = &InlineAnswer{}
	s.enqueue(map[string]any{"inline_query": map[string]any{"id": id, "from": userJSON(user), "query": query, "offset": offset}})
	return id
}

// Inline is how an inline query was answered so far.
func (s *Server) Inline(id string) InlineAnswer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.inline[id]; a != nil {
		return *a
	}
	return InlineAnswer{}
}

func answerInline(s *Server, c Call) (any, *refusal) {
	a := s.inline[c.Params["inline_query_id"]]
	if a == nil {
		return nil, badRequest("query is too old and response timeout expired or query ID is invalid")
	}
	var results []map[string]any
	if err := json.Unmarshal([]byte(c.Params["results"]), &results); err != nil || results == nil {
		return nil, badRequest("can't parse inline query results")
	}
	if len(results) > 50 {
		return nil, badRequest("RESULTS_TOO_MUCH")
	}
	ids := map[any]bool{}
	for _, r := range results {
		if id, _ := r["id"].(string); id == "" || len(id) > 64 || ids[id] {
			return nil, badRequest("RESULT_ID_INVALID")
		}
		ids[r["id"]] = true
		if refused := s.checkResult(r); refused != nil {
			return nil, refused
		}
	}
	if len(c.Params["next_offset"]) > 64 {
		return nil, badRequest("NEXT_OFFSET_INVALID")
	}
	a.Answered, a.Results, a.NextOffset = true, results, c.Params["next_offset"]
	a.CacheTime, _ = strconv.Atoi(c.Params["cache_time"])
	a.Personal = c.Params["is_personal"] == "true"
	s.notify()
	return true, nil
}

func (s *Server) checkResult(r map[string]any) *refusal {
	if keys, ok := r["reply_markup"]; ok {
		encoded, _ := json.Marshal(keys)
		if _, refused := checkMarkup(string(encoded)); refused != nil {
			return refused
		}
	}
	if r["type"] == "photo" {
		if id, _ := r["photo_file_id"].(string); s.files[id] == nil {
			return badRequest("wrong file identifier/HTTP URL specified")
		}
		caption, _ := r["caption"].(string)
		entities, _ := json.Marshal(r["caption_entities"])
		_, refused := s.checkText("answerInlineQuery", caption, string(entities), maxCaption)
		return refused
	}
	content, _ := r["input_message_content"].(map[string]any)
	text, _ := content["message_text"].(string)
	if strings.TrimSpace(text) == "" {
		return badRequest("MESSAGE_EMPTY")
	}
	entities, _ := json.Marshal(content["entities"])
	_, refused := s.checkText("answerInlineQuery", text, string(entities), maxText)
	return refused
}

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func setMyCommands(s *Server, c Call) (any, *refusal) {
	var commands []struct{ Command, Description string }
	if json.Unmarshal([]byte(c.Params["commands"]), &commands) != nil {
		return nil, badRequest("can't parse commands")
	}
	if len(commands) > 100 {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for _, cmd := range commands {
		if !commandName.MatchString(cmd.Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := len([]rune(cmd.Description)); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	s.menus[menuKey(c)] = json.RawMessage(c.Params["commands"])
	s.notify()
	return true, nil
}

func getMyCommands(s *Server, c Call) (any, *refusal) {
	if m, ok := s.menus[menuKey(c)]; ok {
		return m, nil
	}
	return []any{}, nil
}

func menuKey(c Call) string {
	var scope struct{ Type string }
	_ = json.Unmarshal([]byte(c.Params["scope"]), &scope)
	return scope.Type + "/" + c.Params["language_code"]
}

// Commands are the names in the list for a scope and language.
func (s *Server) Commands(scope, language string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []struct{ Command string }
	_ = json.Unmarshal(s.menus[scope+"/"+language], &list)
	var names []string
	for _, c := range list {
		names = append(names, c.Command)
	}
	return names
}

func getChat(s *Server, c Call) (any, *refusal) {
	r, refused := s.chatOf(c)
	if refused != nil {
		return nil, refused
	}
	if r.blocked != nil && r.Type != "private" {
		return nil, r.blocked
	}
	out := r.json()
	out["permissions"] = map[string]any{"can_send_messages": !r.mute}
	return out, nil
}

func getChatMember(s *Server, c Call) (any, *refusal) {
	r, refused := s.chatOf(c)
	if refused != nil {
		return nil, refused
	}
	user, err := strconv.ParseInt(c.Params["user_id"], 10, 64)
	if err != nil {
		return nil, badRequest("invalid user_id specified")
	}
	if user == s.ID {
		return s.memberJSON(r), nil
	}
	status, ok := r.members[user]
	if !ok {
		status = "member"
	}
	return map[string]any{"status": status, "user": map[string]any{"id": user, "is_bot": false, "first_name": "User"}}, nil
}

type webhook struct {
	url    string
	secret string
	last   string
}

func setWebhook(s *Server, c Call) (any, *refusal) {
	u, err := url.Parse(c.Params["url"])
	if err != nil || u.Scheme != "https" {
		return nil, badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	s.webhook = webhook{url: c.Params["url"], secret: c.Params["secret_token"]}
	s.notify()
	return true, nil
}

// SetWebhook sets a webhook as another program would.
func (s *Server) SetWebhook(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhook.url = address
}

func getWebhookInfo(s *Server, _ Call) (any, *refusal) {
	out := map[string]any{"url": s.webhook.url, "has_custom_certificate": false, "pending_update_count": len(s.updates)}
	if s.webhook.last != "" {
		out["last_error_message"], out["last_error_date"] = s.webhook.last, time.Now().Unix()
	}
	return out, nil
}

// Deliver brings the oldest waiting update to address (which stands in for the
// webhook's host) and confirms it when that answers 200. It returns the status,
// or 0 when nothing waits or no webhook is set.
func (s *Server) Deliver(ctx context.Context, client *http.Client, address string) (int, error) {
	s.mu.Lock()
	if len(s.updates) == 0 || s.webhook.url == "" {
		s.mu.Unlock()
		return 0, nil
	}
	u, secret := s.updates[0], s.webhook.secret
	s.mu.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(u.raw))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	response, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if response.StatusCode == http.StatusOK && len(s.updates) > 0 && s.updates[0].id == u.id {
		s.updates = s.updates[1:]
	} else if response.StatusCode != http.StatusOK {
		s.webhook.last = "Wrong response from the webhook: " + response.Status
	}
	return response.StatusCode, nil
}

// Notices are the texts shown over the chat to those who pressed a button, in
// the order of the presses.
func (s *Server) Notices() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for i := range len(s.callbacks) {
		if a := s.callbacks["callback-"+strconv.Itoa(i+1)]; a != nil && a.Text != "" {
			out = append(out, a.Text)
		}
	}
	return out
}
