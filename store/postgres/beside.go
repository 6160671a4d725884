package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"karussell/store/ledger"
)

// The lock of a chat is its row in the table of boxes. Every chat with something
// that can be claimed, or is under lease, has one. A transaction that has its
// turn waits for the row, where there is one, and so finds what the others left;
// where there is none nobody else can be at work. A transaction beside others
// takes the rows that are free, and leaves alone what has none.

// Lock implements ledger.Locker.
func (t *transaction) Lock(chat []byte) error {
	if t.lane == nil || t.locked[string(chat)] {
		return nil
	}
	if t.beside {
		return ledger.ErrNotTaken
	}
	t.locked[string(chat)] = true
	var value []byte
	err := t.tx.QueryRow(t.ctx, "select value from space_boxes where key = $1 for update", chat).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	if err != nil {
		return t.fail(err)
	}
	t.learn(ledger.Boxes, string(chat), value)
	return nil
}

// Forget implements ledger.Locker. What a transaction beside others knows it read
// when it had the chats.
func (t *transaction) Forget(s ledger.Space, key []byte) {
	if e, ok := t.entries[s][string(key)]; ok && !e.dirty && !t.beside {
		delete(t.entries[s], string(key))
	}
}

// learn keeps what was read, unless it was written here.
func (t *transaction) learn(s ledger.Space, key string, value []byte) {
	if !t.entries[s][key].dirty {
		t.keep(s, key, entry{value: value})
	}
}

// Take implements ledger.Beside.
func (t *transaction) Take(chats [][]byte) (map[string]bool, error) {
	taken := map[string]bool{}
	var ask [][]byte
	for _, c := range chats {
		got, asked := t.locked[string(c)]
		if got {
			taken[string(c)] = true
		}
		if !asked {
			t.locked[string(c)] = false
			ask = append(ask, c)
		}
	}
	if len(ask) == 0 {
		return taken, nil
	}
	rows, err := t.tx.Query(t.ctx, "select key, value from space_boxes where key = any($1::bytea[]) for update skip locked", ask)
	if err != nil {
		return nil, t.fail(err)
	}
	list, err := pgx.CollectRows(rows, readPair)
	if err != nil {
		return nil, t.fail(err)
	}
	for _, p := range list {
		taken[string(p.key)], t.locked[string(p.key)] = true, true
		t.learn(ledger.Boxes, string(p.key), p.value)
	}
	return taken, nil
}

// Pick implements ledger.Beside. What the transaction wrote itself belongs to
// chats that it has.
func (t *transaction) Pick(s ledger.Space, r ledger.Range, limit int) ([]ledger.Entry, error) {
	mine := t.written(s, r)
	rows, err := t.rows(s, r, limit+len(mine), "for update skip locked")
	if err != nil {
		return nil, err
	}
	var out []ledger.Entry
	give := func(k, v []byte) (bool, error) {
		out = append(out, ledger.Entry{Key: k, Value: v})
		return len(out) < limit, nil
	}
	mine, err = merge(mine, rows, r.Reverse, give)
	for i := 0; err == nil && i < len(mine) && len(out) < limit; i++ {
		_, err = mine[i].give(give)
	}
	return out, ended(err)
}

// Fetch implements ledger.Beside: one round trip for everything.
func (t *transaction) Fetch(a ledger.Ahead) error {
	batch := &pgx.Batch{}
	for _, s := range ledger.Spaces() {
		if keys := a.Keys[s]; len(keys) > 0 {
			batch.Queue("select key, value from "+table(s)+" where key = any($1::bytea[])", keys).
				Query(func(rows pgx.Rows) error { return t.fetched(s, keys, rows) })
		}
		if ranges := a.Ranges[s]; len(ranges) > 0 {
			from, to := make([][]byte, len(ranges)), make([][]byte, len(ranges))
			for i, r := range ranges {
				from[i], to[i] = r.From, r.To
			}
			batch.Queue(`select r.at, q.key, q.value from unnest($1::bytea[], $2::bytea[]) with ordinality as r (low, high, at)
				cross join lateral (select key, value from `+table(s)+` where key >= r.low and key < r.high
				order by key limit $3) as q order by r.at, q.key`, from, to, a.Depth).
				Query(func(rows pgx.Rows) error { return t.fetchedRanges(s, ranges, a.Depth, rows) })
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	return t.fail(t.tx.SendBatch(t.ctx, batch).Close())
}

func (t *transaction) fetched(s ledger.Space, keys [][]byte, rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, readPair)
	if err != nil {
		return err
	}
	for _, k := range keys {
		t.learn(s, string(k), nil)
	}
	for _, p := range list {
		t.learn(s, string(p.key), p.value)
	}
	return nil
}

func (t *transaction) fetchedRanges(s ledger.Space, ranges []ledger.Range, depth int, rows pgx.Rows) error {
	pages := make([]page, len(ranges))
	for rows.Next() {
		var at int
		p := pair{value: []byte{}}
		if err := rows.Scan(&at, &p.key, &p.value); err != nil {
			return err
		}
		pages[at-1].rows = append(pages[at-1].rows, p)
	}
	if t.ahead[s] == nil {
		t.ahead[s] = map[string]page{}
	}
	for i, r := range ranges {
		pages[i].to, pages[i].last = r.To, len(pages[i].rows) < depth
		t.ahead[s][string(r.From)] = pages[i]
	}
	return rows.Err()
}
