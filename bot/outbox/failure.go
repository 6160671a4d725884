package outbox

import (
	"context"
	"math/rand/v2"
	"time"

	"karussell/bot"
)

// Backoff after failures that may pass.
const (
	firstBackOff = 2 * time.Second
	maxBackOff   = 15 * time.Minute
	// A chat must clearly refuse so often in a row before it is paused: rights
	// are often taken away for a moment while somebody edits roles.
	refusals = 3
	// So many different chats must fail, with no success between them, before
	// the platform itself counts as down.
	outage    = 8
	maxOutage = maxRest
)

// backOff grows with the delivery's attempts, also those of an earlier process,
// and is spread by a fifth to both sides.
func backOff(h *held, now time.Time) time.Time {
	d := min(firstBackOff<<min(h.Attempts, 20), maxBackOff)
	spread := 0.8 + 0.4*rand.Float64() //nolint:gosec // jitter needs no secrecy
	return now.Add(time.Duration(float64(d) * spread))
}

// succeeded ends what failures had begun.
func (l *lane) succeeded(ref bot.ChatRef) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.refusals, ref)
	l.outages = 0
	clear(l.failing)
}

// failed decides what a failure means: by its kind alone.
func (l *lane) failed(record context.Context, h *held, err error) {
	se, now := sendError(err), l.Now()
	o := l.outcome(record, h, se, now)
	o.Cause = se.Error()
	if o.State == bot.Retry && o.Moved == nil && now.Sub(h.Created) > l.MaxAge {
		o = bot.Outcome{State: bot.Dead, Hold: o.Hold, Cause: "too old: " + o.Cause}
	}
	if o.State == bot.Dead {
		l.Log.WarnContext(record, "delivery parked", "delivery", string(h.ID), "kind", string(se.Kind), "code", se.Code)
	}
	l.settle(record, h, o, string(se.Kind))
}

func (l *lane) outcome(record context.Context, h *held, se *bot.SendError, now time.Time) bot.Outcome {
	dead := bot.Outcome{State: bot.Dead}
	switch se.Kind {
	case bot.SendTemporary, bot.SendUnsure:
		until := backOff(h, now)
		l.suspect(h.Chat, now)
		return bot.Outcome{State: bot.Retry, Hold: until, Unsure: se.Kind == bot.SendUnsure}
	case bot.SendLimited:
		return bot.Outcome{State: bot.Retry, Hold: l.limited(h, se, now)}
	case bot.SendMoved:
		if to := se.MovedTo; to.Chat != "" && to != h.Chat {
			return bot.Outcome{State: bot.Retry, Moved: &to}
		}
		return dead
	case bot.SendRevoked:
		l.revoke(record)
		return bot.Outcome{State: bot.Retry, Hold: now.Add(10 * time.Minute)}
	case bot.SendForbidden:
		if until, again := l.refused(h, now); again {
			return bot.Outcome{State: bot.Retry, Hold: until}
		}
		return l.lost(record, h, bot.ChangeForbidden, bot.PauseForbid)
	case bot.SendBlocked:
		return l.lost(record, h, bot.ChangeRemoved, bot.PauseBlocked)
	case bot.SendGone:
		return l.lost(record, h, bot.ChangeGone, bot.PauseGone)
	case bot.SendRejected, bot.SendMissing:
	}
	return dead
}

// suspect counts chats that fail one after the other; many of them mean that
// the platform is down, which then rests as a whole.
func (l *lane) suspect(ref bot.ChatRef, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing[ref] = struct{}{}
	if len(l.failing) < outage || l.until.After(now) {
		return
	}
	clear(l.failing)
	l.until = now.Add(min(time.Second<<min(l.outages, 10), maxOutage))
	l.outages++
	l.Meter.Count("platform_rests_total", 1, "platform", string(l.platform.Name()))
}

// limited keeps a platform's own word on when to go on.
func (l *lane) limited(h *held, se *bot.SendError, now time.Time) time.Time {
	until := now.Add(se.RetryAfter)
	if se.RetryAfter <= 0 {
		until = now.Add(time.Second)
	}
	scope := "chat"
	if se.Global {
		scope = "global"
		l.gate.Close(until)
		l.mu.Lock()
		if until.After(l.until) {
			l.until = until
		}
		l.mu.Unlock()
	} else {
		l.gate.hold(h.Chat, until) // answers wait too
	}
	l.Meter.Count("limits_total", 1, "platform", string(l.platform.Name()), "scope", scope)
	return until
}

// refused counts clear refusals; again is false after enough of them.
func (l *lane) refused(h *held, now time.Time) (until time.Time, again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusals[h.Chat]++
	if n := l.refusals[h.Chat]; n < refusals {
		return now.Add(time.Duration(n) * 30 * time.Second), true
	}
	delete(l.refusals, h.Chat)
	return time.Time{}, false
}

// lost tells the engine what the platform's answer says about the chat, so that
// its owner can be told, and pauses it.
func (l *lane) lost(ctx context.Context, h *held, what bot.ChangeKind, pause bot.PauseCause) bot.Outcome {
	if l.Changed != nil {
		l.Changed(ctx, bot.ChatChange{Chat: h.Chat, What: what})
	}
	return bot.Outcome{State: bot.Dead, Pause: pause}
}

// revoke stops the lane for good: every further request would be refused, and
// Discord bans addresses that keep asking.
func (l *lane) revoke(ctx context.Context) {
	l.mu.Lock()
	already := l.revoked
	l.revoked = true
	l.mu.Unlock()
	if already {
		return
	}
	l.Log.ErrorContext(ctx, "the platform no longer accepts the token; its deliveries wait", "platform", string(l.platform.Name()))
	if l.Report != nil {
		l.Report(ctx, l.platform.Name(), bot.SendRevoked)
	}
}
