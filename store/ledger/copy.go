package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"karussell/bot"
)

// copyStep is how many entries one transaction of a copy writes.
const copyStep = 2000

//nolint:gochecknoglobals // constant
var copyKey = []byte("copy")

// ErrNotEmpty means that the target of a copy has content of its own.
var ErrNotEmpty = errors.New("the target store is not empty")

// Sum is what a space holds, to compare two stores.
type Sum struct {
	Entries int
	Hash    [sha256.Size]byte
}

// CopyUnfinished reports whether a copy into the store was begun and not ended.
func CopyUnfinished(ctx context.Context, e Engine) (unfinished bool, err error) {
	err = e.View(ctx, func(r Reader) error {
		mark, err := r.Get(Meta, copyKey)
		unfinished = mark != nil
		return err
	})
	return unfinished, err
}

// Copy writes all that from holds, in one consistent state, into the new store
// to. Where a copy was interrupted it goes on. The mark that it is unfinished
// goes only when counts and checksums of every space agree. progress is called
// after each step with the number of entries copied since the last call.
func Copy(ctx context.Context, from, to Engine, progress func(s Space, entries int)) error {
	return from.View(ctx, func(r Reader) error {
		at, after, err := beginCopy(ctx, to)
		if err != nil {
			return err
		}
		for _, s := range Spaces()[at:] {
			if err := copySpace(ctx, r, to, s, after, progress); err != nil {
				return fmt.Errorf("copy %s: %w", s, err)
			}
			after = nil
		}
		if err := verify(ctx, r, to); err != nil {
			return err
		}
		return to.Update(ctx, func(w Writer) error { return w.Delete(Meta, copyKey) })
	})
}

// beginCopy finds where an earlier copy stopped, or marks an empty store.
func beginCopy(ctx context.Context, to Engine) (at Space, after []byte, err error) {
	err = to.Update(ctx, func(w Writer) error {
		mark, err := w.Get(Meta, copyKey)
		if err != nil {
			return err
		}
		if len(mark) > 0 {
			if mark[0] >= byte(spaces) {
				return errKey
			}
			at, after = Space(mark[0]), bytes.Clone(mark[1:])
			return nil
		}
		if err := empty(w); err != nil {
			return err
		}
		return w.Put(Meta, copyKey, []byte{0})
	})
	return at, after, err
}

// empty gives ErrNotEmpty for a store that holds anything.
func empty(r Reader) error {
	for _, s := range Spaces() {
		err := r.Scan(s, Range{}, func(k, _ []byte) (bool, error) {
			if s == Meta && bytes.Equal(k, schemaKey) {
				return true, nil
			}
			return false, fmt.Errorf("%w: %s", ErrNotEmpty, s)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// CheckTarget gives ErrNotEmpty for a store into which nothing can be copied.
func CheckTarget(ctx context.Context, e Engine) error {
	return e.View(ctx, func(r Reader) error {
		if mark, err := r.Get(Meta, copyKey); err != nil || mark != nil {
			return err
		}
		return empty(r)
	})
}

// copySpace writes one space behind after, and its sequence.
func copySpace(ctx context.Context, r Reader, to Engine, s Space, after []byte, progress func(Space, int)) error {
	from := Range{}
	if len(after) > 0 {
		from.From = just(after)
	}
	var keys, values [][]byte
	write := func() error {
		err := to.Update(ctx, func(w Writer) error {
			mark := []byte{byte(s)}
			for i, k := range keys {
				if err := w.Put(s, k, values[i]); err != nil {
					return err
				}
				mark = append(mark[:1], k...)
			}
			return w.Put(Meta, copyKey, mark)
		})
		progress(s, len(keys))
		keys, values = nil, nil
		return err
	}
	err := r.Scan(s, from, func(k, v []byte) (bool, error) {
		if s == Meta && bytes.Equal(k, copyKey) {
			return false, errors.New("the source is an unfinished copy itself")
		}
		keys, values = append(keys, bytes.Clone(k)), append(values, append([]byte{}, v...))
		if len(keys) < copyStep {
			return true, nil
		}
		return true, write()
	})
	if err == nil && len(keys) > 0 {
		err = write()
	}
	if err != nil {
		return err
	}
	return copySequence(ctx, r, to, s)
}

func copySequence(ctx context.Context, r Reader, to Engine, s Space) error {
	n, err := r.Sequence(s)
	if err != nil || n == 0 {
		return err
	}
	return to.Update(ctx, func(w Writer) error { return w.Raise(s, n) })
}

// verify compares every space.
func verify(ctx context.Context, r Reader, to Engine) error {
	return to.View(ctx, func(copied Reader) error {
		for _, s := range Spaces() {
			want, err := sum(ctx, r, s)
			if err != nil {
				return err
			}
			have, err := sum(ctx, copied, s)
			if err != nil {
				return err
			}
			if have != want {
				return fmt.Errorf("%w: %s differs: %d entries in the source, %d in the copy; empty the target and begin again",
					bot.ErrCorrupt, s, want.Entries, have.Entries)
			}
		}
		return nil
	})
}

// sum leaves out the mark of the copy itself, and the schema: a store that was
// opened has the program's.
func sum(ctx context.Context, r Reader, s Space) (Sum, error) {
	out, h := Sum{}, sha256.New()
	err := r.Scan(s, Range{}, func(k, v []byte) (bool, error) {
		if s == Meta && (bytes.Equal(k, copyKey) || bytes.Equal(k, schemaKey)) {
			return true, nil
		}
		out.Entries++
		for _, part := range [][]byte{k, v} {
			_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // a hash never fails
			_, _ = h.Write(part)
		}
		return true, ctx.Err()
	})
	h.Sum(out.Hash[:0])
	return out, err
}

// Entries counts everything that Copy would write.
func Entries(ctx context.Context, e Engine) (n int, err error) {
	err = e.View(ctx, func(r Reader) error {
		for _, s := range Spaces() {
			err := r.Scan(s, Range{}, func(_, _ []byte) (bool, error) { n++; return true, ctx.Err() })
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
