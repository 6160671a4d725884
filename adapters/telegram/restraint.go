package telegram

import (
	"errors"
	"strings"
	"sync"
	"time"

	"karussell/bot"
)

// restraint keeps what Telegram said about waiting, for alerts and answers
// alike: a chat that must wait is not asked again before its time, whoever wants
// to write there. Telegram does not say whether it limits the chat or the whole
// bot; many chats limited one after the other with no success between them mean
// the bot, which then asks only now and then whether it is over. Safe for
// concurrent use.
type restraint struct {
	mu      sync.Mutex
	chats   map[string]time.Time // until when
	inRow   map[string]struct{}  // chats limited since the last success
	all     time.Time            // until when nobody is asked
	sweepAt int
}

const (
	crowd     = 16               // chats in a row that mean the whole bot
	probing   = 15 * time.Second // at most, between two looks whether a limit of the whole bot is over
	leastHeld = 1024             // chats from which on the past ones are forgotten
)

func newRestraint() *restraint {
	return &restraint{chats: map[string]time.Time{}, inRow: map[string]struct{}{}, sweepAt: leastHeld}
}

// restrained says how the caller must wait instead of writing to chat; nil: it
// need not.
func (r *restraint) restrained(chat string, now time.Time) *bot.SendError {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := r.chats[chat].Sub(now); wait > 0 {
		return &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait, Err: errors.New("telegram: the chat has to wait")}
	}
	if wait := r.all.Sub(now); wait > 0 {
		return &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait, Global: true, Err: errors.New("telegram: the bot has to wait")}
	}
	return nil
}

// limited notes that Telegram made a chat wait.
func (r *restraint) limited(chat string, wait time.Duration, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	if until := now.Add(wait); until.After(r.chats[chat]) {
		r.chats[chat] = until
	}
	if len(r.inRow) < crowd {
		r.inRow[chat] = struct{}{}
	}
	if len(r.inRow) >= crowd {
		// A part of the wait only: should it be the chats after all, those that are
		// not limited get their turn while the limited ones still wait.
		r.all = now.Add(min(wait/4, probing))
	}
}

// passed notes that Telegram took a message.
func (r *restraint) passed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.inRow)
	r.all = time.Time{}
}

// sweep forgets what is over, now and then. The caller holds mu.
func (r *restraint) sweep(now time.Time) {
	if len(r.chats) < r.sweepAt {
		return
	}
	for chat, until := range r.chats {
		if !until.After(now) {
			delete(r.chats, chat)
		}
	}
	r.sweepAt = max(leastHeld, 2*len(r.chats))
}

// writes reports whether a method puts something into a chat: those calls are
// what Telegram limits by chat.
func writes(method string) bool {
	return strings.HasPrefix(method, "send") || strings.HasPrefix(method, "edit")
}
