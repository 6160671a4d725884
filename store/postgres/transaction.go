package postgres

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"karussell/store/ledger"
)

// Pages of a scan, in rows: most scans want a few, some want all.
const (
	firstPage = 32
	lastPage  = 512
)

// entry is a key's value as a transaction sees it; nil: there is none.
type entry struct {
	value []byte
	dirty bool // written here, not yet in the database
}

// transaction is a ledger transaction over one of PostgreSQL's. What it read is
// kept, because a snapshot does not change; what it writes is sent by flush.
type transaction struct {
	ctx     context.Context //nolint:containedctx // lives as long as the transaction
	tx      querier
	engine  *engine
	entries map[ledger.Space]map[string]entry
	counts  map[ledger.Space]uint64 // sequences counted up here
	added   map[string]int64        // totals
	set     map[string]int64        // totals that were set, not added to
	names   map[string][]string     // trigrams of coaches, for searching
	texts   map[int64]string        // of articles, for searching
	failed  error                   // the first failure: the server takes no more statements
	lane    *lane                   // nil in a transaction that only reads
	beside  bool                    // it runs beside others (ledger.Beside)
	claims  bool                    // it hands out deliveries
	locked  map[string]bool         // chats; false: looked for, and not got
	ahead   map[ledger.Space]map[string]page
}

// fail classifies and remembers, because a function may swallow what it gets.
func (t *transaction) fail(err error) error {
	err = classify(err)
	if err != nil && t.failed == nil {
		t.failed = err
	}
	return err
}

// querier is what a transaction needs of a connection.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// opening is a connection on which a transaction begins with its first statement,
// in the same round trip where that is a batch.
type opening struct {
	querier
	begin    []string // not sent yet
	writer   string   // whose receipt it will be
	draining bool     // the database is being closed
}

func (o *opening) start(ctx context.Context) error {
	if len(o.begin) == 0 {
		return nil
	}
	return o.SendBatch(ctx, &pgx.Batch{}).Close()
}

func (o *opening) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := o.start(ctx); err != nil {
		return nil, err
	}
	return o.querier.Query(ctx, sql, args...)
}

func (o *opening) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if err := o.start(ctx); err != nil {
		return noRow{err}
	}
	return o.querier.QueryRow(ctx, sql, args...)
}

func (o *opening) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	whole := &pgx.Batch{}
	for _, sql := range o.begin {
		whole.Queue(sql)
	}
	if len(o.begin) > 0 {
		whole.Queue("select step from shut").Query(o.look)
		// Whoever asks for the receipt waits until this transaction has ended, also
		// when the server has not read the commit yet.
		whole.Queue("select from receipts where writer = $1 for update", o.writer)
	}
	o.begin = nil
	whole.QueuedQueries = append(whole.QueuedQueries, b.QueuedQueries...)
	return o.querier.SendBatch(ctx, whole)
}

// look refuses a closed database.
func (o *opening) look(rows pgx.Rows) error {
	steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && slices.Contains(steps, stepClosed) {
		err = ErrShut
	}
	o.draining = slices.Contains(steps, stepDraining)
	return err
}

// noRow is a row that could not be asked for.
type noRow struct{ err error }

func (r noRow) Scan(...any) error { return r.err }

func newTransaction(ctx context.Context, q querier, e *engine, l *lane) *transaction {
	return &transaction{
		ctx: ctx, tx: q, engine: e, lane: l, entries: map[ledger.Space]map[string]entry{},
		counts: map[ledger.Space]uint64{}, added: map[string]int64{}, set: map[string]int64{},
		locked: map[string]bool{}, ahead: map[ledger.Space]map[string]page{},
		names: map[string][]string{}, texts: map[int64]string{},
	}
}

// savepoint is what undo needs to forget a function's writes.
type savepoint struct {
	entries    map[ledger.Space]map[string]entry
	counts     map[ledger.Space]uint64
	added, set map[string]int64
	names      map[string][]string
	texts      map[int64]string
}

