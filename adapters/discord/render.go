package discord

import (
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"karussell/bot"
)

// Sizes of Discord's messages, in characters.
const (
	maxContent     = 2000
	maxTitle       = 256
	maxDescription = 4096
	maxFields      = 25
	maxFieldName   = 256
	maxFieldValue  = 1024
	maxFooter      = 2048
	maxEmbeds      = 6000 // over all embeds of a message
	maxParts       = 3    // embeds that one text may fill
	footerShare    = 512  // what a footer may take of maxEmbeds
	fieldShare     = 2500 // what fields may take when the text is long
)

// face is how a message looks, without buttons.
type face struct {
	content string
	embeds  []*discordgo.MessageEmbed
	flags   int
}

// render shows short plain answers as text and everything else as embeds.
func render(m bot.Message) face {
	if isPlain(m) {
		if text, whole := markdown(m.Blocks, maxContent); whole && strings.TrimSpace(text) != "" {
			return face{content: text, flags: flagSuppressEmbeds, embeds: []*discordgo.MessageEmbed{}}
		}
	}
	return face{embeds: embeds(m)}
}

func isPlain(m bot.Message) bool {
	return m.Title == "" && m.Tone == bot.ToneNeutral && m.Footer == "" && m.Picture == nil &&
		len(m.Fields) == 0 && m.Time.IsZero() && len(m.Blocks) > 0 && len(m.Blocks) <= 4
}

func embeds(m bot.Message) []*discordgo.MessageEmbed {
	colour, word := tone(m.Tone, m.Language)
	first := &discordgo.MessageEmbed{Color: colour, Title: escaped(m.Title, maxTitle), Type: discordgo.EmbedTypeRich}
	left := maxEmbeds - length(first.Title)
	if word != "" {
		first.Author = &discordgo.MessageEmbedAuthor{Name: word}
		left -= length(word)
	}
	if first.Title != "" {
		first.URL = safeLink(m.Link, maxLink)
	}
	last := &discordgo.MessageEmbed{}
	if footer := cut(m.Footer, footerShare); footer != "" {
		last.Footer = &discordgo.MessageEmbedFooter{Text: footer}
		left -= length(footer)
	}
	fieldRoom := max(fieldShare, left-roughSize(m.Blocks))
	last.Fields = fields(m.Fields, min(fieldRoom, left))
	for _, f := range last.Fields {
		left -= length(f.Name) + length(f.Value)
	}
	parts := texts(m.Blocks, left)
	if len(parts) == 0 && first.Title == "" && len(last.Fields) == 0 && m.Picture == nil {
		parts = []string{"…"} // Discord refuses an empty message
	}
	out := []*discordgo.MessageEmbed{first}
	for i, text := range parts {
		if i > 0 {
			out = append(out, &discordgo.MessageEmbed{Color: colour, Type: discordgo.EmbedTypeRich})
		}
		out[len(out)-1].Description = text
	}
	end := out[len(out)-1]
	end.Footer, end.Fields = last.Footer, last.Fields
	finish(end, m)
	return out
}

// finish adds what takes no characters.
func finish(end *discordgo.MessageEmbed, m bot.Message) {
	if !m.Time.IsZero() {
		end.Timestamp = m.Time.UTC().Format(time.RFC3339) // the client shows it in its own zone
	}
	if m.Picture != nil {
		end.Image = &discordgo.MessageEmbedImage{URL: "attachment://" + fileName(m.Picture)}
	}
}

// tone is a colour and, because nobody should need to see colours, a symbol
// with a word.
func tone(t bot.Tone, language string) (colour int, word string) {
	german := !strings.HasPrefix(language, "en")
	say := func(de, en string) string {
		if german {
			return de
		}
		return en
	}
	switch t {
	case bot.ToneOfficial:
		return 0x2E8B57, "✅ " + say("Offiziell", "Official")
	case bot.ToneLikely:
		return 0xD9A400, "🔶 " + say("Wahrscheinlich", "Likely")
	case bot.ToneRumour:
		return 0x8E6BBF, "💬 " + say("Gerücht", "Rumour")
	case bot.ToneOff:
		return 0x747F8D, "🚫 " + say("Vom Tisch", "Off the table")
	case bot.ToneProblem:
		return 0xC0392B, "⚠️ " + say("Hinweis", "Please note")
	case bot.ToneNeutral:
	}
	return 0x3B6EA5, ""
}

