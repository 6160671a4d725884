package discord

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	look := newInspection(a, me.ID)
	for _, chat := range chats {
		if chat.Platform == Platform {
			out = append(out, a.checkChat(ctx, look, chat))
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

// checkChat looks at one subscribed channel.
func (a *Adapter) checkChat(ctx context.Context, look *inspection, chat bot.ChatRef) bot.Finding {
	f := bot.Finding{What: channelWhat(chat)}
	id := home(chat)
	c, err := a.channels.get(ctx, id)
	if err != nil {
		f.Means, f.Do = channelTrouble(err)
		return f
	}
	if c.Type == channelDM || c.Type == channelGroupDM {
		f.OK, f.Means = true, "A direct message."
		return f
	}
	have, _, err := look.standingIn(ctx, c)
	if err != nil {
		f.Means, f.Do = channelTrouble(err)
		return f
	}
	if lack := missing(have, c.Type, "en"); len(lack) > 0 {
		f.Means = "In #" + c.Name + " the bot lacks: " + strings.Join(lack, ", ") + "."
		f.Do = "Grant it in the channel's settings (Permissions) or in the bot's role."
	} else {
		f.OK, f.Means = true, "The bot may write in #"+c.Name+"."
	}
	return f
}

// CheckRoles looks whether the chosen roles can be pinged: everybody may mention
// them, or the bot may mention all.
func (a *Adapter) CheckRoles(ctx context.Context, uses []bot.RoleUse) []bot.Finding {
	me, err := a.selfID(ctx)
	if err != nil {
		return []bot.Finding{{What: "Discord: roles", Means: "The roles could not be examined: " + err.Error() + ".", Do: "Try again later."}}
	}
	look := newInspection(a, me)
	var out []bot.Finding
	for _, use := range uses {
		if use.Chat.Platform == Platform {
			out = append(out, a.checkRole(ctx, look, use))
		}
	}
	return out
}

func (a *Adapter) checkRole(ctx context.Context, look *inspection, use bot.RoleUse) bot.Finding {
	f := bot.Finding{What: channelWhat(use.Chat) + ", role " + use.Role}
	c, err := a.channels.get(ctx, home(use.Chat))
	if err != nil {
		f.Means, f.Do = channelTrouble(err)
		return f
	}
	have, roles, err := look.standingIn(ctx, c)
	if err != nil {
		f.Means, f.Do = channelTrouble(err)
		return f
	}
	i := slices.IndexFunc(roles, func(r role) bool { return r.ID == use.Role })
	switch {
	case i < 0:
		f.Means, f.Do = "The server has no such role any more.", "Subscribe again in #"+c.Name+" with another role."
	case roles[i].Mentionable, have.has(permMentionEveryone):
		f.OK, f.Means = true, "@"+roles[i].Name+" can be pinged in #"+c.Name+"."
	default:
		f.Means = "@" + roles[i].Name + " is named in #" + c.Name + ", but not pinged."
		f.Do = "In the role's settings, switch on “Allow anyone to @mention this role”, or give the bot “Mention @everyone, @here, and All Roles” there."
	}
	return f
}

func channelWhat(chat bot.ChatRef) string {
	return "Discord: channel " + strings.TrimPrefix(chat.String(), string(Platform)+":")
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
	have, _, err := newInspection(a, me).standingIn(ctx, c)
	return have, c.Type, err
}

// inspection remembers what decides about permissions while many channels are
// looked at. One goroutine uses it.
type inspection struct {
	adapter *Adapter
	me      string // the bot's user
	roles   map[string][]role
	mine    map[string][]string // the bot's roles
}

func newInspection(a *Adapter, me string) *inspection {
	return &inspection{adapter: a, me: me, roles: map[string][]role{}, mine: map[string][]string{}}
}

// standingIn is what the bot may do in c, and the roles of c's server.
func (l *inspection) standingIn(ctx context.Context, c channel) (permission, []role, error) {
	if err := l.visit(ctx, c.GuildID); err != nil {
		return 0, nil, err
	}
	over := c.Overwrites
	if isThread(c.Type) && c.ParentID != "" { // a thread has its parent's
		parent, err := l.adapter.channels.get(ctx, c.ParentID)
		if err != nil {
			return 0, nil, err
		}
		over = parent.Overwrites
	}
	roles := l.roles[c.GuildID]
	return standing(c.GuildID, l.me, l.mine[c.GuildID], roles, over), roles, nil
}

// visit asks once for a server's roles and for the bot's own.
func (l *inspection) visit(ctx context.Context, guild string) error {
	if _, known := l.roles[guild]; known {
		return nil
	}
	var roles []role
	if err := l.adapter.sender.get(ctx, "guilds/"+guild+"/roles", &roles); err != nil {
		return err
	}
	var self member
	if err := l.adapter.sender.get(ctx, "guilds/"+guild+"/members/"+l.me, &self); err != nil {
		return err
	}
	l.roles[guild], l.mine[guild] = roles, self.Roles
	return nil
}
