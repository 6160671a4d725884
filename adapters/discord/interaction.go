package discord

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"karussell/bot"
)

// Kinds of interactions.
const (
	interactionCommand   = 2
	interactionComponent = 3
	interactionComplete  = 4
	interactionModal     = 5
)

// interaction is what this package reads of an interaction. The library's own
// type fails as a whole on components that it does not know.
type interaction struct {
	ID          string                     `json:"id"`
	App         string                     `json:"application_id"`
	Type        int                        `json:"type"`
	Data        interactionData            `json:"data"`
	GuildID     string                     `json:"guild_id"`
	Guild       *heldGuild                 `json:"guild"`
	ChannelID   string                     `json:"channel_id"`
	Channel     *channel                   `json:"channel"`
	Message     *heldMessage               `json:"message"`
	AppMay      *permission                `json:"app_permissions"`
	Member      *asker                     `json:"member"`
	User        *user                      `json:"user"`
	Locale      string                     `json:"locale"`
	GuildLocale string                     `json:"guild_locale"`
	Context     *int                       `json:"context"`
	Owners      map[string]json.RawMessage `json:"authorizing_integration_owners"`
	Token       string                     `json:"token"`
}

type heldGuild struct {
	ID string `json:"id"`
}

// asker is the member who uses the bot, with what they may do in the channel.
type asker struct {
	User        user        `json:"user"`
	Permissions *permission `json:"permissions"`
}

// readInteraction reads what Discord sent; ok is false when it cannot be
// answered. Ids that stand in a nested object only are taken from there.
func readInteraction(raw []byte) (in *interaction, ok bool) {
	in = &interaction{}
	if json.Unmarshal(raw, in) != nil || in.ID == "" || in.Token == "" {
		return nil, false
	}
	if in.GuildID == "" && in.Guild != nil {
		in.GuildID = in.Guild.ID
	}
	if in.ChannelID == "" && in.Channel != nil {
		in.ChannelID = in.Channel.ID
	}
	if in.ChannelID == "" && in.Message != nil {
		in.ChannelID = in.Message.ChannelID
	}
	return in, true
}

type interactionData struct {
	Name       string           `json:"name"`
	Options    []sentOption     `json:"options"`
	CustomID   string           `json:"custom_id"`
	Values     []string         `json:"values"`
	Components []sentComponent  `json:"components"`
	Resolved   resolvedEntities `json:"resolved"`
}

type sentOption struct {
	Name    string          `json:"name"`
	Type    int             `json:"type"`
	Value   json.RawMessage `json:"value"`
	Focused bool            `json:"focused"`
	Options []sentOption    `json:"options"`
}

// sentComponent is a field of a sent form: in a row (the old way) or in a label
// (the new one).
type sentComponent struct {
	CustomID   string          `json:"custom_id"`
	Value      string          `json:"value"`
	Components []sentComponent `json:"components"`
	Component  *sentComponent  `json:"component"`
}

type resolvedEntities struct {
	Channels map[string]channel `json:"channels"`
}

type heldMessage struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
}

type member struct {
	Roles []string `json:"roles"`
}

type user struct {
	ID string `json:"id"`
}

// Contexts of an interaction.
const contextPrivateChannel = 2

// request is the interaction in the domain's words, without what depends on its
// kind.
func (in *interaction) request() bot.Request {
	r := bot.Request{
		Chat: chatOf(in.ChannelID, in.Channel), Kind: in.chatKind(), Parent: in.GuildID,
		User: bot.UserRef(string(Platform) + ":" + in.userID()), Language: in.Locale,
		CanManage: in.canManage(), Missing: in.missing(),
	}
	if in.Channel != nil && in.GuildID != "" {
		r.Title = in.Channel.Name
	}
	if in.Message != nil {
		channel := in.Message.ChannelID
		if channel == "" {
			channel = in.ChannelID
		}
		r.Message = spot{channel, in.Message.ID}.id()
	}
	return r
}

