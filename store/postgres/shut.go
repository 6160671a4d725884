package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"karussell/bot"
)

// A database that moves to another store is closed in two steps. First nothing is
// claimed any more, so that what is under way can be settled; then nobody may
// write. Every writing transaction looks, in the round trip that begins it.
const (
	stepDraining = "draining"
	stepClosed   = "closed"
)

// ErrShut means that the database takes no more writes.
var ErrShut = errors.New("the database was closed for writing, because its content moves to another store: " +
	"stop this bot and start it with the new store, or open the old one again with karussell migrate --reopen")

// errDraining: nothing is claimed any more.
var errDraining = errors.New("the database is being closed")

// Shut closes the database for all writers. It waits for what is being sent, up
// to patience, and tells how many deliveries are still under lease: the new store
// sends these again when their leases end, marked as unsure.
func (s *Store) Shut(ctx context.Context, patience time.Duration, waiting func(leased int)) error {
	if err := s.engine.step(ctx, stepDraining); err != nil {
		return err
	}
	for end := time.Now().Add(patience); ; {
		var size bot.OutboxSize
		err := s.View(ctx, func(tx bot.ReadTx) (err error) {
			size, err = tx.OutboxSize()
			return err
		})
		if err != nil {
			return err
		}
		if size.Leased == 0 || time.Now().After(end) {
			return s.engine.step(ctx, stepClosed)
		}
		waiting(size.Leased)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// Reopen takes Shut back.
func (s *Store) Reopen(ctx context.Context) error { return s.engine.step(ctx, "") }

// Closed reports whether Shut has come to its end.
func (s *Store) Closed(ctx context.Context) (closed bool, err error) {
	err = s.engine.use(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select exists (select from shut where step = $1)", stepClosed).Scan(&closed)
	})
	return closed, err
}

// step writes how far it is, when nobody else writes: none is in the middle of a
// transaction that began before.
func (e *engine) step(ctx context.Context, step string) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.users.Done()
	return e.use(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "lock table gate in exclusive mode"); err != nil {
				return fmt.Errorf("wait for the writers: %w", err)
			}
			if _, err := tx.Exec(ctx, "delete from shut"); err != nil || step == "" {
				return err
			}
			_, err := tx.Exec(ctx, "insert into shut values ($1)", step)
			return err
		})
	})
}
