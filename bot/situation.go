package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Situation is where a club stands with its coaches, as far as stories tell.
type Situation struct {
	Club       ClubID
	Team       Team
	Coach      *Story  // the arrival or extension by which the head coach is known; nil: none known
	Vacant     *Story  // the departure that left the bench without a head coach
	Interim    *Story  // the arrival of who stands in meanwhile
	Pressure   *Story  // open pressure on the coach in office
	Candidates []Story // open links, best first
	Out        []Story // off, cold or closed since the last head coach came, newest first
	Extension  *Story  // the newest about the coach's contract
	Departures []Story // official ones, newest first
}

// How many of a club's stories a situation looks at: those that settled who sits
// on the bench, those that are open, and those that changed last.
const (
	settledDepth = 16
	runningDepth = 40
	recentDepth  = 24
)

// Situation derives a club's situation from its stories. A club without stories
// has an empty one.
func (e *Engine) Situation(tx ReadTx, club ClubID, team Team) (Situation, error) {
	settled, err := tx.Stories(bench{club: club, team: team}.topic(), Page{Limit: settledDepth})
	if err != nil {
		return Situation{}, fmt.Errorf("official changes at %s: %w", club, err)
	}
	running, err := tx.OpenStories(ClubTopic(club), runningDepth)
	if err != nil {
		return Situation{}, fmt.Errorf("open stories at %s: %w", club, err)
	}
	recent, err := tx.Stories(ClubTopic(club), Page{Limit: recentDepth})
	if err != nil {
		return Situation{}, fmt.Errorf("stories at %s: %w", club, err)
	}
	list := slices.Concat(settled, running, recent)
	list = slices.DeleteFunc(list, func(s Story) bool { return s.Key.Team != team || s.Key.Club != club })
	slices.SortFunc(list, func(a, b Story) int { return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID)) })
	list = slices.CompactFunc(list, func(a, b Story) bool { return a.ID == b.ID })
	sit := Situation{Club: club, Team: team}
	sit.takeBench(list)
	sit.takeRace(list)
	return sit, nil
}

// takeBench finds who sits on the bench, from the official stories, newest
// first: the newest word about the head coach's post decides, what is older is
// history.
func (s *Situation) takeBench(list []Story) {
	left := map[CoachID]time.Time{}
	decided := false
	for i := range list {
		st := &list[i]
		if st.Stage != StageOfficial {
			continue
		}
		if st.Key.Matter == Exit {
			s.leaves(st, left, decided)
			continue
		}
		if st.Key.Matter == Contract && s.Extension == nil {
			s.Extension = st
		}
		if !decided {
			decided = s.sits(st, !left[st.Key.Coach].Before(st.Since))
		}
	}
}

// leaves takes a departure in, and notes when the coach left.
func (s *Situation) leaves(st *Story, left map[CoachID]time.Time, decided bool) {
	s.Departures = append(s.Departures, *st)
	if left[st.Key.Coach].IsZero() {
		left[st.Key.Coach] = st.Since
	}
	if !decided && s.Vacant == nil && headly(st.Role) {
		s.Vacant = st
	}
}

// sits takes an appointment or extension in, and reports whether it decides who
// has the post.
func (s *Situation) sits(st *Story, gone bool) (decided bool) {
	if st.Key.Matter == Arrival && !headly(st.Role) {
		if st.Role == Interim && !gone && s.Interim == nil {
			s.Interim = st
		}
		return false
	}
	// The departure of somebody else that is told just after an appointment is
	// that of the predecessor.
	if !gone && (s.Vacant == nil || s.Vacant.Since.Sub(st.Since) <= predecessorTime) {
		s.Coach, s.Vacant = st, nil
		if s.Interim != nil && st.Since.After(s.Interim.Since) {
			s.Interim = nil
		}
	}
	return true
}

// predecessorTime is how long after an appointment the predecessor's departure
// may still be told as news.
const predecessorTime = 45 * 24 * time.Hour

func headly(r Role) bool { return r == Head || r == "" }

// takeRace sorts the links and the pressure.
func (s *Situation) takeRace(list []Story) {
	var came time.Time
	if s.Coach != nil && s.Coach.Key.Matter == Arrival {
		came = s.Coach.Since
	}
	for i := range list {
		st := &list[i]
		switch {
		case st.Open():
			s.takeOpen(st)
		case st.Key.Matter == Arrival && st.lost() && st.Last.After(came.Add(-SilenceAfter)):
			s.Out = append(s.Out, *st)
		}
	}
	slices.SortStableFunc(s.Candidates, compareChances)
}

