package telegram_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"karussell/adapters/telegram"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

// pacer notes who asked for a place, and refuses as it is told.
type pacer struct {
	mu      sync.Mutex
	asked   []bot.ChatRef
	limited []bot.SendError
	refuse  int
}

func (p *pacer) Answer(_ context.Context, to bot.ChatRef) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, to)
	if p.refuse > 0 {
		p.refuse--
		return &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Millisecond}
	}
	return nil
}

func (p *pacer) Limited(_ bot.ChatRef, e *bot.SendError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limited = append(p.limited, *e)
}

func (p *pacer) places() []bot.ChatRef {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// TestAnswersTakePlacesBesideTheAlerts: every message that an answer sends takes
// a place of its chat; what Telegram does not count takes none; a refusal is a
// matter of waiting, and Telegram's own word is passed on.
func TestAnswersTakePlacesBesideTheAlerts(t *testing.T) {
	t.Parallel()
	p := &pacer{}
	w := open(t, func(o *telegram.Options) { o.Pacer = p })
	places(w.Server)
	notice := say("Das dürfen hier nur Admins.")
	notice.Private = true
	page := say("Seite 2")
	page.Replace = true
	replies := []bot.Message{notice, page}
	w.engine.answer = pressing(func(bot.Request) bot.Message {
		m := replies[0]
		replies = replies[1:]
		return m
	})
	w.start(t)
	w.InjectText(group, fan, "/coach x")
	w.Await(t, group, 1)
	if got := p.places(); !slices.Equal(got, []bot.ChatRef{ref(group)}) {
		t.Errorf("places of a message: %v", got)
	}
	answered(t, w, w.PressButton(t, group, fan, "A"))
	if got := p.places(); len(got) != 1 {
		t.Errorf("a notice took a place: %v", got)
	}
	answered(t, w, w.PressButton(t, group, fan, "A"))
	w.AwaitThat(t, "the edit", func() bool { return texts(w.Messages(group)) == "Seite 2" })
	if got := p.places(); len(got) != 2 {
		t.Errorf("places after an edit: %v", got)
	}
	p.mu.Lock()
	p.refuse = 1
	p.mu.Unlock()
	w.InjectText(1, 1, "/coach x")
	w.Await(t, 1, 1)
	w.Fault(telegramtest.Fault{Method: "sendMessage", Kind: telegramtest.Refuse, Code: 429, Text: "Too Many Requests: retry after 1", RetryAfter: 1})
	w.InjectText(2, 2, "/coach x")
	w.Await(t, 2, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.limited) != 1 || p.limited[0].RetryAfter != time.Second {
		t.Errorf("Telegram's word was not passed on: %+v", p.limited)
	}
	if got := p.asked[2:]; !slices.Equal(got, []bot.ChatRef{ref(1), ref(1), ref(2), ref(2)}) {
		t.Errorf("places %v", got)
	}
}
