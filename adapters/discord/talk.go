package discord

import (
	"context"
	"errors"
	"net/http"
	"time"

	"karussell/bot"
)

// Kinds of interaction callbacks.
const (
	callbackMessage       = 4
	callbackDefer         = 5
	callbackDeferUpdate   = 6
	callbackUpdate        = 7
	callbackAutocomplete  = 8
	callbackModal         = 9
	callbackAttempts      = 3
	callbackRetryInterval = 150 * time.Millisecond
)

// talk is the conversation about one interaction: one callback in time, then
// edits and follow-ups. One goroutine uses it.
type talk struct {
	visit    *visit
	in       *interaction
	received time.Time
	first    time.Duration // until the callback was accepted
	said     int           // the callback that was accepted; 0 for none
	private  bool          // the deferral was
}

type callback struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// deferNow tells Discord that the answer takes longer. A click keeps its
// message as it is meanwhile.
func (t *talk) deferNow(ctx context.Context, private bool) {
	if t.said != 0 {
		return
	}
	if t.in.Message != nil {
		_ = t.call(ctx, callback{Type: callbackDeferUpdate}, nil) // logged; the answer is tried all the same
		return
	}
	c := callback{Type: callbackDefer}
	if private {
		t.private = true
		c.Data = struct {
			Flags int `json:"flags"`
		}{flagEphemeral}
	}
	_ = t.call(ctx, c, nil) // logged; the answer is tried all the same
}

// say gives the engine's answer.
func (t *talk) say(ctx context.Context, m bot.Message) {
	if m.Form != nil {
		if t.open(ctx, m.Form) {
			return
		}
		m = formAsButton(m)
	}
	m.ReplyTo, m.PingRole, m.Nonce = "", "", "" // those belong to alerts
	replaces := m.Replace && t.in.Message != nil
	if t.said == 0 && t.sayFirst(ctx, m, replaces) {
		return
	}
	switch {
	case t.said == callbackDeferUpdate && !replaces:
		t.follow(ctx, m)
	case t.said == callbackDefer && m.Private && !t.private:
		// The public "is thinking" goes, the answer is for the asker alone.
		t.withdraw(ctx)
		t.follow(ctx, m)
	default:
		t.editOriginal(ctx, m)
	}
}

// open opens a form; false when Discord allows none any more.
func (t *talk) open(ctx context.Context, f *bot.Form) bool {
	form, ok := newModal(f)
	if !ok || t.said != 0 || t.in.Type == interactionModal {
		return false
	}
	_ = t.call(ctx, callback{Type: callbackModal, Data: form}, nil) // logged
	return true
}

// sayFirst answers in the callback; false when an earlier attempt at it had
// arrived unnoticed, so that only edits are left.
func (t *talk) sayFirst(ctx context.Context, m bot.Message, replaces bool) bool {
	c := callback{Type: callbackMessage, Data: newPayload(m)}
	if replaces {
		c = callback{Type: callbackUpdate, Data: newEdit(m)}
	}
	if err := t.call(ctx, c, m.Picture); !hasCode(err, codeAcknowledged) {
		return true
	}
	t.said = callbackDefer
	t.private = m.Private
	return false
}

// formAsButton is for forms that come too late to be opened: a click asks for
// them again.
func formAsButton(m bot.Message) bot.Message {
	f := m.Form
	m.Form = nil
	m.Buttons = append(m.Buttons, []bot.Button{{Label: f.Title, Action: f.Action, Kind: bot.ButtonPrimary}})
	if m.Title == "" && len(m.Blocks) == 0 {
		m.Blocks = []bot.Block{{Spans: []bot.TextSpan{{Text: f.Title}}}}
	}
	m.Private = true
	return m
}

