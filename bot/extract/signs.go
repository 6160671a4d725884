package extract

import (
	"strings"

	"karussell/bot"
	"karussell/bot/extract/loglinear"
)

// What the reader sees of one coach in one sentence: the words with every name
// replaced by its part in the matter, so that it learns how news is told and not
// about whom.

// signs are the features of one reading.
type signs struct {
	hash []uint32
	at   []int32  // the token that a feature hangs on, or -1
	text []string // what it says, when keep is set: for Explain
	keep bool
}

// sym is a word as the reader sees it.
type sym struct {
	hash uint32
	text string
}

func word1(s string) sym { return sym{loglinear.Hash(s), s} }

func (s *signs) reset() { s.hash, s.at, s.text = s.hash[:0], s.at[:0], s.text[:0] }

// add records a feature of some kind that consists of words.
func (s *signs) add(kind byte, at int, words ...sym) {
	h := uint32(kind) * 0x85ebca6b
	for i := range words {
		h = loglinear.Mix(h, words[i].hash)
	}
	s.hash, s.at = append(s.hash, h), append(s.at, int32(at)) //nolint:gosec // fewer than bytes
	if s.keep {
		var b strings.Builder
		b.WriteByte(kind)
		for i := range words {
			b.WriteByte(' ')
			b.WriteString(words[i].text)
		}
		s.text = append(s.text, b.String())
	}
}

// Feature kinds. Changing what they mean calls for a new featureVersion and
// new weights.
const (
	kindBias     = 'B' // position and circumstances
	kindWord     = 'w' // a word of the sentence
	kindClause   = 'c' // a word of a clause that names the coach
	kindPair     = 'b' // two words side by side
	kindChars    = 'x' // a part of a word
	kindField    = 'f' // a word field
	kindFieldC   = 'F' // a word field in the coach's clause
	kindFields   = 'p' // two word fields in one clause
	kindSide     = 'l' // a word field left or right of the coach
	kindBeside   = 'n' // a word beside the coach
	kindBridge   = 'k' // a word field between the coach and a club
	kindOutside  = 'o' // a word field in the sentences around
	kindGrammar  = 'g' // what the grammar proposes
	kindFieldWrd = 'v' // a word beside a word field
)

// featureVersion stands in the file of the weights: weights of another version
// are refused. The trainer writes it.
const featureVersion = 1

// symbols are the words that stand for names.
type symbols struct {
	coach, rival, stranger, nobody, club, other, outlet sym
	number, newDate, oldDate, until, date               sym
	edge                                                sym
}

//nolint:gochecknoglobals // a constant table
var names = symbols{
	coach: word1("<C>"), rival: word1("<P>"), stranger: word1("<N>"), nobody: word1("<X>"), club: word1("<K>"), other: word1("<K2>"),
	outlet: word1("<O>"), number: word1("<#>"), newDate: word1("<now>"), oldDate: word1("<then>"), until: word1("<until>"), date: word1("<D>"),
	edge: word1("<|>"),
}

// scene is one sentence prepared for the reader: one word per name.
type scene struct {
	words  []sym
	tok    []int32 // token of each word
	person []int32 // for names of persons, else -1
	clause []int32
	club   []bool
	fields [][maxFields]fieldID
	sent   int
}

// look prepares sentence n.
func (d *doc) look(n int, sc *scene) {
	sc.words, sc.tok, sc.person, sc.clause, sc.club, sc.fields = sc.words[:0], sc.tok[:0], sc.person[:0], sc.clause[:0], sc.club[:0], sc.fields[:0]
	sc.sent = n
	s := &d.sents[n]
	for i := s.from; i < s.to; i++ {
		t := &d.toks[i]
		var w sym
		person, club := int32(-1), false
		var fields [maxFields]fieldID
		if m := t.ment; m >= 0 && d.ments[m].kind != mentionKinds {
			x := &d.ments[m]
			if x.from != i {
				continue
			}
			w, person, club = d.nameSym(x, n)
		} else {
			w = d.wordSym(t)
			d.fieldsOf(t, &fields)
		}
		sc.words, sc.tok, sc.person = append(sc.words, w), append(sc.tok, int32(i)), append(sc.person, person) //nolint:gosec // fewer than bytes
		sc.clause, sc.club, sc.fields = append(sc.clause, t.clause), append(sc.club, club), append(sc.fields, fields)
	}
}

func (d *doc) fieldsOf(t *token, dst *[maxFields]fieldID) {
	if t.kind != wordToken {
		return
	}
	var buf [maxFields]fieldID
	copy(dst[:], d.lex.fields.of(t.norm, buf[:0]))
}

