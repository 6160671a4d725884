package discordtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Interaction callbacks.
const (
	Answered     = 4
	Deferred     = 5
	DeferUpdate  = 6
	Updated      = 7
	Completed    = 8
	OpenedModal  = 9
	callbackTime = 3 * time.Second
	tokenTime    = 15 * time.Minute
)

// User is who uses the bot.
type User struct {
	ID          string // empty: "4711"
	Permissions uint64 // in the channel
	Locale      string // empty: "de"
}

// Interaction is one use of the bot: what was sent and what came back.
type Interaction struct {
	ID       string
	Token    string
	Callback int           // kind of the first answer; 0 for none
	Took     time.Duration // until the first answer
	Late     bool          // it came after three seconds
	Message  *Message      // the answer, or the message that was updated
	Follow   []*Message
	Modal    *Modal
	Choices  []Choice

	server  *Server
	channel string
	user    User
	held    *Message // that the component sits on
	started time.Time
	settled bool // the deferral was followed by an answer
	done    chan struct{}
}

// Modal is an opened form.
type Modal struct {
	CustomID string `json:"custom_id"`
	Title    string `json:"title"`
	Rows     []Row  `json:"components"`
}

// Choice is one completion.
type Choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

const patience = 10 * time.Second

// Slash uses a slash command and waits for the first answer. Values of options
// are string, bool, int, Role or ChannelID.
func (s *Server) Slash(channelID string, u User, name string, options map[string]any) *Interaction {
	s.t.Helper()
	i := s.SlashAsync(channelID, u, name, options)
	i.awaitFirst()
	return i
}

// Role is the value of an option: the id of a role.
type Role string

// ChannelID is the value of an option: the id of a channel.
type ChannelID string

// SlashAsync does not wait.
func (s *Server) SlashAsync(channelID string, u User, name string, options map[string]any) *Interaction {
	s.t.Helper()
	data := map[string]any{"id": "900", "name": name, "type": 1}
	s.knows(name)
	resolved := map[string]any{}
	list := []any{}
	for k, v := range options {
		o := map[string]any{"name": k, "value": v}
		switch v := v.(type) {
		case string:
			o["type"] = 3
		case int:
			o["type"] = 4
		case bool:
			o["type"] = 5
		case Role:
			o["type"], o["value"] = 8, string(v)
		case ChannelID:
			o["type"], o["value"] = 7, string(v)
			s.mu.Lock()
			if c := s.channels[string(v)]; c != nil {
				resolved[string(v)] = map[string]any{"id": c.id, "type": c.Type, "name": c.Name, "permissions": "0"}
			}
			s.mu.Unlock()
		}
		list = append(list, o)
	}
	data["options"] = list
	if len(resolved) > 0 {
		data["resolved"] = map[string]any{"channels": resolved}
	}
	return s.interact(channelID, u, 2, data, nil)
}

// SlashElsewhere is a command of a user who took the bot along to a server that
// it is not in.
func (s *Server) SlashElsewhere(channelID, name string, options map[string]any) *Interaction {
	s.t.Helper()
	s.mu.Lock()
	s.elsewhere = true
	s.mu.Unlock()
	i := s.Slash(channelID, User{}, name, options)
	s.mu.Lock()
	s.elsewhere = false
	s.mu.Unlock()
	return i
}

