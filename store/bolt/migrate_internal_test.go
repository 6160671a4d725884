package bolt

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"karussell/bot"
	"karussell/store/ledger"
)

// A file of the present version is the old one here: two made-up steps lead on.
func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx bot.Tx) error { return tx.PutNote("kept", []byte("1")) })
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	var done []uint64
	broken := true
	steps := []ledger.Step{
		{To: ledger.Schema + 1, About: "first", Do: func(w ledger.Writer) error {
			done = append(done, 1)
			return w.Put(ledger.Meta, []byte("first"), []byte{1})
		}},
		{To: ledger.Schema + 2, About: "second", Do: func(w ledger.Writer) error {
			done = append(done, 2)
			if err := w.Put(ledger.Meta, []byte("second"), []byte{1}); err != nil {
				return err
			}
			if broken {
				panic("in the middle")
			}
			return nil
		}},
	}
	if _, err := open(path, Options{ReadOnly: true}, steps); err == nil || !strings.Contains(err.Error(), "older") {
		t.Errorf("read-only with steps to do: %v", err)
	}
	if _, err := open(path, Options{}, steps); err == nil {
		t.Error("a step that fails was taken for done")
	}
	broken = false
	for range 2 {
		s, err := open(path, Options{}, steps)
		if err != nil {
			t.Fatal(err)
		}
		err = s.View(t.Context(), func(tx bot.ReadTx) error { _, err := tx.Note("kept"); return err })
		if err := errors.Join(err, s.Close()); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(done, []uint64{1, 2, 2}) { // the first is not done again
		t.Errorf("steps %v", done)
	}
	_, err = Open(path, Options{})
	if !errors.Is(err, bot.ErrNewer) || !strings.Contains(err.Error(), path) {
		t.Errorf("a newer file: %v", err)
	}
}
