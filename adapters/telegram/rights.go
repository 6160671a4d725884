package telegram

import (
	"context"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// rightsLast is how long an answer of getChatMember counts: short, because
// nobody tells a bot without rights about changes.
const rightsLast = time.Minute

// rights knows who may manage a chat.
type rights struct {
	adapter *Adapter
	known   *recent[string, verdict]
}

type verdict struct {
	manages bool
	until   time.Time
}

func newRights(a *Adapter) *rights {
	return &rights{adapter: a, known: newRecent[string, verdict](4096)}
}

// manages reports whether the author of m may change the chat's subscriptions:
// everybody in private, whoever posts in a channel, administrators in groups,
// anonymous ones too.
func (r *rights) manages(ctx context.Context, m *message) bool {
	switch m.Chat.kind() {
	case bot.PrivateChat, bot.ChannelChat:
		return true
	case bot.GroupChat:
	}
	if m.SenderChat != nil {
		return m.SenderChat.ID == m.Chat.ID // written in the group's own name
	}
	return m.From != nil && r.isAdmin(ctx, m.Chat.ID, m.From.ID)
}

func (r *rights) isAdmin(ctx context.Context, chat, user int64) bool {
	key := lane64(chat) + "/" + lane64(user)
	now := time.Now()
	if v, ok := r.known.get(key); ok && now.Before(v.until) {
		return v.manages
	}
	var m member
	p := tgbotapi.Params{"chat_id": strconv.FormatInt(chat, 10), "user_id": strconv.FormatInt(user, 10)}
	if err := r.adapter.wire.result(ctx, "getChatMember", p, &m); err != nil {
		r.adapter.log.WarnContext(ctx, "rights_not_examined", "error", err)
		return false
	}
	v := verdict{manages: m.Status == "creator" || m.Status == "administrator", until: now.Add(rightsLast)}
	r.known.put(key, v)
	return v.manages
}