func (t *transaction) save() savepoint {
	s := savepoint{maps.Clone(t.entries), maps.Clone(t.counts), maps.Clone(t.added), maps.Clone(t.set), maps.Clone(t.names), maps.Clone(t.texts)}
	for space, m := range s.entries {
		s.entries[space] = maps.Clone(m)
	}
	return s
}

func (t *transaction) undo(s savepoint) {
	t.entries, t.counts, t.added, t.set, t.names, t.texts = s.entries, s.counts, s.added, s.set, s.names, s.texts
}

func table(s ledger.Space) string { return "space_" + s.String() }

// totalPrefix begins the keys in Meta that are totals.
const totalPrefix = "count/"

func isTotal(s ledger.Space, key []byte) bool {
	return s == ledger.Meta && strings.HasPrefix(string(key), totalPrefix)
}

func (t *transaction) keep(s ledger.Space, key string, e entry) {
	m := t.entries[s]
	if m == nil {
		m = map[string]entry{}
		t.entries[s] = m
	}
	m[key] = e
}

// Get implements ledger.Reader.
func (t *transaction) Get(s ledger.Space, key []byte) ([]byte, error) {
	if isTotal(s, key) {
		return t.total(string(key))
	}
	if e, ok := t.entries[s][string(key)]; ok {
		return e.value, nil
	}
	var value []byte
	err := t.tx.QueryRow(t.ctx, "select value from "+table(s)+" where key = $1", key).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		err, value = nil, nil
	} else if err == nil && value == nil {
		value = []byte{}
	}
	if err != nil {
		return nil, t.fail(err)
	}
	t.keep(s, string(key), entry{value: value})
	return value, nil
}

// Scan implements ledger.Reader: pages from the database, and between their
// rows what this transaction wrote.
func (t *transaction) Scan(s ledger.Space, r ledger.Range, fn func(key, value []byte) (bool, error)) error {
	mine := t.written(s, r)
	for size := firstPage; ; size = min(2*size, lastPage) {
		p, err := t.page(s, r, size)
		if err != nil {
			return err
		}
		mine, err = merge(mine, p.rows, r.Reverse, fn)
		if err != nil {
			return ended(err)
		}
		if p.last {
			break
		}
		r = behind(r, p.rows[len(p.rows)-1].key)
	}
	for _, row := range mine {
		if more, err := row.give(fn); err != nil || !more {
			return err
		}
	}
	return nil
}

// errEnough ends a scan early, without failure.
var errEnough = errors.New("enough")

