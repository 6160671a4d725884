package telegram

import (
	"context"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// kind is the update's kind for counting.
func (u update) kind() string {
	switch {
	case u.Message != nil:
		return "message"
	case u.Edited != nil:
		return "edited"
	case u.Post != nil:
		return "post"
	case u.Callback != nil:
		return "callback"
	case u.Inline != nil:
		return "inline"
	case u.Membership != nil:
		return "membership"
	default:
		return "other"
	}
}

// plan says what to do about an update and in which lane. A task without run
// means nothing.
func (s *session) plan(u update) (string, task) {
	switch {
	case u.Message != nil:
		return s.planMessage(u.Message)
	case u.Post != nil:
		return s.planMessage(u.Post)
	case u.Edited != nil:
		return s.planEdited(u.Edited)
	case u.Callback != nil:
		return s.planCallback(u.Callback)
	case u.Inline != nil:
		return s.planInline(u.Inline)
	case u.Membership != nil:
		return lane64(u.Membership.Chat.ID), task{run: s.memberChanged(u.Membership)}
	default:
		return "", task{}
	}
}

func lane64(id int64) string { return strconv.FormatInt(id, 10) }

// planMessage handles what was written: service messages, commands, answers to
// prompts, and free text in private chats. Everything else is left unread.
func (s *session) planMessage(m *message) (string, task) {
	key := lane64(m.Chat.ID)
	if run := s.serviceMessage(m); run != nil {
		return key, task{run: run}
	}
	if m.Text == "" || (m.ViaBot != nil && m.ViaBot.ID == s.me.ID) || (m.From != nil && m.From.Bot && m.SenderChat == nil) {
		return key, task{}
	}
	if _, isCommand := parseCommand(m.Text); !isCommand && m.ReplyTo != nil {
		if t, ok := s.planReply(m); ok {
			return key, t
		}
	}
	req, ok := s.read(m)
	if !ok {
		return key, task{}
	}
	s.edits.put(editKey(m), textHash(m.Text))
	return key, s.answerTo(m, req)
}

// planEdited answers a command that was corrected within two minutes; an edit
// that leaves the text as it was is none.
func (s *session) planEdited(m *message) (string, task) {
	key := lane64(m.Chat.ID)
	was, ok := s.edits.get(editKey(m))
	if (ok && was == textHash(m.Text)) || m.EditDate-m.Date > maxEditAge {
		return key, task{}
	}
	if _, isCommand := parseCommand(m.Text); !isCommand {
		return key, task{}
	}
	return s.planMessage(m)
}

// maxEditAge is how many seconds after a command its correction is answered.
const maxEditAge = 120

// textHash stands for a text without keeping it.
func textHash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

func editKey(m *message) string { return lane64(m.Chat.ID) + "/" + strconv.Itoa(m.ID) }

// read understands m as a request; ok is false when it is not for this bot.
func (s *session) read(m *message) (bot.Request, bool) {
	req := bot.Request{Chat: m.ref(), Kind: m.Chat.kind(), Title: m.Chat.Title}
	if m.From != nil && m.SenderChat == nil {
		req.User, req.Language = m.From.ref(), m.From.Language
	}
	command, ok := parseCommand(m.Text)
	if !ok {
		req.Text = m.Text
		return req, req.Kind == bot.PrivateChat
	}
	if command.to != "" && !strings.EqualFold(command.to, s.me.Username) {
		return req, false
	}
	spec, known := s.words.find(command.word)
	req.Command, req.Text = spec.Name, command.rest
	if !known {
		req.Command = strings.ToLower(command.word)
		// In groups an unknown command is another bot's, unless it names us.
		return req, req.Kind == bot.PrivateChat || command.to != "" || expected(req.Command)
	}
	return req, true
}

// expected are the commands that Telegram wants every bot to know.
func expected(command string) bool {
	return command == "start" || command == "help" || command == "settings"
}

// request makes a task that costs its chat a token.
func (s *session) request(m *message, run func(context.Context) time.Duration) task {
	t := task{run: run, pace: paceGroup}
	if m.Chat.kind() == bot.PrivateChat {
		t.pace = pacePrivate
	}
	if m.From != nil {
		t.user = m.From.ID
	}
	return t
}

// answerTo is the task of answering a written request.
func (s *session) answerTo(m *message, req bot.Request) task {
	return s.request(m, s.answerFor(m, req).run)
}

func (s *session) answerFor(m *message, req bot.Request) *answer {
	a := &answer{session: s, req: req, came: time.Now()}
	if req.Kind == bot.GroupChat {
		a.under = messageID(req.Chat.Chat, []part{{id: m.ID}})
	}
	a.manages = func(ctx context.Context) bool { return s.rights.manages(ctx, m) }
	if spec, ok := s.words.find(req.Command); ok && spec.Slow {
		a.slow = true
	}
	return a
}
