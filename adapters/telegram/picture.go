package telegram

import (
	"context"
	"fmt"
	"maps"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// sendPicture posts a photo with text as its caption, or bare when the text is
// too long for one.
func (a *Adapter) sendPicture(ctx context.Context, where tgbotapi.Params, picture *bot.Picture, text rich, keys *inlineKeyboard) ([]part, error) {
	p := maps.Clone(where)
	form := part{shape: shapeCaption}
	if len(text.units) <= maxCaption && len(text.entities) <= maxEntities {
		setCaption(p, text, keys)
	} else {
		form.shape = shapeBare
	}
	var sent sentMessage
	err := a.withFile(ctx, picture, func(file tgbotapi.RequestFileData) (*sentMessage, error) {
		err := a.plainer(ctx, "sendPhoto", p, func(p tgbotapi.Params) error {
			sent = sentMessage{}
			if !file.NeedsUpload() {
				p = maps.Clone(p)
				p["photo"] = file.SendData()
				return a.wire.result(ctx, "sendPhoto", p, &sent)
			}
			return a.wire.result(ctx, "sendPhoto", p, &sent, tgbotapi.RequestFile{Name: "photo", Data: file})
		})
		return &sent, err
	})
	if err != nil {
		return nil, err
	}
	form.id = sent.ID
	if form.shape == shapeCaption {
		a.remember(p["chat_id"], form.id, fingerprint(text, keys, picture.Key))
	}
	return []part{form}, nil
}

// withFile calls use with the picture's file id, or with its bytes when
// Telegram does not have it (any more), and remembers the id that comes back.
func (a *Adapter) withFile(ctx context.Context, picture *bot.Picture, use func(tgbotapi.RequestFileData) (*sentMessage, error)) error {
	if id := a.fileID(ctx, picture); id != "" {
		_, err := use(tgbotapi.FileID(id))
		if sendKind(err) != wrongFile {
			return err
		}
	}
	name := picture.Name
	if name == "" {
		name = "picture.png"
	}
	sent, err := use(tgbotapi.FileBytes{Name: name, Bytes: picture.Data})
	if sendKind(err) == wrongFile {
		return &bot.SendError{Kind: bot.SendRejected, Err: fmt.Errorf("telegram: upload refused: %w", err)}
	}
	if err != nil || picture.Key == "" || len(sent.Photo) == 0 {
		return err
	}
	id := sent.Photo[len(sent.Photo)-1].FileID // the largest size comes last
	if err := a.notebook.Remember(ctx, a.note("photo/"+picture.Key), []byte(id)); err != nil {
		a.log.WarnContext(ctx, "file_id_not_kept", "error", err)
	}
	return nil
}

// fileID is the id under which Telegram has the picture; empty when unknown.
func (a *Adapter) fileID(ctx context.Context, picture *bot.Picture) string {
	if picture.Key == "" {
		return ""
	}
	id, err := a.notebook.Recall(ctx, a.note("photo/"+picture.Key))
	if err != nil {
		return "" // not found, or the store is in trouble: upload again
	}
	return string(id)
}
