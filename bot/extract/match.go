package extract

import (
	"slices"
	"sort"
)

// maxReach is the longest distance in tokens between the parts of one idiom.
const maxReach = 26

// phraseHit is a phrase found in a sentence.
type phraseHit struct {
	phrase   phraseID
	from, to int // tokens
	capture  [2]capture
	captures int
	lone     bool // nothing but a person or a club
}

// capture is an entity that a pattern asked for by name.
type capture struct {
	what byte // 'C', 'P', 'N', 'K' or 'D'
	ment int
}

// trigger is an idiom found in a sentence.
type trigger struct {
	idiom    *idiom
	number   int32 // of the idiom in the lexicon
	sent     int
	from, to int // tokens, from the first to the last part
	head     int // the token that the idiom hangs on: its first phrase
	parts    [4][2]int
	nparts   int
	captures [4]capture
	ncapt    int
	off      bool   // overruled by a longer or better trigger
	why      string // why it gave no event, for the trace
}

// captured is the mention captured as what, or -1.
func (t *trigger) captured(what byte) int {
	for _, c := range t.captures[:t.ncapt] {
		if c.what == what {
			return c.ment
		}
	}
	return -1
}

// matchSentence finds the idioms of sentence n.
func (d *doc) matchSentence(n int) {
	s := &d.sents[n]
	d.hits = d.hits[:0]
	for i := s.from; i < s.to; i++ {
		for _, e := range d.toks[i].info.elems {
			for _, p := range d.lex.byElem[e] {
				d.matchPhrase(p, i, s.to)
			}
		}
		if m := d.toks[i].ment; m >= 0 && d.ments[m].from == i {
			d.matchEntity(int(m), i, s.to)
		}
		if len(d.hits) > maxHits {
			break
		}
	}
	if len(d.hits) == 0 {
		return
	}
	d.joinPhrases(n)
}

// maxHits bounds the work in one sentence: an honest one has a few dozen.
const maxHits = 600

// matchEntity tries the phrases that begin with a person or a club.
func (d *doc) matchEntity(m, i, to int) {
	for _, p := range d.lex.byEntity[d.ments[m].kind] {
		d.matchPhrase(p, i, to)
	}
}

// matchPhrase tries phrase p at token i.
func (d *doc) matchPhrase(p phraseID, i, to int) {
	ph := &d.lex.phrases[p]
	d.hit = phraseHit{phrase: p, from: i}
	end := d.matchElems(ph.elems, i, to)
	if end < 0 || ph.final && !d.endsClause(end, to) {
		return
	}
	d.hit.to = end
	d.hit.lone = len(ph.elems) == 1 && d.hit.captures > 0 && ph.elems[0].person != 'P'
	d.hits = append(d.hits, d.hit)
}

// matchElems matches elements from token i on and returns the end, or -1. A
// gap takes the nearest continuation.
func (d *doc) matchElems(elems []element, i, to int) int {
	for k := range elems {
		e := &elems[k]
		if e.gap > 0 {
			for skip := 0; skip <= e.gap && i+skip <= to; skip++ {
				before := d.hit.captures
				if end := d.matchElems(elems[k+1:], i+skip, to); end >= 0 {
					return end
				}
				d.hit.captures = before
				if i+skip < to && d.stopsGap(i+skip) {
					break
				}
			}
			return -1
		}
		n := d.matchElem(e, i, to)
		if n > 0 && e.person == 'C' && k == len(elems)-1 && d.ments[d.toks[i].ment].compound {
			return -1 // "Celestini-Aus" is not Celestini
		}
		if n == 0 && !e.optional {
			return -1
		}
		i += n
	}
	return i
}

// stopsGap reports whether a gap may not reach over token i.
func (d *doc) stopsGap(i int) bool {
	t := &d.toks[i]
	return t.kind == punctToken && (t.norm == ";" || t.norm == ":" || t.norm == "?")
}

// matchElem is the number of tokens that e takes at i; 0 when it does not match.
func (d *doc) matchElem(e *element, i, to int) int {
	if i >= to {
		return 0
	}
	t := &d.toks[i]
	if want := e.mention(); want != 0 {
		if t.ment < 0 || d.ments[t.ment].kind != want || d.ments[t.ment].from != i {
			return 0
		}
		if h := &d.hit; h.captures < len(h.capture) {
			what := e.person
			switch want {
			case clubMention:
				what = 'K'
			case dateMention:
				what = 'D'
			case personMention, outletMention, mentionKinds:
			}
			h.capture[h.captures] = capture{what, int(t.ment)}
			h.captures++
		}
		return d.ments[t.ment].to - i
	}
	if e.verb && d.noun(i) {
		return 0
	}
	if !d.german() && t.ment >= 0 && d.ments[t.ment].kind == clubMention && !d.ments[t.ment].noun && !t.glued && t.class&classClubNoun == 0 {
		return 0 // "Chicago Fire" fires nobody
	}
	for _, id := range e.ids {
		if slices.Contains(t.info.elems, id) {
			return 1
		}
	}
	return 0
}

