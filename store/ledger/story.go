package ledger

import (
	"bytes"
	"slices"
	"time"

	"karussell/bot"
)

func (v *view) Story(id bot.StoryID) (bot.Story, error) {
	rec, err := get(v.kv, storyCodec, Stories, number(uint64(id)))
	if err != nil {
		return bot.Story{}, err
	}
	s := rec.story(id)
	if v.writes {
		v.story.ID, v.story.Revision = id, s.Revision
	}
	return s, nil
}

func (v *view) StoriesByKey(k bot.StoryKey) ([]bot.Story, error) {
	r := prefixed(storyKey(k))
	r.Reverse = true
	return v.stories(StoryKeys, r, maxInt)
}

func (v *view) Stories(topic bot.Topic, p bot.Page) ([]bot.Story, error) {
	prefix := appendString(nil, string(topic))
	r := prefixed(prefix)
	r.Reverse = true
	if p.Before != 0 {
		r.To = appendSigned(prefix, int64(p.Before)) //nolint:gosec // nanoseconds of an instant
	}
	return v.stories(StoryTopics, r, most(p.Limit))
}

func (v *view) OpenStories(topic bot.Topic, limit int) ([]bot.Story, error) {
	r := prefixed(appendString(nil, string(topic)))
	r.Reverse = true
	return v.stories(OpenTopics, r, most(limit))
}

func (v *view) StoriesDue(now time.Time, limit int) ([]bot.Story, error) {
	return v.stories(StoryChecks, Range{To: after(appendTime(nil, now))}, most(limit))
}

// stories reads the stories whose numbers end the keys of r.
func (v *view) stories(s Space, r Range, limit int) ([]bot.Story, error) {
	ids, err := numbers(v.kv, s, r, limit)
	if err != nil {
		return nil, err
	}
	out := make([]bot.Story, 0, len(ids))
	for _, id := range ids {
		story, err := v.Story(bot.StoryID(id))
		if err != nil {
			return nil, dangling(err)
		}
		out = append(out, story)
	}
	return out, nil
}

func storyKey(k bot.StoryKey) []byte {
	b := appendString(nil, string(k.Club))
	b = appendString(b, string(k.Coach))
	b = appendString(b, string(k.Matter))
	return appendString(b, string(k.Team))
}

// distinct is the set of topics besides the one that every story has.
func distinct(topics []bot.Topic) []bot.Topic {
	topics = slices.Clone(topics)
	slices.Sort(topics)
	topics = slices.Compact(topics)
	return slices.DeleteFunc(topics, func(t bot.Topic) bool { return t == bot.TopicAll })
}

// entry is a key in a space.
type entry struct {
	space Space
	key   []byte
}

func (e entry) equal(o entry) bool { return e.space == o.space && bytes.Equal(e.key, o.key) }

// storyEntries lists the index entries of a story.
func storyEntries(s *bot.Story, topics []bot.Topic) []entry {
	id := number(uint64(s.ID))
	all := []entry{{StoryKeys, append(storyKey(s.Key), id...)}}
	if !s.Check.IsZero() {
		all = append(all, entry{StoryChecks, append(appendTime(nil, s.Check), id...)})
	}
	for _, topic := range append(slices.Clone(topics), bot.TopicAll) {
		key := append(appendTime(appendString(nil, string(topic)), s.Changed), id...)
		all = append(all, entry{StoryTopics, key})
		if s.Open() {
			all = append(all, entry{OpenTopics, key})
		}
	}
	return all
}

func (t *tx) PutStory(s *bot.Story, topics []bot.Topic) error {
	topics = distinct(topics)
	var old []entry
	if s.ID == 0 {
		id, err := t.kv.Next(Stories)
		if err != nil {
			return err
		}
		s.ID = bot.StoryID(id)
	} else {
		if err := t.kv.Raise(Stories, uint64(s.ID)); err != nil {
			return err
		}
		var err error
		if old, err = t.indexed(s.ID); err != nil {
			return err
		}
	}
	entries := storyEntries(s, topics)
	if err := t.reindex(old, entries); err != nil {
		return err
	}
	return put(t.kv, storyCodec, Stories, number(uint64(s.ID)), toStory(s, topics))
}

// indexed lists the index entries of a stored story.
func (v *view) indexed(id bot.StoryID) ([]entry, error) {
	old, ok, err := find(v.kv, storyCodec, Stories, number(uint64(id)))
	if err != nil || !ok {
		return nil, err
	}
	story := old.story(id)
	return storyEntries(&story, old.Topics), nil
}

// reindex replaces index entries and leaves those alone that stay: each is a
// page of its own.
func (t *tx) reindex(old, now []entry) error {
	for _, e := range old {
		if slices.ContainsFunc(now, e.equal) {
			continue
		}
		if err := t.kv.Delete(e.space, e.key); err != nil {
			return err
		}
	}
	for _, e := range now {
		if slices.ContainsFunc(old, e.equal) {
			continue
		}
		if err := t.mark(e.space, e.key); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DeleteStory(id bot.StoryID) error {
	old, err := t.indexed(id)
	if err != nil {
		return err
	}
	if err := t.reindex(old, nil); err != nil {
		return err
	}
	return t.kv.Delete(Stories, number(uint64(id)))
}
