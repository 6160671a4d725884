package bot

import (
	"cmp"
	"context"
	"slices"
	"strconv"
)

// rowsShown is how many clubs one page of the carousel holds.
const rowsShown = 8

func (e *Engine) carouselCommand(ctx context.Context, a *ask) (Message, error) {
	query := a.arg("league", 0, true)
	if query == "" {
		return e.showCarousel(ctx, a, "", 0)
	}
	l, ok := e.findLeague(query)
	if !ok {
		picks := make([]pick, 0, maxHits)
		for _, l := range e.suggestLeagues("", maxHits) {
			picks = append(picks, pick{l.Name, newAction(actCarousel, string(l.ID))})
		}
		m := a.askBack(query, nil, picks)
		m.Blocks[0] = paragraph(plain(a.say("no_league", "Query", shorten(query, 60))))
		return m, nil
	}
	return e.showCarousel(ctx, a, l.ID, 0)
}

func (e *Engine) showCarousel(ctx context.Context, a *ask, league LeagueID, page int) (Message, error) {
	table, err := e.carouselRows(ctx, league)
	if err != nil {
		return Message{}, err
	}
	title := a.say("carousel")
	if l, ok := e.Gazetteer.League(league); ok {
		title = a.say("carousel_league", "League", l.Name)
	}
	m := Message{Title: title, Replace: a.pressed()}
	from := min(page*rowsShown, len(table))
	shown := table[from:min(from+rowsShown, len(table))]
	if len(shown) == 0 {
		m.Blocks = append(m.Blocks, paragraph(plain(a.say("carousel_none"))))
		return m, nil
	}
	var buttons []Button
	for i := range shown {
		m.Blocks = append(m.Blocks, heading(a.side(shown[i].Club.Name, shown[i].Team)))
		m.Blocks = append(m.Blocks, a.benchBlocks(&shown[i])...)
		if len(buttons) < rowsShown {
			buttons = append(buttons, press(shortName(shown[i].Club), newAction(actClub, string(shown[i].Club.ID))))
		}
	}
	if page > 0 {
		buttons = append(buttons, press(a.say("button_back"), newAction(actCarousel, string(league), strconv.Itoa(page-1))))
	}
	if from+rowsShown < len(table) {
		buttons = append(buttons, press(a.say("button_more"), newAction(actCarousel, string(league), strconv.Itoa(page+1))))
	}
	m.Buttons = rows(4, buttons...)
	if e.Artist != nil && page == 0 {
		if pic, err := e.Artist.Carousel(a.language, title, shown, a.now); err == nil {
			m.Picture = &pic
		} else {
			e.Log.WarnContext(ctx, "picture failed", "error", err)
		}
	}
	return m, nil
}

// carouselRows gathers the clubs with something open, the busiest first.
func (e *Engine) carouselRows(ctx context.Context, league LeagueID) ([]CarouselRow, error) {
	topic := TopicAll
	if league != "" {
		topic = LeagueTopic(league)
	}
	var recent []Story
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		const memory = 400 // stories that can still shape the carousel
		recent, err = tx.Stories(topic, Page{Limit: memory})
		return err
	})
	if err != nil {
		return nil, err
	}
	type side struct {
		club ClubID
		team Team
	}
	var order []side
	bySide := map[side][]Story{}
	for _, s := range recent {
		k := side{s.Key.Club, s.Key.Team}
		if _, ok := bySide[k]; !ok {
			order = append(order, k)
		}
		bySide[k] = append(bySide[k], s)
	}
	var table []CarouselRow
	for _, k := range order {
		row, _ := benchOf(e.clubByID(k.club, bySide[k][0].ClubName), k.team, bySide[k])
		if !row.Since.IsZero() || row.Pressure != nil || len(row.Candidates) > 0 {
			table = append(table, row)
		}
	}
	slices.SortStableFunc(table, func(a, b CarouselRow) int {
		return cmp.Or(cmp.Compare(rankBool(b.Since != ""), rankBool(a.Since != "")),
			cmp.Compare(rankBool(a.Team != ""), rankBool(b.Team != "")))
	})
	return table, nil
}

// benchOf reads a club's situation from its stories, newest first.
func benchOf(club Club, team Team, stories []Story) (CarouselRow, []Story) {
	row := CarouselRow{Club: club, Team: team}
	var out []Story
	decided := false // the newest official word on the post was found
	for _, s := range stories {
		if s.Key.Team != team || s.Stage == StageWithdrawn {
			continue
		}
		switch {
		case s.Key.Matter == Arrival && s.Open():
			row.Candidates = append(row.Candidates, s)
		case s.Key.Matter == Arrival && s.Stage == StageOff && !decided:
			out = append(out, s)
		case s.Key.Matter == Exit && s.Open() && row.Pressure == nil:
			row.Pressure = &s
		case s.Stage != StageOfficial || decided:
		case s.Key.Matter == Arrival && s.Role == Interim:
			row.Interim = cmp.Or(row.Interim, s.CoachName)
		case s.Key.Matter == Arrival && (s.Role == Head || s.Role == ""):
			row.Coach, decided = s.CoachName, true
		case s.Key.Matter == Exit && (s.Role == Head || s.Role == ""):
			row.Since, decided = cmp.Or(s.Date, DateOf(s.First)), true
		}
	}
	slices.SortStableFunc(row.Candidates, func(a, b Story) int {
		return cmp.Or(cmp.Compare(stageOrder(b.Stage), stageOrder(a.Stage)), cmp.Compare(len(b.Outlets), len(a.Outlets)))
	})
	return row, out
}

func stageOrder(s StoryStage) int {
	return slices.Index([]StoryStage{StageCandidate, StageInterest, StageTalks, StageAgreed}, s)
}
