package outbox

import (
	"strings"
	"time"

	"karussell/bot"
)

// Grouping is a Platform that can tell groups from other chats by their
// address, for Limits.PerGroup. Of others a chat counts as a group when its id
// begins with a hyphen, as Telegram's do.
type Grouping interface{ IsGroup(ref bot.ChatRef) bool }

// DefaultLimits are safe for a platform that does not state its own. Sources:
// Telegram's bot FAQ (about 30 messages a second in all, one a second in a chat,
// 20 a minute in a group), Discord's rate limit documentation (50 requests a
// second; 5 messages in 5 seconds and channel is what it enforces).
func DefaultLimits(name bot.PlatformName) bot.Limits {
	switch name {
	case "telegram":
		return bot.Limits{Global: 28, Burst: 1, PerChat: 1, ChatBurst: 1, PerGroup: 20.0 / 60, Concurrent: 32, EditsCount: true}
	case "discord":
		// 0.8 a second without a burst is 5 in every 5 seconds.
		return bot.Limits{Global: 45, Burst: 1, PerChat: 0.8, ChatBurst: 1, Concurrent: 32, EditsCount: true}
	}
	return bot.Limits{Global: 20, Burst: 1, PerChat: 1, ChatBurst: 1, Concurrent: 8, EditsCount: true}
}

func limitsOf(p bot.Platform) bot.Limits {
	l := DefaultLimits(p.Name())
	if own, ok := p.(bot.Limited); ok {
		l = own.Limits()
	}
	if l.Concurrent <= 0 {
		l.Concurrent = 8
	}
	return l
}

// rhythm is the pace of one sort of chat.
type rhythm struct{ every, slack time.Duration }

func rhythmOf(perSecond float64, burst int) rhythm {
	if perSecond <= 0 {
		return rhythm{}
	}
	every := time.Duration(float64(time.Second) / perSecond)
	return rhythm{every: every, slack: time.Duration(max(burst-1, 0)) * every}
}

// chatPace is what is remembered about a chat while it matters.
type chatPace struct {
	next      time.Time // theoretical time of the next message
	until     time.Time // limited, or backing off: all of its deliveries wait
	forbidden int       // clear refusals in a row
}

// ready is when the chat may get its next message.
func (c *chatPace) ready(r rhythm, now time.Time) time.Time {
	at := c.next.Add(-r.slack)
	if c.until.After(at) {
		at = c.until
	}
	if at.Before(now) {
		return now
	}
	return at
}

func (c *chatPace) sent(r rhythm, now time.Time) {
	if earliest := now.Add(-r.slack); c.next.Before(earliest) {
		c.next = earliest
	}
	c.next = c.next.Add(r.every)
}

// idle reports that nothing about the chat matters any more.
func (c *chatPace) idle(now time.Time) bool {
	return c.forbidden == 0 && !c.next.After(now) && !c.until.After(now)
}

func isGroup(p bot.Platform) func(bot.ChatRef) bool {
	if g, ok := p.(Grouping); ok {
		return g.IsGroup
	}
	return func(ref bot.ChatRef) bool { return strings.HasPrefix(ref.Chat, "-") }
}
