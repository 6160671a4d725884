package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"karussell/bot"
)

// Restore makes the backup at from the store at path, in the present version,
// checked. The name stays with what was there until the new one is complete, on
// disk and checked; what was there, also when it is damaged, stays under the
// name kept. Nobody may have the store open.
func Restore(ctx context.Context, path, from, kept string, o Options) error {
	if same(path, from) {
		return fmt.Errorf("restore %s: that is the store itself; name a backup", path)
	}
	backup, err := os.Open(from) //nolint:gosec // the operator's path
	if err != nil {
		return fmt.Errorf("restore %s: %w", path, err)
	}
	defer func() { _ = backup.Close() }()
	release, err := claimName(path, kept)
	if err != nil {
		return fmt.Errorf("restore %s: %w", path, err)
	}
	defer release()
	err = replace(ctx, path, func(f *os.File) error {
		if _, err := io.Copy(stoppable{ctx, f}, backup); err != nil {
			return err
		}
		s, err := Open(f.Name(), Options{Log: o.Log, MaxSize: o.MaxSize}) // brings it up to date
		if err != nil {
			return err
		}
		return s.Close()
	})
	if err != nil {
		if _, absent := os.Stat(path); absent == nil {
			_ = os.Remove(kept) // the second name of what is still there
		}
		return fmt.Errorf("restore %s from %s: %w", path, from, classify(err))
	}
	return nil
}

// claimName keeps others away from a store that is to be replaced and gives it a
// second name.
func claimName(path, kept string) (release func(), err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil
	}
	release = func() {}
	db, err := openFile(path, Options{ReadOnly: true})
	switch err := explain(path, err); {
	case errors.Is(err, bot.ErrLocked):
		return nil, err
	case err == nil:
		release = func() { _ = db.Close() }
	}
	// A store that cannot be opened for other reasons is why one restores.
	if same(path, kept) {
		return release, nil // a restore that was killed came so far
	}
	if err := os.Link(path, kept); err != nil {
		release()
		return nil, fmt.Errorf("keep what is there: %w", err)
	}
	return release, nil
}
