package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/ledger"
)

type migrateCmd struct {
	From string `help:"The store to copy: a file or postgres://..." required:"" placeholder:"STORE"`
	To   string `help:"The new store: a file that does not exist yet, or an empty database." required:"" placeholder:"STORE"`
}

// Run copies a whole store. A call that was interrupted is made again as it was.
func (c *migrateCmd) Run(w *world) (err error) {
	settings, err := w.settings("")
	if err != nil {
		return err
	}
	from, to := w.path(c.From), w.path(c.To)
	if onServer(c.From) {
		from = c.From
	} else if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return usageError{fmt.Errorf("%s: there is no such store; check the spelling", c.From)}
	}
	if onServer(c.To) {
		to = c.To
	}
	if from == to {
		return usageError{errors.New("source and target are the same store")}
	}
	log := w.logger(settings.Log)
	source, err := openStore(w.ctx, from, bolt.Options{Log: log})
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if err := c.atRest(w, source); err != nil {
		return err
	}
	target, err := openAny(w.ctx, to, fileOptions(settings, log))
	if err != nil {
		return fmt.Errorf("target: %w", roomSentence(err, settings))
	}
	defer func() { err = errors.Join(err, target.Close()) }()
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
		return fmt.Errorf("%w; the source is unchanged", roomSentence(err, settings))
	}
	fmt.Fprintf(w.stdout, "%s: %d entries copied to %s; counts and checksums agree\n", storeName(from), total, storeName(to))
	return nil
}

// atRest refuses to copy while replicas write. A file cannot even be opened
// then; a database tells by its leases.
func (c *migrateCmd) atRest(w *world, source keeper) error {
	return source.View(w.ctx, func(tx bot.ReadTx) error {
		held, err := ledger.HeldLeases(tx, w.now())
		if err != nil || len(held) == 0 {
			return err
		}
		return fmt.Errorf("%w: %s works on it (%s); stop all replicas first, or wait until %s",
			bot.ErrLocked, held[0].Holder, held[0].Name, held[0].Until.Local().Format(time.TimeOnly))
	})
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
