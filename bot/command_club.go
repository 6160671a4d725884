package bot

import (
	"context"
)

// clubView is what /club reads in one transaction.
type clubView struct {
	club    Club
	known   bool
	now     Situation
	stories []Story
	coaches []Coach
	follows bool
}

func (e *Engine) clubCommand(ctx context.Context, a *ask) (Message, error) {
	query := a.arg("name", 0, true)
	if query == "" {
		return e.usage(ctx, a, "club")
	}
	var f found[Club]
	var coaches found[Name]
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if f, err = e.findClub(tx, query); err != nil || len(f.hits) > 0 {
			return err
		}
		coaches, err = findCoach(tx, query)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if len(f.hits) == 1 {
		return e.showClub(ctx, a, f.hits[0].ID)
	}
	near := clubPicks(f.near)
	if exactly(coaches.hits, query) { // a coach's name, typed behind the wrong command
		near = namePicks(coaches.hits)
	}
	return a.askBack(query, clubPicks(f.hits), near), nil
}

func (e *Engine) showClub(ctx context.Context, a *ask, id ClubID) (Message, error) {
	view, err := e.readClub(ctx, a.Chat, id)
	if err != nil {
		return Message{}, err
	}
	if !view.known {
		return a.problem("club_gone"), nil
	}
	m := e.clubCard(a.voice, &view)
	buttons := []Button{e.followButton(a, ClubTopic(id), view.follows)}
	for _, c := range view.coaches[:min(len(view.coaches), 3)] {
		buttons = append(buttons, press(c.Name, newAction(actCoach, string(c.ID))))
	}
	m.Buttons = rows(2, buttons...)
	if e.Artist != nil {
		if pic, err := e.Artist.Bench(a.language, view.club, view.coaches, view.stories, a.now); err == nil {
			m.Picture = &pic
		} else {
			e.Log.WarnContext(ctx, "picture failed", "club", string(id), "error", err)
		}
	}
	return m, nil
}

func (e *Engine) readClub(ctx context.Context, chat ChatRef, id ClubID) (clubView, error) {
	var view clubView
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if view.club, view.known = e.Gazetteer.Club(id); !view.known {
			if view.club, view.known, err = unlistedClub(tx, id); err != nil || !view.known {
				return err
			}
		}
		if view.now, err = e.Situation(tx, id, ""); err != nil {
			return err
		}
		if view.stories, err = tx.Stories(ClubTopic(id), Page{Limit: storiesShown}); err != nil {
			return err
		}
		if view.coaches, err = coachesOf(tx, view.stories); err != nil {
			return err
		}
		view.follows, err = follows(tx, chat, ClubTopic(id))
		return err
	})
	return view, err
}

// coachesOf are the coaches of some stories, each once.
func coachesOf(tx ReadTx, stories []Story) ([]Coach, error) {
	var out []Coach
	seen := map[CoachID]bool{"": true}
	for _, s := range stories {
		if seen[s.Key.Coach] {
			continue
		}
		seen[s.Key.Coach] = true
		c, err := tx.Coach(s.Key.Coach)
		if err != nil {
			if isMissing(err) {
				continue
			}
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (e *Engine) clubCard(v voice, view *clubView) Message {
	m := Message{Title: view.club.Name}
	if l, ok := e.Gazetteer.League(view.club.League); ok {
		m.Blocks = append(m.Blocks, paragraph(italic(l.Name)))
	}
	m.Blocks = append(m.Blocks, v.situationBlocks(&view.now)...)
	m.Blocks = append(m.Blocks, heading(v.say("stories")))
	if len(view.stories) == 0 {
		m.Blocks = append(m.Blocks, paragraph(italic(v.say("stories_none"))))
	}
	for i := range view.stories {
		m.Blocks = append(m.Blocks, v.storyBlocks(&view.stories[i])...)
	}
	return m
}
