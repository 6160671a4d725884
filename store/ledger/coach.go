package ledger

import (
	"slices"

	"karussell/bot"
)

func coachKey(id bot.CoachID) []byte { return appendString(nil, string(id)) }

func (v *view) Coach(id bot.CoachID) (bot.Coach, error) {
	rec, err := get(v.kv, coachCodec, Coaches, coachKey(id))
	if err != nil {
		return bot.Coach{}, err
	}
	return rec.coach(id), nil
}

func (v *view) Coaches(last bot.CoachID, limit int) ([]bot.Coach, error) {
	return collect(v.kv, Coaches, behind(string(last)), most(limit),
		func(k, val []byte) (bot.Coach, error) {
			id, _, err := cutString(k)
			if err != nil {
				return bot.Coach{}, err
			}
			rec, err := coachCodec.decode(val)
			return rec.coach(bot.CoachID(id)), err
		})
}

func (v *view) Names(kind bot.NameKind, key string, prefix bool, limit int) ([]bot.Name, error) {
	p := appendString(nil, string(kind))
	if prefix {
		p = appendOpen(p, key)
	} else {
		p = appendString(p, key)
	}
	return collect(v.kv, Names, prefixed(p), most(limit), func(k, val []byte) (bot.Name, error) {
		_, rest, err := cutString(k)
		if err != nil {
			return bot.Name{}, err
		}
		_, rest, err = cutString(rest)
		return bot.Name{ID: string(rest), Text: string(val)}, err
	})
}

// appendOpen appends s as the beginning of a string.
func appendOpen(k []byte, s string) []byte {
	k = appendString(k, s)
	return k[:len(k)-2]
}

func nameKey(kind bot.NameKind, key string, id bot.CoachID) []byte {
	return append(appendString(appendString(nil, string(kind)), key), id...)
}

// PutCoach leaves name keys alone that stay as they are: each is a page of its
// own, and most reports about a coach bring no new name.
func (t *tx) PutCoach(c bot.Coach, names []string) error {
	old, _, err := find(t.kv, coachCodec, Coaches, coachKey(c.ID))
	if err != nil {
		return err
	}
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	if err := t.unindexCoach(c.ID, old.Keys, names); err != nil {
		return err
	}
	for _, name := range names {
		if old.Name == c.Name && slices.Contains(old.Keys, name) {
			continue
		}
		if err := t.kv.Put(Names, nameKey(bot.NameCoach, name, c.ID), []byte(c.Name)); err != nil {
			return err
		}
	}
	t.indexName(c.ID, coachTrigrams(c.Name, names))
	return put(t.kv, coachCodec, Coaches, coachKey(c.ID), toCoach(&c, names))
}

// unindexCoach deletes the name keys that are not among those to keep.
func (t *tx) unindexCoach(id bot.CoachID, names, keep []string) error {
	for _, name := range names {
		if slices.Contains(keep, name) {
			continue
		}
		if err := t.kv.Delete(Names, nameKey(bot.NameCoach, name, id)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DeleteCoach(id bot.CoachID) error {
	old, _, err := find(t.kv, coachCodec, Coaches, coachKey(id))
	if err != nil {
		return err
	}
	if err := t.unindexCoach(id, old.Keys, nil); err != nil {
		return err
	}
	t.indexName(id, nil)
	return t.kv.Delete(Coaches, coachKey(id))
}
