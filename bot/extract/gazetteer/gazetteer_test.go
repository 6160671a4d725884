package gazetteer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

func load(tb testing.TB) *gazetteer.Gazetteer {
	tb.Helper()
	g, err := gazetteer.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// tokens cuts text as the extractor's tokenizer does, roughly.
func tokens(text string) []string {
	for _, p := range []string{",", "(", ")", "„", "“", ":", "!", "?", ";"} {
		text = strings.ReplaceAll(text, p, " "+p+" ")
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' || r == '/' })
}

func describe(words []string, h gazetteer.Hit) string {
	s := strings.Join(words[h.From:h.To], " ") + "="
	if h.Kind == gazetteer.OutletHit {
		return s + h.Outlet
	}
	s += string(h.Senses[0].Club)
	if h.Senses[0].Team != "" {
		s += "/" + string(h.Senses[0].Team)
	}
	return s
}

func TestFind(t *testing.T) {
	g := load(t)
	for text, want := range map[string]string{
		"Der FC Schalke 04 trennt sich von Geraerts":              "FC Schalke 04=schalke",
		"Schalkes Trainer und Kölns Coach":                        "Schalkes=schalke Kölns=koeln",
		"die Koenigsblauen , ein Königsblauer , der KÖNIGSBLAUEN": "Koenigsblauen=schalke Königsblauer=schalke KÖNIGSBLAUEN=schalke",
		"den Aachenern , die Aacheners , am Tivoli":               "Aachenern=aachen Aacheners=aachen Tivoli=aachen",
		"der 1. FC Köln und der 1.FC Köln":                        "1. FC Köln=koeln 1.FC Köln=koeln",
		"S04-Trainer Kees van Wonderen":                           "S04=schalke",
		"die wölfe heulen beim essen":                             "",
		"bei den Störchen":                                        "Störchen=kiel",
		"Schalke II und Schalkes U19":                             "Schalke II=schalke/second Schalkes U19=schalke/youth",
		"VfL Wolfsburg Frauen":                                    "VfL Wolfsburg Frauen=wolfsburg/women",
		"Burnley FC said Brighton & Hove Albion":                  "Burnley FC=burnley Brighton & Hove Albion=brighton",
		"im DFB-Pokal gegen Essen":                                "Essen=essen",
		"laut WAZ und Süddeutscher Zeitung":                       "WAZ=WAZ",
		"nach kicker-Informationen":                               "kicker=kicker",
		"die Roten Teufel , Rote Teufel":                          "Roten Teufel=kaiserslautern Rote Teufel=kaiserslautern",
		"polnischer Nationaltrainer":                              "polnischer=polen",
		"die polnische Nationalmannschaft":                        "polnische Nationalmannschaft=polen",
		"Dusseldorf and Bodo/Glimt":                               "Dusseldorf=duesseldorf Bodo Glimt=bodoe-glimt",
		"Köln , München":                                          "Köln=koeln München=bayern",
		"Liverpool":                                               "Liverpool=liverpool",
		"ETB Schwarz-Weiß Essen":                                  "ETB Schwarz Weiß Essen=etb-essen",
		"Baris Atik , Rainer Adrion , As every coach knows":       "",
		"Die Füchse Berlin gegen den THW Kiel":                    "",
		"der VfB Auerbach":                                        "VfB Auerbach=auerbach",
		"der Schweizer Nationaltrainer":                           "Schweizer=schweiz",
		"der Schwabe vom HSV , HSVs Hsv":                          "HSV=hamburg HSVs=hamburg",
		"Achim Beierlorzer , Leon Bailey":                         "",
	} {
		words := tokens(text)
		var got []string
		for _, h := range g.Find(words) {
			got = append(got, describe(words, h))
		}
		if want != "skip" && strings.Join(got, " ") != want {
			t.Errorf("%s\n got %s\nwant %s", text, strings.Join(got, " "), want)
		}
	}
}

func TestResolve(t *testing.T) {
	g := load(t)
	for typed, want := range map[string]bot.ClubID{
		"Schalke": "schalke", "shalke": "schalke", "Schlake": "schalke", "S04": "schalke", "knappen": "schalke",
		"lautern": "kaiserslautern", "kaiserslauten": "kaiserslautern", "koeln": "koeln", "effzeh": "koeln",
		"gladbach": "gladbach", "aaachen": "aachen", "betzenberg": "kaiserslautern", "bayern munich": "bayern",
		"hsv": "hamburg", "polen": "polen", "dfb-team": "deutschland", "rapid": "rapid-wien",
	} {
		got := g.Resolve(typed)
		if len(got) == 0 || got[0].ID != want {
			t.Errorf("Resolve(%q) = %.6v, want %s first", typed, ids(got), want)
		}
	}
	if got := g.Resolve("borussia"); len(got) < 2 {
		t.Errorf("Resolve(borussia) = %v, want several clubs", ids(got))
	}
	if got := g.Resolve("qqqqqqq"); len(got) != 0 {
		t.Errorf("Resolve(qqqqqqq) = %v", ids(got))
	}
}

func ids(clubs []bot.Club) []bot.ClubID {
	var out []bot.ClubID
	for _, c := range clubs {
		out = append(out, c.ID)
	}
	return out
}

func TestClubNamed(t *testing.T) {
	g := load(t)
	for name, want := range map[string]bot.ClubID{
		"FC Schalke 04": "schalke", "Schalke": "schalke", "FC Burnley": "burnley", "Burnley FC": "burnley",
		"1. fc koeln": "koeln", "Real": "real-madrid", "Irland": "irland", "Ireland": "irland",
	} {
		if c, ok := g.ClubNamed(name); !ok || c.ID != want {
			t.Errorf("ClubNamed(%q) = %q, %v; want %q", name, c.ID, ok, want)
		}
	}
	for _, name := range []string{"Borussia", "Manchester", "Niemand", ""} {
		if c, ok := g.ClubNamed(name); ok {
			t.Errorf("ClubNamed(%q) = %q, want no answer", name, c.ID)
		}
	}
}

func TestNamesOfPeople(t *testing.T) {
	g := load(t)
	for _, w := range []string{"Heiner", "heiner", "René", "Jürgen", "Juergen", "Željko", "Sabrina"} {
		if !g.FirstName(w) {
			t.Errorf("FirstName(%q) = false", w)
		}
	}
	for _, w := range []string{"Backhaus", "Trainer", ""} {
		if g.FirstName(w) {
			t.Errorf("FirstName(%q) = true", w)
		}
	}
	if !g.Particle("van") || g.Particle("und") || !g.CommonWord("Trainer") || g.CommonWord("Backhaus") {
		t.Error("particles or common words are wrong")
	}
}

func TestOutlets(t *testing.T) {
	g := load(t)
	for name, want := range map[string]string{"WAZ": "WAZ", "Kicker": "kicker", "sky sport": "Sky", "Süddeutsche": "Süddeutsche Zeitung"} {
		if o, ok := g.OutletNamed(name); !ok || o.Name != want || o.Tier == 0 {
			t.Errorf("OutletNamed(%q) = %+v, %v", name, o, ok)
		}
	}
	if _, ok := g.OutletNamed("Hintertupfinger Bote"); ok {
		t.Error("unknown outlet found")
	}
	if len(g.Outlets()) < 100 {
		t.Errorf("%d outlets", len(g.Outlets()))
	}
}

func TestCoverage(t *testing.T) {
	g := load(t)
	clubs, nations := 0, 0
	for _, c := range g.Clubs() {
		if c.National {
			nations++
			continue
		}
		clubs++
		if _, ok := g.League(c.League); !ok {
			t.Errorf("%s: league %q unknown", c.ID, c.League)
		}
		if got, ok := g.Club(c.ID); !ok || got.Name != c.Name {
			t.Errorf("Club(%q) = %+v", c.ID, got)
		}
		if got := g.Resolve(c.Name); len(got) == 0 || got[0].ID != c.ID {
			t.Errorf("Resolve(%q) = %.5v, want %s first", c.Name, ids(got), c.ID)
		}
	}
	if clubs < 1000 || nations < 200 {
		t.Errorf("%d clubs and %d nations, want at least 1000 and 200", clubs, nations)
	}
	t.Logf("%d clubs, %d nations", clubs, nations)
}

// Every club of the annotated articles is known under its canonical name.
func TestKnowsEveryClubOfTheGold(t *testing.T) {
	g := load(t)
	shared := os.Getenv("KARUSSELL_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	dirs := []string{"../testdata/pairs", filepath.Join(shared, "extraction", "dev"), filepath.Join(shared, "extraction", "gold")}
	files := 0
	for _, dir := range dirs {
		names, _ := filepath.Glob(filepath.Join(dir, "*.json"))
		for _, name := range names {
			files++
			for _, club := range goldClubs(t, name) {
				if c, ok := g.ClubNamed(club); !ok || c.Name != club {
					t.Errorf("%s: %q resolves to %q, %v", filepath.Base(name), club, c.Name, ok)
				}
			}
		}
	}
	if files == 0 {
		t.Skip("no annotated articles here: set KARUSSELL_SHARED")
	}
}

func goldClubs(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type named struct {
		Club     string
		Stations []struct{ Club string }
	}
	var gold struct{ Events, Coaches []named }
	if err := json.Unmarshal(data, &gold); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var out []string
	for _, n := range append(gold.Events, gold.Coaches...) {
		if n.Club != "" {
			out = append(out, n.Club)
		}
		for _, s := range n.Stations {
			if s.Club != "" {
				out = append(out, s.Club)
			}
		}
	}
	return out
}

func good() fstest.MapFS {
	return fstest.MapFS{
		"leagues.txt":    {Data: []byte("bl | Bundesliga | GER | 1\n")},
		"clubs/ger.txt":  {Data: []byte("[bl]\nschalke | FC Schalke 04 | Schalke | Gelsenkirchen\n")},
		"nations.txt":    {Data: []byte("Polen | POL | polnisch\n")},
		"outlets.txt":    {Data: []byte("WAZ | 2\n")},
		"phrases.txt":    {Data: []byte("DFB-Pokal\n")},
		"firstnames.txt": {Data: []byte("Heiner\n")},
		"particles.txt":  {Data: []byte("van\n")},
		"words.txt":      {Data: []byte("Trainer\n")},
		"shared.txt":     {Data: []byte("VfB; Union\n")},
	}
}

func TestMistakesNameFileAndLine(t *testing.T) {
	if _, err := gazetteer.LoadFS(good()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, text, want string }{
		{"clubs/ger.txt", "[bl]\n\n[xl]\n", `clubs/ger.txt:3: unknown league "[xl]"`},
		{"clubs/ger.txt", "a | A | A | A\n", "clubs/ger.txt:1: club before"},
		{"clubs/ger.txt", "[bl]\na | A | A | A\na | B | B | B\n", `clubs/ger.txt:3: club id "a" is already used in clubs/ger.txt:2`},
		{"clubs/ger.txt", "[bl]\na | | A | A\n", "clubs/ger.txt:2: club \"a\" has no name"},
		{"clubs/ger.txt", "[bl]\na | A\n", "clubs/ger.txt:2: 2 fields"},
		{"clubs/ger.txt", "[bl]\nGroß | A | A | A\n", "clubs/ger.txt:2: club id"},
		{"clubs/ger.txt", "[bl]\na | A | A | A | x;;y\n", "clubs/ger.txt:2: empty entry"},
		{"leagues.txt", "bl | Bundesliga | GER | 1\nbl | Bundesliga | GER | 1\n", "leagues.txt:2: league \"bl\" is listed twice"},
		{"leagues.txt", "bl | Bundesliga | GER | x\n", "leagues.txt:1: tier"},
		{"nations.txt", "Polen | PL\n", "nations.txt:1: country code"},
		{"outlets.txt", "WAZ | 4\n", "outlets.txt:1: tier"},
		{"outlets.txt", "WAZ | 1\nRS | 2 | WAZ\n", `outlets.txt:2: "WAZ" already means WAZ`},
		{"phrases.txt", "...\n", "phrases.txt:1: no words"},
		{"words.txt", "Trainer -\n", "words.txt:1:"},
	} {
		fsys := good()
		fsys[c.file] = &fstest.MapFile{Data: []byte(c.text)}
		if _, err := gazetteer.LoadFS(fsys); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: error %v, want %q", c.file, c.text, err, c.want)
		}
	}
	fsys := good()
	delete(fsys, "outlets.txt")
	if _, err := gazetteer.LoadFS(fsys); err == nil || !strings.Contains(err.Error(), "outlets.txt") {
		t.Errorf("missing file: error %v", err)
	}
}

func FuzzFind(f *testing.F) {
	g := load(f)
	f.Add("Der FC Schalke 04 - II U 19 , Rot-Weiss Essen laut WAZ")
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Fields(text)
		last := 0
		for _, h := range g.Find(words) {
			if h.From < last || h.To <= h.From || h.To > len(words) {
				t.Fatalf("%q: hit %+v after %d of %d words", text, h, last, len(words))
			}
			if (h.Kind == gazetteer.ClubHit) != (len(h.Senses) > 0) {
				t.Fatalf("%q: hit %+v", text, h)
			}
			last = h.To
		}
		g.Resolve(text)
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := gazetteer.Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	g := load(b)
	text := "Der Ball rollte lange nicht so , wie es sich die Gastgeber vorgestellt hatten , und erst nach der Pause kam Schalke besser in die Partie . " +
		"Am Ende freute sich der Trainer des 1. FC Köln über einen Punkt , den seine Mannschaft in Gelsenkirchen kaum noch erwartet hatte . "
	words := strings.Fields(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		g.Find(words)
	}
}

func BenchmarkResolve(b *testing.B) {
	g := load(b)
	for b.Loop() {
		g.Resolve("Shalke")
	}
}
