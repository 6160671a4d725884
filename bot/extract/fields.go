package extract

import (
	"strings"

	"karussell/bot/extract/loglinear"
)

// Word fields: words that say nearly the same in this trade ("Stuhl", "Bank",
// "Posten"), so that what the reader learned with one of them it knows of the
// others.

// fieldID is a word field; 0 is none.
type fieldID uint8

// wordFields is lexicon/fields.txt, compiled.
type wordFields struct {
	names    []string // by fieldID
	hashes   []uint32
	words    map[string][]fieldID
	prefixes map[string][]fieldID
	longest  int // of prefixes
	shortest int
}

// maxFields is how many fields one word can belong to.
const maxFields = 3

// fieldLine reads "FIELD: word stem* ...". A field may have several lines.
func (f *wordFields) fieldLine(file string, n int, line string) error {
	name, list, ok := strings.Cut(line, ":")
	if name = strings.TrimSpace(name); !ok || name == "" {
		return &lineError{file, n, "want: FIELD: word stem* ..."}
	}
	id := fieldID(0)
	for i, known := range f.names {
		if known == name {
			id = fieldID(i)
		}
	}
	if id == 0 {
		if len(f.names) == 0 {
			f.names, f.hashes = []string{""}, []uint32{0}
		}
		if len(f.names) > 250 {
			return &lineError{file, n, "too many fields"}
		}
		id = fieldID(len(f.names)) //nolint:gosec // as above
		f.names, f.hashes = append(f.names, name), append(f.hashes, loglinear.Hash("#"+name))
	}
	for w := range strings.FieldsSeq(list) {
		table := f.words
		stem, open := strings.CutSuffix(w, "*")
		key := foldWord(stem)
		if key == "" {
			return &lineError{file, n, "an empty word"}
		}
		if open {
			table = f.prefixes
			f.longest, f.shortest = max(f.longest, len(key)), min(f.shortest, len(key))
		}
		table[key] = append(table[key], id)
	}
	return nil
}

// of adds the fields of a folded word to dst: those of the word itself, else of
// its longest listed stem.
func (f *wordFields) of(norm string, dst []fieldID) []fieldID {
	if ids, ok := f.words[norm]; ok {
		return append(dst, ids[:min(len(ids), maxFields)]...)
	}
	for n := min(f.longest, len(norm)); n >= f.shortest; n-- {
		if ids, ok := f.prefixes[norm[:n]]; ok {
			return append(dst, ids[:min(len(ids), maxFields)]...)
		}
	}
	return dst
}
