package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Ingest takes a batch in: articles, what they say, coaches, stories, the feed's
// state and the fan-outs commit together or not at all. The same batch again
// changes nothing. Extraction runs before the transaction. It returns the
// store's errors and the context's.
func (e *Engine) Ingest(ctx context.Context, b Batch) (Ingested, error) {
	drafts, err := e.examine(ctx, b)
	if err != nil {
		return Ingested{}, err
	}
	var sum Ingested
	var count tally
	var changes map[StoryID]StoryStage
	err = e.Store.Update(ctx, func(tx Tx) error {
		sum, count = Ingested{}, tally{}
		in := intake{e: e, tx: tx, batch: &b, book: e.newStorybook(tx, b.Backlog), sum: &sum, count: count}
		for i := range drafts {
			if err := in.take(&drafts[i]); err != nil {
				return err
			}
		}
		if err := in.book.settle(); err != nil {
			return err
		}
		changes = in.book.changes
		sum.Stories, sum.Fanouts = len(changes), len(in.book.news)
		if b.Feed == nil {
			return nil
		}
		if err := tx.PutFeed(*b.Feed); err != nil {
			return fmt.Errorf("store feed: %w", err)
		}
		return nil
	})
	if err != nil {
		return Ingested{}, err
	}
	e.report(sum, count)
	e.countChanges(changes)
	if sum.Fanouts > 0 {
		e.awake()
	}
	return sum, nil
}

// Knows reports whether an article with the address is stored. It returns the
// store's errors.
func (e *Engine) Knows(ctx context.Context, address string) (bool, error) {
	known := false
	err := e.Store.View(ctx, func(tx ReadTx) error {
		_, err := tx.ArticleByKey(addressKey(address))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		known = err == nil
		return err
	})
	return known, err
}

// tally counts events by type, for the meter.
type tally map[EventType]int

func (e *Engine) report(sum Ingested, count tally) {
	e.Meter.Count("articles_total", sum.New, "state", "new")
	e.Meter.Count("articles_total", sum.Changed, "state", "changed")
	e.Meter.Count("articles_total", sum.Known, "state", "known")
	for t, n := range count {
		e.Meter.Count("events_total", n, "type", string(t))
	}
}

// countChanges counts story changes once they are committed.
func (e *Engine) countChanges(changes map[StoryID]StoryStage) {
	for _, stage := range changes {
		e.Meter.Count("story_changes_total", 1, "stage", string(stage))
	}
}

// draft is an article on its way into the store.
type draft struct {
	article Article
	keys    []string
	known   bool // it was stored with this text when the batch was examined
	found   *Extraction
	near    []string // keys of the near-duplicate index
}

// examine completes the articles and extracts from those that the store does
// not hold yet. What it finds known is looked at again in the transaction.
func (e *Engine) examine(ctx context.Context, b Batch) ([]draft, error) {
	if len(b.Articles) == 0 { // most polls
		return nil, nil
	}
	now := e.Now()
	drafts := make([]draft, 0, len(b.Articles))
	for _, a := range b.Articles {
		if a.ReadAt.IsZero() {
			a.ReadAt = now
		}
		drafts = append(drafts, draft{article: a, keys: identityKeys(&a)})
	}
	err := e.Store.View(ctx, func(tx ReadTx) error {
		for i := range drafts {
			_, state, err := recognise(tx, &drafts[i])
			if err != nil {
				return err
			}
			drafts[i].known = state == articleKnown
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for known articles: %w", err)
	}
	for i := range drafts {
		if err := ctx.Err(); err != nil {
			return nil, err //nolint:wrapcheck // the context's own
		}
		if !drafts[i].known {
			e.extract(&drafts[i], b.AlertAll, now)
		}
	}
	return drafts, nil
}

// extract fills in what the article itself says about its date and language.
func (e *Engine) extract(d *draft, alertAll bool, now time.Time) {
	a := &d.article
	x := e.Extractor.Extract(*a)
	a.Published = cmp.Or(a.Published, x.Published, DateOf(a.PublishedAt))
	a.Language = cmp.Or(a.Language, x.Language)
	a.Title = cmp.Or(a.Title, x.Headline)
	a.Teaser = cmp.Or(a.Teaser, x.Teaser)
	if alertAll && (a.undated() || now.Sub(a.reportedAt()) > FreshFor) {
		a.PublishedAt = now
	}
	for i := range x.Events {
		if ev := &x.Events[i]; ev.ClubID == "" && ev.Club != "" {
			ev.ClubID = e.clubID(ev.Club)
		}
	}
	d.found = &x
	if len(x.Events) > 0 {
		d.near = nearKeys(a)
	}
}

// clubID is the gazetteer's id, or one made from the name.
func (e *Engine) clubID(name string) ClubID {
	if c, ok := e.Gazetteer.ClubNamed(name); ok {
		return c.ID
	}
	return ClubID(Slug(name))
}

// undated reports whether nobody knows when the article was published.
func (a *Article) undated() bool { return a.Published.IsZero() && a.PublishedAt.IsZero() }

// reportedAt is the instant for the order of reports: publication where it is
// known to the minute; else the latest instant that the stated date allows, but
// not after reading; for undated articles when they were read.
func (a *Article) reportedAt() time.Time {
	if !a.PublishedAt.IsZero() {
		return a.PublishedAt
	}
	_, last, ok := a.Published.Span(time.UTC)
	if !ok {
		return a.ReadAt
	}
	if end := last.AddDate(0, 0, 1).Add(-time.Second); end.Before(a.ReadAt) {
		return end
	}
	return a.ReadAt
}

// articleState is what a store knows of an article.
type articleState int

const (
	articleNew articleState = iota
	articleChanged
	articleKnown
	articleCopied // another outlet brought the very same text
)

// recognise finds the stored article that a draft is, or copies.
func recognise(tx ReadTx, d *draft) (Article, articleState, error) {
	for _, key := range d.keys {
		id, err := tx.ArticleByKey(key)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return Article{}, articleNew, fmt.Errorf("article key: %w", err)
		}
		old, err := tx.Article(id)
		if err != nil {
			return Article{}, articleNew, fmt.Errorf("article %d: %w", id, err)
		}
		return old, compareArticles(&old, d, key), nil
	}
	return Article{}, articleNew, nil
}

func compareArticles(old *Article, d *draft, key string) articleState {
	text := textKey(&d.article)
	switch {
	case key == text && !sameOutlet(old, &d.article):
		return articleCopied
	case key == text, old.Text == "" && old.Title == "", textKey(old) == text:
		return articleKnown
	case old.Text == "" && d.article.Text != "" && !old.Paywalled && titleKey(old) == titleKey(&d.article):
		return articleKnown // its text was dropped with age
	}
	return articleChanged
}

func sameOutlet(a, b *Article) bool {
	return a.Outlet == b.Outlet || a.Outlet == "" || b.Outlet == ""
}
