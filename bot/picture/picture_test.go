package picture_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
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

// lineup is the candidates and coaches of a bench that was seldom quiet.
func lineup() (candidates []bot.Story, coaches []bot.Coach) {
	for i, name := range longNames() {
		candidates = append(candidates, bot.Story{
			CoachName: name, ClubName: "FC Schalke 04", Stage: bot.StageTalks, Evidence: bot.Several, Outlets: []string{"WAZ", "Sky", "kicker"},
			Key: bot.StoryKey{Club: "schalke", Coach: bot.CoachID(strconv.Itoa(i)), Matter: bot.Arrival},
		})
	}
	for i := range 30 {
		year := 2024 - i
		coaches = append(coaches, bot.Coach{ID: bot.CoachID(strconv.Itoa(i)), Name: longNames()[i%len(longNames())], Stations: []bot.Station{
			{Club: "schalke", Role: []bot.Role{bot.Head, bot.Interim, bot.Assistant}[i%3], From: bot.Date(strconv.Itoa(year - 1)), To: bot.Date(strconv.Itoa(year))},
		}})
	}
	return candidates, coaches
}

func longNames() []string {
	return []string{"Jörg-Friedrich Schäfer-Großkreutz", "Sławomir Wieczorkiewicz-Żurawłow", "Þorvaldur Örlygsson Guðmundsson", "Κωνσταντίνος Παπαδόπουλος", "Владимир Вячеславович Войцеховский"}
}

func week(language string) []bot.DigestLine {
	arrival, exit := bot.StoryKey{Matter: bot.Arrival}, bot.StoryKey{Matter: bot.Exit}
	if language == "en" {
		return []bot.DigestLine{
			{Story: &bot.Story{Key: exit, Stage: bot.StageOfficial}, Headline: "FC Schalke 04: Karel Geraerts dismissed", Standing: "official"},
			{Story: &bot.Story{Key: arrival, Stage: bot.StageInterest}, Headline: "FC Schalke 04: interest in Heiner Backhaus", Standing: "interest · one source"},
		}
	}
	return []bot.DigestLine{
		{Story: &bot.Story{Key: exit, Stage: bot.StageOfficial}, Headline: "FC Schalke 04: Karel Geraerts freigestellt", Standing: "offiziell"},
		{Story: &bot.Story{Key: arrival, Stage: bot.StageInterest}, Headline: "FC Schalke 04: Interesse an Heiner Backhaus", Standing: "Interesse · eine Quelle"},
		{Story: &bot.Story{Key: exit, Stage: bot.StagePressure}, Headline: "Borussia Mönchengladbach: Gerardo Seoane unter Druck", Standing: "unter Druck · mehrere unabhängige Quellen"},
		{Story: &bot.Story{Key: arrival, Stage: bot.StageOff}, Headline: "1. FC Kaiserslautern: Enrico Maaßen ist kein Thema", Standing: "vom Tisch · eine Quelle"},
	}
}

// sight is a picture that is drawn, measured and kept.
type sight struct {
	name string
	draw func(*picture.Artist) (bot.Picture, error)
}

// sights are all kinds, in both languages as they usually are, and as large as
// they get: twenty rows, long names, long words.
func sights() []sight {
	schalke := bot.Club{ID: "schalke", Name: "FC Schalke 04"}
	geraerts := []bot.Coach{{ID: "x", Name: "Karel Geraerts", Stations: []bot.Station{{Club: "schalke", Role: bot.Head, From: "2023-10", To: "2024-09"}}}}
	benches := []bot.CarouselRow{
		{Club: bot.Club{Name: "FC Schalke 04"}, Vacant: true, Since: "2024-09-21", Candidates: stories()},
		{Club: bot.Club{Name: "1. FC Kaiserslautern"}, Vacant: true, Since: "2024-09", Interim: "Niklas Martin"},
		{Club: bot.Club{Name: "Borussia Mönchengladbach"}, Pressure: &bot.Story{CoachName: "Gerardo Seoane"}},
	}
	var out []sight
	for _, l := range []struct{ language, title string }{{"de", "Die Trainerwoche"}, {"en", "The coaching week"}} {
		out = append(
			out,
			sight{"career-" + l.language, func(a *picture.Artist) (bot.Picture, error) {
				return a.Career(l.language, coach(0), stories()[:1], now())
			}},
			sight{"bench-" + l.language, func(a *picture.Artist) (bot.Picture, error) {
				return a.Bench(l.language, schalke, geraerts, stories(), now())
			}},
			sight{"carousel-" + l.language, func(a *picture.Artist) (bot.Picture, error) {
				return a.Carousel(l.language, "2. Bundesliga", benches, now())
			}},
			sight{"digest-" + l.language, func(a *picture.Artist) (bot.Picture, error) {
				return a.Digest(l.language, l.title, week(l.language), now().AddDate(0, 0, -7), now())
			}},
		)
	}
	return append(out, crowded()...)
}

