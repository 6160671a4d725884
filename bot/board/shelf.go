package board

import (
	"errors"
	"sync"
	"time"
)

const (
	shelfAge   = 30 * time.Second // how long an answer is given again
	shelfStale = 5 * time.Minute  // how old it may be while the next one is made
	shelfSize  = 2000             // answers kept
	shelfBytes = 64 << 20         // of them
)

// size is what a kept answer takes.
func (d *document) size() int { return len(d.body) + len(d.packed) }

// shelf keeps answers for a short time and makes each only once at a time, so
// that a link on a big forum costs one page. Whoever finds an answer too old
// makes the next one; the others get the old one meanwhile, and nobody queues.
type shelf struct {
	now   func() time.Time
	mu    sync.Mutex
	items map[string]*slot
	bytes int
}

// errUnfinished is what readers get who waited for an answer that panicked.
var errUnfinished = errors.New("the page was not finished")

// slot is an answer. The shelf's mutex guards it; doc and err do not change
// after ready is closed.
type slot struct {
	ready chan struct{}
	made  time.Time
	done  bool
	doc   document
	err   error
	stale *document // the one before, until this one is done
}

func newShelf(now func() time.Time) *shelf { return &shelf{now: now, items: map[string]*slot{}} }

// get returns the kept answer or makes it.
func (s *shelf) get(key string, fill func() (document, error)) (document, error) {
	it, stale, mine := s.take(key)
	switch {
	case mine:
		doc, err := document{}, errUnfinished
		defer func() { s.put(key, it, doc, err) }() // also when fill panics: others wait
		doc, err = fill()
		return doc, err
	case stale != nil:
		return *stale, nil
	}
	<-it.ready
	return it.doc, it.err
}

// take finds the slot for key. stale is what may be answered instead of waiting;
// mine says that the caller is to make the answer.
func (s *shelf) take(key string) (it *slot, stale *document, mine bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	it = s.items[key]
	if it != nil && now.Sub(it.made) <= shelfAge {
		return it, it.stale, false
	}
	next := &slot{made: now, ready: make(chan struct{})}
	if it != nil {
		if it.done && now.Sub(it.made) <= shelfStale {
			next.stale = &it.doc
		}
		s.bytes -= it.doc.size()
	} else if len(s.items) >= shelfSize || s.bytes > shelfBytes {
		clear(s.items) // rare, and cheaper than keeping an order
		s.bytes = 0
	}
	s.items[key] = next
	return next, nil, true
}

func (s *shelf) put(key string, it *slot, doc document, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it.doc, it.err, it.done, it.stale = doc, err, true, nil
	close(it.ready)
	switch {
	case s.items[key] != it: // cleared away meanwhile
	case err != nil:
		delete(s.items, key) // the next reader tries again
	default:
		s.bytes += doc.size()
	}
}
