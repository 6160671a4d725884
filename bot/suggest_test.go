package bot_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
	"karussell/bot/phrases"
	"karussell/store/memory"
)

// crowd is an engine over n coaches with made-up names and the real gazetteer.
func crowd(tb testing.TB, n int) *bot.Engine {
	tb.Helper()
	store := memory.New()
	rnd := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"ba", "ck", "hau", "sen", "mei", "er", "schu", "ster", "kl", "o", "se", "wim", "mer", "gei", "raert", "tho", "lin", "der", "hof", "mann"}
	firsts := []string{"Karl", "Heiner", "Miroslav", "Dirk", "Jürgen", "Öznur", "André", "Łukasz"}
	for from := 0; from < n; from += 1000 {
		err := store.Update(tb.Context(), func(tx bot.Tx) error {
			for i := from; i < min(from+1000, n); i++ {
				var sur strings.Builder
				for range 2 + rnd.IntN(3) {
					sur.WriteString(syllables[rnd.IntN(len(syllables))])
				}
				name := firsts[rnd.IntN(len(firsts))] + " " + sur.String()
				c := bot.Coach{ID: bot.CoachID(fmt.Sprintf("%s-%d", bot.Slug(name), i)), Name: name}
				if err := tx.PutCoach(c, bot.NameKeys(name)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	clubs, err := gazetteer.Load()
	if err != nil {
		tb.Fatal(err)
	}
	book, err := phrases.Load()
	if err != nil {
		tb.Fatal(err)
	}
	eng, err := bot.NewEngine(bot.Setup{Store: store, Extractor: quoteReader{}, Gazetteer: clubs, Phrases: book})
	if err != nil {
		tb.Fatal(err)
	}
	return eng
}

func typed() []string {
	return []string{"", "b", "ba", "hei", "Heiner", "backh", "bakhaus", "Schal", "schlake", "thomsa meier", "1. FC", "xyzzy", "öz", "die roten", "meyerhoff"}
}

func TestSuggestKeepsLimits(t *testing.T) {
	eng := crowd(t, 3000)
	commands := append(eng.Commands(), bot.CommandSpec{Options: []bot.OptionSpec{{}}})
	for _, c := range commands {
		for _, o := range c.Options {
			for _, q := range append(typed(), "\xff", string(make([]rune, 300))) {
				list := eng.Suggest(t.Context(), bot.Request{Chat: console("x"), Command: c.Name, Option: o.Name, Query: q})
				if len(list) > 25 {
					t.Errorf("/%s %s %q: %d choices", c.Name, o.Name, q, len(list))
				}
				for _, ch := range list {
					if ch.Value == "" || len(ch.Value) > 100 || ch.Label == "" || utf8.RuneCountInString(ch.Label) > 100 {
						t.Errorf("/%s %s %q: %+v", c.Name, o.Name, q, ch)
					}
				}
			}
		}
	}
}

// What Suggest offers is understood when it comes back as the option.
func TestSuggestionsResolve(t *testing.T) {
	eng := crowd(t, 200)
	for _, q := range []string{"Schalke", "heiner", "2. Bundes", "Kaisers", "Aachen"} {
		for _, c := range eng.Suggest(t.Context(), bot.Request{Chat: console("x"), Command: "subscribe", Option: "topic", Query: q}) {
			m := eng.Respond(t.Context(), bot.Request{
				Chat: console("x"), Kind: bot.PrivateChat, Language: "en", Command: "subscribe", Args: map[string]string{"topic": c.Value},
			})
			if m.Title != "Subscription: "+c.Label {
				t.Errorf("%q offered %+v, which answers %q", q, c, m.Text())
			}
		}
	}
}

func BenchmarkSuggest50000(b *testing.B) {
	eng := crowd(b, 50_000)
	for _, option := range []struct{ command, option string }{{"coach", "name"}, {"club", "name"}, {"subscribe", "topic"}, {"", ""}} {
		b.Run(option.command+option.option, func(b *testing.B) {
			queries := typed()
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				eng.Suggest(b.Context(), bot.Request{Chat: console("x"), Command: option.command, Option: option.option, Query: queries[i%len(queries)]})
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

func BenchmarkRespond50000(b *testing.B) {
	eng := crowd(b, 50_000)
	for _, line := range [][2]string{{"coach", "Heiner Backhaus"}, {"coach", "bakhausen"}, {"club", "Schalke"}, {"club", "Schlake"}, {"", "Rangnickel"}, {"subscriptions", ""}} {
		b.Run(line[0]+line[1], func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				eng.Respond(b.Context(), bot.Request{Chat: console("x"), Kind: bot.PrivateChat, Command: line[0], Text: line[1]})
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// Many chats ask at once; the race detector watches.
func TestConcurrentAnswers(t *testing.T) {
	eng := crowd(t, 200)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			chat := console(fmt.Sprint("chat", i%4))
			for _, text := range typed() {
				eng.Suggest(t.Context(), bot.Request{Chat: chat, Command: "subscribe", Option: "topic", Query: text})
				m := eng.Respond(t.Context(), bot.Request{Chat: chat, Kind: bot.PrivateChat, Command: "subscribe", Text: text})
				if m.Text() == "" {
					t.Errorf("no answer to %q", text)
				}
			}
		})
	}
	wg.Wait()
}