func ended(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// merge hands on a page with the transaction's own writes between its rows, and
// returns those that come later.
func merge(mine, page []pair, reverse bool, fn func(key, value []byte) (bool, error)) ([]pair, error) {
	for _, row := range page {
		for len(mine) > 0 && comes(mine[0].key, row.key, reverse) < 0 {
			if more, err := mine[0].give(fn); err != nil || !more {
				return nil, cmp.Or(err, errEnough)
			}
			mine = mine[1:]
		}
		if len(mine) > 0 && bytes.Equal(mine[0].key, row.key) {
			continue // ours replaces it, or deletes it
		}
		if more, err := row.give(fn); err != nil || !more {
			return nil, cmp.Or(err, errEnough)
		}
	}
	return mine, nil
}

// page is a part of a range.
type page struct {
	rows []pair
	to   []byte // of the range that was asked for
	last bool   // nothing comes behind it
}

// pair is a key with its value.
type pair struct{ key, value []byte }

// give hands a pair on, unless it is a deletion.
func (p pair) give(fn func(key, value []byte) (bool, error)) (bool, error) {
	if p.value == nil {
		return true, nil
	}
	return fn(p.key, p.value)
}

// comes compares in the direction of the walk.
func comes(a, b []byte, reverse bool) int {
	if reverse {
		return bytes.Compare(b, a)
	}
	return bytes.Compare(a, b)
}

// behind is what is left of r after key.
func behind(r ledger.Range, key []byte) ledger.Range {
	if r.Reverse {
		r.To = key
	} else {
		r.From = append(bytes.Clone(key), 0)
	}
	return r
}

// written lists the transaction's own writes in r, in the order of the walk.
func (t *transaction) written(s ledger.Space, r ledger.Range) []pair {
	var out []pair
	for k, e := range t.entries[s] {
		key := []byte(k)
		if e.dirty && bytes.Compare(key, r.From) >= 0 && (r.To == nil || bytes.Compare(key, r.To) < 0) {
			out = append(out, pair{key, e.value})
		}
	}
	slices.SortFunc(out, func(a, b pair) int { return comes(a.key, b.key, r.Reverse) })
	return out
}

func (t *transaction) page(s ledger.Space, r ledger.Range, size int) (page, error) {
	if r.To != nil && bytes.Compare(r.From, r.To) >= 0 {
		return page{last: true}, nil
	}
	if p, ok := t.ahead[s][string(r.From)]; ok && !r.Reverse && bytes.Equal(p.to, r.To) {
		return p, nil
	}
	rows, err := t.rows(s, r, size, "")
	return page{rows: rows, last: len(rows) < size}, err
}

// rows asks for at most size rows of a range; lock is what follows the limit.
func (t *transaction) rows(s ledger.Space, r ledger.Range, size int, lock string) ([]pair, error) {
	from := table(s)
	if s == ledger.Meta { // the totals live elsewhere
		from = `(select key, value from space_meta union all
			select name, int8send(sum(amount)::bigint) from totals group by name) as meta`
	}
	sql, args := "select key, value from "+from+" where key >= $1", []any{bytes.Clone(r.From)}
	if r.From == nil {
		args[0] = []byte{}
	}
	if r.To != nil {
		sql, args = sql+" and key < $2", append(args, r.To)
	}
	sql += " order by key"
	if r.Reverse {
		sql += " desc"
	}
	args = append(args, size)
	rows, err := t.tx.Query(t.ctx, fmt.Sprintf("%s limit $%d %s", sql, len(args), lock), args...)
	if err != nil {
		return nil, t.fail(err)
	}
	list, err := pgx.CollectRows(rows, readPair)
	return list, t.fail(err)
}

func readPair(row pgx.CollectableRow) (p pair, err error) {
	err = row.Scan(&p.key, &p.value)
	if p.value == nil {
		p.value = []byte{}
	}
	return p, err
}

// Put implements ledger.Writer.
func (t *transaction) Put(s ledger.Space, key, value []byte) error {
	if isTotal(s, key) {
		delete(t.added, string(key))
		t.set[string(key)] = int64(binary.BigEndian.Uint64(value)) //nolint:gosec // totals fit
		return nil
	}
	if len(key) > longestKey {
		return fmt.Errorf("%s: key of %d bytes; PostgreSQL's index takes %d", s, len(key), longestKey)
	}
	t.keep(s, string(key), entry{append([]byte{}, value...), true})
	return nil
}

// longestKey is a little below a third of a page, which is PostgreSQL's limit.
const longestKey = 2600

// Delete implements ledger.Writer.
func (t *transaction) Delete(s ledger.Space, key []byte) error {
	t.keep(s, string(key), entry{nil, true})
	return nil
}

// Add implements ledger.Adder: totals are added to without being read, so that
// no two writers meet there.
func (t *transaction) Add(key []byte, by int64) error {
	t.added[string(key)] += by
	return nil
}

func (t *transaction) total(key string) ([]byte, error) {
	sum, ok := t.set[key]
	if !ok {
		var stored *int64
		err := t.tx.QueryRow(t.ctx, "select sum(amount)::bigint from totals where name = $1", []byte(key)).Scan(&stored)
		if err != nil {
			return nil, t.fail(err)
		}
		if stored == nil && t.added[key] == 0 {
			return nil, nil
		}
		if stored != nil {
			sum = *stored
		}
	}
	return binary.BigEndian.AppendUint64(nil, uint64(sum+t.added[key])), nil //nolint:gosec // totals are not negative
}

// Next implements ledger.Writer.
func (t *transaction) Next(s ledger.Space) (uint64, error) {
	if sequence(s) != "" {
		return t.engine.blocks.next(t, s)
	}
	n, err := t.Sequence(s)
	if err != nil {
		return 0, err
	}
	t.counts[s] = n + 1
	return n + 1, nil
}

// Sequence implements ledger.Reader.
func (t *transaction) Sequence(s ledger.Space) (uint64, error) {
	if n, ok := t.counts[s]; ok {
		return n, nil
	}
	sql, args := "select last from counts_up where space = $1", []any{s.String()}
	if name := sequence(s); name != "" {
		sql, args = "select case when is_called then last_value + 31 else last_value - 1 end from "+name, nil
	}
	var n int64
	err := t.tx.QueryRow(t.ctx, sql, args...).Scan(&n)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, t.fail(err)
	}
	return uint64(n), nil //nolint:gosec // not negative
}

