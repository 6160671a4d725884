package bolt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// TestDamage flips bytes anywhere in a file. Whatever comes of it (nothing, an
// error, a problem that Check finds), the program goes on, and a store that
// opens still answers.
func TestDamage(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.db")
	s := open(t, whole, bolt.Options{NoSync: true})
	err := s.Update(t.Context(), func(tx bot.Tx) error {
		for n := range 300 {
			if err := numbered(tx, n+1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	intact, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	used := len(intact)
	for used > 0 && intact[used-1] == 0 {
		used--
	}
	rounds, refused, found := 60, 0, 0
	for round := range rounds {
		b := append([]byte(nil), intact...)
		random := rand.New(rand.NewPCG(uint64(round), 1))
		for range 1 + random.IntN(20) {
			b[random.IntN(used)] = byte(random.Uint32())
		}
		if round%5 == 0 { // the head of a page holds what the rest hangs on
			page := random.IntN(used/4096) * 4096
			for i := range 64 {
				b[page+i] = byte(random.Uint32())
			}
		}
		path := filepath.Join(t.TempDir(), fmt.Sprint(round, ".db"))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		switch useDamaged(t, path) {
		case "refused":
			refused++
		case "found":
			found++
		}
	}
	t.Logf("of %d damaged files %d were refused, in %d Check found the damage", rounds, refused, found)
	if refused+found == 0 {
		t.Error("no damage was noticed")
	}
}

// useDamaged does with a damaged store all that can be done.
func useDamaged(t *testing.T, path string) string {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		if !errors.Is(err, bot.ErrCorrupt) && !errors.Is(err, bot.ErrNewer) {
			t.Errorf("open: %v", err)
		}
		return "refused"
	}
	defer func() { _ = s.Close() }()
	allowed := func(what string, err error) {
		if err != nil && !errors.Is(err, bot.ErrCorrupt) && !errors.Is(err, bot.ErrNewer) && !errors.Is(err, bot.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	problems, err := s.Check(t.Context())
	allowed("check", err)
	allowed("view", s.View(t.Context(), func(tx bot.ReadTx) error {
		_, err := tx.Articles(bot.TopicAll, bot.Page{Limit: 1000})
		_, err2 := tx.Stories("club:club-31", bot.Page{Limit: 1000})
		_, err3 := tx.Coaches("", 1000)
		return errors.Join(err, err2, err3)
	}))
	allowed("update", s.Update(t.Context(), func(tx bot.Tx) error { return numbered(tx, 301) }))
	_, err = s.Claim(t.Context(), time.Unix(1<<32, 0), 1, 100)
	allowed("claim", err)
	if len(problems) > 0 {
		return "found"
	}
	return "unnoticed"
}
