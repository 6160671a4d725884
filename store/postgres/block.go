package postgres

import (
	"sync"

	"karussell/store/ledger"
)

// blockSize is the increment of the sequences in the migrations.
const blockSize = 32

// sequence names the SQL sequence of a space whose numbers may have gaps; "" for
// the others.
func sequence(s ledger.Space) string {
	if s == ledger.Deliveries || s == ledger.Parked {
		return "number_" + s.String()
	}
	return ""
}

// blocks hands out numbers of the sequences. What a process did not use when it
// ends stays unused.
type blocks struct {
	mu   sync.Mutex
	open map[ledger.Space]block
}

type block struct{ next, end uint64 }

func (b *blocks) next(t *transaction, s ledger.Space) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	have := b.open[s]
	if have.next == have.end {
		var first int64
		if err := t.tx.QueryRow(t.ctx, "select nextval('"+sequence(s)+"')").Scan(&first); err != nil {
			return 0, t.fail(err)
		}
		have = block{uint64(first), uint64(first) + blockSize} //nolint:gosec // from 1
	}
	n := have.next
	have.next++
	b.open[s] = have
	return n, nil
}

func (b *blocks) forget(s ledger.Space) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, s)
}
