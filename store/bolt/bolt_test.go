package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"karussell/bot"
	"karussell/store/bolt"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		removeLibraries()
		os.Exit(code)
	}))
}

// open opens a store that is closed at the end of the test.
func open(t *testing.T, path string, o bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, bot.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

func checked(t *testing.T, s *bolt.Store) {
	t.Helper()
	problems, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

func note(ctx context.Context, s *bolt.Store, key, value string) error {
	return s.Update(ctx, func(tx bot.Tx) error { return tx.PutNote(key, []byte(value)) })
}

func TestKeepsOverReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	s := open(t, path, bolt.Options{})
	if err := note(t.Context(), s, "a", "1"); err != nil {
		t.Fatal(err)
	}
	checked(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := note(t.Context(), s, "a", "2"); !errors.Is(err, bot.ErrClosed) {
		t.Errorf("update after close: %v", err)
	}
	s = open(t, path, bolt.Options{ReadOnly: true})
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		v, err := tx.Note("a")
		if string(v) != "1" {
			t.Errorf("note is %q", v)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := note(t.Context(), s, "a", "2"); err == nil {
		t.Error("read-only store took an update")
	}
}

// A function that fails, panics or ends its goroutine must not take the other
// updates of its group along.
func TestGroupSurvivesItsMembers(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "k.db"), bolt.Options{NoSync: true})
	failure := errors.New("on purpose")
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			key := fmt.Sprintf("n/%03d", i)
			err := s.Update(t.Context(), func(tx bot.Tx) error {
				if err := tx.PutNote(key, []byte("x")); err != nil {
					return err
				}
				switch i % 10 {
				case 1:
					return failure
				case 2:
					panic("on purpose")
				case 3:
					return tx.PutNote(strings.Repeat("k", 1<<17), []byte("too long"))
				}
				return nil
			})
			if bad := i%10 >= 1 && i%10 <= 3; bad != (err != nil) || i%10 == 1 && err != failure { //nolint:errorlint // as it is
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		keys, err := tx.Notes("n/", "", 1000)
		if len(keys) != 140 {
			t.Errorf("%d notes", len(keys))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	checked(t, s)
}

func TestEndingGoroutineKeepsNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "k.db"), bolt.Options{NoSync: true})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = s.Update(t.Context(), func(tx bot.Tx) error {
			_ = tx.PutNote("a", []byte("1"))
			runtime.Goexit()
			return nil
		})
	}()
	<-gone
	if err := note(t.Context(), s, "b", "1"); err != nil {
		t.Fatal(err)
	}
	_ = s.View(t.Context(), func(tx bot.ReadTx) error {
		if v, err := tx.Note("a"); !errors.Is(err, bot.ErrNotFound) {
			t.Errorf("kept %q, %v", v, err)
		}
		return nil
	})
}

func TestCanceledWhileQueued(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "k.db"), bolt.Options{NoSync: true})
	inside, leave := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.Update(t.Context(), func(bot.Tx) error { close(inside); <-leave; return nil })
	})
	<-inside
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := note(ctx, s, "a", "1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("queued update: %v", err)
	}
	close(leave)
	wg.Wait()
	_ = s.View(t.Context(), func(tx bot.ReadTx) error {
		if _, err := tx.Note("a"); !errors.Is(err, bot.ErrNotFound) {
			t.Errorf("withdrawn update was written: %v", err)
		}
		return nil
	})
}

func TestLockedNamesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	open(t, path, bolt.Options{})
	_, err := bolt.Open(path, bolt.Options{})
	if !errors.Is(err, bot.ErrLocked) || !strings.Contains(err.Error(), path) ||
		!strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("second opener: %v", err)
	}
}

func TestRefusesWhatIsNoStore(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.db")
	s := open(t, whole, bolt.Options{})
	for i := range 200 {
		if err := note(t.Context(), s, strconv.Itoa(i), strings.Repeat("x", 4000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	broken := append([]byte(nil), b...)
	for i := range 1 << 14 {
		broken[i] ^= 0x5A
	}
	for name, content := range map[string][]byte{
		"empty":     {},
		"text":      []byte(strings.Repeat("Backhaus nach Schalke?\n", 2000)),
		"short":     []byte("x"),
		"truncated": b[:400<<10],
		"cut":       b[:5000],
		"broken":    broken,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "k.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, readOnly := range []bool{false, true} {
				_, err := bolt.Open(path, bolt.Options{ReadOnly: readOnly})
				if !errors.Is(err, bot.ErrCorrupt) || !strings.Contains(err.Error(), path) {
					t.Errorf("open: %v", err)
				}
			}
			if after, _ := os.ReadFile(path); len(after) != len(content) {
				t.Error("the refused file was changed")
			}
		})
	}
}

func TestFullStoreStaysUsable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	const limit = 2 << 20
	s := open(t, path, bolt.Options{MaxSize: limit, NoSync: true})
	stored := 0
	var err error
	for ; stored < 10000; stored++ {
		if err = note(t.Context(), s, fmt.Sprintf("%05d", stored), strings.Repeat("x", 3000)); err != nil {
			break
		}
	}
	if !errors.Is(err, bot.ErrFull) {
		t.Fatalf("after %d notes: %v", stored, err)
	}
	if u, err := s.Size(); err != nil || u.File > limit {
		t.Errorf("size %+v, %v", u, err)
	}
	err = s.View(t.Context(), func(tx bot.ReadTx) error {
		keys, err := tx.Notes("", "", 1<<20)
		if len(keys) != stored {
			t.Errorf("%d notes, want %d", len(keys), stored)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for i := range stored / 2 {
		err := s.Update(t.Context(), func(tx bot.Tx) error { return tx.PutNote(fmt.Sprintf("%05d", i), nil) })
		if err != nil {
			t.Fatalf("making room: %v", err)
		}
	}
	if err := note(t.Context(), s, "again", "x"); err != nil {
		t.Error(err)
	}
	checked(t, s)
}

func TestBackupAndCompact(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "k.db"), bolt.Options{NoSync: true})
	for i := range 500 {
		if err := note(t.Context(), s, strconv.Itoa(i), strings.Repeat("x", 3000)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 450 {
		if err := s.Update(t.Context(), func(tx bot.Tx) error { return tx.PutNote(strconv.Itoa(i), nil) }); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(dir, "copy.db")
	for range 2 { // the second replaces the first
		if err := s.Backup(t.Context(), copied); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Backup(t.Context(), s.Path()); err == nil {
		t.Error("backed up over itself")
	}
	if err := bolt.Compact(t.Context(), s.Path(), filepath.Join(dir, "x.db")); !errors.Is(err, bot.ErrLocked) {
		t.Errorf("compacting an open store: %v", err)
	}
	before, _ := os.Stat(copied)
	if err := bolt.Compact(t.Context(), copied, copied); err != nil {
		t.Fatal(err)
	}
	after, _ := os.Stat(copied)
	if after.Size() >= before.Size() {
		t.Errorf("compacted from %d to %d bytes", before.Size(), after.Size())
	}
	c := open(t, copied, bolt.Options{})
	checked(t, c)
	_ = c.View(t.Context(), func(tx bot.ReadTx) error {
		if keys, err := tx.Notes("", "", 1000); len(keys) != 50 {
			t.Errorf("%d notes in the copy, %v", len(keys), err)
		}
		return nil
	})
	left, _ := filepath.Glob(filepath.Join(dir, "*.new-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