func (d *doc) wordSym(t *token) sym {
	if t.kind == numberToken {
		return names.number
	}
	return word1(t.norm)
}

// nameSym is what stands for a mention. Persons are told apart later.
func (d *doc) nameSym(x *mention, n int) (w sym, person int32, club bool) {
	switch x.kind {
	case personMention:
		if x.ent < 0 {
			return names.nobody, -1, false
		}
		w = names.nobody
		switch g := d.persons[x.ent].grade(); {
		case g > 0:
			w = names.rival
		case g < 0:
			w = names.stranger
		}
		return w, int32(x.ent), false //nolint:gosec // below maxPersons
	case clubMention:
		if x.ent >= 0 && (x.ent == d.topic.focus[n] || x.ent == d.topic.main) {
			return names.club, -1, true
		}
		return names.other, -1, true
	case outletMention:
		return names.outlet, -1, false
	case dateMention:
		return d.dateSym(&x.when), -1, false
	case mentionKinds:
	}
	return names.edge, -1, false
}

func (d *doc) dateSym(w *when) sym {
	switch {
	case w.until:
		return names.until
	case w.recent || w.future || w.day || d.isNew(w.date) && len(w.date) > 4:
		return names.newDate
	case d.isOld(w):
		return names.oldDate
	}
	return names.date
}

// observe writes the features of person p in the scene into s.
func (d *doc) observe(p int, sc *scene, around *[2]scene, r *reading, s *signs) {
	s.reset()
	person := int32(p) //nolint:gosec // below maxPersons
	word := func(i int) sym {
		switch {
		case i < 0 || i >= len(sc.words):
			return names.edge
		case sc.person[i] == person:
			return names.coach
		}
		return sc.words[i]
	}
	d.observeWords(word, sc, s)
	d.observeFields(person, sc, s)
	d.observeCoach(word, person, sc, s)
	for k, side := range [2]string{"<", ">"} {
		for i := range around[k].words {
			for _, f := range around[k].fields[i] {
				if f != 0 {
					s.add(kindOutside, -1, word1(side), d.fieldSym(f))
				}
			}
		}
	}
	d.observePlace(r, sc, s)
}

func (d *doc) fieldSym(f fieldID) sym {
	return sym{d.lex.fields.hashes[f], d.lex.fields.names[f]}
}

// observeWords adds words, runs of words and parts of words.
func (d *doc) observeWords(word func(int) sym, sc *scene, s *signs) {
	for i := range sc.words {
		w, at := word(i), int(sc.tok[i])
		s.add(kindWord, at, w)
		s.add(kindPair, at, w, word(i+1))
		if sc.person[i] >= 0 || sc.club[i] || len(w.text) < 5 || w.text[0] == '<' {
			continue
		}
		for n := 4; n <= 6; n++ {
			if len(w.text) > n {
				s.add(kindChars, at, word1("^"+w.text[:n]))
				s.add(kindChars, at, word1(w.text[len(w.text)-n:]+"$"))
			}
		}
		for k := 1; k+5 < len(w.text); k++ {
			s.add(kindChars, at, word1(w.text[k:k+5]))
		}
	}
}

// observeFields adds word fields, alone and in pairs within a clause.
func (d *doc) observeFields(person int32, sc *scene, s *signs) {
	type seen struct {
		f      fieldID
		clause int32
		i      int
	}
	var last [12]seen
	n := 0
	for i := range sc.words {
		for _, f := range sc.fields[i] {
			if f == 0 {
				continue
			}
			at := int(sc.tok[i])
			s.add(kindField, at, d.fieldSym(f))
			for _, k := range [2]int{i - 1, i + 1} {
				if k >= 0 && k < len(sc.words) {
					s.add(kindFieldWrd, at, d.fieldSym(f), word1([...]string{"<", ">"}[(k-i+1)/2]), d.sceneWord(sc, k, person))
				}
			}
			for k := range min(n, len(last)) {
				if o := last[k]; o.i != i && sc.clause[i]-o.clause <= 1 && sc.clause[i]-o.clause >= -1 {
					s.add(kindFields, at, d.fieldSym(o.f), d.fieldSym(f))
				}
			}
			last[n%len(last)] = seen{f, sc.clause[i], i}
			n++
		}
	}
}

func (d *doc) sceneWord(sc *scene, i int, person int32) sym {
	if sc.person[i] == person {
		return names.coach
	}
	return sc.words[i]
}

