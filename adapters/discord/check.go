package discord

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"karussell/bot"
)

// Check examines the token, the application, the gateway and what the bot may
// do in the chats. The findings are for the operator and in English.
func (a *Adapter) Check(ctx context.Context, chats []bot.ChatRef) []bot.Finding {
	var me struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	}
	if err := a.sender.get(ctx, "users/@me", &me); err != nil {
		return []bot.Finding{tokenFinding(err)}
	}
	out := []bot.Finding{{OK: true, What: "Discord: token", Means: "Discord knows the bot as " + me.Username + "."}}
	out = append(out, a.checkApplication(ctx), a.checkGateway(ctx))
	out = append(out, bot.Finding{
		OK: true, What: "Discord: intents",
		Means: "Karussell asks for the Guilds intent only; no privileged intent is needed.",
	})
	for _, chat := range chats {
		if chat.Platform == Platform {
			out = append(out, a.checkChat(ctx, chat, me.ID)...)
		}
	}
	return out
}

func tokenFinding(err error) bot.Finding {
	f := bot.Finding{What: "Discord: token"}
	var r *refusal
	if errors.As(err, &r) && r.kind == bot.SendRevoked {
		f.Means, f.Do = "Discord does not know the token.", "Create a new token in the developer portal (Bot, Reset Token) and set it."
		return f
	}
	f.Means, f.Do = "Discord cannot be reached: "+err.Error()+".", "Check the network, a proxy and the endpoint setting."
	return f
}

// InviteLink is the address that adds the bot to a server with exactly the
// permissions it needs.
func InviteLink(application string) string {
	return "https://discord.com/oauth2/authorize?client_id=" + application +
		"&scope=bot+applications.commands&integration_type=0&permissions=" + strconv.FormatUint(uint64(permNeeded), 10)
}

func (a *Adapter) checkApplication(ctx context.Context) bot.Finding {
	f := bot.Finding{What: "Discord: invite link"}
	var app struct {
		ID     string `json:"id"`
		Public *bool  `json:"bot_public"`
	}
	if err := a.sender.get(ctx, "applications/@me", &app); err != nil || app.ID == "" {
		f.Means, f.Do = "Discord does not say which application the token belongs to.", "Try again later."
		return f
	}
	f.OK, f.Means = true, InviteLink(app.ID)
	if app.Public != nil && !*app.Public {
		f.Means += " (only you can use it: the bot is not public)"
	}
	return f
}

func (a *Adapter) checkGateway(ctx context.Context) bot.Finding {
	f := bot.Finding{What: "Discord: gateway"}
	info, err := a.askGateway(ctx)
	if err != nil {
		f.Means, f.Do = "Discord names no gateway: "+err.Error()+".", "Try again later."
		return f
	}
	f.OK = true
	f.Means = fmt.Sprintf("Discord recommends %d shard(s); %d of %d session starts are left today.", max(info.Shards, 1), info.Limit.Remaining, info.Limit.Total)
	if own := a.opt.Shards.Count; own > 0 && own < info.Shards {
		f.OK, f.Do = false, fmt.Sprintf("Raise the shard count from %d to %d, or leave it out.", own, info.Shards)
	}
	if info.Limit.Total > 0 && info.Limit.Remaining < max(info.Shards, 1) {
		f.OK, f.Do = false, "Wait until the limit is reset; do not restart the bot until then."
	}
	return f
}

// checkChat looks at one subscribed channel and at the roles that can be
// pinged there.
func (a *Adapter) checkChat(ctx context.Context, chat bot.ChatRef, me string) []bot.Finding {
	f := bot.Finding{What: "Discord: channel " + strings.TrimPrefix(chat.String(), string(Platform)+":")}
	id := home(chat)
	c, err := a.channels.get(ctx, id)
	if err != nil {
		f.Means, f.Do = channelTrouble(err)
		return []bot.Finding{f}
	}
	if c.Type == channelDM || c.Type == channelGroupDM {
		f.OK, f.Means = true, "A direct message."
		return []bot.Finding{f}
	}
	have, roles, err := a.standingIn(ctx, c, me)
	if err != nil {
		f.Means, f.Do = channelTrouble(err)
		return []bot.Finding{f}
	}
	if lack := missing(have, c.Type, "en"); len(lack) > 0 {
		f.Means = "In #" + c.Name + " the bot lacks: " + strings.Join(lack, ", ") + "."
		f.Do = "Grant it in the channel's settings (Permissions) or in the bot's role."
	} else {
		f.OK, f.Means = true, "The bot may write in #"+c.Name+"."
	}
	return []bot.Finding{f, pingFinding(f.What, have, roles, c.GuildID)}
}

func pingFinding(what string, have permission, roles []role, guild string) bot.Finding {
	f := bot.Finding{OK: true, What: what + ": roles"}
	if have.has(permMentionEveryone) {
		f.Means = "The bot can ping every role."
		return f
	}
	var can, cannot []string
	for _, r := range roles {
		switch {
		case r.ID == guild || r.Managed:
		case r.Mentionable:
			can = append(can, r.Name)
		default:
			cannot = append(cannot, r.Name)
		}
	}
	f.Means = "Roles that can be pinged: " + list(can) + "; not: " + list(cannot) + "."
	if len(cannot) > 0 {
		f.Do = "For a role that shall be pinged, switch on “Allow anyone to @mention this role”, or give the bot “Mention @everyone, @here, and All Roles”."
	}
	return f
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	const shown = 10
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}

func channelTrouble(err error) (means, do string) {
	if r, ok := errors.AsType[*refusal](err); ok {
		switch r.kind {
		case bot.SendGone:
			return "The channel no longer exists.", "Remove its subscriptions."
		case bot.SendForbidden:
			return "The bot may not see the channel.", "Add the bot to the channel (Permissions, View Channel) or invite it again."
		case bot.SendTemporary, bot.SendUnsure, bot.SendLimited, bot.SendBlocked, bot.SendMoved, bot.SendRejected, bot.SendMissing, bot.SendRevoked:
		}
	}
	return "The channel could not be examined: " + err.Error() + ".", "Try again later."
}

// may is what the bot may do in a channel, and the channel's type.
func (a *Adapter) may(ctx context.Context, guild, id string) (permission, int, error) {
	c, err := a.channels.get(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	if c.GuildID == "" {
		c.GuildID = guild
	}
	me, err := a.selfID(ctx)
	if err != nil {
		return 0, 0, err
	}
	have, _, err := a.standingIn(ctx, c, me)
	return have, c.Type, err
}

// standingIn asks for what decides about the bot's permissions in c.
func (a *Adapter) standingIn(ctx context.Context, c channel, me string) (permission, []role, error) {
	var roles []role
	if err := a.sender.get(ctx, "guilds/"+c.GuildID+"/roles", &roles); err != nil {
		return 0, nil, err
	}
	var self member
	if err := a.sender.get(ctx, "guilds/"+c.GuildID+"/members/"+me, &self); err != nil {
		return 0, nil, err
	}
	over := c.Overwrites
	if isThread(c.Type) && c.ParentID != "" { // a thread has its parent's
		parent, err := a.channels.get(ctx, c.ParentID)
		if err != nil {
			return 0, nil, err
		}
		over = parent.Overwrites
	}
	return standing(c.GuildID, me, self.Roles, roles, over), roles, nil
}
