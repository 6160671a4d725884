package bot

import (
	"context"
	"strconv"
	"strings"
)

// press answers a button. Buttons live for years: what they point to may be
// gone, and who presses may not be who asked, so everything is checked anew.
func (e *Engine) press(ctx context.Context, a *ask) (Message, error) {
	verb, first, second := a.Action.cut()
	if m, done, err := e.pressLook(ctx, a, verb, first, second); done || err != nil {
		return m, err
	}
	if m, done, err := e.pressStory(ctx, a, verb, first); done || err != nil {
		return m, err
	}
	if verb == actDelete {
		return e.pressDelete(ctx, a, first)
	}
	if !a.mayManage() {
		return a.problem("manage_only"), nil
	}
	if m, done, err := e.pressChat(ctx, a, verb, first); done || err != nil {
		return m, err
	}
	if t, ok := unpackTopic(first); ok {
		return e.pressTopic(ctx, a, verb, t, second)
	}
	return a.problem("stale_button"), nil
}

// pressLook answers what everybody may ask.
func (e *Engine) pressLook(ctx context.Context, a *ask, verb, first, second string) (m Message, done bool, err error) {
	switch verb {
	case actCoach:
		m, err = e.showCoach(ctx, a, CoachID(first))
	case actClub:
		m, err = e.showClub(ctx, a, ClubID(first))
	case actCarousel:
		page, _ := strconv.Atoi(second) // a broken number is the first page
		m, err = e.showCarousel(ctx, a, LeagueID(first), max(page, 0))
	case actHelp:
		a.Command, a.Text, a.Args = "help", first, nil
		m, err = e.helpCommand(ctx, a)
	case actSource:
		_, name, _ := strings.Cut(string(a.Action), ":")
		m, err = e.showSource(ctx, a, name)
	case actListSubs:
		page, _ := strconv.Atoi(first) // a broken number is the first page
		m, err = e.listSubscriptions(ctx, a, page)
	case actNews, actRumours, actLast:
		t, ok := unpackTopic(first)
		if !ok {
			return a.problem("stale_button"), true, nil
		}
		m, err = e.pressList(ctx, a, verb, t, second)
	default:
		return Message{}, false, nil
	}
	return m, true, err
}

func (e *Engine) pressList(ctx context.Context, a *ask, verb string, t Topic, cursor string) (Message, error) {
	switch verb {
	case actNews:
		return e.listStories(ctx, a, t, settled(), parseCursor(cursor))
	case actRumours:
		return e.listStories(ctx, a, t, unsettled(), parseCursor(cursor))
	}
	const offered = 3
	return e.lastStories(ctx, a, []Topic{t}, offered)
}
