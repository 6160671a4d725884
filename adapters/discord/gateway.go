package discord

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"karussell/bot"
)

// Waits between attempts to reach Discord.
const (
	firstBackoff = time.Second
	maxBackoff   = 2 * time.Minute
)

// fatalClose are the close codes after which Discord forbids to come back
// ("Gateway Close Event Codes"), each with what the operator can do.
//
//nolint:gochecknoglobals // a constant table
var fatalClose = map[int]string{
	4004: "Discord does not know the bot token any more: create a new one in the developer portal and set it",
	4010: "Discord refuses the shard id: check the configured shards",
	4011: "Discord demands more shards: remove the configured shard count or raise it",
	4012: "Discord no longer speaks this version of the gateway: update Karussell",
	4013: "Discord refuses the intents as invalid: update Karussell",
	4014: "Discord does not allow the requested intents for this bot: Karussell needs the Guilds intent only",
}

// ErrUnusable is wrapped by every error of Run: retrying is pointless until
// somebody changes something.
var ErrUnusable = errors.New("discord cannot be used")

// Run connects, publishes the commands and answers until ctx ends. It returns
// nil then, after everything it started has stopped, and an error that wraps
// ErrUnusable when Discord refuses the bot for good.
func (a *Adapter) Run(ctx context.Context, r bot.Responder) error {
	if !a.running.CompareAndSwap(false, true) {
		return errors.New("discord: Run is running already")
	}
	defer a.running.Store(false)
	info, err := a.discover(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	count, ids := a.opt.Shards.Count, a.opt.Shards.IDs
	if count == 0 {
		count = max(info.Shards, 1)
	}
	if len(ids) == 0 {
		for id := range count {
			ids = append(ids, id)
		}
	}
	a.log.InfoContext(ctx, "discord gateway found", "shards", count, "own_shards", len(ids), "recommended", info.Shards)
	v := newVisit(ctx, a, r, ids, len(ids) == count)
	defer v.leave()
	return a.runShards(ctx, v, info, count, ids)
}

// runShards runs all shards; the first that may not come back ends the others.
func (a *Adapter) runShards(ctx context.Context, v *visit, info gatewayInfo, count int, ids []int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	gate := newTurnstile(info, a.opt.Notebook)
	gateway, err := gatewayAddress(info.URL, a.sender.api.version(), a.sender.api.endpoint)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	errs := make(chan error, len(ids))
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			s := &shard{adapter: a, visit: v, gate: gate, gateway: gateway, id: id, count: count}
			if err := s.run(ctx); err != nil {
				errs <- err
				cancel()
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// discover asks for the gateway until Discord answers or ctx ends.
func (a *Adapter) discover(ctx context.Context) (gatewayInfo, error) {
	wait := firstBackoff
	for {
		info, err := a.askGateway(ctx)
		if err == nil || ctx.Err() != nil {
			return info, nil //nolint:nilerr // the end of ctx is no error of Run
		}
		r, refused := errors.AsType[*refusal](err)
		if refused && r.kind == bot.SendRevoked {
			return info, fmt.Errorf("%w: %s", ErrUnusable, fatalClose[4004])
		}
		a.log.WarnContext(ctx, "discord does not answer", "error", err, "wait", wait)
		pause := wait
		if refused && r.retryAfter > pause {
			pause = r.retryAfter
		}
		if !rest(ctx, pause) {
			return info, nil
		}
		wait = longer(wait)
	}
}

func longer(d time.Duration) time.Duration {
	d = min(2*d, maxBackoff)
	return d - time.Duration(rand.Int64N(int64(d/5))) //nolint:gosec // spreads reconnections, keeps no secret
}

// shard is one connection to the gateway, over all its reconnections.
type shard struct {
	adapter   *Adapter
	visit     *visit
	gate      *turnstile
	gateway   *url.URL
	id, count int
}

// run keeps the shard connected. It returns nil when ctx ends.
func (s *shard) run(ctx context.Context) error {
	a := s.adapter
	var l *line
	wait := firstBackoff
	for ctx.Err() == nil {
		if l == nil {
			if !s.gate.pass(ctx, s.id) {
				return nil
			}
			var err error
			if l, err = newLine(ctx, a.opt.Token, s.gateway, s.id, s.count, s.visit.events(s.id)); err != nil {
				return err
			}
		}
		end := l.connect(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is no error of Run
		}
		a.meter.Count("discord_disconnects_total", 1, "cause", end.cause())
		a.log.InfoContext(ctx, "discord connection ended", "shard", s.id, "cause", end.cause(), "code", end.code, "resumable", end.canResume())
		if do, fatal := fatalClose[end.code]; fatal {
			return fmt.Errorf("%w: %s (close code %d)", ErrUnusable, do, end.code)
		}
		if !end.canResume() {
			l = nil
		}
		if !rest(ctx, s.pause(end, &wait)) {
			return nil
		}
	}
	return nil
}

// pause is how long to stay away: as Discord asks after an invalid session, not
// at all when it sent us away, longer and longer when nobody answers.
func (s *shard) pause(end ending, wait *time.Duration) time.Duration {
	switch {
	case end.invalid:
		return time.Second + time.Duration(rand.Int64N(int64(4*time.Second))) //nolint:gosec // Discord wants a random wait of 1 to 5 s
	case end.started:
		*wait = firstBackoff
		return 0
	default:
		pause := *wait
		*wait = longer(*wait)
		return pause
	}
}

// canResume says whether Discord keeps the session for us. Codes 4007 (bad
// sequence), 4009 (timed out), 1000 and 1001 end it.
func (e ending) canResume() bool {
	switch e.code {
	case 4003, 4005, 4007, 4009, 1000, 1001:
		return false
	}
	return e.resumable
}

// cause is a word from a small set, for counting.
func (e ending) cause() string {
	switch {
	case e.reconnect:
		return "asked"
	case e.invalid:
		return "invalid_session"
	case e.code != 0:
		return "closed"
	case e.silent:
		return "silent"
	case !e.started:
		return "refused"
	}
	return "broken"
}
