package postgres

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"karussell/store/ledger"
)

// Searching needs no extension: trigrams are an array with a GIN index, words a
// tsvector of the configuration "german", which every PostgreSQL has.

// searchedBytes is how much of a text is searched: a tsvector holds a megabyte.
const searchedBytes = 200_000

// alikeFrom is the share of a name's trigrams that another one must have.
const alikeFrom = 0.3

// Alike implements ledger.Finder.
func (t *transaction) Alike(trigrams []string, limit int) ([]string, error) {
	rows, err := t.tx.Query(t.ctx, `select coach from search_names,
		lateral (select count(*) as shared from unnest(trigrams) as g where g = any($1::text[])) as s
		where trigrams && $1::text[] and shared >= $3::float8 * cardinality($1::text[])
		order by shared::float / (cardinality(trigrams) + cardinality($1::text[]) - shared) desc, coach limit $2`, trigrams, limit, alikeFrom)
	if err != nil {
		return nil, t.fail(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out, t.fail(err)
}

// About implements ledger.Finder.
func (t *transaction) About(words string, before uint64, limit int) ([]uint64, error) {
	if before == 0 || before > 1<<62 {
		before = 1 << 62
	}
	rows, err := t.tx.Query(t.ctx, `select article from search_texts
		where words @@ plainto_tsquery('german', $1) and article < $2 order by article desc limit $3`,
		legible(words), int64(before), limit)
	if err != nil {
		return nil, t.fail(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	out := make([]uint64, len(ids))
	for i, id := range ids {
		out[i] = uint64(id) //nolint:gosec // from 1
	}
	return out, t.fail(err)
}

// IndexName implements ledger.Indexer.
func (t *transaction) IndexName(coach string, trigrams []string) { t.names[coach] = trigrams }

// IndexText implements ledger.Indexer.
func (t *transaction) IndexText(article uint64, text string) {
	t.texts[int64(article)] = legible(text) //nolint:gosec // fits
}

// legible is what PostgreSQL takes as text.
func legible(s string) string {
	if len(s) > searchedBytes {
		s = s[:searchedBytes]
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, " "), "\x00", " "))
}

// batchSearch adds what keeps the indexes for searching.
func (t *transaction) batchSearch(batch *pgx.Batch) {
	for _, coach := range slices.Sorted(maps.Keys(t.names)) {
		if len(t.names[coach]) == 0 {
			batch.Queue("delete from search_names where coach = $1", []byte(coach))
			continue
		}
		batch.Queue("insert into search_names values ($1, $2) on conflict (coach) do update set trigrams = excluded.trigrams",
			[]byte(coach), t.names[coach])
	}
	var ids, gone []int64
	var texts []string
	for _, id := range slices.Sorted(maps.Keys(t.texts)) {
		if t.texts[id] == "" {
			gone = append(gone, id)
			continue
		}
		ids, texts = append(ids, id), append(texts, t.texts[id])
	}
	if len(gone) > 0 {
		batch.Queue("delete from search_texts where article = any($1::bigint[])", gone)
	}
	if len(ids) > 0 {
		batch.Queue(`insert into search_texts select id, to_tsvector('german', text) from unnest($1::bigint[], $2::text[]) as t (id, text)
			on conflict (article) do update set words = excluded.words`, ids, texts)
	}
}

// reindexStep is how many articles one transaction indexes.
const reindexStep = 500

// Reindex computes what is searched anew from the records, beside a running bot,
// in steps; progress is told the articles of each.
func (s *Store) Reindex(ctx context.Context, progress func(articles int)) error {
	return s.engine.reindex(ctx, progress)
}

func (e *engine) reindex(ctx context.Context, progress func(articles int)) error {
	for after := uint64(0); ; {
		var last uint64
		err := e.Update(ctx, func(w ledger.Writer) (err error) {
			last, err = ledger.Reindex(w, after, reindexStep)
			return err
		})
		if err != nil || last == 0 {
			return err
		}
		progress(reindexStep)
		after = last
	}
}
