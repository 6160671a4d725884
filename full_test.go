package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"karussell/bot"
	"karussell/store/bolt"
)

// TestFullStoreLosesNothing ingests into a file that may not grow: the command
// says which file is full and what to do, what was stored stays, and with more
// room the same ingest ends with what an undisturbed run holds.
func TestFullStoreLosesNothing(t *testing.T) {
	articles := writeArticles(t, 1500)
	db, quiet := filepath.Join(t.TempDir(), "k.db"), filepath.Join(t.TempDir(), "quiet.db")
	ingest := func(db, limit string, more ...string) (string, error) {
		cmd := program(t, append([]string{"ingest", "--db", db, "--outlet", "Blatt", articles}, more...)...)
		cmd.Env = append(cmd.Env, "KARUSSELL_DB_MAX_SIZE="+limit)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := ingest(quiet, ""); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	missing := filepath.Join(t.TempDir(), "missing.txt")
	for _, limit := range []string{"1MiB", "1MiB", "1200KB"} { // the second finds no room at all
		out, err := ingest(db, limit, missing)
		if err == nil {
			t.Fatalf("with %s: exit 0: %s", limit, out)
		}
		for _, want := range []string{db + ": no space left", "raise the limit", "store.max_size", missing} {
			if !strings.Contains(out, want) {
				t.Errorf("with %s: no %q in %s", limit, want, out)
			}
		}
		if strings.Contains(out, "panic") {
			t.Error(out)
		}
		_ = holdings(t, db) // opens and passes its check
		size, err := os.Stat(db)
		if err != nil || size.Size() > 1200e3 {
			t.Errorf("with %s the file has %d bytes", limit, size.Size())
		}
	}
	if out, err := program(t, "ask", "--db", db, "/coach Schuster").CombinedOutput(); err != nil || !strings.Contains(string(out), "Dirk Schuster") {
		t.Errorf("a full store's answer: %v: %s", err, out)
	}
	if out, err := ingest(db, "1GB"); err != nil {
		t.Fatalf("with more room: %v: %s", err, out)
	}
	if got, want := holdings(t, db), holdings(t, quiet); got != want {
		t.Errorf("the store differs from an undisturbed one\n%s", firstDifference(got, want))
	}
}

// TestRunningBotSurvivesAFullStore: the bot says what is wrong, ends cleanly when
// told to, and reads the rest when it has room again.
func TestRunningBotSurvivesAFullStore(t *testing.T) {
	const items = 60
	paper := newPaper(t, "Ruhr-Blatt")
	for i := range items {
		text := strings.Repeat(fmt.Sprintf("Im Spiel Nummer %d gewann Schalke mit 2:1, die Zuschauer freuten sich. ", i), 300)
		paper.publish(fmt.Sprintf("Spiel %d", i), text)
	}
	r := startBot(t, "KARUSSELL_FEEDS="+paper.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true",
		"KARUSSELL_DB_MAX_SIZE=1MiB")
	db := strings.TrimPrefix(r.env[0], "KARUSSELL_DB=")
	r.awaitSaid(db+": no space left for the store: the file has reached its size limit; raise the limit", 1)
	r.stop(syscall.SIGTERM)
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if n := stored(t, db); n == items {
		t.Error("everything fitted: the test shows nothing")
	}
	r.env = append(r.env, "KARUSSELL_DB_MAX_SIZE=100MB")
	r.start()
	r.awaitSaid("feed contacted", 1)
	r.stop(syscall.SIGTERM)
	if n := stored(t, db); n != items {
		t.Errorf("%d articles of %d", n, items)
	}
}

// stored counts the articles of a store that passes its check.
func stored(t *testing.T, db string) (n int) {
	t.Helper()
	_ = holdings(t, db)
	s, err := bolt.Open(db, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(t.Context(), func(tx bot.ReadTx) (err error) { n, err = tx.ArticleCount(); return err })
	if err != nil {
		t.Fatal(err)
	}
	return n
}
