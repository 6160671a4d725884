package bot_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// million is the size of the large benchmarks; -short takes a hundredth.
func million() int {
	if testing.Short() {
		return 10_000
	}
	return 1_000_000
}

// openBench is an engine over a bolt file that syncs like in production once
// filled.
func openBench(b *testing.B, fill func(*bolt.Store)) (*bolt.Store, *bot.Engine) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.db")
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	fill(s)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if s, err = bolt.Open(path, bolt.Options{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	// The first sync writes out what filling left to the operating system.
	if err := s.Update(b.Context(), func(tx bot.Tx) error { return tx.PutNote("bench", []byte{1}) }); err != nil {
		b.Fatal(err)
	}
	eng, err := bot.NewEngine(bot.Setup{Store: s, Extractor: scriptReader{}, Gazetteer: twoLeagues{}, Phrases: mute{}})
	if err != nil {
		b.Fatal(err)
	}
	return s, eng
}

func subscribers(b *testing.B, s *bolt.Store, n int) {
	b.Helper()
	const step = 20_000
	for from := 0; from < n; from += step {
		err := s.Update(b.Context(), func(tx bot.Tx) error {
			for i := from; i < min(from+step, n); i++ {
				ref := bot.ChatRef{Platform: "telegram", Chat: fmt.Sprintf("%010d", i)}
				if err := tx.PutChat(bot.Chat{Ref: ref, Kind: bot.PrivateChat}); err != nil {
					return err
				}
				sub := bot.Subscription{Chat: ref, Topic: bot.ClubTopic("schalke"), Minimum: bot.Everything}
				if i%2 == 1 { // does not match a rumour
					sub.Minimum = bot.OfficialOnly
				}
				if err := tx.PutSubscription(sub); err != nil {
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

func benchArticle(n int) bot.Article {
	now := time.Now()
	return bot.Article{
		Outlet: "WAZ", URL: "https://example.org/" + strconv.Itoa(n), Title: "Artikel " + strconv.Itoa(n),
		Text:        script(uniqueProse(n), link4(invent(n)+" "+invent(n*3+1), "FC Schalke 04", bot.Interest)),
		PublishedAt: now, ReadAt: now,
	}
}

// BenchmarkStoryForAMillion measures the transaction that starts a story at a
// club with a million subscribed chats, and the steps that expand it.
func BenchmarkStoryForAMillion(b *testing.B) {
	n := million()
	_, eng := openBench(b, func(s *bolt.Store) { subscribers(b, s, n) })
	article := 0
	b.Run("ingest", func(b *testing.B) {
		var took spread
		for b.Loop() {
			article++
			start := time.Now()
			if _, err := eng.Ingest(b.Context(), bot.Batch{Articles: []bot.Article{benchArticle(article)}}); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		took.report(b)
	})
	b.Run("expand", func(b *testing.B) {
		var took spread
		for b.Loop() {
			start := time.Now()
			if _, err := eng.Expand(b.Context()); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		took.report(b)
	})
}

// spread is how long the single rounds took.
type spread []time.Duration

func (s spread) report(b *testing.B) {
	b.Helper()
	first := s[0]
	slices.Sort(s)
	for name, d := range map[string]time.Duration{
		"first-ms": first, "p50-ms": s[len(s)/2], "p99-ms": s[len(s)*99/100], "worst-ms": s[len(s)-1],
	} {
		b.ReportMetric(float64(d.Microseconds())/1000, name)
	}
}

// BenchmarkFold folds a story of twenty reports.
func BenchmarkFold(b *testing.B) {
	var reports []bot.Report
	for i := range 20 {
		reports = append(reports, report(float64(i), []string{"WAZ", "kicker", "Sky"}[i%3], link(bot.Talks)))
	}
	b.ReportAllocs()
	for b.Loop() {
		bot.FoldReports(reports, nil, at(21))
	}
}

// BenchmarkIngest takes in generated articles, a tenth of them with an event, in
// batches of fifty, beside the given number of stored ones.
func BenchmarkIngest(b *testing.B) {
	sizes := []int{10_000, 1_000_000}
	if testing.Short() {
		sizes = []int{1_000}
	}
	for _, stored := range sizes {
		b.Run(strconv.Itoa(stored), func(b *testing.B) {
			n := 0
			var fill *bot.Engine
			_, eng := openBench(b, func(s *bolt.Store) {
				var err error
				fill, err = bot.NewEngine(bot.Setup{Store: s, Extractor: scriptReader{}, Gazetteer: twoLeagues{}, Phrases: mute{}})
				if err != nil {
					b.Fatal(err)
				}
				for n < stored {
					generated(b, fill, &n, 500)
				}
			})
			b.ResetTimer()
			start, before := time.Now(), n
			for b.Loop() {
				generated(b, eng, &n, 50)
			}
			b.ReportMetric(float64(n-before)/time.Since(start).Seconds(), "articles/s")
		})
	}
}

// generated ingests the next articles of an endless season: one new story in
// fifty articles, two hundred coaches.
func generated(b *testing.B, eng *bot.Engine, n *int, count int) {
	b.Helper()
	clubs := twoLeagues{}.list()
	batch := bot.Batch{Backlog: true}
	for range count {
		*n++
		i := *n
		at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 10 * time.Minute)
		a := bot.Article{
			Outlet: []string{"WAZ", "kicker", "Sky", "Bild"}[i%4], URL: "https://example.org/" + strconv.Itoa(i),
			Title: "Artikel " + strconv.Itoa(i), Text: uniqueProse(i), PublishedAt: at, ReadAt: at,
		}
		if i%10 == 0 {
			coach := i / 50 % 200
			e := link4(invent(coach)+" "+invent(coach*3+1), clubs[coach%len(clubs)].Name, []bot.Stage{bot.Candidate, bot.Interest, bot.Talks}[i/10%3])
			a.Text = script(a.Text, e)
		}
		batch.Articles = append(batch.Articles, a)
	}
	if _, err := eng.Ingest(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
}
