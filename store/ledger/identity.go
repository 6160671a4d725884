package ledger

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"karussell/bot"
)

// Identity keys are hashes, so each new one belongs somewhere else. In a single
// index of millions a batch of articles would touch a page of its own for nearly
// every key, all over the file, and all of them must reach the disk. So keys go
// to the open generation, which is small. When it is full it is sealed with a
// filter, and a new one is opened. A filter answers in memory whether a
// generation may hold a key; most new keys are then looked for in the open one
// only.
//
// Generations count from 1. Generation 0 is the single index of stores of schema
// 1 (ArticleKeys): it was sealed by the migration, or there is none.

// generationSize is how many identity keys fill a generation: few enough that
// a batch meets the pages of the one before, many enough that a store of thirty
// million articles has a thousand. It may change: a store knows where its
// generations end.
const generationSize = 1 << 17

// Filters are Bloom filters. With 12 bits and 8 probes for each key one look-up
// in 300 goes to a generation in vain; a million articles cost 3 MB of memory.
const (
	filterBits   = 12
	filterProbes = 8
	filterLimit  = 16 << 20 // bytes; only for the index of a huge store of schema 1
)

// filter is the value of a record in IdentityFilters: its bits.
type filter []byte

func newFilter(keys int) filter {
	return make(filter, min(max(keys*filterBits/8, 8), filterLimit))
}

// probe is the i-th bit of a hashed key. Two halves of the hash are as good as
// many hashes (Kirsch and Mitzenmacher, 2006); the product spreads 32 bits over
// the filter's without a division.
func (f filter) probe(h []byte, i uint32) uint64 {
	a, b := binary.BigEndian.Uint32(h), binary.BigEndian.Uint32(h[4:])
	return uint64(a+i*(b|1)) * uint64(8*len(f)) >> 32
}

func (f filter) add(h []byte) {
	for i := range uint32(filterProbes) {
		bit := f.probe(h, i)
		f[bit/8] |= 1 << (bit % 8)
	}
}

// mayHold is sometimes true for what was not added, never false for what was.
// An empty filter holds nothing.
func (f filter) mayHold(h []byte) bool {
	if len(f) == 0 {
		return false
	}
	for i := range uint32(filterProbes) {
		if bit := f.probe(h, i); f[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
	}
	return true
}

// filters keeps the filters of sealed generations, from 0, as committed: a sealed
// generation never changes. It is safe for concurrent use.
type filters struct{ known atomic.Pointer[[]filter] }

func (f *filters) list() []filter {
	if p := f.known.Load(); p != nil {
		return *p
	}
	return nil
}

// learn keeps a longer list; a shorter one is somebody's older snapshot.
func (f *filters) learn(list []filter) {
	for {
		old := f.known.Load()
		if old != nil && len(*old) >= len(list) || f.known.CompareAndSwap(old, &list) {
			return
		}
	}
}

// identityPlace is where a generation keeps a hashed key.
func identityPlace(generation uint64, h []byte) (Space, []byte) {
	if generation == 0 {
		return ArticleKeys, h
	}
	return Identities, append(number(generation), h...)
}

// openGeneration is the one that takes new keys.
func (v *view) openGeneration() (uint64, error) {
	if v.open > 0 {
		return v.open, nil
	}
	last, err := numbers(v.kv, IdentityFilters, Range{Reverse: true}, 1)
	if err != nil {
		return 0, err
	}
	v.open = 1
	if len(last) > 0 {
		v.open = last[0] + 1
	}
	return v.open, nil
}

// sealed lists the filters up to the open generation, or as many as are known.
// Only a reading transaction learns new ones: what a writing one sees may never
// be committed.
func (v *view) sealed(open uint64) ([]filter, error) {
	if v.filters == nil {
		return nil, nil
	}
	list := v.filters.list()
	if v.writes || uint64(len(list)) >= open {
		return list, nil
	}
	list = slices.Clip(list)
	for uint64(len(list)) < open {
		bits, err := v.kv.Get(IdentityFilters, number(uint64(len(list))))
		if err != nil {
			return nil, err
		}
		list = append(list, append(filter(nil), bits...))
	}
	v.filters.learn(list)
	return list, nil
}

// holder is the article that holds a hashed key; 0 for none.
func (v *view) holder(h []byte) (bot.ArticleID, error) {
	open, err := v.openGeneration()
	if err != nil {
		return 0, err
	}
	known, err := v.sealed(open)
	if err != nil {
		return 0, err
	}
	for i := range open + 1 {
		generation := open - i // news is more often about news
		if generation < uint64(len(known)) && generation < open && !known[generation].mayHold(h) {
			continue
		}
		space, key := identityPlace(generation, h)
		id, err := getNumber(v.kv, space, key)
		if err != nil || id != 0 {
			return bot.ArticleID(id), err
		}
	}
	return 0, nil
}

// claimIdentity gives the key to the article, unless another one holds it.
func (t *tx) claimIdentity(identity string, article []byte) error {
	h := identityKey(identity)
	held, err := t.holder(h)
	if err != nil || held != 0 {
		return err
	}
	open, err := t.openGeneration()
	if err != nil {
		return err
	}
	space, key := identityPlace(open, h)
	t.bump(identityCount, 1)
	return t.kv.Put(space, key, article)
}

// sealFull seals the open generation when the transaction has filled it.
func (t *tx) sealFull() error {
	added := t.delta[identityCount]
	if added == 0 {
		return nil
	}
	n, err := t.count(identityCount)
	if err != nil || int64(n)/t.generation == (int64(n)-added)/t.generation {
		return err
	}
	open, err := t.openGeneration()
	if err != nil {
		return err
	}
	t.open++
	return seal(t.kv, open)
}

// seal writes the filter of a generation that takes no more keys.
func seal(w Writer, generation uint64) error {
	space, r := ArticleKeys, Range{}
	if generation > 0 {
		space, r = Identities, prefixed(number(generation))
	}
	each := func(fn func(h []byte)) error {
		return w.Scan(space, r, func(k, _ []byte) (bool, error) {
			if len(k) < identityLen {
				return false, errKey
			}
			fn(k[len(k)-identityLen:])
			return true, nil
		})
	}
	n := 0
	if err := each(func([]byte) { n++ }); err != nil {
		return err
	}
	f := newFilter(n)
	if err := each(f.add); err != nil {
		return err
	}
	return w.Put(IdentityFilters, number(generation), f)
}

// sealSingleIndex is the migration to schema 2: the single index, where it holds
// anything, stays as it is and becomes generation 0.
func sealSingleIndex(w Writer) error {
	empty := true
	err := w.Scan(ArticleKeys, Range{}, func([]byte, []byte) (bool, error) {
		empty = false
		return false, nil
	})
	if err != nil || empty {
		return err
	}
	return seal(w, 0)
}
