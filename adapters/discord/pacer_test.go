package discord_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"karussell/adapters/discord"
	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

// pacer notes who asked for a place.
type pacer struct {
	mu    sync.Mutex
	asked []bot.ChatRef
	held  []bot.ChatRef
}

func (p *pacer) Answer(_ context.Context, to bot.ChatRef) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, to)
	return nil
}

func (p *pacer) Limited(to bot.ChatRef, e *bot.SendError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind == bot.SendLimited && e.RetryAfter > 0 && e.RetryAfter <= 5*time.Second && !e.Global {
		p.held = append(p.held, to)
	}
}

func (p *pacer) places() []bot.ChatRef {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// TestLookUpsTakePlacesBesideTheAlerts: what counts towards the global limit
// besides alerts takes a place; the answers to interactions, which Discord
// exempts, do not wait for one, not even after a deferral.
func TestLookUpsTakePlacesBesideTheAlerts(t *testing.T) {
	t.Parallel()
	p := &pacer{}
	st := play(t, discordtest.Options{}, func(o *discord.Options) { o.Pacer = p })
	start := p.places() // the commands were published
	if len(start) == 0 {
		t.Error("publishing the commands took no place")
	}
	for _, ref := range start {
		if ref != (bot.ChatRef{Platform: discord.Platform}) {
			t.Errorf("a place of %s", ref)
		}
	}
	st.server.Slash(st.channel, manager(), "slow", nil).Settle()
	if got := p.places(); len(got) != len(start) {
		t.Errorf("an interaction's answer took places: %v", got[len(start):])
	}
}

// TestEmptyBucketIsNotTried: the fifth message in five seconds succeeds, and the
// pacer hears that the chat must rest before a sixth is refused.
func TestEmptyBucketIsNotTried(t *testing.T) {
	t.Parallel()
	p := &pacer{}
	st := desk(t, discordtest.Options{Limits: true}, func(o *discord.Options) { o.Pacer = p })
	for i := range 5 {
		m := alert()
		m.Nonce = string(rune('a' + i))
		if len(p.held) > 0 {
			t.Fatalf("held after %d messages", i)
		}
		mustSend(t, st, st.chat(), m)
	}
	if !slices.Equal(p.held, []bot.ChatRef{st.chat()}) {
		t.Errorf("held %v", p.held)
	}
}
