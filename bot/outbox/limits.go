package outbox

import "karussell/bot"

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
