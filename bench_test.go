package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/config"
	"karussell/store/bolt"
)

// The benchmarks of the whole way: real extractor, real engine, real store.
// KARUSSELL_TEST_STORED sets the size of the large store (default 100,000; the
// figures in docs/benchmarks.md are for 1,000,000), KARUSSELL_TEST_BENCHDIR keeps
// the filled stores between runs. Each benchmark works on a copy, so that none
// measures what others have added.

// newsroom writes articles: one in twenty about a coach, the others are the
// ordinary sports news that must be cheap.
type newsroom struct {
	clubs []bot.Club
	n     int
}

func (r *newsroom) article(published time.Time) bot.Article {
	r.n++
	rng := rand.New(rand.NewPCG(uint64(r.n), 7))
	club, other := r.clubs[rng.IntN(len(r.clubs))], r.clubs[rng.IntN(len(r.clubs))]
	a := bot.Article{
		Outlet: fmt.Sprintf("Blatt %d", rng.IntN(40)), URL: fmt.Sprintf("https://blatt.example/%d", r.n),
		Title: fmt.Sprintf("%s gegen %s: Bericht %d", club.Name, other.Name, r.n), Language: "de",
		PublishedAt: published, Published: bot.DateOf(published), ReadAt: published,
	}
	if r.n%20 == 0 {
		coach := coachName(rng.IntN(5000))
		a.Title = fmt.Sprintf("%s trennt sich von %s", club.Name, coach)
		a.Text = fmt.Sprintf("%s hat sich von Trainer %s getrennt. Das teilte der Verein mit. Bericht %d.", club.Name, coach, r.n)
		return a
	}
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, "In der %d. Minute traf der Angreifer zum %d:%d, nachdem die Abwehr von %s den Ball nicht klären konnte. ", rng.IntN(90)+1, rng.IntN(4), rng.IntN(4), other.Name)
		if i%4 == 3 {
			b.WriteString("\n\n")
		}
	}
	a.Text = b.String()
	return a
}

// coachName makes names that differ enough to be different people.
func coachName(i int) string {
	first := []string{"Dirk", "Karel", "Heiner", "Ole", "Merlin", "Steffen", "Marco", "Jens", "Uwe", "Lukas", "Adrian", "Tomas", "Rico", "Boris", "Falk", "Gerd", "Hauke", "Ingo", "Joris", "Kai"}
	head := []string{"Back", "Schu", "Wer", "Polz", "Baum", "Klos", "Rit", "Fenn", "Gram", "Hol", "Kram", "Lind", "Mor", "Nies", "Ost", "Pet"}
	tail := []string{"haus", "ster", "ner", "in", "gart", "mann", "berg", "feld", "hoff", "ing", "kamp", "low", "meier", "rath", "stein", "wald"}
	return first[i%20] + " " + head[i/20%16] + tail[i/320%16]
}

func bench(tb testing.TB, stored int) (*bot.Engine, *bolt.Store, *newsroom) {
	tb.Helper()
	dir := os.Getenv("KARUSSELL_TEST_BENCHDIR")
	if dir == "" {
		dir = tb.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprintf("bench-%d.db", stored))
	k, err := loadKnowledge()
	if err != nil {
		tb.Fatal(err)
	}
	room := &newsroom{clubs: k.extractor.Gazetteer().Clubs()}
	if _, err := os.Stat(path); err != nil {
		store, engine := opened(tb, path+".new", k, bolt.Options{NoSync: true})
		fill(tb, engine, room, stored)
		if err := errors.Join(store.Close(), os.Rename(path+".new", path)); err != nil {
			tb.Fatal(err)
		}
	}
	copied := filepath.Join(tb.TempDir(), "k.db")
	if err := copyFile(path, copied); err != nil {
		tb.Fatal(err)
	}
	store, engine := opened(tb, copied, k, bolt.Options{}) // with flushing, as a running bot does
	return engine, store, room
}

func opened(tb testing.TB, path string, k knowledge, o bolt.Options) (*bolt.Store, *bot.Engine) {
	tb.Helper()
	store, err := bolt.Open(path, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	engine, err := newEngine(&world{now: time.Now}, config.Config{}, store, k, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return store, engine
}

// copyFile leaves nothing for the disk to write while something is measured.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func fill(tb testing.TB, engine *bot.Engine, room *newsroom, n int) {
	tb.Helper()
	start := time.Now().AddDate(0, 0, -400)
	batch := make([]bot.Article, 0, 1000)
	for room.n < n {
		batch = batch[:0]
		for len(batch) < cap(batch) && room.n < n {
			batch = append(batch, room.article(start.Add(time.Duration(room.n)*30*time.Second)))
		}
		if _, err := engine.Ingest(tb.Context(), bot.Batch{Articles: batch, Backlog: true}); err != nil {
			tb.Fatal(err)
		}
	}
}

func large() int {
	if n, err := strconv.Atoi(os.Getenv("KARUSSELL_TEST_STORED")); err == nil {
		return n
	}
	return 100_000
}

// BenchmarkIngest is the cost of one article of a batch of 64, with extraction
// and a durable commit.
func BenchmarkIngest(b *testing.B) {
	for _, stored := range []int{10_000, large()} {
		b.Run(fmt.Sprintf("stored=%d", stored), func(b *testing.B) {
			engine, _, room := bench(b, stored)
			room.n = int(time.Now().UnixNano()) // never read before, also not by an earlier run
			b.ResetTimer()
			articles := 0
			for b.Loop() {
				batch := make([]bot.Article, 64)
				for i := range batch {
					batch[i] = room.article(time.Now())
				}
				if _, err := engine.Ingest(b.Context(), bot.Batch{Articles: batch, Backlog: true}); err != nil {
					b.Fatal(err)
				}
				articles += len(batch)
			}
			b.ReportMetric(float64(articles)/b.Elapsed().Seconds(), "articles/s")
		})
	}
}

// BenchmarkAsk is the time of an answer beside a large store.
func BenchmarkAsk(b *testing.B) {
	engine, _, _ := bench(b, large())
	for _, line := range []string{"/coach", "/club"} {
		b.Run(line[1:], func(b *testing.B) {
			var times []time.Duration
			i := 0
			clubs := engine.Gazetteer.Clubs()
			for b.Loop() {
				i++
				what := coachName(i * 7 % 5000)
				if line == "/club" {
					what = clubs[i*13%len(clubs)].Name
				}
				request, err := parseCommand(engine.Commands(), line+" "+what)
				if err != nil {
					b.Fatal(err)
				}
				begun := time.Now()
				_ = engine.Respond(b.Context(), request)
				times = append(times, time.Since(begun))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
			runtime.GC()
			b.ReportMetric(anonymousMB(b), "anon-MB")
		})
	}
}

// BenchmarkStart is opening a large store and loading all knowledge.
func BenchmarkStart(b *testing.B) {
	_, store, _ := bench(b, large())
	path := store.Path()
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := loadKnowledge(); err != nil {
			b.Fatal(err)
		}
		s, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// anonymousMB is the process's own memory, without the mapped store.
func anonymousMB(b *testing.B) float64 {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // not Linux
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return float64(kb) / 1024
		}
	}
	return 0
}
