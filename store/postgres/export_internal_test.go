package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Exec runs a statement beside the store.
func (s *Store) Exec(ctx context.Context, sql string) error {
	_, err := s.engine.pool.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return err
}
