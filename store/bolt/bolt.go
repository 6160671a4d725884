// Package bolt is the default store: one bbolt file, no server.
//
// Law: one writer goroutine owns all writing. It drains what is queued into one
// file transaction, so that many small updates share one flush to disk, and a
// failing one spoils no other. Nobody else may write the file meanwhile: it is
// locked. What cannot be read is refused with a sentence that says what to do;
// damage never ends the program.
package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"karussell/bot"
	"karussell/store/ledger"
)

// lockTimeout is how long Open waits for another process to let go of the file:
// enough for one that is just shutting down, short enough for a person.
const lockTimeout = time.Second

// growth is the step by which the file grows, in bytes: each costs a flush, and
// a small store should stay a small file.
const growth = 4 << 20

// Options of Open. The zero value is right for production.
type Options struct {
	ReadOnly bool  // many processes may read while nobody writes
	MaxSize  int64 // of the file, in bytes; beyond it updates give bot.ErrFull; 0: no limit
	Log      *slog.Logger
	// NoSync leaves flushing to the operating system: fast, and a power cut
	// may damage the file. For tests and bulk loads only.
	NoSync bool
}

// Store is a bot.Store in a file. It is safe for concurrent use.
type Store struct {
	*ledger.Ledger
	engine *engine
	path   string
	max    int64
	owner  string // file that names this process; empty for none
	log    *slog.Logger
}

// Engine is the store below the ledger, for copying between stores.
func (s *Store) Engine() ledger.Engine { return s.engine }

// Open opens the store at path and makes it when there is none. The directory
// must exist. Errors: bot.ErrLocked, bot.ErrCorrupt, bot.ErrNewer, bot.ErrFull
// and those of the file system; each names the file and what to do.
func Open(path string, o Options) (*Store, error) {
	return open(path, o, ledger.Steps())
}

// open is Open with the migrations to apply.
func open(path string, o Options, steps []ledger.Step) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !o.ReadOnly {
		err = create(path, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, explainNew(path, err))
	}
	if err := inspect(path); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, explain(path, err))
	}
	db, err := openNamed(path, o)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, explain(path, err))
	}
	if err = inspectRoot(path); err == nil { // the file is locked now: nobody changes it
		err = prepare(db, o, steps)
	}
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, errors.Join(err, db.Close()))
	}
	e := newEngine(db, path, o)
	s := &Store{Ledger: ledger.New(e), engine: e, path: path, max: o.MaxSize, log: o.Log}
	if !o.ReadOnly {
		s.owner = signOwner(path)
	}
	return s, nil
}

// prepare checks the version and migrates, each step in a transaction of its
// own.
func prepare(db *bbolt.DB, o Options, steps []ledger.Step) (err error) {
	defer protect(&err, nil)()
	var pending []ledger.Step
	err = db.View(func(tx *bbolt.Tx) (err error) {
		pending, err = ledger.Pending(newTransaction(tx), steps)
		return err
	})
	if err != nil {
		return classify(err)
	}
	if o.ReadOnly && len(pending) > 0 {
		return errors.New("it was written by an older version; open it once for writing to bring it up to date")
	}
	for _, step := range pending {
		o.Log.Info("migrating the database", "path", db.Path(), "version", step.To, "about", step.About)
		err := db.Update(func(tx *bbolt.Tx) error {
			if err := buckets(tx); err != nil {
				return err
			}
			return step.Apply(newTransaction(tx))
		})
		if err != nil {
			return classify(err)
		}
	}
	return nil
}

// buckets makes sure that every space has its bucket.
func buckets(tx *bbolt.Tx) error {
	for _, s := range ledger.Spaces() {
		if _, err := tx.CreateBucketIfNotExists([]byte(s.String())); err != nil {
			return err
		}
	}
	return nil
}

// Close waits for transactions under way and lets go of the file.
func (s *Store) Close() error {
	err := s.engine.Close()
	if s.owner != "" && !errors.Is(err, bot.ErrClosed) {
		_ = os.Remove(s.owner) // a stale one is recognised by its process
	}
	return err
}

// Path is the file of the store.
func (s *Store) Path() string { return s.path }

// openNamed is openFile for a file that others may be replacing. Whoever waited
// for the lock of one that lost its name meanwhile (compact, restore, import)
// would write where nobody reads.
func openNamed(path string, o Options) (*bbolt.DB, error) {
	for {
		before, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		db, err := openFile(path, o)
		if err != nil {
			return nil, err
		}
		after, err := os.Stat(path)
		if err == nil && os.SameFile(before, after) {
			return db, nil
		}
		if err := errors.Join(err, db.Close()); err != nil {
			return nil, err
		}
	}
}

// openFile opens the bbolt file. bbolt panics on some damage, with the file
// open and locked: that is undone here.
func openFile(path string, o Options) (db *bbolt.DB, err error) {
	var opened *os.File
	defer protect(&err, func() {
		db = nil
		if opened != nil {
			_ = opened.Close()
		}
	})()
	options := &bbolt.Options{
		Timeout:      lockTimeout,
		ReadOnly:     o.ReadOnly,
		FreelistType: bbolt.FreelistMapType,
		NoSync:       o.NoSync,
		NoGrowSync:   o.NoSync,
		MaxSize:      int(o.MaxSize),
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode) //nolint:gosec // the operator's path
			opened = f
			return f, err
		},
	}
	if !o.ReadOnly {
		options.InitialMmapSize = reserve
	}
	db, err = bbolt.Open(path, 0o600, options)
	if err != nil && options.InitialMmapSize > 0 && noAddressSpace(err) {
		options.InitialMmapSize = 0
		db, err = bbolt.Open(path, 0o600, options)
	}
	if err != nil {
		return nil, err
	}
	db.AllocSize = growth
	if o.MaxSize > 0 { // a step must fit the limit
		db.AllocSize = int(min(max(o.MaxSize/16, 32<<10), growth))
	}
	return db, nil
}

// create makes a new store beside path and gives it the name when it is
// complete: a crash leaves no half-made file under the name.
func create(path string, o Options) error {
	sweep(path)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+freshSuffix)
	if err != nil {
		return err
	}
	fresh := f.Name()
	defer func() { _ = os.Remove(fresh) }()
	if err := f.Close(); err != nil {
		return err
	}
	db, err := openFile(fresh, Options{MaxSize: o.MaxSize})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if err := buckets(tx); err != nil {
			return err
		}
		return ledger.Found(newTransaction(tx))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	// Another process may have been faster; its file stays.
	if err := os.Link(fresh, path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(fresh, path); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name durable. Some file systems cannot; they have no
// better way either.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator's path
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}
