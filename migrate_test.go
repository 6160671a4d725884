package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/ledger"
	"karussell/store/memory"
	"karussell/store/postgres"
	"karussell/store/postgres/postgrestest"
)

func database(t *testing.T) string {
	t.Helper()
	server, err := postgrestest.Start(false)
	if errors.Is(err, postgrestest.ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	address, err := server.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// TestMigrateThereAndBack: a file goes to PostgreSQL and back and holds the
// same; commands work on the database and say what they cannot do.
func TestMigrateThereAndBack(t *testing.T) {
	address := database(t)
	dir := t.TempDir()
	file, back := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")
	call := func(db string, want int, args ...string) string {
		t.Helper()
		var out strings.Builder
		w := &world{
			ctx: t.Context(), stdin: strings.NewReader(""), stdout: &out, stderr: &out, now: time.Now,
			env: lookup(map[string]string{"KARUSSELL_DB": db}),
		}
		if code := run(w, args); code != want {
			t.Fatalf("%v: exit %d: %s", args, code, out.String())
		}
		return out.String()
	}
	call(file, 0, "ingest", "samples")
	before := call(file, 0, "ask", "/news all")
	call("", 0, "migrate", "--from", file, "--to", address)
	call(address, 0, "check")
	if after := call(address, 0, "ask", "/news all"); after != before {
		t.Errorf("the database answers\n%s\nthe file\n%s", after, before)
	}
	for query, want := range map[string]string{ // by the database's own indexes
		"/coach Hayner Bakkhuas": "Heiner Backhaus", "/news Trainersuche": "Revierblick",
	} {
		if out := call(address, 0, "ask", query); !strings.Contains(out, want) {
			t.Errorf("%s: %s", query, out)
		}
	}
	if out := call(address, 2, "backup", filepath.Join(dir, "x")); !strings.Contains(out, "pg_dump") {
		t.Error(out)
	}
	call(address, 2, "compact")
	if out := call("", 1, "migrate", "--from", file, "--to", address); !strings.Contains(out, "not empty") {
		t.Error(out)
	}
	call("", 0, "migrate", "--from", address, "--to", back)
	call(back, 0, "check")
	call(back, 0, "ingest", "samples") // known articles, and the sequences go on
	if after := call(back, 0, "ask", "/news all"); after != before {
		t.Errorf("the file that came back answers\n%s", after)
	}
	call("", 1, "migrate", "--from", address, "--to", back) // it is not empty
	running, err := openStore(t.Context(), address, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	note := func(tx bot.Tx) error { return tx.PutNote("n", []byte("1")) }
	call("", 0, "migrate", "--reopen", "--from", address)
	if err := running.Update(t.Context(), note); err != nil {
		t.Error(err)
	}
	if out := call("", 0, "migrate", "--from", address, "--to", filepath.Join(dir, "c.db")); !strings.Contains(out, "told to stop") {
		t.Error(out)
	}
	if err := running.Update(t.Context(), note); !errors.Is(err, postgres.ErrShut) {
		t.Errorf("a running bot wrote to what had moved: %v", err)
	}
	call("", 2, "migrate", "--reopen", "--from", back)
	call("", 2, "migrate", "--from", back)
}

func lookup(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

// breaking fails after some updates.
type breaking struct {
	ledger.Engine
	left atomic.Int64
}

var errBroken = errors.New("the cable was pulled")

func (b *breaking) Update(ctx context.Context, fn func(ledger.Writer) error) error {
	if b.left.Add(-1) < 0 {
		return errBroken
	}
	return b.Engine.Update(ctx, fn)
}

// TestMigrateGoesOn: a copy that is interrupted anywhere goes on, and nobody
// uses its target before.
func TestMigrateGoesOn(t *testing.T) {
	from := memory.New()
	defer from.Close()
	for part := range 3 {
		err := from.Update(t.Context(), func(tx bot.Tx) error {
			for i := range 1500 {
				a := bot.Article{Title: fmt.Sprint(part, i), Text: "text"}
				if err := tx.PutArticle(&a, []string{a.Title}, []bot.Topic{"club:schalke"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "k.db")
	for tries := 0; ; tries++ {
		to, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		cable := &breaking{Engine: to.Engine()}
		cable.left.Store(4)
		copied := 0
		err = ledger.Copy(t.Context(), from.Engine(), cable, func(_ ledger.Space, n int) { copied += n })
		if err2 := to.Close(); err2 != nil {
			t.Fatal(err2)
		}
		if err == nil {
			if tries == 0 {
				t.Fatal("it was not interrupted")
			}
			break
		}
		if !errors.Is(err, errBroken) || tries > 50 {
			t.Fatal(tries, err)
		}
		if s, err := openStore(t.Context(), path, bolt.Options{}); err == nil {
			_ = s.Close()
			t.Fatal("an unfinished copy opens")
		}
	}
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if list, err := s.Check(t.Context()); err != nil || len(list) > 0 {
		t.Error(list, err)
	}
}

// TestReplicaStepsAside: of two replicas one works; when it stops, the other
// takes over; a fence that is old writes nothing.
func TestReplicaStepsAside(t *testing.T) {
	store := memory.New()
	defer store.Close()
	quiet := slog.New(slog.DiscardHandler)
	a, b := newReplica(fenced{store}, time.Minute, time.Now, quiet), newReplica(fenced{store}, time.Minute, time.Now, quiet)
	ctxA, stopA := context.WithCancel(t.Context())
	inA := make(chan context.Context, 1)
	endA := make(chan error, 1)
	go func() {
		endA <- a.alone(ctxA, "clock", func(ctx context.Context) error { inA <- ctx; <-ctx.Done(); return nil })
	}()
	workA := <-inA
	if _, ok, err := b.acquire(t.Context(), "clock"); ok || err != nil {
		t.Fatal("two at once", err)
	}
	note := func(tx bot.Tx) error { return tx.PutNote("x", []byte("1")) }
	if err := (fenced{store}).Update(workA, note); err != nil {
		t.Error(err)
	}
	stopA()
	if err := <-endA; err != nil {
		t.Error(err)
	}
	if _, ok, err := b.acquire(t.Context(), "clock"); !ok || err != nil {
		t.Fatal("not taken over", err)
	}
	if err := (fenced{store}).Update(context.WithoutCancel(workA), note); !errors.Is(err, ledger.ErrLeaseLost) {
		t.Errorf("an old fence wrote: %v", err)
	}
}

func TestStoreNameHidesThePassword(t *testing.T) {
	for _, db := range []string{"postgres://u:geheim@h:1/d?password=geheim", "postgres://u:geheim@[", "postgresql://u:geheim@h/d"} {
		if name := storeName(db); strings.Contains(name, "geheim") {
			t.Error(name)
		}
	}
}
