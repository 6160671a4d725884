package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"karussell/adapters/telegram/telegramtest"
)

// paper is an outlet's server on loopback whose feed a test fills.
type paper struct {
	*httptest.Server
	mu    sync.Mutex
	title string
	items []string
}

func newPaper(t *testing.T, title string) *paper {
	t.Helper()
	p := &paper{title: title}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><language>de</language>%s</channel></rss>`, p.title, strings.Join(p.items, ""))
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *paper) publish(title, text string) { p.publishAt(time.Now(), title, text) }

func (p *paper) publishAt(when time.Time, title, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.items)
	p.items = append(p.items, fmt.Sprintf("<item><title>%s</title><guid>%s-%d</guid><link>https://%d.example/%d</link><description>%s</description><pubDate>%s</pubDate></item>",
		title, p.title, n, len(p.title), n, text, when.Format(time.RFC1123Z)))
}

// running is the real program, started by a test.
type running struct {
	t   testing.TB
	env []string
	cmd *exec.Cmd
	log *os.File
}

// startBot runs `karussell run` with nothing but the environment given, and a
// store of its own where that names none.
func startBot(tb testing.TB, env ...string) *running {
	tb.Helper()
	log, err := os.Create(filepath.Join(tb.TempDir(), "log"))
	if err != nil {
		tb.Fatal(err)
	}
	r := &running{t: tb, env: append([]string{"KARUSSELL_DB=" + filepath.Join(tb.TempDir(), "k.db"), "KARUSSELL_LOG=debug"}, env...), log: log}
	r.start()
	tb.Cleanup(func() {
		r.stop(syscall.SIGTERM)
		if tb.Failed() {
			raw, _ := os.ReadFile(log.Name())
			tb.Logf("what the bot said:\n%s", raw[max(0, len(raw)-6000):])
		}
		_ = log.Close()
	})
	return r
}

func (r *running) start() {
	r.t.Helper()
	r.cmd = program(r.t, "run")
	r.cmd.Env = append([]string{"HOME=" + r.t.TempDir(), "PATH=" + os.Getenv("PATH")}, r.env...)
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) stop(sig syscall.Signal) {
	if r.cmd.ProcessState == nil {
		_ = r.cmd.Process.Signal(sig)
		_ = r.cmd.Wait()
	}
}

func (r *running) said() string {
	raw, err := os.ReadFile(r.log.Name())
	if err != nil {
		r.t.Fatal(err)
	}
	return string(raw)
}

// awaitSaid waits until the log holds a text n times.
func (r *running) awaitSaid(text string, n int) {
	r.t.Helper()
	for range 1000 {
		if strings.Count(r.said(), text) >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("the bot never said %q %d times", text, n)
}

func hasText(messages []telegramtest.Message, parts ...string) bool {
	for _, m := range messages {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(m.Text, p)
		}
		if all {
			return true
		}
	}
	return false
}

// TestTelegramFromStartToAlert lives a subscriber's life with the real program:
// it starts, follows a club by buttons, gets an alert, sees it edited when a
// second outlet confirms, and gets a reply when it becomes official; in between
// the program is killed.
func TestTelegramFromStartToAlert(t *testing.T) {
	const chat, user = 4711, 4711
	server := telegramtest.New(t)
	first, second := newPaper(t, "Ruhr-Blatt"), newPaper(t, "Revier-Anzeiger")
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL(),
		"KARUSSELL_FEEDS="+first.URL+"/feed "+second.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")

	server.InjectText(chat, user, "/start")
	server.Await(t, chat, 1)
	server.InjectText(chat, user, "/subscribe Schalke")
	server.AwaitThat(t, "the subscription's confirmation", func() bool { return hasText(server.Messages(chat), "FC Schalke 04") })
	bot.awaitSaid("feed contacted", 2)

	first.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	server.AwaitThat(t, "the alert", func() bool { return hasText(server.Messages(chat), "Miron Muslic", "WAZ") })

	bot.stop(syscall.SIGKILL)
	bot.start()
	second.publish("Auch Sky berichtet: Muslic und Schalke in Gesprächen", "Trainer Miron Muslic verhandelt laut Sky mit dem FC Schalke 04.")
	server.AwaitThat(t, "the edit with both outlets", func() bool { return hasText(server.Messages(chat), "Miron Muslic", "WAZ", "Sky") })

	first.publish("Schalke stellt Miron Muslic vor", "Miron Muslic ist neuer Trainer des FC Schalke 04. Der Verein stellte den Coach am Montag vor, er unterschrieb einen Vertrag bis 2027.")
	server.AwaitThat(t, "the reply", func() bool {
		for _, m := range server.Messages(chat) {
			if m.ReplyTo != 0 && strings.Contains(m.Text, "Miron Muslic") {
				return true
			}
		}
		return false
	})
	server.InjectText(chat, user, "/coach Muslic")
	server.AwaitThat(t, "the answer", func() bool { return hasText(server.Messages(chat), "Miron Muslic", "2027") })
	if v := server.Violations(); len(v) > 0 {
		t.Errorf("the server objected: %q", v)
	}
	if said := bot.said(); strings.Contains(said, server.Token) || strings.Contains(said, strings.SplitN(server.Token, ":", 2)[1]) {
		t.Error("the log holds the token")
	}
}

// TestTelegramLifeOfAChat: a group that becomes a supergroup, a user who blocks
// the bot and comes back, and a server that limits for a while lose no alert.
func TestTelegramLifeOfAChat(t *testing.T) {
	const group, moved, manager, person = -500, -1001234, 4712, 4713
	server := telegramtest.New(t)
	server.AddChat(telegramtest.Chat{ID: group, Type: "group", Title: "Nordkurve"})
	server.SetMember(group, manager, "administrator")
	outlet := newPaper(t, "Ruhr-Blatt")
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL(),
		"KARUSSELL_FEEDS="+outlet.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")
	follow := func(chat, user int64) {
		server.InjectText(chat, user, "/subscribe Schalke")
		server.AwaitThat(t, "the subscription's confirmation", func() bool { return hasText(server.Messages(chat), "FC Schalke 04") })
	}
	follow(group, manager)
	follow(person, person)
	bot.awaitSaid("feed contacted", 1)

	// The group moves without a word: the send learns it. The person blocks the bot.
	server.MigrateSilently(group, moved)
	server.Block(person, person)
	outlet.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	server.AwaitThat(t, "the alert in the supergroup", func() bool { return hasText(server.Messages(moved), "Miron Muslic") })

	// The person comes back: the subscription lives again.
	server.Unblock(person, person)
	server.InjectText(person, person, "/subscriptions")
	server.AwaitThat(t, "the list of subscriptions", func() bool { return len(server.Messages(person)) >= 2 })

	// A server that limits everything for three seconds loses nothing.
	release := server.Limit("sendMessage", 3)
	outlet.publish("Schalke trennt sich von Kees van Wonderen", "Der FC Schalke 04 hat sich von Trainer Kees van Wonderen getrennt. Das teilte der Verein mit.")
	time.Sleep(2 * time.Second)
	release()
	for _, chat := range []int64{moved, person} {
		server.AwaitThat(t, "the alert after the limit", func() bool { return hasText(server.Messages(chat), "Kees van Wonderen") })
	}
	if v := server.Violations(); len(v) > 0 {
		t.Errorf("the server objected: %q", v)
	}
}
