package bot

import (
	"math/bits"
	"unicode/utf8"
)

// Letters is the set of letters and digits of a normalised name. Comparing two
// sets takes a nanosecond and spares most comparisons of the names.
type Letters uint64

// LettersOf is the set for a name that NormaliseName made.
func LettersOf(norm string) Letters {
	var l Letters
	for i := range len(norm) {
		switch c := norm[i]; {
		case c >= 'a' && c <= 'z':
			l |= 1 << (c - 'a')
		case c >= '0' && c <= '9':
			l |= 1 << (26 + c - '0')
		}
	}
	return l
}

// Within reports whether names with these letters can be at most limit edits
// apart: an edit takes one letter away and brings one at most.
func (l Letters) Within(other Letters, limit int) bool {
	return bits.OnesCount64(uint64(l^other)) <= 2*limit
}

// maxShort is the length in bytes up to which names are compared without the
// heap.
const maxShort = 63

// Distance counts the single-letter edits (insert, delete, replace, swap of two
// neighbours) that turn a into b; anything above limit is reported as limit+1.
// It compares runes as they are: normalise first. Names of ASCII letters take
// O(len*limit) and no allocation.
func Distance(a, b string, limit int) int {
	a, b = withoutEnds(a, b)
	if len(a) > maxShort || len(b) > maxShort || !isASCII(a) || !isASCII(b) {
		return distanceOf([]rune(a), []rune(b), limit)
	}
	var x, y [maxShort]rune
	return distanceOf(x[:copyASCII(&x, a)], y[:copyASCII(&y, b)], limit)
}

// withoutEnds drops what both begin and end with: it costs no edit. Runes stay
// whole.
func withoutEnds(a, b string) (x, y string) {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for n > 0 && (inRune(a, n) || inRune(b, n)) {
		n--
	}
	a, b = a[n:], b[n:]
	n = 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	for n > 0 && inRune(a, len(a)-n) {
		n--
	}
	return a[:len(a)-n], b[:len(b)-n]
}

// inRune reports whether a cut at i would go through a rune.
func inRune(s string, i int) bool { return i < len(s) && !utf8.RuneStart(s[i]) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func copyASCII(to *[maxShort]rune, s string) int {
	for i := range len(s) {
		to[i] = rune(s[i])
	}
	return len(s)
}

// distanceOf fills the rows of the usual table, but only the band around its
// diagonal in which a value can be within limit.
func distanceOf(x, y []rune, limit int) int {
	far := limit + 1
	if d := len(x) - len(y); d > limit || -d > limit {
		return far
	}
	var short [3][maxShort + 1]int
	older, old, row := short[0][:], short[1][:], short[2][:]
	if len(y) > maxShort {
		older, old, row = make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	}
	for j := range len(y) + 1 {
		old[j] = min(j, far)
	}
	for i := 1; i <= len(x); i++ {
		from, to := max(1, i-limit), min(len(y), i+limit)
		row[from-1] = far
		if from == 1 {
			row[0] = min(i, far)
		}
		least := row[from-1]
		for j := from; j <= to; j++ {
			row[j] = cheapest(x, y, i, j, older, old, row)
			least = min(least, row[j])
		}
		if to < len(y) {
			row[to+1] = far // the next row looks at it
		}
		if least > limit {
			return far
		}
		older, old, row = old, row, older
	}
	return min(old[len(y)], far)
}

// cheapest is the value of the table at i, j.
func cheapest(x, y []rune, i, j int, older, old, row []int) int {
	d := old[j-1]
	if x[i-1] != y[j-1] {
		d = 1 + min(d, old[j], row[j-1])
	}
	if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
		d = min(d, older[j-2]+1)
	}
	return d
}