// knows: nobody can use a command that is not published.
func (s *Server) knows(name string) {
	s.t.Helper()
	if s.opt.Reads {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range s.commands {
		for _, c := range list {
			if c["name"] == name {
				return
			}
		}
	}
	s.t.Fatalf("discordtest: command %q is not published", name)
}

// Complete types into an option.
func (s *Server) Complete(channelID string, u User, name, option, typed string) *Interaction {
	s.t.Helper()
	i := s.CompleteAsync(channelID, u, name, option, typed)
	i.awaitFirst()
	return i
}

// CompleteAsync does not wait.
func (s *Server) CompleteAsync(channelID string, u User, name, option, typed string) *Interaction {
	s.t.Helper()
	s.knows(name)
	return s.interact(channelID, u, 4, map[string]any{"id": "900", "name": name, "type": 1, "options": []any{
		map[string]any{"name": option, "type": 3, "value": typed, "focused": true},
	}}, nil)
}

// Press clicks the button with this label on a message.
func (s *Server) Press(u User, m Message, label string) *Interaction {
	s.t.Helper()
	for _, r := range m.Rows {
		for _, c := range r.Components {
			if c.Type == 2 && c.Label == label {
				return s.PressID(u, m, c.CustomID)
			}
		}
	}
	s.t.Fatalf("discordtest: no button %q among %v", label, m.Labels())
	return nil
}

// PressID clicks any custom id, such as one of a year-old message.
func (s *Server) PressID(u User, m Message, customID string) *Interaction {
	s.t.Helper()
	i := s.interact(m.Channel, u, 3, map[string]any{"custom_id": customID, "component_type": 2}, &m)
	i.awaitFirst()
	return i
}

// Choose picks a value in a menu.
func (s *Server) Choose(u User, m Message, customID, value string) *Interaction {
	s.t.Helper()
	i := s.interact(m.Channel, u, 3, map[string]any{"custom_id": customID, "component_type": 3, "values": []string{value}}, &m)
	i.awaitFirst()
	return i
}

// Submit sends the form that an interaction opened.
func (s *Server) Submit(from *Interaction, values map[string]string) *Interaction {
	s.t.Helper()
	if from.Modal == nil {
		s.t.Fatal("discordtest: no form was opened")
	}
	rows := []any{}
	for k, v := range values {
		rows = append(rows, map[string]any{"type": 1, "components": []any{map[string]any{"type": 4, "custom_id": k, "value": v}}})
	}
	i := s.interact(from.channel, from.user, 5, map[string]any{"custom_id": from.Modal.CustomID, "components": rows}, from.held)
	i.awaitFirst()
	return i
}

func (s *Server) interact(channelID string, u User, kind int, data map[string]any, held *Message) *Interaction {
	s.t.Helper()
	if u.ID == "" {
		u.ID = "4711"
	}
	if u.Locale == "" {
		u.Locale = "de"
	}
	s.mu.Lock()
	s.people[u.ID] = true
	c := s.channels[channelID]
	if c == nil {
		s.mu.Unlock()
		s.t.Fatalf("discordtest: no channel %s", channelID)
	}
	i := &Interaction{ID: s.id(), server: s, channel: channelID, user: u, held: held, started: time.Now(), done: make(chan struct{})}
	i.Token = "aW50ZXJhY3Rpb246-secret-" + i.ID
	s.interactions[i.Token] = i
	event := map[string]any{
		"id": i.ID, "application_id": s.App, "type": kind, "token": i.Token, "version": 1, "data": data,
		"channel_id": channelID, "channel": c.object(), "locale": u.Locale, "entitlements": []any{},
		"app_permissions": strconv.FormatUint(s.may(c), 10),
	}
	who := map[string]any{"id": u.ID, "username": "fan", "discriminator": "0"}
	guildID := c.guild
	if guildID != "" {
		event["guild_id"], event["guild_locale"], event["context"] = guildID, "de", 0
		event["authorizing_integration_owners"] = map[string]any{"0": guildID}
		if s.elsewhere {
			event["authorizing_integration_owners"] = map[string]any{"1": u.ID}
		}
		event["member"] = map[string]any{"user": who, "roles": []string{}, "permissions": strconv.FormatUint(u.Permissions, 10), "joined_at": "2026-01-01T00:00:00Z", "deaf": false, "mute": false}
	} else {
		event["user"], event["context"] = who, 1
		event["authorizing_integration_owners"] = map[string]any{"0": "0"}
	}
	if held != nil {
		event["message"] = held.object()
	}
	s.mu.Unlock()
	s.dispatchGuild(guildID, "INTERACTION_CREATE", func() any { return event })
	return i
}

func (i *Interaction) awaitFirst() {
	i.server.t.Helper()
	select {
	case <-i.done:
	case <-time.After(patience):
		i.server.t.Fatalf("discordtest: the interaction got no answer")
	}
}

// Wait waits for the first answer without failing the test.
func (i *Interaction) Wait(patience time.Duration) bool {
	select {
	case <-i.done:
		return true
	case <-time.After(patience):
		return false
	}
}

// Settle waits for the answer that follows a deferral.
func (i *Interaction) Settle() *Interaction {
	i.server.t.Helper()
	if !i.server.await(patience, func() bool { return i.settled }) {
		i.server.t.Fatalf("discordtest: the deferral was never followed by an answer")
	}
	return i
}

// callback answers POST interactions/{id}/{token}/callback.
func (s *Server) callback(in *incoming) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.interactions[in.parts[2]]
	if i == nil || i.ID != in.parts[1] {
		return refused(http.StatusNotFound, 10062, "Unknown interaction")
	}
	if i.Callback != 0 {
		return refused(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
	}
	i.Took = time.Since(i.started)
	if i.Took > callbackTime {
		i.Late = true
		return refused(http.StatusNotFound, 10062, "Unknown interaction")
	}
	kind, _ := in.data["type"].(float64)
	data, _ := in.data["data"].(map[string]any)
	if bad := i.accept(int(kind), data, in.files); bad != nil {
		return *bad
	}
	i.Callback = int(kind)
	close(i.done)
	s.changedLocked()
	return answer{status: http.StatusNoContent}
}

func (i *Interaction) accept(kind int, data map[string]any, files map[string]string) *answer {
	s := i.server
	invalid := func(why string) *answer {
		a := refused(http.StatusBadRequest, 50035, "Invalid Form Body: "+why)
		return &a
	}
	switch kind {
	case Answered:
		if isEmpty(data, files) {
			a := refused(http.StatusBadRequest, 50006, "Cannot send an empty message")
			return &a
		}
		i.Message, i.settled = s.say(i.channel, data, files), true
	case Deferred:
		flags, _ := data["flags"].(float64)
		i.Message = &Message{ID: s.id(), Channel: i.channel, Flags: int(flags), Ephemeral: int(flags)&64 != 0}
	case DeferUpdate, Updated:
		if i.held == nil {
			return invalid("there is no message to update")
		}
		i.Message = i.held
		if c := s.channels[i.channel]; c != nil && c.message(i.held.ID) != nil {
			i.Message = c.message(i.held.ID)
		}
		if kind == Updated {
			i.Message.apply(data, files)
			i.Message.Edits++
			i.settled = true
		}
	case Completed:
		i.Choices, i.settled = []Choice{}, true
		recode(data["choices"], &i.Choices)
	case OpenedModal:
		i.Modal, i.settled = &Modal{}, true
		recode(data, i.Modal)
	default:
		return invalid("type")
	}
	return nil
}

// say writes an answer; ephemeral ones stand in no channel.
func (s *Server) say(channelID string, data map[string]any, files map[string]string) *Message {
	m := &Message{ID: s.id(), Channel: channelID, At: time.Now()}
	m.apply(data, files)
	if c := s.channels[channelID]; c != nil && !m.Ephemeral {
		c.messages = append(c.messages, m)
	}
	return m
}

// webhook answers the follow-ups of an interaction.
func (s *Server) webhook(in *incoming) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.interactions[in.parts[2]]
	if i == nil || in.parts[1] != s.App || time.Since(i.started) > tokenTime {
		return refused(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	if i.Callback == 0 {
		return refused(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	rest := strings.Join(in.parts[3:], "/")
	switch {
	case rest == "messages/@original" && in.method == http.MethodPatch:
		if i.Message == nil || i.Message.Deleted {
			return refused(http.StatusNotFound, 10008, "Unknown Message")
		}
		first := i.Callback == Deferred && !i.settled
		ephemeral := i.Message.Ephemeral
		i.Message.apply(in.data, in.files)
		i.Message.Ephemeral = ephemeral
		if c := s.channels[i.channel]; first && c != nil && !ephemeral {
			c.messages = append(c.messages, i.Message)
		}
		i.settled = true
		s.changedLocked()
		return ok(i.Message.object())
	case rest == "messages/@original" && in.method == http.MethodDelete:
		if i.Message != nil {
			i.Message.Deleted = true
		}
		return answer{status: http.StatusNoContent}
	case rest == "" && in.method == http.MethodPost:
		if isEmpty(in.data, in.files) {
			return refused(http.StatusBadRequest, 50006, "Cannot send an empty message")
		}
		m := s.say(i.channel, in.data, in.files)
		i.Follow = append(i.Follow, m)
		i.settled = true
		s.changedLocked()
		return ok(m.object())
	}
	return refused(http.StatusNotFound, 0, "404: Not Found")
}
