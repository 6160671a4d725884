package bot

import (
	"context"
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
	view, err := e.readCarousel(ctx, league, page)
	if err != nil {
		return Message{}, err
	}
	title := a.say("carousel")
	if l, ok := e.Gazetteer.League(league); ok {
		title = a.say("carousel_league", "League", l.Name)
	}
	m := Message{Title: title, Replace: a.pressed()}
	shown := view.shown
	if len(shown) == 0 {
		m.Blocks = append(m.Blocks, paragraph(plain(a.say("carousel_none"))))
		return m, nil
	}
	var buttons []Button
	for i := range shown {
		m.Blocks = append(m.Blocks, heading(a.side(shown[i].Club.Name, shown[i].Team)))
		m.Blocks = append(m.Blocks, a.situationBlocks(&view.benches[i])...)
		if len(buttons) < rowsShown {
			buttons = append(buttons, press(shortName(shown[i].Club), newAction(actClub, string(shown[i].Club.ID))))
		}
	}
	if page > 0 {
		buttons = append(buttons, press(a.say("button_back"), newAction(actCarousel, string(league), strconv.Itoa(page-1))))
	}
	if view.more {
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

// carouselView is a page of the carousel.
type carouselView struct {
	shown   []CarouselRow
	benches []Situation // beside shown; without those out of the race
	more    bool
}

func (e *Engine) readCarousel(ctx context.Context, league LeagueID, page int) (carouselView, error) {
	var view carouselView
	err := e.Store.View(ctx, func(tx ReadTx) error {
		table, err := e.CarouselRows(tx, league)
		if err != nil {
			return err
		}
		from := min(page*rowsShown, len(table))
		to := min(from+rowsShown, len(table))
		view = carouselView{shown: table[from:to], more: to < len(table)}
		for _, row := range view.shown {
			s, err := e.Situation(tx, row.Club.ID, row.Team)
			if err != nil {
				return err
			}
			s.Out = nil
			view.benches = append(view.benches, s)
		}
		return nil
	})
	return view, err
}
