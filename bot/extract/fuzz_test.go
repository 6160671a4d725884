package extract_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"karussell/bot"
)

// FuzzExtract: whatever the bytes, no panic, evidence inside the text on rune
// boundaries, and the same answer twice.
func FuzzExtract(f *testing.F) {
	for _, s := range []string{
		"", "\xff\xfe", " date 2024-09 Foto: dpa\n\nSchalke trennt sich von Trainer Karel Geraerts.",
		"Trainer Trainer Trainer", "„“»«((((,,,,", "1. FC 1. FC 1. FC", "Ko\u0308ln\u00ad-\nx", "der der der 42-Jährige",
		"Sean Dyche sacked by Burnley on 15 April 2022.", "30. 30. 30. Februar 2099", strings.Repeat("a-\n", 50),
	} {
		f.Add("", s)
		f.Add("Schalke entlässt Geraerts", s)
	}
	x := newExtractor(f)
	f.Fuzz(func(t *testing.T, title, text string) {
		a := bot.Article{Title: title, Text: text}
		got := x.Extract(a)
		for _, e := range got.Events {
			for _, s := range e.Evidence {
				if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
					t.Fatalf("span %+v outside a text of %d bytes", s, len(text))
				}
				if !boundary(text, s.Start) || !boundary(text, s.End) {
					t.Fatalf("span %+v cuts a rune", s)
				}
			}
			if len(e.Quote) > 300 {
				t.Fatalf("quote of %d bytes", len(e.Quote))
			}
		}
		if again := x.Extract(a); !reflect.DeepEqual(got, again) {
			t.Fatal("two answers to one article")
		}
		tr := x.Explain(a)
		if tr.String() == "" {
			t.Fatal("an empty trace")
		}
	})
}

func boundary(s string, i int) bool {
	return i == len(s) || utf8.RuneStart(s[i]) || !utf8.ValidString(s)
}
