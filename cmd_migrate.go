package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"karussell/store/bolt"
	"karussell/store/ledger"
)

type migrateCmd struct {
	From   string `help:"The store to copy: a file or postgres://..." required:"" placeholder:"STORE"`
	To     string `help:"The new store: a file that does not exist yet, or an empty database." placeholder:"STORE"`
	Reopen bool   `help:"Let bots write again to a database that was closed by a migration."`
}

// drainPatience is how long a migration waits for messages under way: longer than
// a claim lasts.
const drainPatience = 150 * time.Second

// Run copies a whole store. A call that was interrupted is made again as it was.
func (c *migrateCmd) Run(w *world) (err error) {
	settings, err := w.settings("")
	if err != nil {
		return err
	}
	from, to, err := c.places(w)
	if err != nil {
		return err
	}
	log := w.logger(settings.Log)
	source, err := openStore(w.ctx, from, bolt.Options{Log: log})
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if c.Reopen {
		return reopen(w, source, from)
	}
	target, err := openAny(w.ctx, to, fileOptions(settings, log))
	if err != nil {
		return fmt.Errorf("target: %w", roomSentence(err, settings))
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if err := ledger.CheckTarget(w.ctx, target.Engine()); err != nil {
		return fmt.Errorf("%s: %w; name a new or empty store, the source is unchanged", storeName(to), err)
	}
	if err := shut(w, source, from); err != nil {
		return err
	}
	total, err := ledger.Entries(w.ctx, source.Engine())
	if err != nil {
		return err
	}
	bar := copyProgress(w, total)
	err = ledger.Copy(w.ctx, source.Engine(), target.Engine(), func(_ ledger.Space, n int) {
		_ = bar.Add(n) // a progress bar that cannot be drawn changes nothing
	})
	_ = bar.Finish()
	if err != nil {
		return fmt.Errorf("%w; the content of the source is unchanged", roomSentence(err, settings))
	}
	if err := reindex(w, target); err != nil {
		return fmt.Errorf("everything is copied; what people search is not complete: %w", err)
	}
	fmt.Fprintf(w.stdout, "%s: %d entries copied to %s; counts and checksums agree\n", storeName(from), total, storeName(to))
	return nil
}

// places are the two stores as they are opened.
func (c *migrateCmd) places(w *world) (from, to string, err error) {
	if (c.To == "") != c.Reopen {
		return "", "", usageError{errors.New("give either --to or --reopen")}
	}
	from, to = w.path(c.From), w.path(c.To)
	if onServer(c.From) {
		from = c.From
	} else if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return "", "", usageError{fmt.Errorf("%s: there is no such store; check the spelling", c.From)}
	}
	if onServer(c.To) {
		to = c.To
	}
	if from == to {
		return "", "", usageError{errors.New("source and target are the same store")}
	}
	return from, to, nil
}

// shuttable is a store that others can write to at the same time.
type shuttable interface {
	Shut(ctx context.Context, patience time.Duration, waiting func(leased int)) error
	Closed(ctx context.Context) (bool, error)
	Reopen(ctx context.Context) error
}

// shut tells running bots to write no more. A file has none: it cannot even be
// opened beside one. A database stays closed, so that a call that was interrupted
// goes on with the same content, and no bot goes on with what has moved.
func shut(w *world, source keeper, name string) error {
	s, ok := source.(shuttable)
	if !ok {
		return nil
	}
	if closed, err := s.Closed(w.ctx); err != nil || closed {
		return err
	}
	fmt.Fprintf(w.stderr, "%s: running bots are told to stop; it stays closed for them (karussell migrate --reopen --from ... opens it again)\n", storeName(name))
	err := s.Shut(w.ctx, drainPatience, func(leased int) {
		fmt.Fprintf(w.stderr, "waiting for %d messages under way\n", leased)
	})
	if err != nil {
		return fmt.Errorf("close %s for writing: %w", storeName(name), err)
	}
	return nil
}

// reindex computes what the target's own database searches.
func reindex(w *world, target keeper) error {
	r, ok := target.(interface {
		Reindex(ctx context.Context, progress func(articles int)) error
	})
	if !ok {
		return nil
	}
	return r.Reindex(w.ctx, func(int) {})
}

func reopen(w *world, source keeper, name string) error {
	s, ok := source.(shuttable)
	if !ok {
		return usageError{fmt.Errorf("%s: a file is never closed", name)}
	}
	if err := s.Reopen(w.ctx); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s: bots may write again\n", storeName(name))
	return nil
}

func copyProgress(w *world, total int) *progressbar.ProgressBar {
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w.stderr),
		progressbar.OptionSetVisibility(w.stderrTerminal),
		progressbar.OptionSetDescription("copying"),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}
