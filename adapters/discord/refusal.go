package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"karussell/bot"
)

// refusal is why Discord did not do what a call asked. It holds no address, no
// token and no text of Discord's answer.
type refusal struct {
	kind       bot.SendKind
	status     int // of HTTP; 0 when no answer came
	code       int // Discord's JSON code; 0 for none
	retryAfter time.Duration
	global     bool
	cause      error // cleaned; may be nil
}

func (r *refusal) Error() string {
	s := fmt.Sprintf("discord: %s (status %d, code %d)", r.kind, r.status, r.code)
	if r.cause != nil {
		s += ": " + r.cause.Error()
	}
	return s
}

func (r *refusal) Unwrap() error { return r.cause }

// hasStatus reports whether err is a refusal with one of these statuses.
func hasStatus(err error, statuses ...int) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && slices.Contains(statuses, r.status)
}

// sendError is the refusal in the domain's words.
func sendError(err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	code := r.code
	if code == 0 {
		code = r.status
	}
	return &bot.SendError{Kind: r.kind, RetryAfter: r.retryAfter, Global: r.global, Code: code, Err: r.cause}
}

// Codes of Discord's JSON errors that change what happens next.
const (
	codeUnknownChannel     = 10003
	codeUnknownGuild       = 10004
	codeUnknownMessage     = 10008
	codeUnknownUser        = 10013
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeSlowmode           = 20016
	codeAnnouncementLimit  = 20022
	codeChannelWriteLimit  = 20028
	codeServerWords        = 20031
	codeThreadsFull        = 30033 // too many participants
	codeOldEdits           = 30046 // edits of messages older than an hour
	codeTooLarge           = 40005
	codeDisabled           = 40006
	codeDMRate             = 40003 // opening direct messages too fast
	codeAcknowledged       = 40060
	codeResourceLimited    = 40062
	codeTagRequired        = 40067
	codeMissingAccess      = 50001
	codeForeignMessage     = 50005
	codeEmptyMessage       = 50006
	codeCannotDM           = 50007
	codeNotText            = 50008
	codeMissingPermission  = 50013
	codeInvalidRecipient   = 50033
	codeWrongChannelType   = 50024
	codeInvalidBody        = 50035
	codeFileTooLarge       = 50045
	codeArchived           = 50083
	codeNoMutualServer     = 50278
	codeReplyNeedsHistory  = 160002
	codeThreadLocked       = 160005
	codeThreadsActive      = 160006
	codeOverloaded         = 130000
	codeAutoModeration     = 200000
	codeAutoModTitle       = 200001
)

// Waits that Discord does not state.
const (
	oldEditWait  = 10 * time.Minute
	overloadWait = 30 * time.Second
	unknownWait  = 5 * time.Second
)

// kindOfCode is what Discord's codes mean for a message. Codes that are not
// listed are decided by status.
//
//nolint:gochecknoglobals // a constant table
var kindOfCode = map[int]bot.SendKind{
	codeUnknownChannel:    bot.SendGone,
	codeUnknownGuild:      bot.SendGone,
	codeUnknownUser:       bot.SendGone,
	codeInvalidRecipient:  bot.SendGone,
	codeUnknownMessage:    bot.SendMissing,
	codeUnknownWebhook:    bot.SendMissing,
	codeForeignMessage:    bot.SendMissing,
	codeSlowmode:          bot.SendLimited,
	codeAnnouncementLimit: bot.SendLimited,
	codeChannelWriteLimit: bot.SendLimited,
	codeOldEdits:          bot.SendLimited,
	codeDMRate:            bot.SendLimited,
	codeResourceLimited:   bot.SendLimited,
	codeThreadsActive:     bot.SendForbidden,
	codeThreadsFull:       bot.SendForbidden,
	codeServerWords:       bot.SendRejected,
	codeTooLarge:          bot.SendRejected,
	codeFileTooLarge:      bot.SendRejected,
	codeEmptyMessage:      bot.SendRejected,
	codeInvalidBody:       bot.SendRejected,
	codeTagRequired:       bot.SendRejected,
	codeAutoModeration:    bot.SendRejected,
	codeAutoModTitle:      bot.SendRejected,
	codeDisabled:          bot.SendTemporary,
	codeOverloaded:        bot.SendTemporary,
	codeArchived:          bot.SendForbidden, // after it could not be woken
	codeThreadLocked:      bot.SendForbidden,
	codeMissingAccess:     bot.SendForbidden,
	codeMissingPermission: bot.SendForbidden,
	codeWrongChannelType:  bot.SendForbidden,
	codeNotText:           bot.SendForbidden,
	codeReplyNeedsHistory: bot.SendForbidden,
	codeCannotDM:          bot.SendBlocked,
	codeNoMutualServer:    bot.SendBlocked,
}

