package discord

import (
	"strings"

	"github.com/bwmarrin/discordgo"

	"karussell/bot"
)

// Sizes of modals.
const (
	maxModalTitle = 45
	maxInputs     = 5
	maxInputLabel = 45
	maxInputHint  = 100
	maxInputText  = 4000
)

// modal is a form as Discord opens it.
type modal struct {
	CustomID   string                       `json:"custom_id"`
	Title      string                       `json:"title"`
	Components []discordgo.MessageComponent `json:"components"`
}

// newModal renders f; ok is false when its action does not fit or it has no
// usable input.
func newModal(f *bot.Form) (m modal, ok bool) {
	id, ok := customID(idForm, 0, f.Action)
	if !ok {
		return modal{}, false
	}
	m = modal{CustomID: id, Title: cut(f.Title, maxModalTitle)}
	if m.Title == "" {
		m.Title = "Karussell"
	}
	for _, in := range f.Inputs {
		if len(m.Components) == maxInputs || in.Name == "" || length(in.Name) > maxCustomID {
			continue
		}
		m.Components = append(m.Components, discordgo.ActionsRow{Components: []discordgo.MessageComponent{textInput(in)}})
	}
	return m, len(m.Components) > 0
}

func textInput(in bot.Input) discordgo.TextInput {
	limit := in.Max
	if limit <= 0 || limit > maxInputText {
		limit = maxInputText
	}
	style := discordgo.TextInputShort
	if in.Long {
		style = discordgo.TextInputParagraph
	}
	label := cut(in.Label, maxInputLabel)
	if label == "" {
		label = cut(in.Name, maxInputLabel)
	}
	return discordgo.TextInput{
		CustomID:    in.Name,
		Label:       label,
		Style:       style,
		Placeholder: cut(in.Hint, maxInputHint),
		Value:       clipped(in.Value, limit),
		Required:    in.Required,
		MaxLength:   limit,
	}
}

// clipped keeps line breaks: the text stands in a field for editing.
func clipped(s string, limit int) string {
	w := newInk(limit)
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if !unseen(r) && !w.put(string(r)) {
			break
		}
	}
	return w.b.String()
}
