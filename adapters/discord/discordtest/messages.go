package discordtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Message is a message as Discord keeps it.
type Message struct {
	ID         string
	Channel    string
	Content    string
	Embeds     []Embed
	Rows       []Row
	Flags      int
	Nonce      string
	Reference  string // message it answers
	Roles      []string
	Files      []string
	Alt        []string
	Edits      int
	Published  bool
	Ephemeral  bool
	Deleted    bool
	RawPayload map[string]any // as sent last
	At         time.Time
}

// Embed is what tests look at of an embed.
type Embed struct {
	Title       string  `json:"title"`
	URL         string  `json:"url"`
	Description string  `json:"description"`
	Color       int     `json:"color"`
	Timestamp   string  `json:"timestamp"`
	Fields      []Field `json:"fields"`
	Footer      struct {
		Text string `json:"text"`
	} `json:"footer"`
	Author struct {
		Name string `json:"name"`
	} `json:"author"`
	Image struct {
		URL string `json:"url"`
	} `json:"image"`
}

// Field is a field of an embed.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Row is a row of components.
type Row struct {
	Components []Component `json:"components"`
}

// Component is a button, a menu or a text input.
type Component struct {
	Type        int    `json:"type"`
	CustomID    string `json:"custom_id"`
	Label       string `json:"label"`
	Style       int    `json:"style"`
	URL         string `json:"url"`
	Placeholder string `json:"placeholder"`
	Value       string `json:"value"`
	Required    bool   `json:"required"`
	MaxLength   int    `json:"max_length"`
	Options     []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	} `json:"options"`
}

// Text is everything that one sees in the message, one part a line.
func (m Message) Text() string {
	parts := []string{Seen(m.Content)}
	for _, e := range m.Embeds {
		parts = append(parts, e.Author.Name, Seen(e.Title), Seen(e.Description))
		for _, f := range e.Fields {
			parts = append(parts, Seen(f.Name), Seen(f.Value))
		}
		parts = append(parts, e.Footer.Text)
	}
	var b strings.Builder
	for _, p := range parts {
		if p != "" {
			b.WriteString(p + "\n")
		}
	}
	return b.String()
}

// Labels are the labels of all buttons.
func (m Message) Labels() []string {
	var out []string
	for _, r := range m.Rows {
		for _, c := range r.Components {
			if c.Type == 2 {
				out = append(out, c.Label)
			}
		}
	}
	return out
}

func (m *Message) object() map[string]any {
	return map[string]any{
		"id": m.ID, "channel_id": m.Channel, "content": m.Content, "flags": m.Flags, "type": 0, "nonce": m.Nonce,
		"timestamp": m.At.UTC().Format(time.RFC3339), "embeds": m.RawPayload["embeds"], "components": m.RawPayload["components"],
		"attachments": []any{}, "mentions": []any{}, "mention_roles": []any{}, "author": map[string]any{"id": "1", "username": "Karussell", "bot": true},
	}
}

// apply writes a payload over the message: what is not said stays.
func (m *Message) apply(data map[string]any, files map[string]string) {
	m.RawPayload = data
	if v, said := data["content"]; said {
		m.Content, _ = v.(string)
	}
	if v, said := data["embeds"]; said {
		m.Embeds = nil
		recode(v, &m.Embeds)
	}
	if v, said := data["components"]; said {
		m.Rows = nil
		recode(v, &m.Rows)
	}
	if v, said := data["flags"].(float64); said {
		m.Flags = int(v)
	}
	m.Ephemeral = m.Flags&64 != 0
	if v, said := data["attachments"].([]any); said {
		m.Files, m.Alt = nil, nil
		for _, a := range v {
			o, _ := a.(map[string]any)
			if name, sent := files[fmt.Sprint(o["id"])]; sent {
				m.Files = append(m.Files, name)
				alt, _ := o["description"].(string)
				m.Alt = append(m.Alt, alt)
			}
		}
	}
	if am, said := data["allowed_mentions"].(map[string]any); said {
		m.Roles = nil
		recode(am["roles"], &m.Roles)
	}
}

func recode(from, to any) {
	raw, err := json.Marshal(from)
	if err == nil {
		_ = json.Unmarshal(raw, to)
	}
}

// isEmpty: Discord refuses a message that shows nothing.
func isEmpty(data map[string]any, files map[string]string) bool {
	content, _ := data["content"].(string)
	embeds, _ := data["embeds"].([]any)
	return strings.TrimSpace(content) == "" && len(embeds) == 0 && len(files) == 0
}

