package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// ask is one request with what the engine knows about its chat.
type ask struct {
	Request
	chat  Chat
	known bool // the chat is stored
	voice
}

// mayManage reports whether the asker may change this chat. Running the bot
// gives no rights in other people's chats.
func (a *ask) mayManage() bool { return a.Kind == PrivateChat || a.CanManage }

// arg is an option's value, or for typed commands the n-th word of the line;
// the last option takes the rest.
func (a *ask) arg(name string, n int, last bool) string {
	if v, ok := a.Args[name]; ok {
		return strings.TrimSpace(v)
	}
	if len(a.Args) > 0 {
		return ""
	}
	rest := strings.TrimSpace(a.Text)
	for ; n > 0; n-- {
		_, after, ok := strings.Cut(rest, " ")
		if !ok {
			return ""
		}
		rest = strings.TrimSpace(after)
	}
	if last {
		return rest
	}
	word, _, _ := strings.Cut(rest, " ")
	return word
}

// pressed reports whether a button rather than a command asked.
func (a *ask) pressed() bool { return a.Action != "" }

// note is a short answer for the asker alone.
func (a *ask) note(key string, args ...any) Message {
	return Message{Blocks: []Block{paragraph(plain(a.say(key, args...)))}, Private: true}
}

// problem is an answer that says what went wrong.
func (a *ask) problem(key string, args ...any) Message {
	m := a.note(key, args...)
	m.Tone = ToneProblem
	return m
}

// Respond implements Responder.
func (e *Engine) Respond(ctx context.Context, req Request) Message {
	start := e.Now()
	a, err := e.hear(ctx, req)
	var m Message
	if err == nil {
		m, err = e.answer(ctx, &a)
	}
	result := "ok"
	if err != nil {
		result = "error"
		m = e.excuse(ctx, &a, err)
	}
	m.Language = a.language
	e.Meter.Count("requests_total", 1, "command", e.meterName(req), "result", result)
	e.Meter.Observe("answer_seconds", e.Now().Sub(start).Seconds())
	return m
}

// meterName keeps the label in a closed set.
func (e *Engine) meterName(req Request) string {
	switch {
	case req.Action != "":
		return "button"
	case req.Command == "":
		return "text"
	}
	if c, ok := e.commandNamed(req.Command); ok {
		return c.Name
	}
	return "unknown"
}

// excuse says that something failed without saying more than the user needs.
func (e *Engine) excuse(ctx context.Context, a *ask, err error) Message {
	key := "error_internal"
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		key = "error_timeout"
	case errors.Is(err, ErrFull):
		key = "error_full"
	}
	e.Log.ErrorContext(ctx, "request failed", "command", a.Command, "action", string(a.Action), "error", err)
	return a.problem(key)
}

// hear loads the chat and revives it when it was paused: whoever commands the
// bot wants it to speak.
func (e *Engine) hear(ctx context.Context, req Request) (ask, error) {
	req.IsOwner = e.isOwner(req.User)
	a := ask{Request: req, voice: e.voiceOf(&Chat{}, &req)}
	err := e.Store.View(ctx, func(tx ReadTx) error {
		c, err := tx.Chat(req.Chat)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		a.chat, a.known = c, err == nil
		return err
	})
	if err != nil {
		return a, err
	}
	a.voice = e.voiceOf(&a.chat, &req)
	return a, e.touch(ctx, &a)
}

func (e *Engine) isOwner(user UserRef) bool {
	return user != "" && (user == e.Terminal || slices.Contains(e.OwnersNow(), user))
}

// voiceOf follows the wish of the request, then the chat's setting.
func (e *Engine) voiceOf(c *Chat, req *Request) voice {
	v := e.voiceFor(*c, req.Language)
	if req.AnswerIn != "" {
		v.language = e.languageOf(req.AnswerIn, v.language)
	}
	return v
}

// touch revives a paused chat and notes, once a day, that it is in use.
func (e *Engine) touch(ctx context.Context, a *ask) error {
	if a.IsOwner && a.Kind == PrivateChat && a.User != e.Terminal {
		if err := e.rememberOwner(ctx, a); err != nil {
			return err
		}
	}
	stale := a.now.Sub(a.chat.LastUsed) > 24*time.Hour
	if !a.known || (a.chat.Paused == NotPaused && !stale) {
		return nil
	}
	return e.changeChat(ctx, a, func(c *Chat) {
		c.Paused, c.PausedAt, c.LastUsed = NotPaused, time.Time{}, a.now
	})
}

