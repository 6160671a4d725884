package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// Telegram has no forms: each input becomes a prompt that the client answers
// with a reply. What a prompt is about is kept in the notebook, so that it can
// be answered after a restart; the oldest give way.
const (
	maxPrompts    = 300
	promptsLast   = 7 * 24 * time.Hour
	skipInput     = "-" // leaves an optional input empty
	maxPlacehold  = 64
	maxInputValue = 4000
)

// prompt is one question of a form.
type prompt struct {
	Chat   string            `json:"chat"`
	ID     int               `json:"id"`
	Form   bot.Form          `json:"form"`
	Step   int               `json:"step"` // which input it asks for
	Values map[string]string `json:"values,omitempty"`
	User   bot.UserRef       `json:"user,omitempty"` // who may answer; empty for anybody
	At     time.Time         `json:"at"`
}

// prompts are the open questions, oldest first. Safe for concurrent use.
type prompts struct {
	notebook bot.Notebook
	key      string
	mu       sync.Mutex
	list     []prompt
	loaded   bool
}

func newPrompts(n bot.Notebook, key string) *prompts { return &prompts{notebook: n, key: key} }

// load reads the list once.
func (f *prompts) load(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loaded {
		return nil
	}
	raw, err := f.notebook.Recall(ctx, f.key)
	if err != nil && !errors.Is(err, bot.ErrNotFound) {
		return fmt.Errorf("telegram prompts: %w", err)
	}
	f.loaded = true
	var list []prompt
	if err == nil && json.Unmarshal(raw, &list) == nil {
		f.list = append(list, f.list...)
	}
	return nil
}

func (f *prompts) get(chat string, id int) (prompt, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.index(chat, id)
	if i < 0 {
		return prompt{}, false
	}
	return f.list[i], true
}

func (f *prompts) index(chat string, id int) int {
	return slices.IndexFunc(f.list, func(p prompt) bool { return p.Chat == chat && p.ID == id })
}

// put adds p, and drops what is old or too much.
func (f *prompts) put(ctx context.Context, p prompt) error {
	return f.change(ctx, func() {
		f.list = slices.DeleteFunc(f.list, func(old prompt) bool { return p.At.Sub(old.At) > promptsLast })
		f.list = append(f.list, p)
		if excess := len(f.list) - maxPrompts; excess > 0 {
			f.list = slices.Delete(f.list, 0, excess)
		}
	})
}

// forget drops every prompt in a chat, and a person's everywhere.
func (f *prompts) forget(ctx context.Context, chat string, who bot.UserRef) error {
	return f.change(ctx, func() {
		f.list = slices.DeleteFunc(f.list, func(p prompt) bool { return p.Chat == chat || who != "" && p.User == who })
	})
}

func (f *prompts) drop(ctx context.Context, chat string, id int) error {
	return f.change(ctx, func() {
		if i := f.index(chat, id); i >= 0 {
			f.list = slices.Delete(f.list, i, i+1)
		}
	})
}

func (f *prompts) change(ctx context.Context, do func()) error {
	if err := f.load(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	raw, err := json.Marshal(f.list)
	if err != nil {
		return fmt.Errorf("telegram prompts: %w", err)
	}
	if err := f.notebook.Remember(ctx, f.key, raw); err != nil {
		return fmt.Errorf("telegram prompts: %w", err)
	}
	return nil
}

// sendPrompt asks for the first input of m's form.
func (a *Adapter) sendPrompt(ctx context.Context, to bot.ChatRef, m bot.Message, who bot.UserRef) (bot.MessageID, error) {
	if len(m.Form.Inputs) == 0 {
		return "", refuse("a form without inputs")
	}
	return a.ask(ctx, to, prompt{Form: *m.Form, User: who}, m.ReplyTo)
}

// ask sends one prompt and keeps what it is about.
func (a *Adapter) ask(ctx context.Context, to bot.ChatRef, q prompt, under bot.MessageID) (bot.MessageID, error) {
	p, err := address(to)
	if err != nil {
		return "", err
	}
	input := q.Form.Inputs[q.Step]
	text := promptText(q, input)
	setText(p, text, nil)
	setJSON(p, "reply_markup", tgbotapi.ForceReply{
		ForceReply: true, InputFieldPlaceholder: placeholder(input), Selective: len(parseMessageID(to.Chat, under)) > 0,
	})
	id, err := a.postPiece(ctx, replying(p, under), false)
	if err != nil {
		return "", err
	}
	q.Chat, q.ID, q.At = to.Chat, id, time.Now()
	if err := a.forms.put(ctx, q); err != nil { // it still works until the next restart
		a.log.WarnContext(ctx, "prompt_not_kept", "error", err)
	}
	return messageID(to.Chat, []part{{id: id}}), nil
}

func promptText(q prompt, input bot.Input) rich {
	var r rich
	if q.Form.Title != "" {
		r.add(q.Form.Title, []string{"bold"}, "")
		r.add("\n", nil, "")
	}
	r.add(input.Label, nil, "")
	if !input.Required {
		r.add(" (optional: ", nil, "")
		r.add(skipInput, []string{"code"}, "")
		r.add(")", nil, "")
	}
	if input.Hint != "" {
		r.add("\n", nil, "")
		r.add(input.Hint, []string{"italic"}, "")
	}
	if input.Value != "" {
		r.add("\n", nil, "")
		r.add(input.Value, []string{"code"}, "")
	}
	if r.finish(); len(r.units) == 0 {
		r.add("…", nil, "")
	}
	return r.shorten(maxText)
}

func placeholder(input bot.Input) string {
	text := input.Hint
	if text == "" {
		text = input.Label
	}
	runes := []rune(strings.ReplaceAll(cleanText(text), "\n", " "))
	return string(runes[:min(len(runes), maxPlacehold)])
}

// planReply handles a reply to a prompt: the next question, or the finished
// form to the engine. In a group only the person who was asked may answer.
func (s *session) planReply(m *message) (task, bool) {
	q, ok := s.forms.get(lane64(m.Chat.ID), m.ReplyTo.ID)
	if !ok || q.Step >= len(q.Form.Inputs) {
		return task{}, false
	}
	a := s.answerFor(m, bot.Request{Chat: m.ref(), Kind: m.Chat.kind(), Title: m.Chat.Title, Action: q.Form.Action})
	if m.From != nil && m.SenderChat == nil {
		a.req.User, a.req.Language = m.From.ref(), m.From.Language
	}
	if q.User != "" && a.req.User != q.User {
		return task{}, true
	}
	input := q.Form.Inputs[q.Step]
	values := maps.Clone(q.Values)
	if values == nil {
		values = map[string]string{}
	}
	values[input.Name] = inputValue(input, m.Text)
	if q.Step+1 < len(q.Form.Inputs) {
		next := q
		next.Step, next.Values = q.Step+1, values
		a.next, a.reply = &next, &bot.Message{}
	} else {
		a.req.Values = values
	}
	t := s.request(m, func(ctx context.Context) time.Duration {
		again := a.run(ctx)
		if again == 0 {
			if err := s.forms.drop(ctx, q.Chat, q.ID); err != nil {
				s.log.WarnContext(ctx, "prompt_not_dropped", "error", err)
			}
		}
		return again
	})
	return t, true
}

func inputValue(input bot.Input, text string) string {
	text = strings.TrimSpace(text)
	if !input.Required && text == skipInput {
		return ""
	}
	limit := input.Max
	if limit <= 0 {
		limit = maxInputValue
	}
	runes := []rune(text)
	return string(runes[:min(len(runes), limit)])
}
