package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"karussell/bot"
	"karussell/store/ledger"
)

// Options of a store. The zero value is good.
type Options struct {
	Connections int32 // at most; 0 means 8
	// Answer is how long the server may be silent while an answer is due, before
	// the connection counts as lost. 0 means 30 s.
	Answer time.Duration
}

// Store is a bot.Store in PostgreSQL. It is safe for concurrent use, by any
// number of processes.
type Store struct {
	ledger *ledger.Ledger
	engine *engine
	clerks *clerks
}

var _ bot.Store = (*Store)(nil)

// errAddress stands for the parser's error, which may hold the password.
var errAddress = errors.New("the address of the database cannot be read; it has the form postgres://user:password@host:5432/name")

// Open connects, and brings the tables of the first schema in the search path
// up to date. A database written by a newer program gives bot.ErrNewer.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errAddress
	}
	c.MaxConns = 8
	if o.Connections > 0 {
		c.MaxConns = o.Connections
	}
	for name, value := range map[string]string{
		"application_name": "karussell",
		// A process that sleeps in a transaction must not hold up the others.
		"idle_in_transaction_session_timeout": "10s",
		"lock_timeout":                        "15s",
		"tcp_user_timeout":                    "15s",
	} {
		if c.ConnConfig.RuntimeParams[name] == "" {
			c.ConnConfig.RuntimeParams[name] = value
		}
	}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	plain := c.ConnConfig.Copy() // migrations take their time
	if o.Answer <= 0 {
		o.Answer = answerWithin
	}
	c.ConnConfig.DialFunc = wired(c.ConnConfig.DialFunc, o.Answer)
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", classify(err))
	}
	e := newEngine(pool, int(max(1, c.MaxConns/2)))
	if err := e.prepare(ctx, plain); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return &Store{ledger: ledger.New(e), engine: e, clerks: newClerks(e)}, nil
}

// View implements bot.Store.
func (s *Store) View(ctx context.Context, fn func(bot.ReadTx) error) error {
	return s.ledger.View(ctx, fn)
}

// Update implements bot.Store.
func (s *Store) Update(ctx context.Context, fn func(bot.Tx) error) error {
	return s.ledger.Update(ctx, fn)
}

// Claim implements bot.Outbox, beside all other transactions.
func (s *Store) Claim(ctx context.Context, now time.Time, lease time.Duration, limit int) (out []bot.Delivery, err error) {
	err = s.engine.beside(ctx, func(t *transaction) error {
		t.claims = true
		out, err = ledger.ClaimBeside(t, now, lease, limit)
		return err
	})
	if errors.Is(err, errDraining) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Settle implements bot.Outbox, beside all other transactions where it can.
func (s *Store) Settle(ctx context.Context, id bot.DeliveryID, o bot.Outcome) error {
	one := ledger.Settlement{ID: id, Outcome: o}
	if one.Apart() {
		if err := s.clerks.settle(ctx, one); !errors.Is(err, ledger.ErrNotTaken) {
			return err
		}
	}
	return s.ledger.Settle(ctx, id, o)
}

// Close waits for transactions under way.
func (s *Store) Close() error { return s.ledger.Close() }

// Check looks for contradictions between records and indexes.
func (s *Store) Check(ctx context.Context) (problems []ledger.Problem, err error) {
	err = s.engine.View(ctx, func(r ledger.Reader) (err error) {
		problems, err = ledger.Check(ctx, r)
		return err
	})
	return problems, err
}

// Size is how many bytes the tables and indexes of the store's schema take.
func (s *Store) Size(ctx context.Context) (n int64, err error) {
	err = s.engine.pool.QueryRow(ctx, `select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class
		where relkind = 'r' and relnamespace = current_schema()::regnamespace`).Scan(&n)
	return n, classify(err)
}

// Engine is the store below the ledger, for copying between stores.
func (s *Store) Engine() ledger.Engine { return s.engine }

// Traffic is what the writers of this process did.
type Traffic struct {
	Updates, Transactions, Conflicts int64
}

// Traffic returns counts since the store was opened.
func (s *Store) Traffic() Traffic {
	return Traffic{s.engine.updates.Load(), s.engine.groups.Load(), s.engine.conflicts.Load()}
}
