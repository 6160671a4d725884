// Package outbox sends what the outbox holds: it claims deliveries, renders them
// at send time, keeps the platforms' limits and settles every attempt.
//
// Law: a delivery leaves the store only through Settle, and Settle is called
// only with what the platform clearly said. While this process lives it never
// has two attempts of one delivery under way: a send ends before its lease, and
// an outcome that cannot be stored is kept until it can. A chat, and a platform,
// that is slow, limited or broken delays no other. The package decides by
// SendKind, never by text, and knows no platform but by its Limits.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"karussell/bot"
)

// Setup is what a Dispatcher works with. Store and Renderer are required; every
// zero value below them means the default named beside it.
type Setup struct {
	Store     bot.Outbox
	Renderer  bot.Renderer
	Platforms []bot.Platform

	// Gates are shared with the adapters, so that their answers and the outbox
	// keep one limit together, answers first. Platforms without one get their own.
	Gates map[bot.PlatformName]*Gate

	// Changed is told when the platform's answer to a send means that a chat is
	// lost (removed, gone, forbidden), before the delivery is settled:
	// Engine.Changed. nil: only the chat is paused.
	Changed func(ctx context.Context, c bot.ChatChange)
	// Report is told once when a platform stops for good (its token was revoked)
	// and cannot be used any more. nil: only the log says so.
	Report func(ctx context.Context, name bot.PlatformName, cause bot.SendKind)

	Now   func() time.Time // time.Now
	Log   *slog.Logger     // nowhere
	Meter bot.Meter        // nothing is counted

	Grace   time.Duration // for sends under way when Run's context ends: 10 s
	Lease   time.Duration // of a claim: 2 min
	Timeout time.Duration // of one send, at most a quarter of Lease: 20 s
	Poll    time.Duration // how often to look for what has come due: 1 s
	Batch   int           // deliveries per claim: 512
	MaxAge  time.Duration // after this a delivery is given up: 48 h
}

func (s *Setup) fill() error {
	if s.Store == nil || s.Renderer == nil {
		return errors.New("outbox: store and renderer are required")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Meter == nil {
		s.Meter = bot.NoMeter{}
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&s.Grace, 10 * time.Second},
		{&s.Lease, 2 * time.Minute},
		{&s.Timeout, 20 * time.Second},
		{&s.Poll, time.Second},
		{&s.MaxAge, 48 * time.Hour},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	s.Timeout = min(s.Timeout, s.Lease/4)
	if s.Batch <= 0 {
		s.Batch = 512
	}
	return nil
}

// Dispatcher sends what the outbox holds. Wake is safe for concurrent use; Run
// may be called once.
type Dispatcher struct {
	Setup
	lanes map[bot.PlatformName]*lane
	wake  chan struct{}
	room  chan struct{} // a lane has room again

	mu    sync.Mutex
	ours  map[bot.DeliveryID]struct{} // claimed by this process and not settled yet
	away  map[bot.PlatformName]bool   // platforms that nobody has set up, reported once
	clerk chan struct{}               // bounds settlements beside the sends
}

// New checks the setup.
func New(s Setup) (*Dispatcher, error) {
	if err := s.fill(); err != nil {
		return nil, err
	}
	d := &Dispatcher{
		Setup: s, lanes: map[bot.PlatformName]*lane{},
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1),
		ours: map[bot.DeliveryID]struct{}{}, away: map[bot.PlatformName]bool{},
		clerk: make(chan struct{}, 32),
	}
	for _, p := range s.Platforms {
		name := p.Name()
		if d.lanes[name] != nil {
			return nil, fmt.Errorf("outbox: platform %s is set up twice", name)
		}
		d.lanes[name] = newLane(d, p, s.Gates[name])
	}
	return d, nil
}

// Wake says that something may have become due. It never blocks.
func (d *Dispatcher) Wake() { signal(d.wake) }

