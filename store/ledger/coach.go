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

func (t *tx) PutCoach(c bot.Coach, names []string) error {
	if err := t.unindexCoach(c.ID); err != nil {
		return err
	}
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		if err := t.kv.Put(Names, nameKey(bot.NameCoach, name, c.ID), []byte(c.Name)); err != nil {
			return err
		}
	}
	return put(t.kv, coachCodec, Coaches, coachKey(c.ID), toCoach(&c, names))
}

func (t *tx) unindexCoach(id bot.CoachID) error {
	old, ok, err := find(t.kv, coachCodec, Coaches, coachKey(id))
	if err != nil || !ok {
		return err
	}
	for _, name := range old.Keys {
		if err := t.kv.Delete(Names, nameKey(bot.NameCoach, name, id)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) DeleteCoach(id bot.CoachID) error {
	if err := t.unindexCoach(id); err != nil {
		return err
	}
	return t.kv.Delete(Coaches, coachKey(id))
}
