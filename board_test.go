package main

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/board"
	"karussell/bot/picture"
	"karussell/config"
	"karussell/store/memory"
)

// newBoard is the board over the articles in samples/.
func newBoard(tb testing.TB, now func() time.Time) *board.Board {
	tb.Helper()
	store := memory.New()
	tb.Cleanup(func() { _ = store.Close() })
	b, _ := boardOver(tb, store, now)
	return b
}

// boardOver fills a store with the samples and makes engine and board over it.
func boardOver(tb testing.TB, store bot.Store, now func() time.Time) (*board.Board, *bot.Engine) {
	tb.Helper()
	k, err := loadKnowledge()
	if err != nil {
		tb.Fatal(err)
	}
	artist, err := picture.New(k.extractor.Gazetteer())
	if err != nil {
		tb.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	engine, err := newEngine(&world{now: now}, config.Config{}, store, k, log, nil)
	if err != nil {
		tb.Fatal(err)
	}
	samples, err := readSamples()
	if err != nil {
		tb.Fatal(err)
	}
	var batch bot.Batch
	for _, a := range samples {
		batch.Articles = append(batch.Articles, bot.Article{
			Title: a.Title, Text: a.Text, Outlet: a.Outlet, URL: "https://paper.example/" + bot.Slug(a.Title),
			Published: "2026-11-20", ReadAt: sampleTime().Add(-time.Duration(a.Hours) * time.Hour),
		})
	}
	if _, err := engine.Ingest(tb.Context(), batch); err != nil {
		tb.Fatal(err)
	}
	b, err := board.New(board.Setup{Desk: engine, Store: store, Clubs: k.extractor.Gazetteer(), Artist: artist, Now: now, Log: log})
	if err != nil {
		tb.Fatal(err)
	}
	return b, engine
}

// TestBoardInABrowser looks at every kind of page in Chromium, on a phone and on
// a desk, light and dark.
func TestBoardInABrowser(t *testing.T) {
	b := openBrowser(t)
	inspection, err := os.ReadFile("testdata/inspect.js")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(newBoard(t, sampleTime))
	defer server.Close()
	pages := map[string]string{
		"home": "/?lang=de", "home-en": "/?lang=en", "league": "/league/2-bundesliga?lang=de", "club": "/club/schalke?lang=de",
		"coach": "/coach/heiner-backhaus?lang=de", "search": "/search?lang=de&q=schalke", "empty": "/search?lang=en&q=qqqqq",
		"embed": "/embed/club/schalke?lang=de", "embed-coach": "/embed/coach/heiner-backhaus?lang=en",
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{320, 360, 1200} {
			b.screen(width, scheme)
			for name, path := range pages {
				b.visit(server.URL + path)
				for _, finding := range append(eval[[]string](b, string(inspection)), b.complaints...) {
					t.Errorf("%s, %s, %d px: %s", path, scheme, width, finding)
				}
				b.picture(name + "-" + scheme + map[bool]string{true: "", false: "-phone"}[width == 1200])
			}
		}
	}
	for _, address := range b.asked {
		if !strings.HasPrefix(address, server.URL) && address != "about:blank" {
			t.Errorf("the page asked a foreign host: %s", address)
		}
	}
}

// TestBoardByKeyboard goes from the first Tab to a club's page without a mouse.
func TestBoardByKeyboard(t *testing.T) {
	b := openBrowser(t)
	server := httptest.NewServer(newBoard(t, sampleTime))
	defer server.Close()
	b.screen(1200, "light")
	b.visit(server.URL + "/?lang=de")

	const focus = `(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
		return {name: e.className || e.id || e.textContent.trim(), ring: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, seen: r.left >= 0 && r.top >= 0 && r.width > 0} })()`
	type focused struct {
		Name       string
		Ring, Seen bool
	}
	for _, want := range []string{"skip", "Trainerkarussell", "q"} {
		b.press("Tab", "")
		if got := eval[focused](b, focus); got.Name != want || !got.Ring || !got.Seen {
			t.Fatalf("the focus is %+v, want it to be seen on %q", got, want)
		}
	}
	b.do("Input.insertText", map[string]any{"text": "Schalke"}, nil)
	b.press("Enter", "\r")
	b.loaded()
	if got := eval[string](b, `document.querySelector('.hits a').textContent`); got != "FC Schalke 04" {
		t.Fatalf("the search for Schalke found %q first", got)
	}
	_ = eval[bool](b, `document.querySelector('.hits a').focus(), true`)
	b.press("Enter", "\r")
	b.loaded()
	if got := eval[string](b, `location.pathname + ' ' + document.querySelector('h1').textContent`); got != "/club/schalke FC Schalke 04" {
		t.Errorf("the way ended at %q", got)
	}
	if got := eval[string](b, `document.querySelector('.lang a').click(), 'clicked'`); got == "clicked" {
		b.loaded()
	}
	if got := eval[string](b, `document.documentElement.lang + location.pathname`); got != "en/club/schalke" {
		t.Errorf("the language switch led to %q", got)
	}
	if len(b.complaints) > 0 {
		t.Errorf("the console says %q", b.complaints)
	}
}

// sampleTime is when the samples are read.
func sampleTime() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// TestPicturesSpeakAsMessagesDo: a stage is called the same everywhere.
func TestPicturesSpeakAsMessagesDo(t *testing.T) {
	k, err := loadKnowledge()
	if err != nil {
		t.Fatal(err)
	}
	artist, err := picture.New(k.extractor.Gazetteer())
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"de", "en"} {
		for _, stage := range []bot.StoryStage{bot.StageCandidate, bot.StageInterest, bot.StageTalks, bot.StageAgreed} {
			for _, evidence := range []bot.Evidence{bot.Hearsay, bot.OneOutlet} {
				s := bot.Story{CoachName: "X", Stage: stage, Evidence: evidence, Outlets: []string{"WAZ"}, Key: bot.StoryKey{Club: "schalke", Matter: bot.Arrival}}
				pic, err := artist.Bench(language, bot.Club{ID: "schalke"}, nil, []bot.Story{s}, sampleTime())
				if err != nil {
					t.Fatal(err)
				}
				for _, key := range []string{"stage_" + string(stage), "evidence_" + string(evidence)} {
					if want := k.phrases.Say(language, key); !strings.Contains(pic.Alt, want) {
						t.Errorf("%s: the picture says %q, messages say %q", language, pic.Alt, want)
					}
				}
			}
		}
	}
}
