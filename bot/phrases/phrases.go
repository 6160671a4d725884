// Package phrases holds the sentences that users read, in German and English.
//
// Law: every sentence lives in a message file, none in code; the two files have
// the same keys; a language that lacks one falls back to German.
package phrases

import (
	"embed"
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed active.*.toml
var files embed.FS

// fallback is the language of keys that another one lacks.
const fallback = "de"

// Book implements bot.Phrases over the embedded message files. It is immutable
// and safe for concurrent use.
type Book struct {
	languages []string // the fallback first
	pages     map[string]page
}

// page is one language of the book.
type page struct {
	localizer *i18n.Localizer
	keys      map[string]bool
}

// Load reads the embedded message files. An error means that a file is broken:
// a fault of the build, not of the surroundings.
func Load() (*Book, error) {
	bundle := i18n.NewBundle(language.German)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	b := &Book{languages: []string{fallback, "en"}, pages: map[string]page{}}
	for _, lang := range b.languages {
		name := "active." + lang + ".toml"
		f, err := bundle.LoadMessageFileFS(files, name)
		if err != nil {
			return nil, fmt.Errorf("phrases: %s: %w", name, err)
		}
		keys := make(map[string]bool, len(f.Messages))
		for _, m := range f.Messages {
			keys[m.ID] = true
		}
		b.pages[lang] = page{keys: keys}
	}
	for lang, p := range b.pages {
		p.localizer = i18n.NewLocalizer(bundle, lang)
		b.pages[lang] = p
	}
	return b, nil
}

// Say implements bot.Phrases. Args are key, value pairs; "Count" selects the
// plural form. A key that no language has is shown as it is, so that a gap is
// seen and never fatal.
func (b *Book) Say(lang, key string, args ...any) string {
	p, ok := b.pages[lang]
	if !ok || !p.keys[key] {
		p = b.pages[fallback]
	}
	if !p.keys[key] {
		return key
	}
	data := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			data[name] = args[i+1]
		}
	}
	c := i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if n, ok := data["Count"]; ok {
		c.PluralCount = n
	}
	s, err := p.localizer.Localize(&c)
	if err != nil {
		return key
	}
	return s
}

// Has reports whether the language itself has the key.
func (b *Book) Has(lang, key string) bool { return b.pages[lang].keys[key] }

// Languages lists the languages, the fallback first.
func (b *Book) Languages() []string { return slices.Clone(b.languages) }

// Keys lists the keys of a language in order.
func (b *Book) Keys(lang string) []string { return slices.Sorted(maps.Keys(b.pages[lang].keys)) }
