package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"

	"karussell/adapters/console"
	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/phrases"
	"karussell/config"
	"karussell/store/bolt"
	"karussell/store/ledger"
	"karussell/store/postgres"
)

// keeper is an open store with what commands need beyond the contract.
type keeper interface {
	bot.Store
	Check(ctx context.Context) ([]ledger.Problem, error)
	Engine() ledger.Engine
}

// openStore opens the store that db names: a file, or a PostgreSQL database.
// Its errors are sentences that name the file and what to do.
func openStore(ctx context.Context, db string, o bolt.Options) (keeper, error) {
	store, err := openAny(ctx, db, o)
	if err != nil {
		return nil, err
	}
	unfinished, err := ledger.CopyUnfinished(ctx, store.Engine())
	if err == nil && unfinished {
		err = fmt.Errorf("%s: a migration into this store was not finished; run karussell migrate again", storeName(db))
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// openAny opens also a store into which a migration is under way.
func openAny(ctx context.Context, db string, o bolt.Options) (keeper, error) {
	if onServer(db) {
		return postgres.Open(ctx, db, postgres.Options{})
	}
	return bolt.Open(db, o)
}

// fileOptions is how a store in a file is opened.
func fileOptions(c config.Config, log *slog.Logger) bolt.Options {
	return bolt.Options{Log: log, MaxSize: int64(c.Store.MaxSize)}
}

// roomSentence says what to do about a full store.
func roomSentence(err error, c config.Config) error {
	switch {
	case !errors.Is(err, bot.ErrFull):
		return err
	case errors.Is(err, bolt.ErrLimit):
		return fmt.Errorf("%w (store.max_size, KARUSSELL_DB_MAX_SIZE: %s); then do the same again: what is stored stays", err, c.Store.MaxSize)
	}
	return fmt.Errorf("%w; free some space and do the same again: what is stored stays", err)
}

// mustExist refuses a file that is not there: a command that only looks would
// make an empty one and find it in order.
func mustExist(w *world, db string) error {
	if w.store != nil || onServer(db) {
		return nil
	}
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no such store; check the spelling", db)
	}
	return nil
}

// onServer reports whether db is the address of a database server.
func onServer(db string) bool {
	return strings.HasPrefix(db, "postgres://") || strings.HasPrefix(db, "postgresql://")
}

// storeName names a store for people: never with user, password or parameters.
func storeName(db string) string {
	if !onServer(db) {
		return db
	}
	u, err := url.Parse(db)
	if err != nil {
		return "PostgreSQL"
	}
	return "PostgreSQL " + u.Host + u.Path
}

// knowledge is what the engine works with besides the store.
type knowledge struct {
	extractor *extract.Extractor
	phrases   *phrases.Book
}

func loadKnowledge() (knowledge, error) {
	x, err := extract.New()
	if err != nil {
		return knowledge{}, fmt.Errorf("load gazetteer and lexicon: %w", err)
	}
	p, err := phrases.Load()
	if err != nil {
		return knowledge{}, fmt.Errorf("load phrases: %w", err)
	}
	return knowledge{extractor: x, phrases: p}, nil
}

// newEngine joins a store with what Karussell knows.
func newEngine(w *world, c config.Config, store bot.Store, k knowledge, log *slog.Logger, more func(*bot.Setup)) (*bot.Engine, error) {
	setup := bot.Setup{
		Store: store, Extractor: k.extractor, Gazetteer: k.extractor.Gazetteer(), Phrases: k.phrases,
		Now: w.now, Log: log, Owners: owners(c), Terminal: console.User, Version: versionText(),
	}
	if more != nil {
		more(&setup)
	}
	return bot.NewEngine(setup)
}

// withStore opens the store for one command and closes it again. Where a running
// bot has it, the command runs inside that bot instead, if it can.
func withStore(w *world, c config.Config, log *slog.Logger, fn func(keeper) error) error {
	if w.store != nil {
		return roomSentence(fn(w.store), c)
	}
	store, err := openStore(w.ctx, c.DB, fileOptions(c, log))
	if errors.Is(err, bot.ErrLocked) && len(w.args) > 0 && slices.Contains(remoteCommands(), w.args[0]) {
		if err, reached := askBot(w, c.DB, w.args); reached {
			return err
		}
	}
	if err != nil {
		return roomSentence(err, c)
	}
	return errors.Join(roomSentence(fn(store), c), store.Close())
}

// desk is what a command works at: an engine on an open store.
type desk struct {
	settings config.Config
	store    keeper
	engine   *bot.Engine
	log      *slog.Logger
}

// withEngine opens the store for one command, with an engine on it.
func withEngine(w *world, db string, fn func(*desk) error) error {
	settings, err := w.settings(db)
	if err != nil {
		return err
	}
	log := w.logger(settings.Log)
	k, err := loadKnowledge()
	if err != nil {
		return err
	}
	return withStore(w, settings, log, func(store keeper) error {
		engine, err := newEngine(w, settings, store, k, log, nil)
		if err != nil {
			return err
		}
		return fn(&desk{settings: settings, store: store, engine: engine, log: log})
	})
}

// notebook gives adapters their small facts from the store.
type notebook struct {
	store  bot.Store
	prefix string
}

func (n notebook) Recall(ctx context.Context, key string) (value []byte, err error) {
	err = n.store.View(ctx, func(tx bot.ReadTx) (err error) {
		value, err = tx.Note(n.prefix + key)
		return err
	})
	return value, err
}

func (n notebook) Remember(ctx context.Context, key string, value []byte) error {
	return n.store.Update(ctx, func(tx bot.Tx) error { return tx.PutNote(n.prefix+key, value) })
}
