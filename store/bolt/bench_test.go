package bolt_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// The benchmarks fill a store first; -short leaves out the one of a million.

func sizes() []int {
	if testing.Short() {
		return []int{10_000}
	}
	return []int{10_000, 1_000_000}
}

// library holds the filled files of one run of the benchmarks.
type library struct {
	once sync.Once
	path string
	err  error
}

var libraries = map[int]*library{10_000: {}, 1_000_000: {}}

const (
	benchClubs   = 800
	benchCoaches = 20_000
	fillBatch    = 500 // articles; larger ones leave a long list of free pages behind
)

var body = strings.Repeat("Der Trainer hat am Freitag mit der Mannschaft gearbeitet und danach mit dem Vorstand gesprochen. ", 15)

// skewed spreads n over most: few are in the news often, most hardly ever.
func skewed(n, most int) int {
	x := float64(uint32(n)*2654435761>>8) / (1 << 24) // evenly in [0, 1)
	return int(math.Pow(float64(most), x)) - 1
}

// generated is article n: about 1.5 KB of text, the keys and topics of a report.
func generated(n int) (a bot.Article, keys []string, topics []bot.Topic, x bot.Extraction) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
	url := fmt.Sprintf("https://www.example.org/fussball/artikel-%d.html", n)
	coach := fmt.Sprintf("coach-%d", skewed(n, benchCoaches))
	club := fmt.Sprintf("club-%d", skewed(n/3, benchClubs))
	a = bot.Article{
		Outlet: "WAZ", Feed: "https://www.example.org/rss", GUID: fmt.Sprint("guid-", n), URL: url,
		Title: fmt.Sprintf("Meldung %d", n), Teaser: body[:120], Text: fmt.Sprint(n, " ", body), Language: "de",
		Published: bot.DateOf(now), PublishedAt: now, ReadAt: now, Version: 1,
	}
	keys = []string{"url:" + url, fmt.Sprint("guid:", n), fmt.Sprint("text:", n)}
	topics = []bot.Topic{"coach:" + bot.Topic(coach), "club:" + bot.Topic(club), "league:bundesliga", "outlet:waz"}
	x = bot.Extraction{Language: "de", Events: []bot.Event{{
		Type: bot.Link, Coach: coach, Club: club, Stage: bot.Talks, Status: bot.Reported, Fresh: true,
		Evidence: []bot.Span{{Start: 5, End: 80}}, Quote: body[:90], Rule: "link-17",
	}}}
	return a, keys, topics, x
}

func ingest(tx bot.Tx, from, to int) error {
	for n := from; n < to; n++ {
		a, keys, topics, x := generated(n)
		if _, err := tx.ArticleByKey(keys[0]); err == nil {
			return fmt.Errorf("article %d is known", n)
		}
		if err := tx.PutArticle(&a, keys, topics); err != nil {
			return err
		}
		if err := tx.PutFindings(a.ID, x); err != nil {
			return err
		}
	}
	return nil
}

// filled gives the path of a file with n articles, made once per run.
func filled(b *testing.B, n int) string {
	b.Helper()
	l := libraries[n]
	l.once.Do(func() {
		var dir string
		//nolint:usetesting // it outlives this benchmark
		if dir, l.err = os.MkdirTemp("", "karussell-bench-*"); l.err != nil {
			return
		}
		l.path = filepath.Join(dir, "k.db")
		l.err = fillFile(b, l.path, n)
	})
	if l.err != nil {
		b.Fatal(l.err)
	}
	return l.path
}

func fillFile(b *testing.B, path string, n int) error {
	b.Helper()
	s, err := bolt.Open(path, bolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	began := time.Now()
	for from := 0; from < n && err == nil; from += fillBatch {
		err = s.Update(b.Context(), func(tx bot.Tx) error { return ingest(tx, from, min(from+fillBatch, n)) })
	}
	for from := 0; from < benchCoaches && err == nil; from += 5000 {
		err = s.Update(b.Context(), func(tx bot.Tx) error {
			for c := from; c < from+5000; c++ {
				id := bot.CoachID(fmt.Sprintf("coach-%d", c))
				if err := tx.PutCoach(bot.Coach{ID: id, Name: fmt.Sprint("Coach ", c)}, []string{string(id)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if u, err := s.Size(); err == nil {
		b.Logf("filled %d articles in %v, %d MB", n, time.Since(began).Round(time.Millisecond), u.File>>20)
	}
	if err != nil {
		return err
	}
	return s.Close()
}

func removeLibraries() {
	for _, l := range libraries {
		if l.path != "" {
			_ = os.RemoveAll(filepath.Dir(l.path))
		}
	}
}

// openFilled copies nothing: benchmarks add to the same file.
func openFilled(b *testing.B, n int) *bolt.Store {
	b.Helper()
	s, err := bolt.Open(filled(b, n), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkIngest writes durable batches as large as one poll of a feed brings.
func BenchmarkIngest(b *testing.B) {
	for _, n := range sizes() {
		for _, batch := range []int{1, 20} {
			b.Run(fmt.Sprintf("stored=%d/batch=%d", n, batch), func(b *testing.B) {
				s := openFilled(b, n)
				next := 0
				_ = s.View(b.Context(), func(tx bot.ReadTx) (err error) { next, err = tx.ArticleCount(); return err })
				b.ResetTimer()
				for range b.N {
					err := s.Update(b.Context(), func(tx bot.Tx) error { return ingest(tx, next, next+batch) })
					if err != nil {
						b.Fatal(err)
					}
					next += batch
				}
				b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "articles/s")
			})
		}
	}
}

// BenchmarkLookup is what /coach reads: name, coach, the newest articles.
func BenchmarkLookup(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprintf("stored=%d", n), func(b *testing.B) {
			s := openFilled(b, n)
			worst := newWorst(b.N)
			b.ResetTimer()
			for i := range b.N {
				began := time.Now()
				id := fmt.Sprintf("coach-%d", skewed(i, benchCoaches))
				err := s.View(b.Context(), func(tx bot.ReadTx) error {
					names, err := tx.Names(bot.NameCoach, id, false, 5)
					if err != nil || len(names) != 1 {
						return fmt.Errorf("names: %v, %w", names, err)
					}
					if _, err := tx.Coach(bot.CoachID(names[0].ID)); err != nil {
						return err
					}
					_, err = tx.Articles(bot.CoachTopic(bot.CoachID(id)), bot.Page{Limit: 20})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				worst.add(time.Since(began))
			}
			worst.report(b)
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprintf("stored=%d", n), func(b *testing.B) {
			path := filled(b, n)
			b.ResetTimer()
			for range b.N {
				s, err := bolt.Open(path, bolt.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
