package extract_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/extract/score"
)

var update = flag.Bool("update", false, "store the present figures as the ones to hold")

// tolerance is how far a figure may fall before the test fails: two points.
const tolerance = 0.02

const figuresFile = "testdata/figures.json"

// TestFiguresHold fails when the scores on a set of pairs fall by more than two
// points below the stored ones. After an improvement, run it with -update.
func TestFiguresHold(t *testing.T) {
	x := newExtractor(t)
	now := map[string]map[string]float64{}
	for _, set := range []string{"dev", "heldout", "pairs", "unseen"} {
		r, err := score.Run(context.Background(), x, []string{filepath.Join("testdata", set)})
		if err != nil {
			t.Fatal(err)
		}
		if r.All.Articles == 0 {
			t.Fatalf("testdata/%s holds no pairs", set)
		}
		now[set] = figures(&r)
	}
	if *update {
		raw, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(figuresFile, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(figuresFile)
	if err != nil {
		t.Fatal(err)
	}
	var held map[string]map[string]float64
	if err := json.Unmarshal(raw, &held); err != nil {
		t.Fatal(err)
	}
	for set, want := range held {
		for name, w := range want {
			if got := now[set][name]; got < w-tolerance {
				t.Errorf("%s: %s fell from %.3f to %.3f", set, name, w, got)
			}
		}
	}
}

func figures(r *score.Report) map[string]float64 {
	f := map[string]float64{
		"events precision": r.All.Events.Precision(), "events F1": r.All.Events.F1(), "stations F1": r.All.Stations.F1(),
		"status": r.All.Status.Value(), "manner": r.All.Manner.Value(), "stage": r.All.Stage.Value(), "role": r.All.Role.Value(),
		"quiet": 1 - r.All.FalseAlerts()/100,
	}
	for lang, g := range r.Languages {
		f[lang+" events F1"] = g.Events.F1()
	}
	return f
}

func newExtractor(tb testing.TB) *extract.Extractor {
	tb.Helper()
	x, err := extract.New()
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

// shared is the folder of the annotated originals, which are not part of the
// project.
func shared(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("KARUSSELL_SHARED"), filepath.Join("..", "..", "..", "shared")} {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "extraction", "articles")); err == nil {
			return filepath.Join(dir, "extraction")
		}
	}
	t.Skip("the annotated originals (../shared or KARUSSELL_SHARED) are not here")
	return ""
}

// TestRealArticles is exact on the events of the four real articles.
func TestRealArticles(t *testing.T) {
	dir := shared(t)
	r, err := score.Run(context.Background(), newExtractor(t), []string{filepath.Join(dir, "articles")})
	if err != nil {
		t.Fatal(err)
	}
	if r.All.Articles != 4 {
		t.Fatalf("%d articles, want 4", r.All.Articles)
	}
	for _, m := range r.Misses {
		switch m.Kind {
		case "missing", "unexpected", "status", "manner", "stage", "role":
			t.Errorf("%s: %s %s (%s)", m.Article, m.Kind, m.What, m.Note)
		}
	}
}

func TestTypography(t *testing.T) {
	x := newExtractor(t)
	for name, text := range map[string]string{
		"plain":         "Köln – Der 1. FC Köln hat Trainer Markus Anfänger am Montag beurlaubt.",
		"decomposed":    "Ko\u0308ln – Der 1. FC Ko\u0308ln hat Trainer Markus Anfa\u0308nger am Montag beurlaubt.",
		"soft hyphens":  "Köln – Der 1. FC Köln hat Trai\u00adner Markus An\u00adfänger am Montag be\u00adur\u00adlaubt.",
		"hard blanks":   "Köln – Der 1.\u00a0FC\u00a0Köln hat Trainer Markus\u00a0Anfänger am Montag beurlaubt.",
		"no umlauts":    "Koeln - Der 1. FC Koeln hat Trainer Markus Anfaenger am Montag beurlaubt.",
		"broken line":   "Köln – Der 1. FC Köln hat Trainer Markus Anfänger am Montag beur-\nlaubt.",
		"no blank":      "Köln – Der 1.FC Köln hat Trainer Markus Anfänger am Montag beurlaubt.",
		"other quotes":  "»Köln« – Der 1. FC Köln hat Trainer Markus Anfänger am Montag beurlaubt.",
		"title shouted": "KÖLN FEUERT TRAINER\n\nDer 1. FC Köln hat Trainer Markus Anfänger am Montag beurlaubt.",
	} {
		t.Run(name, func(t *testing.T) {
			got := x.Extract(bot.Article{Text: text})
			if len(got.Events) != 1 {
				t.Fatalf("%d events, want 1: %+v", len(got.Events), got.Events)
			}
			e := got.Events[0]
			if e.Type != bot.Departure || e.Club != "1. FC Köln" || e.Manner != bot.Dismissed || !e.Fresh {
				t.Errorf("%+v", e)
			}
			if key := bot.NormaliseName(e.Coach); key != bot.NormaliseName("Markus Anfänger") {
				t.Errorf("coach %q", e.Coach)
			}
		})
	}
}

func TestTitleApartFromText(t *testing.T) {
	x := newExtractor(t)
	got := x.Extract(bot.Article{
		Title: "Hansa Rostock entlässt Trainer Jens Beispiel",
		Text:  "Am Montag kam die Mannschaft zum Auslaufen zusammen, die Stimmung war gedrückt.",
	})
	if len(got.Events) != 1 {
		t.Fatalf("%+v", got.Events)
	}
	e := got.Events[0]
	if e.ClubID != "rostock" || len(e.Evidence) != 0 || e.Quote == "" || e.Rule == "" {
		t.Errorf("%+v", e)
	}
}
