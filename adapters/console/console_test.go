package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"karussell/adapters/adaptertest"
	"karussell/adapters/console"
	"karussell/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen records what a console prints.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var (
	escapes = regexp.MustCompile("\x1b\\[[0-9;]*[mK]")
	head    = regexp.MustCompile(`^── (?:Meldung|Antwort|Alert|Answer) (\d+)`)
	buttons = regexp.MustCompile(`\[(\d+)\] (.*?)(?:   |$)`)
)

// entry is one framed message.
type entry struct {
	number, head, text string
	buttons            map[string]string // number by label
}

// read finds the messages on the screen; an update takes the first one's place.
func (s *screen) read() []entry {
	var out []entry
	for line := range strings.Lines(escapes.ReplaceAllString(s.String(), "")) {
		line = strings.TrimRight(strings.TrimPrefix(line, "\r"), "\n")
		if at := strings.Index(line, "── "); at >= 0 && head.MatchString(line[at:]) {
			line = line[at:]
			out = append(out, entry{number: head.FindStringSubmatch(line)[1], head: line, buttons: map[string]string{}})
			continue
		}
		if len(out) == 0 || !strings.HasPrefix(line, "  ") {
			continue
		}
		last := &out[len(out)-1]
		if m := buttons.FindAllStringSubmatch(line, -1); m != nil && strings.HasPrefix(line, "  [") {
			for _, b := range m {
				last.buttons[b[2]] = b[1]
			}
			continue
		}
		last.text += strings.TrimPrefix(strings.TrimPrefix(line, "  "), "• ") + "\n"
	}
	var newest []entry // an update in its message's place
	for _, e := range out {
		i := slices.IndexFunc(newest, func(old entry) bool { return old.number == e.number })
		if i < 0 {
			newest = append(newest, e)
			continue
		}
		newest[i] = e
	}
	return newest
}

