package bolt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/ledger"
)

// fullStore has something in every drawer.
func fullStore(t *testing.T) *bolt.Store {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "k.db"), bolt.Options{NoSync: true})
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	chat := bot.ChatRef{Platform: "telegram", Chat: "-100"}
	err := s.Update(t.Context(), func(tx bot.Tx) error {
		for i := range 50 {
			a := bot.Article{Title: fmt.Sprintf("Größe %d \xff", i), Text: strings.Repeat("Text ", i), ReadAt: now, Outlet: "WAZ"}
			if err := tx.PutArticle(&a, []string{fmt.Sprint("key", i)}, []bot.Topic{bot.TopicAll}); err != nil {
				return err
			}
		}
		story := bot.Story{Key: bot.StoryKey{Club: "schalke", Coach: "heiner-backhaus", Matter: bot.Arrival}, CoachName: "Heiner Backhaus", Stage: bot.StageInterest, Changed: now}
		return errors.Join(
			tx.PutStory(&story, []bot.Topic{bot.TopicAll}),
			tx.PutCoach(bot.Coach{ID: "heiner-backhaus", Name: "Heiner Backhaus"}, []string{"w:backhaus"}),
			tx.PutChat(bot.Chat{Ref: chat, Language: "de"}),
			tx.PutSubscription(bot.Subscription{Chat: chat, Topic: bot.TopicAll, Since: now}),
			tx.PutNote("offset", []byte{0, 1, 255}),
			tx.PutDelivery(bot.Delivery{ID: "d1", Chat: chat, Story: 1, Created: now, Due: now}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(t.Context(), now, time.Minute, 1); err != nil { // a lease as well
		t.Fatal(err)
	}
	return s
}

func exported(t *testing.T, s *bolt.Store) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestExportAndImportLoseNothing(t *testing.T) {
	s := fullStore(t)
	lines := exported(t, s)
	for _, say := range []string{`"Name":"Heiner Backhaus"`, `"Outlet":"WAZ"`, `"karussell":"export"`} {
		if !bytes.Contains(lines, []byte(say)) {
			t.Errorf("the export does not say %s", say)
		}
	}
	path := filepath.Join(t.TempDir(), "new.db")
	if err := bolt.Import(t.Context(), path, bytes.NewReader(lines), bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	again := open(t, path, bolt.Options{})
	checked(t, again)
	if !bytes.Equal(exported(t, again), lines) {
		t.Error("the imported store exports something else")
	}
	// New numbers go on where the old ones ended.
	a, b := bot.Article{Title: "neu"}, bot.Article{Title: "neu"}
	for store, article := range map[*bolt.Store]*bot.Article{s: &a, again: &b} {
		if err := store.Update(t.Context(), func(tx bot.Tx) error { return tx.PutArticle(article, []string{"neu"}, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	if a.ID != b.ID {
		t.Errorf("the next article has the numbers %d and %d", a.ID, b.ID)
	}
}

func TestImportRefusesWhatWouldLoseSomething(t *testing.T) {
	s := fullStore(t)
	lines := exported(t, s)
	if err := bolt.Import(t.Context(), s.Path(), bytes.NewReader(lines), bolt.Options{}); !errors.Is(err, bot.ErrLocked) {
		t.Errorf("into an open store: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := bolt.Import(t.Context(), s.Path(), bytes.NewReader(lines), bolt.Options{}); !errors.Is(err, bolt.ErrNotEmpty) {
		t.Errorf("into a full store: %v", err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	changed := bytes.Replace(lines, []byte("WAZ"), []byte("ABC"), 1)
	newer := bytes.Replace(lines, fmt.Appendf(nil, `"schema":%d`, ledger.Schema), []byte(`"schema":99`), 1)
	for name, bad := range map[string][]byte{
		"empty": nil, "text": []byte("hello\n"), "changed": changed, "more": append(bytes.Clone(lines), "{}\n"...), "newer": newer,
	} {
		err := bolt.Import(t.Context(), fresh, bytes.NewReader(bad), bolt.Options{})
		if !errors.Is(err, ledger.ErrExport) && !errors.Is(err, bot.ErrNewer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 50 {
		cut := rand.IntN(len(lines) - 1)
		if err := bolt.Import(t.Context(), fresh, bytes.NewReader(lines[:cut]), bolt.Options{}); !errors.Is(err, ledger.ErrExport) {
			t.Errorf("cut off after %d bytes: %v", cut, err)
		}
	}
	left, err := filepath.Glob(fresh + "*")
	if err != nil || len(left) > 0 {
		t.Errorf("a failed import leaves %q", left)
	}
	// An empty store is as good as none.
	open(t, fresh, bolt.Options{}).Close()
	if err := bolt.Import(t.Context(), fresh, bytes.NewReader(lines), bolt.Options{}); err != nil {
		t.Error(err)
	}
}

func TestEveryExportedLineIsJSON(t *testing.T) {
	s := fullStore(t)
	var frames writes
	if err := s.Export(t.Context(), &frames); err != nil {
		t.Fatal(err)
	}
	for _, w := range frames {
		if !bytes.HasSuffix(w, []byte("\n")) {
			t.Error("a write ends within a line")
		}
	}
	for line := range bytes.Lines(bytes.Join(frames, nil)) {
		if !json.Valid(line) {
			t.Errorf("no JSON: %s", line)
		}
	}
	dest := filepath.Join(t.TempDir(), "all.jsonl")
	if err := s.ExportFile(t.Context(), dest); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(dest)
	if err != nil || !bytes.Equal(raw, bytes.Join(frames, nil)) {
		t.Errorf("the file differs: %v", err)
	}
}

type writes [][]byte

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, bytes.Clone(p))
	return len(p), nil
}

func FuzzImport(f *testing.F) {
	f.Add([]byte("{\"karussell\":\"export\",\"format\":1,\"schema\":1}\n{\"space\":\"meta\",\"key\":\"61\",\"value\":\"YQ==\"}\n"))
	f.Add([]byte("{}"))
	path := filepath.Join(f.TempDir(), "k.db")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := bolt.Import(t.Context(), path, bytes.NewReader(raw), bolt.Options{NoSync: true}); err == nil {
			t.Error("foreign bytes became a store")
		}
	})
}
