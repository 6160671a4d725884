package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"karussell/store/ledger"
)

// ErrNotEmpty means that an import would mix two stores.
var ErrNotEmpty = errors.New("store is not empty")

// Export writes everything as JSON lines while the store goes on working: one
// consistent state. Every write is of whole lines.
func (s *Store) Export(ctx context.Context, out io.Writer) error {
	err := s.engine.View(ctx, func(r ledger.Reader) error { return ledger.Export(ctx, r, out) })
	if err != nil {
		return fmt.Errorf("export %s: %w", s.path, err)
	}
	return nil
}

// ExportFile is Export into a file that has its name only when it is complete
// and on disk.
func (s *Store) ExportFile(ctx context.Context, dest string) error {
	sweep(dest)
	f, err := os.CreateTemp(filepath.Dir(dest), filepath.Base(dest)+freshSuffix)
	if err != nil {
		return fmt.Errorf("export %s: %w", s.path, classify(err))
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := errors.Join(s.Export(ctx, f), f.Sync(), f.Close()); err != nil {
		return classify(err)
	}
	if err := os.Rename(f.Name(), dest); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dest))
}

// Import makes a store at path of what Export wrote. The file there may not
// exist yet or must be an empty store. Until everything is read and checked the
// name stays with what was there.
func Import(ctx context.Context, path string, in io.Reader, o Options) (err error) {
	_, absent := os.Stat(path)
	old, err := Open(path, o) // its lock keeps others away from the name
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, old.Close())
		if err != nil && errors.Is(absent, fs.ErrNotExist) {
			_ = os.Remove(path)
		}
	}()
	empty := false
	err = old.engine.View(ctx, func(r ledger.Reader) (err error) {
		empty, err = ledger.Empty(r)
		return err
	})
	if err == nil && !empty {
		err = ErrNotEmpty
	}
	if err == nil {
		err = replace(ctx, path, func(f *os.File) error { return fill(ctx, f.Name(), in, o) })
	}
	if err != nil {
		return fmt.Errorf("import into %s: %w", path, classify(err))
	}
	return nil
}

// fill writes an export into a new file and brings it up to date.
func fill(ctx context.Context, fresh string, in io.Reader, o Options) (err error) {
	db, err := openFile(fresh, Options{NoSync: true, MaxSize: o.MaxSize})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Sync(), db.Close()) }()
	if err := db.Update(buckets); err != nil {
		return err
	}
	err = ledger.Import(ctx, in, func(fn func(ledger.Writer) error) error {
		return db.Update(func(tx *bbolt.Tx) error { return fn(newTransaction(tx)) })
	})
	if err != nil {
		return err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return prepare(db, o, ledger.Steps())
}
