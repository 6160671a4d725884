package postgres_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"karussell/store/postgres/postgrestest"
)

// onSmallDisk starts a server on a file system of its own, with little room.
func onSmallDisk(t *testing.T) (srv *postgrestest.Server, disk string) {
	t.Helper()
	disk, err := os.MkdirTemp("", "kpgdisk") //nolint:usetesting // the server's account must come in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(disk) })
	if err := os.Chmod(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=128m,mode=0755"); err != nil {
		t.Skip("no small disk can be mounted here (it takes root): ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	srv, err = postgrestest.StartIn(disk, true)
	if errors.Is(err, postgrestest.ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv, disk
}

// fillDisk leaves no room.
func fillDisk(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 512; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
