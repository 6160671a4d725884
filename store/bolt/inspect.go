package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"os"

	"karussell/bot"
)

// Layout of a bbolt meta page, which its library does not export: after the
// page header come magic, version, page size, flags (32 bits each), root page,
// root sequence, free list, number of pages, transaction, checksum (64 bits
// each), in the machine's byte order.
const (
	pageHeader = 16
	metaLen    = 64
	metaMagic  = 0xED0CDAED
	smallest   = 1 << 10 // page size
	largest    = 1 << 16
)

// inspect looks at a file before bbolt maps it: a file that is no database, or
// lost its end, would fault there.
func inspect(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator's path
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	switch {
	case info.IsDir():
		return fmt.Errorf("%w: it is a directory; name a file in it", bot.ErrCorrupt)
	case info.Size() == 0:
		return fmt.Errorf("%w: the file is empty; %s", bot.ErrCorrupt, remedy)
	}
	return inspectMeta(f, uint64(info.Size())) //nolint:gosec // sizes are not negative
}

func inspectMeta(f io.ReaderAt, size uint64) error {
	meta, marked, err := newestMeta(f)
	switch {
	case err != nil:
		return err
	case meta == nil && marked:
		return fmt.Errorf("%w: its first pages are unreadable; %s", bot.ErrCorrupt, remedy)
	case meta == nil:
		return fmt.Errorf("%w: the file is no database; %s", bot.ErrCorrupt, remedy)
	case meta.pageSize < smallest, meta.pageSize > largest, meta.pages > math.MaxInt64/largest:
		return fmt.Errorf("%w: its first pages make no sense; %s", bot.ErrCorrupt, remedy)
	case size < meta.pages*meta.pageSize:
		return fmt.Errorf("%w: the file is cut off (%d of %d bytes); %s",
			bot.ErrCorrupt, size, meta.pages*meta.pageSize, remedy)
	}
	return nil
}

const remedy = "restore a backup, or move the file away to begin anew"

type meta struct{ pageSize, root, freelist, pages, transaction uint64 }

// newestMeta reads the two meta pages; nil when neither is whole. marked says
// that at least one looks like one.
func newestMeta(f io.ReaderAt) (newest *meta, marked bool, err error) {
	offsets := []int64{0}
	for size := int64(smallest); size <= largest; size *= 2 {
		offsets = append(offsets, size)
	}
	buf := make([]byte, metaLen)
	for _, at := range offsets {
		if n, err := f.ReadAt(buf, at+pageHeader); n < metaLen {
			if errors.Is(err, io.EOF) {
				continue
			}
			return nil, marked, err
		}
		m, looks := parseMeta(buf)
		marked = marked || looks
		if m == nil || at != 0 && m.pageSize != uint64(at) { //nolint:gosec // offsets are not negative
			continue
		}
		if newest == nil || m.transaction > newest.transaction {
			newest = m
		}
	}
	return newest, marked, nil
}

func parseMeta(b []byte) (m *meta, looks bool) {
	order := binary.NativeEndian
	if order.Uint32(b) != metaMagic {
		return nil, false
	}
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaLen-8])
	if sum.Sum64() != order.Uint64(b[metaLen-8:]) {
		return nil, true
	}
	return &meta{
		pageSize:    uint64(order.Uint32(b[8:])),
		root:        order.Uint64(b[16:]),
		freelist:    order.Uint64(b[32:]),
		pages:       order.Uint64(b[40:]),
		transaction: order.Uint64(b[48:]),
	}, true
}
