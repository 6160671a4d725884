package postgres

import (
	"bytes"
	"errors"
	"slices"

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

// Reserve implements ledger.Reserver: one round trip.
func (t *transaction) Reserve(chats [][]byte, a ledger.Ahead) error {
	batch := &pgx.Batch{}
	var ask [][]byte
	for _, c := range chats {
		if !t.locked[string(c)] {
			t.locked[string(c)] = true
			ask = append(ask, c)
		}
	}
	if len(ask) > 0 {
		batch.Queue("select key, value from space_boxes where key = any($1::bytea[]) for update", ask).
			Query(func(rows pgx.Rows) error { return t.fetched(ledger.Boxes, ask, rows) })
	}
	return t.fetch(batch, a)
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

// Take implements ledger.Beside: one round trip.
func (t *transaction) Take(chats [][]byte, a ledger.Ahead) (map[string]bool, error) {
	var ask [][]byte
	for _, c := range chats {
		if _, asked := t.locked[string(c)]; !asked {
			t.locked[string(c)] = false
			ask = append(ask, c)
		}
	}
	batch := &pgx.Batch{}
	if len(ask) > 0 {
		batch.Queue("select key, value from space_boxes where key = any($1::bytea[]) for update skip locked", ask).
			Query(t.took)
	}
	if err := t.fetch(batch, a); err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, c := range chats {
		if t.locked[string(c)] {
			taken[string(c)] = true
		}
	}
	return taken, nil
}

func (t *transaction) took(rows pgx.Rows) error {
	list, err := pgx.CollectRows(rows, readPair)
	for _, p := range list {
		t.locked[string(p.key)] = true
		t.learn(ledger.Boxes, string(p.key), p.value)
	}
	return err
}

// Prefixes implements ledger.Beside by jumping through the index.
func (t *transaction) Prefixes(s ledger.Space, length int) ([][]byte, error) {
	rows, err := t.tx.Query(t.ctx, `with recursive p (k) as (
		(select substring(key from 1 for $1) from `+table(s)+` order by key limit 1) union all
		select (select substring(key from 1 for $1) from `+table(s)+` where key > p.k || $2::bytea order by key limit 1)
		from p where p.k is not null) select k from p where k is not null`, length, bytes.Repeat([]byte{0xFF}, 64))
	if err != nil {
		return nil, t.fail(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, t.fail(err)
	}
	for _, p := range t.written(s, ledger.Range{}) {
		if p.value != nil {
			out = append(out, p.key[:length])
		}
	}
	slices.SortFunc(out, bytes.Compare)
	return slices.CompactFunc(out, bytes.Equal), nil
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

// Fetch implements ledger.Beside: one round trip.
func (t *transaction) Fetch(a ledger.Ahead) error { return t.fetch(&pgx.Batch{}, a) }

// fetch sends the batch, and behind it in the same round trip what is to be read.
func (t *transaction) fetch(batch *pgx.Batch, a ledger.Ahead) error {
	for _, s := range ledger.Spaces() {
		if keys := a.Keys[s]; len(keys) > 0 {
			batch.Queue("select key, value from "+table(s)+" where key = any($1::bytea[])", keys).
				Query(func(rows pgx.Rows) error { return t.fetched(s, keys, rows) })
		}
		if next, ok := a.Follow[s]; ok && len(a.Keys[s]) > 0 {
			batch.Queue("select b.key, b.value from "+table(s)+" as a join "+table(next)+
				" as b on b.key = a.value where a.key = any($1::bytea[])", a.Keys[s]).
				Query(func(rows pgx.Rows) error { return t.fetched(next, nil, rows) })
		}
		if ranges := a.Ranges[s]; len(ranges) > 0 {
			t.fetchRanges(batch, s, ranges, a.Depth)
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	return t.fail(t.tx.SendBatch(t.ctx, batch).Close())
}

func (t *transaction) fetchRanges(batch *pgx.Batch, s ledger.Space, ranges []ledger.Range, depth int) {
	from, to := make([][]byte, len(ranges)), make([][]byte, len(ranges))
	for i, r := range ranges {
		from[i], to[i] = r.From, r.To
	}
	batch.Queue(`select r.at, q.key, q.value from unnest($1::bytea[], $2::bytea[]) with ordinality as r (low, high, at)
		cross join lateral (select key, value from `+table(s)+` where key >= r.low and key < r.high
		order by key limit $3) as q order by r.at, q.key`, from, to, depth).
		Query(func(rows pgx.Rows) error { return t.fetchedRanges(s, ranges, depth, rows) })
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
