package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// vault is a store, an older backup of it, and what both hold.
type vault struct {
	t           *testing.T
	dir         string
	now, before string // holdings of store and backup
	upgraded    string // export of a store of version 1 after an undisturbed upgrade
}

func (v *vault) path(name string) string { return filepath.Join(v.dir, name) }

// do runs the program to its end.
func (v *vault) do(args ...string) {
	v.t.Helper()
	if out, err := program(v.t, args...).CombinedOutput(); err != nil {
		v.t.Fatalf("%q: %v: %s", args, err, out)
	}
}

// kill runs the program and kills it with SIGKILL at a random moment of the time
// that it takes; it may have ended by then.
func (v *vault) kill(long time.Duration, args ...string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Duration(rand.Int64N(int64(long))))
	defer cancel()
	cmd := program(v.t, args...)
	killed := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	killed.Env = cmd.Env
	_ = killed.Run()
}

// is fails unless the store holds one of the wanted states.
func (v *vault) is(name string, want ...string) {
	v.t.Helper()
	got := holdings(v.t, v.path(name))
	if slices.Contains(want, got) {
		return
	}
	v.t.Fatalf("%s holds neither the old nor the new state\n%s", name, firstDifference(got, want[0]))
}

func (v *vault) exists(name string) bool {
	_, err := os.Stat(v.path(name))
	return err == nil
}

// fresh copies the store for the next kill.
func (v *vault) fresh(name string) {
	v.t.Helper()
	raw, err := os.ReadFile(v.path("k.db"))
	if err == nil {
		err = os.WriteFile(v.path(name), raw, 0o600)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// export is everything that a store holds.
func (v *vault) export(name string) string {
	v.t.Helper()
	out, err := program(v.t, "export", "--db", v.path(name)).Output()
	if err != nil {
		v.t.Fatal(err)
	}
	return string(out)
}

// first makes a store of version 1.
func (v *vault) first(name string) {
	v.t.Helper()
	f, err := os.Open(filepath.Join("store", "bolt", "testdata", "schema-1.db.gz"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer f.Close()
	packed, err := gzip.NewReader(f)
	if err != nil {
		v.t.Fatal(err)
	}
	raw, err := io.ReadAll(packed)
	if err == nil {
		err = os.WriteFile(v.path(name), raw, 0o600)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// TestKilledCareLeavesOldOrNew kills what looks after a store at random moments:
// the old state or the new one is there, and the same command ends the work.
func TestKilledCareLeavesOldOrNew(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes; run without -short")
	}
	kills := 6
	if n, err := strconv.Atoi(os.Getenv("KARUSSELL_TEST_KILLS")); err == nil {
		kills = n
	}
	v := &vault{t: t, dir: t.TempDir()}
	articles := writeArticles(t, 400)
	v.do("ingest", "--db", v.path("k.db"), "--outlet", "Blatt", filepath.Join(articles, "0001.txt"))
	v.do("backup", "--db", v.path("k.db"), v.path("old.db"))
	v.do("ingest", "--db", v.path("k.db"), "--outlet", "Blatt", articles)
	v.first("first.db")
	v.do("check", "--db", v.path("first.db"))
	v.upgraded = v.export("first.db")
	v.now, v.before = holdings(t, v.path("k.db")), holdings(t, v.path("old.db"))

	for _, what := range []struct {
		name  string
		args  func(name string) []string
		after func(name string) // looks at what a kill left, before the same command again
		whole func(name string) // looks at what is there then
	}{
		{
			name: "backup", args: func(name string) []string { return []string{"backup", "--db", v.path("k.db"), v.path(name)} },
			after: func(name string) {
				v.is("k.db", v.now)
				if v.exists(name) {
					v.is(name, v.now)
					_ = os.Remove(v.path(name)) // the command makes no second one over it
				}
			},
			whole: func(name string) { v.is(name, v.now) },
		},
		{
			name: "compact", args: func(name string) []string { v.fresh(name); return []string{"compact", "--db", v.path(name)} },
			after: func(name string) { v.is(name, v.now) },
			whole: func(name string) { v.is(name, v.now) },
		},
		{
			name: "restore", args: func(name string) []string {
				v.fresh(name)
				return []string{"restore", "--db", v.path(name), v.path("old.db")}
			},
			after: func(name string) { v.is(name, v.now, v.before) },
			whole: func(name string) { v.is(name, v.before) },
		},
		{
			name: "migrate", args: func(name string) []string {
				return []string{"migrate", "--from", v.path("k.db"), "--to", v.path(name)}
			},
			after: func(string) { v.is("k.db", v.now) },
			whole: func(name string) { v.is(name, v.now) },
		},
		{
			name: "upgrade", args: func(name string) []string { v.first(name); return []string{"check", "--db", v.path(name)} },
			after: func(string) {}, // looking at it would end the work
			whole: func(name string) {
				if v.export(name) != v.upgraded {
					v.t.Fatal("an upgrade that was killed and done again gives another store")
				}
			},
		},
	} {
		t.Run(what.name, func(t *testing.T) {
			v.t = t
			begun := time.Now()
			v.do(what.args(what.name + "-quiet.db")...)
			long := time.Since(begun)
			for i := range kills {
				name := fmt.Sprintf("%s%d.db", what.name, i)
				args := what.args(name)
				v.kill(long, args...)
				what.after(name)
				out, err := program(t, args...).CombinedOutput()
				if err != nil && what.name == "migrate" { // the copy was complete before the kill
					t.Logf("%s", out)
				} else if err != nil {
					t.Fatalf("after a kill: %v: %s", err, out)
				}
				what.whole(name)
			}
			left, err := filepath.Glob(v.path("*.new-*"))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d kills within %s, %d half-made files left for the next hour's sweep", kills, long, len(left))
		})
	}
}
