package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/bot/outbox"
	"karussell/bot/status"
	"karussell/store/bolt"
)

// grace is how long a shutdown may take to finish what is being sent.
const grace = 10 * time.Second

// service is the engine with everything around it that runs.
type service struct {
	engine    *bot.Engine
	store     bot.Store
	platforms []bot.Platform
	gates     map[bot.PlatformName]*outbox.Gate // limits that alerts and answers keep together
	poller    *feed.Poller                      // nil: no feeds
	meter     bot.Meter
	now       func() time.Time
	log       *slog.Logger
	claim     time.Duration                     // how long claimed deliveries are ours
	alone     alone                             // nil: this is the only process
	seats     map[bot.PlatformName]string       // leases of the platforms that only one replica may listen to
	more      []func(context.Context) error     // further loops: servers, backups
	lamps     map[bot.PlatformName]*status.Lamp // for /readyz; empty without a status server
	gone      sync.Map                          // bot.PlatformName of those that were lost in this run
}

// run blocks until ctx ends or nothing is left to run for. Every loop it starts
// has stopped when it returns.
func (s *service) run(ctx context.Context) error {
	if err := s.releaseLeases(ctx); err != nil {
		return err
	}
	dispatcher, err := outbox.New(outbox.Setup{
		Store: s.store, Renderer: s.engine, Platforms: s.platforms, Gates: s.gates, Changed: s.engine.Changed, Report: s.revoked,
		Now: s.now, Log: s.log, Meter: s.meter, Grace: grace, Lease: s.claim,
	})
	if err != nil {
		return err
	}
	s.engine.Owed = dispatcher.Wake // the engine was made first
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.alone.run(ctx, "clock", s.engine.Run) })
	group.Go(func() error { return dispatcher.Run(ctx) })
	if s.poller != nil {
		group.Go(func() error { return s.alone.run(ctx, "feeds", s.poller.Run) })
	}
	for _, loop := range s.more {
		group.Go(func() error { return loop(ctx) })
	}
	var left atomic.Int64
	left.Store(int64(len(s.platforms)))
	for _, p := range s.platforms {
		group.Go(func() error {
			err := s.runPlatform(ctx, p)
			if left.Add(-1) == 0 && ctx.Err() == nil {
				return errors.Join(err, errLastPlatform)
			}
			return nil // the others go on
		})
	}
	err = group.Wait()
	if failed, ok := errors.AsType[*platformError](err); ok {
		return failed
	}
	if errors.Is(err, errLastPlatform) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// releaseLeases takes back what a killed process had claimed. Only where no other
// process can be at work: a store in a file is locked by this one. Elsewhere the
// claim may be another replica's, and must run out. Who ends in peace leaves no
// lease: the dispatcher gives back what it has not begun.
func (s *service) releaseLeases(ctx context.Context) error {
	store := s.store
	if measured, ok := store.(interface{ Unwrap() bot.Store }); ok {
		store = measured.Unwrap()
	}
	file, ok := store.(*bolt.Store)
	if !ok {
		return nil
	}
	return file.ReleaseLeases(ctx)
}

// gate is where a platform's answers and alerts meet.
func (s *service) gate(name bot.PlatformName, l bot.Limits) *outbox.Gate {
	if s.gates == nil {
		s.gates = map[bot.PlatformName]*outbox.Gate{}
	}
	if s.gates[name] == nil {
		s.gates[name] = outbox.NewGate(l, s.now)
	}
	return s.gates[name]
}

// errLastPlatform ends a run: nobody is left to talk to.
var errLastPlatform = errors.New("the last platform ended")

// platformError is why a platform cannot be used.
type platformError struct {
	name bot.PlatformName
	err  error
}

func (e *platformError) Error() string { return string(e.name) + ": " + e.err.Error() }

func (e *platformError) Unwrap() error { return e.err }

func (s *service) runPlatform(ctx context.Context, p bot.Platform) error {
	lamp := s.lamps[p.Name()]
	if lamp != nil {
		lamp.On()
	}
	run := func(ctx context.Context) error { return p.Run(ctx, s.engine) }
	var err error
	if seat := s.seats[p.Name()]; seat != "" {
		err = s.alone.run(ctx, seat, run)
	} else {
		err = run(ctx)
	}
	if lamp != nil {
		lamp.Off(err)
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // we were told to stop; what the platform says then is no news
	}
	if err == nil {
		return nil
	}
	s.log.ErrorContext(ctx, "platform stopped", "platform", string(p.Name()), "error", err)
	s.lost(ctx, p.Name(), bot.Notice{Key: bot.NoticeStopped, Args: map[string]string{"Platform": string(p.Name()), "Error": err.Error()}})
	return &platformError{name: p.Name(), err: err}
}

// revoked is told by the outbox when a platform refuses the token.
func (s *service) revoked(ctx context.Context, name bot.PlatformName, cause bot.SendKind) {
	s.log.ErrorContext(ctx, "platform refuses the token", "platform", string(name), "cause", string(cause))
	if lamp := s.lamps[name]; lamp != nil {
		lamp.Off(errors.New("the platform refuses the token"))
	}
	s.lost(ctx, name, bot.Notice{Key: bot.NoticeRevoked, Args: map[string]string{"Platform": string(name)}})
}
