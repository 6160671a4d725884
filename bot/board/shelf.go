package board

import (
	"sync"
	"time"
)

const (
	shelfAge  = 30 * time.Second // how long an answer is given again
	shelfSize = 2000             // answers kept
)

// shelf keeps answers for a short time and makes each only once at a time, so
// that a link on a big forum costs one page.
type shelf struct {
	now   func() time.Time
	mu    sync.Mutex
	items map[string]*slot
}

type slot struct {
	once sync.Once
	made time.Time
	doc  document
	err  error
}

func newShelf(now func() time.Time) *shelf { return &shelf{now: now, items: map[string]*slot{}} }

// get returns the kept answer or makes it.
func (s *shelf) get(key string, fill func() (document, error)) (document, error) {
	now := s.now()
	s.mu.Lock()
	it := s.items[key]
	if it == nil || now.Sub(it.made) > shelfAge {
		if len(s.items) >= shelfSize {
			clear(s.items) // rare, and cheaper than keeping an order
		}
		it = &slot{made: now}
		s.items[key] = it
	}
	s.mu.Unlock()
	it.once.Do(func() { it.doc, it.err = fill() })
	if it.err != nil { // the next reader tries again
		s.mu.Lock()
		if s.items[key] == it {
			delete(s.items, key)
		}
		s.mu.Unlock()
	}
	return it.doc, it.err
}
