package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"karussell/bot"
	"karussell/store/ledger"
)

// bbolt's own check follows whatever a damaged page says, in a goroutine of its
// own, and a wrong offset there ends the program. So the pages are looked at
// here first, read from the file instead of the mapping, with every offset
// checked. Layout (bbolt/internal/common/page.go): a header of id (64 bits),
// flags, count (16), overflow (32); then the elements; numbers in the machine's
// byte order.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	elementLen   = 16
	bucketFlag   = 0x01
	bucketHeader = 16
	deepest      = 64 // levels of a tree; a real one has fewer than ten
	manyFree     = 0xFFFF
)

// pages walks all pages of a file.
type pages struct {
	file     io.ReaderAt
	meta     meta
	seen     []bool
	shallow  bool // only the root page, with the small buckets in it
	problems []ledger.Problem
}

// inspectRoot looks at the root page alone. bbolt copies the small buckets in
// it to the heap, where following a wrong offset ends the program at the next
// garbage collection, not with a fault that could be caught.
func inspectRoot(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator's path
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	m, _, err := newestMeta(f)
	if err != nil || m == nil {
		return err // inspect has said what there is to say
	}
	p := &pages{file: f, meta: *m, seen: make([]bool, m.pages), shallow: true}
	if err := p.tree(m.root, 0); err != nil {
		return err
	}
	if len(p.problems) > 0 {
		return fmt.Errorf("%w: %s; %s", bot.ErrCorrupt, p.problems[0], remedy)
	}
	return nil
}

// inspectPages looks at every page that the newest meta page leads to. The
// error says that it could not read the file.
func inspectPages(f io.ReaderAt) ([]ledger.Problem, error) {
	m, _, err := newestMeta(f)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return []ledger.Problem{{Where: "pages", What: "no readable meta page"}}, nil
	}
	p := &pages{file: f, meta: *m, seen: make([]bool, m.pages)}
	if err := p.tree(m.root, 0); err != nil {
		return nil, err
	}
	if err := p.freelist(); err != nil {
		return nil, err
	}
	return p.problems, nil
}

func (p *pages) reportf(id uint64, format string, args ...any) {
	if len(p.problems) < 100 {
		what := fmt.Sprintf("page %d: ", id) + fmt.Sprintf(format, args...)
		p.problems = append(p.problems, ledger.Problem{Where: "pages", What: what})
	}
}

// read gives a page with its overflow, and its kind and number of elements; nil
// when it was reported as damaged.
func (p *pages) read(id uint64) (page []byte, flags, count int, err error) {
	if id < 2 || id >= p.meta.pages {
		p.reportf(id, "is outside of the file")
		return nil, 0, 0, nil
	}
	header := make([]byte, pageHeader)
	if _, err := p.file.ReadAt(header, int64(id*p.meta.pageSize)); err != nil { //nolint:gosec // inside the file
		return nil, 0, 0, err
	}
	order := binary.NativeEndian
	flags, count = int(order.Uint16(header[8:])), int(order.Uint16(header[10:]))
	last := id + uint64(order.Uint32(header[12:]))
	if self := order.Uint64(header); self != id || last >= p.meta.pages {
		p.reportf(id, "calls itself page %d to %d", self, last)
		return nil, 0, 0, nil
	}
	for i := id; i <= last; i++ {
		if p.seen[i] {
			p.reportf(i, "is used twice")
			return nil, 0, 0, nil
		}
		p.seen[i] = true
	}
	page = make([]byte, (last-id+1)*p.meta.pageSize)
	_, err = p.file.ReadAt(page, int64(id*p.meta.pageSize)) //nolint:gosec // inside the file
	return page, flags, count, err
}

