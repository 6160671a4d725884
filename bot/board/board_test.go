package board_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/board"
	"karussell/store/memory"
)

// shelf knows two clubs and one league.
type shelf struct{ bot.Gazetteer }

func schalke() bot.Club {
	return bot.Club{ID: "schalke", Name: "FC Schalke 04", League: "2-bundesliga"}
}

func (shelf) Club(id bot.ClubID) (bot.Club, bool) { return schalke(), id == "schalke" }

func (shelf) ClubNamed(name string) (bot.Club, bool) {
	return schalke(), strings.Contains(name, "Schalke")
}

func (shelf) League(id bot.LeagueID) (bot.League, bool) {
	return bot.League{ID: "2-bundesliga", Name: "2. Bundesliga"}, id == "2-bundesliga"
}

// desk is an engine's public side without an engine.
type desk struct{}

func (desk) CarouselRows(tx bot.ReadTx, _ bot.LeagueID) ([]bot.CarouselRow, error) {
	s, err := tx.OpenStories(bot.TopicAll, 10)
	return []bot.CarouselRow{{Club: schalke(), Vacant: true, Since: "2026-11-01", Candidates: s}}, err
}

func (desk) Headline(language string, s *bot.Story) string {
	return s.ClubName + ": " + s.CoachName + " " + language
}
func (desk) Standing(_ string, s *bot.Story) string { return string(s.Stage) }

func (desk) Suggest(_ context.Context, r bot.Request) []bot.Choice {
	return []bot.Choice{{Label: "FC Schalke 04 <" + r.Query + ">", Value: "FC Schalke 04", Command: "club"}}
}

