package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// refusal says what a failed call means. response may be nil or empty.
func (w *wire) refusal(method string, response *tgbotapi.APIResponse, way *passage) *bot.SendError {
	if way.err != nil {
		kind := bot.SendTemporary
		if way.mayHaveArrived() {
			kind = bot.SendUnsure
		}
		return &bot.SendError{Kind: kind, Err: fmt.Errorf("telegram %s: %w", method, way.err)}
	}
	if response == nil || response.ErrorCode == 0 {
		return w.strangeResponse(method, way)
	}
	e := &bot.SendError{
		Code: response.ErrorCode,
		Err:  fmt.Errorf("telegram %s: %s", method, w.scrub(response.Description)),
	}
	if p := response.Parameters; p != nil {
		if p.MigrateToChatID != 0 {
			e.Kind = bot.SendMoved
			e.MovedTo = bot.ChatRef{Platform: Name, Chat: strconv.FormatInt(p.MigrateToChatID, 10)}
			return e
		}
		e.RetryAfter = time.Duration(p.RetryAfter) * time.Second
	}
	e.Kind = kindOf(response.ErrorCode, response.Description)
	if e.Kind == bot.SendRevoked && e.Code == http.StatusNotFound && w.accepted.Load() {
		e.Kind = bot.SendRejected // a server that does not know the method
	}
	if e.Kind == bot.SendLimited && e.RetryAfter <= 0 {
		e.RetryAfter = max(way.retry, time.Second)
	}
	return e
}

// strangeResponse judges what is not the Bot API's envelope: a proxy's page, a
// redirect, a truncated answer.
func (w *wire) strangeResponse(method string, way *passage) *bot.SendError {
	e := &bot.SendError{
		Kind: bot.SendTemporary,
		Code: way.status,
		Err:  fmt.Errorf("telegram %s: the response is not the Bot API's (status %d)", method, way.status),
	}
	switch {
	case way.status == http.StatusTooManyRequests:
		e.Kind, e.RetryAfter = bot.SendLimited, max(way.retry, time.Second)
	case way.status == http.StatusRequestEntityTooLarge, way.status == http.StatusNotFound && w.accepted.Load():
		e.Kind = bot.SendRejected
	case mayHidePassing(way.status):
		e.Kind = bot.SendUnsure
	}
	return e
}

// mayHidePassing reports whether the status says nothing about what became of
// the call: a success that cannot be read, or a gateway that lost sight of the
// server behind it.
func mayHidePassing(status int) bool {
	return status/100 == 2 || status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

// kindOf decides by code, and by what Telegram's text means where the code
// covers several cases.
func kindOf(code int, description string) bot.SendKind {
	switch code {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		if kind, ok := meaning(description); ok {
			return kind
		}
	}
	switch code {
	case http.StatusForbidden:
		return bot.SendBlocked
	case http.StatusUnauthorized, http.StatusNotFound: // 404: no bot has this token
		return bot.SendRevoked
	case http.StatusTooManyRequests:
		return bot.SendLimited
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return bot.SendUnsure
	default:
		if code >= 500 || code == http.StatusConflict {
			return bot.SendTemporary
		}
		return bot.SendRejected
	}
}

// meaning is the ONE place that reads Telegram's error texts. Codes 400 and 403
// stand for dozens of situations and Telegram gives no other mark for these;
// the texts are those of the open source server (tdlib/telegram-bot-api,
// Client.cpp) and are compared without case. A text that is not known falls
// back to what its code says, so a reworded text costs precision, not messages.
func meaning(description string) (bot.SendKind, bool) {
	d := strings.ToLower(description)
	for _, m := range meanings {
		if strings.Contains(d, m.text) {
			return m.kind, true
		}
	}
	return "", false
}

// notModified is an edit that would change nothing: no failure.
const notModified bot.SendKind = "not modified"

// wrongFile is a file id that no longer works.
const wrongFile bot.SendKind = "wrong file"

//nolint:gochecknoglobals // a constant table
var meanings = []struct {
	text string
	kind bot.SendKind
}{
	{"message is not modified", notModified},
	{"method not found", bot.SendRejected},
	{"chat_send_photos_forbidden", bot.SendRejected}, // text may still be welcome
	{"not enough rights to send photos", bot.SendRejected},
	{"wrong file identifier", wrongFile},
	{"wrong remote file id", wrongFile},
	{"file_reference_", wrongFile},
	{"message to edit not found", bot.SendMissing},
	{"message to delete not found", bot.SendMissing},
	{"message can't be edited", bot.SendMissing},
	{"message_id_invalid", bot.SendMissing},
	{"there is no text in the message to edit", bot.SendMissing},
	{"there is no caption in the message to edit", bot.SendMissing},
	{"chat not found", bot.SendGone},
	{"user not found", bot.SendGone},
	{"peer_id_invalid", bot.SendGone},
	{"user is deactivated", bot.SendGone},
	{"input_user_deactivated", bot.SendGone},
	{"message thread not found", bot.SendGone},
	{"topic_deleted", bot.SendGone},
	{"topic_id_invalid", bot.SendGone},
	{"the group chat was deleted", bot.SendGone},
	{"group chat was deactivated", bot.SendGone},
	{"channel_private", bot.SendBlocked},
	{"bot was blocked by the user", bot.SendBlocked},
	{"bot was kicked", bot.SendBlocked},
	{"bot is not a member", bot.SendBlocked},
	{"topic_closed", bot.SendForbidden},
	{"bot can't initiate conversation", bot.SendForbidden},
	{"bot can't send messages to bots", bot.SendForbidden},
	{"not enough rights", bot.SendForbidden},
	{"have no rights to send", bot.SendForbidden},
	{"need administrator rights", bot.SendForbidden},
	{"chat_write_forbidden", bot.SendForbidden},
	{"chat_admin_required", bot.SendForbidden},
	{"chat_restricted", bot.SendForbidden},
	{"chat_send_plain_forbidden", bot.SendForbidden},
	{"chat_guest_send_forbidden", bot.SendForbidden},
	{"user_banned_in_channel", bot.SendForbidden},
	{"chat_admin_invite_required", bot.SendForbidden},
}

// sendKind is the kind of an error from a call; empty for other errors.
func sendKind(err error) bot.SendKind {
	if e, ok := errors.AsType[*bot.SendError](err); ok {
		return e.Kind
	}
	return ""
}
