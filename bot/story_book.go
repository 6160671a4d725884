package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// storybook collects what one transaction does to stories: reports come in,
// then settle folds every story that they touch and writes it once.
type storybook struct {
	e       *Engine
	tx      Tx
	now     time.Time
	quiet   bool // a backlog: nothing is told
	keys    map[StoryKey]*keyPage
	order   []StoryKey
	benches map[bench][]Closing
	stories int
	fanouts int
	moved   time.Duration // makes Changed differ among the stories of a transaction
}

// keyPage is everything under one key.
type keyPage struct {
	key     StoryKey
	before  []Story // as stored when the transaction began
	reports []Report
	coach   string    // name for new stories
	club    string    // likewise
	news    time.Time // newest report that may be told; zero: none
	dirty   bool
}

// bench is the place that only one head coach can have.
type bench struct {
	club ClubID
	team Team
}

func (e *Engine) newStorybook(tx Tx, quiet bool) *storybook {
	return &storybook{
		e: e, tx: tx, now: e.Now(), quiet: quiet,
		keys: map[StoryKey]*keyPage{}, benches: map[bench][]Closing{},
	}
}

// page loads the stories of a key once.
func (b *storybook) page(k StoryKey) (*keyPage, error) {
	if p, ok := b.keys[k]; ok {
		return p, nil
	}
	stored, err := b.tx.StoriesByKey(k)
	if err != nil {
		return nil, fmt.Errorf("stories of %s at %s: %w", k.Coach, k.Club, err)
	}
	p := &keyPage{key: k, before: stored}
	for i := range stored {
		p.reports = append(p.reports, stored[i].Reports...)
		p.coach, p.club = stored[i].CoachName, stored[i].ClubName
	}
	b.keys[k] = p
	b.order = append(b.order, k)
	return p, nil
}

// add takes a report in; the same article's former report of the same type is
// replaced. tell says whether subscribers may hear of it.
func (b *storybook) add(k StoryKey, r Report, tell bool) error {
	p, err := b.page(k)
	if err != nil {
		return err
	}
	if len(r.Event.Coach) > len(p.coach) {
		p.coach = r.Event.Coach
	}
	if club, ok := b.e.Gazetteer.Club(k.Club); ok {
		p.club = club.Name
	} else if p.club == "" {
		p.club = r.Event.Club
	}
	i := slices.IndexFunc(p.reports, func(o Report) bool { return o.sameAs(&r) })
	if i < 0 {
		p.reports = append(p.reports, r)
	} else {
		p.reports[i] = r
	}
	p.dirty = true
	if tell && r.At.After(p.news) {
		p.news = r.At
	}
	return nil
}

// sameAs reports whether both are the contribution of one article: an article
// says each thing once.
func (r *Report) sameAs(o *Report) bool {
	return r.Source.Article == o.Source.Article && r.Event.Type == o.Event.Type
}

// revoke takes back what an article's former version reported under k, except
// what the new version repeats.
func (b *storybook) revoke(k StoryKey, article ArticleID, repeated func(StoryKey, EventType) bool) error {
	p, err := b.page(k)
	if err != nil {
		return err
	}
	for i := range p.reports {
		r := &p.reports[i]
		if r.Source.Article == article && !r.Revoked && !repeated(k, r.Event.Type) {
			r.Revoked = true
			p.dirty = true
		}
	}
	return nil
}

// settle folds and writes. Appointments and departures come first, since they
// close other stories of the same bench.
func (b *storybook) settle() error {
	dirty := slices.DeleteFunc(slices.Clone(b.order), func(k StoryKey) bool { return !b.keys[k].dirty })
	slices.SortStableFunc(dirty, func(x, y StoryKey) int {
		return cmp.Or(strings.Compare(string(x.Matter), string(y.Matter)),
			strings.Compare(string(x.Club), string(y.Club)),
			strings.Compare(string(x.Coach), string(y.Coach)),
			strings.Compare(string(x.Team), string(y.Team)))
	})
	written := map[StoryKey][]Story{}
	changed := map[bench]time.Time{}
	for _, k := range dirty {
		after, err := b.fold(k)
		if err != nil {
			return err
		}
		written[k] = after
		if at, ok := benchNews(b.keys[k].before, after); ok {
			place := bench{k.Club, k.Team}
			delete(b.benches, place)
			if old, seen := changed[place]; !seen || at.Before(old) {
				changed[place] = at
			}
		}
	}
	return b.ripple(changed, dirty)
}

