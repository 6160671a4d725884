package telegram

import (
	"context"
	"maps"
	"strconv"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// Edit changes a message. What would change nothing is not sent. A text that
// grew beyond the messages it has is shortened, one that shrank gives up the
// messages at its end. A photo stays a photo and a text stays a text.
func (a *Adapter) Edit(ctx context.Context, to bot.ChatRef, id bot.MessageID, m bot.Message) error {
	where, err := address(bot.ChatRef{Platform: to.Platform, Chat: to.Chat}) // edits take no topic
	if err != nil {
		return err
	}
	parts := parseMessageID(to.Chat, id)
	if len(parts) == 0 {
		return &bot.SendError{Kind: bot.SendMissing}
	}
	text, keys := a.layout(m), a.keyboard(m.Buttons)
	switch parts[0].shape {
	case shapeCaption:
		return a.editPhoto(ctx, where, parts[0].id, m.Picture, text.shorten(maxCaption), keys)
	case shapeBare:
		parts = parts[1:]
	case shapeText:
	}
	return a.editTexts(ctx, where, parts, text, keys)
}

func (a *Adapter) editTexts(ctx context.Context, where tgbotapi.Params, parts []part, text rich, keys *inlineKeyboard) error {
	if len(text.units) == 0 {
		return refuse("an empty message")
	}
	for i, p := range parts {
		pieces := text.split(maxText)
		piece, under := pieces[0], (*inlineKeyboard)(nil)
		switch {
		case i == len(parts)-1:
			piece, under = text.shorten(maxText), keys
		case len(pieces) == 1:
			under = keys
		}
		if err := a.editText(ctx, where, p.id, piece, under); err != nil {
			return err
		}
		if len(pieces) == 1 {
			a.discard(ctx, where, parts[i+1:])
			return nil
		}
		text = text.slice(len(piece.units), len(text.units))
		text.finish()
	}
	return nil
}

func (a *Adapter) editText(ctx context.Context, where tgbotapi.Params, id int, text rich, keys *inlineKeyboard) error {
	p := maps.Clone(where)
	setText(p, text, keys)
	return a.edit(ctx, "editMessageText", p, id, fingerprint(text, keys, ""))
}

func (a *Adapter) editPhoto(ctx context.Context, where tgbotapi.Params, id int, picture *bot.Picture, text rich, keys *inlineKeyboard) error {
	p := maps.Clone(where)
	if picture == nil || len(picture.Data) == 0 {
		setCaption(p, text, keys)
		return a.edit(ctx, "editMessageCaption", p, id, fingerprint(text, keys, ""))
	}
	content := fingerprint(text, keys, picture.Key)
	if a.shows(p["chat_id"], id, content) {
		return nil
	}
	p["message_id"] = strconv.Itoa(id)
	if keys != nil {
		setJSON(p, "reply_markup", keys)
	}
	err := a.withFile(ctx, picture, func(file tgbotapi.RequestFileData) (*sentMessage, error) {
		var sent sentMessage
		media := inputPhoto{Type: "photo", Caption: text.text(), Entities: text.entities}
		if !file.NeedsUpload() {
			media.Media = file.SendData()
			setJSON(p, "media", media)
			return &sent, a.wire.result(ctx, "editMessageMedia", p, &sent)
		}
		media.Media = "attach://picture"
		setJSON(p, "media", media)
		return &sent, a.wire.result(ctx, "editMessageMedia", p, &sent, tgbotapi.RequestFile{Name: "picture", Data: file})
	})
	return a.edited(p["chat_id"], id, content, err)
}

type inputPhoto struct {
	Type     string                   `json:"type"`
	Media    string                   `json:"media"`
	Caption  string                   `json:"caption,omitempty"`
	Entities []tgbotapi.MessageEntity `json:"caption_entities,omitempty"`
}

func (a *Adapter) edit(ctx context.Context, method string, p tgbotapi.Params, id int, content uint64) error {
	if a.shows(p["chat_id"], id, content) {
		return nil
	}
	p["message_id"] = strconv.Itoa(id)
	err := a.plainer(ctx, method, p, func(p tgbotapi.Params) error {
		_, err := a.wire.call(ctx, method, p)
		return err
	})
	return a.edited(p["chat_id"], id, content, err)
}

// edited settles an edit. "Not modified" is what was wanted.
func (a *Adapter) edited(chat string, id int, content uint64, err error) error {
	if sendKind(err) == notModified {
		err = nil
	}
	if err == nil {
		a.remember(chat, id, content)
	}
	return err
}

// discard takes away messages that an edit left without text. Telegram deletes
// within 48 hours only; older ones are blanked.
func (a *Adapter) discard(ctx context.Context, where tgbotapi.Params, parts []part) {
	for _, p := range parts {
		gone := maps.Clone(where)
		gone["message_id"] = strconv.Itoa(p.id)
		if _, err := a.wire.call(ctx, "deleteMessage", gone); err == nil {
			continue
		}
		var blank rich
		blank.add("…", nil, "")
		if err := a.editText(ctx, where, p.id, blank, nil); err != nil {
			a.log.WarnContext(ctx, "surplus_message_left", "error", err)
		}
	}
}
