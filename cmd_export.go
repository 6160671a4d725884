package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"karussell/bot"
	"karussell/store/bolt"
	"karussell/store/ledger"
)

type exportCmd struct {
	DB   string `help:"The store's file." name:"db" placeholder:"FILE"`
	Dest string `arg:"" optional:"" help:"The file to write; it must not exist yet. Without it: standard output." placeholder:"DEST"`
}

// Run writes one consistent state of the store.
func (c *exportCmd) Run(w *world) error {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if onServer(settings.DB) {
		return usageError{errFileOnly}
	}
	if err := mustExist(w, settings.DB); err != nil {
		return err
	}
	return withStore(w, settings, w.logger(settings.Log), func(open keeper) error {
		store, ok := open.(*bolt.Store)
		if !ok {
			return usageError{errFileOnly}
		}
		if c.Dest == "" {
			return store.Export(w.ctx, w.stdout)
		}
		dest := w.path(c.Dest)
		if _, err := os.Stat(dest); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; name another file, so that nothing is lost by mistake", c.Dest)
		}
		if err := store.ExportFile(w.ctx, dest); err != nil {
			return err
		}
		fmt.Fprintf(w.stdout, "%s: exported to %s\n", settings.DB, c.Dest)
		return nil
	})
}

// errFileOnly: exports are made of files.
var errFileOnly = errors.New("this store is a PostgreSQL database; karussell migrate makes a file of it, and a database of a file")

type importCmd struct {
	DB   string `help:"The store's file; it must not exist yet, or be empty." name:"db" placeholder:"FILE"`
	File string `arg:"" help:"What karussell export wrote; - is standard input." placeholder:"EXPORT"`
}

// Run makes a store of an export. The bot must be stopped.
func (c *importCmd) Run(w *world) (err error) {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if onServer(settings.DB) {
		return usageError{errFileOnly}
	}
	in := w.stdin
	if c.File != "-" {
		f, err := os.Open(w.path(c.File))
		if err != nil {
			return fmt.Errorf("%s cannot be read; check the spelling: %w", c.File, err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = io.Reader(f)
	}
	err = bolt.Import(w.ctx, settings.DB, in, fileOptions(settings, w.logger(settings.Log)))
	switch {
	case errors.Is(err, bolt.ErrNotEmpty):
		return fmt.Errorf("%s is not empty; import into a new file, so that nothing is lost by mistake", settings.DB)
	case errors.Is(err, ledger.ErrExport):
		return fmt.Errorf("%s: %w; nothing was changed", c.File, err)
	case errors.Is(err, bot.ErrLocked):
		return fmt.Errorf("%w; stop the bot first", err)
	case err != nil:
		return roomSentence(err, settings)
	}
	fmt.Fprintf(w.stdout, "%s: imported from %s and checked\n", settings.DB, c.File)
	return nil
}
