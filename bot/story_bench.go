package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// settle folds and writes. Appointments and departures come first, since they
// close other stories of the same bench and of the same coach.
func (b *storybook) settle() error {
	dirty := slices.DeleteFunc(slices.Clone(b.order), func(k StoryKey) bool { return !b.keys[k].dirty })
	slices.SortStableFunc(dirty, compareKeys)
	changed := map[bench][]Story{}
	for _, k := range dirty {
		after, err := b.fold(k)
		if err != nil {
			return err
		}
		news := benchNews(b.keys[k].before, after)
		if len(news) == 0 {
			continue
		}
		for _, place := range []bench{{club: k.Club, team: k.Team}, {coach: k.Coach}} {
			delete(b.benches, place)
			changed[place] = append(changed[place], news...)
		}
	}
	if err := b.ripple(changed); err != nil {
		return err
	}
	return b.announce()
}

func compareKeys(x, y StoryKey) int {
	return cmp.Or(strings.Compare(string(x.Matter), string(y.Matter)),
		strings.Compare(string(x.Club), string(y.Club)),
		strings.Compare(string(x.Coach), string(y.Coach)),
		strings.Compare(string(x.Team), string(y.Team)))
}

// ripple folds the stories that a change of the benches bears on.
func (b *storybook) ripple(changed map[bench][]Story) error {
	var keys []StoryKey
	for place, news := range changed {
		more, err := b.neighbours(place, news)
		if err != nil {
			return err
		}
		keys = append(keys, more...)
	}
	slices.SortFunc(keys, compareKeys)
	for _, k := range slices.Compact(keys) {
		p, err := b.page(k)
		if err != nil {
			return err
		}
		if len(p.reports) == 0 {
			continue
		}
		if _, err := b.fold(k); err != nil {
			return err
		}
	}
	return nil
}

// openDepth is how many open stories of one club or coach are looked at.
const openDepth = 500

// neighbours are the keys of the stories that the official changes can bear on.
// A departure closes talks about the coach's contract there and nothing else;
// only for appointments the club's and the coach's stories are looked through.
func (b *storybook) neighbours(place bench, news []Story) ([]StoryKey, error) {
	var keys []StoryKey
	var arrivals []Story
	for i := range news {
		k := news[i].Key
		switch {
		case k.Matter == Arrival:
			arrivals = append(arrivals, news[i])
		case place.coach == "":
			k.Matter = Contract
			keys = append(keys, k)
		}
	}
	if len(arrivals) == 0 {
		return keys, nil
	}
	more, err := b.around(place, arrivals)
	return append(keys, more...), err
}

// around are the keys of the stories at a bench that its news bears on.
func (b *storybook) around(place bench, news []Story) ([]StoryKey, error) {
	topic := ClubTopic(place.club)
	if place.coach != "" {
		topic = CoachTopic(place.coach)
	}
	var keys []StoryKey
	take := func(list []Story) {
		for i := range list {
			k := list[i].Key
			if (place.coach != "" || k.Team == place.team) && bears(news, k, place) {
				keys = append(keys, k)
			}
		}
	}
	now, err := b.tx.OpenStories(topic, openDepth)
	if err != nil {
		return nil, fmt.Errorf("open stories of %s: %w", topic, err)
	}
	take(now)
	// What was changed long before belongs to an earlier spell.
	horizon := earliest(news).Add(-SpellGap)
	for p := (Page{Limit: 100}); ; {
		list, err := b.tx.Stories(topic, p)
		if err != nil {
			return nil, fmt.Errorf("stories of %s: %w", topic, err)
		}
		take(list)
		if len(list) < p.Limit || list[len(list)-1].Changed.Before(horizon) {
			return keys, nil
		}
		p.Before = uint64(list[len(list)-1].Changed.UnixNano())
	}
}

func bears(news []Story, k StoryKey, place bench) bool {
	return slices.ContainsFunc(news, func(s Story) bool {
		_, ok := closingOf(&s, k, place)
		return ok
	})
}

func earliest(list []Story) time.Time {
	return slices.MinFunc(list, func(x, y Story) int { return x.Since.Compare(y.Since) }).Since
}

// benchNews are the official appointments and departures of a key that are only
// among its former or only among its present stories.
func benchNews(before, after []Story) []Story {
	var news []Story
	note := func(list, other []Story) {
		for i := range list {
			s := &list[i]
			if !s.official() {
				continue
			}
			same := slices.ContainsFunc(other, func(o Story) bool {
				return o.official() && o.Since.Equal(s.Since) && o.CoachName == s.CoachName && o.Role == s.Role
			})
			if !same {
				news = append(news, *s)
			}
		}
	}
	note(before, after)
	note(after, before)
	return news
}

// official reports whether the story settled who sits on a bench.
func (s *Story) official() bool {
	return s.Stage == StageOfficial && s.Key.Matter != Contract
}

// topic lists the official changes of a bench, or of a coach.
func (p bench) topic() Topic {
	if p.coach != "" {
		return Topic("bench:" + string(p.coach))
	}
	return Topic(fmt.Sprintf("bench:%s/%s", p.club, p.team))
}

// benchDepth is how many official changes of one bench are looked at: decades.
const benchDepth = 60

// settled are the official changes of a bench, as stories without reports.
func (b *storybook) settled(place bench) ([]Story, error) {
	if list, ok := b.benches[place]; ok {
		return list, nil
	}
	list, err := b.tx.Stories(place.topic(), Page{Limit: benchDepth})
	if err != nil {
		return nil, fmt.Errorf("official changes of %s: %w", place.topic(), err)
	}
	for i := range list {
		list[i].Reports = nil
	}
	b.benches[place] = list
	return list, nil
}

// closings are those that bear on a key: the owner's, and what was settled at
// the same bench or with the same coach.
func (b *storybook) closings(k StoryKey) ([]Closing, error) {
	closings, err := readRulings(b.tx, k)
	if err != nil {
		return nil, err
	}
	places := []bench{{club: k.Club, team: k.Team}, {coach: k.Coach}}
	if k.Matter != Arrival {
		places = places[:1] // what the coach does elsewhere changes nothing here
	}
	for _, place := range places {
		list, err := b.settled(place)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if c, ok := closingOf(&list[i], k, place); ok {
				closings = append(closings, c)
			}
		}
	}
	return closings, nil
}

// closingOf says what an official change means for another story.
func closingOf(s *Story, k StoryKey, place bench) (Closing, bool) {
	c := Closing{At: s.Since}
	head := s.Key.Matter == Arrival && headly(s.Role)
	if place.coach != "" {
		here := s.Key.Club == k.Club && s.Key.Team == k.Team
		c.What, c.Winner = ClosedElsewhere, s.ClubName
		return c, head && !here && k.Matter == Arrival
	}
	mine := s.Key.Coach == k.Coach
	if s.Key.Matter == Exit {
		c.What = ClosedByDeparture
		return c, mine && k.Matter == Contract
	}
	c.What, c.Winner = ClosedByOther, s.CoachName
	return c, head && !mine && k.Matter != Contract
}
