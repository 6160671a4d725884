package extract

import "strings"

// sentence is a range of tokens.
type sentence struct {
	from, to int // tokens
	block    int
	kind     blockKind
	question bool
}

// maxSentence is the longest sentence in tokens; longer runs are no prose and
// are cut, so that work per sentence stays bounded.
const maxSentence = 400

// split cuts the tokens of one block into sentences.
func (d *doc) split(from, to, blk int) {
	start := from
	for i := from; i < to; i++ {
		if !d.endsAt(i, to) && i-start < maxSentence {
			continue
		}
		end := i + 1
		for end < to && isCloser(d.toks[end].norm) && !d.toks[end].spaced {
			end++
		}
		d.addSentence(start, end, blk)
		start, i = end, end-1
	}
	d.addSentence(start, to, blk)
}

func isCloser(s string) bool {
	return s == `"` || s == "'" || s == ")" || s == "." || s == "!" || s == "?"
}

func (d *doc) addSentence(from, to, blk int) {
	if from >= to {
		return
	}
	s := sentence{from: from, to: to, block: blk, kind: d.blocks[blk].kind}
	n := int32(len(d.sents)) //nolint:gosec // fewer than bytes
	clause, main := int32(0), int32(0)
	for i := from; i < to; i++ {
		t := &d.toks[i]
		t.sent = n
		switch {
		case t.norm == "," && t.kind == punctToken && d.resumes(i+1, to) && clause > main && i > from+2:
			clause = main // "X, der ..., hat": the main clause goes on
		case t.kind == punctToken && d.opensClause(t):
			clause += 2
			if t.norm == ";" || t.norm == ":" {
				clause += 2
			}
			if t.norm != "," && t.norm != `"` {
				main = clause
			}
		case t.kind == punctToken && t.norm == "?":
			s.question = true
		case t.class.has(classSubordinate) && i > from && !t.capital && !d.german():
			clause += 2
		}
		t.clause = clause
	}
	for i := from; i < to; i++ {
		d.toks[i].clause /= 2
	}
	d.sents = append(d.sents, s)
}

// opensClause reports whether a mark separates clauses. Parentheses do not:
// they hold ages and clubs.
func (d *doc) opensClause(t *token) bool {
	switch t.norm {
	case ",", ";", ":", `"`:
		return true
	case "-":
		return t.spaced
	}
	return false
}

// resumes reports whether the main clause goes on at token i, behind a comma:
// with its finite verb.
func (d *doc) resumes(i, to int) bool {
	if i >= to {
		return false
	}
	t := &d.toks[i]
	if !d.german() {
		return !t.capital && englishFinite(t)
	}
	return (t.info.finite || t.class.has(classAux)) && !t.capital
}

// englishFinite reports whether a word looks like the finite verb that takes an
// English main clause up again.
func englishFinite(t *token) bool {
	switch t.norm {
	case "has", "have", "had", "is", "are", "was", "were", "will", "would", "could", "can", "may", "might", "must", "should", "did", "does",
		"became", "becomes", "left", "leaves", "took", "takes", "said", "says", "came", "comes", "went", "goes", "won", "lost", "led", "leads",
		"quit", "stood", "stands", "told", "made", "makes", "saw", "sees", "got", "gets", "put", "puts", "ran", "runs", "joins", "remains", "steps", "returns", "replaces", "succeeds":
		return true
	}
	return len(t.norm) > 4 && strings.HasSuffix(t.norm, "ed")
}

// endsAt reports whether a sentence ends with token i.
func (d *doc) endsAt(i, to int) bool {
	t := &d.toks[i]
	if t.kind != punctToken {
		return false
	}
	switch t.norm {
	case "!", "?":
		return d.beginsSentence(i+1, to)
	case ".":
		return d.beginsSentence(i+1, to) && !d.isAbbreviation(i, to)
	}
	return false
}

// beginsSentence reports whether token i can be the first one of a sentence.
func (d *doc) beginsSentence(i, to int) bool {
	for i < to && isCloser(d.toks[i].norm) && !d.toks[i].spaced {
		i++
	}
	if i >= to {
		return true
	}
	t := &d.toks[i]
	if !t.spaced {
		return false
	}
	return t.capital || t.kind == numberToken || t.kind == punctToken
}

// isAbbreviation reports whether the full stop at i belongs to the word before
// it: "Dr.", "z. B.", "1. FC", "30. Juni", "J. Klopp".
func (d *doc) isAbbreviation(i, to int) bool {
	if i == 0 || d.toks[i].spaced {
		return false
	}
	prev := &d.toks[i-1]
	if prev.kind == numberToken {
		return d.isOrdinal(prev, i+1, to)
	}
	if prev.class.has(classAbbreviation) {
		return i+1 < to && !d.toks[i+1].class.has(classStop)
	}
	return prev.end-prev.start == 1 && prev.capital
}

// isOrdinal tells "am 2. Januar" and "1. FC" from "Platz 14. Der Klub".
func (d *doc) isOrdinal(num *token, next, to int) bool {
	if num.end-num.start > 2 || next >= to {
		return false
	}
	t := &d.toks[next]
	if t.kind == punctToken {
		return false
	}
	return !t.class.has(classStop)
}

// closesQuote walks quotation marks through one block.
func (d *doc) markQuotes(from, to int) {
	open := false
	for i := from; i < to; i++ {
		t := &d.toks[i]
		if t.kind == punctToken && t.norm == `"` {
			open = !open
			continue
		}
		t.quoted = open
	}
}
