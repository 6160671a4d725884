package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"karussell/bot"
)

// ErrLimit is in a bot.ErrFull that comes from Options.MaxSize, not the disk.
var ErrLimit = errors.New("the file has reached its size limit; raise the limit or compact the file")

var errReadOnly = errors.New("the database was opened for reading only")

// protect turns a panic of bbolt, or a fault in its mapped file, into a
// bot.ErrCorrupt in *err and then calls undo:
//
//	defer protect(&err, undo)()
func protect(err *error, undo func()) func() {
	was := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(was)
		if v := recover(); v != nil {
			*err = damaged(v)
			if undo != nil {
				undo()
			}
		}
	}
}

func damaged(v any) error {
	return fmt.Errorf("%w: %v; %s", bot.ErrCorrupt, v, remedy)
}

// classify gives errors of bbolt and of the disk the kinds of the domain.
func classify(err error) error {
	switch {
	case err == nil, errors.Is(err, bot.ErrFull), errors.Is(err, bot.ErrCorrupt):
		return err
	case errors.Is(err, berrors.ErrMaxSizeReached):
		return fmt.Errorf("%w: %w", bot.ErrFull, ErrLimit)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w: %w", bot.ErrFull, err)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum),
		errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrInvalidMapping):
		return fmt.Errorf("%w: %w; %s", bot.ErrCorrupt, err, remedy)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return bot.ErrClosed
	}
	return err
}

// explain is classify for opening.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%w: %s; stop it first, or use another file", bot.ErrLocked, holder(path))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; the file must be readable and writable for this user", err)
	}
	return classify(err)
}

// explainNew is explain for a file that is not there yet.
func explainNew(path string, err error) error {
	_, missing := os.Stat(filepath.Dir(path))
	switch {
	case errors.Is(err, fs.ErrNotExist) && errors.Is(missing, fs.ErrNotExist):
		return fmt.Errorf("the folder does not exist; make it first, or check the spelling: %w", missing)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("it cannot be made; this user may not write in the folder: %w", err)
	}
	return classify(err)
}

// noAddressSpace reports that a large mapping was refused.
func noAddressSpace(err error) bool { return errors.Is(err, syscall.ENOMEM) }
