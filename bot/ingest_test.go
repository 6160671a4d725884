package bot_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/bot"
)

func TestIngestTwiceChangesNothing(t *testing.T) {
	g := newGround(t)
	b := bot.Batch{Articles: []bot.Article{
		g.print("WAZ", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04", stage(bot.Interest)),
			bot.CoachFacts{Name: "Heiner Backhaus", Age: 42, Club: "Alemannia Aachen", ContractUntil: "2027"}),
		g.print("kicker", ev(bot.Departure, "Karel Geraerts", "FC Schalke 04", confirmed)),
	}, Feed: &bot.FeedState{URL: "https://waz.example/feed", ETag: "1"}}
	if sum := g.batch(b); sum.New != 2 || sum.Fresh != 2 || sum.Stories != 2 || sum.Fanouts != 2 {
		t.Errorf("first: %+v", sum)
	}
	before := dump(g)
	reads := g.reads.Load()
	g.set(g.now().Add(time.Hour))
	if sum := g.batch(b); sum.Known != 2 || sum.New+sum.Changed+sum.Stories+sum.Fanouts != 0 {
		t.Errorf("second: %+v", sum)
	}
	if g.reads.Load() != reads {
		t.Error("known articles were read again")
	}
	if after := dump(g); !reflect.DeepEqual(before, after) {
		t.Errorf("the same batch changed the store:\n%v\n%v", before, after)
	}
}

// dump is everything that users can see of a store.
func dump(g *ground) []any {
	var all []any
	g.view(func(tx bot.ReadTx) error {
		stories, err := tx.Stories(bot.TopicAll, bot.Page{Limit: 1000})
		if err != nil {
			return err
		}
		articles, err := tx.Articles(bot.TopicAll, bot.Page{Limit: 1000})
		if err != nil {
			return err
		}
		coaches, err := tx.Coaches("", 1000)
		if err != nil {
			return err
		}
		feeds, err := tx.Feeds()
		if err != nil {
			return err
		}
		fanouts, err := tx.Fanouts(1000)
		all = []any{stories, articles, coaches, feeds, fanouts}
		return err
	})
	return all
}

