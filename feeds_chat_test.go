package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"karussell/adapters/telegram/telegramtest"
)

// TestOwnerTendsFeedsInChat walks /feeds and feeds opml with the real program,
// with good and bad input.
func TestOwnerTendsFeedsInChat(t *testing.T) {
	const owner = 4711
	asked := make(chan string, 100)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		switch r.URL.Path {
		case "/":
			_, _ = io.WriteString(w, `<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>Start</body></html>`)
		case "/feed.xml", "/zwei.xml":
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>Revierblatt</title><item><title>Schalke trennt sich von Miron Muslic</title><link>/1</link><guid>1</guid><description>Der FC Schalke 04 hat sich von Trainer Miron Muslic getrennt.</description><pubDate>%s</pubDate></item></channel></rss>`, time.Now().Format(time.RFC1123Z))
		case "/leer.html":
			_, _ = io.WriteString(w, "<html><body>Nichts.</body></html>")
		default:
			http.NotFound(w, r)
		}
	}))
	defer web.Close()
	telegram := telegramtest.New(t)
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+telegram.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+telegram.URL(),
		fmt.Sprintf("KARUSSELL_OWNERS=telegram:%d", owner), "KARUSSELL_ALLOW_PRIVATE=true", "KARUSSELL_FEED_INTERVAL=1h")
	telegram.InjectText(owner, owner, "/start")
	telegram.Await(t, owner, 1)
	say := func(text string, want ...string) {
		t.Helper()
		before := len(telegram.Messages(owner))
		telegram.InjectText(owner, owner, text)
		telegram.AwaitThat(t, "the answer to "+text, func() bool { return len(telegram.Messages(owner)) > before })
		if got := telegram.Messages(owner)[before].Text; !hasText(telegram.Messages(owner)[before:before+1], want...) {
			t.Errorf("%s: got %q, want %q in it", text, got, want)
		}
	}
	feed := web.URL + "/feed.xml"
	say("/feeds", "0")
	say("/feeds test "+web.URL, "Muslic", "FC Schalke 04", feed)
	say("/feeds test "+web.URL+"/leer.html", "neither a feed nor a page")
	say("/feeds add "+web.URL+"/fehlt.xml", "404")
	say("/feeds add nichts", "nichts")
	say("/feeds add "+web.URL, feed)
	bot.awaitSaid("feed contacted", 1)
	say("/feeds list", "Revierblatt", feed)
	say("/feeds pause "+feed, feed)
	say("/feeds list", "angehalten")
	say("/feeds resume "+feed, feed)
	say("/feeds pause https://unbekannt.example/feed", "unbekannt.example")
	say("/feeds remove "+feed, feed)
	say("/feeds remove "+feed, feed)
	say("/feeds list", "0")

	// A list that comes in while the bot runs is polled at once.
	list := filepath.Join(t.TempDir(), "list.opml")
	if err := os.WriteFile(list, []byte(`<opml version="2.0"><head><title>x</title></head><body><outline text="Zwei" xmlUrl="`+web.URL+`/zwei.xml"/></body></opml>`), 0o600); err != nil {
		t.Fatal(err)
	}
	call := program(t, "feeds", "opml", "--import", list)
	call.Env = append([]string{"PATH=" + os.Getenv("PATH")}, bot.env...)
	if out, err := call.CombinedOutput(); err != nil || !strings.Contains(string(out), "1 feeds switched on") {
		t.Errorf("import: %v: %s", err, out)
	}
	bot.awaitSaid("feed contacted", 2)
	say("/feeds list", "/zwei.xml")

	telegram.InjectText(99, 99, "/feeds list")
	telegram.AwaitThat(t, "a stranger's answer", func() bool { return len(telegram.Messages(99)) > 0 })
	if hasText(telegram.Messages(99), "/zwei.xml") {
		t.Error("a stranger reads the list of feeds")
	}
}
