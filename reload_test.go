package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/store/memory"
)

// SIGHUP takes the settings over that may change, names the others, and a mistake
// in the file leaves the old ones in force.
func TestHangupReloads(t *testing.T) {
	file := t.TempDir() + "/karussell.toml"
	write := func(content string) {
		t.Helper()
		// At once, as editors do: the reload before may still be reading.
		if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	write("owners = ['telegram:1']")
	hangups := make(chan os.Signal)
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	r := newTestReloader(t, &world{
		ctx: ctx, hangups: hangups, stderr: &log, configFile: file, now: time.Now,
		env: func(string) (string, bool) { return "", false },
	})
	done := make(chan error)
	go func() { done <- r.follow(ctx) }()

	write("owners = ['telegram:2']\n[feeds]\naddresses = ['https://paper.example/feed']\ninterval = '5m'\n[status]\nlisten = '127.0.0.1:0'")
	hangups <- syscall.SIGHUP
	hangups <- syscall.SIGHUP // taken only after the first was handled
	write("owners = 7")
	hangups <- syscall.SIGHUP
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		"taken over: owners, feeds.addresses, feeds.interval; needs a restart: status.listen",
		"settings not reloaded; the old ones stay",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in the log:\n%s", want, &log)
		}
	}
	if got := r.s.engine.OwnersNow(); !slices.Equal(got, []bot.UserRef{"telegram:2"}) {
		t.Errorf("owners %v", got)
	}
}

func newTestReloader(t *testing.T, w *world) *reloader {
	t.Helper()
	settings, err := w.settings("")
	if err != nil {
		t.Fatal(err)
	}
	k, err := loadKnowledge()
	if err != nil {
		t.Fatal(err)
	}
	log, level := w.loggerWithLevel(settings.Log)
	store := memory.New()
	t.Cleanup(func() { _ = store.Close() })
	engine, err := newEngine(w, settings, store, k, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	poller, err := feed.New(feed.Setup{Ingester: engine, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	return &reloader{w: w, s: &service{engine: engine, store: store, poller: poller, log: log}, level: level, now: settings}
}
