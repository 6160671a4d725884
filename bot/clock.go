package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Steps of the clock.
const (
	// tendStep is how many stories or chats one transaction of the clock looks at.
	tendStep = 200
	// tendPause is the longest time between two looks at the clock: subscriptions
	// to digests may have changed meanwhile.
	tendPause = time.Minute
	// retryPause is how long Run waits after a failure of the store.
	retryPause = 5 * time.Second
)

// Run expands fan-outs and tends the clock until ctx ends; then it returns nil.
// A failing store is logged and tried again. One Run at a time is enough; more
// do no harm.
func (e *Engine) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		wait, err := e.turn(ctx)
		if err != nil && ctx.Err() == nil {
			e.Log.ErrorContext(ctx, "clock failed", "error", err)
			wait = retryPause
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-e.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// turn does everything that is due and says how long there is nothing to do.
func (e *Engine) turn(ctx context.Context) (time.Duration, error) {
	for {
		done, err := e.Expand(ctx)
		if err != nil {
			return 0, fmt.Errorf("expand fan-out: %w", err)
		}
		if done {
			break
		}
	}
	next, err := e.Tend(ctx)
	if err != nil {
		return 0, err
	}
	wait := tendPause
	if !next.IsZero() {
		wait = min(wait, max(next.Sub(e.Now()), 0))
	}
	if pending, err := e.pending(ctx); err != nil || pending {
		return 0, err
	}
	return wait, nil
}

// pending reports whether tending started a fan-out.
func (e *Engine) pending(ctx context.Context) (bool, error) {
	var list []Fanout
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		list, err = tx.Fanouts(1)
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return false, fmt.Errorf("fan-outs: %w", err)
	}
	return len(list) > 0, nil
}

// awake tells Run that there is something to do.
func (e *Engine) awake() {
	select {
	case e.wake <- struct{}{}:
	default: // it is awake, or will look anyway
	}
}

// Tend does what time brings: stories go cold, digests come due, mutes expire.
// Next is when it should be called again at the latest; zero: when anything
// changes. It is safe to call at any time, also by several processes.
func (e *Engine) Tend(ctx context.Context) (next time.Time, err error) {
	if err := e.tendStories(ctx); err != nil {
		return time.Time{}, fmt.Errorf("tend stories: %w", err)
	}
	next, err = e.tendDigests(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("tend digests: %w", err)
	}
	if err := e.tendMutes(ctx); err != nil {
		return time.Time{}, fmt.Errorf("tend mutes: %w", err)
	}
	return next, nil
}

// tendStories folds the stories whose time has come.
func (e *Engine) tendStories(ctx context.Context) error {
	for more := true; more; {
		var changes map[StoryID]StoryStage
		err := e.Store.Update(ctx, func(tx Tx) error {
			due, err := tx.StoriesDue(e.Now(), tendStep)
			if err != nil {
				return fmt.Errorf("stories due: %w", err)
			}
			more = len(due) == tendStep
			b := e.newStorybook(tx, false)
			for i := range due {
				p, err := b.page(due[i].Key)
				if err != nil {
					return err
				}
				p.dirty = true
			}
			changes = b.changes
			return b.settle()
		})
		if err != nil {
			return err //nolint:wrapcheck // the store's, or wrapped inside
		}
		e.countChanges(changes)
	}
	return nil
}

// tendMutes forgets mutes that have run out. Nobody waits for it, so it looks
// at a few chats at a time and remembers where it was.
func (e *Engine) tendMutes(ctx context.Context) error {
	var stale bool
	var list []Chat
	err := e.Store.View(ctx, func(tx ReadTx) error {
		after, err := tx.Note(muteMark)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("mark: %w", err)
		}
		list, err = tx.Chats(string(after), tendStep)
		stale = slices.ContainsFunc(list, func(c Chat) bool { return c.expiredMutes(e.Now()) })
		return err //nolint:wrapcheck // the store's
	})
	if err != nil || !stale && len(list) < tendStep && len(list) == 0 {
		return err //nolint:wrapcheck // the store's
	}
	return e.forgetMutes(ctx, list, stale)
}

const muteMark = "clock/mutes"

func (e *Engine) forgetMutes(ctx context.Context, list []Chat, stale bool) error {
	mark := []byte(nil)
	if len(list) == tendStep {
		mark = []byte(list[len(list)-1].Ref.String())
	}
	if mark == nil && !stale {
		return nil
	}
	return e.Store.Update(ctx, func(tx Tx) error { //nolint:wrapcheck // the store's
		for i := range list {
			if !list[i].expiredMutes(e.Now()) {
				continue
			}
			c, err := tx.Chat(list[i].Ref)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return fmt.Errorf("chat: %w", err)
			}
			c.Mutes = slices.DeleteFunc(c.Mutes, func(m Mute) bool { return m.expired(e.Now()) })
			if err := tx.PutChat(c); err != nil {
				return fmt.Errorf("store chat: %w", err)
			}
		}
		return tx.PutNote(muteMark, mark)
	})
}

func (m *Mute) expired(now time.Time) bool { return !m.Until.IsZero() && !m.Until.After(now) }

func (c *Chat) expiredMutes(now time.Time) bool {
	return slices.ContainsFunc(c.Mutes, func(m Mute) bool { return m.expired(now) })
}