func TestIngestKnowsArticlesByAddressFeedAndText(t *testing.T) {
	g := newGround(t)
	a := g.print("WAZ", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04"))
	a.Feed, a.GUID = "https://waz.example/feed", "77"
	g.ingest(a)
	moved := a
	moved.URL = "https://waz.example/elsewhere"
	resent := a
	resent.GUID = "78"
	file := bot.Article{File: "a.txt", Title: a.Title, Text: "  " + strings.ReplaceAll(a.Text, " ", "  "), ReadAt: g.now()}
	for name, again := range map[string]bot.Article{"moved": moved, "new feed id": resent, "as a file": file} {
		if sum := g.ingest(again); sum.Known != 1 {
			t.Errorf("%s: %+v", name, sum)
		}
	}
}

func TestNewVersionAddsAndRevokes(t *testing.T) {
	g := newGround(t)
	a := g.print("WAZ", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04", stage(bot.Talks)),
		bot.CoachFacts{Name: "Heiner Backhaus", ContractUntil: "2027"})
	g.ingest(a)
	a.Text = script("Korrigiert.", ev(bot.Link, "Kenan Kocak", "FC Schalke 04"))
	g.set(g.now().Add(time.Hour))
	a.ReadAt = g.now()
	if sum := g.ingest(a); sum.Changed != 1 {
		t.Fatalf("%+v", sum)
	}
	if s := g.story("Heiner Backhaus", "schalke", bot.Arrival); s.Stage != bot.StageWithdrawn || !s.Reports[0].Revoked {
		t.Errorf("the old link stands at %s", s.Stage)
	}
	if s := g.story("Kenan Kocak", "schalke", bot.Arrival); s.Stage != bot.StageCandidate {
		t.Errorf("the new link stands at %s", s.Stage)
	}
	g.view(func(tx bot.ReadTx) error {
		c, err := tx.Coach("heiner-backhaus")
		if err == nil && c.Contract.Known() {
			t.Errorf("contract %v outlived its article", c.Contract)
		}
		old, err := tx.Article(1)
		if old.Version != 2 {
			t.Errorf("version %d", old.Version)
		}
		return err
	})
}

func TestAgencyCopyIsOneReport(t *testing.T) {
	g := newGround(t)
	words := strings.Fields(strings.Repeat("Der Verein sucht weiter einen neuen Trainer und hat nach dem Spiel am Samstag mehrere Namen auf der Liste wie aus dem Umfeld der Mannschaft zu hören ist während der Vorstand schweigt ", 1) +
		"Am Montag soll die Entscheidung fallen sagte ein Sprecher der auf die Sitzung des Aufsichtsrates am Abend verwies")
	for i, outlet := range []string{"WAZ", "kicker", "RevierSport", "Sky"} {
		mine := slices.Clone(words)
		for j := i; j < len(mine) && i > 0; j += 12 {
			mine[j] = "geändert"
		}
		g.set(g.now().Add(time.Minute))
		a := g.print(outlet)
		a.Title = "Schlagzeile von " + outlet
		a.Text = script(strings.Join(mine, " "), ev(bot.Link, "Heiner Backhaus", "FC Schalke 04"))
		sum := g.ingest(a)
		if want := min(i, 1); sum.Copies != want {
			t.Errorf("%s: %d copies, want %d", outlet, sum.Copies, want)
		}
	}
	s := g.story("Heiner Backhaus", "schalke", bot.Arrival)
	if s.Evidence != bot.OneOutlet || s.Origin != "WAZ" || len(s.Reports) != 4 || s.Revision != 1 {
		t.Errorf("evidence %s, origin %s, %d reports, revision %d", s.Evidence, s.Origin, len(s.Reports), s.Revision)
	}
	g.view(func(tx bot.ReadTx) error {
		a, err := tx.Article(1)
		if len(a.Carriers) != 3 {
			t.Errorf("carriers %v", a.Carriers)
		}
		return err
	})
	own := g.print("Bild", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04"))
	own.Text = "Schalke jagt den Aachener Aufstiegshelden: Nach Informationen dieser Zeitung gab es schon Kontakt zum Berater, die Knappen wollen ihn unbedingt noch in dieser Woche verpflichten.\n" + own.Text
	g.ingest(own)
	if s := g.story("Heiner Backhaus", "schalke", bot.Arrival); s.Evidence != bot.Several {
		t.Errorf("an independent article left the evidence at %s", s.Evidence)
	}
}

func TestCitationIsEvidenceOfTheCited(t *testing.T) {
	g := newGround(t)
	g.ingest(g.print("kicker", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04", by("Bild"))))
	g.ingest(g.print("WAZ", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04", by("Erdal Celik", "bild"))))
	s := g.story("Heiner Backhaus", "schalke", bot.Arrival)
	if s.Origin != "Bild" || s.Evidence != bot.OneOutlet || !slices.Equal(s.Outlets, []string{"Bild"}) {
		t.Errorf("origin %s, evidence %s, outlets %v", s.Origin, s.Evidence, s.Outlets)
	}
}

func TestNamesResolveToKnownCoaches(t *testing.T) {
	g := newGround(t)
	g.ingest(g.print("WAZ", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04")))
	g.ingest(g.print("kicker", ev(bot.Link, "Backhaus", "FC Schalke 04")))
	g.ingest(g.print("Sky", ev(bot.Link, "Heiner Bakhaus", "FC Schalke 04")))
	g.ingest(g.print("Bild", ev(bot.Link, "H. Backhaus", "FC Schalke 04")))
	s := g.story("Heiner Backhaus", "schalke", bot.Arrival)
	if len(s.Outlets) != 4 || s.CoachName != "Heiner Backhaus" {
		t.Errorf("outlets %v about %s", s.Outlets, s.CoachName)
	}
	g.ingest(g.print("Bild", ev(bot.Link, "Stefan Backhaus", "FC Schalke 04")))
	if s := g.story("Stefan Backhaus", "schalke", bot.Arrival); len(s.Reports) != 1 {
		t.Errorf("a namesake was taken for him: %d reports", len(s.Reports))
	}
}

func TestOldAndUndatedArticlesAreNoNews(t *testing.T) {
	tests := map[string]struct {
		change func(*bot.Article)
		batch  bot.Batch
		want   int
	}{
		"fresh":          {func(*bot.Article) {}, bot.Batch{}, 1},
		"undated":        {func(a *bot.Article) { a.PublishedAt = time.Time{} }, bot.Batch{}, 0},
		"three days old": {func(a *bot.Article) { a.PublishedAt = a.ReadAt.AddDate(0, 0, -3) }, bot.Batch{}, 0},
		"dated today":    {func(a *bot.Article) { a.PublishedAt, a.Published = time.Time{}, bot.DateOf(a.ReadAt) }, bot.Batch{}, 1},
		"dated a month":  {func(a *bot.Article) { a.PublishedAt, a.Published = time.Time{}, "2024-09" }, bot.Batch{}, 0},
		"backlog":        {func(*bot.Article) {}, bot.Batch{Backlog: true}, 0},
		"old, alert all": {func(a *bot.Article) { a.PublishedAt, a.Published = time.Time{}, "2024-09" }, bot.Batch{AlertAll: true}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newGround(t)
			g.subscribe("fan", bot.Subscription{Topic: bot.ClubTopic("schalke")})
			a := g.print("WAZ", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04"))
			tt.change(&a)
			tt.batch.Articles = []bot.Article{a}
			g.batch(tt.batch)
			g.expand()
			if got := g.settle(); len(got) != tt.want {
				t.Errorf("%d alerts, want %d", len(got), tt.want)
			}
			g.story("Heiner Backhaus", "schalke", bot.Arrival) // stored in any case
		})
	}
}

func TestFailedTransactionKeepsNothing(t *testing.T) {
	g := newGround(t)
	g.ingest(g.print("WAZ", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04")))
	before := dump(g)
	full := &failing{Store: g.store}
	eng, err := bot.NewEngine(bot.Setup{Store: full, Extractor: scriptReader{}, Gazetteer: twoLeagues{}, Phrases: mute{}, Now: g.now})
	if err != nil {
		t.Fatal(err)
	}
	a := g.print("kicker", ev(bot.Link, "Heiner Backhaus", "FC Schalke 04"))
	if _, err := eng.Ingest(t.Context(), bot.Batch{Articles: []bot.Article{a}, Feed: &bot.FeedState{URL: "x"}}); !errors.Is(err, bot.ErrFull) {
		t.Fatalf("error %v, want ErrFull", err)
	}
	if after := dump(g); !reflect.DeepEqual(before, after) {
		t.Error("a failed ingest left something behind")
	}
}

// failing is a store whose disk fills up at the end of a transaction.
type failing struct{ bot.Store }

func (f *failing) Update(ctx context.Context, fn func(bot.Tx) error) error {
	return f.Store.Update(ctx, func(tx bot.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return bot.ErrFull
	})
}
