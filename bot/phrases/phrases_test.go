package phrases_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"karussell/bot"
	"karussell/bot/phrases"
)

func load(t *testing.T) *phrases.Book {
	t.Helper()
	b, err := phrases.Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLanguagesHaveTheSameKeys(t *testing.T) {
	b := load(t)
	for _, lang := range b.Languages() {
		for _, other := range b.Languages() {
			for _, key := range b.Keys(lang) {
				if !b.Has(other, key) {
					t.Errorf("%q is missing in %s", key, other)
				}
			}
		}
	}
}

// placeholders of a phrase must be the same in every language.
func TestPlaceholdersAgree(t *testing.T) {
	want := map[string]string{}
	for _, lang := range []string{"de", "en"} {
		raw, err := os.ReadFile("active." + lang + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		key := ""
		for line := range strings.Lines(string(raw)) {
			name, text, ok := strings.Cut(strings.TrimSpace(line), " = ")
			if strings.HasPrefix(line, "[") {
				key = strings.Trim(strings.TrimSpace(line), "[]")
				continue
			}
			if !ok {
				continue
			}
			if name == "one" || name == "other" {
				name = key + "." + name
			}
			found := map[string]bool{}
			for _, m := range regexp.MustCompile(`\{\{\.(\w+)\}\}`).FindAllStringSubmatch(text, -1) {
				found[m[1]] = true
			}
			if old, ok := want[name]; ok && old != fmt.Sprint(found) {
				t.Errorf("%s: placeholders %s and %v", name, old, found)
			}
			want[name] = fmt.Sprint(found)
		}
	}
}

func TestEveryKeyIsUsedAndEveryUsedKeyExists(t *testing.T) {
	b := load(t)
	whole, prefixes, said := literals(t)
	for _, key := range b.Keys("de") {
		used := whole[key]
		for p := range prefixes {
			used = used || strings.HasPrefix(key, p)
		}
		if !used {
			t.Errorf("nobody says %q", key)
		}
	}
	for key, where := range said {
		if !b.Has("de", key) {
			t.Errorf("%s says %q, which no message file has", where, key)
		}
	}
}

// literals reads the domain's source: string literals, literals that end in an
// underscore (beginnings of keys), and the first arguments of calls that say a
// phrase.
func literals(t *testing.T) (whole, prefixes map[string]bool, said map[string]string) {
	t.Helper()
	whole, prefixes, said = map[string]bool{}, map[string]bool{}, map[string]string{}
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no source", err)
	}
	set := token.NewFileSet()
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					whole[s] = true
					if strings.HasSuffix(s, "_") {
						prefixes[s] = true
					}
				}
			case *ast.CallExpr:
				if key, ok := saidKey(n); ok {
					said[key] = set.Position(n.Pos()).String()
				}
			}
			return true
		})
	}
	return whole, prefixes, said
}

func saidKey(call *ast.CallExpr) (string, bool) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	switch f.Sel.Name {
	case "say", "note", "problem", "line", "fact", "tally":
	default:
		return "", false
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// Every value of a closed set has its word.
func TestClosedSetsHaveWords(t *testing.T) {
	b := load(t)
	var keys []string
	matters := []bot.Matter{bot.Arrival, bot.Exit, bot.Contract}
	stages := []bot.StoryStage{
		bot.StageBacked, bot.StagePressure, bot.StageCandidate, bot.StageInterest, bot.StageTalks,
		bot.StageAgreed, bot.StageOfficial, bot.StageOff, bot.StageCold, bot.StageClosed,
	}
	for _, s := range append(stages, bot.StageWithdrawn) {
		keys = append(keys, "stage_"+string(s))
	}
	for _, s := range stages {
		for _, m := range matters {
			keys = append(keys, "head_"+string(m)+"_"+string(s))
		}
	}
	for _, m := range []bot.Manner{bot.Dismissed, bot.Resigned, bot.Mutual, bot.ContractEnd, bot.Move} {
		keys = append(keys, "head_exit_official_"+string(m))
	}
	for _, e := range []bot.Evidence{bot.Hearsay, bot.OneOutlet, bot.Several, bot.OfficialEvi} {
		keys = append(keys, "evidence_"+string(e))
	}
	for _, e := range bot.EventTypes() {
		keys = append(keys, "type_"+string(e))
	}
	for _, r := range []bot.Role{bot.Head, bot.Interim, bot.Assistant, bot.Youth, bot.Player} {
		keys = append(keys, "role_"+string(r))
	}
	for _, x := range []bot.Team{bot.SecondTeam, bot.YouthTeam, bot.WomenTeam} {
		keys = append(keys, "team_"+string(x))
	}
	for _, x := range []bot.PauseCause{bot.PauseBlocked, bot.PauseGone, bot.PauseForbid} {
		keys = append(keys, "notice_lost_"+string(x))
	}
	for _, x := range []bot.Tone{bot.ToneNeutral, bot.ToneOfficial, bot.ToneLikely, bot.ToneRumour, bot.ToneOff} {
		keys = append(keys, "tag_"+string(x))
	}
	for i := range 12 {
		keys = append(keys, "month_"+strconv.Itoa(i+1))
	}
	for i := range 7 {
		keys = append(keys, "weekday_"+strconv.Itoa(i))
	}
	for _, k := range keys {
		if !b.Has("de", k) {
			t.Errorf("no phrase %q", k)
		}
	}
}

func TestSay(t *testing.T) {
	b := load(t)
	for _, c := range []struct {
		lang, key string
		args      []any
		want      string
	}{
		{"de", "days", []any{"Count", 1}, "1 Tag"},
		{"de", "days", []any{"Count", 3}, "3 Tage"},
		{"en", "days", []any{"Count", 1}, "1 day"},
		{"en", "days", []any{"Count", 0}, "0 days"},
		{"fr", "button_why", nil, "Warum?"},
		{"de", "no such phrase", nil, "no such phrase"},
		{"de", "headline", []any{"Club", "1. FC <Köln>", "What", `"@everyone" & {{.Club}}`}, `1. FC <Köln>: "@everyone" & {{.Club}}`},
	} {
		if got := b.Say(c.lang, c.key, c.args...); got != c.want {
			t.Errorf("Say(%s, %s) = %q, want %q", c.lang, c.key, got, c.want)
		}
	}
}

func BenchmarkSay(b *testing.B) {
	book, err := phrases.Load()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		book.Say("de", "source_outlet", "Outlet", "kicker", "When", "12.09.2024")
	}
}
