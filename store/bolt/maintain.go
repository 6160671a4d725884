package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"karussell/bot"
	"karussell/store/ledger"
)

// Usage is how much room a store takes, in bytes.
type Usage struct {
	File int64 // of the file
	Free int64 // of it, left by what was deleted; Compact gives it back
	Max  int64 // the limit; 0 for none
}

// Size is the room that the store takes.
func (s *Store) Size() (Usage, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return Usage{}, err
	}
	free := s.engine.db.Stats().FreePageN * s.engine.db.Info().PageSize
	return Usage{File: info.Size(), Free: int64(free), Max: s.max}, nil
}

// Check looks for damage: every record must be readable, every index must say
// what the records say, every page of the file must be used once. Nothing is
// written meanwhile. The error says that it could not look.
func (s *Store) Check(ctx context.Context) ([]ledger.Problem, error) {
	var problems []ledger.Problem
	err := s.engine.alone(ctx, func() (err error) {
		// The pages first: on damaged ones nothing else can be trusted.
		if problems, err = s.inspectPages(); err != nil || len(problems) > 0 {
			return err
		}
		if problems, err = checkPages(ctx, s.engine.db); err != nil || len(problems) > 0 {
			return err
		}
		return s.engine.View(ctx, func(r ledger.Reader) (err error) {
			problems, err = ledger.Check(ctx, r)
			return err
		})
	})
	if errors.Is(err, bot.ErrCorrupt) {
		return append(problems, ledger.Problem{Where: "file", What: err.Error()}), nil
	}
	return problems, err
}

func (s *Store) inspectPages() ([]ledger.Problem, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return inspectPages(f)
}

// checkPages is bbolt's own check.
func checkPages(ctx context.Context, db *bbolt.DB) (problems []ledger.Problem, err error) {
	defer protect(&err, nil)()
	err = db.View(func(tx *bbolt.Tx) error {
		for problem := range tx.Check() { // to the end, or its goroutine stays
			problems = append(problems, ledger.Problem{Where: "pages", What: problem.Error()})
		}
		return ctx.Err()
	})
	return problems, err
}

// Backup writes a copy of the store to dest while it goes on working, replacing
// what was there. The copy has the name only when it is complete, on disk and
// checked.
func (s *Store) Backup(ctx context.Context, dest string) error {
	if same(s.path, dest) {
		return fmt.Errorf("back up %s: that is the database itself; name another file", s.path)
	}
	err := replace(ctx, dest, func(copied *os.File) error {
		return s.engine.View(ctx, func(r ledger.Reader) error {
			t, ok := r.(*transaction)
			if !ok {
				return errForeign
			}
			_, err := t.tx.WriteTo(stoppable{ctx, copied})
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("back up %s to %s: %w", s.path, dest, classify(err))
	}
	return nil
}

var errForeign = errors.New("not a transaction of this store")

// replace fills a temporary file, makes it durable, checks it and gives it the
// name dest.
func replace(ctx context.Context, dest string, fill func(*os.File) error) error {
	sweep(dest)
	f, err := os.CreateTemp(filepath.Dir(dest), filepath.Base(dest)+freshSuffix)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := errors.Join(fill(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := verify(ctx, f.Name()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), dest); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dest))
}

// freshSuffix is how files are called that have not got their name yet.
const freshSuffix = ".new-*"

// sweep removes what a killed process left half-made; an hour is longer than
// any copy takes.
func sweep(dest string) {
	left, err := filepath.Glob(dest + freshSuffix)
	if err != nil {
		return // a name with brackets; nothing is lost
	}
	for _, name := range left {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(name)
		}
	}
}

func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// verify opens a copy and checks it.
func verify(ctx context.Context, path string) (err error) {
	s, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	problems, err := s.Check(ctx)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: the copy has %d problems, the first: %s", bot.ErrCorrupt, len(problems), problems[0])
	}
	return err
}

// stoppable is a writer that ends with a context.
type stoppable struct {
	ctx context.Context //nolint:containedctx // io.Writer has no other way in
	w   io.Writer
}

func (s stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

// compactStep is how many bytes one transaction of Compact writes.
const compactStep = 32 << 20

// Compact writes the store at src, which nobody may have open for writing, to
// dest without the free room. dest may be src. It has the name only when it is
// complete, on disk and checked.
func Compact(ctx context.Context, src, dest string) (err error) {
	s, err := Open(src, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = replace(ctx, dest, func(f *os.File) error { return s.copyTo(ctx, f.Name()) })
	if err != nil {
		return fmt.Errorf("compact %s: %w", src, classify(err))
	}
	return nil
}

func (s *Store) copyTo(ctx context.Context, fresh string) (err error) {
	db, err := openFile(fresh, Options{NoSync: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Sync(), db.Close()) }()
	if err := db.Update(buckets); err != nil {
		return err
	}
	return s.engine.View(ctx, func(r ledger.Reader) error {
		from, ok := r.(*transaction)
		if !ok {
			return errForeign
		}
		for _, space := range ledger.Spaces() {
			if err := copySpace(ctx, db, from, space); err != nil {
				return err
			}
		}
		return nil
	})
}

// copySpace copies in key order, so that all pages can be filled.
func copySpace(ctx context.Context, db *bbolt.DB, from *transaction, space ledger.Space) error {
	old := from.bucket(space)
	if old == nil {
		return nil
	}
	c := old.Cursor()
	k, v := c.First()
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(space.String()))
			b.FillPercent = sequentialFill
			for room := compactStep; room > 0 && k != nil; k, v = c.Next() {
				if err := b.Put(k, v); err != nil {
					return err
				}
				room -= len(k) + len(v)
			}
			done = k == nil
			return b.SetSequence(old.Sequence())
		})
		if err != nil {
			return err
		}
	}
	return nil
}
