package memory

import "hash/maphash"

// node is an immutable treap: ordered by key, a heap by the key's hash, so that
// it is balanced whatever the order of insertion. Changes copy the path from the
// root and share the rest.
type node struct {
	key         string
	value       []byte
	weight      uint64
	left, right *node
}

//nolint:gochecknoglobals // a constant of the process
var seed = maphash.MakeSeed()

func (n *node) get(key string) []byte {
	for n != nil && n.key != key {
		if key < n.key {
			n = n.left
		} else {
			n = n.right
		}
	}
	if n == nil {
		return nil
	}
	return n.value
}

func (n *node) put(key string, value []byte) *node {
	l, r := n.remove(key).split(key)
	return join(join(l, &node{key: key, value: value, weight: maphash.String(seed, key)}), r)
}

func (n *node) remove(key string) *node {
	if n == nil {
		return nil
	}
	switch {
	case key == n.key:
		return join(n.left, n.right)
	case key < n.key:
		if l := n.left.remove(key); l != n.left {
			return &node{n.key, n.value, n.weight, l, n.right}
		}
	default:
		if r := n.right.remove(key); r != n.right {
			return &node{n.key, n.value, n.weight, n.left, r}
		}
	}
	return n
}

// split parts the tree into the keys below key and the others.
func (n *node) split(key string) (below, rest *node) {
	if n == nil {
		return nil, nil
	}
	if n.key < key {
		l, r := n.right.split(key)
		return &node{n.key, n.value, n.weight, n.left, l}, r
	}
	l, r := n.left.split(key)
	return l, &node{n.key, n.value, n.weight, r, n.right}
}

// join puts together two trees of which all keys of l are below those of r.
func join(l, r *node) *node {
	switch {
	case l == nil:
		return r
	case r == nil:
		return l
	case l.weight > r.weight:
		return &node{l.key, l.value, l.weight, l.left, join(l.right, r)}
	default:
		return &node{r.key, r.value, r.weight, join(l, r.left), r.right}
	}
}

// bounds is a range of keys.
type bounds struct {
	from, to string
	ends     bool // to is meant
	reverse  bool
}

// scan calls fn for the keys within b in order, until it has enough.
func (n *node) scan(b bounds, fn func(key, value []byte) (bool, error)) (more bool, err error) {
	if n == nil {
		return true, nil
	}
	low, high := n.key >= b.from, !b.ends || n.key < b.to
	first, second := n.left, n.right
	goFirst, goSecond := low, high
	if b.reverse {
		first, second = second, first
		goFirst, goSecond = goSecond, goFirst
	}
	if goFirst {
		if more, err = first.scan(b, fn); err != nil || !more {
			return false, err
		}
	}
	if low && high {
		if more, err = fn([]byte(n.key), n.value); err != nil || !more {
			return false, err
		}
	}
	if goSecond {
		return second.scan(b, fn)
	}
	return true, nil
}
