package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"karussell/bot"
	"karussell/store/bolt"
)

// smallDisk is the environment variable that makes this test binary a process
// whose files may not grow, which is how a full disk looks to it.
const smallDisk = "KARUSSELL_TEST_SMALL_DISK"

func TestFullDisk(t *testing.T) {
	if path := os.Getenv(smallDisk); path != "" {
		fillDisk(t, path)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	child.Env = append(os.Environ(), smallDisk+"="+filepath.Join(t.TempDir(), "k.db"))
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fillDisk(t *testing.T, path string) {
	t.Helper()
	s := open(t, path, bolt.Options{NoSync: true})
	limit := func(soft uint64) {
		var r syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
			t.Fatal(err)
		}
		r.Cur = min(soft, r.Max)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
			t.Fatal(err)
		}
	}
	limit(6 << 20)
	stored := 0
	var err error
	for ; stored < 10_000; stored++ {
		if err = note(t.Context(), s, fmt.Sprintf("%05d", stored), strings.Repeat("x", 3000)); err != nil {
			break
		}
	}
	if !errors.Is(err, bot.ErrFull) {
		t.Errorf("after %d notes: %v", stored, err)
	}
	if err := s.Backup(t.Context(), path+".copy"); err != nil && !errors.Is(err, bot.ErrFull) {
		t.Errorf("backup: %v", err)
	}
	limit(1 << 62)
	for i := stored; i < stored+10; i++ {
		if err := note(t.Context(), s, fmt.Sprintf("%05d", i), "x"); err != nil {
			t.Errorf("after room was made: %v", err)
		}
	}
	_ = s.View(t.Context(), func(tx bot.ReadTx) error {
		if keys, err := tx.Notes("", "", 1<<20); len(keys) != stored+10 {
			t.Errorf("%d notes, want %d, %v", len(keys), stored+10, err)
		}
		return nil
	})
	checked(t, s)
}
