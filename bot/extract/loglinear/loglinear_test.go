package loglinear_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"karussell/bot/extract/loglinear"
)

// exampleSet is a language in which "red" and "ball" together answer the first
// head, "blue" the second; the third is never answered.
func exampleSet(n int) []loglinear.Example {
	random := rand.New(rand.NewPCG(7, 7))
	words := []string{"red", "blue", "ball", "tree", "sky"}
	var out []loglinear.Example
	for i := range n {
		var e loglinear.Example
		has := map[string]bool{}
		for _, w := range words {
			if random.IntN(2) == 0 {
				has[w] = true
				e.Features = append(e.Features, loglinear.Hash(w))
			}
		}
		e.Features = append(e.Features, loglinear.Hash(fmt.Sprint("noise", i)))
		if has["red"] && has["ball"] {
			e.Features = append(e.Features, loglinear.Mix(loglinear.Hash("red"), loglinear.Hash("ball")))
		}
		e.Want = []float32{answer(has["red"] && has["ball"]), answer(has["blue"]), loglinear.Unsaid}
		if i%10 == 0 {
			e.Want[1] = loglinear.Unsaid
		}
		out = append(out, e)
	}
	return out
}

func answer(yes bool) float32 {
	if yes {
		return 1
	}
	return 0
}

func TestLearnsAndKeeps(t *testing.T) {
	learn, judge := exampleSet(400)[:300], exampleSet(400)[300:]
	o := loglinear.Options{Heads: 3, Bits: 12, Rare: 2, Damping: 0.5, Ridge: 0.1}
	m := loglinear.Train(learn, o)
	var first, second bytes.Buffer
	if err := m.Write(&first); err != nil {
		t.Fatal(err)
	}
	if err := loglinear.Train(learn, o).Write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two trainings differ")
	}
	loaded, err := loglinear.Load(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	a, b := make([]float64, 3), make([]float64, 3)
	for i, e := range judge {
		m.Scores(e.Features, a)
		loaded.Scores(e.Features, b)
		if a[0] != b[0] || a[1] != b[1] {
			t.Fatalf("scores %v, loaded %v", a, b)
		}
		for h := range 2 {
			if want := e.Want[h]; want >= 0 && (want == 1) != (a[h] > 0) {
				t.Errorf("example %d head %d: %.2f, want %v", i, h, a[h], want)
			}
		}
		if a[2] != 0 {
			t.Errorf("the head without answers says %.2f", a[2])
		}
	}
	if w := loaded.Weight(loglinear.Hash("blue"), 1, 4); w <= 0 || loaded.Heads() != 3 {
		t.Errorf("blue weighs %.2f of %d heads", w, loaded.Heads())
	}
}

func TestLoadRefusesOtherBytes(t *testing.T) {
	var out bytes.Buffer
	if err := loglinear.Train(exampleSet(5), loglinear.Options{Heads: 3, Bits: 8}).Write(&out); err != nil {
		t.Fatal(err)
	}
	whole := out.Bytes()
	for _, raw := range [][]byte{nil, []byte("KLL2"), []byte("nonsense, and a long one at that"), whole[:len(whole)-1], append(bytes.Clone(whole), 0)} {
		if _, err := loglinear.Load(raw); !errors.Is(err, loglinear.ErrFormat) {
			t.Errorf("%d bytes: %v", len(raw), err)
		}
	}
}