// changeChat stores a change of the chat's settings, creating the chat when it
// is new, and keeps the ask's copy in step.
func (e *Engine) changeChat(ctx context.Context, a *ask, change func(*Chat)) error {
	var changed Chat
	err := e.Store.Update(ctx, func(tx Tx) error {
		c, err := e.chatFor(tx, a)
		if err != nil {
			return err
		}
		change(&c)
		changed = c
		return keepChat(tx, c)
	})
	if err == nil {
		a.chat, a.known = changed, true
		a.voice = e.voiceOf(&changed, &a.Request)
	}
	return err
}

// keepChat stores a chat; of a private one also whose it is, where its address
// is not the person's id (Discord).
func keepChat(tx Tx, c Chat) error {
	if err := tx.PutChat(c); err != nil {
		return err
	}
	if c.Kind != PrivateChat || c.Owner == "" || string(c.Owner) == c.Ref.String() {
		return nil
	}
	return tx.PutNote(homeNote(c.Owner), []byte(c.Ref.String()))
}

func homeNote(user UserRef) string { return "home/" + string(user) }

// homeOf is a person's private chat with the bot; the error is ErrNotFound when
// none is known.
func homeOf(tx ReadTx, user UserRef) (Chat, error) {
	raw, err := tx.Note(homeNote(user))
	if isMissing(err) {
		raw, err = []byte(user), nil // on Telegram both have the same id
	}
	if err != nil {
		return Chat{}, err
	}
	ref, err := ParseChatRef(string(raw))
	if err != nil {
		return Chat{}, ErrNotFound // an id that is no address cannot be written to
	}
	c, err := tx.Chat(ref)
	if err == nil && c.Kind != PrivateChat {
		return Chat{}, ErrNotFound
	}
	return c, err
}

// chatFor is the stored chat, or a new one. A new chat keeps the language in
// which it was first answered: alerts have no platform hint to follow.
func (e *Engine) chatFor(tx ReadTx, a *ask) (Chat, error) {
	c, err := tx.Chat(a.Chat)
	if errors.Is(err, ErrNotFound) {
		c, err = Chat{Ref: a.Chat, Created: a.now, Owner: a.User, Language: a.language}, nil
	}
	if err != nil {
		return c, err
	}
	c.Kind, c.Parent, c.LastUsed = a.Kind, a.Parent, a.now
	if a.Kind != PrivateChat {
		c.Title = a.Title
	}
	return c, nil
}

// answer finds the handler.
func (e *Engine) answer(ctx context.Context, a *ask) (Message, error) {
	if a.pressed() {
		m, err := e.press(ctx, a)
		m.Private = true // a press is nobody else's business
		return m, err
	}
	if a.Command == "" {
		return e.lookUp(ctx, a)
	}
	spec, ok := e.commandNamed(a.Command)
	if !ok {
		return a.problem("unknown_command", "Command", a.Command), nil
	}
	a.Command = spec.Name
	if spec.Owner && !a.IsOwner {
		return a.problem("owner_only"), nil
	}
	if spec.Manage && !a.mayManage() {
		return a.problem("manage_only"), nil
	}
	m, err := e.command(ctx, a)
	m.Private = m.Private || spec.Private
	return m, err
}

// handler answers one command.
type handler func(context.Context, *ask) (Message, error)

func (e *Engine) command(ctx context.Context, a *ask) (Message, error) {
	handlers := map[string]handler{
		"coach": e.coachCommand, "club": e.clubCommand, "news": e.newsCommand, "rumours": e.rumoursCommand,
		"carousel": e.carouselCommand, "latest": e.latestCommand, "why": e.whyCommand, "source": e.sourceCommand,
		"subscribe": e.subscribeCommand, "unsubscribe": e.unsubscribeCommand, "subscriptions": e.subscriptionsCommand,
		"mute": e.muteCommand, "unmute": e.unmuteCommand,
		"settings": e.settingsCommand, "language": e.languageCommand, "quiet": e.quietCommand, "digest": e.digestCommand,
		"privacy": e.privacyCommand, "deleteme": e.deleteCommand, "help": e.helpCommand, "start": e.startCommand,
		"correct": e.correctCommand, "feeds": e.feedsCommand,
	}
	h, ok := handlers[a.Command]
	if !ok {
		return a.problem("unknown_command", "Command", a.Command), nil
	}
	return h(ctx, a)
}
