package bot

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
)

// coachView is what /coach reads in one transaction.
type coachView struct {
	coach   Coach
	stories []Story
	follows bool
}

// stationsShown keeps a long wanderer's card readable.
const stationsShown = 12

// storiesShown is how many stories one answer lists.
const storiesShown = 5

func (e *Engine) coachCommand(ctx context.Context, a *ask) (Message, error) {
	query := a.arg("name", 0, true)
	if query == "" {
		return e.usage(ctx, a, "coach")
	}
	var f found[Name]
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		f, err = findCoach(tx, query)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if len(f.hits) == 1 {
		return e.showCoach(ctx, a, CoachID(f.hits[0].ID))
	}
	near := namePicks(f.near)
	if len(f.hits) == 0 && e.isClubName(query) { // typed behind the wrong command
		near, err = e.clubsCalled(ctx, query)
	}
	return a.askBack(query, namePicks(f.hits), near), err
}

func (e *Engine) clubsCalled(ctx context.Context, name string) ([]pick, error) {
	var f found[Club]
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		f, err = e.findClub(tx, name)
		return err
	})
	return clubPicks(f.hits), err
}

func (e *Engine) showCoach(ctx context.Context, a *ask, id CoachID) (Message, error) {
	var view coachView
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if view.coach, err = tx.Coach(id); err != nil {
			return err
		}
		if view.stories, err = tx.Stories(CoachTopic(id), Page{Limit: storiesShown}); err != nil {
			return err
		}
		view.follows, err = follows(tx, a.Chat, CoachTopic(id))
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return a.problem("coach_gone"), nil
	}
	if err != nil {
		return Message{}, err
	}
	m := e.coachCard(a.voice, &view.coach, view.stories)
	m.Buttons = rows(2, e.followButton(a, CoachTopic(id), view.follows),
		press(a.say("button_club", "Club", shortName(e.clubByID(view.coach.Club.Value, ""))), clubAction(view.coach.Club.Value)))
	if e.Artist != nil {
		if pic, err := e.Artist.Career(a.language, view.coach, view.stories, a.now); err == nil {
			m.Picture = &pic
		} else {
			e.Log.WarnContext(ctx, "picture failed", "coach", string(id), "error", err)
		}
	}
	return m, nil
}

func clubAction(id ClubID) Action {
	if id == "" {
		return ""
	}
	return newAction(actClub, string(id))
}

// coachCard is everything that articles said, each fact with its source.
func (e *Engine) coachCard(v voice, c *Coach, stories []Story) Message {
	m := Message{Title: c.Name}
	linked := map[ArticleID]bool{} // one link to an article is enough
	m.Blocks = append(m.Blocks,
		v.fact("fact_age", v.age(c.BirthYear), c.BirthYear.Source, linked),
		v.fact("fact_club", e.presentClub(v, c), c.Club.Source, linked),
		v.fact("fact_contract", v.known(c.Contract.Known(), v.long(c.Contract.Value)), c.Contract.Source, linked))
	if len(c.Stations) > 0 {
		m.Blocks = append(m.Blocks, heading(v.say("stations")))
		for i, s := range c.Stations {
			if i == stationsShown {
				m.Blocks = append(m.Blocks, paragraph(italic(v.say("and_more", "Count", len(c.Stations)-i))))
				break
			}
			m.Blocks = append(m.Blocks, e.stationItem(v, s, linked))
		}
	}
	m.Blocks = append(m.Blocks, heading(v.say("stories")))
	if len(stories) == 0 {
		m.Blocks = append(m.Blocks, paragraph(italic(v.say("stories_none"))))
	}
	for i := range stories {
		m.Blocks = append(m.Blocks, v.storyBlocks(&stories[i])...)
	}
	return m
}

// fact is "Verein: Alemannia Aachen – laut kicker, 12.09.2024".
func (v voice) fact(label, value string, s Source, linked map[ArticleID]bool) Block {
	spans := []TextSpan{bold(v.say(label) + ": "), plain(value)}
	if s.Article != 0 {
		spans = append(spans, plain(" – "), v.cited(s, linked))
	}
	return paragraph(spans...)
}

// cited is the source, linked where its article was not linked before.
func (v voice) cited(s Source, linked map[ArticleID]bool) TextSpan {
	by := plain(v.source(s))
	if !linked[s.Article] {
		by.Link = webLink(s.URL)
		linked[s.Article] = true
	}
	return by
}

func (v voice) known(ok bool, value string) string {
	if !ok {
		return v.say("unknown")
	}
	return value
}

// age is approximate: articles state ages, not birthdays.
func (v voice) age(year Fact[int]) string {
	if !year.Known() || year.Value == 0 {
		return v.say("unknown")
	}
	return v.say("age", "Count", v.now.Year()-year.Value, "Year", strconv.Itoa(year.Value))
}