// call makes the interaction's one callback. It repeats while Discord's three
// seconds last: a callback is idempotent, a second one is refused.
func (t *talk) call(ctx context.Context, c callback, file *bot.Picture) error {
	a := t.visit.adapter
	ctx, cancel := context.WithDeadline(ctx, t.received.Add(answerDeadline))
	defer cancel()
	path := "interactions/" + t.in.ID + "/" + t.in.Token + "/callback"
	var err error
	for range callbackAttempts {
		_, err = a.sender.do(ctx, call{lane: laneAnswer, method: http.MethodPost, path: path, body: c, file: file})
		if err == nil {
			t.said, t.first = c.Type, time.Since(t.received)
			return nil
		}
		if hasCode(err, codeAcknowledged) && t.said == 0 {
			t.said, t.first = c.Type, time.Since(t.received)
			if c.Type == callbackDefer || c.Type == callbackDeferUpdate {
				return nil
			}
			return err
		}
		wait, again := retryable(err)
		if !again || !rest(ctx, wait) {
			break
		}
	}
	a.meter.Count("discord_unanswered_total", 1, "kind", t.in.kind())
	a.log.WarnContext(ctx, "an interaction was not answered", "interaction_kind", t.in.kind(), "error", err, "after", time.Since(t.received))
	return err
}

func retryable(err error) (time.Duration, bool) {
	var r *refusal
	if !errors.As(err, &r) {
		return 0, false
	}
	switch r.kind {
	case bot.SendTemporary, bot.SendUnsure:
		return callbackRetryInterval, true
	case bot.SendLimited:
		return r.retryAfter, true
	case bot.SendForbidden, bot.SendBlocked, bot.SendGone, bot.SendMoved, bot.SendRejected, bot.SendMissing, bot.SendRevoked:
	}
	return 0, false
}

// editOriginal puts the answer where the deferral stands.
func (t *talk) editOriginal(ctx context.Context, m bot.Message) {
	t.hook(ctx, http.MethodPatch, "/messages/@original", newEdit(m), m.Picture)
}

func (t *talk) follow(ctx context.Context, m bot.Message) {
	t.hook(ctx, http.MethodPost, "", newPayload(m), m.Picture)
}

func (t *talk) withdraw(ctx context.Context) {
	t.hook(ctx, http.MethodDelete, "/messages/@original", nil, nil)
}

// hook calls the interaction's webhook, with some patience: the token lives
// for a quarter of an hour.
func (t *talk) hook(ctx context.Context, method, tail string, body any, file *bot.Picture) {
	a := t.visit.adapter
	app := t.in.App
	if app == "" {
		if id := a.app.Load(); id != nil {
			app = *id
		}
	}
	path := "webhooks/" + app + "/" + t.in.Token + tail
	wait := time.Second
	for range callbackAttempts {
		_, err := a.sender.do(ctx, call{lane: laneAnswer, method: method, path: path, body: body, file: file})
		if err == nil {
			if t.first == 0 {
				t.first = time.Since(t.received)
			}
			return
		}
		pause, again := retryable(err)
		if !again {
			a.log.WarnContext(ctx, "an answer could not be delivered", "interaction_kind", t.in.kind(), "error", err)
			return
		}
		if !rest(ctx, max(pause, wait)) {
			return
		}
		wait *= 2
	}
}

// offered is one completion as Discord takes it.
type offered struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// offer answers an autocompletion.
func (t *talk) offer(ctx context.Context, choices []bot.Choice) {
	list := []offered{}
	seen := map[string]bool{}
	for _, c := range choices {
		if len(list) == maxChoices {
			break
		}
		name := cut(c.Label, maxOption)
		if c.Hint != "" && length(name)+3+length(c.Hint) <= maxOption {
			name += " · " + cut(c.Hint, maxOption)
		}
		if name == "" || c.Value == "" || length(c.Value) > maxOption || seen[c.Value] {
			continue
		}
		seen[c.Value] = true
		list = append(list, offered{name, c.Value})
	}
	body := struct {
		Choices []offered `json:"choices"`
	}{list}
	_ = t.call(ctx, callback{Type: callbackAutocomplete, Data: body}, nil) // logged
}
