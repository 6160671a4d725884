package bolt_test

import (
	"path/filepath"
	"testing"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/storetest"
)

func TestStore(t *testing.T) {
	mustOpen := func(tb testing.TB, path string) bot.Store {
		tb.Helper()
		s, err := bolt.Open(path, bolt.Options{NoSync: true})
		if err != nil {
			tb.Fatal(err)
		}
		return s
	}
	storetest.Run(t, storetest.Subject{
		New: func(tb testing.TB) bot.Store {
			tb.Helper()
			return mustOpen(tb, filepath.Join(tb.TempDir(), "k.db"))
		},
		Reopen: func(tb testing.TB, s bot.Store) bot.Store {
			tb.Helper()
			path := s.(*bolt.Store).Path()
			if err := s.Close(); err != nil {
				tb.Fatal(err)
			}
			return mustOpen(tb, path)
		},
		Check: func(tb testing.TB, s bot.Store) (found []string) {
			tb.Helper()
			problems, err := s.(*bolt.Store).Check(tb.Context())
			if err != nil {
				tb.Fatal(err)
			}
			for _, p := range problems {
				found = append(found, p.String())
			}
			return found
		},
	})
}
