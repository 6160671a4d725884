package ledger

import (
	"slices"
	"strings"

	"karussell/bot"
)

// Finder is an optional part of a Reader whose engine has indexes of its own for
// names and texts. They hold nothing that cannot be computed from the records.
type Finder interface {
	// Alike lists ids of coaches that share the most of these trigrams.
	Alike(trigrams []string, limit int) ([]string, error)
	// About lists articles below the given one (0: all) with all of the words,
	// newest first.
	About(words string, before uint64, limit int) ([]uint64, error)
}

// Indexer is the part of a Writer that keeps a Finder's indexes.
type Indexer interface {
	IndexName(coach string, trigrams []string) // none: forget it
	IndexText(article uint64, text string)     // "": forget it
}

// SimilarNames implements bot.NameSearcher.
func (v *view) SimilarNames(kind bot.NameKind, norm string, limit int) ([]bot.Name, bool, error) {
	f, ok := v.kv.(Finder)
	if !ok || kind != bot.NameCoach {
		return nil, false, nil
	}
	ids, err := f.Alike(trigrams(norm), most(limit))
	if err != nil {
		return nil, true, err
	}
	var out []bot.Name
	for _, id := range ids {
		rec, known, err := find(v.kv, coachCodec, Coaches, coachKey(bot.CoachID(id)))
		if err != nil {
			return nil, true, err
		}
		if known {
			out = append(out, bot.Name{ID: id, Text: rec.Name})
		}
	}
	return out, true, nil
}

// ArticlesAbout implements bot.TextSearcher.
func (v *view) ArticlesAbout(words string, p bot.Page) ([]bot.Article, bool, error) {
	f, ok := v.kv.(Finder)
	if !ok {
		return nil, false, nil
	}
	ids, err := f.About(words, p.Before, most(p.Limit))
	if err != nil {
		return nil, true, err
	}
	var out []bot.Article
	for _, id := range ids {
		rec, known, err := find(v.kv, articleCodec, Articles, number(id))
		if err != nil {
			return nil, true, err
		}
		if known {
			out = append(out, rec.article(bot.ArticleID(id)))
		}
	}
	return out, true, nil
}

// wholeNames begin the keys of a person's names in the spelling in which they are
// compared (see bot.NameKeys).
const wholeNames = "w:"

// trigrams are the runs of three letters of all words; a word begins with two
// spaces and ends with one, so that its beginning counts most.
func trigrams(names ...string) []string {
	var out []string
	for _, name := range names {
		for word := range strings.FieldsSeq(bot.NormaliseName(name)) {
			word = "  " + word + " "
			for i := 0; i+3 <= len(word); i++ {
				out = append(out, word[i:i+3])
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (t *tx) indexName(id bot.CoachID, trigrams []string) {
	if x, ok := t.kv.(Indexer); ok {
		x.IndexName(string(id), trigrams)
	}
}

func (t *tx) indexText(article uint64, text string) {
	if x, ok := t.kv.(Indexer); ok {
		x.IndexText(article, text)
	}
}

func coachTrigrams(name string, keys []string) []string {
	names := []string{name}
	for _, k := range keys {
		if whole, ok := strings.CutPrefix(k, wholeNames); ok {
			names = append(names, whole)
		}
	}
	return trigrams(names...)
}

// Reindex tells w, which is an Indexer, the names of all coaches, and the texts of
// up to limit articles behind the given one. It returns the last of these; 0 when
// there are no more.
func Reindex(w Writer, after uint64, limit int) (last uint64, err error) {
	x, ok := w.(Indexer)
	if !ok {
		return 0, nil
	}
	if after == 0 {
		if err := reindexNames(w, x); err != nil {
			return 0, err
		}
	}
	v := view{kv: w}
	ids, err := numbers(w, Texts, Range{From: just(number(after))}, limit)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		a, err := v.Article(bot.ArticleID(id))
		if err != nil {
			return 0, dangling(err)
		}
		x.IndexText(id, searched(&a))
		last = id
	}
	if len(ids) < limit {
		last = 0
	}
	return last, nil
}

func reindexNames(w Writer, x Indexer) error {
	return w.Scan(Coaches, Range{}, func(k, val []byte) (bool, error) {
		rec, err := coachCodec.decode(val)
		if err != nil {
			return false, err
		}
		id, _, err := cutString(k)
		if err != nil {
			return false, err
		}
		x.IndexName(id, coachTrigrams(rec.Name, rec.Keys))
		return true, nil
	})
}

// searched is what an article is found by.
func searched(a *bot.Article) string { return a.Title + "\n" + a.Teaser + "\n" + a.Text }
