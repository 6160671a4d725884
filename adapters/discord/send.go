package discord

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"karussell/bot"
)

// maxNonce is Discord's limit in characters.
const maxNonce = 25

// spot is where a message stands. A MessageID is "channel/message", because a
// story in a forum lives in a channel of its own.
type spot struct{ channel, message string }

func (s spot) id() bot.MessageID { return bot.MessageID(s.channel + "/" + s.message) }

// parseSpot reads a MessageID; home is the channel of ids without one.
func parseSpot(id bot.MessageID, home string) (spot, bool) {
	channel, message, ok := strings.Cut(string(id), "/")
	if !ok {
		channel, message = home, string(id)
	}
	s := spot{snowflake(channel), snowflake(message)}
	return s, s.channel != "" && s.message != ""
}

// Send posts m. In a forum it opens the story's post or writes into it. It
// returns *bot.SendError or the context's error. A repeated nonce within some
// minutes yields the message of the first attempt.
func (a *Adapter) Send(ctx context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	home, err := a.homeOf(ctx, to)
	if err != nil {
		return "", sendError(err)
	}
	m.Private, m.Form = false, nil // only answers can be for one person
	place := a.place(home, m)
	place.chat = to
	var at spot
	at, err = a.deliver(ctx, place, m)
	if lostPost(err) && place.channel != home {
		// The story's post was deleted; the forum is still there.
		m.ReplyTo = ""
		at, err = a.deliver(ctx, placement{channel: home, chat: to}, m)
	}
	if err != nil {
		return "", sendError(err)
	}
	a.after(ctx, at, home, m)
	return at.id(), nil
}

// Edit changes a message of ours. A message that is gone is SendMissing.
func (a *Adapter) Edit(ctx context.Context, to bot.ChatRef, id bot.MessageID, m bot.Message) error {
	at, ok := parseSpot(id, home(to))
	if !ok {
		return &bot.SendError{Kind: bot.SendMissing, Err: errors.New("no message id")}
	}
	c := call{
		lane: laneAlert, method: http.MethodPatch, body: newEdit(m), file: m.Picture, chat: to,
		path: "channels/" + at.channel + "/messages/" + at.message,
	}
	_, err := a.sender.do(ctx, c)
	if hasCode(err, codeArchived) && a.wake(ctx, at.channel) {
		_, err = a.sender.do(ctx, c)
	}
	return sendError(err)
}

// home is the channel that a chat means.
func home(to bot.ChatRef) string {
	if to.Thread != "" {
		return snowflake(to.Thread)
	}
	return snowflake(to.Chat)
}

// deliver sends m to its place, giving up the parts that Discord cannot take
// rather than the message.
func (a *Adapter) deliver(ctx context.Context, p placement, m bot.Message) (spot, error) {
	if p.forum {
		return a.openPost(ctx, p.channel, m)
	}
	body := newPayload(m)
	body.Nonce = nonce(m.Nonce)
	body.EnforceNonce = body.Nonce != ""
	if m.Publish && a.isAnnouncement(ctx, p.channel) {
		m.ReplyTo = "" // Discord publishes no replies
	}
	if ref, ok := parseSpot(m.ReplyTo, p.channel); ok && ref.channel == p.channel {
		body.Reference = &reference{MessageID: ref.message, ChannelID: ref.channel}
	}
	at, err := a.post(ctx, p, body, m.Picture)
	if r, refused := errors.AsType[*refusal](err); refused {
		return a.mend(ctx, p, m, body, r)
	}
	return at, err
}

// mend tries once more without what Discord named, or returns the refusal.
func (a *Adapter) mend(ctx context.Context, p placement, m bot.Message, body *payload, r *refusal) (spot, error) {
	switch r.code {
	case codeArchived:
		if a.wake(ctx, p.channel) {
			return a.post(ctx, p, body, m.Picture)
		}
	case codeReplyNeedsHistory, codeUnknownMessage:
		if body.Reference != nil {
			body.Reference = nil
			return a.post(ctx, p, body, m.Picture)
		}
	case codeTooLarge, codeFileTooLarge, codeMissingPermission: // perhaps only that to attach files
		if m.Picture != nil {
			m.Picture = nil
			return a.deliver(ctx, p, m)
		}
	case codeNotText, codeWrongChannelType:
		return a.perhapsForum(ctx, p, m, r)
	}
	if _, known := a.channels.kind(p.channel); !known && (r.kind == bot.SendRejected || r.kind == bot.SendForbidden) {
		return a.perhapsForum(ctx, p, m, r)
	}
	return spot{}, r
}

// perhapsForum opens a post where the refusal came from a forum.
func (a *Adapter) perhapsForum(ctx context.Context, p placement, m bot.Message, r *refusal) (spot, error) {
	if c, err := a.channels.get(ctx, p.channel); err == nil && c.isForum() {
		return a.openPost(ctx, p.channel, m)
	}
	return spot{}, r
}

func (a *Adapter) post(ctx context.Context, p placement, body *payload, file *bot.Picture) (spot, error) {
	path := "channels/" + p.channel + "/messages"
	raw, err := a.sender.do(ctx, call{lane: laneAlert, method: http.MethodPost, path: path, body: body, file: file, chat: p.chat})
	if err != nil {
		return spot{}, err
	}
	var sent struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &sent) != nil || snowflake(sent.ID) == "" {
		return spot{}, &refusal{kind: bot.SendUnsure, cause: errors.New("the answer names no message")}
	}
	return spot{p.channel, sent.ID}, nil
}

// nonce fits Discord's limit; equal nonces stay equal.
func nonce(s string) string {
	if len(s) <= maxNonce {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:maxNonce-1]
}

func hasCode(err error, code int) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}

func lostPost(err error) bool {
	return hasCode(err, codeUnknownChannel)
}
