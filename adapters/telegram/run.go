package telegram

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"karussell/bot"
)

// patience is how long updates may take before they are written down and
// confirmed, so that one slow answer holds nobody up.
const patience = 10 * time.Millisecond

// farewell is how long answers under way may take after the end of Run's
// context.
const farewell = 3 * time.Second

// session is one Run.
type session struct {
	*Adapter
	responder bot.Responder
	me        self
	words     words
	lanes     *lanes
	ledger    *ledger
	rights    *rights
	edits     *recent[string, uint64] // hash of the texts answered lately, by message
	typing    *recent[int64, string]  // newest inline query, by person
}

// self is what getMe says about the bot.
type self struct {
	ID        int64  `json:"id"`
	Username  string `json:"username"`
	JoinsAll  bool   `json:"can_join_groups"`
	ReadsAll  bool   `json:"can_read_all_group_messages"`
	HasInline bool   `json:"supports_inline_queries"`
}

// Run answers requests until ctx ends, then waits for the answers under way, at
// most 3 s, and returns nil. What was not answered by then is after the next
// start. The error is a *bot.SendError of kind SendRevoked when Telegram does
// not know the token, or says why the webhook cannot be served.
func (a *Adapter) Run(ctx context.Context, r bot.Responder) error {
	defer a.wire.client.CloseIdleConnections() // nobody is left to use them
	me, err := a.introduce(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	s := &session{
		Adapter:   a,
		responder: r,
		me:        me,
		words:     newWords(r.Commands()),
		lanes:     newLanes(a.workers),
		ledger:    newLedger(a.notebook, a.note("progress"), a.log),
		rights:    newRights(a),
		edits:     newRecent[string, uint64](1024),
		typing:    newRecent[int64, string](1024),
	}

	// Answers outlive ctx a little: an answer cut off would be given again.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var tasks sync.WaitGroup
	stopKeeping := make(chan struct{})
	tasks.Go(func() { s.ledger.keep(work, stopKeeping) })
	tasks.Go(func() { s.publish(ctx) })
	err = s.receive(ctx, work)

	last := time.AfterFunc(farewell, stop)
	s.lanes.close()
	last.Stop()
	close(stopKeeping)
	tasks.Wait()
	return err
}

// receive loads what is left over and takes updates until ctx ends.
func (s *session) receive(ctx, work context.Context) error {
	var late []update
	err := s.insist(ctx, "progress_not_read", func() (err error) {
		late, err = s.ledger.load(ctx)
		return err
	})
	if err != nil || ctx.Err() != nil {
		return err
	}
	if err := s.forms.load(ctx); err != nil {
		s.log.WarnContext(ctx, "prompts_not_read", "error", err)
	}
	for _, u := range late {
		s.dispatch(work, u)
	}
	if s.webhook != nil {
		return s.serve(ctx, work)
	}
	return s.pollUpdates(ctx, work)
}

// introduce asks Telegram who the bot is, until it answers.
func (a *Adapter) introduce(ctx context.Context) (self, error) {
	var me self
	err := a.insist(ctx, "telegram_not_reached", func() error {
		return a.wire.result(ctx, "getMe", nil, &me)
	})
	if err == nil && ctx.Err() == nil {
		a.log.InfoContext(ctx, "telegram_connected", "bot", me.Username, "id", me.ID)
	}
	return me, err
}

// insist repeats do with growing pauses until it succeeds, ctx ends (nil) or
// the token turns out to be revoked.
func (a *Adapter) insist(ctx context.Context, complaint string, do func() error) error {
	pause := newPauses()
	for ctx.Err() == nil {
		err := do()
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			break
		}
		if sendKind(err) == bot.SendRevoked {
			return fmt.Errorf("telegram does not accept the token (get one from @BotFather): %w", err)
		}
		wait := pause.next(err)
		a.log.WarnContext(ctx, "telegram_retries", "what", complaint, "error", err, "retry_in", wait.String())
		nap(ctx, wait)
	}
	return nil //nolint:nilerr // the end of ctx is no failure
}

// dispatch queues an update under its chat. What is of no interest is finished
// at once.
func (s *session) dispatch(ctx context.Context, u update) {
	s.meter.Count("telegram_updates_total", 1, "kind", u.kind())
	key, t := s.plan(u)
	if t.run == nil {
		s.ledger.finish(u.ID)
		return
	}
	run := t.run
	t.run = func(ctx context.Context) time.Duration { return s.guarded(ctx, run) }
	t.done = func() { s.ledger.finish(u.ID) }
	if !s.lanes.put(ctx, key, t) && ctx.Err() == nil {
		s.meter.Count("telegram_requests_dropped_total", 1, "reason", "flood")
		s.log.DebugContext(ctx, "request_dropped", "reason", "flood", "update", u.ID)
		s.ledger.finish(u.ID)
		s.stopDropped(ctx, u.Callback)
	}
}

// stopDropped stops the spinner of a button that is not answered for the flood
// it came in.
func (s *session) stopDropped(ctx context.Context, c *callback) {
	if c == nil {
		return
	}
	s.lanes.put(ctx, "spinner/"+lane64(c.From.ID), task{
		user: c.From.ID, pace: pacePrivate, done: func() {},
		run: func(ctx context.Context) time.Duration {
			s.stopSpinner(ctx, c, "")
			return 0
		},
	})
}

// guarded survives a panic in one request: it would otherwise meet the same
// update again after every restart.
func (s *session) guarded(ctx context.Context, run func(context.Context) time.Duration) (again time.Duration) {
	defer func() {
		if p := recover(); p != nil {
			s.meter.Count("telegram_panics_total", 1)
			s.log.ErrorContext(ctx, "request_panicked",
				slog.String("panic", s.wire.scrub(fmt.Sprint(p))), slog.String("stack", s.wire.scrubAll(string(debug.Stack()))))
			again = 0
		}
	}()
	return run(ctx)
}