// speak checks what Discord checks before a message is written.
func (s *Server) speak(c *channel, in *incoming, data map[string]any) *answer {
	fail := func(status, code int, text string) *answer {
		a := refused(status, code, text)
		return &a
	}
	if c.guild != "" {
		may, need := s.may(c), uint64(SendMessages)
		if c.Parent != "" {
			need = SendInThreads
		}
		if len(in.files) > 0 {
			need |= AttachFiles
		}
		if e, _ := data["embeds"].([]any); len(e) > 0 {
			need |= EmbedLinks
		}
		if may&need != need {
			return fail(http.StatusForbidden, 50013, "Missing Permissions")
		}
		if data["message_reference"] != nil && may&ReadHistory == 0 {
			return fail(http.StatusForbidden, 160002, "Cannot reply without permission to read message history")
		}
	}
	if c.blocked {
		return fail(http.StatusForbidden, 50007, "Cannot send messages to this user")
	}
	if isEmpty(data, in.files) {
		return fail(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	return nil
}

func (s *Server) postMessage(c *channel, in *incoming) answer {
	header := map[string]string{}
	if a, hit := s.over("messages "+c.id, 5, 5*time.Second, header); hit {
		return a
	}
	if c.Type == Forum || c.Type == 4 {
		return refused(http.StatusBadRequest, 50008, "Cannot send messages in a non-text channel")
	}
	if c.Archived {
		return refused(http.StatusBadRequest, 50083, "Thread is archived")
	}
	if a := s.speak(c, in, in.data); a != nil {
		return *a
	}
	nonce, _ := in.data["nonce"].(string)
	if enforce, _ := in.data["enforce_nonce"].(bool); enforce && nonce != "" {
		if m := c.nonces[nonce]; m != nil {
			a := ok(m.object())
			a.header = header
			return a
		}
	}
	m := &Message{ID: s.id(), Channel: c.id, Nonce: nonce, At: time.Now()}
	if ref, said := in.data["message_reference"].(map[string]any); said {
		id := fmt.Sprint(ref["message_id"])
		if c.message(id) != nil {
			m.Reference = id
		} else if strict, said := ref["fail_if_not_exists"].(bool); !said || strict {
			return refused(http.StatusBadRequest, 50035, "Unknown message")
		}
	}
	m.apply(in.data, in.files)
	c.messages = append(c.messages, m)
	if nonce != "" {
		c.nonces[nonce] = m
	}
	a := ok(m.object())
	a.header = header
	return a
}

func (c *channel) message(id string) *Message {
	for _, m := range c.messages {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (s *Server) patchMessage(c *channel, in *incoming) answer {
	if a, hit := s.over("edits "+c.id, 5, 5*time.Second, nil); hit {
		return a
	}
	m := c.message(in.parts[3])
	if m == nil {
		return refused(http.StatusNotFound, 10008, "Unknown Message")
	}
	if c.Archived {
		return refused(http.StatusBadRequest, 50083, "Thread is archived")
	}
	if isEmpty(in.data, in.files) {
		return refused(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	m.apply(in.data, in.files)
	m.Edits++
	return ok(m.object())
}

func (s *Server) postThread(c *channel, in *incoming) answer {
	if c.Type != Forum {
		return refused(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	}
	data, _ := in.data["message"].(map[string]any)
	if data == nil {
		return refused(http.StatusBadRequest, 50035, "Invalid Form Body")
	}
	if a := s.speak(c, in, data); a != nil {
		return *a
	}
	applied := []string{}
	recode(in.data["applied_tags"], &applied)
	if c.NeedsTag && len(applied) == 0 {
		return refused(http.StatusBadRequest, 40067, "A tag is required to create a forum post in this channel")
	}
	t := &channel{Channel: Channel{Type: Thread, Name: fmt.Sprint(in.data["name"]), Parent: c.id}, id: s.id(), guild: c.guild, owner: s.App, applied: applied, nonces: map[string]*Message{}}
	m := &Message{ID: t.id, Channel: t.id, At: time.Now()}
	m.apply(data, in.files)
	t.messages = append(t.messages, m)
	s.channels[t.id] = t
	o := t.object()
	o["message"] = m.object()
	return answer{status: http.StatusCreated, body: o}
}
