package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// program starts this test binary as karussell, or the binary that
// KARUSSELL_TEST_BINARY names.
func program(tb testing.TB, args ...string) *exec.Cmd {
	tb.Helper()
	if path := os.Getenv("KARUSSELL_TEST_BINARY"); path != "" {
		cmd := exec.Command(path, args...)
		cmd.Env = append(os.Environ(), "KARUSSELL_LOG=error")
		return cmd
	}
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	link := filepath.Join(tb.TempDir(), "karussell")
	if err := os.Symlink(self, link); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(link, args...)
	cmd.Env = append(os.Environ(), "KARUSSELL_LOG=error")
	return cmd
}

// writeArticles makes n dated articles about clubs and coaches in turn.
func writeArticles(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := writeArticlesTo(dir, n); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeArticlesTo(dir string, n int) error {
	clubs := []string{"FC Schalke 04", "1. FC Kaiserslautern", "Hamburger SV", "Alemannia Aachen", "SV Werder Bremen"}
	coaches := []string{"Dirk Schuster", "Karel Geraerts", "Heiner Backhaus", "Ole Werner", "Merlin Polzin", "Steffen Baumgart"}
	for i := range n {
		club, coach := clubs[i%len(clubs)], coaches[i%len(coaches)]
		var body string
		switch i % 3 {
		case 0:
			body = fmt.Sprintf("Der %s hat sich von Trainer %s getrennt. Das teilte der Verein am %d. Spieltag mit.", club, coach, i%34+1)
		case 1:
			body = fmt.Sprintf("%s soll nach Informationen von Sky ein Kandidat auf den Trainerposten bei %s sein. Nummer %d.", coach, club, i)
		default:
			body = fmt.Sprintf("Im Spiel Nummer %d gewann %s mit 2:1. Die Zuschauer freuten sich.", i, club)
		}
		text := fmt.Sprintf(" date 2024-%02d-%02d\nMeldung %d\n\n%s\n", i%12+1, i%28+1, i, body)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.txt", i)), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// clockTimes are times of the machine's clock, which differ from run to run.
var clockTimes = regexp.MustCompile(`"20(2[6-9]|[3-9]\d)-\d\d-\d\dT[^"]*"`)

// holdings is everything that a store holds, as text, without the times at which
// it was written.
func holdings(t *testing.T, db string) string {
	t.Helper()
	store, err := bolt.Open(db, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	problems, err := store.Check(t.Context())
	if err != nil || len(problems) > 0 {
		t.Fatalf("check: %v %v", problems, err)
	}
	var b strings.Builder
	write := func(v any, err error) error {
		if err != nil {
			return err
		}
		raw, err := json.Marshal(v)
		fmt.Fprintf(&b, "%s\n", clockTimes.ReplaceAll(raw, []byte(`"-"`)))
		return err
	}
	err = store.View(t.Context(), func(tx bot.ReadTx) error {
		n, err := tx.ArticleCount()
		if err != nil {
			return err
		}
		for id := range n {
			if err := write(tx.Article(bot.ArticleID(id + 1))); err != nil {
				return err
			}
			if err := write(tx.Findings(bot.ArticleID(id + 1))); err != nil {
				return err
			}
		}
		if err := write(tx.Coaches("", 1000)); err != nil {
			return err
		}
		return write(tx.Stories(bot.TopicAll, bot.Page{Limit: 1000}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestKilledIngestLosesNothing kills an ingest at random moments. Whatever the
// moment, the store opens, passes its check, and holds after the same ingest
// again exactly what an undisturbed run holds.
func TestKilledIngestLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes; run without -short")
	}
	kills := 12
	if n, err := strconv.Atoi(os.Getenv("KARUSSELL_TEST_KILLS")); err == nil {
		kills = n
	}
	articles := writeArticles(t, 300)
	quiet := filepath.Join(t.TempDir(), "quiet.db")
	begun := time.Now()
	if out, err := program(t, "ingest", "--db", quiet, "--outlet", "Blatt", articles).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole := time.Since(begun)
	want := holdings(t, quiet)
	for i := range kills {
		db := filepath.Join(t.TempDir(), fmt.Sprintf("killed%d.db", i))
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(whole))))
		cmd := program(t, "ingest", "--db", db, "--outlet", "Blatt", articles)
		killed := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...) // kills with SIGKILL
		killed.Env = cmd.Env
		_ = killed.Run()
		cancel()
		if _, err := os.Stat(db); err == nil {
			_ = holdings(t, db) // opens and passes its check
		}
		if out, err := program(t, "ingest", "--db", db, "--outlet", "Blatt", articles).CombinedOutput(); err != nil {
			t.Fatalf("after the kill: %v: %s", err, out)
		}
		if got := holdings(t, db); got != want {
			t.Fatalf("kill %d: the store differs from an undisturbed one\n%s", i, firstDifference(got, want))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\ngot  %.2000s\nwant %.2000s", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
