package discord

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

func contractPath() string {
	dir := os.Getenv("KARUSSELL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(dir, "contracts", "discord-openapi.json")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// letters are those that mean something to Discord, and those that hurt.
const letters = "aä1 .\n\\*_~`|[]()<>#-+@:/!&é😀\u202e\u200b\x00\t𝔖"

func drawText(t *rapid.T, label string, most int) string {
	switch rapid.IntRange(0, 3).Draw(t, label+" kind") {
	case 0:
		return rapid.SampledFrom([]string{
			"@everyone <@&99> <#5> </coach:1>", "1. FC Köln", "- Punkt", "> Zitat", "# Titel", "-# klein",
			"https://evil.example", "[Text](https://evil.example)", "**fett**", "<t:0:R>", "<:tor:123>", "\xff\xfe",
			strings.Repeat("lang ", 3000),
		}).Draw(t, label)
	case 1:
		return rapid.StringOfN(rapid.RuneFrom([]rune(letters)), 0, most, -1).Draw(t, label)
	default:
		return rapid.StringN(0, 60, -1).Draw(t, label)
	}
}

func drawSpans(t *rapid.T, label string) []bot.TextSpan {
	var out []bot.TextSpan
	for i := range rapid.IntRange(0, 4).Draw(t, label) {
		out = append(out, bot.TextSpan{
			Text:  drawText(t, fmt.Sprint(label, i), 400),
			Style: rapid.SampledFrom([]bot.Style{bot.Plain, bot.Bold, bot.Italic, bot.Strike, bot.Code}).Draw(t, "style"),
			Link:  rapid.SampledFrom([]string{"", "", "https://example.org/a(b)c?x=1&y=[2]*_", "javascript:alert(1)", "https://x.de/ ) <@1>", "http://[::1"}).Draw(t, "link"),
		})
	}
	return out
}

func drawMessage(t *rapid.T) bot.Message {
	m := bot.Message{
		Language: rapid.SampledFrom([]string{"", "de", "en"}).Draw(t, "language"),
		Tone:     rapid.SampledFrom([]bot.Tone{bot.ToneNeutral, bot.ToneOfficial, bot.ToneRumour, bot.ToneOff, bot.ToneProblem, bot.ToneLikely}).Draw(t, "tone"),
		Title:    drawText(t, "title", 400), Link: rapid.SampledFrom([]string{"", "https://example.org/ä b", "ftp://x", "%%%"}).Draw(t, "link"),
		Footer: drawText(t, "footer", 3000), Nonce: "n", Silent: rapid.Bool().Draw(t, "silent"),
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "blocks") {
		m.Blocks = append(m.Blocks, bot.Block{
			Kind:  rapid.SampledFrom([]bot.BlockKind{bot.Paragraph, bot.Heading, bot.Quote, bot.ListItem}).Draw(t, "block"),
			Spans: drawSpans(t, fmt.Sprint("span", i)),
		})
	}
	for i := range rapid.IntRange(0, 30).Draw(t, "fields") {
		m.Fields = append(m.Fields, bot.Field{Label: drawText(t, fmt.Sprint("label", i), 300), Value: drawSpans(t, fmt.Sprint("value", i))})
	}
	for i := range rapid.IntRange(0, 9).Draw(t, "rows") {
		var row []bot.Button
		for j := range rapid.IntRange(0, 9).Draw(t, "row") {
			row = append(row, bot.Button{
				Label:  drawText(t, fmt.Sprint("button", i, j), 100),
				Action: bot.Action(rapid.StringMatching(`[a-z]{0,3}:[0-9]{0,3}`).Draw(t, "action")),
				Link:   rapid.SampledFrom([]string{"", "", "https://example.org", "nope"}).Draw(t, "blink"),
			})
		}
		m.Buttons = append(m.Buttons, row)
	}
	if rapid.Bool().Draw(t, "dated") {
		m.Time = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0)
	}
	if rapid.Bool().Draw(t, "pictured") {
		m.Picture = &bot.Picture{Name: drawText(t, "file", 100), Data: []byte("x"), Alt: drawText(t, "alt", 2000)}
	}
	return m
}

// check judges what m becomes like any request of the adapter.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, judge *discordtest.Judge, m bot.Message,
) {
	t.Helper()
	files := map[string]string{}
	if m.Picture != nil {
		files["0"] = fileName(m.Picture)
	}
	for _, r := range []struct {
		method, path string
		body         any
	}{
		{"POST", "channels/1/messages", func() any { p := newPayload(m); p.Nonce, p.EnforceNonce = "n", true; return p }()},
		{"PATCH", "channels/1/messages/2", newEdit(m)},
	} {
		raw, err := json.Marshal(r.body)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, broken := range judge.Request(r.method, r.path, raw, files) {
			t.Fatalf("%s %s: %s\n%s", r.method, r.path, broken, raw)
		}
		tame(t, raw)
	}
}

