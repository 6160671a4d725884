package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"karussell/bot"
	"karussell/config"
	"karussell/store/bolt"
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
