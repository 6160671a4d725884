package telegram

import (
	"errors"
	"math/rand/v2"
	"time"

	"karussell/bot"
)

// pauses grow from half a second to a minute, spread by a quarter so that many
// programs do not return at once.
type pauses struct{ wait time.Duration }

const (
	firstPause = 500 * time.Millisecond
	maxPause   = time.Minute
)

func newPauses() *pauses { return &pauses{wait: firstPause} }

// next is the pause after err; Telegram's own wish counts where it has one.
func (p *pauses) next(err error) time.Duration {
	wait := p.wait
	p.wait = min(2*p.wait, maxPause)
	var e *bot.SendError
	if errors.As(err, &e) && e.RetryAfter > wait {
		return e.RetryAfter
	}
	return wait + rand.N(wait/2) - wait/4 //nolint:gosec // spreading, not secrecy
}

func (p *pauses) reset() { p.wait = firstPause }
