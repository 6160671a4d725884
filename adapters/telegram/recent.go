package telegram

import "sync"

// recent remembers the newest entries of a map, at least size and at most twice
// as many: two generations, so that forgetting costs nothing. Safe for
// concurrent use.
type recent[K comparable, V any] struct {
	mu       sync.Mutex
	size     int
	young    map[K]V
	previous map[K]V
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{size: size, young: map[K]V{}}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.young[k]
	if !ok {
		v, ok = r.previous[k]
	}
	return v, ok
}

func (r *recent[K, V]) put(k K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.young) >= r.size {
		r.previous, r.young = r.young, map[K]V{}
	}
	r.young[k] = v
}
