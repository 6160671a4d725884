package postgrestest

import (
	"errors"
	"testing"
)

// Database starts a server for one test and returns the address of an empty
// database; the server ends with the test. Where there is no PostgreSQL the test
// is skipped with a note.
func Database(tb testing.TB) (address string) {
	tb.Helper()
	server, err := Start(false)
	if errors.Is(err, ErrNone) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
	})
	address, err = server.Schema(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return address
}
