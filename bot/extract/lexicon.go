package extract

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed lexicon/*.txt
var lexiconFiles embed.FS

// word is what the lexicon knows about one spelling.
type word struct {
	class  class
	value  int      // month, weekday, number
	elems  []elemID // pattern elements that the word satisfies
	finite bool     // a finite verb form
	past   bool     // of the past tense
}

// lexicon is everything that lexicon/ holds, compiled. It is immutable.
type lexicon struct {
	words       map[string]*word
	endings     map[string]*word // "*trainer"
	longest     int              // of endings
	shortest    int
	unknown     *word
	boilerplate []string
	people      map[string]class // by folded full name
	idioms      []idiom
	phrases     []phrase
	byElem      [][]phraseID // phrases that begin with the element
	byEntity    [mentionKinds][]phraseID
	phraseIDs   map[string]phraseID // by their words: idioms share phrases
	elemIDs     map[string]elemID
	verbs       map[string]verb
	fields      wordFields
	heard       []idiom // what the reader found, see heardIdioms
}

// lookup finds a folded word; unknown ones by their ending.
func (l *lexicon) lookup(norm string) *word {
	if w, ok := l.words[norm]; ok {
		return w
	}
	for n := min(l.longest, len(norm)-2); n >= l.shortest; n-- {
		if w, ok := l.endings[norm[len(norm)-n:]]; ok {
			return w
		}
	}
	return l.unknown
}

// entry is the word record for a spelling, made when missing. "*trainer" is
// the record of an ending; it applies to words that are not listed.
func (l *lexicon) entry(spelling string) *word {
	table := l.words
	if ending, ok := strings.CutPrefix(spelling, "*"); ok {
		spelling, table = ending, l.endings
		n := len(foldWord(ending))
		l.longest, l.shortest = max(l.longest, n), min(l.shortest, n)
	}
	key := foldWord(spelling)
	if spelling == "'s" {
		key = spelling
	}
	if key == "" {
		key = spelling
	}
	w := table[key]
	if w == nil {
		w = &word{}
		table[key] = w
	}
	return w
}

// A lineError names the place of a mistake in a data file.
type lineError struct {
	file string
	line int
	msg  string
}

func (e *lineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.file, e.line, e.msg) }

// loadLexicon reads the files of a lexicon folder: classes.txt, verbs.txt,
// boilerplate.txt, and idioms in every other file.
func loadLexicon(files fs.FS, dir string) (*lexicon, error) {
	l := &lexicon{
		words: map[string]*word{}, endings: map[string]*word{}, shortest: 99,
		unknown: &word{}, people: map[string]class{}, phraseIDs: map[string]phraseID{}, elemIDs: map[string]elemID{}, verbs: map[string]verb{},
		fields: wordFields{words: map[string][]fieldID{}, prefixes: map[string][]fieldID{}, shortest: 99},
		heard:  heardIdioms(),
	}
	names, err := fs.Glob(files, dir+"/*.txt")
	if err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	readers := map[string]func(file string, n int, line string) error{
		dir + "/classes.txt": l.classLine(), dir + "/verbs.txt": l.verbLine, dir + "/boilerplate.txt": l.boilerplateLine,
		dir + "/people.txt": l.peopleLine(), dir + "/fields.txt": l.fields.fieldLine,
	}
	for _, first := range []string{"/classes.txt", "/verbs.txt", "/boilerplate.txt", "/people.txt", "/fields.txt"} {
		if err := eachLine(files, dir+first, readers[dir+first]); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if readers[name] == nil {
			if err := eachLine(files, name, l.idiomLine); err != nil {
				return nil, err
			}
		}
	}
	l.seal()
	return l, nil
}

// eachLine calls read for every line that is neither blank nor a comment.
func eachLine(files fs.FS, name string, read func(file string, n int, line string) error) error {
	f, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("lexicon: %w", err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := read(name, n, line); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// classLine reads classes.txt: "[class value]" opens a section, the lines that
// follow list its words.
func (l *lexicon) classLine() func(string, int, string) error {
	var current class
	value := 0
	return func(file string, n int, line string) error {
		if line[0] == '[' {
			fields := strings.Fields(strings.Trim(line, "[]"))
			current, value = 0, 0
			for _, f := range fields {
				if v, err := strconv.Atoi(f); err == nil {
					value = v
					continue
				}
				c, ok := classNames[f]
				if !ok {
					return &lineError{file, n, fmt.Sprintf("no class is called %q", f)}
				}
				current |= c
			}
			return nil
		}
		if current == 0 {
			return &lineError{file, n, "words before the first [class]"}
		}
		for w := range strings.FieldsSeq(line) {
			e := l.entry(w)
			e.class |= current
			if value != 0 {
				e.value = value
			}
		}
		return nil
	}
}

// peopleLine reads people.txt: names separated by commas under [coach] or
// [official].
func (l *lexicon) peopleLine() func(string, int, string) error {
	var current class
	return func(file string, n int, line string) error {
		if line[0] == '[' {
			current = classNames[strings.Trim(line, "[]")]
			if current != classCoach && current != classOfficial {
				return &lineError{file, n, "want [coach] or [official]"}
			}
			return nil
		}
		for name := range strings.SplitSeq(line, ",") {
			words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' })
			if len(words) < 2 {
				return &lineError{file, n, fmt.Sprintf("want a full name, not %q", name)}
			}
			for i, w := range words {
				words[i] = foldWord(w)
			}
			l.people[strings.Join(words, " ")] |= current
			l.entry(words[0]).class |= classFirstName
		}
		return nil
	}
}

func (l *lexicon) boilerplateLine(_ string, _ int, line string) error {
	l.boilerplate = append(l.boilerplate, line)
	return nil
}

// verb holds the folded forms of one verb.
type verb struct {
	finite     []string // in a main clause; without the particle
	joined     []string // particle and verb in one word, participle, infinitive
	participle []string
	particle   string
}

// verbLine reads "frei|stellen = stelle stellt stellte stellten / gestellt".
// The infinitive is the lemma; participles after the slash.
func (l *lexicon) verbLine(file string, n int, line string) error {
	lemma, forms, ok := strings.Cut(line, "=")
	finite, part, ok2 := strings.Cut(forms, "/")
	if !ok || !ok2 {
		return &lineError{file, n, "want: lemma = finite forms / participles"}
	}
	lemma = strings.TrimSpace(lemma)
	particle, base, separable := strings.Cut(lemma, "|")
	if !separable {
		particle, base = "", lemma
	}
	v := verb{particle: foldWord(particle)}
	for f := range strings.FieldsSeq(finite) {
		v.finite = append(v.finite, foldWord(f))
		v.joined = append(v.joined, v.particle+foldWord(f))
	}
	v.joined = append(v.joined, v.particle+foldWord(base))
	if subjunctive, ok := strings.CutSuffix(foldWord(base), "n"); ok && strings.HasSuffix(base, "en") { // "er trete zurück"
		v.finite = append(v.finite, subjunctive)
		v.joined = append(v.joined, v.particle+subjunctive)
	}
	if separable {
		v.joined = append(v.joined, v.particle+"zu"+foldWord(base))
	} else {
		v.finite = append(v.finite, foldWord(base))
	}
	v.finite = append(v.finite, foldWord(base))
	for p := range strings.FieldsSeq(part) {
		for _, ending := range []string{"", "e", "en", "er", "es", "em"} {
			v.participle = append(v.participle, v.particle+foldWord(p)+ending)
		}
	}
	key := foldWord(strings.ReplaceAll(lemma, "|", ""))
	if _, dup := l.verbs[key]; dup {
		return &lineError{file, n, fmt.Sprintf("verb %q is there already", lemma)}
	}
	l.verbs[key] = v
	for _, f := range [][]string{v.finite, v.joined, v.participle} {
		for _, w := range f {
			l.entry(w).class |= classStop
		}
	}
	for i, w := range v.finite {
		if w != foldWord(base) {
			l.entry(w).finite = true
		}
		if i > 0 && i < len(strings.Fields(finite)) && pastForm(v.finite, i, foldWord(base)) {
			l.entry(w).past = true
		}
	}
	return nil
}

// pastForm reports whether the i-th of the listed forms is a past tense: the
// present ones come first.
func pastForm(forms []string, i int, base string) bool {
	if i == 1 && strings.HasSuffix(forms[0], "e") { // "entlasse entlässt"
		return false
	}
	return forms[i]+"n" != base && forms[i] != base
}