// Raise implements ledger.Writer.
func (t *transaction) Raise(s ledger.Space, n uint64) error {
	have, err := t.Sequence(s)
	if err != nil || have >= n {
		return err
	}
	if name := sequence(s); name != "" {
		t.engine.blocks.forget(s)
		var set int64
		err := t.tx.QueryRow(t.ctx, "select setval('"+name+"', $1, false)", int64(n+1)).Scan(&set) //nolint:gosec // fits
		return t.fail(err)
	}
	t.counts[s] = n
	return nil
}

// commit sends the writes in one batch, with a receipt of the lane's number, and
// commits. Where there are none it does nothing.
func (t *transaction) commit() (committed bool, err error) {
	batch := &pgx.Batch{}
	for _, s := range ledger.Spaces() {
		t.batch(batch, s)
	}
	for s, n := range t.counts {
		batch.Queue("insert into counts_up values ($1, $2) on conflict (space) do update set last = excluded.last",
			s.String(), int64(n)) //nolint:gosec // fits
	}
	t.batchSearch(batch)
	t.batchTotals(batch)
	if batch.Len() == 0 {
		return false, nil
	}
	batch.Queue("insert into receipts values ($1, $2, now()) on conflict (writer) do update set number = excluded.number, at = now()",
		t.lane.writer, t.lane.number)
	batch.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
		committed = tag.String() == "COMMIT"
		return nil
	})
	err = t.tx.SendBatch(t.ctx, batch).Close()
	if err == nil && !committed {
		return false, fmt.Errorf("%w: the server rolled back", errConflict)
	}
	return committed, err
}

func (t *transaction) batch(batch *pgx.Batch, s ledger.Space) {
	var keys, values, gone [][]byte
	// In order, so that two writers lock rows in the same order.
	for _, k := range slices.Sorted(maps.Keys(t.entries[s])) {
		switch e := t.entries[s][k]; {
		case e.dirty && e.value != nil:
			keys, values = append(keys, []byte(k)), append(values, e.value)
		case e.dirty:
			gone = append(gone, []byte(k))
		}
	}
	if len(gone) > 0 {
		batch.Queue("delete from "+table(s)+" where key = any($1::bytea[])", gone)
	}
	if len(keys) > 0 {
		batch.Queue("insert into "+table(s)+` select * from unnest($1::bytea[], $2::bytea[])
			on conflict (key) do update set value = excluded.value`, keys, values)
	}
}

func (t *transaction) batchTotals(batch *pgx.Batch) {
	const add = `insert into totals values ($1, $2, $3)
		on conflict (name, slot) do update set amount = totals.amount + excluded.amount`
	for _, name := range slices.Sorted(maps.Keys(t.set)) {
		batch.Queue("delete from totals where name = $1", []byte(name))
		batch.Queue(add, []byte(name), t.lane.slot, t.set[name])
	}
	for _, name := range slices.Sorted(maps.Keys(t.added)) {
		if t.added[name] != 0 {
			batch.Queue(add, []byte(name), t.lane.slot, t.added[name])
		}
	}
}
