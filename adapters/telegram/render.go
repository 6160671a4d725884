package telegram

import (
	"encoding/json"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf8"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// Telegram's limits for keyboards (core.telegram.org/bots/api): 64 bytes of
// callback data, 8 buttons in a row, 100 in all.
const (
	maxCallback = 64
	maxRow      = 8
	maxButtons  = 100
	maxLabel    = 64
)

// toneSigns are the symbols of the tones. Their shapes differ, not only their
// colours.
//
//nolint:gochecknoglobals // a constant table
var toneSigns = map[bot.Tone]string{
	bot.ToneOfficial: "✅",
	bot.ToneLikely:   "🔷",
	bot.ToneRumour:   "💬",
	bot.ToneOff:      "🚫",
	bot.ToneProblem:  "⚠️",
}

// toneWords say the tones for those who do not read symbols. Problems speak for
// themselves.
//
//nolint:gochecknoglobals // a constant table
var toneWords = map[bot.Tone]map[bool]string{ // by "in English"
	bot.ToneOfficial: {false: "Offiziell", true: "Official"},
	bot.ToneLikely:   {false: "Wahrscheinlich", true: "Likely"},
	bot.ToneRumour:   {false: "Gerücht", true: "Rumour"},
	bot.ToneOff:      {false: "Vom Tisch", true: "Off the table"},
}

// layout is m's text: title, blocks, fields, footer. Symbol and title are one
// line; what belongs together stands together, a blank line between the rest.
func (a *Adapter) layout(m bot.Message) rich {
	var r rich
	a.layTitle(&r, m)
	for i, block := range m.Blocks {
		if i == 0 && len(r.units) > 0 {
			r.add("\n", nil, "") // right under the title
		} else if len(r.units) > 0 {
			r.add(gap(m.Blocks[i-1], block), nil, "")
		}
		layBlock(&r, block)
	}
	for i, f := range m.Fields {
		switch {
		case len(r.units) == 0:
		case i == 0:
			r.add("\n\n", nil, "")
		default:
			r.add("\n", nil, "")
		}
		r.add(f.Label+":", []string{"bold"}, "")
		r.add(" ", nil, "")
		r.spans(f.Value)
	}
	if footer := a.footer(m.Footer, m.Time); footer != "" {
		if len(r.units) > 0 {
			r.add("\n\n", nil, "")
		}
		r.add(footer, []string{"italic"}, "")
	}
	r.finish()
	return r
}

func (a *Adapter) layTitle(r *rich, m bot.Message) {
	if m.Title == "" {
		return
	}
	if sign := toneSigns[m.Tone]; sign != "" {
		r.add(sign+" ", nil, "")
	}
	if word := toneWords[m.Tone][strings.HasPrefix(m.Language, "en")]; word != "" {
		r.add(word+"\n", nil, "")
	}
	r.add(m.Title, []string{"bold"}, webLink(m.Link))
}

// gap is what stands between a block and the one before it: a new line where
// they belong together, a blank one elsewhere. Short paragraphs in a row are
// lines of a list.
func gap(before, after bot.Block) string {
	together := before.Kind == bot.Heading ||
		(before.Kind == bot.ListItem && after.Kind == bot.ListItem) ||
		(isLine(before) && isLine(after))
	if together {
		return "\n"
	}
	return "\n\n"
}

// lineLength is about what fits into one line of a phone.
const lineLength = 48

func isLine(b bot.Block) bool {
	length := 0
	for _, s := range b.Spans {
		length += utf8.RuneCountInString(s.Text)
	}
	return b.Kind == bot.Paragraph && length <= lineLength
}

func layBlock(r *rich, b bot.Block) {
	from := len(r.units)
	switch b.Kind {
	case bot.ListItem:
		r.add("• ", nil, "")
		r.spans(b.Spans)
	case bot.Heading:
		r.spans(b.Spans)
		r.mark(from, len(r.units), []string{"bold"}, "")
	case bot.Quote:
		r.spans(b.Spans)
		r.mark(from, len(r.units), []string{"blockquote"}, "")
	case bot.Paragraph:
		r.spans(b.Spans)
	}
}

// footer joins the footer and the time. Telegram cannot show a time in the
// reader's zone, so it is the outlets' one.
func (a *Adapter) footer(text string, t time.Time) string {
	if t.IsZero() {
		return text
	}
	stamp := t.In(a.zone).Format("02.01.2006, 15:04")
	if text == "" {
		return stamp
	}
	return text + " · " + stamp
}

// keyboard is the message's buttons, or nil. Buttons that Telegram would refuse
// are left out: one bad button would cost the whole message.
func (a *Adapter) keyboard(rows [][]bot.Button) *inlineKeyboard {
	var k inlineKeyboard
	count := 0
	for _, row := range rows {
		var line []inlineButton
		for _, b := range row {
			button, ok := a.button(b)
			if !ok || count == maxButtons {
				continue
			}
			if len(line) == maxRow {
				k.Rows, line = append(k.Rows, line), nil
			}
			line = append(line, button)
			count++
		}
		if len(line) > 0 {
			k.Rows = append(k.Rows, line)
		}
	}
	if count == 0 {
		return nil
	}
	return &k
}

func (a *Adapter) button(b bot.Button) (inlineButton, bool) {
	var label rich
	label.add(strings.ReplaceAll(b.Label, "\n", " "), nil, "")
	label.finish()
	label = label.shorten(maxLabel)
	out := inlineButton{Text: label.text()}
	switch {
	case out.Text == "":
		return out, false
	case b.Action != "":
		if len(b.Action) > maxCallback {
			a.log.Error("button_left_out", "reason", "action exceeds 64 bytes", "bytes", len(b.Action))
			return out, false
		}
		out.Data = string(b.Action)
	default:
		out.URL = webLink(b.Link)
		if out.URL == "" {
			return out, false
		}
	}
	switch b.Kind {
	case bot.ButtonPrimary:
		out.Style = "primary"
	case bot.ButtonDanger:
		out.Style = "danger"
	case bot.ButtonPlain:
	}
	return out, true
}

// inlineKeyboard and inlineButton are the library's types with the field that
// it lacks: the button's style (Bot API 9.4).
type inlineKeyboard struct {
	Rows [][]inlineButton `json:"inline_keyboard"`
}

type inlineButton struct {
	Text  string `json:"text"`
	Data  string `json:"callback_data,omitempty"`
	URL   string `json:"url,omitempty"`
	Style string `json:"style,omitempty"`
}

// fingerprint is equal for equal content.
func fingerprint(r rich, k *inlineKeyboard, picture string) uint64 {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(struct {
		Text     string
		Entities []tgbotapi.MessageEntity
		Keyboard *inlineKeyboard
		Picture  string
	}{r.text(), r.entities, k, picture})
	return h.Sum64()
}
