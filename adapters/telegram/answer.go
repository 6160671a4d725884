package telegram

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// An answer is tried for maxAge at most: later it answers nothing any more. One
// that Telegram itself makes wait is still owed: it is kept for longer, and its
// attempts do not count.
const (
	maxAge      = 5 * time.Minute
	maxAttempts = 6
	maxOwed     = 3 * time.Hour
)

// maxThinking bounds the engine's time for one request.
const maxThinking = time.Minute

func (s *session) respond(ctx context.Context, req bot.Request) bot.Message {
	ctx, cancel := context.WithTimeout(ctx, maxThinking)
	defer cancel()
	return s.responder.Respond(ctx, req)
}

// answer is one request on its way to its reply. The engine is asked once; only
// the sending is repeated.
type answer struct {
	*session
	req     bot.Request
	came    time.Time
	manages func(context.Context) bool
	under   bot.MessageID // the request, for answers in groups
	press   *callback     // set when a button was pressed
	slow    bool
	reply   *bot.Message
	next    *prompt // the form's next question, sent instead of reply
	stopped bool    // the spinner, by the first attempt
	tries   int
	owed    time.Duration // the answer's greatest age, when Telegram made it wait
}

// run answers, or says when to try again.
func (t *answer) run(ctx context.Context) time.Duration {
	if t.reply == nil {
		if t.slow {
			t.showTyping(ctx)
		}
		t.req.CanManage = t.manages(ctx)
		reply := t.respond(ctx, t.req)
		t.reply = &reply
		if reply.Forget {
			t.forget(ctx)
		}
	}
	err := t.deliver(ctx)
	if err == nil {
		if t.tries == 0 && t.owed == 0 {
			t.meter.Observe("telegram_answer_seconds", time.Since(t.came).Seconds())
		}
		return 0
	}
	return t.failed(ctx, err)
}

// forget drops what is open between the bot and a chat that was deleted.
func (t *answer) forget(ctx context.Context) {
	if err := t.forms.forget(ctx, t.req.Chat.Chat, t.req.User); err != nil {
		t.log.WarnContext(ctx, "prompts_not_forgotten", "error", err)
	}
}

// showTyping shows that something is being done; whether it arrives is no
// matter.
func (t *answer) showTyping(ctx context.Context) {
	p, err := address(t.req.Chat)
	if err != nil {
		return
	}
	p["action"] = "typing"
	if _, err := t.wire.call(ctx, "sendChatAction", p); err != nil {
		t.log.DebugContext(ctx, "typing_not_shown", "error", err)
	}
}

// deliver sends the reply in the way that fits the request.
func (t *answer) deliver(ctx context.Context) error {
	if t.press != nil {
		return t.deliverPress(ctx)
	}
	return t.post(ctx)
}

func (t *answer) post(ctx context.Context) error {
	m := *t.reply
	if m.ReplyTo == "" {
		m.ReplyTo = t.under
	}
	if t.next == nil && isEmpty(m) {
		return nil
	}
	return t.say(ctx, func() (err error) {
		switch {
		case t.next != nil:
			_, err = t.ask(ctx, t.req.Chat, *t.next, m.ReplyTo)
		case m.Form != nil:
			_, err = t.sendPrompt(ctx, t.req.Chat, m, t.req.User)
		default:
			_, err = t.Send(ctx, t.req.Chat, m)
		}
		return err
	})
}

// say sends one message at its place beside the alerts.
func (t *answer) say(ctx context.Context, send func() error) error {
	if err := t.pacer.Answer(ctx, t.req.Chat); err != nil {
		return err
	}
	err := send()
	if e, ok := errors.AsType[*bot.SendError](err); ok && e.Kind == bot.SendLimited {
		t.pacer.Limited(t.req.Chat, e)
	}
	return err
}

func isEmpty(m bot.Message) bool {
	return strings.TrimSpace(m.Text()) == "" && m.Picture == nil && m.Form == nil
}

// failed decides whether to try again, and tells the engine what the failure
// says about the chat.
func (t *answer) failed(ctx context.Context, err error) time.Duration {
	var e *bot.SendError
	if !errors.As(err, &e) {
		return 0 // the program ends; the ledger still has the update
	}
	if e.Kind == bot.SendLimited {
		return t.limited(ctx, e)
	}
	t.tries++
	wait := time.Duration(t.tries) * time.Second
	switch e.Kind {
	case bot.SendLimited:
	case bot.SendTemporary, bot.SendUnsure:
	case bot.SendMoved:
		t.chatMoved(ctx, t.req.Chat, t.req.Kind, e.MovedTo)
		t.req.Chat, t.under = e.MovedTo, ""
		wait = time.Millisecond
	case bot.SendBlocked, bot.SendGone, bot.SendForbidden:
		t.chatLost(ctx, t.req.Chat, t.req.Kind, e.Kind)
		return 0
	case bot.SendRejected, bot.SendMissing, bot.SendRevoked:
		t.log.ErrorContext(ctx, "answer_refused", "error", err, "command", t.req.Command)
		return 0
	}
	if t.tries >= maxAttempts || time.Since(t.came)+wait > max(maxAge, t.owed) {
		return t.giveUp(ctx, err)
	}
	return wait
}

