package discord

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"karussell/bot"
)

// identifySpacing is how far two IDENTIFYs of one concurrency slot must be
// apart (Discord: "within 5 seconds").
const identifySpacing = 5*time.Second + 250*time.Millisecond

// gatewayInfo is Discord's answer about connecting.
type gatewayInfo struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Total       int     `json:"total"`
		Remaining   int     `json:"remaining"`
		ResetAfter  float64 `json:"reset_after"` // milliseconds
		Concurrency int     `json:"max_concurrency"`
	} `json:"session_start_limit"`
}

// turnstile lets shards identify within Discord's limits: so many at once, five
// seconds apart, a thousand a day.
type turnstile struct {
	mu        sync.Mutex
	slots     map[int]time.Time // when a concurrency slot is free again
	slotCount int
	left      int
	reset     time.Time // when left is full again
	total     int
	memory    bot.Notebook // when a slot was used last, over restarts; nil: forgotten
}

func newTurnstile(info gatewayInfo, memory bot.Notebook) *turnstile {
	t := &turnstile{slots: map[int]time.Time{}, memory: memory}
	t.fill(info, time.Now())
	return t
}

func (t *turnstile) fill(info gatewayInfo, now time.Time) {
	t.slotCount = max(info.Limit.Concurrency, 1)
	t.total = max(info.Limit.Total, 1)
	t.left, t.reset = info.Limit.Remaining, now.Add(time.Duration(info.Limit.ResetAfter*float64(time.Millisecond)))
	if info.Limit.Total == 0 { // a server that states no limit
		t.left, t.total, t.reset = 1000, 1000, now.Add(24*time.Hour)
	}
}

// turn is how long the shard must wait; zero takes its turn.
func (t *turnstile) turn(shard int, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !now.Before(t.reset) {
		t.left, t.reset = t.total, now.Add(24*time.Hour)
	}
	if t.left <= 0 {
		return t.reset.Sub(now)
	}
	slot := shard % t.slotCount
	if free := t.slots[slot]; now.Before(free) {
		return free.Sub(now)
	}
	t.slots[slot] = now.Add(identifySpacing)
	t.left--
	return 0
}

// pass waits for the shard's turn; false when the context ended first.
func (t *turnstile) pass(ctx context.Context, shard int) bool {
	t.recall(ctx, shard)
	for {
		wait := t.turn(shard, time.Now())
		if wait <= 0 {
			t.remember(ctx, shard)
			return true
		}
		if !rest(ctx, wait) {
			return false
		}
	}
}

// askGateway asks where to connect and with how many shards. A server that does
// not know about shards may still know its gateway.
func (a *Adapter) askGateway(ctx context.Context) (gatewayInfo, error) {
	var info gatewayInfo
	raw, err := a.sender.do(ctx, call{lane: laneDesk, method: http.MethodGet, path: "gateway/bot"})
	if hasStatus(err, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented) {
		raw, err = a.sender.do(ctx, call{lane: laneDesk, method: http.MethodGet, path: "gateway"})
	}
	if err != nil {
		return info, err
	}
	if json.Unmarshal(raw, &info) != nil || info.URL == "" {
		return info, &refusal{kind: bot.SendTemporary, cause: errors.New("the answer names no gateway")}
	}
	return info, nil
}

// recall learns when the shard's slot was used by the process before this one: a
// bot that is restarted at once must not identify within five seconds either.
func (t *turnstile) recall(ctx context.Context, shard int) {
	if t.memory == nil {
		return
	}
	raw, err := t.memory.Recall(ctx, t.key(shard))
	if err != nil {
		return // never used, or not readable: Discord itself would still refuse
	}
	used, err := time.Parse(time.RFC3339Nano, string(raw))
	t.mu.Lock()
	defer t.mu.Unlock()
	slot := shard % t.slotCount
	if _, known := t.slots[slot]; err == nil && !known && time.Since(used) < identifySpacing {
		t.slots[slot] = used.Add(identifySpacing)
	}
}

func (t *turnstile) remember(ctx context.Context, shard int) {
	if t.memory != nil {
		_ = t.memory.Remember(ctx, t.key(shard), []byte(time.Now().Format(time.RFC3339Nano))) // a courtesy, not a condition
	}
}

func (t *turnstile) key(shard int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return "identified/" + strconv.Itoa(shard%t.slotCount)
}
