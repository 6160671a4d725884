package main

import (
	"log/slog"
	"testing"
	"time"

	"karussell/bot/outbox"
	"karussell/store/memory"
)

// TestSendersDivide: parts never sum up to more than the whole, whoever comes,
// goes, dies or sleeps; and in the end all of it is used.
func TestSendersDivide(t *testing.T) {
	store := memory.New()
	defer store.Close()
	now := time.Now()
	clock := func() time.Time { return now }
	parts := map[*sender]outbox.Share{}
	join := func() *sender {
		return &sender{replica: newReplica(store, 30*time.Second, clock, slog.New(slog.DiscardHandler))}
	}
	round := func(live ...*sender) {
		t.Helper()
		for _, s := range live {
			mine, others, fresh, err := s.register(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			parts[s] = s.seen(mine, others, fresh)
			whole := 0.0
			for _, p := range parts {
				if p.Of > 0 && now.Before(p.Until) {
					whole += 1 / float64(p.Of)
				}
			}
			if whole > 1.0001 {
				t.Errorf("%v of the limit: %v", whole, parts)
			}
		}
		now = now.Add(2500 * time.Millisecond)
	}
	want := func(of int, who ...*sender) {
		t.Helper()
		ranks := map[int]bool{}
		for _, s := range who {
			ranks[parts[s].Rank] = true
			if parts[s].Of != of {
				t.Errorf("part %+v; want one of %d", parts[s], of)
			}
		}
		if of > 0 && len(ranks) != len(who) {
			t.Errorf("ranks %v for %d", ranks, len(who))
		}
	}
	a, b, c := join(), join(), join()
	round(a)
	want(1, a)
	round(b)
	want(0, b) // a does not know yet
	round(a, b)
	want(2, a)
	round(a, b)
	want(2, a, b)
	round(c, a, b)
	round(a, c, b)
	round(b, a, c)
	want(3, a, b, c)
	for range 12 { // a sleeps through its lease
		round(b, c)
	}
	round(b, c)
	want(2, b, c)
	round(a) // and wakes up
	want(0, a)
	for range 3 {
		round(b, a, c)
	}
	want(3, a, b, c)
	mine, _, _, err := c.register(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.release(t.Context(), mine)
	delete(parts, c)
	round(a, b)
	want(3, a, b) // what c sent last is not past yet
	round(a, b)
	want(2, a, b)
}
