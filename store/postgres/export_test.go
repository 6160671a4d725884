package postgres

import "context"

// Exec runs a statement beside the store.
func (s *Store) Exec(ctx context.Context, sql string) error {
	_, err := s.engine.pool.Exec(ctx, sql)
	return err
}