// Run sends until ctx ends. Then it claims nothing more, gives back what it has
// not begun, waits up to Grace for the sends under way, settles them and returns
// nil; whatever is cut off counts as unsure. It returns an error only when the
// store is closed under it.
func (d *Dispatcher) Run(ctx context.Context) error {
	// Sends and settlements outlive ctx by the grace time.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	record, forget := context.WithCancel(context.WithoutCancel(ctx))
	defer forget()

	var wg sync.WaitGroup
	lanes, halt := context.WithCancel(ctx)
	defer halt()
	for _, l := range d.lanes {
		wg.Go(func() { l.run(lanes, work, record) })
	}
	err := d.claim(ctx, record)
	halt() // also when the store is closed under us

	grace := time.AfterFunc(d.Grace, func() { stop(errGrace) })
	defer grace.Stop()
	// A store that hangs must not hold the process for ever; what is not
	// recorded then is claimed again after its lease.
	last := time.AfterFunc(d.Grace+settleGrace, forget)
	defer last.Stop()
	wg.Wait()
	if errors.Is(err, bot.ErrClosed) {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// errGrace ends the sends that did not end within Grace.
var errGrace = errors.New("shut down")

// settleGrace is for recording what was cut off.
const settleGrace = 3 * time.Second

// claim fills the lanes until ctx ends or the store is closed.
func (d *Dispatcher) claim(ctx, record context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		want := min(d.roomLeft(), d.Batch)
		if want == 0 {
			d.rest(ctx, time.Minute, false)
			continue
		}
		if d.nothingDue(ctx) {
			d.rest(ctx, d.Poll, true)
			continue
		}
		got, err := d.Store.Claim(ctx, d.Now(), d.Lease, want)
		switch {
		case ctx.Err() != nil && err != nil:
			return ctx.Err()
		case errors.Is(err, bot.ErrClosed):
			return err
		case err != nil:
			failures++
			d.Log.ErrorContext(ctx, "claiming deliveries failed", "error", err, "in_a_row", failures)
			d.rest(ctx, min(time.Duration(failures)*d.Poll, 30*d.Poll), false)
			continue
		}
		failures = 0
		d.admit(ctx, record, got)
		if len(got) < want {
			d.rest(ctx, d.Poll, true)
		}
	}
	return nil
}

// nothingDue looks before it claims, where the store can be read: a claim is a
// write, and a bot with nothing to send should leave the disk alone. Leases that
// are not ours may have expired, so they are reason enough to claim.
func (d *Dispatcher) nothingDue(ctx context.Context) bool {
	store, ok := d.Store.(interface {
		View(ctx context.Context, fn func(bot.ReadTx) error) error
	})
	if !ok {
		return false
	}
	var size bot.OutboxSize
	err := store.View(ctx, func(tx bot.ReadTx) (err error) {
		size, err = tx.OutboxSize()
		return err
	})
	if err != nil {
		return false // Claim says what is wrong
	}
	d.mu.Lock()
	foreign := size.Leased > len(d.ours)
	d.mu.Unlock()
	return !foreign && (size.Waiting == 0 || size.Oldest.After(d.Now()))
}

// gap is the shortest time between two claims that found less than they wanted.
const gap = 20 * time.Millisecond

// rest waits for room in a lane, for a wake-up (when woken matters) or for the
// time to be over.
func (d *Dispatcher) rest(ctx context.Context, pause time.Duration, wakes bool) {
	wake := d.wake
	if !wakes {
		wake = nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
		return
	case <-wake:
	case <-d.room:
	}
	if !wakes {
		return
	}
	// Many wake-ups and settlements come at once: let them gather.
	timer.Reset(gap)
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// roomLeft is how many more deliveries the lanes want to hold; 0 while they
// have plenty.
func (d *Dispatcher) roomLeft() int {
	n := 0
	for _, l := range d.lanes {
		n += l.room()
	}
	if len(d.lanes) == 0 {
		n = d.Batch // to put them off: nobody can send
	}
	return n
}

// admit hands claimed deliveries to their lanes. What no lane can take now goes
// back with the time at which it probably can.
func (d *Dispatcher) admit(ctx, record context.Context, got []bot.Delivery) {
	now := d.Now()
	lease := now.Add(d.Lease)
	var back []putOff
	for _, one := range got {
		if !d.own(one.ID) {
			continue // an earlier claim of ours is being settled still
		}
		l := d.lanes[one.Chat.Platform]
		if l == nil {
			d.notSetUp(ctx, one.Chat.Platform)
			back = append(back, putOff{one, now.Add(absence(now.Sub(one.Created)))})
			continue
		}
		back = l.take(one, now, lease, back)
	}
	d.giveBack(record, back)
}

// notSetUp says, once, that a platform has deliveries but no adapter. They wait
// for it up to MaxAge.
func (d *Dispatcher) notSetUp(ctx context.Context, name bot.PlatformName) {
	d.mu.Lock()
	told := d.away[name]
	d.away[name] = true
	d.mu.Unlock()
	if !told {
		d.Log.WarnContext(ctx, "deliveries wait for a platform that is not set up", "platform", string(name))
	}
}

// absence is how long a delivery of that age waits for its platform: young ones
// briefly, since `karussell console` runs without the platforms and the bot comes
// back soon; old ones longer, since nobody may ever come.
func absence(age time.Duration) time.Duration {
	return min(max(age/4, time.Minute), time.Hour)
}

// own notes that this process has the delivery; false when it has it already.
func (d *Dispatcher) own(id bot.DeliveryID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, twice := d.ours[id]; twice {
		return false
	}
	d.ours[id] = struct{}{}
	return true
}

func (d *Dispatcher) disown(id bot.DeliveryID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.ours, id)
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
