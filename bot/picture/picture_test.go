package picture_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/picture"
)

var update = flag.Bool("update", false, "write the golden pictures; look at them before committing")

// shelf is a gazetteer of two clubs.
type shelf struct{ bot.Gazetteer }

func (shelf) Club(id bot.ClubID) (bot.Club, bool) {
	c, ok := map[bot.ClubID]bot.Club{
		"schalke": {ID: "schalke", Name: "FC Schalke 04"}, "aachen": {ID: "aachen", Name: "Alemannia Aachen"},
	}[id]
	return c, ok
}

func now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

func coach(stations int) bot.Coach {
	src := bot.Source{Article: 1}
	c := bot.Coach{
		ID: "heiner-backhaus", Name: "Heiner Backhaus", BirthYear: bot.Fact[int]{Value: 1982, Source: src},
		Club: bot.Fact[bot.ClubID]{Value: "aachen", Source: src}, Contract: bot.Fact[bot.Date]{Value: "2027-06-30", Source: src},
		Stations: []bot.Station{
			{Club: "aachen", Role: bot.Head, From: "2023-09-06", Open: true},
			{Name: "Rot-Weiß Koblenz", Role: bot.Head, From: "2020", To: "2022"},
			{Name: "SG Sonnenhof Großaspach", Role: bot.Assistant, From: "2020", To: "2020"},
			{Name: "BSV Rehden", Role: bot.Interim, From: "2019"},
			{Name: "FC Inter Leipzig", Role: bot.Youth, From: "2014", To: "2019"},
			{Name: "AEK Larnaka", Role: bot.Player},
		},
	}
	for i := range stations {
		c.Stations = append(c.Stations, bot.Station{Name: fmt.Sprintf("Sportgemeinschaft Dynamo-Viktoria Łódź-Châtelineau %d", i), Role: bot.Player, From: bot.Date(strconv.Itoa(1990 - i))})
	}
	return c
}

func stories() []bot.Story {
	return []bot.Story{
		{CoachName: "Heiner Backhaus", ClubName: "FC Schalke 04", Stage: bot.StageInterest, Evidence: bot.Several, Outlets: []string{"WAZ", "Sky"}, Key: bot.StoryKey{Club: "schalke", Coach: "heiner-backhaus", Matter: bot.Arrival}},
		{CoachName: "Miron Muslić", ClubName: "FC Schalke 04", Stage: bot.StageTalks, Evidence: bot.OneOutlet, Outlets: []string{"kicker"}, Key: bot.StoryKey{Club: "schalke", Coach: "miron-muslic", Matter: bot.Arrival}},
	}
}

func artist(tb testing.TB) *picture.Artist {
	tb.Helper()
	a, err := picture.New(shelf{})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func drawings(tb testing.TB) map[string]bot.Picture {
	tb.Helper()
	a := artist(tb)
	out := map[string]bot.Picture{}
	keep := func(name string, p bot.Picture, err error) {
		if err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		out[name] = p
	}
	for _, lang := range []string{"de", "en"} {
		p, err := a.Career(lang, coach(0), stories()[:1], now())
		keep("career-"+lang, p, err)
		p, err = a.Bench(lang, bot.Club{ID: "schalke", Name: "FC Schalke 04"}, []bot.Coach{{
			ID: "x", Name: "Karel Geraerts", Stations: []bot.Station{{Club: "schalke", Role: bot.Head, From: "2023-10", To: "2024-09"}},
		}}, stories(), now())
		keep("bench-"+lang, p, err)
		p, err = a.Carousel(lang, "2. Bundesliga", []bot.CarouselRow{
			{Club: bot.Club{Name: "FC Schalke 04"}, Since: "2024-09-21", Candidates: stories()},
			{Club: bot.Club{Name: "1. FC Kaiserslautern"}, Since: "2024-09", Interim: "Niklas Martin"},
			{Club: bot.Club{Name: "Borussia Mönchengladbach"}, Pressure: &bot.Story{CoachName: "Gerardo Seoane"}},
		}, now())
		keep("carousel-"+lang, p, err)
	}
	p, err := a.Career("de", coach(40), stories(), now())
	keep("career-long", p, err)
	p, err = a.Career("de", bot.Coach{ID: "nobody", Name: "Nobody Known"}, nil, now())
	keep("career-empty", p, err)
	return out
}

func TestPicturesAreAsTheyWereLookedAt(t *testing.T) {
	for name, p := range drawings(t) {
		file := filepath.Join("testdata", name+".png")
		if *update {
			if err := os.WriteFile(file, p.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(t, p.Data, want); d > 0.5 {
			t.Errorf("%s differs by %.2f of 255 on average; look at it, then -update", name, d)
		}
		if len(p.Data) > 60<<10 {
			t.Errorf("%s has %d bytes, more than 60 KB", name, len(p.Data))
		}
		if p.Alt == "" || p.MIME != "image/png" || p.Key == "" {
			t.Errorf("%s is incomplete", name)
		}
	}
}

// difference is the mean difference of brightness per pixel, 0 to 255.
func difference(t *testing.T, a, b []byte) float64 {
	t.Helper()
	x, y := decode(t, a), decode(t, b)
	if x.Bounds() != y.Bounds() {
		return 255
	}
	var sum, n float64
	for py := x.Bounds().Min.Y; py < x.Bounds().Max.Y; py++ {
		for px := x.Bounds().Min.X; px < x.Bounds().Max.X; px++ {
			r1, g1, b1, _ := x.At(px, py).RGBA()
			r2, g2, b2, _ := y.At(px, py).RGBA()
			d := (float64(r1) + float64(g1) + float64(b1) - float64(r2) - float64(g2) - float64(b2)) / 3 / 257
			sum += max(d, -d)
			n++
		}
	}
	return sum / n
}

func decode(t *testing.T, raw []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	first, second := drawings(t), drawings(t)
	for name := range first {
		if first[name].Key != second[name].Key {
			t.Errorf("%s differs from run to run", name)
		}
	}
}

func TestAltTextSaysWhatThePictureSays(t *testing.T) {
	alt := drawings(t)["career-de"].Alt
	for _, want := range []string{"Heiner Backhaus", "Jahrgang 1982", "Vertrag bis 30.06.2027", "seit 2023 Alemannia Aachen (Trainer)", "offen FC Schalke 04 (im Gespräch)", "SG Sonnenhof Großaspach (Co-Trainer)"} {
		if !strings.Contains(alt, want) {
			t.Errorf("%q is missing in %q", want, alt)
		}
	}
}

func BenchmarkCareer(b *testing.B) {
	a := artist(b)
	c := coach(20)
	for b.Loop() {
		if _, err := a.Career("de", c, stories(), now()); err != nil {
			b.Fatal(err)
		}
	}
}
