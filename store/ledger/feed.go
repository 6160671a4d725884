package ledger

import (
	"bytes"

	"karussell/bot"
)

func (v *view) Feed(url string) (bot.FeedState, error) {
	rec, err := get(v.kv, feedCodec, Feeds, appendString(nil, url))
	if err != nil {
		return bot.FeedState{}, err
	}
	return rec.feed(url), nil
}

func (v *view) Feeds() ([]bot.FeedState, error) {
	return collect(v.kv, Feeds, Range{}, maxInt, func(k, val []byte) (bot.FeedState, error) {
		url, _, err := cutString(k)
		if err != nil {
			return bot.FeedState{}, err
		}
		rec, err := feedCodec.decode(val)
		return rec.feed(url), err
	})
}

func (t *tx) PutFeed(f bot.FeedState) error {
	return put(t.kv, feedCodec, Feeds, appendString(nil, f.URL), toFeed(&f))
}

func (t *tx) DeleteFeed(url string) error { return t.kv.Delete(Feeds, appendString(nil, url)) }

func (v *view) Note(key string) ([]byte, error) {
	return get(v.kv, noteCodec, Notes, appendString(nil, key))
}

func (v *view) Notes(prefix, last string, limit int) ([]string, error) {
	r := prefixed(appendOpen(nil, prefix))
	if from := just(appendString(nil, last)); last != "" && bytes.Compare(from, r.From) > 0 {
		r.From = from
	}
	return collect(v.kv, Notes, r, most(limit), func(k, _ []byte) (string, error) {
		key, _, err := cutString(k)
		return key, err
	})
}

func (t *tx) PutNote(key string, value []byte) error {
	if value == nil {
		return t.kv.Delete(Notes, appendString(nil, key))
	}
	return put(t.kv, noteCodec, Notes, appendString(nil, key), value)
}
