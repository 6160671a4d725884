package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"karussell/bot"
)

// Lengths of hashed identities in indexes. An id of a delivery must never meet
// another one's; among the keys of 30 million articles the chance of one false
// meeting is 1 in 40,000, and every byte less makes the largest index smaller.
const (
	hashLen     = 16
	identityLen = 8
)

// errKey means that a key in the store is not what this package writes.
var errKey = fmt.Errorf("%w: malformed key", bot.ErrCorrupt)

func hash(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:hashLen]
}

func identityKey(s string) []byte { return hash(s)[:identityLen] }

// appendString appends s so that keys compare like the strings and whatever
// follows cannot be mistaken for a part of it: a zero byte becomes 00 FF, the
// end is 00 01.
func appendString(k []byte, s string) []byte {
	for {
		i := bytes.IndexByte([]byte(s), 0)
		if i < 0 {
			return append(append(k, s...), 0, 1)
		}
		k = append(append(k, s[:i]...), 0, 0xFF)
		s = s[i+1:]
	}
}

// cutString reads what appendString wrote.
func cutString(k []byte) (s string, rest []byte, err error) {
	var out []byte
	for {
		i := bytes.IndexByte(k, 0)
		if i < 0 || i+1 >= len(k) {
			return "", nil, errKey
		}
		out = append(out, k[:i]...)
		if k[i+1] == 1 {
			return string(out), k[i+2:], nil
		}
		out = append(out, 0)
		k = k[i+2:]
	}
}

func appendNumber(k []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(k, n) }

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// lastNumber reads the number at the end of a key.
func lastNumber(k []byte) (uint64, error) {
	if len(k) < 8 {
		return 0, errKey
	}
	return binary.BigEndian.Uint64(k[len(k)-8:]), nil
}

// appendSigned appends n so that keys compare like the numbers.
func appendSigned(k []byte, n int64) []byte {
	return appendNumber(k, uint64(n)^(1<<63)) //nolint:gosec // the bits are meant
}

// appendTime appends t so that keys compare like the instants; the zero time
// comes before all others.
func appendTime(k []byte, t time.Time) []byte {
	if t.IsZero() {
		return appendSigned(k, math.MinInt64)
	}
	return appendSigned(k, nanos(t))
}

// nanos is t as nanoseconds since 1970; 0 is the zero time.
func nanos(t time.Time) int64 {
	switch y := t.UTC().Year(); {
	case t.IsZero():
		return 0
	case y < 1678:
		return math.MinInt64 + 1
	case y > 2261:
		return math.MaxInt64
	}
	if n := t.UnixNano(); n != 0 {
		return n
	}
	return 1 // the first instant of 1970 must not become the zero time
}

// instant reads what nanos wrote.
func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// after is the least key above every key that begins with p; nil when there is
// none.
func after(p []byte) []byte {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] != 0xFF {
			next := bytes.Clone(p[:i+1])
			next[i]++
			return next
		}
	}
	return nil
}

// prefixed is the range of the keys that begin with p.
func prefixed(p []byte) Range { return Range{From: p, To: after(p)} }

// just is the least key above k.
func just(k []byte) []byte { return append(bytes.Clone(k), 0) }
