package bot_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"karussell/bot"
)

func TestNormaliseNameAgreesOnSpellings(t *testing.T) {
	for name, spellings := range map[string][]string{
		"koeln":          {"Köln", "KÖLN", "Koeln", "Ko\u0308ln", "kö\u00adln"},
		"michel maassen": {"Michel Maaßen", "MICHEL MAASSEN", "Michel  Maassen "},
		"oneill":         {"O'Neill", "O’Neill"},
		"besiktas":       {"Beşiktaş", "BESIKTAS"},
		"bo svensson":    {"Bo Svensson", "Bo-Svensson"},
		"jurgen klopp":   {"Jurgen Klopp"},
		"juergen klopp":  {"Jürgen Klopp", "Ju\u0308rgen Klopp"},
		"pal dardai":     {"Pál Dárdai", "Pa\u0301l Da\u0301rdai"},
		"rene van eck":   {"René van Eck"},
		"kjetil knutsen": {"Kjetil Knutsen"},
		"oestigard soer": {"Østigård Sør", "Östigard Sör"},
	} {
		for _, s := range spellings {
			if got := bot.NormaliseName(s); got != name {
				t.Errorf("NormaliseName(%q) = %q, want %q", s, got, name)
			}
		}
	}
}

func TestPhonetic(t *testing.T) {
	for s, want := range map[string]string{
		"Wikipedia":           "3412",
		"Müller-Lüdenscheidt": "657 52682",
		"Breschnew":           "17863",
		"Maier":               "67",
		"Xaver":               "4837",
		"Schalke":             "854",
		"Phillip":             "351",
		"":                    "",
		"h":                   "",
	} {
		if got := bot.Phonetic(s); got != want {
			t.Errorf("Phonetic(%q) = %q, want %q", s, got, want)
		}
	}
	for _, same := range [][]string{{"Backhaus", "Bakhaus", "Backhaus"}, {"Geraerts", "Gerards"}, {"Maaßen", "Massen"}, {"Schmidt", "Schmitt", "Schmid"}} {
		for _, s := range same[1:] {
			if bot.Phonetic(s) != bot.Phonetic(same[0]) {
				t.Errorf("%q sounds as %q: codes %q and %q", s, same[0], bot.Phonetic(s), bot.Phonetic(same[0]))
			}
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"schalke", "shalke", 2, 1},
		{"schalke", "shcalke", 2, 1},
		{"backhaus", "backhaus", 1, 0},
		{"kitten", "sitting", 5, 3},
		{"kitten", "sitting", 1, 2},
		{"", "abc", 5, 3},
		{"köln", "koln", 1, 1},
	} {
		if got := bot.Distance(c.a, c.b, c.limit); got != c.want {
			t.Errorf("Distance(%q, %q, %d) = %d, want %d", c.a, c.b, c.limit, got, c.want)
		}
		if ab, ba := bot.Distance(c.a, c.b, c.limit), bot.Distance(c.b, c.a, c.limit); ab != ba {
			t.Errorf("Distance(%q, %q) is not symmetric: %d and %d", c.a, c.b, ab, ba)
		}
	}
}

// A typed name and the stored one share a key of the promised sort.
func TestNameKeysJoinTypingErrors(t *testing.T) {
	for _, c := range []struct{ stored, typed, prefix string }{
		{"Heiner Backhaus", "Backhaus", "w:"},
		{"Heiner Backhaus", "heiner backhaus", "w:"},
		{"Heiner Backhaus", "Bakhaus", "d:"},
		{"Heiner Backhaus", "Backhuas", "d:"},
		{"Heiner Backhaus", "Backhauss", "d:"},
		{"Heiner Backhaus", "Backhaux", "d:"},
		{"Heiner Backhaus", "Heiner Bakhaus", "p:"},
		{"Karel Geraerts", "Gerards", "p:"},
		{"René van Eck", "van Eck", "w:"},
		{"Ruud van Nistelrooy", "Nistelroy", "d:"},
		{"Jürgen Müller", "Muller", "d:"},
		{"Dunga", "dunga", "w:"},
	} {
		stored, shared := bot.NameKeys(c.stored), false
		for _, k := range bot.NameKeys(c.typed) {
			shared = shared || strings.HasPrefix(k, c.prefix) && slices.Contains(stored, k)
		}
		if !shared {
			t.Errorf("%q and %q share no %s key:\n%q\n%q", c.stored, c.typed, c.prefix, stored, bot.NameKeys(c.typed))
		}
	}
	if keys := bot.NameKeys(" - "); keys != nil {
		t.Errorf("NameKeys of nothing = %q", keys)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("Heiner Backhaus", "Bakhaus")
	f.Add("Ödön\u0308 von Horváth", "x")
	f.Fuzz(func(t *testing.T, a, b string) {
		n := bot.NormaliseName(a)
		if bot.NormaliseName(n) != n || !utf8.ValidString(n) {
			t.Errorf("NormaliseName(%q) = %q is not stable", a, n)
		}
		if keys := bot.NameKeys(a); !slices.IsSorted(keys) {
			t.Errorf("NameKeys(%q) not sorted", a)
		}
		if bot.Phonetic(a) != bot.Phonetic(n) {
			t.Errorf("Phonetic(%q) depends on spelling", a)
		}
		if d := bot.Distance(a, b, 3); d < 0 || d > 4 || d == 0 && string([]rune(a)) != string([]rune(b)) {
			t.Errorf("Distance(%q, %q) = %d", a, b, d)
		}
	})
}

// distanceByTable is the textbook's table, for comparison.
func distanceByTable(x, y []rune) int {
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

func TestDistanceIsThatOfTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abcß")), 0, 12, -1)
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			word = rapid.StringOfN(rapid.RuneFrom([]rune("abcd")), 60, 70, -1)
		}
		a, b, limit := word.Draw(t, "a"), word.Draw(t, "b"), rapid.IntRange(0, 7).Draw(t, "limit")
		want := min(distanceByTable([]rune(a), []rune(b)), limit+1)
		if got := bot.Distance(a, b, limit); got != want {
			t.Fatalf("Distance(%q, %q, %d) = %d; the table says %d", a, b, limit, got, want)
		}
		if want <= limit && !strings.ContainsRune(a+b, 'ß') && !bot.LettersOf(a).Within(bot.LettersOf(b), limit) {
			t.Fatalf("%q and %q are %d edits apart, but their letters say more than %d", a, b, want, limit)
		}
	})
}

func TestDistanceNeedsNoHeap(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { bot.Distance("heiner backhaus", "heinr bakchaus", 3) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
