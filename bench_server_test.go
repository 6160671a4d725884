package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"karussell/bot"
	"karussell/config"
	"karussell/store/bolt"
	"karussell/store/postgres/postgrestest"
)

// The same beside each other in a file and in PostgreSQL, both with flushing.
// KARUSSELL_TEST_STORED articles are stored before (10,000), and
// KARUSSELL_TEST_CHATS chats follow the club whose story is told (10,000).

// kept opens an empty store of a kind.
func kept(b *testing.B, kind string) (keeper, *bot.Engine, *newsroom) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "k.db")
	if kind == "PostgreSQL" {
		server, err := postgrestest.Start(true)
		if errors.Is(err, postgrestest.ErrNone) {
			b.Skip(err)
		}
		if err == nil {
			b.Cleanup(func() { _ = server.Close() })
			path, err = server.Schema(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	store, err := openAny(b.Context(), path, bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	k, err := loadKnowledge()
	if err != nil {
		b.Fatal(err)
	}
	engine, err := newEngine(&world{now: time.Now}, config.Config{}, store, k, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	return store, engine, &newsroom{clubs: k.extractor.Gazetteer().Clubs()}
}

func besides(name string, standard int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return standard
}

// BenchmarkBesideIngest fills a store, and measures ingest and answers at a tenth
// of its size and at its end.
func BenchmarkBesideIngest(b *testing.B) {
	for _, kind := range []string{"bbolt", "PostgreSQL"} {
		b.Run(kind, func(b *testing.B) {
			_, engine, room := kept(b, kind)
			n := besides("KARUSSELL_TEST_STORED", 10_000)
			for _, size := range []int{n / 10, n} {
				start := time.Now()
				from := room.n
				fill(b, engine, room, size)
				name := fmt.Sprint("-at-", size)
				b.ReportMetric(float64(size-from)/time.Since(start).Seconds(), "backlog-articles/s"+name)
				b.ReportMetric(ingestRate(b, engine, room), "articles/s"+name)
				for _, line := range []string{"/coach", "/club"} {
					took := answers(b, engine, line)
					b.ReportMetric(took, line[1:]+"-p99-ms"+name)
				}
			}
		})
	}
}

// ingestRate is how many articles a second are stored in batches of 64.
func ingestRate(b *testing.B, engine *bot.Engine, room *newsroom) float64 {
	b.Helper()
	const batches = 10
	start := time.Now()
	for range batches {
		batch := make([]bot.Article, 64)
		for i := range batch {
			batch[i] = room.article(time.Now())
		}
		if _, err := engine.Ingest(b.Context(), bot.Batch{Articles: batch, Backlog: true}); err != nil {
			b.Fatal(err)
		}
	}
	return batches * 64 / time.Since(start).Seconds()
}

// answers is the 99th percentile of 500 answers.
func answers(b *testing.B, engine *bot.Engine, line string) float64 {
	b.Helper()
	var times []time.Duration
	clubs := engine.Gazetteer.Clubs()
	for i := range 500 {
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
	return float64(times[len(times)*99/100].Microseconds()) / 1000
}

// BenchmarkBesideFanOut tells one story to all who follow its club.
func BenchmarkBesideFanOut(b *testing.B) {
	for _, kind := range []string{"bbolt", "PostgreSQL"} {
		b.Run(kind, func(b *testing.B) {
			store, engine, _ := kept(b, kind)
			n := besides("KARUSSELL_TEST_CHATS", 10_000)
			start := time.Now()
			follow(b, store, n)
			b.ReportMetric(float64(n)/time.Since(start).Seconds(), "subscriptions/s")
			start = time.Now()
			now := time.Now()
			sum, err := engine.Ingest(b.Context(), bot.Batch{Articles: []bot.Article{{
				Outlet: "Blatt", URL: "https://blatt.example/1", Title: "FC Schalke 04 trennt sich von Dirk Backster", Language: "de",
				Text:        "Der FC Schalke 04 hat sich von Trainer Dirk Backster getrennt. Das teilte der Verein am Freitag mit.",
				PublishedAt: now, Published: bot.DateOf(now), ReadAt: now,
			}}})
			if err != nil {
				b.Fatalf("%v %+v", err, sum)
			}
			b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "ms-to-start")
			b.ReportMetric(expandAll(b, engine, store, n), "deliveries/s")
		})
	}
}

// follow subscribes chats, without settings of their own, to one club.
func follow(b *testing.B, store bot.Store, n int) {
	b.Helper()
	const step = 10_000
	for from := 0; from < n; from += step {
		err := store.Update(b.Context(), func(tx bot.Tx) error {
			for i := from; i < min(from+step, n); i++ {
				err := tx.PutSubscription(bot.Subscription{
					Chat:  bot.ChatRef{Platform: "telegram", Chat: fmt.Sprintf("%010d", i)},
					Topic: bot.ClubTopic("schalke"), Minimum: bot.Everything, Since: time.Now().AddDate(0, -1, 0),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// expandAll expands until nothing is left, and says how the first and the last
// tenth compare.
func expandAll(b *testing.B, engine *bot.Engine, store bot.Store, n int) float64 {
	b.Helper()
	start := time.Now()
	var steps []time.Duration
	for done := false; !done; {
		step := time.Now()
		var err error
		if done, err = engine.Expand(b.Context()); err != nil {
			b.Fatal(err)
		}
		steps = append(steps, time.Since(step))
	}
	took := time.Since(start)
	tenth := len(steps) / 10
	if tenth > 0 {
		b.ReportMetric(middle(steps[:tenth]), "ms-step-first-tenth")
		b.ReportMetric(middle(steps[len(steps)-tenth:]), "ms-step-last-tenth")
	}
	err := store.View(b.Context(), func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		if size.Waiting != n {
			b.Errorf("%d deliveries for %d chats", size.Waiting, n)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return float64(n) / took.Seconds()
}

func middle(list []time.Duration) float64 {
	list = slices.Sorted(slices.Values(list))
	return float64(list[len(list)/2].Microseconds()) / 1000
}
