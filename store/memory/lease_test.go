package memory_test

import (
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/ledger"
	"karussell/store/memory"
)

func TestLease(t *testing.T) {
	s := memory.New()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	acquire := func(holder string, after time.Duration, want bool, fence uint64) {
		t.Helper()
		err := s.Update(t.Context(), func(tx bot.Tx) error {
			l, ok, err := ledger.AcquireLease(tx, "polling", holder, now.Add(after), time.Minute)
			if ok != want || l.Fence != fence || ok && l.Holder != holder {
				t.Errorf("%s after %v: %+v, %v", holder, after, l, ok)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	acquire("a", 0, true, 1)
	acquire("b", 30*time.Second, false, 1)
	acquire("a", 50*time.Second, true, 1) // prolonged
	acquire("b", 70*time.Second, false, 1)
	acquire("b", 110*time.Second, true, 2)
	acquire("a", 111*time.Second, false, 2)
	for range 2 {
		err := s.Update(t.Context(), func(tx bot.Tx) error { return ledger.ReleaseLease(tx, "polling", "b") })
		if err != nil {
			t.Error(err)
		}
	}
	acquire("a", 112*time.Second, true, 3)
}