func (s *Situation) takeOpen(st *Story) {
	switch st.Key.Matter {
	case Arrival:
		s.Candidates = append(s.Candidates, *st)
	case Exit:
		if s.Pressure == nil {
			s.Pressure = st
		}
	case Contract:
		if s.Extension == nil {
			s.Extension = st
		}
	}
}

// lost reports whether the story ended without coming true.
func (s *Story) lost() bool {
	return s.Stage == StageOff || s.Stage == StageCold || s.Stage == StageClosed
}

// compareChances puts the likelier story first: stage, then evidence, then the
// newer report.
func compareChances(a, b Story) int {
	return cmp.Or(
		cmp.Compare(b.Stage.Rank(), a.Stage.Rank()),
		cmp.Compare(b.Evidence.rank(), a.Evidence.rank()),
		b.Last.Compare(a.Last),
		strings.Compare(a.CoachName, b.CoachName),
	)
}

// Row is the situation as a line of the carousel; ok is false when nothing is
// moving at the club.
func (s *Situation) Row(club Club) (row CarouselRow, ok bool) {
	row = CarouselRow{Club: club, Team: s.Team, Pressure: s.Pressure, Candidates: s.Candidates}
	if s.Coach != nil {
		row.Coach = s.Coach.CoachName
	} else if s.Pressure != nil {
		row.Coach = s.Pressure.CoachName
	}
	if s.Interim != nil {
		row.Interim = s.Interim.CoachName
	}
	if s.Vacant != nil {
		row.Vacant, row.Since = true, s.Vacant.happened()
	}
	return row, s.Vacant != nil || s.Pressure != nil || len(s.Candidates) > 0
}

// happened is when an official change came, as precisely as it is known: as
// stated, else the date of the report that made it so. The day on which somebody
// read an undated article says nothing.
func (s *Story) happened() Date {
	if s.Date != "" {
		return s.Date
	}
	for i := range s.Reports {
		r := &s.Reports[i]
		switch {
		case r.Revoked || !r.At.Equal(s.Since):
		case r.Undated:
			return ""
		case r.Source.Date != "":
			return r.Source.Date
		}
	}
	return DateOf(s.Since)
}

// carouselDepth is how many recently changed stories the carousel looks at.
const carouselDepth = 150

// CarouselRows are the clubs of a league, or of all leagues when it is empty,
// where something is moving: vacancies first, then clubs by their best
// candidate, then coaches under pressure. First teams only.
func (e *Engine) CarouselRows(tx ReadTx, league LeagueID) ([]CarouselRow, error) {
	topic := TopicAll
	if league != "" {
		topic = LeagueTopic(league)
	}
	recent, err := tx.Stories(topic, Page{Limit: carouselDepth})
	if err != nil {
		return nil, fmt.Errorf("stories: %w", err)
	}
	running, err := tx.OpenStories(topic, carouselDepth)
	if err != nil {
		return nil, fmt.Errorf("open stories: %w", err)
	}
	var rows []CarouselRow
	seen := map[ClubID]bool{}
	for _, s := range slices.Concat(running, recent) {
		if seen[s.Key.Club] || s.Key.Team != "" {
			continue
		}
		seen[s.Key.Club] = true
		sit, err := e.Situation(tx, s.Key.Club, "")
		if err != nil {
			return nil, err
		}
		club, ok := e.Gazetteer.Club(s.Key.Club)
		if !ok {
			club = Club{ID: s.Key.Club, Name: s.ClubName, Short: s.ClubName}
		}
		if row, ok := sit.Row(club); ok {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, compareRows)
	return rows, nil
}

func compareRows(a, b CarouselRow) int {
	best := func(r CarouselRow) int {
		if len(r.Candidates) == 0 {
			return 0
		}
		return r.Candidates[0].Stage.Rank()
	}
	return cmp.Or(
		boolRank(b.Vacant)-boolRank(a.Vacant),
		cmp.Compare(best(b), best(a)),
		-strings.Compare(string(a.Since), string(b.Since)),
		strings.Compare(a.Club.Name, b.Club.Name),
	)
}
