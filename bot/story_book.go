package bot

import (
	"fmt"
	"slices"
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
	benches map[bench][]Story
	changes map[StoryID]StoryStage // stories that look different now
	news    map[StoryID]Fanout     // what subscribers must hear
	moved   time.Duration          // makes Changed differ among the stories of a transaction
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

// bench is what an official change bears on: the place that only one head coach
// can have, or the coach who can only have one.
type bench struct {
	club  ClubID
	team  Team
	coach CoachID // then club and team are empty
}

func (e *Engine) newStorybook(tx Tx, quiet bool) *storybook {
	return &storybook{
		e: e, tx: tx, now: e.Now(), quiet: quiet,
		keys: map[StoryKey]*keyPage{}, benches: map[bench][]Story{},
		news: map[StoryID]Fanout{}, changes: map[StoryID]StoryStage{},
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
