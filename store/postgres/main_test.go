package postgres_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"karussell/bot"
	"karussell/store/postgres"
	"karussell/store/postgres/postgrestest"
	"karussell/store/storetest"
)

// shared is the server of all tests, started by the first that needs it.
var shared struct {
	once   sync.Once
	server *postgrestest.Server
	err    error
}

func TestMain(m *testing.M) {
	if os.Getenv("KARUSSELL_TEST_CLIENT") != "" {
		client()
		return
	}
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // a schema takes a while
		if err := f.Value.Set("10"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func server(tb testing.TB) *postgrestest.Server {
	tb.Helper()
	shared.once.Do(func() { shared.server, shared.err = postgrestest.Start(os.Getenv("KARUSSELL_TEST_DURABLE") != "") })
	if errors.Is(shared.err, postgrestest.ErrNone) {
		tb.Skip(shared.err)
	}
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	return shared.server
}

func schema(tb testing.TB) string {
	tb.Helper()
	address, err := server(tb).Schema(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return address
}

func open(tb testing.TB, address string) *postgres.Store {
	tb.Helper()
	s, err := postgres.Open(tb.Context(), address, postgres.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, bot.ErrClosed) {
			tb.Error(err)
		}
	})
	return s
}

func problems(tb testing.TB, s *postgres.Store) (found []string) {
	tb.Helper()
	list, err := s.Check(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range list {
		found = append(found, p.String())
	}
	return found
}

func TestStore(t *testing.T) {
	var mu sync.Mutex
	addresses := map[bot.Store]string{}
	begin := func(tb testing.TB, address string) bot.Store {
		tb.Helper()
		s := open(tb, address)
		mu.Lock()
		defer mu.Unlock()
		addresses[s] = address
		return s
	}
	storetest.Run(t, storetest.Subject{
		New: func(tb testing.TB) bot.Store {
			tb.Helper()
			return begin(tb, schema(tb))
		},
		Reopen: func(tb testing.TB, s bot.Store) bot.Store {
			tb.Helper()
			if err := s.Close(); err != nil {
				tb.Fatal(err)
			}
			return begin(tb, addresses[s])
		},
		Check: func(tb testing.TB, s bot.Store) []string {
			tb.Helper()
			return problems(tb, s.(*postgres.Store))
		},
	})
}
