package outbox_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/memory"
)

// recorder is a platform that takes what keeps its limit and remembers it.
type recorder struct {
	name    bot.PlatformName
	limits  bot.Limits
	latency time.Duration
	// fault is asked for every request, before the message is taken; nil passes.
	fault func(n int, to bot.ChatRef, m bot.Message) error
	// after is asked when the message has been taken.
	after  func(n int, to bot.ChatRef, m bot.Message) error
	strict float64 // per second: more is answered with 429; 0 for no check

	mu       sync.Mutex
	requests int
	refused  int // 429
	flying   map[string]bool
	overlaps int // two attempts of one nonce at once
	got      []taken
	edits    []taken
	window   []time.Time
}

// taken is a message that stands in a chat.
type taken struct {
	at    time.Time
	chat  bot.ChatRef
	title string
	nonce string
	reply bot.MessageID
	id    bot.MessageID
}

func newRecorder(limits bot.Limits) *recorder {
	return &recorder{name: "telegram", limits: limits, flying: map[string]bool{}}
}

func (r *recorder) Name() bot.PlatformName { return r.name }
func (r *recorder) Limits() bot.Limits     { return r.limits }

func (r *recorder) Run(ctx context.Context, _ bot.Responder) error {
	<-ctx.Done()
	return nil
}

func (r *recorder) begin(nonce string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if nonce != "" && r.flying[nonce] {
		r.overlaps++
	}
	r.flying[nonce] = true
	return r.requests
}

func (r *recorder) end(nonce string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.flying, nonce)
}

// over reports whether this request is one too many within a second.
func (r *recorder) over(now time.Time) bool {
	if r.strict == 0 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.window) > 0 && now.Sub(r.window[0]) >= time.Second {
		r.window = r.window[1:]
	}
	if float64(len(r.window)) >= r.strict {
		r.refused++
		return true
	}
	r.window = append(r.window, now)
	return false
}

func (r *recorder) Send(ctx context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	n := r.begin(m.Nonce)
	defer r.end(m.Nonce)
	now := time.Now()
	if r.over(now) {
		return "", &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Second, Global: true}
	}
	if err := pass(ctx, r.latency); err != nil {
		return "", err
	}
	if r.fault != nil {
		if err := r.fault(n, to, m); err != nil {
			return "", err
		}
	}
	r.mu.Lock()
	id := bot.MessageID(fmt.Sprintf("m%d", len(r.got)+1))
	r.got = append(r.got, taken{at: now, chat: to, title: m.Title, nonce: m.Nonce, reply: m.ReplyTo, id: id})
	r.mu.Unlock()
	if r.after != nil {
		if err := r.after(n, to, m); err != nil {
			return "", err
		}
	}
	return id, nil
}

func pass(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (r *recorder) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

func (r *recorder) all() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// editing is a recorder that can change messages.
type editing struct{ *recorder }

func (r editing) Edit(ctx context.Context, to bot.ChatRef, id bot.MessageID, m bot.Message) error {
	n := r.begin("")
	defer r.end("")
	if err := pass(ctx, r.latency); err != nil {
		return err
	}
	if r.fault != nil {
		if err := r.fault(n, to, m); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.edits = append(r.edits, taken{at: time.Now(), chat: to, title: m.Title, id: id})
	return nil
}

// pen renders a delivery as its id; render replaces that.
type pen struct {
	render func(d bot.Delivery) (bot.Rendered, error)
}

func (p pen) Render(_ context.Context, d bot.Delivery) (bot.Rendered, error) {
	if p.render != nil {
		if r, err := p.render(d); err != nil || r.Message.Title != "" || r.Skip != "" || !r.Defer.IsZero() {
			return r, err
		}
	}
	return bot.Rendered{Message: bot.Message{Title: string(d.ID), Nonce: d.Nonce()}, Hash: "h"}, nil
}

// tally is a bot.Meter that remembers.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (t *tally) Count(name string, n int, labels ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[string]int{}
	}
	t.n[name+" "+fmt.Sprint(labels)] += n
}

func (*tally) Observe(string, float64, ...string) {}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(t.n)) {
		fmt.Fprintf(&b, "%s %d\n", k, t.n[k])
	}
	return b.String()
}

func chat(i int) bot.ChatRef { return bot.ChatRef{Platform: "telegram", Chat: strconv.Itoa(i)} }

// owed is a post for a chat.
func owed(ref bot.ChatRef, story bot.StoryID, due time.Time) bot.Delivery {
	return bot.Delivery{
		ID: bot.NewDeliveryID(ref, story, 1, bot.DeliverPost), Chat: ref, Kind: bot.DeliverPost, Story: story,
		Revision: 1, Priority: bot.PriorityRumour, Due: due, Created: due,
	}
}

// owe writes deliveries in batches.
func owe(tb testing.TB, s bot.Store, ds ...bot.Delivery) {
	tb.Helper()
	for part := range slices.Chunk(ds, 1000) {
		err := s.Update(tb.Context(), func(tx bot.Tx) error {
			for _, d := range part {
				if err := tx.PutDelivery(d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// play is a dispatcher at work.
type play struct {
	t     testing.TB
	store *memory.Store
	d     *outbox.Dispatcher
	meter *tally
	stop  func()
}

// start runs a dispatcher over a fresh memory store.
func start(tb testing.TB, s outbox.Setup, ds ...bot.Delivery) *play {
	tb.Helper()
	store := memory.New()
	owe(tb, store, ds...)
	return startOn(tb, store, s)
}

func startOn(tb testing.TB, store *memory.Store, s outbox.Setup) *play {
	tb.Helper()
	p := &play{t: tb, store: store, meter: &tally{}}
	if s.Store == nil {
		s.Store = store
	}
	if s.Renderer == nil {
		s.Renderer = pen{}
	}
	if s.Meter == nil {
		s.Meter = p.meter
	}
	var err error
	if p.d, err = outbox.New(s); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.d.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		tb.Helper()
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	return p
}

func (p *play) size() bot.OutboxSize {
	p.t.Helper()
	var size bot.OutboxSize
	err := p.store.View(context.Background(), func(tx bot.ReadTx) (err error) {
		size, err = tx.OutboxSize()
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return size
}

// until waits (in the bubble's time, or the real one) for the outbox to be empty.
func (p *play) untilEmpty(atMost time.Duration) {
	p.t.Helper()
	end := time.Now().Add(atMost)
	for {
		size := p.size()
		if size.Waiting+size.Leased == 0 {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("outbox not empty after %s: %+v\n%s", atMost, size, p.meter)
		}
		time.Sleep(min(max(50*time.Millisecond, atMost/5000), 10*time.Second))
	}
}

func (p *play) parked() []bot.Delivery {
	p.t.Helper()
	var ds []bot.Delivery
	err := p.store.View(context.Background(), func(tx bot.ReadTx) (err error) {
		ds, err = tx.Parked(100)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return ds
}
