package telegram

import (
	"context"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// Inline mode: "@bot Backhaus" in any chat. Each page asks the engine for one
// card per result, so pages are short; Telegram asks for the next one when the
// reader scrolls.
const (
	inlinePage  = 8
	inlineCache = 60 // seconds that Telegram may repeat a result for this person
)

// inlineResult is an article, or a photo that Telegram already has.
type inlineResult struct {
	Type        string                   `json:"type"`
	ID          string                   `json:"id"`
	Title       string                   `json:"title"`
	Description string                   `json:"description,omitempty"`
	Content     *inlineText              `json:"input_message_content,omitempty"`
	PhotoID     string                   `json:"photo_file_id,omitempty"`
	Caption     string                   `json:"caption,omitempty"`
	Entities    []tgbotapi.MessageEntity `json:"caption_entities,omitempty"`
	Keyboard    *inlineKeyboard          `json:"reply_markup,omitempty"`
}

type inlineText struct {
	Text     string                   `json:"message_text"`
	Entities []tgbotapi.MessageEntity `json:"entities,omitempty"`
	Preview  struct {
		Disabled bool `json:"is_disabled"`
	} `json:"link_preview_options"`
}

func (s *session) planInline(q *inlineQuery) (string, task) {
	came := time.Now()
	s.typing.put(q.From.ID, q.ID)
	return "inline/" + lane64(q.From.ID), task{user: q.From.ID, pace: pacePrivate, run: func(ctx context.Context) time.Duration {
		if newest, ok := s.typing.get(q.From.ID); ok && newest != q.ID {
			return 0 // the person typed on; Telegram has dropped this query
		}
		s.answerInline(ctx, q)
		s.meter.Observe("telegram_answer_seconds", time.Since(came).Seconds())
		return 0
	}}
}

// answerInline sends one page of results. It is not repeated: the query expires
// in seconds and the next letter typed asks again.
func (s *session) answerInline(ctx context.Context, q *inlineQuery) {
	req := bot.Request{
		Chat: q.From.private(), Kind: bot.PrivateChat,
		User: q.From.ref(), Language: q.From.Language, CanManage: true, Query: q.Query,
	}
	choices := s.responder.Suggest(ctx, req)
	start, err := strconv.Atoi(q.Offset)
	if err != nil || start < 0 || start > len(choices) {
		start = 0
	}
	page := choices[start:min(start+inlinePage, len(choices))]
	results := make([]inlineResult, 0, len(page))
	for i, choice := range page {
		card := req
		card.Query, card.Command, card.Text = "", choice.Command, choice.Value
		if r, ok := s.inlineResult(ctx, start+i, choice, s.respond(ctx, card)); ok {
			results = append(results, r)
		}
	}
	p := tgbotapi.Params{
		"inline_query_id": q.ID,
		"cache_time":      strconv.Itoa(inlineCache),
		"is_personal":     "true", // in the asker's language
		"next_offset":     "",
	}
	if next := start + len(page); next < len(choices) && len(page) > 0 {
		p["next_offset"] = strconv.Itoa(next)
	}
	setJSON(p, "results", results)
	if _, err := s.wire.call(ctx, "answerInlineQuery", p); err != nil {
		s.log.WarnContext(ctx, "inline_not_answered", "error", err)
	}
}

// inlineResult makes a card of m. Buttons with actions are left out: pressed in
// a foreign chat they would come without one.
func (s *session) inlineResult(ctx context.Context, index int, c bot.Choice, m bot.Message) (inlineResult, bool) {
	if m.Form != nil {
		return inlineResult{}, false
	}
	text := s.layout(m)
	if len(text.units) == 0 {
		return inlineResult{}, false
	}
	r := inlineResult{Type: "article", ID: strconv.Itoa(index), Title: oneLine(c.Label, c.Value), Description: oneLine(c.Hint, "")}
	if k := s.keyboard(linkButtons(m.Buttons)); k != nil {
		r.Keyboard = k
	}
	if m.Picture != nil && len(text.units) <= maxCaption {
		if id := s.inlineFile(ctx, m.Picture); id != "" {
			r.Type, r.PhotoID, r.Caption, r.Entities = "photo", id, text.text(), text.entities
			return r, true
		}
	}
	text = text.shorten(maxText)
	r.Content = &inlineText{Text: text.text(), Entities: text.entities}
	r.Content.Preview.Disabled = true
	return r, true
}

// inlineFile is the file id of a picture. With a depot an unknown picture is
// uploaded there; without one it stays unknown.
func (s *session) inlineFile(ctx context.Context, picture *bot.Picture) string {
	if id := s.fileID(ctx, picture); id != "" || s.depot == "" || picture.Key == "" || len(picture.Data) == 0 {
		return id
	}
	where, err := address(bot.ChatRef{Platform: Name, Chat: s.depot})
	if err == nil {
		where["disable_notification"] = "true"
		_, err = s.sendPicture(ctx, where, picture, rich{}, nil)
	}
	if err != nil {
		s.log.WarnContext(ctx, "picture_not_put_in_depot", "error", err)
		return ""
	}
	return s.fileID(ctx, picture)
}

func linkButtons(rows [][]bot.Button) [][]bot.Button {
	var out [][]bot.Button
	for _, row := range rows {
		var kept []bot.Button
		for _, b := range row {
			if b.Action == "" {
				kept = append(kept, b)
			}
		}
		if len(kept) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

// oneLine is text for a list entry, or the fallback when nothing is left.
func oneLine(text, fallback string) string {
	var r rich
	for i, s := range []string{text, fallback} {
		r = rich{}
		r.add(s, nil, "")
		if r.finish(); len(r.units) > 0 || i == 1 {
			break
		}
	}
	r = r.shorten(100)
	out := []rune(r.text())
	for i, c := range out {
		if c == '\n' {
			out[i] = ' '
		}
	}
	return string(out)
}
