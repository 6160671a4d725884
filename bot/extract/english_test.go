package extract_test

import (
	"os"
	"strings"
	"testing"

	"karussell/bot"
)

// TestEnglishPhrases reads the usual English ways to say each thing, and the
// sentences that sound like it and say nothing about a coach.
func TestEnglishPhrases(t *testing.T) {
	raw, err := os.ReadFile("testdata/english.txt")
	if err != nil {
		t.Fatal(err)
	}
	x := newExtractor(t)
	for line := range strings.Lines(string(raw)) {
		want, text, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		t.Run(text, func(t *testing.T) {
			got := ""
			var gotSb26 strings.Builder
			for _, e := range x.Extract(bot.Article{Text: strings.ReplaceAll(text, " // ", "\n\n"), Published: "2025-03-12"}).Events {
				if e.Fresh {
					gotSb26.WriteString(string(e.Type) + " " + e.Coach + " / " + e.Club + ";")
				}
			}
			got += gotSb26.String()
			if want == "none" {
				want = ""
			} else {
				want += " Tom Harding / Wigan Athletic;"
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
