package ledger

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"karussell/bot"
)

func (v *view) Article(id bot.ArticleID) (bot.Article, error) {
	rec, err := get(v.kv, articleCodec, Articles, number(uint64(id)))
	if err != nil {
		return bot.Article{}, err
	}
	a := rec.article(id)
	a.Text, _, err = find(v.kv, textCodec, Texts, number(uint64(id)))
	return a, err
}

func (v *view) ArticleByKey(key string) (bot.ArticleID, error) {
	id, err := v.holder(identityKey(key))
	if err == nil && id == 0 {
		err = bot.ErrNotFound
	}
	return id, err
}

func (v *view) Articles(topic bot.Topic, p bot.Page) ([]bot.Article, error) {
	if topic == bot.TopicAll {
		r := Range{Reverse: true}
		if p.Before != 0 {
			r.To = number(p.Before)
		}
		return collect(v.kv, Articles, r, most(p.Limit), func(k, val []byte) (bot.Article, error) {
			id, err := lastNumber(k)
			if err != nil {
				return bot.Article{}, err
			}
			rec, err := articleCodec.decode(val)
			return rec.article(bot.ArticleID(id)), err
		})
	}
	ids, err := numbers(v.kv, ArticleTopics, pageOf(appendString(nil, string(topic)), p), most(p.Limit))
	if err != nil {
		return nil, err
	}
	out := make([]bot.Article, 0, len(ids))
	for _, id := range ids {
		rec, err := get(v.kv, articleCodec, Articles, number(id))
		if err != nil {
			return nil, dangling(err)
		}
		out = append(out, rec.article(bot.ArticleID(id)))
	}
	return out, nil
}

// pageOf is the range of a numbered list under prefix, newest first.
func pageOf(prefix []byte, p bot.Page) Range {
	r := prefixed(prefix)
	r.Reverse = true
	if p.Before != 0 {
		r.To = appendNumber(slices.Clone(prefix), p.Before)
	}
	return r
}

// dangling makes of an index entry's missing record what it is.
func dangling(err error) error {
	if errors.Is(err, bot.ErrNotFound) {
		return errDangling
	}
	return err
}

func (v *view) ArticleCount() (int, error) { return v.count(articleCount) }

func (v *view) Findings(id bot.ArticleID) (bot.Extraction, error) {
	rec, err := get(v.kv, findingsCodec, Findings, number(uint64(id)))
	return rec.extraction(), err
}

func (t *tx) PutArticle(a *bot.Article, identities []string, topics []bot.Topic) error {
	old, known, err := t.articleNumber(a)
	if err != nil {
		return err
	}
	key := number(uint64(a.ID))
	if err := put(t.kv, articleCodec, Articles, key, toArticle(a)); err != nil {
		return err
	}
	if err := t.putText(a, old.ReadAt, known); err != nil {
		return err
	}
	t.indexText(uint64(a.ID), searched(a))
	for _, identity := range identities {
		if err := t.claimIdentity(identity, key); err != nil {
			return err
		}
	}
	for _, topic := range topics {
		if topic == bot.TopicAll {
			continue // every article has it
		}
		if err := t.mark(ArticleTopics, append(appendString(nil, string(topic)), key...)); err != nil {
			return err
		}
	}
	return nil
}

// articleNumber gives a new article its id and finds what is known of an old
// one.
func (t *tx) articleNumber(a *bot.Article) (old articleRecord, known bool, err error) {
	if a.ID == 0 {
		id, err := t.kv.Next(Articles)
		if err != nil {
			return old, false, err
		}
		a.ID = bot.ArticleID(id)
	} else {
		old, known, err = find(t.kv, articleCodec, Articles, number(uint64(a.ID)))
		if err != nil {
			return old, false, err
		}
		if err := t.kv.Raise(Articles, uint64(a.ID)); err != nil {
			return old, false, err
		}
	}
	if !known {
		t.bump(articleCount, 1)
	}
	return old, known, nil
}

// putText keeps the text apart from the record, so that lists stay cheap, and
// its age, so that old texts can be dropped.
func (t *tx) putText(a *bot.Article, oldAge int64, known bool) error {
	key := number(uint64(a.ID))
	if known {
		if err := t.kv.Delete(TextAges, append(appendTime(nil, instant(oldAge)), key...)); err != nil {
			return err
		}
	}
	if a.Text == "" {
		if !known {
			return nil
		}
		return t.kv.Delete(Texts, key)
	}
	if err := t.mark(TextAges, append(appendTime(nil, a.ReadAt), key...)); err != nil {
		return err
	}
	return put(t.kv, textCodec, Texts, key, a.Text)
}

func (t *tx) PutFindings(id bot.ArticleID, x bot.Extraction) error {
	return put(t.kv, findingsCodec, Findings, number(uint64(id)), toExtraction(&x))
}

func (t *tx) ForgetTexts(before time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	old, err := collect(t.kv, TextAges, Range{To: appendTime(nil, before)}, limit,
		func(k, _ []byte) ([]byte, error) { return slices.Clone(k), nil })
	if err != nil {
		return 0, err
	}
	for _, k := range old {
		if len(k) < 8 {
			return 0, errKey
		}
		if err := t.kv.Delete(Texts, k[len(k)-8:]); err != nil {
			return 0, err
		}
		t.indexText(binary.BigEndian.Uint64(k[len(k)-8:]), "")
		if err := t.kv.Delete(TextAges, k); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}