// tree walks the pages below id.
func (p *pages) tree(id uint64, depth int) error {
	if depth > deepest {
		p.reportf(id, "is too deep in its tree")
		return nil
	}
	page, flags, count, err := p.read(id)
	if err != nil || page == nil {
		return err
	}
	switch flags {
	case branchPage:
		return p.branch(id, page, count, depth)
	case leafPage:
		return p.leaf(id, page, count, depth)
	}
	p.reportf(id, "has unknown kind %#x", flags)
	return nil
}

// element is where an element's key and value lie in its page.
func element(page []byte, i int, leaf bool) (key, value []byte, flags uint32, child uint64, ok bool) {
	at := pageHeader + i*elementLen
	if at+elementLen > len(page) {
		return nil, nil, 0, 0, false
	}
	e, order := page[at:], binary.NativeEndian
	var pos, keyLen, valueLen uint64
	if leaf {
		flags = order.Uint32(e)
		pos, keyLen, valueLen = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
	} else {
		pos, keyLen, child = uint64(order.Uint32(e)), uint64(order.Uint32(e[4:])), order.Uint64(e[8:])
	}
	if pos+keyLen+valueLen > uint64(len(e)) {
		return nil, nil, 0, 0, false
	}
	return e[pos : pos+keyLen], e[pos+keyLen : pos+keyLen+valueLen], flags, child, true
}

func (p *pages) branch(id uint64, page []byte, count, depth int) error {
	if count == 0 {
		p.reportf(id, "is a branch without children")
	}
	var last []byte
	for i := range count {
		key, _, _, child, ok := element(page, i, false)
		if !ok || i > 0 && bytes.Compare(last, key) >= 0 {
			p.reportf(id, "element %d is damaged", i)
			return nil
		}
		last = key
		if err := p.tree(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *pages) leaf(id uint64, page []byte, count, depth int) error {
	var last []byte
	for i := range count {
		key, value, flags, _, ok := element(page, i, true)
		if !ok || flags > bucketFlag || i > 0 && bytes.Compare(last, key) >= 0 {
			p.reportf(id, "element %d is damaged", i)
			return nil
		}
		last = key
		if flags != bucketFlag {
			continue
		}
		if err := p.bucket(id, value, depth); err != nil {
			return err
		}
	}
	return nil
}

// bucket walks a bucket: its root page, or the small page in its value.
func (p *pages) bucket(id uint64, value []byte, depth int) error {
	if len(value) < bucketHeader {
		p.reportf(id, "holds a damaged bucket")
		return nil
	}
	order := binary.NativeEndian
	if root := order.Uint64(value); root != 0 {
		if p.shallow {
			return nil
		}
		return p.tree(root, depth+1)
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader || order.Uint16(inline[8:]) != leafPage {
		p.reportf(id, "holds a damaged small bucket")
		return nil
	}
	return p.leaf(id, inline, int(order.Uint16(inline[10:])), depth+1)
}

// freelist checks that every page is either used or free.
func (p *pages) freelist() error {
	page, flags, count, err := p.read(p.meta.freelist)
	if err != nil || page == nil {
		return err
	}
	if flags != freelistPage {
		p.reportf(p.meta.freelist, "is no list of free pages")
		return nil
	}
	p.free(page[pageHeader:], count)
	for id := uint64(2); id < p.meta.pages; id++ {
		if !p.seen[id] {
			p.reportf(id, "is neither used nor free")
		}
	}
	return nil
}

// free marks the free pages of a list.
func (p *pages) free(ids []byte, count int) {
	order := binary.NativeEndian
	if count == manyFree { // then the first number is the count
		count, ids = int(order.Uint64(ids)), ids[8:] //nolint:gosec // compared with the room
	}
	if count < 0 || count > len(ids)/8 {
		p.reportf(p.meta.freelist, "lists %d free pages, more than it can hold", count)
		return
	}
	for i := range count {
		id := order.Uint64(ids[8*i:])
		if id < 2 || id >= p.meta.pages || p.seen[id] {
			p.reportf(id, "is called free and is not")
			continue
		}
		p.seen[id] = true
	}
}
