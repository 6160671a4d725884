package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is what a terminal shows, read while it is written.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestDemoShowsBoardPicturesAndConsole is the README's way: one command at a
// terminal, no token, no network; the demo stays open until its input ends.
func TestDemoShowsBoardPicturesAndConsole(t *testing.T) {
	keys, typing := io.Pipe()
	var shown screen
	w := &world{
		ctx: t.Context(), stdin: keys, stdout: &shown, stderr: os.Stderr, now: time.Now, stdinTerminal: true,
		env: lookup(nil),
	}
	ended := make(chan int, 1)
	go func() { ended <- run(w, []string{"demo", "--board", "127.0.0.1:0"}) }()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`)
	eventually(t, "the board's address", 30*time.Second, func() bool { return address.MatchString(shown.String()) && strings.Contains(shown.String(), "Strg-D") })
	base := address.FindString(shown.String())
	for path, want := range map[string]string{
		"":                        "Miroslav Klose",
		"coach/heiner-backhaus":   `src="/picture/coach/heiner-backhaus`,
		"club/schalke":            "Karel Geraerts",
		"picture/club/schalke":    "\x89PNG",
		"feed.atom":               "<feed",
		"search?q=kaiserslautern": "/club/kaiserslautern",
	} {
		if code, body := fetch(t, base+path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s%s: status %d without %q", base, path, code, want)
		}
	}
	before := len(shown.String())
	if _, err := io.WriteString(typing, "/coach Klose\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the console's answer", 10*time.Second, func() bool { return strings.Contains(shown.String()[before:], "Miroslav Klose") })
	_ = typing.Close()
	select {
	case code := <-ended:
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the demo did not end with its input")
	}
	if code, _ := fetch(t, base); code != 0 {
		t.Error("the board outlived the demo")
	}
}

// TestReadmeShowsRealOutput: every line of the README's screen is one that the
// demo prints, but for the times.
func TestReadmeShowsRealOutput(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "$ karussell demo\n")
	lines, _, ok := strings.Cut(rest, "```")
	if !ok || strings.Count(lines, "\n") > 40 {
		t.Fatal("the README does not begin with a screen of the demo")
	}
	keys, typing := io.Pipe()
	_ = typing.Close()
	var shown screen
	w := &world{ctx: t.Context(), stdin: keys, stdout: &shown, stderr: os.Stderr, now: time.Now, stdinTerminal: true, env: lookup(nil)}
	if code := run(w, []string{"demo"}); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	times := regexp.MustCompile(`\d\d:\d\d|\d\d\.\d\d\.\d{4}|\d+\. \p{L}+ \d{4}|127\.0\.0\.1:\d+`)
	printed := map[string]bool{}
	for line := range strings.Lines(times.ReplaceAllString(shown.String(), "T")) {
		printed[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(times.ReplaceAllString(lines, "T")) {
		if line = strings.TrimSpace(line); line != "" && !printed[line] {
			t.Errorf("the demo does not print %q", line)
		}
	}
}
