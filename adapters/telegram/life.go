package telegram

import (
	"context"
	"strconv"
	"time"

	"karussell/bot"
)

// memberChanged tells the engine what the change of the bot's membership means.
// For private chats Telegram reports blocking as "kicked".
func (s *session) memberChanged(m *membership) func(context.Context) time.Duration {
	what := membershipChange(m)
	if what == "" {
		return nil
	}
	return func(ctx context.Context) time.Duration {
		s.changed(ctx, bot.ChatChange{
			Chat: m.Chat.ref(), Kind: m.Chat.kind(), Title: m.Chat.Title, What: what, User: m.From.ref(),
		})
		return 0
	}
}

func membershipChange(m *membership) bot.ChangeKind {
	was, is := m.Old.present(), m.New.present()
	channel := m.Chat.kind() == bot.ChannelChat
	could, can := m.Old.writes(channel), m.New.writes(channel)
	switch {
	case !is && was:
		return bot.ChangeRemoved
	case !is || (was && could == can):
		return ""
	case !can:
		return bot.ChangeForbidden
	case was:
		return bot.ChangeAllowed
	default:
		return bot.ChangeAdded
	}
}

func (m member) present() bool {
	switch m.Status {
	case "creator", "administrator", "member":
		return true
	case "restricted":
		return m.Member
	default: // left, kicked
		return false
	}
}

func (m member) writes(channel bool) bool {
	switch m.Status {
	case "creator":
		return true
	case "administrator":
		return !channel || m.CanPost
	case "member":
		return !channel
	case "restricted":
		return m.Member && m.CanSend
	default:
		return false
	}
}

// serviceMessage handles what Telegram itself writes into a chat; nil when m is
// an ordinary message.
func (s *session) serviceMessage(m *message) func(context.Context) time.Duration {
	change := bot.ChatChange{Chat: m.Chat.ref(), Kind: m.Chat.kind(), Title: m.Chat.Title}
	switch {
	case m.Migrated != 0:
		change.What = bot.ChangeMoved
		change.Moved = chat{ID: m.Migrated}.ref()
	case m.Closed != nil && m.Thread != 0:
		change.What = bot.ChangeForbidden
		change.Chat.Thread = strconv.Itoa(m.Thread)
	case m.Reopened != nil && m.Thread != 0:
		change.What = bot.ChangeAllowed
		change.Chat.Thread = strconv.Itoa(m.Thread)
	default:
		return nil
	}
	if m.From != nil {
		change.User = m.From.ref()
	}
	return func(ctx context.Context) time.Duration {
		s.changed(ctx, change)
		return 0
	}
}

// chatMoved and chatLost tell what the failure of an answer revealed.
func (s *session) chatMoved(ctx context.Context, from bot.ChatRef, kind bot.ChatKind, to bot.ChatRef) {
	s.changed(ctx, bot.ChatChange{Chat: bot.ChatRef{Platform: Name, Chat: from.Chat}, Kind: kind, What: bot.ChangeMoved, Moved: to})
}

func (s *session) chatLost(ctx context.Context, ref bot.ChatRef, kind bot.ChatKind, why bot.SendKind) {
	change := bot.ChatChange{Chat: ref, Kind: kind, What: bot.ChangeForbidden}
	if why == bot.SendBlocked {
		change.What = bot.ChangeRemoved
	}
	if why == bot.SendGone {
		change.What = bot.ChangeGone
	}
	s.changed(ctx, change)
}

func (s *session) changed(ctx context.Context, c bot.ChatChange) {
	s.meter.Count("telegram_chat_changes_total", 1, "change", string(c.What))
	s.responder.Changed(ctx, c)
}
