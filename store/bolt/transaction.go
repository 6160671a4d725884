package bolt

import (
	"bytes"
	"errors"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"karussell/store/ledger"
)

// sequentialFill is how full pages get that are only ever appended to; random
// ones stay half full, which leaves room for what comes between.
const sequentialFill = 0.95

// transaction is a ledger transaction over one of bbolt's.
type transaction struct {
	tx     *bbolt.Tx
	cache  map[ledger.Space]*bbolt.Bucket
	writes int // to see whether a function changed anything
}

func newTransaction(tx *bbolt.Tx) *transaction {
	return &transaction{tx: tx, cache: make(map[ledger.Space]*bbolt.Bucket, 8)}
}

// bucket is nil in a file of an older version that is read only.
func (t *transaction) bucket(s ledger.Space) *bbolt.Bucket {
	b, ok := t.cache[s]
	if !ok {
		b = t.tx.Bucket([]byte(s.String()))
		if b != nil && s.Sequential() {
			b.FillPercent = sequentialFill
		}
		t.cache[s] = b
	}
	return b
}

func (t *transaction) Get(s ledger.Space, key []byte) (value []byte, err error) {
	defer func() { rescue(recover(), &err) }()
	b := t.bucket(s)
	if b == nil || len(key) == 0 {
		return nil, nil
	}
	return b.Get(key), nil
}

func (t *transaction) Scan(s ledger.Space, r ledger.Range, fn func(key, value []byte) (bool, error)) error {
	c, k, v, err := t.first(s, r)
	for err == nil && k != nil {
		more, err := fn(k, v)
		if err != nil || !more {
			return err
		}
		k, v, err = t.next(c, r)
		if err != nil {
			return err
		}
	}
	return err
}

func (t *transaction) first(s ledger.Space, r ledger.Range) (c *bbolt.Cursor, k, v []byte, err error) {
	defer func() { rescue(recover(), &err) }()
	b := t.bucket(s)
	if b == nil {
		return nil, nil, nil, nil
	}
	c = b.Cursor()
	switch {
	case !r.Reverse && len(r.From) == 0:
		k, v = c.First()
	case !r.Reverse:
		k, v = c.Seek(r.From)
	case r.To == nil:
		k, v = c.Last()
	default:
		if k, _ = c.Seek(r.To); k == nil {
			k, v = c.Last()
		} else {
			k, v = c.Prev()
		}
		// A half-empty page can leave the cursor on a key that is too large.
		for k != nil && bytes.Compare(k, r.To) >= 0 {
			k, v = c.Prev()
		}
	}
	k, v = within(k, v, r)
	return c, k, v, nil
}

func (t *transaction) next(c *bbolt.Cursor, r ledger.Range) (k, v []byte, err error) {
	defer func() { rescue(recover(), &err) }()
	if r.Reverse {
		k, v = c.Prev()
	} else {
		k, v = c.Next()
	}
	k, v = within(k, v, r)
	return k, v, nil
}

func (t *transaction) Sequence(s ledger.Space) (n uint64, err error) {
	defer func() { rescue(recover(), &err) }()
	if b := t.bucket(s); b != nil {
		n = b.Sequence()
	}
	return n, nil
}

// within ends a scan at the end of its range.
func within(k, v []byte, r ledger.Range) (key, value []byte) {
	switch {
	case k == nil,
		!r.Reverse && r.To != nil && bytes.Compare(k, r.To) >= 0,
		r.Reverse && bytes.Compare(k, r.From) < 0:
		return nil, nil
	}
	return k, v
}

func (t *transaction) Put(s ledger.Space, key, value []byte) (err error) {
	defer func() { rescue(recover(), &err) }()
	t.writes++
	// bbolt keeps the value until the commit.
	return t.bucket(s).Put(key, bytes.Clone(value))
}

func (t *transaction) Delete(s ledger.Space, key []byte) (err error) {
	defer func() { rescue(recover(), &err) }()
	if len(key) == 0 {
		return nil
	}
	t.writes++
	return t.bucket(s).Delete(key)
}

func (t *transaction) Next(s ledger.Space) (n uint64, err error) {
	defer func() { rescue(recover(), &err) }()
	t.writes++
	return t.bucket(s).NextSequence()
}

func (t *transaction) Raise(s ledger.Space, n uint64) (err error) {
	defer func() { rescue(recover(), &err) }()
	b := t.bucket(s)
	if b.Sequence() >= n {
		return nil
	}
	t.writes++
	return b.SetSequence(n)
}

// rescue makes bot.ErrCorrupt of what means a damaged page: a panic of bbolt, or
// that a key is a bucket, which none of ours is.
func rescue(v any, err *error) {
	if v == nil && errors.Is(*err, berrors.ErrIncompatibleValue) {
		v = *err
	}
	if v != nil {
		*err = damaged(v)
	}
}
