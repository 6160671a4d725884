package main

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"karussell/adapters/telegram/telegramtest"
)

// TestTheTokenIsNowhere lives through start, errors, redirects, a dump of all
// stacks, debug logging and every command that looks at the store, and searches
// what the program printed, wrote, served and sent elsewhere for the token.
func TestTheTokenIsNowhere(t *testing.T) {
	var lured atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { lured.Add(1) }))
	defer elsewhere.Close()
	server := telegramtest.New(t)
	outlet := newPaper(t, "Ruhr-Blatt")
	dir, status, board := t.TempDir(), freeAddress(t), freeAddress(t)
	const secret = "RECOGNISABLE"
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL(), "KARUSSELL_DB="+filepath.Join(dir, "k.db"),
		"KARUSSELL_FEEDS="+outlet.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true",
		"KARUSSELL_STATUS_LISTEN="+status, "KARUSSELL_BOARD_LISTEN="+board, "KARUSSELL_BACKUP_DIR="+filepath.Join(dir, "backups"))
	server.InjectText(1, 1, "/subscribe Schalke")
	server.Await(t, 1, 1)
	bot.awaitSaid("feed contacted", 1)

	echo := "you sent " + server.Token + " and " + strings.SplitN(server.Token, ":", 2)[1]
	for i, f := range []telegramtest.Fault{
		{Kind: telegramtest.DropBefore},
		{Kind: telegramtest.DropAfter},
		{Kind: telegramtest.HTML502},
		{Kind: telegramtest.Truncated},
		{Kind: telegramtest.Redirect, Location: elsewhere.URL},
		{Kind: telegramtest.Refuse, Code: 500, Text: echo},
		{Kind: telegramtest.Refuse, Code: 400, Text: echo},
	} {
		f.Method = "sendMessage"
		server.Fault(f)
		if i > 3 { // the pauses between polls grow
			f.Method = "getUpdates"
			server.Fault(f)
		}
	}
	var out strings.Builder
	outlet.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	for range 9 {
		server.InjectText(2, 2, "/help")
	}
	server.AwaitThat(t, "the faults to be met", func() bool { return len(server.Calls("sendMessage")) >= 9 && len(server.Messages(2)) >= 3 })
	for _, args := range [][]string{
		{"doctor"}, {"check"}, {"feeds"}, {"ask", "/coach", "Muslic"}, {"backup", filepath.Join(dir, "copy.db")}, {"export", filepath.Join(dir, "all.jsonl")},
	} {
		cmd := program(t, args...)
		cmd.Env = append([]string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, bot.env...)
		said, _ := cmd.CombinedOutput() // faults may still be there: what counts is what is said
		if len(said) == 0 {
			t.Errorf("%q says nothing: the test shows nothing", args)
		}
		out.Write(said)
	}
	for _, page := range []string{status + "/metrics", status + "/", status + "/readyz", status + "/healthz", board + "/", board + "/feed.json"} {
		_, body := fetch(t, "http://"+page)
		out.WriteString(body)
	}
	bot.stop(syscall.SIGQUIT) // all stacks, as a crash prints them
	out.WriteString(bot.said())
	if !strings.Contains(out.String(), "goroutine ") || !strings.Contains(out.String(), "level=DEBUG") && !strings.Contains(out.String(), "level=WARN") {
		t.Error("no stacks or no log: the test shows nothing")
	}
	// Without the bot the doctor examines by himself; a revoked token too.
	server.Fault(telegramtest.Fault{Method: "getMe", Kind: telegramtest.Refuse, Code: 401, Text: echo, Times: 5})
	for range 2 {
		cmd := program(t, "doctor")
		cmd.Env = append([]string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, bot.env...)
		said, _ := cmd.CombinedOutput()
		out.Write(said)
	}
	if at := strings.Index(out.String(), secret); at >= 0 {
		t.Errorf("the token shows: …%s…", out.String()[max(0, at-300):min(out.Len(), at+100)])
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%s holds the token", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := lured.Load(); n != 0 {
		t.Errorf("%d calls followed a redirect to another host", n)
	}
}