// fields renders what fits into room; the last one that does not is dropped,
// never shown without its value.
func fields(in []bot.Field, room int) []*discordgo.MessageEmbedField {
	var out []*discordgo.MessageEmbedField
	for _, f := range in {
		if len(out) == maxFields {
			break
		}
		name := escaped(f.Label, maxFieldName)
		if name == "" {
			name = "\u200B"
		}
		value, _ := spans(f.Value, min(maxFieldValue, room-length(name)), "")
		if strings.TrimSpace(value) == "" {
			value = "–"
		}
		if room -= length(name) + length(value); room < 0 {
			break
		}
		out = append(out, &discordgo.MessageEmbedField{Name: name, Value: value, Inline: f.Inline})
	}
	return out
}

// texts splits the blocks over embeds, between blocks where possible.
func texts(blocks []bot.Block, room int) []string {
	var out []string
	for len(blocks) > 0 && len(out) < maxParts && room > 1 {
		n := fitting(blocks, min(maxDescription, room))
		if n == 0 || len(out) == maxParts-1 {
			text, _ := markdown(blocks, min(maxDescription, room))
			return appendText(out, text)
		}
		text, _ := markdown(blocks[:n], min(maxDescription, room))
		out = appendText(out, text)
		room -= length(text)
		blocks = blocks[n:]
	}
	return out
}

func appendText(out []string, text string) []string {
	if strings.TrimSpace(text) == "" {
		return out
	}
	return append(out, text)
}

// fitting is how many blocks fit into room whole.
func fitting(blocks []bot.Block, room int) int {
	if _, whole := markdown(blocks, room); whole {
		return len(blocks)
	}
	n := 0
	for n < len(blocks) {
		if _, whole := markdown(blocks[:n+1], room); !whole {
			break
		}
		n++
	}
	return n
}

// roughSize is about what the blocks take, for sharing room with the fields.
func roughSize(blocks []bot.Block) int {
	n := 0
	for _, b := range blocks {
		n += 4
		for _, s := range b.Spans {
			n += length(s.Text) + len(s.Link) + 8
		}
	}
	return n + n/10
}

// markdown renders blocks into at most room characters; whole is false when
// something is missing, and an ellipsis says so.
func markdown(blocks []bot.Block, room int) (text string, whole bool) {
	var b strings.Builder
	var before bot.BlockKind
	for i, block := range blocks {
		open, prefix := "", ""
		switch block.Kind {
		case bot.Quote:
			open, prefix = "> ", "> "
		case bot.ListItem:
			open, prefix = "- ", "  "
		case bot.Heading, bot.Paragraph:
		}
		if i > 0 {
			open = gap(before, block.Kind) + open
		}
		before = block.Kind
		if room < length(open)+1 {
			return b.String(), false
		}
		in := block.Spans
		if block.Kind == bot.Heading {
			in = bold(in)
		}
		line, ok := spans(in, room-length(open), prefix)
		b.WriteString(open)
		b.WriteString(line)
		room -= length(open) + length(line)
		if !ok {
			return b.String(), false
		}
	}
	return b.String(), true
}

// gap keeps paragraphs apart and lists together.
func gap(before, after bot.BlockKind) string {
	if before == after && (after == bot.ListItem || after == bot.Quote) || before == bot.Heading {
		return "\n"
	}
	return "\n\n"
}

func bold(in []bot.TextSpan) []bot.TextSpan {
	out := make([]bot.TextSpan, len(in))
	for i, s := range in {
		if s.Style == bot.Plain {
			s.Style = bot.Bold
		}
		out[i] = s
	}
	return out
}
