package discord

import (
	"path"
	"strings"

	"github.com/bwmarrin/discordgo"

	"karussell/bot"
)

// payload is a message as Discord takes it. The library's own struct knows no
// nonce. Allowed mentions have no omitempty: they are always said.
type payload struct {
	Content         *string                          `json:"content,omitempty"`
	Embeds          *[]*discordgo.MessageEmbed       `json:"embeds,omitempty"`
	AllowedMentions discordgo.MessageAllowedMentions `json:"allowed_mentions"`
	Components      *[]discordgo.MessageComponent    `json:"components,omitempty"`
	Flags           *int                             `json:"flags,omitempty"`
	Attachments     *[]attachment                    `json:"attachments,omitempty"`
	Reference       *reference                       `json:"message_reference,omitempty"`
	Nonce           string                           `json:"nonce,omitempty"`
	EnforceNonce    bool                             `json:"enforce_nonce,omitempty"`
}

type attachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	Description string `json:"description,omitempty"`
}

type reference struct {
	MessageID       string `json:"message_id"`
	ChannelID       string `json:"channel_id,omitempty"`
	FailIfNotExists bool   `json:"fail_if_not_exists"`
}

// Message flags.
const (
	flagSuppressEmbeds        = 1 << 2
	flagEphemeral             = 1 << 6
	flagSuppressNotifications = 1 << 12
)

// newPayload renders m for a new message.
func newPayload(m bot.Message) *payload {
	p := &payload{AllowedMentions: noMentions()}
	face := render(m)
	flags := face.flags
	if m.Silent {
		flags |= flagSuppressNotifications
	}
	if m.Private {
		flags |= flagEphemeral
	}
	if role := snowflake(m.PingRole); role != "" {
		face.content = strings.TrimSpace("<@&" + role + "> " + face.content)
		p.AllowedMentions.Roles = []string{role}
	}
	if face.content != "" {
		p.Content = &face.content
	}
	if len(face.embeds) > 0 {
		p.Embeds = &face.embeds
	}
	if c := components(m.Buttons); len(c) > 0 {
		p.Components = &c
	}
	if flags != 0 {
		p.Flags = &flags
	}
	if m.Picture != nil {
		p.Attachments = &[]attachment{attach(m.Picture)}
	}
	return p
}

// newEdit renders m over an existing message: everything is said, so that
// nothing of the former text stays. An edit pings nobody.
func newEdit(m bot.Message) *payload {
	face := render(m)
	c := components(m.Buttons)
	files := []attachment{}
	if m.Picture != nil {
		files = append(files, attach(m.Picture))
	}
	flags := face.flags & flagSuppressEmbeds
	return &payload{
		Content: &face.content, Embeds: &face.embeds, Components: &c, Attachments: &files, Flags: &flags,
		AllowedMentions: noMentions(),
	}
}

func noMentions() discordgo.MessageAllowedMentions {
	return discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}}
}

func attach(p *bot.Picture) attachment {
	return attachment{ID: "0", Filename: fileName(p), Description: cut(p.Alt, 1024)}
}

// fileName keeps letters that survive every header and address.
func fileName(p *bot.Picture) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, path.Base(strings.ReplaceAll(p.Name, `\`, "/")))
	name = strings.Trim(name, ".-")
	if len(name) > 80 {
		name = name[len(name)-80:]
	}
	if name == "" || !strings.Contains(name, ".") {
		name = "karussell.png"
	}
	return name
}

// snowflake is s when it is an id of Discord's, else empty.
func snowflake(s string) string {
	if s == "" || len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}