// observeCoach adds what stands beside the coach, in his clauses and between
// him and the clubs.
func (d *doc) observeCoach(word func(int) sym, person int32, sc *scene, s *signs) {
	first, times := -1, 0
	for i := range sc.words {
		if sc.person[i] != person || times >= 3 {
			continue
		}
		times++
		for _, k := range [...]int{-3, -2, -1, 1, 2, 3} {
			s.add(kindBeside, int(sc.tok[i]), word1(besides[k+3]), word(i+k))
		}
		s.add(kindBeside, int(sc.tok[i]), word1("left"), word(i-2), word(i-1))
		s.add(kindBeside, int(sc.tok[i]), word1("right"), word(i+1), word(i+2))
		for k := range sc.words {
			if sc.club[k] && (k-i < 14 && i-k < 14) {
				d.observeBridge(min(i, k), max(i, k), i < k, sc, s)
			}
		}
		if first >= 0 && sc.clause[i] == sc.clause[first] {
			continue
		}
		first = i
		for k := range sc.words {
			if sc.clause[k] != sc.clause[i] || k == i {
				continue
			}
			s.add(kindClause, int(sc.tok[k]), word(k))
			for _, f := range sc.fields[k] {
				if f == 0 {
					continue
				}
				s.add(kindFieldC, int(sc.tok[k]), d.fieldSym(f))
				side := word1("right")
				if k < i {
					side = word1("left")
				}
				s.add(kindSide, int(sc.tok[k]), side, d.fieldSym(f))
			}
		}
	}
}

// observeBridge adds the word fields between a coach and a club.
func (d *doc) observeBridge(from, to int, coachFirst bool, sc *scene, s *signs) {
	order := word1("K-C")
	if coachFirst {
		order = word1("C-K")
	}
	for i := from + 1; i < to; i++ {
		for _, f := range sc.fields[i] {
			if f != 0 {
				s.add(kindBridge, int(sc.tok[i]), order, d.fieldSym(f))
			}
		}
	}
}

// observePlace adds where the sentence stands and how it is told.
func (d *doc) observePlace(r *reading, sc *scene, s *signs) {
	st := &d.sents[sc.sent]
	say := func(what string) { s.add(kindBias, -1, word1(what)) }
	if st.kind == headlineBlock {
		say("headline")
	}
	if st.kind == headingBlock {
		say("heading")
	}
	if r.carried {
		say("carried")
	} else {
		x := &d.ments[r.ment]
		say([...]string{"full name", "surname", "description", "pronoun"}[x.form])
		if d.oblique(x.from) {
			say("oblique")
		}
		if d.speaks(x) {
			say("speaks")
		}
		if d.ownsRole(x) {
			say("owns role")
		}
	}
	if st.question {
		say("question")
	}
	quoted, plu := 0, false
	for i := st.from; i < st.to; i++ {
		if d.toks[i].quoted {
			quoted++
		}
		plu = plu || d.is(i, classPlu)
	}
	if 2*quoted > st.to-st.from {
		say("quoted")
	}
	if plu {
		say("pluperfect")
	}
	d.observeGrammar(r, sc, s)
}

// observeGrammar adds what the idioms say about the coach and the sentence.
func (d *doc) observeGrammar(r *reading, sc *scene, s *signs) {
	beside := d.beside(sc.sent)
	for i := range beside {
		t := &beside[i]
		s.loud(t.head, "any", string(t.idiom.kind))
		if t.why != "" && t.idiom.kind.eventful() {
			s.loud(t.head, "not", string(t.idiom.kind))
		}
	}
	for i := range d.facts {
		f := &d.facts[i]
		if f.sent != sc.sent || f.person != r.person || f.read {
			continue
		}
		s.loud(f.from, "fact", string(f.typ))
		if f.fresh {
			s.loud(f.from, "fresh", string(f.typ))
		}
		if f.pred {
			s.loud(f.from, "pred", string(f.typ))
		}
	}
}

// loudness is how many features a sign of the grammar is worth: it must be heard
// among hundreds of words.
const loudness = 6

func (s *signs) loud(at int, what, kind string) {
	for k := range loudness {
		s.add(kindGrammar, at, word1(what), word1(kind), word1(string(rune('0'+k))))
	}
}

// typeHead is the head of an event type in the reader's model.
func typeHead(t bot.EventType) int {
	for i, k := range bot.EventTypes() {
		if k == t {
			return i
		}
	}
	return -1
}

// besides name the places beside a coach, by distance from -3 to 3.
//
//nolint:gochecknoglobals // a constant table
var besides = [...]string{"a", "b", "c", "d", "e", "f", "g"}