func open(o console.Options) func(t *testing.T) adaptertest.Fixture {
	return func(t *testing.T) adaptertest.Fixture {
		t.Helper()
		scr := &screen{}
		in, keys := io.Pipe()
		o.In, o.Out = in, scr
		c, err := console.New(o)
		if err != nil {
			t.Fatal(err)
		}
		typed := func(line string) {
			t.Helper()
			if _, err := io.WriteString(keys, line+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		return adaptertest.Fixture{
			Platform: c, Chat: console.Chat, Typed: true,
			Close: func() { _ = keys.Close() },
			Shown: func() []string {
				var out []string
				for _, e := range scr.read() {
					out = append(out, e.text)
				}
				return out
			},
			Command: func(t *testing.T, name string, args ...adaptertest.Arg) {
				t.Helper()
				words := []string{name}
				for _, a := range args {
					words = append(words, a.Value)
				}
				typed(strings.Join(words, " "))
			},
			Press: func(t *testing.T, label string) {
				t.Helper()
				all := scr.read()
				for _, e := range slices.Backward(all) {
					if n, ok := e.buttons[label]; ok {
						typed(n)
						return
					}
				}
				t.Fatalf("no button %q in %+v", label, all)
			},
			Fill: func(t *testing.T, values map[string]string) {
				t.Helper()
				typed("") // required: asks again
				typed(values["why"])
			},
			Silent: func() bool {
				all := scr.read()
				return strings.Contains(all[len(all)-1].head, "· leise ·")
			},
		}
	}
}

func TestConformance(t *testing.T) {
	t.Run("piped", func(t *testing.T) { adaptertest.Run(t, open(console.Options{})) })
	t.Run("terminal", func(t *testing.T) {
		adaptertest.Run(t, open(console.Options{Colour: true, Prompt: true, Width: 60}))
	})
}

// play types a whole input and returns the screen.
func play(t *testing.T, o console.Options, r bot.Responder, input string) string {
	t.Helper()
	scr := &screen{}
	o.In, o.Out = strings.NewReader(input), scr
	o.Now = func() time.Time { return time.Date(2026, 3, 1, 14, 5, 0, 0, time.UTC) }
	o.Zone = time.UTC
	c, err := console.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return scr.String()
}

func TestTranscript(t *testing.T) {
	got := play(t, console.Options{Width: 60}, &adaptertest.Responder{}, "/trainer Backhaus\n1\n2\n99\n/help")
	want := `── Antwort 1 · 14:05 ───────────────────────────────────────
  Trainer Backhaus
  Cheftrainer in Aachen.
  Vertrag bis: 2027
  WAZ, 25.09.2024
  [1] Schalke folgen   [2] Warum?
  [3] Mehr   [4] Falsch?

── Meldung 1 · aktualisiert · 14:05 ────────────────────────
  Du folgst jetzt Schalke

── Antwort 2 · 14:05 ───────────────────────────────────────
  Darum
  Weil du Schalke folgst.

Den Knopf [99] gibt es nicht (mehr).

── Antwort 3 · 14:05 ───────────────────────────────────────
  Karussell hilft
  Frag nach einem Trainer.

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInput(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, test := range []struct {
		name, in string
		want     []string // commands, "text:…" for free text
	}{
		{"slash", "/coach Backhaus\n", []string{"coach Backhaus"}},
		{"no slash", "coach Backhaus\n", []string{"coach Backhaus"}},
		{"upper case alias", "/TRAINER  Heiner Backhaus \n", []string{"coach Heiner Backhaus"}},
		{"unknown command", "/Foo bar\n", []string{"foo bar"}},
		{"free text", "Wer trainiert Aachen?\n", []string{"text:Wer trainiert Aachen?"}},
		{"no line break at the end", "help", []string{"help "}},
		{"windows line ends", "help\r\ncoach X\r\n", []string{"help ", "coach X"}},
		{"blank lines", "\n \n\t\nhelp\n", []string{"help "}},
		{"a lone slash", "/\n", []string{"text:/"}},
		{"line too long", long + "\nhelp\n", []string{"help "}},
		{"line too long and the end", long, nil},
		{"control characters", "co\x07ach \x1b[31mBack\x00haus\x1b[0m\n", []string{"coach Backhaus"}},
		{"broken UTF-8", "coach M\xfcller\n", []string{"coach M\ufffdller"}},
		{"leaving", "quit\nhelp\n", nil},
		{"nothing", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &adaptertest.Responder{}
			play(t, console.Options{}, r, test.in)
			var got []string
			for _, req := range r.Requests() {
				if req.Command == "" {
					got = append(got, "text:"+req.Text)
				} else {
					got = append(got, req.Command+" "+req.Text)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestForm plays a form of several inputs to its end, and one that is cancelled
// or cut off by the end of the input.
func TestForm(t *testing.T) {
	form := &bot.Form{Action: "f", Title: "Ruhezeit", Inputs: []bot.Input{
		{Name: "from", Label: "Von", Hint: "22:00", Required: true, Max: 5},
		{Name: "to", Label: "Bis", Value: "07:00"},
	}}
	for _, test := range []struct {
		name, in string
		want     map[string]string
	}{
		{"filled", "settings\n\n22:00 Uhr\n\n", map[string]string{"from": "22:00", "to": "07:00"}},
		{"cancelled", "settings\n.\n", nil},
		{"cut off", "settings\n22:00", nil},
		{"a number is no button", "settings\n1\n2\n", map[string]string{"from": "1", "to": "2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &adaptertest.Responder{Answer: func(req bot.Request) (bot.Message, bool) {
				return bot.Message{Form: form}, req.Command == "settings"
			}}
			play(t, console.Options{}, r, test.in)
			var got map[string]string
			for _, req := range r.Requests() {
				if req.Action == "f" {
					got = req.Values
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEscapesAreStripped(t *testing.T) {
	scr := &screen{}
	c, err := console.New(console.Options{Out: scr, Colour: true, Prompt: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, evil := range []string{
		"a\x1b[2Jb", "a\x1b]0;Titel\x07b", "a\x1b]8;;https://evil.example\x1b\\b", "a\u009b31mb", "a\u009d0;x\u009cb",
		"a\x1bPq\x1b\\b", "a\rb", "a\bb", "a\x7fb", "a\u202eb", "a\x1b", "a\x1b[", "\x1b]52;c;ZXZpbA==\x07ab", "a\n── Meldung 7 · b",
	} {
		m := bot.Message{
			Title: evil, Link: "https://example.org/" + evil, Blocks: []bot.Block{{Spans: []bot.TextSpan{{Text: evil, Link: "https://x.example/" + evil}}}},
			Fields: []bot.Field{{Label: evil, Value: []bot.TextSpan{{Text: evil}}}}, Footer: evil,
			Picture: &bot.Picture{Alt: evil}, Buttons: [][]bot.Button{{{Label: evil, Action: "x"}}},
		}
		before := len(scr.String())
		if _, err := c.Send(t.Context(), console.Chat, m); err != nil {
			t.Fatal(err)
		}
		got := escapes.ReplaceAllString(scr.String()[before:], "")
		for _, r := range got {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u202e' {
				t.Errorf("%q shows %U:\n%q", evil, r, got)
			}
		}
		if n := strings.Count(got, "\n── "); n != 0 {
			t.Errorf("%q draws a frame:\n%s", evil, got)
		}
	}
}

// TestPromptMakesWay pushes an alert while a prompt is open: the prompt stands
// again below the alert.
func TestPromptMakesWay(t *testing.T) {
	scr := &screen{}
	in, keys := io.Pipe()
	c, err := console.New(console.Options{In: in, Out: scr, Colour: true, Prompt: true, Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, &adaptertest.Responder{}) }()
	for !strings.HasSuffix(scr.String(), "Karussell>\x1b[0m ") {
		time.Sleep(time.Millisecond)
	}
	if _, err := c.Send(ctx, console.Chat, bot.Message{Title: "Breaking", Language: "en", Tone: bot.ToneRumour}); err != nil {
		t.Fatal(err)
	}
	got := escapes.ReplaceAllString(scr.String(), "")
	if !strings.Contains(got, "Karussell> \r── Alert 1") || !strings.HasSuffix(got, "◇ RUMOUR\n  Breaking\n\nKarussell> ") {
		t.Errorf("screen %q", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = keys.Close()
}

// TestConcurrentAlerts pushes from many goroutines: frames never mix.
func TestConcurrentAlerts(t *testing.T) {
	scr := &screen{}
	c, err := console.New(console.Options{Out: scr})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			s := strconv.Itoa(i)
			if _, err := c.Send(t.Context(), console.Chat, bot.Message{Title: "Titel " + s, Footer: "Fuß " + s}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := scr.read()
	if len(all) != 50 {
		t.Errorf("%d messages", len(all))
	}
	for _, e := range all {
		var a, b int
		if _, err := fmt.Sscanf(e.text, "Titel %d\nFuß %d", &a, &b); err != nil || a != b {
			t.Errorf("mixed: %q", e.text)
		}
	}
}

func TestQuotes(t *testing.T) {
	for _, test := range []struct{ language, text, want string }{
		{"de", "Wie die „WAZ“ berichtet, geht er.", "> „Wie die ‚WAZ‘ berichtet, geht er.“"},
		{"de", "„Wir danken ihm“, sagte er.", "> „‚Wir danken ihm‘, sagte er.“"},
		{"en", "As the “Times” reports, he leaves.", "> “As the ‘Times’ reports, he leaves.”"},
	} {
		scr := &screen{}
		c, err := console.New(console.Options{Out: scr})
		if err != nil {
			t.Fatal(err)
		}
		m := bot.Message{Language: test.language, Blocks: []bot.Block{{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: test.text}}}}}
		if _, err := c.Send(t.Context(), console.Chat, m); err != nil || !strings.Contains(scr.String(), test.want) {
			t.Errorf("%v\n%s\nlacks %s", err, scr, test.want)
		}
	}
}

func TestErrors(t *testing.T) {
	if _, err := console.New(console.Options{}); err == nil {
		t.Error("a console without a writer")
	}
	c, err := console.New(console.Options{Out: broken{}})
	if err != nil {
		t.Fatal(err)
	}
	var se *bot.SendError
	if _, err := c.Send(t.Context(), console.Chat, bot.Message{Title: "x"}); !errors.As(err, &se) || se.Kind != bot.SendTemporary {
		t.Errorf("broken writer: %v", err)
	}
	if _, err := c.Send(t.Context(), bot.ChatRef{Platform: "console", Chat: "other"}, bot.Message{}); !errors.As(err, &se) || se.Kind != bot.SendGone {
		t.Errorf("foreign chat: %v", err)
	}
	// A message of an earlier run is shown again rather than lost.
	scr := &screen{}
	c, _ = console.New(console.Options{Out: scr})
	if err := c.Edit(t.Context(), console.Chat, "earlier-7", bot.Message{Title: "bestätigt"}); err != nil || !strings.Contains(scr.String(), "aktualisiert") {
		t.Errorf("%v %q", err, scr.String())
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe is gone") }

func FuzzInputAndText(f *testing.F) {
	f.Add("coach \x1b[31m\n1\n", "a\x1b]0;\x07b")
	f.Add("/\n.\n", "\u202e\xff\x1b")
	f.Fuzz(func(t *testing.T, input, text string) {
		r := &adaptertest.Responder{Answer: func(bot.Request) (bot.Message, bool) {
			return bot.Message{Title: text, Blocks: []bot.Block{{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: text}}}}, Footer: text}, true
		}}
		scr := play(t, console.Options{Width: 50}, r, input)
		for _, c := range scr {
			if c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 {
				t.Fatalf("%q shows %U", scr, c)
			}
		}
	})
}
