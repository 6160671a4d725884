package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"karussell/bot"
	"karussell/store/memory"
	"karussell/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Subject{
		New: func(testing.TB) bot.Store { return memory.New() },
		Check: func(tb testing.TB, s bot.Store) (found []string) {
			tb.Helper()
			problems, err := s.(*memory.Store).Check(tb.Context())
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