func (e *Engine) presentClub(v voice, c *Coach) string {
	switch {
	case !c.Club.Known():
		return v.say("unknown")
	case c.Club.Value == "":
		return v.say("without_club")
	}
	return e.clubByID(c.Club.Value, "").Name
}

// stationItem is "2023–2024: Alemannia Aachen, Cheftrainer – laut ...".
func (e *Engine) stationItem(v voice, s Station, linked map[ArticleID]bool) Block {
	club := v.side(e.clubByID(s.Club, s.Name).Name, s.Team)
	text := club + ", " + v.say("role_"+string(cmp.Or(s.Role, Head)))
	if span := v.years(s); span != "" {
		text = span + ": " + text
	}
	return item(plain(text), plain(" – "), v.cited(s.Source, linked))
}

// years is as precise as the article was.
func (v voice) years(s Station) string {
	from, to := v.short(s.From), v.short(s.To)
	switch {
	case s.Open && s.From.IsZero():
		return v.say("span_open")
	case s.Open:
		return v.say("span_since", "From", from)
	case s.From.IsZero() && s.To.IsZero():
		return ""
	case s.From.IsZero():
		return v.say("span_until", "To", to)
	case s.To.IsZero():
		return v.say("span_from", "From", from)
	case from == to:
		return from
	}
	return from + "–" + to
}

// pick is one of several things that a name can mean.
type pick struct {
	label  string
	action Action
}

func namePicks(names []Name) []pick {
	picks := make([]pick, 0, len(names))
	for _, n := range names {
		picks = append(picks, pick{n.Text, newAction(actCoach, n.ID)})
	}
	return picks
}

func clubPicks(clubs []Club) []pick {
	picks := make([]pick, 0, len(clubs))
	for _, c := range clubs {
		picks = append(picks, pick{c.Name, newAction(actClub, string(c.ID))})
	}
	return picks
}

// askBack offers the things a name can mean, or the nearest when it means none.
func (a *ask) askBack(query string, hits, near []pick) Message {
	query = shorten(query, 60)
	m := Message{Private: true}
	picks := hits
	switch {
	case len(hits) > 0:
		m.Blocks = []Block{paragraph(plain(a.say("several_hits", "Query", query)))}
	case len(near) > 0:
		picks = near
		m.Blocks = []Block{paragraph(plain(a.say("nothing_near", "Query", query)))}
	default:
		m.Blocks = []Block{paragraph(plain(a.say("nothing_found", "Query", query)))}
	}
	buttons := make([]Button, 0, len(picks))
	for _, p := range picks {
		m.Blocks = append(m.Blocks, item(plain(p.label)))
		buttons = append(buttons, press(p.label, p.action))
	}
	m.Buttons = rows(2, buttons...)
	return m
}

// lookUp answers free text: a coach, then a club.
func (e *Engine) lookUp(ctx context.Context, a *ask) (Message, error) {
	query := strings.TrimSpace(a.Text)
	if query == "" {
		return e.helpCommand(ctx, a)
	}
	if len(query) > 80 {
		return a.problem("too_long"), nil
	}
	if greets(query) {
		hello := *a
		hello.Args, hello.Text = nil, ""
		return e.startCommand(ctx, &hello)
	}
	var coaches found[Name]
	var clubs found[Club]
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if coaches, err = findCoach(tx, query); err != nil {
			return err
		}
		clubs, err = e.findClub(tx, query)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	e.preferExact(&coaches, &clubs, query)
	switch {
	case len(coaches.hits) == 1:
		return e.showCoach(ctx, a, CoachID(coaches.hits[0].ID))
	case len(coaches.hits) == 0 && len(clubs.hits) == 1:
		return e.showClub(ctx, a, clubs.hits[0].ID)
	}
	back := a.askBack(query, append(namePicks(coaches.hits), clubPicks(clubs.hits)...),
		append(namePicks(coaches.near), clubPicks(clubs.near)...))
	return e.orArticles(ctx, a, query, back, nil)
}

// greets reports whether somebody just says hello, as people do first in a new
// chat: no club comes near enough to be meant.
func greets(text string) bool {
	switch NormaliseName(text) {
	case "hallo", "hi", "hey", "hello", "moin", "servus", "guten tag", "gruss gott", "gruezi", "good morning", "guten morgen":
		return true
	}
	return false
}

// preferExact drops what only resembles the query where something bears that
// very name.
func (e *Engine) preferExact(coaches *found[Name], clubs *found[Club], query string) {
	coach, club := exactly(coaches.hits, query), e.isClubName(query)
	if coach && !club {
		clubs.hits = nil
	}
	if club && !coach {
		coaches.hits = nil
	}
}

// exactly reports whether the query is a whole word run of every hit's name.
func exactly(hits []Name, query string) bool {
	norm := NormaliseName(query)
	for _, h := range hits {
		if !strings.Contains(" "+NormaliseName(h.Text)+" ", " "+norm+" ") {
			return false
		}
	}
	return len(hits) > 0
}
