package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// sentMessage is what is needed of a message that Telegram returns.
type sentMessage struct {
	ID    int `json:"message_id"`
	Photo []struct {
		FileID string `json:"file_id"`
	} `json:"photo"`
}

// Send posts m. A text of more than 4096 units becomes several messages; the
// returned id names all of them. SendUnsure means that Telegram may have the
// message.
func (a *Adapter) Send(ctx context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	if m.Form != nil {
		return a.sendPrompt(ctx, to, m, "")
	}
	where, err := address(to)
	if err != nil {
		return "", err
	}
	where.AddBool("disable_notification", m.Silent)
	text, keys := a.layout(m), a.keyboard(m.Buttons)
	if len(text.units) == 0 && m.Picture == nil {
		return "", refuse("an empty message")
	}
	first := replying(where, m.ReplyTo)
	if m.Picture == nil || len(m.Picture.Data) == 0 {
		return a.sendTexts(ctx, first, where, nil, text, keys)
	}
	parts, err := a.sendPicture(ctx, first, m.Picture, text, keys)
	switch {
	case sendKind(err) == bot.SendRejected && len(text.units) > 0:
		a.log.WarnContext(ctx, "picture_refused", "error", err)
		return a.sendTexts(ctx, first, where, nil, text, keys)
	case err != nil || parts[0].shape == shapeCaption:
		return messageID(where["chat_id"], parts), err
	default:
		return a.sendTexts(ctx, where, where, parts, text, keys)
	}
}

// replying is where with the message that is answered; without it when that is
// gone.
func replying(where tgbotapi.Params, to bot.MessageID) tgbotapi.Params {
	p := maps.Clone(where)
	if parts := parseMessageID(where["chat_id"], to); len(parts) > 0 {
		setJSON(p, "reply_parameters", replyTo{ID: parts[0].id, Anyway: true})
	}
	return p
}

type replyTo struct {
	ID     int  `json:"message_id"`
	Anyway bool `json:"allow_sending_without_reply"`
}

// sendTexts posts text after the given parts; the last message gets the buttons.
func (a *Adapter) sendTexts(ctx context.Context, first, rest tgbotapi.Params, parts []part, text rich, keys *inlineKeyboard) (bot.MessageID, error) {
	pieces := text.split(maxText)
	for i, piece := range pieces {
		p := maps.Clone(rest)
		if i == 0 {
			p = maps.Clone(first)
		}
		var under *inlineKeyboard
		if i == len(pieces)-1 {
			under = keys
		}
		setText(p, piece, under)
		id, err := a.postPiece(ctx, p, len(parts) > 0)
		if err != nil {
			if len(parts) > 0 { // the reader has the beginning; a repetition would be worse
				a.log.ErrorContext(ctx, "message_incomplete", "error", err, "sent", len(parts), "pieces", len(pieces))
				return messageID(rest["chat_id"], parts), nil
			}
			return "", err
		}
		a.remember(p["chat_id"], id, fingerprint(piece, under, ""))
		parts = append(parts, part{id: id})
	}
	return messageID(rest["chat_id"], parts), nil
}

// postPiece posts one message. A continuation is tried for longer: its
// beginning is already in the chat.
func (a *Adapter) postPiece(ctx context.Context, p tgbotapi.Params, continuation bool) (int, error) {
	for attempt := 1; ; attempt++ {
		var sent sentMessage
		err := a.plainer(ctx, "sendMessage", p, func(p tgbotapi.Params) error {
			return a.wire.result(ctx, "sendMessage", p, &sent)
		})
		var refused *bot.SendError
		if err == nil || !continuation || attempt == 4 || !errors.As(err, &refused) {
			return sent.ID, err
		}
		wait := max(refused.RetryAfter, time.Duration(attempt)*time.Second)
		again := refused.Kind == bot.SendLimited || refused.Kind == bot.SendTemporary
		if !again || wait > 30*time.Second || !nap(ctx, wait) {
			return 0, err
		}
	}
}

// plainer makes a call and, when Telegram rejects the content, makes it once
// more without entities and links: better a plain alert than none.
func (a *Adapter) plainer(ctx context.Context, method string, p tgbotapi.Params, call func(tgbotapi.Params) error) error {
	err := call(p)
	if sendKind(err) != bot.SendRejected {
		return err
	}
	bare := maps.Clone(p)
	delete(bare, "entities")
	delete(bare, "caption_entities")
	if markup, ok := bare["reply_markup"]; ok {
		var k inlineKeyboard
		if json.Unmarshal([]byte(markup), &k) == nil && len(k.Rows) > 0 {
			if k.dropLinks(); len(k.Rows) > 0 {
				setJSON(bare, "reply_markup", k)
			} else {
				delete(bare, "reply_markup")
			}
		}
	}
	if maps.Equal(bare, p) {
		return err
	}
	a.log.WarnContext(ctx, "content_refused_sending_plain", "method", method, "error", err)
	return call(bare)
}

func (k *inlineKeyboard) dropLinks() {
	rows := k.Rows
	k.Rows = nil
	for _, row := range rows {
		var kept []inlineButton
		for _, b := range row {
			if b.Data != "" {
				kept = append(kept, inlineButton{Text: b.Text, Data: b.Data})
			}
		}
		if len(kept) > 0 {
			k.Rows = append(k.Rows, kept)
		}
	}
}

func setText(p tgbotapi.Params, text rich, keys *inlineKeyboard) {
	p["text"] = text.text()
	if len(text.entities) > 0 {
		setJSON(p, "entities", text.entities)
	}
	p["link_preview_options"] = `{"is_disabled":true}`
	if keys != nil {
		setJSON(p, "reply_markup", keys)
	}
}

func setCaption(p tgbotapi.Params, text rich, keys *inlineKeyboard) {
	if len(text.units) > 0 {
		p["caption"] = text.text()
	}
	if len(text.entities) > 0 {
		setJSON(p, "caption_entities", text.entities)
	}
	if keys != nil {
		setJSON(p, "reply_markup", keys)
	}
}

// setJSON sets a parameter; the types given here always encode.
func setJSON(p tgbotapi.Params, key string, v any) {
	if encoded, err := json.Marshal(v); err == nil {
		p[key] = string(encoded)
	}
}

// remember keeps what a message shows, so that an edit without effect is not
// sent.
func (a *Adapter) remember(chat string, id int, content uint64) {
	a.sent.put(chat+"/"+strconv.Itoa(id), content)
}

func (a *Adapter) shows(chat string, id int, content uint64) bool {
	was, ok := a.sent.get(chat + "/" + strconv.Itoa(id))
	return ok && was == content
}
