package bolt_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

func TestRestoreBringsTheBackupAndKeepsWhatWas(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "k.db"), filepath.Join(dir, "backup.db")
	s := fullStore(t)
	want := exported(t, s)
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	restore := func(kept string) error {
		return bolt.Restore(t.Context(), path, backup, filepath.Join(dir, kept), bolt.Options{})
	}
	holds := func(path string, want []byte) {
		t.Helper()
		s := open(t, path, bolt.Options{})
		defer s.Close()
		checked(t, s)
		if !bytes.Equal(exported(t, s), want) {
			t.Errorf("%s holds something else", path)
		}
	}
	if err := restore("none"); err != nil { // nothing was there
		t.Fatal(err)
	}
	holds(path, want)
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Error("something was kept of nothing")
	}

	running := open(t, path, bolt.Options{})
	if err := restore("locked"); !errors.Is(err, bot.ErrLocked) {
		t.Errorf("over a running bot's store: %v", err)
	}
	if err := running.Update(t.Context(), func(tx bot.Tx) error { return tx.PutNote("later", []byte("x")) }); err != nil {
		t.Fatal(err)
	}
	later := exported(t, running)
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	if err := restore("kept.db"); err != nil {
		t.Fatal(err)
	}
	holds(path, want)
	holds(filepath.Join(dir, "kept.db"), later)

	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restore("damaged"); err != nil {
		t.Fatal(err)
	}
	holds(path, want)
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	dir := t.TempDir()
	path, bad := filepath.Join(dir, "k.db"), filepath.Join(dir, "bad.db")
	s := open(t, path, bolt.Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"empty": nil, "text": []byte("hello"), "cut": before[:3*os.Getpagesize()]} {
		if err := os.WriteFile(bad, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := bolt.Restore(t.Context(), path, bad, filepath.Join(dir, "kept"), bolt.Options{}); err == nil {
			t.Errorf("%s: restored", name)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
			t.Errorf("%s: the store was changed: %v", name, err)
		}
	}
	if err := bolt.Restore(t.Context(), path, path, filepath.Join(dir, "kept"), bolt.Options{}); err == nil {
		t.Error("a store was restored from itself")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("left: %q", left)
	}
}

// TestAReplacedStoreIsNotWritten: who waits for the lock while the file is
// compacted gets the new file, not the one that lost its name.
func TestAReplacedStoreIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "k.db")
	for round := range 10 {
		s := open(t, path, bolt.Options{})
		opened := make(chan error, 1)
		go func() {
			s, err := bolt.Open(path, bolt.Options{})
			for errors.Is(err, bot.ErrLocked) {
				s, err = bolt.Open(path, bolt.Options{})
			}
			if err == nil {
				err = s.Update(t.Context(), func(tx bot.Tx) error { return tx.PutNote("round", []byte{byte(round)}) })
				err = errors.Join(err, s.Close())
			}
			opened <- err
		}()
		time.Sleep(5 * time.Millisecond) // it waits for the lock
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := bolt.Compact(t.Context(), path, path); err != nil && !errors.Is(err, bot.ErrLocked) {
			t.Fatal(err)
		}
		if err := <-opened; err != nil {
			t.Fatal(err)
		}
		s = open(t, path, bolt.Options{})
		err := s.View(t.Context(), func(tx bot.ReadTx) error {
			raw, err := tx.Note("round")
			if err == nil && raw[0] != byte(round) {
				t.Errorf("round %d is lost", round)
			}
			return err
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