// noun reports whether a word that could be a verb is a noun by its capital letter:
// German headings may capitalise anything, but not behind a number.
func (d *doc) noun(i int) bool {
	t := &d.toks[i]
	if !t.capital || t.shout || !d.german() || d.sentenceStart(i) || d.norm(i-1) == ":" || d.norm(i-1) == `"` {
		return false
	}
	return d.sents[t.sent].kind != headingBlock || (d.num(i-1) > 0 || d.is(i-1, classNumber))
}

// endsClause reports whether a clause ends before token i: the place of the
// particle of a separable verb.
func (d *doc) endsClause(i, to int) bool {
	if i >= to {
		return true
	}
	t := &d.toks[i]
	return t.kind == punctToken || t.class.has(classJoin)
}

// joinPhrases puts the phrases of a sentence together to triggers.
func (d *doc) joinPhrases(n int) {
	for k := range d.hits {
		h := &d.hits[k]
		ph := &d.lex.phrases[h.phrase]
		for _, owner := range ph.owner {
			im := &d.lex.idioms[owner]
			if im.lang != d.language || d.muted[owner] {
				continue
			}
			t := trigger{idiom: im, number: owner, sent: n, from: h.from, to: h.to, head: h.from}
			t.take(h)
			if d.joinRest(&t, im, k) && !d.forbidden(im, &t) {
				d.trigs = append(d.trigs, t)
			}
		}
	}
}

// take adds a phrase to a trigger.
func (t *trigger) take(h *phraseHit) {
	t.from, t.to = min(t.from, h.from), max(t.to, h.to)
	if t.nparts < len(t.parts) {
		t.parts[t.nparts] = [2]int{h.from, h.to}
		t.nparts++
	}
	if h.lone {
		return // it only asks that somebody is named: the frame says who
	}
	for _, c := range h.capture[:h.captures] {
		if t.ncapt < len(t.captures) {
			t.captures[t.ncapt] = c
			t.ncapt++
		}
	}
}

// joinRest finds the other phrases of im near its first one.
func (d *doc) joinRest(t *trigger, im *idiom, first int) bool {
	for _, p := range im.phrases[1:] {
		best := -1
		for k := range d.hits {
			h := &d.hits[k]
			if h.phrase != p || k == first || !d.near(t, h, d.lex.phrases[p].after) {
				continue
			}
			if best < 0 || distance(t, h) < distance(t, &d.hits[best]) {
				best = k
			}
		}
		if best < 0 {
			return false
		}
		t.take(&d.hits[best])
	}
	return true
}

func distance(t *trigger, h *phraseHit) int {
	if h.from >= t.to {
		return h.from - t.to
	}
	return max(t.from-h.to, 0)
}

// near reports whether h can belong to t: close enough, not overlapping, and
// in the right order.
func (d *doc) near(t *trigger, h *phraseHit, after bool) bool {
	if after && (h.from < t.head || d.otherVerb(t.head+1, h.from)) {
		return false
	}
	for _, p := range t.parts[:t.nparts] {
		if h.from < p[1] && h.to > p[0] {
			return false
		}
	}
	return distance(t, h) <= maxReach
}

// otherVerb reports whether a clause with a finite verb of its own begins
// between a verb and what looks like its particle.
func (d *doc) otherVerb(from, to int) bool {
	comma := false
	for i := from; i < to; i++ {
		comma = comma || d.norm(i) == ","
		if comma && d.toks[i].info.finite && !d.toks[i].capital {
			return !d.is(i, classAux)
		}
	}
	return false
}

// forbidden reports whether a phrase that im excludes stands in the sentence.
func (d *doc) forbidden(im *idiom, t *trigger) bool {
	for _, p := range im.never {
		for k := range d.hits {
			if d.hits[k].phrase == p && distance(t, &d.hits[k]) <= maxReach {
				return true
			}
		}
	}
	return false
}

// beside is the triggers of one sentence; triggers are sorted by sentence.
func (d *doc) beside(sent int) []trigger {
	from := sort.Search(len(d.trigs), func(i int) bool { return d.trigs[i].sent >= sent })
	to := from
	for to < len(d.trigs) && d.trigs[to].sent == sent {
		to++
	}
	return d.trigs[from:to]
}

// sortTriggers orders triggers by place; longer ones first.
func (d *doc) sortTriggers() {
	sort.SliceStable(d.trigs, func(a, b int) bool {
		x, y := &d.trigs[a], &d.trigs[b]
		if x.sent != y.sent {
			return x.sent < y.sent
		}
		if x.head != y.head {
			return x.head < y.head
		}
		return x.to-x.from > y.to-y.from
	})
}
