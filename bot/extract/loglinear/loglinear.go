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
	"math/rand/v2"
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
	Bits    int     // 1<<Bits buckets; from 8 to 22, default 16
	Rounds  int     // passes over the examples, default 12
	Rate    float64 // step, default 0.3
	Ridge   float64 // pull of every weight towards zero, per step, default 1e-5
	Rare    int     // features of fewer examples are ignored, default 1
	Damping float64 // features of an example share their force: 0 none, 0.5 as 1/sqrt(n)
	Seed    uint64
}

func (o *Options) fill() {
	if o.Bits == 0 {
		o.Bits = 16
	}
	if o.Rounds == 0 {
		o.Rounds = 12
	}
	if o.Rate == 0 {
		o.Rate = 0.3
	}
	if o.Ridge == 0 {
		o.Ridge = 1e-5
	}
}

// Model answers the heads. It is immutable and safe for concurrent use.
type Model struct {
	heads   int
	mask    uint32
	damping float64
	bias    []float64
	scale   []float64 // per head: what one step of a weight is worth
	weights []byte    // int8, bucket by bucket, head by head
}

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

// trainer is a model under training: AdaGrad on the logistic loss of each head.
type trainer struct {
	Options
	mask   uint32
	w, g   []float64 // weights and sums of squared gradients
	b, bg  []float64
	kept   []bool // buckets that are frequent enough
	scores []float64
	missed []float64
}

// Train fits a model. It panics when an example has not one answer per head: that
// is a mistake of the program.
func Train(examples []Example, o Options) *Model {
	o.fill()
	buckets := 1 << o.Bits
	t := trainer{
		Options: o, mask: uint32(buckets - 1), //nolint:gosec // at most 22 bits
		w: make([]float64, buckets*o.Heads), g: make([]float64, buckets*o.Heads),
		b: make([]float64, o.Heads), bg: make([]float64, o.Heads),
		scores: make([]float64, o.Heads), missed: make([]float64, o.Heads),
	}
	t.count(examples)
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	random := rand.New(rand.NewPCG(o.Seed, 1)) //nolint:gosec // a shuffle, no secret
	for range o.Rounds {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			t.learn(&examples[i])
		}
	}
	return t.quantise()
}

// count finds the buckets that enough examples touch.
func (t *trainer) count(examples []Example) {
	seen := make([]int32, t.mask+1)
	for i := range examples {
		if len(examples[i].Want) != t.Heads {
			panic(fmt.Sprintf("loglinear: example %d has %d answers, want %d", i, len(examples[i].Want), t.Heads))
		}
		for _, f := range examples[i].Features {
			seen[f&t.mask]++
		}
	}
	t.kept = make([]bool, len(seen))
	for i, n := range seen {
		t.kept[i] = int(n) >= t.Rare
	}
}

// learn takes one step towards the example's answers.
func (t *trainer) learn(e *Example) {
	weight := e.Weight
	if weight == 0 {
		weight = 1
	}
	share := force(len(e.Features), t.Damping)
	copy(t.scores, t.b)
	for _, f := range e.Features {
		at := int(f&t.mask) * t.Heads
		for h, w := range t.w[at : at+t.Heads] {
			t.scores[h] += float64(w * share)
		}
	}
	for h, want := range e.Want {
		t.missed[h] = 0
		if want < 0 {
			continue
		}
		err := weight * (Odds(t.scores[h]) - float64(want))
		t.missed[h] = err
		t.bg[h] += float64(err * err)
		t.b[h] -= t.Rate * err / (1 + math.Sqrt(t.bg[h]))
	}
	for _, f := range e.Features {
		k := f & t.mask
		if !t.kept[k] {
			continue
		}
		at := int(k) * t.Heads
		for h := range t.Heads {
			t.step(at+h, e.Want[h], float64(t.missed[h]*share))
		}
	}
}

// step moves one weight against its gradient.
func (t *trainer) step(i int, want float32, gradient float64) {
	if want < 0 {
		return
	}
	gradient += float64(t.Ridge * t.w[i])
	t.g[i] += float64(gradient * gradient)
	t.w[i] -= t.Rate * gradient / (1e-2 + math.Sqrt(t.g[i]))
}

// quantise stores every weight in a signed byte, in steps of its head.
func (t *trainer) quantise() *Model {
	m := &Model{
		heads: t.Heads, mask: t.mask, damping: t.Damping, bias: make([]float64, t.Heads), scale: make([]float64, t.Heads), weights: make([]byte, len(t.w)),
	}
	for h := range t.Heads {
		m.bias[h] = float64(float32(t.b[h]))
		largest := 0.0
		for i := h; i < len(t.w); i += t.Heads {
			largest = max(largest, math.Abs(t.w[i]))
		}
		m.scale[h] = float64(float32(largest / math.MaxInt8))
		if m.scale[h] == 0 {
			m.scale[h] = 1
		}
		for i := h; i < len(t.w); i += t.Heads {
			m.weights[i] = byte(int8(math.Round(t.w[i] / m.scale[h]))) //nolint:gosec // within the scale
		}
	}
	return m
}

// magic opens every written model.
const magic = "KLL1"

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
	for _, part := range []any{h, floats, m.weights} {
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
	if err != nil || string(h.Magic[:]) != magic || h.Heads == 0 || h.Heads > 1024 || h.Bits < 8 || h.Bits > 22 {
		return nil, ErrFormat
	}
	heads := int(h.Heads)
	if len(raw) != n+8*heads+heads<<h.Bits {
		return nil, fmt.Errorf("%w: %d bytes for %d heads of %d bits", ErrFormat, len(raw), heads, h.Bits)
	}
	m := &Model{heads: heads, mask: 1<<h.Bits - 1, damping: float64(h.Damping), weights: raw[n+8*heads:]}
	floats := make([]float32, 2*heads)
	if _, err := binary.Decode(raw[n:], binary.LittleEndian, floats); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for i := range heads {
		m.bias, m.scale = append(m.bias, float64(floats[2*i])), append(m.scale, float64(floats[2*i+1]))
	}
	return m, nil
}
