package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"karussell/bot"
	"karussell/store/ledger"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that one migrating process holds: "karu".
const migrationLock = 0x6b617275

// step is a numbered file of SQL. It stays as it is for ever.
type step struct {
	number int
	name   string
	sql    string
}

// steps lists the embedded files in order; their numbers are 1, 2, 3, ...
func steps() ([]step, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var out []step
	for i, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		base := strings.TrimPrefix(name, "migrations/")
		number, err := strconv.Atoi(base[:4])
		if err != nil || number != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", base, i+1)
		}
		out = append(out, step{number, base, string(text)})
	}
	return out, nil
}

// prepare brings the tables up to date, one process at a time. A program with
// the latest version only reads, so its role needs no right to create. plain is
// how to connect for a migration.
func (e *engine) prepare(ctx context.Context, plain *pgx.ConnConfig) error {
	all, err := steps()
	if err != nil {
		return err
	}
	var have, least int
	err = e.use(ctx, func(conn *pgx.Conn) (err error) {
		have, least, err = version(ctx, conn)
		return err
	})
	if err != nil {
		return err
	}
	if least > len(all) {
		return tooNew(have, least, len(all))
	}
	if have < len(all) {
		if err := migrate(ctx, plain, all); err != nil {
			return err
		}
	}
	err = e.use(ctx, func(conn *pgx.Conn) error {
		// The first receipt of a lane must be there before anybody asks for it.
		_, err := conn.Exec(ctx, "insert into receipts select unnest($1::text[]), 0, now()", e.writers())
		if err == nil {
			_, err = conn.Exec(ctx, "delete from receipts where at < now() - interval '30 days'")
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := e.found(ctx); err != nil || have == 0 || have >= searchSince {
		return err
	}
	return e.reindex(ctx, func(int) {})
}

// searchSince is the version from which names and texts are searched: an older
// database makes up for it once.
const searchSince = 5

func tooNew(have, least, known int) error {
	return fmt.Errorf("%w: its tables have version %d, for programs that know version %d; this one knows versions up to %d; use the newer program",
		bot.ErrNewer, have, least, known)
}

// use lends a connection.
func (e *engine) use(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return classify(err)
	}
	defer conn.Release()
	return classify(fn(conn.Conn()))
}

func migrate(ctx context.Context, plain *pgx.ConnConfig, all []step) (err error) {
	conn, err := pgx.ConnectConfig(ctx, plain)
	if err != nil {
		return classify(err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	return advance(ctx, conn, all)
}

// writers names the lanes, all of them free.
func (e *engine) writers() []string {
	names := []string{e.main.writer}
	for range cap(e.lanes) {
		l := <-e.lanes
		names = append(names, l.writer)
		e.lanes <- l
	}
	return names
}

// version is the tables', 0 for a database without ours, and least the one that a
// program must know to use them: later versions may only have added something.
func version(ctx context.Context, conn *pgx.Conn) (have, least int, err error) {
	var known, says bool
	err = conn.QueryRow(ctx, `select to_regclass('migrations') is not null, exists (select from pg_attribute
		where attrelid = to_regclass('migrations') and attname = 'least' and not attisdropped)`).Scan(&known, &says)
	if err != nil || !known {
		return 0, 0, classify(err)
	}
	sql := "select coalesce(max(number), 0), coalesce(max(number), 0) from migrations"
	if says {
		sql = "select coalesce(max(number), 0), coalesce(max(least), 0) from migrations"
	}
	err = conn.QueryRow(ctx, sql).Scan(&have, &least)
	return have, least, classify(err)
}

func advance(ctx context.Context, conn *pgx.Conn, all []step) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", migrationLock); err != nil {
		return classify(err)
	}
	_, err = tx.Exec(ctx, `create table if not exists migrations
		(number int primary key, name text not null, at timestamptz not null default now())`)
	if err != nil {
		return fmt.Errorf("create tables: %w", classify(err))
	}
	have, least, err := version(ctx, conn) // another process may have been faster
	if err != nil {
		return err
	}
	if least > len(all) {
		return tooNew(have, least, len(all))
	}
	for _, s := range all[min(have, len(all)):] {
		if _, err := tx.Exec(ctx, s.sql); err != nil {
			return fmt.Errorf("migration %s: %w", s.name, classify(err))
		}
		if _, err := tx.Exec(ctx, "insert into migrations (number, name) values ($1, $2)", s.number, s.name); err != nil {
			return classify(err)
		}
	}
	return classify(tx.Commit(ctx))
}

// found marks empty tables as a ledger and brings an older ledger up to date.
func (e *engine) found(ctx context.Context) error {
	empty := false
	var pending []ledger.Step
	look := func(r ledger.Reader) (err error) {
		empty = true
		err = r.Scan(ledger.Meta, ledger.Range{}, func(_, _ []byte) (bool, error) {
			empty = false
			return false, nil
		})
		if err != nil || empty {
			return err
		}
		pending, err = ledger.Pending(r, ledger.Steps())
		return err
	}
	if err := e.View(ctx, look); err != nil || !empty && len(pending) == 0 {
		return err
	}
	return e.Update(ctx, func(w ledger.Writer) error {
		if err := look(w); err != nil {
			return err
		}
		if empty {
			return ledger.Found(w)
		}
		for _, s := range pending {
			if err := s.Apply(w); err != nil {
				return err
			}
		}
		return nil
	})
}
