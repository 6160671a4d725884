package status

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"karussell/bot"
)

// Probe is one part whose readiness is asked for. Check returns nil when the
// part works; its error is shown to the operator and holds no secret.
type Probe struct {
	Name  string
	Check func(ctx context.Context) error
}

// Lamp is a Probe for a part that reports by itself: an adapter, the poller.
// Safe for concurrent use; the zero value is not usable.
type Lamp struct {
	name  string
	stale time.Duration
	now   func() time.Time

	mu  sync.Mutex
	err error
	at  time.Time
}

// NewLamp makes a lamp that is off until On. Unless stale is zero, a lamp that
// was not switched on again for so long is off.
func NewLamp(name string, stale time.Duration, now func() time.Time) *Lamp {
	if now == nil {
		now = time.Now
	}
	return &Lamp{name: name, stale: stale, now: now, err: errors.New("not started yet")}
}

// On says that the part works.
func (l *Lamp) On() { l.set(nil) }

// Off says that it does not, and why; nil is "stopped".
func (l *Lamp) Off(err error) {
	if err == nil {
		err = errors.New("stopped")
	}
	l.set(err)
}

func (l *Lamp) set(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.at = err, l.now()
}

// Probe is the lamp as a Probe.
func (l *Lamp) Probe() Probe {
	return Probe{Name: l.name, Check: func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if silent := l.now().Sub(l.at); l.err == nil && l.stale > 0 && silent > l.stale {
			return fmt.Errorf("silent for %s", silent.Round(time.Second))
		}
		return l.err
	}}
}

// StoreProbe reads the store.
func StoreProbe(s bot.Store) Probe {
	return Probe{Name: "store", Check: func(ctx context.Context) error {
		return s.View(ctx, func(tx bot.ReadTx) error {
			_, err := tx.OutboxSize()
			return err
		})
	}}
}

// FeedsProbe looks at the poller from outside, whichever process it runs in: it
// fails when most feeds should have been asked more than late ago. Feeds that
// fail are no reason; they wait for their next turn.
func FeedsProbe(s bot.Store, late time.Duration, now func() time.Time) Probe {
	return Probe{Name: "feeds", Check: func(ctx context.Context) error {
		var feeds []bot.FeedState
		err := s.View(ctx, func(tx bot.ReadTx) (err error) {
			feeds, err = tx.Feeds()
			return err
		})
		if err != nil {
			return err
		}
		overdue, all := 0, 0
		for i := range feeds {
			if feeds[i].Paused || feeds[i].Next.IsZero() {
				continue
			}
			all++
			if now().Sub(feeds[i].Next) > late {
				overdue++
			}
		}
		if overdue > all/2 {
			return fmt.Errorf("%d of %d feeds were not asked when they should have been", overdue, all)
		}
		return nil
	}}
}

// DiskProbe wants at least least bytes free where dir is.
func DiskProbe(dir string, least uint64) Probe {
	return Probe{Name: "disk", Check: func(context.Context) error {
		free, err := freeBytes(dir)
		if err != nil {
			return fmt.Errorf("disk space: %w", err)
		}
		if free < least {
			return fmt.Errorf("only %d MB free, %d wanted", free>>20, least>>20)
		}
		return nil
	}}
}

// state is a probe's answer.
type state struct {
	Name string
	Err  error
}

// probeTime bounds all probes together.
const probeTime = 3 * time.Second

// ask runs all probes side by side and keeps their order.
func ask(ctx context.Context, probes []Probe) (states []state, ready bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	states = make([]state, len(probes))
	var wg sync.WaitGroup
	for i, p := range probes {
		wg.Go(func() { states[i] = state{p.Name, p.Check(ctx)} })
	}
	wg.Wait()
	ready = true
	for _, s := range states {
		ready = ready && s.Err == nil
	}
	return states, ready
}
