// Package loglinear is a small log-linear classifier: several yes-or-no
// questions (heads) answered from the same hashed features.
//
// Its law: the same examples, options and seed give the same model, and the
// same features the same scores, on any number of goroutines, in time linear in
// the number of features. It knows nothing of football: what a feature means is
// decided by who hashes it.
package loglinear

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Unsaid is the answer of an example that says nothing about a head.
const Unsaid = -1

// Example is one observation for Train.
type Example struct {
	// Features are hashes of what was seen, each of them once.
	Features []uint32
	// Want has one answer per head: a probability from 0 to 1, or Unsaid.
	Want []float32
	// Weight is how much the example counts; 0 means 1.
	Weight float64
}

// Options are the settings of Train. The zero value of each means the default.
type Options struct {
	Heads   int     // number of answers per example; required
	Bits    int     // 1<<Bits places for features; from 8 to 20, default 16
	Rounds  int     // passes over the features, default 8
	Ridge   float64 // half of it times the square of every weight is added to the loss, default 1
	Rare    int     // features of fewer examples are ignored, default 1
	Damping float64 // features of an example share their force: 0 none, 0.5 as 1/sqrt(n)
}

func (o *Options) fill() {
	if o.Bits == 0 {
		o.Bits = 16
	}
	if o.Rounds == 0 {
		o.Rounds = 8
	}
	if o.Ridge == 0 {
		o.Ridge = 1
	}
}

// Model answers the heads. It is immutable and safe for concurrent use.
type Model struct {
	heads   int
	mask    uint32
	damping float64
	bias    []float64
	scale   []float64 // per head: what one step of a weight is worth
	tags    []byte    // per place: a part of the hash of the feature that has it
	weights []byte    // int8, place by place, head by head
}

// tag is the part of a hash that tells features of one place apart. No feature has
// tag 0: it marks an empty place.
func tag(feature uint32) byte { return byte(feature>>24) | 1 }

// Hash is the feature of a text; Mix combines features to a new one.
func Hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return finish(h)
}

// Mix is the feature of b seen in the light of a. It is not symmetric.
func Mix(a, b uint32) uint32 { return finish(a*0x9e3779b1 ^ (b + 0x7f4a7c15 + a<<6 + a>>2)) }

// finish spreads the bits of a hash, of which the low ones choose the bucket.
func finish(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}

// Heads is the number of answers.
func (m *Model) Heads() int { return m.heads }

// Scores writes the log-odds of every head into dst, which must hold Heads
// values.
func (m *Model) Scores(features []uint32, dst []float64) {
	dst = dst[:m.heads]
	clear(dst)
	for _, f := range features {
		if m.tags[f&m.mask] != tag(f) {
			continue
		}
		at := int(f&m.mask) * m.heads
		for h, w := range m.weights[at : at+m.heads] {
			dst[h] += float64(int8(w)) //nolint:gosec // a signed byte, as written
		}
	}
	share := force(len(features), m.damping)
	for h := range dst {
		dst[h] = m.bias[h] + dst[h]*m.scale[h]*share
	}
}

// Weight is what one feature adds to the log-odds of a head in an example of n
// features.
func (m *Model) Weight(feature uint32, head, n int) float64 {
	if m.tags[feature&m.mask] != tag(feature) {
		return 0
	}
	w := m.weights[int(feature&m.mask)*m.heads+head]
	return float64(int8(w)) * m.scale[head] * force(n, m.damping) //nolint:gosec // as above
}

// force is the share of each of n features.
func force(n int, damping float64) float64 {
	if damping == 0 || n == 0 {
		return 1
	}
	return math.Pow(float64(n), -damping)
}

// Odds is the probability that log-odds stand for.
func Odds(score float64) float64 { return 1 / (1 + math.Exp(-score)) }

// magic opens every written model.
const magic = "KLL2"

// ErrFormat says that bytes are no written model.
var ErrFormat = errors.New("loglinear: not a model")

// header is what stands before the weights.
type header struct {
	Magic       [4]byte
	Heads, Bits uint32
	Damping     float32
}

// Write writes the model; Load reads it again.
func (m *Model) Write(w io.Writer) error {
	h := header{Magic: [4]byte([]byte(magic)), Heads: uint32(m.heads), Damping: float32(m.damping)} //nolint:gosec // a few heads
	for b := m.mask; b > 0; b >>= 1 {
		h.Bits++
	}
	floats := make([]float32, 0, 2*m.heads)
	for i := range m.heads {
		floats = append(floats, float32(m.bias[i]), float32(m.scale[i]))
	}
	for _, part := range []any{h, floats, m.tags, m.weights} {
		if err := binary.Write(w, binary.LittleEndian, part); err != nil {
			return fmt.Errorf("loglinear: %w", err)
		}
	}
	return nil
}

// Load reads a written model. The model keeps raw, which must not change. Its
// error is ErrFormat.
func Load(raw []byte) (*Model, error) {
	var h header
	n, err := binary.Decode(raw, binary.LittleEndian, &h)
	if err != nil || string(h.Magic[:]) != magic || h.Heads == 0 || h.Heads > 1024 || h.Bits < 8 || h.Bits > 20 {
		return nil, ErrFormat
	}
	heads := int(h.Heads)
	if len(raw) != n+8*heads+(heads+1)<<h.Bits {
		return nil, fmt.Errorf("%w: %d bytes for %d heads of %d bits", ErrFormat, len(raw), heads, h.Bits)
	}
	m := &Model{heads: heads, mask: 1<<h.Bits - 1, damping: float64(h.Damping)}
	places := n + 8*heads
	m.tags, m.weights = raw[places:places+1<<h.Bits], raw[places+1<<h.Bits:]
	floats := make([]float32, 2*heads)
	if _, err := binary.Decode(raw[n:], binary.LittleEndian, floats); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for i := range heads {
		m.bias, m.scale = append(m.bias, float64(floats[2*i])), append(m.scale, float64(floats[2*i+1]))
	}
	return m, nil
}
