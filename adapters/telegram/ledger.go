package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"karussell/bot"
)

// ledger knows which updates are handled. Telegram keeps an update until a
// higher offset confirms it, so an update is confirmed when it is handled, or
// when it takes long and was written down here ("late") to be handled after a
// crash. Numbers handled above the offset are kept too: what was answered
// before a crash is not answered again. Written state lags behind by one write
// at most, which is what can repeat after a kill.
type ledger struct {
	notebook bot.Notebook
	key      string
	log      *slog.Logger

	mu      sync.Mutex
	offset  int            // all below are confirmed
	seen    time.Time      // when the newest update came
	done    map[int]bool   // handled, at or above offset
	ring    []int          // handled lately, oldest first, for webhooks
	open    map[int]*batch // being handled
	updates map[int]update // the open ones, to be written down
	late    map[int]update // confirmed but not handled
	dirty   chan struct{}  // one slot: something to write
	saving  sync.Mutex     // one write at a time, in order
}

// batch counts the open updates that came together.
type batch struct {
	left int
	idle chan struct{} // closed when none is left
}

// maxRing bounds the remembered numbers: a webhook repeats recent updates only.
const maxRing = 1000

// staleAfter is when Telegram may start over with random update numbers: after
// a week without any (core.telegram.org/bots/api, Update). A stored offset is
// then worth nothing and could hide what is new.
const staleAfter = 6 * 24 * time.Hour

// progress is the ledger as it is written.
type progress struct {
	Offset int       `json:"offset"`
	Seen   time.Time `json:"seen"`
	Done   []int     `json:"done,omitempty"`
	Late   []update  `json:"late,omitempty"`
}

func newLedger(n bot.Notebook, key string, log *slog.Logger) *ledger {
	return &ledger{
		notebook: n, key: key, log: log,
		done: map[int]bool{}, open: map[int]*batch{}, updates: map[int]update{}, late: map[int]update{},
		dirty: make(chan struct{}, 1),
	}
}

// load reads the written state and returns the updates that were confirmed but
// not handled. A state that cannot be read counts as none.
func (l *ledger) load(ctx context.Context) ([]update, error) {
	raw, err := l.notebook.Recall(ctx, l.key)
	if errors.Is(err, bot.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("telegram progress: %w", err)
	}
	var p progress
	if err := json.Unmarshal(raw, &p); err != nil {
		l.log.WarnContext(ctx, "progress_unreadable", "error", err)
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.offset, l.seen = p.Offset, p.Seen
	for _, id := range p.Done {
		l.note(id)
	}
	for _, u := range p.Late {
		l.late[u.ID] = u
	}
	return p.Late, nil
}

// next is the offset for the next poll; 0 asks for everything unconfirmed.
func (l *ledger) next(now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.seen) > staleAfter {
		return 0
	}
	return l.offset
}

// begin opens updates; those that are handled or under way already are left
// out. The batch is idle when all that were taken are finished.
func (l *ledger) begin(updates []update) ([]update, *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := &batch{idle: make(chan struct{})}
	var taken []update
	for _, u := range updates {
		_, late := l.late[u.ID]
		if l.done[u.ID] || late || l.open[u.ID] != nil {
			continue
		}
		l.open[u.ID], l.updates[u.ID] = b, u
		b.left++
		taken = append(taken, u)
	}
	if b.left == 0 {
		close(b.idle)
	}
	return taken, b
}

// finish marks an update as handled.
func (l *ledger) finish(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.open[id]; b != nil {
		if b.left--; b.left == 0 {
			close(b.idle)
		}
	}
	delete(l.open, id)
	delete(l.updates, id)
	delete(l.late, id)
	l.note(id)
	select {
	case l.dirty <- struct{}{}:
	default:
	}
}

// note remembers a handled number. The caller holds mu.
func (l *ledger) note(id int) {
	if l.done[id] {
		return
	}
	l.done[id] = true
	l.ring = append(l.ring, id)
	if len(l.ring) > maxRing {
		delete(l.done, l.ring[0])
		l.ring = slices.Delete(l.ring, 0, 1)
	}
}

// settle waits for the batch, at most patience, then writes down what is still
// open and moves the offset past upTo: the next poll confirms them. An error
// means that they are not safe yet and must not be confirmed.
func (l *ledger) settle(ctx context.Context, b *batch, ids []int, upTo int, patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-b.idle:
	case <-timer.C:
	case <-ctx.Done():
		return nil // not confirmed: Telegram will repeat what is not handled
	}
	l.mu.Lock()
	waiting := false
	for _, id := range ids {
		if u, ok := l.updates[id]; ok {
			l.late[id], waiting = u, true
		}
	}
	l.seen = time.Now()
	l.offset = max(l.offset, upTo)
	if upTo > 0 && upTo < l.offset-1000 {
		l.offset = upTo // Telegram started over
	}
	l.mu.Unlock()
	if !waiting {
		return nil // Telegram's own confirmation is enough; the writer follows
	}
	return l.save(ctx)
}

// save writes the state.
func (l *ledger) save(ctx context.Context) error {
	l.saving.Lock()
	defer l.saving.Unlock()
	l.mu.Lock()
	p := progress{Offset: l.offset, Seen: l.seen}
	for _, id := range l.ring {
		if id >= l.offset {
			p.Done = append(p.Done, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.late)) {
		p.Late = append(p.Late, l.late[id])
	}
	l.mu.Unlock()
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("telegram progress: %w", err)
	}
	if err := l.notebook.Remember(ctx, l.key, raw); err != nil {
		return fmt.Errorf("telegram progress: %w", err)
	}
	return nil
}

// keep writes the state whenever it changed, until stop closes, and once more
// at the end. It must run while updates are handled.
func (l *ledger) keep(ctx context.Context, stop <-chan struct{}) {
	for ended := false; !ended; {
		select {
		case <-l.dirty:
		case <-stop:
			ended = true
		}
		if err := l.save(ctx); err != nil {
			l.log.ErrorContext(ctx, "progress_not_written", "error", err)
			if !ended && nap(ctx, time.Second) {
				select {
				case l.dirty <- struct{}{}:
				default:
				}
			}
		}
	}
}