// chatOf is the address of a channel; a thread belongs to its parent.
func chatOf(id string, c *channel) bot.ChatRef {
	if c != nil && isThread(c.Type) && c.ParentID != "" {
		return bot.ChatRef{Platform: Platform, Chat: c.ParentID, Thread: id}
	}
	return bot.ChatRef{Platform: Platform, Chat: id}
}

func (in *interaction) userID() string {
	if in.Member != nil && in.Member.User.ID != "" {
		return in.Member.User.ID
	}
	if in.User != nil {
		return in.User.ID
	}
	return ""
}

func (in *interaction) chatKind() bot.ChatKind {
	switch {
	case in.GuildID == "":
		return bot.PrivateChat
	case in.Channel != nil && in.Channel.Type == channelAnnouncement:
		return bot.ChannelChat
	}
	return bot.GroupChat
}

// canManage: on a server whoever may manage it, elsewhere everybody. Discord
// always states a member's permissions; a server that states none has none to
// tell people apart by, and has checked the commands' default permissions.
func (in *interaction) canManage() bool {
	if in.GuildID == "" || in.Member == nil || in.Member.Permissions == nil {
		return true
	}
	return in.Member.Permissions.has(permManageGuild)
}

// missing says what the bot lacks to send alerts where the interaction came
// from.
func (in *interaction) missing() []string {
	english := strings.HasPrefix(in.Locale, "en")
	if in.elsewhere() {
		if english {
			return []string{"Membership of this place (add the bot to the server or write to it directly)"}
		}
		return []string{"Zugang zu diesem Ort (füge den Bot dem Server hinzu oder schreib ihm direkt)"}
	}
	if in.GuildID == "" || in.AppMay == nil {
		return nil
	}
	kind := channelText
	if in.Channel != nil {
		kind = in.Channel.Type
	}
	return missing(*in.AppMay, kind, in.Locale)
}

// elsewhere: a user took the bot along to a place that it is not in.
func (in *interaction) elsewhere() bool {
	if in.Context != nil && *in.Context == contextPrivateChannel {
		return true
	}
	_, onServer := in.Owners["0"]
	_, forUser := in.Owners["1"]
	return in.GuildID != "" && forUser && !onServer
}

// args are the options by name; focused is the one being typed: the last one
// where none is marked.
func (in *interaction) args() (args map[string]string, focused, query string) {
	args = map[string]string{}
	typing := slices.IndexFunc(in.Data.Options, func(o sentOption) bool { return o.Focused })
	if typing < 0 && in.Type == interactionComplete {
		typing = len(in.Data.Options) - 1
	}
	for i, o := range in.Data.Options {
		if i == typing {
			focused, query = o.Name, o.text()
			continue
		}
		args[o.Name] = o.text()
	}
	return args, focused, query
}

// text is the value as the engine reads it: ids and text as they are, switches
// "true" or "false".
func (o sentOption) text() string {
	var s string
	if json.Unmarshal(o.Value, &s) == nil {
		return s
	}
	var b bool
	if json.Unmarshal(o.Value, &b) == nil {
		return strconv.FormatBool(b)
	}
	return strings.TrimSpace(string(o.Value))
}

// values are the fields of a sent form.
func (in *interaction) values() map[string]string {
	out := map[string]string{}
	var walk func([]sentComponent, int)
	walk = func(list []sentComponent, depth int) {
		for _, c := range list {
			if c.CustomID != "" {
				out[c.CustomID] = c.Value
			}
			if depth < 3 {
				walk(c.Components, depth+1)
				if c.Component != nil {
					walk([]sentComponent{*c.Component}, depth+1)
				}
			}
		}
	}
	walk(in.Data.Components, 0)
	return out
}

// channelOption is the id of a channel that the command names, if any.
func (in *interaction) channelOption() (channel, bool) {
	for _, o := range in.Data.Options {
		if o.Type == optionChannel {
			id := o.text()
			c := in.Data.Resolved.Channels[id]
			c.ID = id
			return c, id != ""
		}
	}
	return channel{}, false
}
