package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"karussell/bot"
)

// SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeDiskFull       = "53100"
	codeLimitExceeded  = "53400"
	codeConflict       = "40001"
	codeDeadlock       = "40P01"
	codeLockTimeout    = "55P03"
	codeIdleTooLong    = "25P03"
	codeShutdown       = "57P01"
	codeCrash          = "57P02"
	codeStarting       = "57P03"
	codeTooMany        = "53300"
	codeReadOnly       = "25006" // a former primary that was demoted
	classConnection    = "08"
	classDataCorrupted = "XX001"
	classIndexCorrupt  = "XX002"
)

// errConflict: another transaction was faster; the same again may succeed.
var errConflict = errors.New("conflict with another transaction")

// errLost: the connection or the server went away.
var errLost = errors.New("connection to PostgreSQL lost")

// classify gives errors of PostgreSQL and of the network the kinds of the
// domain. The texts hold no connection string.
func classify(err error) error {
	if err == nil {
		return nil
	}
	server, answered := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, errLost), errors.Is(err, errConflict), errors.Is(err, bot.ErrFull):
		return err
	case answered:
		return classifyServer(server)
	case isConnect(err): // also when the time for connecting was over, not the caller's
		return fmt.Errorf("%w: %w", errLost, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) || closedConn(err) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

func classifyServer(err *pgconn.PgError) error {
	switch err.Code {
	case codeDiskFull, codeLimitExceeded:
		return fmt.Errorf("%w: %w", bot.ErrFull, err)
	case codeConflict, codeDeadlock, codeLockTimeout:
		return fmt.Errorf("%w: %w", errConflict, err)
	case codeIdleTooLong, codeShutdown, codeCrash, codeStarting, codeTooMany, codeReadOnly:
		return fmt.Errorf("%w: %w", errLost, err)
	case classDataCorrupted, classIndexCorrupt:
		return fmt.Errorf("%w: %w", bot.ErrCorrupt, err)
	}
	if len(err.Code) == 5 && err.Code[:2] == classConnection {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// isConnect: the server could not be reached at all, or refused us. A wrong
// password stays what it is: trying again does not help.
func isConnect(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// closedConn: pgx has only a text for a connection that broke earlier.
func closedConn(err error) bool { return err.Error() == "conn closed" }
