package loglinear

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// trainer is a model under training: it finds the weights with the least logistic
// loss plus ridge, one feature after the other (Newton's steps).
type trainer struct {
	Options
	examples []Example
	features []uint32  // the frequent ones, sorted
	users    [][]int32 // per feature, the examples that have it
	share    []float64 // per example, the force of one of its features
	w        []float64 // feature by feature, head by head
	b        []float64
}

// Train fits a model. It panics when an example has not one answer per head: that
// is a mistake of the program.
func Train(examples []Example, o Options) *Model {
	o.fill()
	t := &trainer{Options: o, examples: examples, b: make([]float64, o.Heads), share: make([]float64, len(examples))}
	for i := range examples {
		if len(examples[i].Want) != o.Heads {
			panic(fmt.Sprintf("loglinear: example %d has %d answers, want %d", i, len(examples[i].Want), o.Heads))
		}
		t.share[i] = force(len(examples[i].Features), o.Damping)
	}
	t.count()
	for h := range o.Heads {
		t.descend(h)
	}
	return t.pack()
}

// count lists the features that enough examples have.
func (t *trainer) count() {
	seen := map[uint32]int{}
	for i := range t.examples {
		for _, f := range t.examples[i].Features {
			seen[f]++
		}
	}
	for f, n := range seen {
		if n >= t.Rare {
			t.features = append(t.features, f)
		}
	}
	slices.Sort(t.features)
	place := make(map[uint32]int, len(t.features))
	for k, f := range t.features {
		place[f] = k
	}
	t.users = make([][]int32, len(t.features))
	for i := range t.examples {
		for _, f := range t.examples[i].Features {
			if k, ok := place[f]; ok {
				t.users[k] = append(t.users[k], int32(i))
			}
		}
	}
	t.w = make([]float64, len(t.features)*t.Heads)
}

// descent is the work on one head.
type descent struct {
	*trainer
	head  int
	score []float64 // log-odds of every example
	odds  []float64 // and the probability
}

// descend fits one head.
func (t *trainer) descend(head int) {
	d := descent{trainer: t, head: head, score: make([]float64, len(t.examples)), odds: make([]float64, len(t.examples))}
	for i := range d.odds {
		d.odds[i] = 0.5
	}
	all := make([]int32, len(t.examples))
	for i := range all {
		all[i] = int32(i)
	}
	whole := func(int32) float64 { return 1 }
	shared := func(i int32) float64 { return t.share[i] }
	for range t.Rounds {
		d.step(&t.b[head], all, 1e-6, whole)
		for k := range t.features {
			d.step(&t.w[k*t.Heads+head], t.users[k], t.Ridge, shared)
		}
	}
}

// maxStep keeps Newton's steps from running away.
const maxStep = 2

// step moves one weight to where the loss of its users is least.
func (d *descent) step(w *float64, users []int32, ridge float64, force func(int32) float64) {
	gradient, curve := float64(ridge**w), ridge
	for _, i := range users {
		e := &d.examples[i]
		want := float64(e.Want[d.head])
		if want < 0 {
			continue
		}
		x, weight := force(i), e.weight()
		gradient += float64(weight * x * (d.odds[i] - want))
		curve += float64(weight * x * x * d.odds[i] * (1 - d.odds[i]))
	}
	move := max(min(-gradient/(curve+1e-9), maxStep), -maxStep)
	if math.Abs(move) < 1e-4 {
		return
	}
	*w += move
	for _, i := range users {
		if d.examples[i].Want[d.head] >= 0 {
			d.score[i] += float64(move * force(i))
			d.odds[i] = Odds(d.score[i])
		}
	}
}

func (e *Example) weight() float64 {
	if e.Weight == 0 {
		return 1
	}
	return e.Weight
}

// pack stores every weight in a signed byte, in steps of its head. Where two
// features want one place, the one that weighs more has it.
func (t *trainer) pack() *Model {
	places := 1 << t.Bits
	m := &Model{
		heads: t.Heads, mask: uint32(places - 1), damping: t.Damping, bias: make([]float64, t.Heads), scale: make([]float64, t.Heads), //nolint:gosec // at most 20 bits
		tags: make([]byte, places), weights: make([]byte, places*t.Heads),
	}
	for h := range t.Heads {
		m.bias[h] = float64(float32(t.b[h]))
		largest := 0.0
		for k := range t.features {
			largest = max(largest, math.Abs(t.w[k*t.Heads+h]))
		}
		m.scale[h] = float64(float32(largest / math.MaxInt8))
		if m.scale[h] == 0 {
			m.scale[h] = 1
		}
	}
	order := make([]int, len(t.features))
	load := make([]float64, len(t.features))
	for k := range t.features {
		order[k] = k
		for h := range t.Heads {
			load[k] += math.Abs(t.w[k*t.Heads+h]) * math.Sqrt(float64(len(t.users[k])))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(load[b], load[a]) })
	for _, k := range order {
		f := t.features[k]
		at := int(f & m.mask)
		if m.tags[at] != 0 {
			continue
		}
		m.tags[at] = tag(f)
		for h := range t.Heads {
			m.weights[at*t.Heads+h] = byte(int8(math.Round(t.w[k*t.Heads+h] / m.scale[h]))) //nolint:gosec // within the scale
		}
	}
	return m
}
