package bolt_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"karussell/bot"
	"karussell/store/bolt"
)

// TestSchema1 opens a file that the first version of the layout wrote (300
// articles with the keys url:N and text:N, "shared" held by the first): nothing
// is lost, and every known key is still known.
func TestSchema1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	unpack(t, "testdata/schema-1.db.gz", path)
	if _, err := bolt.Open(path, bolt.Options{ReadOnly: true}); err == nil {
		t.Error("an old file was opened for reading as if it were new")
	}
	for round := range 2 {
		s := open(t, path, bolt.Options{})
		checked(t, s)
		for n := 1; n <= 300; n++ {
			again := bot.Article{Title: "again"}
			err := s.Update(t.Context(), func(tx bot.Tx) error {
				keys := []string{fmt.Sprint("url:", n), fmt.Sprint("new:", round, n)}
				if err := tx.PutArticle(&again, keys, nil); err != nil {
					return err
				}
				return holds(tx, map[string]bot.ArticleID{
					keys[0]: bot.ArticleID(n), fmt.Sprint("text:", n): bot.ArticleID(n), "shared": 1, keys[1]: again.ID,
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		checked(t, s)
		var lines bytes.Buffer
		if err := errors.Join(s.Export(t.Context(), &lines), s.Close()); err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(t.TempDir(), "copy.db")
		if err := bolt.Import(t.Context(), copied, &lines, bolt.Options{}); err != nil {
			t.Fatal(err)
		}
		c := open(t, copied, bolt.Options{})
		checked(t, c)
		err := c.View(t.Context(), func(tx bot.ReadTx) error {
			return holds(tx, map[string]bot.ArticleID{"url:300": 300, "shared": 1})
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func holds(tx bot.ReadTx, want map[string]bot.ArticleID) error {
	for key, id := range want {
		if got, err := tx.ArticleByKey(key); err != nil || got != id {
			return fmt.Errorf("%s: %d, %w, want %d", key, got, err, id)
		}
	}
	return nil
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
