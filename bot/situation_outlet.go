package bot

import (
	"fmt"
	"slices"
)

// OutletRecord is how an outlet's links fared, as far as the bot has seen.
type OutletRecord struct {
	Outlet  string
	First   Tally   // links that it had first
	Joined  Tally   // links that it reported of its own, after another outlet
	Copied  int     // links that it only printed as copy or cited from others
	Stories []Story // the links it had first, newest first, at most 10
}

// Tally counts links by their end.
type Tally struct {
	True int // the coach came
	Off  int // denied, declined, withdrawn, or another coach came
	Cold int // nothing more was heard
	Open int
}

// Settled is how many links have come to an end.
func (t Tally) Settled() int { return t.True + t.Off + t.Cold }

const (
	recordDepth = 1000 // stories of an outlet that are counted
	recordShown = 10
)

// OutletRecord counts what became of the links that an outlet reported. A link
// that the outlet brought only together with the official word is no link.
func (e *Engine) OutletRecord(tx ReadTx, name string) (OutletRecord, error) {
	if o, ok := e.Gazetteer.OutletNamed(name); ok {
		name = o.Name
	}
	r := OutletRecord{Outlet: name}
	for p := (Page{Limit: 100}); p.Limit > 0; {
		list, err := tx.Stories(OutletTopic(name), p)
		if err != nil {
			return r, fmt.Errorf("stories of %s: %w", name, err)
		}
		for i := range list {
			r.count(&list[i])
		}
		if len(list) < p.Limit || r.total() >= recordDepth {
			break
		}
		p.Before = uint64(list[len(list)-1].Changed.UnixNano())
	}
	return r, nil
}

func (r *OutletRecord) total() int {
	return r.First.Settled() + r.First.Open + r.Joined.Settled() + r.Joined.Open + r.Copied
}

func (r *OutletRecord) count(s *Story) {
	if s.Key.Matter != Arrival {
		return
	}
	own := slices.ContainsFunc(s.Reports, func(o Report) bool {
		return !o.Carrier && !o.Revoked && r.is(o.Origin) && o.Event.Type == Link
	})
	switch {
	case own && r.is(s.Origin):
		r.First.add(s.Stage)
		if len(r.Stories) < recordShown {
			r.Stories = append(r.Stories, *s)
		}
	case own:
		r.Joined.add(s.Stage)
	case slices.ContainsFunc(s.Reports, func(o Report) bool {
		return !o.Revoked && r.is(o.Source.Outlet) && o.Event.Type == Link
	}):
		r.Copied++
	}
}

func (r *OutletRecord) is(outlet string) bool {
	return outlet != "" && Slug(outlet) == Slug(r.Outlet)
}

func (t *Tally) add(s StoryStage) {
	switch phaseOf(s) {
	case done:
		t.True++
	case off, shut:
		t.Off++
	case cold:
		t.Cold++
	case open, unheard:
		t.Open++
	}
}
