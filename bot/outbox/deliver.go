package outbox

import (
	"context"
	"errors"
	"time"

	"karussell/bot"
)

// deliver renders one delivery, sends it and settles what came of it. It has a
// place at the gate and a slot.
func (l *lane) deliver(work, record context.Context, h *held) {
	// The delivery as a whole ends before its lease, each request within Timeout.
	ctx, cancel := context.WithTimeout(work, h.lease.Sub(l.Now())-l.Timeout/2)
	defer cancel()
	r, err := l.Renderer.Render(ctx, h.Delivery)
	now := l.Now()
	switch {
	case err != nil:
		l.gate.refund(h.Chat)
		l.Log.ErrorContext(ctx, "rendering a delivery failed", "delivery", string(h.ID), "error", err)
		l.settle(record, h, bot.Outcome{State: bot.Retry, Hold: backOff(h, now), Cause: "rendering failed"}, "render_failed")
	case r.Skip != "":
		l.gate.refund(h.Chat)
		l.settle(record, h, bot.Outcome{State: bot.Skipped, Cause: r.Skip}, "skipped")
	case r.Defer.After(now):
		l.gate.refund(h.Chat)
		l.settle(record, h, bot.Outcome{State: bot.Returned, Due: r.Defer}, "deferred")
	default:
		l.attempt(ctx, record, h, &r)
	}
}

// attempt sends a rendered delivery.
func (l *lane) attempt(ctx, record context.Context, h *held, r *bot.Rendered) {
	start := l.Now()
	id, what, err := l.transmit(ctx, h, r)
	now := l.Now()
	l.Meter.Observe("send_seconds", now.Sub(start).Seconds(), "platform", string(l.platform.Name()))
	if err != nil {
		l.failed(record, h, err)
		return
	}
	l.succeeded(h.Chat)
	if !r.Since.IsZero() {
		l.Meter.Observe("alert_delay_seconds", max(0, now.Sub(r.Since).Seconds()), "platform", string(l.platform.Name()))
	}
	l.settle(record, h, bot.Outcome{
		State: bot.Sent, Message: id, Hash: r.Hash, Revision: r.Revision, Stage: r.Stage,
		Hold: l.gate.rest(h.Chat),
	}, what)
}

// transmit posts or edits. what is the outcome's name for the meter.
func (l *lane) transmit(ctx context.Context, h *held, r *bot.Rendered) (id bot.MessageID, what string, err error) {
	if r.Edit == "" {
		id, err = l.send(ctx, h.Chat, r.Message)
		return id, "sent", err
	}
	if l.editor == nil {
		// What cannot be changed is answered; a mere confirmation is not worth a
		// new message.
		l.usePlace(h, false)
		if h.Kind == bot.DeliverEdit {
			return r.Edit, "not_editable", nil
		}
		return l.repost(ctx, h, r)
	}
	l.usePlace(h, l.limits.EditsCount)
	err = l.edit(ctx, h.Chat, r.Edit, r.Message)
	switch {
	case kindOf(err) != bot.SendMissing:
	case h.Kind == bot.DeliverEdit || h.Kind == bot.DeliverRetract:
		err = nil // somebody deleted it: nothing stands there to be mended
	default:
		return l.repost(ctx, h, r)
	}
	for _, more := range r.Also {
		if err != nil {
			break
		}
		if err = l.wait(ctx, h.Chat); err != nil {
			break
		}
		if err = l.edit(ctx, h.Chat, more, r.Message); kindOf(err) == bot.SendMissing {
			err = nil
		}
	}
	return r.Edit, "edited", err
}

// usePlace gives the place at the gate back when this message needs none.
func (l *lane) usePlace(h *held, needed bool) {
	if !needed {
		l.gate.refund(h.Chat)
	}
}

// repost sends as a reply what cannot be an edit.
func (l *lane) repost(ctx context.Context, h *held, r *bot.Rendered) (bot.MessageID, string, error) {
	if err := l.wait(ctx, h.Chat); err != nil {
		return "", "", err
	}
	m := r.Message
	if m.ReplyTo == "" && l.editor == nil {
		m.ReplyTo = r.Edit
	}
	id, err := l.send(ctx, h.Chat, m)
	return id, "reposted", err
}

// send posts m; a reply to a message that is gone is sent without it, should an
// adapter leave that to us.
func (l *lane) send(ctx context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	id, err := l.post(ctx, to, m)
	if kindOf(err) == bot.SendMissing && m.ReplyTo != "" {
		m.ReplyTo = ""
		if err = l.wait(ctx, to); err == nil {
			id, err = l.post(ctx, to, m)
		}
	}
	return id, err
}

func (l *lane) post(ctx context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	return l.platform.Send(ctx, to, m)
}

func (l *lane) edit(ctx context.Context, to bot.ChatRef, id bot.MessageID, m bot.Message) error {
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	return l.editor.Edit(ctx, to, id, m)
}

// wait keeps the limits for a further message of the same delivery.
func (l *lane) wait(ctx context.Context, to bot.ChatRef) error {
	if err := l.gate.another(ctx, to); err != nil {
		return notSent(err)
	}
	return nil
}

// notSent marks an end of time before anything was on the wire.
func notSent(err error) error { return &bot.SendError{Kind: bot.SendTemporary, Err: err} }

// kindOf is the kind of a platform's error. A context that ended is an outcome
// that nobody knows; any other foreign error is temporary.
func kindOf(err error) bot.SendKind {
	var se *bot.SendError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &se):
		return se.Kind
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return bot.SendUnsure
	}
	return bot.SendTemporary
}

// sendError is err as a *bot.SendError.
func sendError(err error) *bot.SendError {
	if se, ok := errors.AsType[*bot.SendError](err); ok {
		return se
	}
	return &bot.SendError{Kind: kindOf(err), Err: err}
}

// putOff is a delivery that goes back to the store unsent. Its chat is held
// back with it: a newer delivery must not overtake.
type putOff struct {
	bot.Delivery
	until time.Time // zero: it can be claimed again at once
}

// giveBack settles deliveries that were not attempted. It waits for all.
func (d *Dispatcher) giveBack(record context.Context, back []putOff) {
	done := make(chan struct{})
	for _, p := range back {
		d.clerk <- struct{}{}
		go func() {
			defer func() { <-d.clerk; done <- struct{}{} }()
			o := bot.Outcome{State: bot.Returned, Hold: p.until}
			if d.Now().Sub(p.Created) > d.MaxAge && p.until.After(d.Now()) {
				o = bot.Outcome{State: bot.Dead, Hold: p.until, Cause: "too old: it could not be sent in time"}
			}
			d.record(record, p.Delivery, o, "put_off")
		}()
	}
	for range back {
		<-done
	}
}

// record settles in the store. A store that fails is asked again until record
// ends: an outcome that is lost would be sent twice.
func (d *Dispatcher) record(record context.Context, one bot.Delivery, o bot.Outcome, what string) {
	defer d.disown(one.ID)
	d.Meter.Count("sends_total", 1, "platform", string(one.Chat.Platform), "outcome", what)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := d.Store.Settle(record, one.ID, o)
		if err == nil {
			return
		}
		d.Log.ErrorContext(record, "settling a delivery failed", "delivery", string(one.ID), "state", string(o.State), "error", err)
		if errors.Is(err, bot.ErrClosed) || sleep(record, pause) != nil {
			return
		}
	}
}

func (l *lane) settle(record context.Context, h *held, o bot.Outcome, what string) {
	l.record(record, h.Delivery, o, what)
	signal(l.Dispatcher.room) // the chat's next delivery can be claimed
}