// classify turns the outcome of a failed call into a refusal.
func classify(x *exchange, err error) *refusal {
	if x.status == 0 {
		return unanswered(x, err)
	}
	if x.status < http.StatusMultipleChoices {
		// It was accepted, but the answer broke off.
		return &refusal{kind: bot.SendUnsure, status: x.status, cause: errors.New("the answer broke off")}
	}
	var said struct {
		Code int `json:"code"`
	}
	spoken := json.Unmarshal(x.body, &said) == nil
	r := &refusal{status: x.status, code: said.Code}
	if x.status == http.StatusTooManyRequests {
		r.kind = bot.SendLimited
		r.retryAfter, r.global = retryAfter(x)
		return r
	}
	kind, known := kindOfCode[said.Code]
	if !known {
		kind = kindOfStatus(x.status, spoken)
	}
	r.kind = kind
	if kind == bot.SendLimited {
		r.retryAfter, _ = retryAfter(x)
		if said.Code == codeOldEdits {
			r.retryAfter = max(r.retryAfter, oldEditWait)
		}
	}
	return r
}

// kindOfStatus decides where no code does. A refusal that is no JSON comes from
// something between Discord and us and is a hiccup, not a clear answer.
func kindOfStatus(status int, spoken bool) bot.SendKind {
	switch {
	case status == http.StatusUnauthorized && spoken:
		return bot.SendRevoked
	case status == http.StatusForbidden && spoken:
		return bot.SendForbidden
	case status == http.StatusBadRequest && spoken, status == http.StatusRequestEntityTooLarge:
		return bot.SendRejected
	case status == http.StatusServiceUnavailable:
		return bot.SendTemporary
	case status >= http.StatusInternalServerError:
		return bot.SendUnsure
	default:
		return bot.SendTemporary
	}
}

// unanswered classifies calls that got no answer.
func unanswered(x *exchange, err error) *refusal {
	kind := bot.SendTemporary
	if x.left.Load() {
		kind = bot.SendUnsure
	}
	cause := errors.New("no connection")
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the rest holds the address, and with it interaction tokens
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		cause = context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		cause = context.Canceled
	case kind == bot.SendUnsure:
		cause = errors.New("the connection broke")
	}
	return &refusal{kind: kind, cause: cause}
}

// retryAfter is the wait that a 429 states, in JSON or in its headers, and
// whether it is for the whole bot. Cloudflare answers in HTML with a header.
func retryAfter(x *exchange) (wait time.Duration, global bool) {
	var said struct {
		RetryAfter *float64 `json:"retry_after"`
		Global     bool     `json:"global"`
	}
	spoken := json.Unmarshal(x.body, &said) == nil
	global = said.Global || x.header.Get("X-RateLimit-Global") != "" || x.header.Get("X-RateLimit-Scope") == "global"
	if x.status == http.StatusTooManyRequests && !spoken {
		global = true // Cloudflare limits the address
	}
	if spoken && said.RetryAfter != nil && *said.RetryAfter >= 0 && *said.RetryAfter < 7*24*3600 {
		return time.Duration(*said.RetryAfter * float64(time.Second)), global
	}
	for _, name := range []string{"Retry-After", "X-RateLimit-Reset-After"} {
		if d, ok := seconds(x.header.Get(name)); ok {
			return d, global
		}
	}
	return unknownWait, global
}