func crowded() []sight {
	candidates, coaches := lineup()
	var benches []bot.CarouselRow
	var changes []bot.DigestLine
	for i := range 20 {
		benches = append(benches, bot.CarouselRow{
			Club: bot.Club{Name: "Sportgemeinschaft Dynamo-Viktoria Łódź-Châtelineau"}, Vacant: true, Since: "2024-09-21", Interim: longNames()[i%5], Candidates: candidates,
		})
		changes = append(changes, bot.DigestLine{
			Story:    &bot.Story{Stage: []bot.StoryStage{bot.StageOfficial, bot.StageTalks, bot.StageCold, bot.StagePressure}[i%4]},
			Headline: "Sportgemeinschaft Dynamo-Viktoria Łódź-Châtelineau: Gespräche mit " + longNames()[i%5] + " über die Nachfolge",
			Standing: "in Verhandlungen · mehrere unabhängige Quellen",
		})
	}
	return []sight{
		{"career-long", func(a *picture.Artist) (bot.Picture, error) { return a.Career("de", coach(40), stories(), now()) }},
		{"career-empty", func(a *picture.Artist) (bot.Picture, error) {
			return a.Career("de", bot.Coach{ID: "nobody", Name: "Nobody Known"}, nil, now())
		}},
		{"bench-long", func(a *picture.Artist) (bot.Picture, error) {
			return a.Bench("de", bot.Club{ID: "schalke", Name: "FC Schalke 04"}, coaches, candidates, now())
		}},
		{"carousel-long", func(a *picture.Artist) (bot.Picture, error) {
			return a.Carousel("de", "Trainerkarussell: 2. Bundesliga", benches, now())
		}},
		{"digest-long", func(a *picture.Artist) (bot.Picture, error) {
			return a.Digest("de", "Die Trainerwoche", changes, now().AddDate(0, 0, -7), now())
		}},
	}
}

func drawings(tb testing.TB) map[string]bot.Picture {
	tb.Helper()
	a := artist(tb)
	out := map[string]bot.Picture{}
	for _, s := range sights() {
		p, err := s.draw(a)
		if err != nil {
			tb.Fatalf("%s: %v", s.name, err)
		}
		out[s.name] = p
	}
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
	for _, want := range []string{"Heiner Backhaus", "Jahrgang 1982", "Vertrag bis 30.06.2027", "seit 2023 Alemannia Aachen (Trainer)", "offen FC Schalke 04 (Interesse)", "SG Sonnenhof Großaspach (Co-Trainer)"} {
		if !strings.Contains(alt, want) {
			t.Errorf("%q is missing in %q", want, alt)
		}
	}
}

func TestADigestSaysHowMuchItLeavesOut(t *testing.T) {
	all := drawings(t)
	if alt := all["digest-de"].Alt; !strings.Contains(alt, "13.11.2026 – 20.11.2026") || !strings.Contains(alt, "Karel Geraerts freigestellt (offiziell)") {
		t.Errorf("the week says %q", alt)
	}
	if alt := all["digest-long"].Alt; !strings.HasSuffix(alt, "10 weitere") {
		t.Errorf("the long week ends with %q", alt)
	}
}

// BenchmarkPicture draws every kind and says how large its file is.
func BenchmarkPicture(b *testing.B) {
	a := artist(b)
	for _, s := range sights() {
		b.Run(s.name, func(b *testing.B) {
			var p bot.Picture
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				var err error
				if p, err = s.draw(a); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(len(p.Data))/1024, "KB")
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
		})
	}
}
