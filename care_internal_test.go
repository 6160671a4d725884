package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/config"
	"karussell/store/bolt"
	"karussell/store/memory"
)

func TestBackupsComeOnTimeAndTheOldestGo(t *testing.T) {
	dir := t.TempDir()
	store, err := bolt.Open(filepath.Join(dir, "k.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s := &service{store: store, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}
	c := config.Backup{Dir: filepath.Join(dir, "backups"), Every: time.Hour, Count: 3}
	for range 20 { // five hours in quarters
		if err := s.backupIfDue(t.Context(), store, c); err != nil {
			t.Fatal(err)
		}
		now = now.Add(15 * time.Minute)
	}
	files, err := filepath.Glob(filepath.Join(c.Dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 || filepath.Base(files[2]) != "karussell-20261120-160000.db" {
		t.Fatalf("kept %q, want the three newest", files)
	}
	copied, err := bolt.Open(files[2], bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	_ = copied.Close()
}

func TestOldTextsAreForgottenAndFactsStay(t *testing.T) {
	store, err := bolt.Open(filepath.Join(t.TempDir(), "k.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	article := bot.Article{Title: "Titel", Text: "Ein langer Text.", ReadAt: now.AddDate(-2, 0, 0)}
	if err := store.Update(t.Context(), func(tx bot.Tx) error { return tx.PutArticle(&article, []string{"k"}, []bot.Topic{bot.TopicAll}) }); err != nil {
		t.Fatal(err)
	}
	s := &service{store: store, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}
	if err := s.forgetTexts(context.WithoutCancel(t.Context()), 365*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	err = store.View(t.Context(), func(tx bot.ReadTx) error {
		got, err := tx.Article(article.ID)
		if err == nil && (got.Text != "" || got.Title != "Titel") {
			t.Errorf("got %+v", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// squeezed is a store that has no room when told so.
type squeezed struct {
	bot.Store
	full atomic.Bool
}

func (s *squeezed) Update(ctx context.Context, fn func(bot.Tx) error) error {
	if s.full.Load() {
		return bot.ErrFull
	}
	return s.Store.Update(ctx, fn)
}

// told are the keys of the notices that the owner gets, through the outbox.
func told(t *testing.T, s bot.Store, now time.Time) []string {
	t.Helper()
	var keys []string
	for {
		list, err := s.Claim(t.Context(), now, time.Minute, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return keys
		}
		for _, d := range list {
			keys = append(keys, d.Note.Key)
			if err := s.Settle(t.Context(), d.ID, bot.Outcome{State: bot.Sent, Message: "1"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// owned is a service with an owner on the platform "sink".
func owned(t *testing.T, store bot.Store, now func() time.Time) *service {
	t.Helper()
	k, err := loadKnowledge()
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	engine, err := newEngine(&world{now: now}, config.Config{Owners: []string{"sink:1"}}, store, k, quiet, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &service{engine: engine, store: store, platforms: []bot.Platform{&alertSink{}}, now: now, log: quiet}
}

// TestTheOwnerHearsOfAFullDiskOnceAndOnceWhenItIsOver: while nothing can be
// stored the platform is asked directly.
func TestTheOwnerHearsOfAFullDiskOnceAndOnceWhenItIsOver(t *testing.T) {
	store := &squeezed{Store: memory.New()}
	defer store.Close()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s := owned(t, store, func() time.Time { return now })
	sink := &alertSink{}
	s.platforms = []bot.Platform{sink}
	full := false
	for minute := range 60 {
		store.full.Store(minute >= 10 && minute < 40)
		full = s.watchDisk(t.Context(), nil, full)
		now = now.Add(time.Minute)
	}
	if got := sink.sent.Load(); got != 1 {
		t.Errorf("%d messages while the disk was full, want 1", got)
	}
	if got := told(t, store, now); len(got) != 1 || got[0] != bot.NoticeDiskFree {
		t.Errorf("afterwards %q, want one word that it is over", got)
	}
}

// TestTheOwnerHearsOfALostPlatformOnceAndOnceWhenItWorksAgain, however often the
// bot is restarted in between.
func TestTheOwnerHearsOfALostPlatformOnceAndOnceWhenItWorksAgain(t *testing.T) {
	store := memory.New()
	defer store.Close()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	for restart := range 3 {
		s := owned(t, store, clock)
		s.revoked(t.Context(), "sink", bot.SendRevoked)
		s.revoked(t.Context(), "sink", bot.SendRevoked)
		s.welcome(t.Context())
		now = now.Add(time.Minute)
		if got := told(t, store, now); restart == 0 && !slices.Equal(got, []string{bot.NoticeRevoked}) || restart > 0 && len(got) > 0 {
			t.Errorf("restart %d: %q", restart, got)
		}
	}
	s := owned(t, store, clock) // with a new token
	for range 3 {
		s.welcome(t.Context())
		now = now.Add(time.Minute)
	}
	if got := told(t, store, now); !slices.Equal(got, []string{bot.NoticeWorking}) {
		t.Errorf("when it works again: %q", got)
	}
}
