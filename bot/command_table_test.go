package bot_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"karussell/bot"
)

var commandName = regexp.MustCompile(`^[\p{Ll}\p{N}_-]{1,32}$`)

// Names and descriptions keep the limits of the narrowest platform (Discord:
// 32 and 100 characters, 25 options and choices, 8000 characters a command over
// all languages; Telegram: ASCII names).
func TestCommandsKeepPlatformLimits(t *testing.T) {
	seen := map[string]string{}
	for _, c := range newGround(t).eng.Commands() {
		size := len(c.Name)
		if !regexp.MustCompile(`^[a-z]{1,32}$`).MatchString(c.Name) {
			t.Errorf("%s: name is no lower case ASCII word", c.Name)
		}
		names := append([]string{c.Name}, c.Aliases...)
		for _, n := range names {
			if old, ok := seen[n]; ok {
				t.Errorf("%q means %s and %s", n, old, c.Name)
			}
			seen[n] = c.Name
		}
		for _, lang := range []string{"de", "en"} {
			size += checkTexts(t, c.Name, lang, c.Local, c.About)
			if old, ok := seen[lang+" "+c.Local[lang]]; ok {
				t.Errorf("local name %q means %s and %s", c.Local[lang], old, c.Name)
			}
			seen[lang+" "+c.Local[lang]] = c.Name
		}
		if len(c.Options) > 25 {
			t.Errorf("%s: %d options", c.Name, len(c.Options))
		}
		optional := false
		for _, o := range c.Options {
			size += len(o.Name)
			if o.Required && optional {
				t.Errorf("%s: required option %s comes after an optional one", c.Name, o.Name)
			}
			optional = optional || !o.Required
			for _, lang := range []string{"de", "en"} {
				size += checkTexts(t, c.Name+" "+o.Name, lang, o.Local, o.About)
				for _, ch := range o.Choices {
					size += len(ch.Label[lang])
					if ch.Label[lang] == "" || utf8.RuneCountInString(ch.Label[lang]) > 100 {
						t.Errorf("%s %s: choice %s has no label in %s", c.Name, o.Name, ch.Value, lang)
					}
				}
			}
			if len(o.Choices) > 25 || (len(o.Choices) > 0 && o.Complete) {
				t.Errorf("%s %s: %d choices, complete %v", c.Name, o.Name, len(o.Choices), o.Complete)
			}
		}
		if size > 8000 {
			t.Errorf("%s: %d characters", c.Name, size)
		}
	}
}

func checkTexts(t *testing.T, what, lang string, local, about map[string]string) int {
	t.Helper()
	if !commandName.MatchString(local[lang]) {
		t.Errorf("%s: local name %q in %s", what, local[lang], lang)
	}
	if n := utf8.RuneCountInString(about[lang]); n == 0 || n > 100 {
		t.Errorf("%s: description of %d characters in %s", what, n, lang)
	}
	return len(local[lang]) + len(about[lang])
}

func TestGuidesDescribeEveryCommand(t *testing.T) {
	for lang, path := range map[string]string{"de": "../docs/guide.de.md", "en": "../docs/guide.en.md"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		guide := string(raw)
		known := map[string]bool{}
		for _, c := range newGround(t).eng.Commands() {
			for _, n := range append([]string{c.Name, c.Local[lang]}, c.Aliases...) {
				known[n] = true
			}
			if !strings.Contains(guide, "`/"+c.Name) {
				t.Errorf("%s does not describe /%s", path, c.Name)
			}
			if lang == "de" && c.Local["de"] != c.Name && !strings.Contains(guide, "`/"+c.Local["de"]) {
				t.Errorf("%s does not name /%s", path, c.Local["de"])
			}
		}
		for _, m := range regexp.MustCompile("`/(\\p{L}+)").FindAllStringSubmatch(guide, -1) {
			if !known[m[1]] {
				t.Errorf("%s describes /%s, which does not exist", path, m[1])
			}
		}
	}
}

// Every command answers something in every kind of chat, with and without what
// it needs, in both languages.
func TestEveryCommandAnswers(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		th := newTheatre(t, lang)
		for _, c := range th.eng.Commands() {
			for _, kind := range []bot.ChatKind{bot.PrivateChat, bot.GroupChat, bot.ChannelChat} {
				for _, text := range []string{"", "x", "Schalke", strings.Repeat("ä", 3000), "\x00\xff", "#1 1 1"} {
					r := bot.Request{Chat: console("c"), Kind: kind, User: "console:boss", Language: lang, CanManage: true, Command: c.Name, Text: text}
					m := th.eng.Respond(t.Context(), r)
					if m.Text() == "" || m.Language == "" {
						t.Errorf("/%s %.20q in %s: no answer", c.Name, text, kind)
					}
					if strings.Contains(m.Text(), "{{") || strings.Contains(m.Text(), "<no value>") {
						t.Errorf("/%s %.20q: unfilled phrase: %s", c.Name, text, m.Text())
					}
					for _, row := range m.Buttons {
						for _, b := range row {
							if len(b.Action) > 60 || b.Label == "" || len(row) > 5 || len(m.Buttons) > 5 {
								t.Errorf("/%s: button %+v in %d rows", c.Name, b, len(m.Buttons))
							}
						}
					}
				}
			}
		}
	}
}
