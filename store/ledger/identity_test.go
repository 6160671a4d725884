package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/ledger"
	"karussell/store/memory"
	"karussell/store/storetest"
)

// tiny is a memory store whose generations are full after one key.
func tiny(testing.TB) bot.Store {
	s := memory.New()
	s.SetGeneration(1)
	return s
}

func TestStoreOfManyGenerations(t *testing.T) {
	storetest.Run(t, storetest.Subject{
		New: tiny,
		Check: func(tb testing.TB, s bot.Store) (found []string) {
			tb.Helper()
			return problems(tb, s.(*memory.Store))
		},
	})
}

type checkable interface {
	Engine() ledger.Engine
}

func problems(tb testing.TB, s checkable) (found []string) {
	tb.Helper()
	err := s.Engine().View(tb.Context(), func(r ledger.Reader) error {
		list, err := ledger.Check(tb.Context(), r)
		for _, p := range list {
			found = append(found, p.String())
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

var errNo = errors.New("no")

// TestKeysOfManyGenerations claims random keys, some of them again, in updates
// of which some fail, and compares with a map: also after every reopening, when
// no filter is in memory yet.
func TestKeysOfManyGenerations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	rng := rand.New(rand.NewPCG(1, 2))
	holders := map[string]bot.ArticleID{}
	for round := range 8 {
		s, err := bolt.Open(path, bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		s.SetGeneration(int64(5 + 3*round)) // another program may have another size
		for range 60 {
			claimed := map[string]bot.ArticleID{}
			fail := rng.IntN(4) == 0
			err := s.Update(t.Context(), func(tx bot.Tx) error {
				a := bot.Article{Title: "x"}
				keys := make([]string, rng.IntN(7))
				for i := range keys {
					keys[i] = fmt.Sprintf("key-%d", rng.IntN(4000))
				}
				if err := tx.PutArticle(&a, keys, nil); err != nil {
					return err
				}
				for _, k := range keys {
					want, held := holders[k]
					if !held {
						want = a.ID
						claimed[k] = a.ID
					}
					if got, err := tx.ArticleByKey(k); err != nil || got != want {
						t.Errorf("%s in its own transaction: %d, %v, want %d", k, got, err, want)
					}
				}
				if fail {
					return errNo
				}
				return nil
			})
			if fail != errors.Is(err, errNo) {
				t.Fatal(err)
			}
			if !fail {
				maps.Copy(holders, claimed)
			}
			if rng.IntN(5) == 0 {
				compareKeys(t, s, holders)
			}
		}
		compareKeys(t, s, holders)
		if found := problems(t, s); len(found) > 0 {
			t.Errorf("round %d: %v", round, found)
		}
		if n := s.Filters(); n < 5 {
			t.Errorf("only %d generations", n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func compareKeys(t *testing.T, s bot.Store, holders map[string]bot.ArticleID) {
	t.Helper()
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		for i := range 4000 {
			k := fmt.Sprintf("key-%d", i)
			got, err := tx.ArticleByKey(k)
			want, held := holders[k]
			if held != (err == nil) || got != want || !held && !errors.Is(err, bot.ErrNotFound) {
				return fmt.Errorf("%s: %d, %w, want %d", k, got, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestOldSnapshots reads in transactions that began before generations were
// sealed, beside readers that know them already.
func TestOldSnapshots(t *testing.T) {
	s := memory.New()
	s.SetGeneration(3)
	put := func(from, to int) {
		err := s.Update(t.Context(), func(tx bot.Tx) error {
			for i := from; i < to; i++ {
				a := bot.Article{Title: "x"}
				if err := tx.PutArticle(&a, []string{fmt.Sprint("key-", i)}, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	look := func(tx bot.ReadTx, known int) error {
		for i := range known + 50 {
			id, err := tx.ArticleByKey(fmt.Sprint("key-", i))
			if i < known && (err != nil || id != bot.ArticleID(i+1)) || i >= known && !errors.Is(err, bot.ErrNotFound) {
				return fmt.Errorf("key %d of %d: %d, %w", i, known, id, err)
			}
		}
		return nil
	}
	var readers sync.WaitGroup
	began := make(chan struct{})
	for n := range 40 {
		put(10*n, 10*n+10)
		readers.Go(func() {
			err := s.View(t.Context(), func(tx bot.ReadTx) error {
				began <- struct{}{}
				return errors.Join(look(tx, 10*n+10), look(tx, 10*n+10))
			})
			if err != nil {
				t.Errorf("snapshot %d: %v", n, err)
			}
		})
		<-began
	}
	readers.Wait()
}

// TestCheckFindsLostFilter: a key that its generation's filter denies would be
// taken for new.
func TestCheckFindsLostFilter(t *testing.T) {
	s := memory.New()
	s.SetGeneration(2)
	for i := range 5 {
		err := s.Update(t.Context(), func(tx bot.Tx) error {
			return tx.PutArticle(&bot.Article{Title: "x"}, []string{fmt.Sprint("key-", i)}, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found := problems(t, s); len(found) > 0 {
		t.Fatal(found)
	}
	err := s.Engine().Update(t.Context(), func(w ledger.Writer) error {
		return w.Put(ledger.IdentityFilters, []byte{0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 8))
	})
	if err != nil {
		t.Fatal(err)
	}
	if found := problems(t, s); len(found) != 2 {
		t.Errorf("with an empty filter: %v", found)
	}
}