// ripple folds the other stories of benches whose appointments changed.
func (b *storybook) ripple(changed map[bench]time.Time, folded []StoryKey) error {
	places := make([]bench, 0, len(changed))
	for place := range changed {
		places = append(places, place)
	}
	slices.SortFunc(places, func(x, y bench) int {
		return cmp.Or(strings.Compare(string(x.club), string(y.club)), strings.Compare(string(x.team), string(y.team)))
	})
	for _, place := range places {
		keys, err := b.neighbours(place, changed[place])
		if err != nil {
			return err
		}
		for _, k := range keys {
			if slices.Contains(folded, k) {
				// Folded before the bench was complete, perhaps: once more.
				b.keys[k].dirty = true
			}
			if _, err := b.page(k); err != nil {
				return err
			}
			if _, err := b.fold(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// neighbours are the keys of the bench's stories that an appointment or
// departure at the given time can bear on.
func (b *storybook) neighbours(place bench, at time.Time) ([]StoryKey, error) {
	var keys []StoryKey
	take := func(list []Story) {
		for i := range list {
			k := list[i].Key
			if k.Team == place.team && !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	now, err := b.tx.OpenStories(ClubTopic(place.club), openDepth)
	if err != nil {
		return nil, fmt.Errorf("open stories at %s: %w", place.club, err)
	}
	take(now)
	// What was changed long before belongs to an earlier spell.
	horizon := at.Add(-SpellGap)
	for p := (Page{Limit: 100}); ; {
		list, err := b.tx.Stories(ClubTopic(place.club), p)
		if err != nil {
			return nil, fmt.Errorf("stories at %s: %w", place.club, err)
		}
		take(list)
		if len(list) < p.Limit || list[len(list)-1].Changed.Before(horizon) {
			return keys, nil
		}
		p.Before = uint64(list[len(list)-1].Changed.UnixNano()) //nolint:gosec // times after 1970
	}
}

// benchNews reports whether the official appointments or departures of a key
// differ, and from when on.
func benchNews(before, after []Story) (time.Time, bool) {
	var at time.Time
	note := func(list, other []Story) {
		for i := range list {
			s := &list[i]
			if !s.official() {
				continue
			}
			same := slices.ContainsFunc(other, func(o Story) bool {
				return o.official() && o.Since.Equal(s.Since) && o.CoachName == s.CoachName && o.Role == s.Role
			})
			if !same && (at.IsZero() || s.Since.Before(at)) {
				at = s.Since
			}
		}
	}
	note(before, after)
	note(after, before)
	return at, !at.IsZero()
}

// official reports whether the story settled who sits on a bench.
func (s *Story) official() bool {
	return s.Stage == StageOfficial && s.Key.Matter != Contract
}

// benchTopic lists the official appointments and departures of a club.
func benchTopic(place bench) Topic {
	return Topic(fmt.Sprintf("bench:%s/%s", place.club, place.team))
}

// benchClosings are the bench's official changes as closings, with the coach
// whom each is about in Words.
func (b *storybook) benchClosings(place bench) ([]Closing, error) {
	if c, ok := b.benches[place]; ok {
		return c, nil
	}
	list, err := b.tx.Stories(benchTopic(place), Page{Limit: benchDepth})
	if err != nil {
		return nil, fmt.Errorf("bench of %s: %w", place.club, err)
	}
	closings := []Closing{}
	for i := range list {
		s := &list[i]
		c := Closing{At: s.Since, Winner: s.CoachName, Words: string(s.Key.Coach)}
		switch {
		case s.Key.Matter == Arrival && (s.Role == Head || s.Role == ""):
			c.What = ClosedByOther
		case s.Key.Matter == Exit:
			c.What = ClosedByDeparture
		default:
			continue
		}
		closings = append(closings, c)
	}
	b.benches[place] = closings
	return closings, nil
}

// benchDepth is how many official changes of one bench are looked at: decades.
const benchDepth = 200

// openDepth is how many open stories of one club are looked at.
const openDepth = 500

// closings are those that bear on a key.
func (b *storybook) closings(k StoryKey) ([]Closing, error) {
	rulings, err := readRulings(b.tx, k)
	if err != nil {
		return nil, err
	}
	bench, err := b.benchClosings(bench{k.Club, k.Team})
	if err != nil {
		return nil, err
	}
	for _, c := range bench {
		own := c.Words == string(k.Coach)
		c.Words = ""
		switch {
		case c.What == ClosedByOther && !own && k.Matter != Contract:
			rulings = append(rulings, c)
		case c.What == ClosedByDeparture && own && k.Matter == Contract:
			c.Winner = ""
			rulings = append(rulings, c)
		}
	}
	return rulings, nil
}
