package bolt_test

import (
	"path/filepath"
	"testing"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/storetest"
)

func TestStore(t *testing.T) {
	mustOpen := func(t testing.TB, path string) bot.Store {
		s, err := bolt.Open(path, bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	storetest.Run(t, storetest.Subject{
		New: func(t testing.TB) bot.Store { return mustOpen(t, filepath.Join(t.TempDir(), "k.db")) },
		Reopen: func(t testing.TB, s bot.Store) bot.Store {
			path := s.(*bolt.Store).Path()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return mustOpen(t, path)
		},
		Check: func(t testing.TB, s bot.Store) (found []string) {
			problems, err := s.(*bolt.Store).Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				found = append(found, p.String())
			}
			return found
		},
	})
}