// limited waits as Telegram wishes.
func (t *answer) limited(ctx context.Context, e *bot.SendError) time.Duration {
	wait := max(e.RetryAfter, time.Second)
	t.owed = time.Since(t.came) + wait + maxAge
	if t.owed > maxOwed {
		return t.giveUp(ctx, e)
	}
	return wait
}

func (t *answer) giveUp(ctx context.Context, err error) time.Duration {
	t.meter.Count("telegram_requests_dropped_total", 1, "reason", "undeliverable")
	t.log.WarnContext(ctx, "answer_given_up", "error", err, "attempts", t.tries)
	return 0
}

// planCallback handles a pressed button.
func (s *session) planCallback(c *callback) (string, task) {
	t := &answer{session: s, press: c, came: time.Now()}
	t.req = bot.Request{
		Chat: c.From.private(), Kind: bot.PrivateChat,
		User: c.From.ref(), Language: c.From.Language, Action: bot.Action(c.Data),
	}
	key, pace := lane64(c.From.ID), pacePrivate
	t.manages = func(context.Context) bool { return true }
	if m := c.Message; m != nil {
		key = lane64(m.Chat.ID)
		t.req.Chat, t.req.Kind, t.req.Title = m.ref(), m.Chat.kind(), m.Chat.Title
		t.req.Message = messageID(t.req.Chat.Chat, []part{m.part()})
		t.manages = func(ctx context.Context) bool {
			return t.req.Kind == bot.PrivateChat || s.rights.isAdmin(ctx, m.Chat.ID, c.From.ID)
		}
		if t.req.Kind != bot.PrivateChat {
			pace = paceGroup
		}
	}
	if c.Data == "" || c.Message == nil { // a game, or a button of an inline result: we make neither
		return key, task{user: c.From.ID, pace: pace, run: func(ctx context.Context) time.Duration {
			s.stopSpinner(ctx, c, "")
			return 0
		}}
	}
	return key, task{user: c.From.ID, pace: pace, run: t.run}
}

func (u user) private() bot.ChatRef { return chat{ID: u.ID}.ref() }

// deliverPress answers a button: a short private word as a notice over the
// chat, an edit where the message is to be replaced, a message otherwise. The
// spinner stops in any case, at the first attempt.
func (t *answer) deliverPress(ctx context.Context) error {
	if !t.stopped {
		t.stopped = true
		notice := t.asNotice()
		t.stopSpinner(ctx, t.press, notice) // now: the message may have to wait for its place
		if notice != "" {
			return nil
		}
	}
	m := *t.reply
	if m.Form != nil || !m.Replace || isEmpty(m) {
		t.under = t.req.Message
		if t.req.Kind == bot.PrivateChat {
			t.under = ""
		}
		return t.post(ctx)
	}
	return t.replace(ctx, m)
}

// replace edits the pressed button's message. A photo does not turn into a text
// nor a text into a photo: then, and when the message is gone, a new one comes.
func (t *answer) replace(ctx context.Context, m bot.Message) error {
	pressed := parseMessageID(t.req.Chat.Chat, t.req.Message)
	if len(pressed) == 0 { // the chat moved meanwhile
		return t.post(ctx)
	}
	hasPicture := m.Picture != nil && len(m.Picture.Data) > 0
	fits := hasPicture == (pressed[0].shape == shapeCaption)
	if hasPicture && fits {
		text := t.layout(m)
		fits = len(text.units) <= maxCaption
	}
	if fits {
		err := t.say(ctx, func() error { return t.Edit(ctx, t.req.Chat, t.req.Message, m) })
		if kind := sendKind(err); kind != bot.SendMissing && kind != bot.SendRejected {
			return err
		}
	}
	if err := t.say(ctx, func() error { _, err := t.Send(ctx, t.req.Chat, m); return err }); err != nil {
		return err
	}
	if !fits {
		t.discardPressed(ctx, pressed[0].id)
	}
	return nil
}

// discardPressed takes away the message that a new one replaced, if it may.
func (t *answer) discardPressed(ctx context.Context, id int) {
	p := tgbotapi.Params{"chat_id": t.req.Chat.Chat, "message_id": strconv.Itoa(id)}
	if _, err := t.wire.call(ctx, "deleteMessage", p); err != nil {
		t.log.DebugContext(ctx, "replaced_message_left", "error", err)
	}
}

// maxNotice is answerCallbackQuery's limit.
const maxNotice = 200

// asNotice is the reply as a notice that only the presser sees; empty when it
// does not fit into one.
func (t *answer) asNotice() string {
	m := t.reply
	if !m.Private || t.req.Kind == bot.PrivateChat || m.Form != nil || m.Picture != nil || len(m.Buttons) > 0 || m.Replace {
		return ""
	}
	text := t.layout(*m)
	if len(text.units) > maxNotice {
		return ""
	}
	return text.text()
}

// stopSpinner answers the callback query. Telegram refuses that for old ones,
// whose spinner has stopped by itself.
func (s *session) stopSpinner(ctx context.Context, c *callback, notice string) {
	p := tgbotapi.Params{"callback_query_id": c.ID}
	if notice != "" {
		p["text"], p["show_alert"] = notice, "true"
	}
	if _, err := s.wire.call(ctx, "answerCallbackQuery", p); err != nil {
		s.log.DebugContext(ctx, "callback_not_answered", "error", err)
	}
}
