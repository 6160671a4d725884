package telegram

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"karussell/bot"
)

// Check examines token, privacy mode, inline mode, commands, webhook, and the
// bot's rights in chats. It changes nothing.
func (a *Adapter) Check(ctx context.Context, chats []bot.ChatRef) []bot.Finding {
	var me self
	if err := a.wire.result(ctx, "getMe", nil, &me); err != nil {
		return []bot.Finding{tokenProblem(err)}
	}
	findings := []bot.Finding{
		fine("token", "accepted; the bot is @"+me.Username),
		checkPrivacy(me), checkGroups(me), checkInline(me),
		a.checkMenus(ctx), a.checkUpdates(ctx),
	}
	for _, ref := range chats {
		if ref.Platform == Name {
			findings = append(findings, a.checkChat(ctx, ref, me))
		}
	}
	return findings
}

func fine(what, means string) bot.Finding {
	return bot.Finding{OK: true, What: "Telegram: " + what, Means: means}
}

func wrong(what, means, do string) bot.Finding {
	return bot.Finding{What: "Telegram: " + what, Means: means, Do: do}
}

func tokenProblem(err error) bot.Finding {
	if sendKind(err) == bot.SendRevoked {
		return wrong("token", "Telegram does not know the token: "+err.Error(),
			"get the token from @BotFather (/mybots, API Token) and set KARUSSELL_TELEGRAM_TOKEN")
	}
	return wrong("token", "Telegram did not answer: "+err.Error(),
		"check the network and KARUSSELL_TELEGRAM_ENDPOINT")
}

func checkPrivacy(me self) bot.Finding {
	if me.ReadsAll {
		return wrong("privacy mode", "off: the bot receives every message of its groups, which it does not need",
			"turn it on at @BotFather (/setprivacy, Enable), then remove the bot from its groups and add it again")
	}
	return fine("privacy mode", "on: in groups the bot sees commands and replies to it only")
}

func checkGroups(me self) bot.Finding {
	if !me.JoinsAll {
		return wrong("groups", "the bot cannot be added to groups", "allow it at @BotFather (/setjoingroups, Enable), if you want that")
	}
	return fine("groups", "the bot can be added to groups")
}

func checkInline(me self) bot.Finding {
	if !me.HasInline {
		return wrong("inline mode", "off: @"+me.Username+" in other chats finds nothing", "turn it on at @BotFather (/setinline), if you want that")
	}
	return fine("inline mode", "on")
}

func (a *Adapter) checkMenus(ctx context.Context) bot.Finding {
	const what = "commands"
	for _, scope := range scopes {
		for _, language := range languages {
			list, err := a.readMenu(ctx, scope.name, language)
			if err != nil {
				return wrong(what, "could not be read: "+err.Error(), "try again")
			}
			if len(list) == 0 {
				return wrong(what, fmt.Sprintf("the list for %s (language %q) is empty", scope.name, language),
					"start karussell: it publishes them")
			}
		}
	}
	return fine(what, "published for private chats, groups and administrators")
}

// checkUpdates looks at the webhook from Telegram's side.
func (a *Adapter) checkUpdates(ctx context.Context) bot.Finding {
	const what = "updates"
	var info webhookInfo
	if err := a.wire.result(ctx, "getWebhookInfo", nil, &info); err != nil {
		return wrong(what, "the webhook could not be examined: "+err.Error(), "try again")
	}
	switch {
	case a.webhook == nil && info.URL != "":
		return wrong(what, "a webhook is set, but karussell is configured to poll", "start karussell: it removes the webhook")
	case a.webhook == nil:
		return fine(what, fmt.Sprintf("by polling; %d waiting", info.Pending))
	case info.URL != a.webhook.URL:
		return wrong(what, "Telegram does not have the configured webhook", "start karussell: it sets the webhook")
	case info.LastError != "" && time.Since(time.Unix(info.ErrorDate, 0)) < time.Hour:
		return wrong(what, "Telegram could not deliver lately: "+a.wire.scrub(info.LastError),
			"check that the webhook's address reaches this machine and that the certificate is valid")
	default:
		return fine(what, fmt.Sprintf("by webhook; %d waiting", info.Pending))
	}
}

// chatInfo is what getChat says.
type chatInfo struct {
	chat
	Forum       bool `json:"is_forum"`
	Permissions *struct {
		CanSend bool `json:"can_send_messages"`
	} `json:"permissions"`
}

func (a *Adapter) checkChat(ctx context.Context, ref bot.ChatRef, me self) bot.Finding {
	what := "chat " + ref.Chat
	where, err := address(bot.ChatRef{Platform: Name, Chat: ref.Chat})
	if err != nil {
		return wrong(what, "is no Telegram chat", "unsubscribe it")
	}
	var c chatInfo
	if err := a.wire.result(ctx, "getChat", where, &c); err != nil {
		return chatProblem(what, err)
	}
	if c.kind() == bot.PrivateChat {
		return fine(what, "private chat, reachable")
	}
	where["user_id"] = strconv.FormatInt(me.ID, 10)
	var m member
	if err := a.wire.result(ctx, "getChatMember", where, &m); err != nil {
		return chatProblem(what, err)
	}
	channel := c.kind() == bot.ChannelChat
	switch {
	case !m.present():
		return wrong(what, "the bot is not a member", "add it again, or unsubscribe the chat")
	case !m.writes(channel) && channel:
		return wrong(what, "the bot may not post in the channel", "make it an administrator with the right to post messages")
	case !m.writes(channel), m.Status == "member" && c.Permissions != nil && !c.Permissions.CanSend:
		return wrong(what, "the bot may not write here", "allow it to send messages, or make it an administrator")
	default:
		return fine(what, "the bot may write ("+m.Status+")")
	}
}

func chatProblem(what string, err error) bot.Finding {
	kind := sendKind(err)
	if kind == bot.SendGone || kind == bot.SendBlocked {
		return wrong(what, "does not exist any more, or the bot was removed or blocked", "add the bot again, or unsubscribe the chat")
	}
	if kind == bot.SendForbidden {
		return wrong(what, "the bot has no rights here", "give it the right to send messages")
	}
	return wrong(what, "could not be examined: "+err.Error(), "try again")
}
