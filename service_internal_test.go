package main

import (
	"path/filepath"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/memory"
)

// TestLeasesOfAKilledProcess: in a file, which one process has at a time, what a
// killed one had claimed is due again at once. In a store that others may share,
// a claim that is not ours is left to run out: it may be at work.
func TestLeasesOfAKilledProcess(t *testing.T) {
	file, err := bolt.Open(filepath.Join(t.TempDir(), "k.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, test := range []struct {
		name  string
		store bot.Store
		left  int
	}{
		{"a file", file, 0},
		{"a shared store", fenced{file}, 1},
		{"any other store", memory.New(), 1},
	} {
		now := time.Now()
		err := test.store.Update(t.Context(), func(tx bot.Tx) error {
			return tx.PutDelivery(bot.Delivery{ID: "d", Chat: bot.ChatRef{Platform: "telegram", Chat: "1"}, Kind: bot.DeliverNotice, Due: now})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := test.store.Claim(t.Context(), now, time.Hour, 9); err != nil || len(got) != 1 {
			t.Fatalf("%s: claimed %+v, %v", test.name, got, err)
		}
		if err := (&service{store: test.store}).releaseLeases(t.Context()); err != nil {
			t.Fatal(err)
		}
		err = test.store.View(t.Context(), func(tx bot.ReadTx) error {
			size, err := tx.OutboxSize()
			if size.Leased != test.left {
				t.Errorf("%s: %d leases left, want %d", test.name, size.Leased, test.left)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
