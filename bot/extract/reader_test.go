package extract_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"karussell/bot"
	"karussell/bot/extract"
)

// TestReaderIsExplained looks for events that no idiom knows in the annotated
// articles: there must be some, and the trace must name the words that weighed.
func TestReaderIsExplained(t *testing.T) {
	x := newExtractor(t)
	files, err := filepath.Glob("testdata/pairs/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		trace := x.Explain(bot.Article{Text: string(text)})
		for _, r := range trace.Reasons {
			if !strings.HasPrefix(r.Rule, "reader.") {
				continue
			}
			found++
			if !strings.Contains(r.Words, "weighed most: ") || !strings.Contains(trace.String(), r.Words) {
				t.Errorf("%s: %s: words %q", file, r.Rule, r.Words)
			}
		}
	}
	if found == 0 {
		t.Error("the reader found nothing: do the weights belong to these features?")
	}
}

// TestGrammarAlone holds that the extractor works without its weights, as the
// trainer needs it.
func TestGrammarAlone(t *testing.T) {
	x, err := extract.Untrained()
	if err != nil {
		t.Fatal(err)
	}
	a := bot.Article{Text: "Hansa Rostock hat Trainer Jens Beispiel am Montag beurlaubt."}
	if got := x.Extract(a); len(got.Events) != 1 || got.Events[0].Type != bot.Departure {
		t.Errorf("%+v", got.Events)
	}
	st := x.Study(a)
	if len(st.Readings) == 0 || len(st.Readings[0].Features) == 0 || len(st.Patterns) == 0 || len(st.Matters) != 1 {
		t.Fatalf("%d readings, %d patterns, %d matters", len(st.Readings), len(st.Patterns), len(st.Matters))
	}
	if got := x.Without(st.Patterns).Extract(a); len(got.Events) != 0 {
		t.Errorf("without its idioms: %+v", got.Events)
	}
}
