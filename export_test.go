package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestKilledExportAndImportLeaveOldOrNew kills both at random moments: a file
// that has its name is whole, and an import can be begun anew.
func TestKilledExportAndImportLeaveOldOrNew(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes; run without -short")
	}
	dir := t.TempDir()
	db, whole := filepath.Join(dir, "k.db"), filepath.Join(dir, "all.jsonl")
	do := func(args ...string) {
		t.Helper()
		if out, err := program(t, args...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
	}
	do("ingest", "--db", db, "--outlet", "Blatt", writeArticles(t, 300))
	do("export", "--db", db, whole)
	want, wantLines := holdings(t, db), readFile(t, whole)
	begun := time.Now()
	do("import", "--db", filepath.Join(dir, "quiet.db"), whole)
	long := time.Since(begun)
	kill := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(long))))
		defer cancel()
		cmd := program(t, args...)
		killed := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...) // kills with SIGKILL
		killed.Env = cmd.Env
		_ = killed.Run()
	}
	for i := range 12 {
		target, lines := filepath.Join(dir, fmt.Sprintf("%d.db", i)), filepath.Join(dir, fmt.Sprintf("%d.jsonl", i))
		kill("export", "--db", db, lines)
		if _, err := os.Stat(lines); err == nil && readFile(t, lines) != wantLines {
			t.Fatal("a killed export left a broken file under its name")
		}
		kill("import", "--db", target, whole)
		out, err := program(t, "import", "--db", target, whole).CombinedOutput()
		if got := holdings(t, target); got != want {
			t.Fatalf("after a kill and another import (%v: %s) the store differs", err, out)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
