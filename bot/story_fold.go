package bot

import (
	"fmt"
	"slices"
	"time"
)

// fold brings the stories of a key up to date and returns them.
func (b *storybook) fold(k StoryKey) ([]Story, error) {
	p := b.keys[k]
	closings, err := b.closings(k)
	if err != nil {
		return nil, err
	}
	stored, err := b.tx.StoriesByKey(k)
	if err != nil {
		return nil, fmt.Errorf("stories of %s at %s: %w", k.Coach, k.Club, err)
	}
	markCarriers(p.reports)
	spells := Spells(p.reports)
	left := stored
	after := make([]Story, 0, len(spells))
	for i, spell := range spells {
		var next time.Time
		if i+1 < len(spells) {
			next = spells[i+1][0].At
		}
		var old *Story
		old, left = takeBest(left, spell)
		s := b.draft(p, old, spell)
		s.apply(FoldReports(spell, closingsFor(spell, next, closings), b.now))
		after = append(after, s)
	}
	for i := range left { // joined with another spell
		if err := b.tx.DeleteStory(left[i].ID); err != nil {
			return nil, fmt.Errorf("delete story %d: %w", left[i].ID, err)
		}
	}
	for i := range after {
		if err := b.write(p, &after[i], stored); err != nil {
			return nil, err
		}
	}
	return after, nil
}

// takeBest picks the stored story that shares most reports with the spell.
func takeBest(stored []Story, spell []Report) (*Story, []Story) {
	best, most := -1, 0
	for i := range stored {
		n := 0
		for j := range stored[i].Reports {
			if slices.ContainsFunc(spell, func(r Report) bool { return r.sameAs(&stored[i].Reports[j]) }) {
				n++
			}
		}
		if n > most || n == most && n > 0 && stored[i].ID < stored[best].ID {
			best, most = i, n
		}
	}
	if best < 0 {
		return nil, stored
	}
	s := stored[best]
	return &s, slices.Delete(slices.Clone(stored), best, best+1)
}

// draft is the story before the fold: identity and history from the stored one.
func (b *storybook) draft(p *keyPage, old *Story, spell []Report) Story {
	s := Story{Key: p.key}
	if old != nil {
		s = *old
	}
	s.CoachName, s.ClubName, s.Reports = p.coach, p.club, spell
	return s
}

func (s *Story) apply(st StoryState) {
	s.Role, s.Stage, s.Evidence, s.Manner = st.Role, st.Stage, st.Evidence, st.Manner
	s.Until, s.Date, s.Because, s.Winner = st.Until, st.Date, st.Because, st.Winner
	s.Origin, s.Outlets, s.Corrected = st.Origin, st.Outlets, st.Corrected
	s.First, s.Last, s.Since, s.Check, s.Trigger = st.First, st.Last, st.Since, st.Check, st.Trigger
}

// write stores the story when it differs, and tells subscribers when they can
// see the difference. A story changes its revision once in a transaction.
func (b *storybook) write(p *keyPage, s *Story, stored []Story) error {
	was := storyWith(p.before, s.ID)
	now := storyWith(stored, s.ID)
	if now != nil && now.equal(s) {
		return nil
	}
	visible := was == nil || !was.looksLike(s)
	s.Revision = 0
	if was != nil {
		s.Revision, s.Changed = was.Revision, was.Changed
	}
	if visible {
		s.Revision++
		s.Changed = b.now.Add(b.moved) // pages of stories are cut by this time
		b.moved++
	}
	if err := b.tx.PutStory(s, b.e.storyTopics(s)); err != nil {
		return fmt.Errorf("store story: %w", err)
	}
	delete(b.changes, s.ID)
	delete(b.news, s.ID)
	if visible {
		b.changes[s.ID] = s.Stage
	}
	if visible && !b.quiet {
		b.tell(p, was, s)
	}
	return nil
}

func storyWith(list []Story, id StoryID) *Story {
	for i := range list {
		if list[i].ID == id && id != 0 {
			return &list[i]
		}
	}
	return nil
}

// looksLike reports whether subscribers would see no difference.
func (s *Story) looksLike(o *Story) bool {
	return s.CoachName == o.CoachName && s.Role == o.Role && s.Stage == o.Stage &&
		s.Evidence == o.Evidence && s.Manner == o.Manner && s.Until == o.Until &&
		s.Date == o.Date && s.Because == o.Because && s.Winner == o.Winner &&
		s.Origin == o.Origin && slices.Equal(s.Outlets, o.Outlets) && s.Corrected == o.Corrected
}

// equal reports whether storing s over o would change nothing.
func (s *Story) equal(o *Story) bool {
	return s.looksLike(o) && s.ClubName == o.ClubName && s.First.Equal(o.First) &&
		s.Last.Equal(o.Last) && s.Since.Equal(o.Since) && s.Check.Equal(o.Check) &&
		s.Trigger == o.Trigger && slices.EqualFunc(s.Reports, o.Reports, equalReports)
}

func equalReports(a, b Report) bool {
	return compareReports(&a, &b) == 0 && a.Carrier == b.Carrier && a.Revoked == b.Revoked &&
		a.Undated == b.Undated && a.Event.Type == b.Event.Type && a.Event.Status == b.Event.Status &&
		a.Event.Manner == b.Event.Manner && a.Source.Article == b.Source.Article &&
		a.CopyOf == b.CopyOf
}

// storyTopics are what a story is listed under.
func (e *Engine) storyTopics(s *Story) []Topic {
	topics := e.toldTopics(s)
	for i := range s.Reports {
		if o := s.Reports[i].Source.Outlet; o != "" {
			topics = append(topics, OutletTopic(o))
		}
	}
	if s.official() {
		topics = append(topics, bench{club: s.Key.Club, team: s.Key.Team}.topic(), bench{coach: s.Key.Coach}.topic())
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// toldTopics are those whose subscribers hear of a story, the narrowest first:
// the first subscription that fits decides how a chat is told.
func (e *Engine) toldTopics(s *Story) []Topic {
	topics := []Topic{CoachTopic(s.Key.Coach), ClubTopic(s.Key.Club)}
	if c, ok := e.Gazetteer.Club(s.Key.Club); ok && c.League != "" {
		topics = append(topics, LeagueTopic(c.League))
	}
	for _, o := range s.Outlets {
		topics = append(topics, OutletTopic(o))
	}
	return append(topics, TopicAll)
}
