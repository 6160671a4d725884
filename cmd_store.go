package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"karussell/bot"
	"karussell/store/bolt"
)

type backupCmd struct {
	DB   string `help:"The store's file." name:"db" placeholder:"FILE"`
	Dest string `arg:"" help:"The copy's file; it must not exist yet." placeholder:"DEST"`
}

// Run copies the store and examines the copy before it gets its name.
func (c *backupCmd) Run(w *world) error {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if err := mustExist(w, settings.DB); err != nil {
		return err
	}
	return withStore(w, settings, w.logger(settings.Log), func(store keeper) error {
		dest := w.path(c.Dest)
		if _, err := os.Stat(dest); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists already; name another file, so that no backup is lost by mistake", c.Dest)
		}
		file, ok := store.(*bolt.Store)
		if !ok {
			return usageError{errors.New("this store is a PostgreSQL database; copy it with pg_dump, see docs/scaling.md")}
		}
		if err := file.Backup(w.ctx, dest); err != nil {
			return err
		}
		fmt.Fprintf(w.stdout, "%s: copied to %s and checked\n", storeName(settings.DB), c.Dest)
		return nil
	})
}

type restoreCmd struct {
	DB     string `help:"The store's file." name:"db" placeholder:"FILE"`
	Backup string `arg:"" help:"The backup's file." placeholder:"BACKUP"`
}

// Run puts a backup in the store's place and keeps what was there beside it. The
// bot must be stopped.
func (c *restoreCmd) Run(w *world) error {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if onServer(settings.DB) {
		return usageError{errors.New("this store is a PostgreSQL database; restore it with pg_restore, see docs/scaling.md")}
	}
	if _, err := os.Stat(w.path(c.Backup)); err != nil {
		return fmt.Errorf("%s: there is no such backup; check the spelling", c.Backup)
	}
	_, absent := os.Stat(settings.DB)
	kept := settings.DB + w.now().UTC().Format(".before-20060102-150405.000")
	err = bolt.Restore(w.ctx, settings.DB, w.path(c.Backup), kept, bolt.Options{Log: w.logger(settings.Log)})
	switch {
	case errors.Is(err, bot.ErrLocked):
		return fmt.Errorf("%w; stop the bot first", err)
	case err != nil:
		return fmt.Errorf("%w; nothing was changed", err)
	}
	fmt.Fprintf(w.stdout, "%s: restored from %s and checked\n", settings.DB, c.Backup)
	if absent == nil {
		fmt.Fprintf(w.stdout, "%s: what was there before; remove it when all is well\n", kept)
	}
	return nil
}

type checkCmd struct {
	DB string `help:"The store's file." name:"db" placeholder:"FILE"`
}

// Run examines the store: the file's structure and our own indexes.
func (c *checkCmd) Run(w *world) error {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if err := mustExist(w, settings.DB); err != nil {
		return err
	}
	return withStore(w, settings, w.logger(settings.Log), func(store keeper) error {
		problems, err := store.Check(w.ctx)
		if err != nil {
			return err
		}
		for _, p := range problems {
			fmt.Fprintf(w.stdout, "%v\n", p)
		}
		if len(problems) > 0 {
			return fmt.Errorf("%s: %d problems; restore the last backup", storeName(settings.DB), len(problems))
		}
		fmt.Fprintf(w.stdout, "%s: no problems\n", storeName(settings.DB))
		return nil
	})
}

type compactCmd struct {
	DB string `help:"The store's file." name:"db" placeholder:"FILE"`
}

// Run rewrites the store without its unused space. Nobody else may have it open.
func (c *compactCmd) Run(w *world) error {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if onServer(settings.DB) {
		return usageError{errors.New("this store is a PostgreSQL database, which gives unused space back by itself (autovacuum)")}
	}
	if err := mustExist(w, settings.DB); err != nil {
		return err
	}
	before, err := os.Stat(settings.DB)
	if err != nil {
		return err
	}
	if err := bolt.Compact(w.ctx, settings.DB, settings.DB); err != nil {
		return roomSentence(err, settings)
	}
	after, err := os.Stat(settings.DB)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s: %d KB, was %d KB\n", settings.DB, after.Size()>>10, before.Size()>>10)
	return nil
}