func serve(t *testing.T) *httptest.Server {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	src := bot.Source{Article: 1, Outlet: "WAZ", URL: "https://waz.example/1", Date: "2026-11-19"}
	err := store.Update(t.Context(), func(tx bot.Tx) error {
		s := bot.Story{
			Key: bot.StoryKey{Club: "schalke", Coach: "heiner-backhaus", Matter: bot.Arrival}, CoachName: "Heiner Backhaus", ClubName: "FC Schalke 04",
			Stage: bot.StageInterest, Evidence: bot.OneOutlet, Outlets: []string{"WAZ"}, Changed: now,
			Reports: []bot.Report{{Source: src, Event: bot.Event{Quote: "<script>alert(1)</script> Ein Satz."}}},
		}
		if err := tx.PutStory(&s, []bot.Topic{bot.TopicAll, bot.ClubTopic("schalke"), bot.CoachTopic("heiner-backhaus"), bot.LeagueTopic("2-bundesliga")}); err != nil {
			return err
		}
		evil := s
		evil.ID, evil.Key.Coach, evil.CoachName, evil.Stage = 0, "x", "Böser Link", bot.StageOfficial
		evil.Reports = []bot.Report{{Source: bot.Source{URL: "javascript:alert(1)"}, Event: bot.Event{Quote: "x"}}}
		if err := tx.PutStory(&evil, []bot.Topic{bot.TopicAll}); err != nil {
			return err
		}
		return tx.PutCoach(bot.Coach{
			ID: "heiner-backhaus", Name: "Heiner Backhaus", Contract: bot.Fact[bot.Date]{Value: "2027-06-30", Source: src},
			Stations: []bot.Station{{Club: "schalke", Team: bot.YouthTeam, Role: bot.Player, Source: src}},
		}, []string{"w:backhaus"})
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := board.New(board.Setup{Desk: desk{}, Store: store, Clubs: shelf{}, Public: "https://board.example/", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, address string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestEveryPageSaysItsThing(t *testing.T) {
	s := serve(t)
	for path, want := range map[string][]string{
		"/":                                {"Trainerkarussell", "vakant seit 01.11.2026", "Heiner Backhaus", "WAZ", `<html lang="de">`},
		"/?lang=en":                        {"Coaching carousel", "vacant since", `<html lang="en">`},
		"/league/2-bundesliga":             {"2. Bundesliga", "FC Schalke 04"},
		"/club/schalke":                    {"FC Schalke 04", "Ein Satz.", "waz.example"},
		"/coach/heiner-backhaus":           {"Heiner Backhaus", "30.06.2027", "Spieler (Nachwuchs)"},
		"/search?q=schalke":                {"/club/schalke", "FC Schalke 04 &lt;schalke&gt;"},
		"/embed/club/schalke":              {"FC Schalke 04"},
		"/embed/coach/heiner-backhaus":     {"Heiner Backhaus", "Ein Satz."},
		"/board.css":                       {"prefers-color-scheme"},
		"/contracts.ics":                   {"BEGIN:VCALENDAR", "DTSTART;VALUE=DATE:20270630"},
		"/feed.atom":                       {"<feed", "https://board.example/story/1"},
		"/feed.atom?official=1":            {"Böser Link"},
		"/club/schalke/feed.json":          {"jsonfeed.org"},
		"/coach/heiner-backhaus/feed.atom": {"Heiner Backhaus"},
	} {
		res, body := get(t, s.URL+path)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: %q is missing in\n%s", path, w, body)
			}
		}
	}
}

func TestForeignTextIsOnlyText(t *testing.T) {
	s := serve(t)
	for _, path := range []string{"/", "/club/schalke", "/search?q=%3Cscript%3E", "/embed/club/schalke"} {
		res, body := get(t, s.URL+path)
		if strings.Contains(body, "<script") || strings.Contains(body, "javascript:") {
			t.Errorf("%s runs foreign code:\n%s", path, body)
		}
		policy := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if len(res.Cookies()) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
	}
}

func TestUnknownPagesSayWhatToDo(t *testing.T) {
	s := serve(t)
	for _, path := range []string{"/club/nowhere", "/coach/nobody", "/league/none", "/club/nowhere/feed.atom", "/else"} {
		if res, _ := get(t, s.URL+path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
	}
}

func TestUnchangedPagesAnswer304(t *testing.T) {
	s := serve(t)
	res, _ := get(t, s.URL+"/")
	etag := res.Header.Get("ETag")
	if res, body := get(t, s.URL+"/", "If-None-Match", etag); etag == "" || res.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("status %d for %q", res.StatusCode, etag)
	}
}

// TestPagesTravelCompressed: a reader who takes gzip gets the same page in a
// third of the bytes, with a tag of its own; who does not gets it plain.
func TestPagesTravelCompressed(t *testing.T) {
	s := serve(t)
	_, plain := get(t, s.URL+"/", "Accept-Encoding", "identity")
	for header, want := range map[string]string{"gzip": "gzip", "br, GZIP;q=0.5": "gzip", "gzip;q=0": "", "br": ""} {
		res, body := get(t, s.URL+"/", "Accept-Encoding", header)
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q: %q", header, got)
		}
		if want == "gzip" {
			r, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(r)
			if err != nil || string(raw) != plain || len(body) > len(plain)/2 {
				t.Errorf("%q: %v, %d bytes of %d", header, err, len(body), len(plain))
			}
		}
		etag := res.Header.Get("ETag")
		if res, body := get(t, s.URL+"/", "Accept-Encoding", header, "If-None-Match", etag); res.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%q: %s again: status %d", header, etag, res.StatusCode)
		}
		if !strings.Contains(res.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%q: caches are not told", header)
		}
	}
}

func TestLanguageFollowsTheReader(t *testing.T) {
	s := serve(t)
	if _, body := get(t, s.URL+"/", "Accept-Language", "fr, en;q=0.8"); !strings.Contains(body, `<html lang="en">`) {
		t.Error("an English reader got German")
	}
}

func TestFeedsAreWellFormed(t *testing.T) {
	s := serve(t)
	_, body := get(t, s.URL+"/feed.atom")
	var feed struct {
		Entries []struct {
			ID string `xml:"id"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(body), &feed); err != nil || len(feed.Entries) != 2 {
		t.Errorf("%v: %d entries", err, len(feed.Entries))
	}
	_, body = get(t, s.URL+"/feed.json")
	var j struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal([]byte(body), &j); err != nil || len(j.Items) != 2 {
		t.Errorf("%v: %d items", err, len(j.Items))
	}
}

func BenchmarkHome(b *testing.B) {
	store := memory.New()
	defer store.Close()
	page, err := board.New(board.Setup{Desk: desk{}, Store: store, Clubs: shelf{}})
	if err != nil {
		b.Fatal(err)
	}
	req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
	for b.Loop() {
		page.ServeHTTP(httptest.NewRecorder(), req)
	}
}
