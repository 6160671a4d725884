package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

// BenchmarkTelegramCoach measures the real program, from the moment at which an
// update is at the server to the moment at which its answer is: one request
// after the other, each from another chat, beside a store of
// KARUSSELL_TEST_STORED articles (10,000 without it). "known" asks for the same
// coach again and again, "any" for up to 1,000 whose pictures were never drawn.
func BenchmarkTelegramCoach(b *testing.B) {
	stored := 10_000
	if os.Getenv("KARUSSELL_TEST_STORED") != "" {
		stored = large()
	}
	_, store, _ := bench(b, stored)
	var names []string
	err := store.View(b.Context(), func(tx bot.ReadTx) error {
		coaches, err := tx.Coaches("", 1000)
		for i := range coaches {
			names = append(names, coaches[i].Name)
		}
		return err
	})
	if err != nil || len(names) < 100 {
		b.Fatalf("%d coaches: %v", len(names), err)
	}
	path := store.Path()
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	db := filepath.Join(b.TempDir(), "k.db")
	if err := os.WriteFile(db, raw, 0o600); err != nil {
		b.Fatal(err)
	}
	server := telegramtest.New(b)
	startBot(b, "KARUSSELL_TELEGRAM_TOKEN="+server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL(), "KARUSSELL_DB="+db, "KARUSSELL_LOG=warn",
		"KARUSSELL_KEEP_TEXTS=0s") // the articles are old: their texts would be dropped meanwhile
	chat := int64(1000)
	ask := func(line string) time.Duration {
		chat++
		begun := time.Now()
		server.InjectText(chat, chat, line)
		return server.Await(b, chat, 1)[0].At.Sub(begun)
	}
	const pace = 40 * time.Millisecond // below Telegram's 30 a second
	for range 20 {
		ask("/help")
		time.Sleep(pace)
	}
	for name, coach := range map[string]func(int) string{
		"known": func(int) string { return names[0] },
		"any":   func(i int) string { return names[i%len(names)] },
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for i := range b.N {
				took = append(took, ask("/coach "+coach(i)))
				time.Sleep(pace)
			}
			if photos := len(server.Calls("sendPhoto")); photos == 0 {
				b.Fatal("no coach was known: the store is not the one that was filled")
			}
			slices.Sort(took)
			for _, p := range []int{50, 99, 100} {
				b.ReportMetric(float64(took[(len(took)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
			}
		})
	}
}