// tame: nothing foreign has become a mention or a bare link.
func tame(t interface {
	Helper()
	Fatalf(string, ...any)
}, raw []byte,
) {
	t.Helper()
	var p struct {
		Content string              `json:"content"`
		Embeds  []discordtest.Embed `json:"embeds"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatalf("%v", err)
	}
	texts := []string{p.Content}
	for _, e := range p.Embeds {
		texts = append(texts, e.Title, e.Description)
		for _, f := range e.Fields {
			texts = append(texts, f.Name, f.Value)
		}
	}
	for _, s := range texts {
		if found := discordtest.Mentions(s); len(found) > 0 {
			t.Fatalf("mentions %q in %q", found, s)
		}
		if discordtest.BareLinks(s) {
			t.Fatalf("a bare link in %q", s)
		}
	}
}

func newJudge(tb testing.TB) *discordtest.Judge {
	tb.Helper()
	path := contractPath()
	if path == "" {
		tb.Log("the contract discord-openapi.json is not here: messages are judged by the rules beyond it only")
	}
	j, err := discordtest.NewJudge(path)
	if err != nil {
		tb.Fatal(err)
	}
	return j
}

func TestAnyMessageIsValid(t *testing.T) {
	judge := newJudge(t)
	rapid.Check(t, func(t *rapid.T) { check(t, judge, drawMessage(t)) })
}

// What one writes is what one sees: escapes change nothing that is shown.
func TestEscapedTextShowsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("aä1. \\*_~`|[]()<>#-+@:/!é😀")), 1, 60, -1).Draw(t, "text")
		want := strings.TrimSpace(s)
		got := strings.ReplaceAll(discordtest.Seen(escaped(s, 4000)), "\u200B", "")
		if got != want {
			t.Fatalf("%q is shown as %q (sent %q)", want, got, escaped(s, 4000))
		}
	})
}

func TestStyledTextShowsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("aä1. \\*_~|[]<>#@:")), 1, 40, -1).Draw(t, "text")
		style := rapid.SampledFrom([]bot.Style{bot.Bold, bot.Italic, bot.Strike}).Draw(t, "style")
		out, whole := spans([]bot.TextSpan{{Text: "vor "}, {Text: s, Style: style, Link: "https://example.org/(x)"}, {Text: " nach"}}, 4000, "")
		if got := discordtest.Seen(out); !whole || strings.ReplaceAll(got, "\u200B", "") != "vor "+s+" nach" {
			t.Fatalf("%q is shown as %q (sent %q)", s, got, out)
		}
	})
}

// Whatever the room, it is kept, and what is missing is marked.
func TestRoomIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.IntRange(1, 300).Draw(t, "room")
		in := []bot.Block{{Kind: bot.Quote, Spans: drawSpans(t, "a")}, {Kind: bot.ListItem, Spans: drawSpans(t, "b")}, {Spans: drawSpans(t, "c")}}
		text, whole := markdown(in, room)
		if n := length(text); n > room {
			t.Fatalf("%d characters in a room of %d: %q", n, room, text)
		}
		if full, _ := markdown(in, 1<<20); whole != (full == text) {
			t.Fatalf("whole %t, text %q, full %q", whole, text, full)
		}
	})
}

func FuzzRender(f *testing.F) {
	judge := newJudge(f)
	for _, s := range []string{"1. FC Köln", "@everyone", "[x](https://y)", strings.Repeat("ä*", 5000), "\x00\u202e", "a\nb\n\nc"} {
		f.Add(s, s, "https://example.org/"+s)
	}
	f.Fuzz(func(t *testing.T, title, text, link string) {
		check(t, judge, bot.Message{
			Title: title, Link: link, Footer: text,
			Blocks: []bot.Block{
				{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: text}, {Text: title, Style: bot.Bold, Link: link}}},
				{Kind: bot.ListItem, Spans: []bot.TextSpan{{Text: title, Style: bot.Code}, {Text: text, Style: bot.Italic}}},
			},
			Fields:  []bot.Field{{Label: title, Value: []bot.TextSpan{{Text: text}}}},
			Buttons: [][]bot.Button{{{Label: title, Action: bot.Action(text)}, {Label: text, Link: link}}},
		})
	})
}

func FuzzCustomID(f *testing.F) {
	for _, s := range []string{"k1b.0.w:12", "k1m.3.", "k1f.0.x", "k1b..", "", "k1b.99.a.b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		mark, action, ok := parseCustomID(id)
		if !ok || mark == idMenu {
			return
		}
		again, fits := customID(mark, 0, action)
		if !fits {
			return
		}
		if m, a, ok := parseCustomID(again); !ok || m != mark || a != action || length(again) > maxCustomID {
			t.Errorf("%q became %q: %q %q %t", id, again, m, a, ok)
		}
	})
}

func FuzzInteraction(f *testing.F) {
	f.Add([]byte(`{"id":"1","token":"t","type":2,"data":{"name":"coach","options":[{"name":"n","type":3,"value":"x"}]},"member":{"user":{"id":"5"},"permissions":"32"},"guild_id":"7","app_permissions":"0"}`))
	f.Add([]byte(`{"id":"1","token":"t","type":5,"data":{"custom_id":"k1f.0.a","components":[{"type":18,"component":{"custom_id":"x","value":"y"}}]}}`))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var in interaction
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		in.request()
		in.args()
		in.values()
		in.channelOption()
	})
}
