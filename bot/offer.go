package bot

import (
	"context"
	"slices"
)

// offered is how many things a command without its argument offers.
const offered = 8

// usage explains a command that lacks its argument, and offers what it can be
// used on as buttons, so that nobody has to type a name: what the chat follows
// where that is meant, else what is in the news.
func (e *Engine) usage(ctx context.Context, a *ask, name string) (Message, error) {
	m := a.note("usage_"+name, "Command", name)
	m.Tone = ToneProblem
	var err error
	m.Buttons, err = e.offerButtons(ctx, a, name)
	return m, err
}

func (e *Engine) offerButtons(ctx context.Context, a *ask, name string) ([][]Button, error) {
	var picks []pick
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		picks, err = e.offers(tx, a, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	buttons := make([]Button, 0, offered)
	for _, p := range picks[:min(len(picks), offered)] {
		buttons = append(buttons, press(shorten(p.label, 60), p.action))
	}
	if name == "why" { // whole headlines
		return rows(1, buttons...), nil
	}
	return rows(2, buttons...), nil
}

// offers are what a command can be used on; none for those that take no names.
func (e *Engine) offers(tx ReadTx, a *ask, name string) ([]pick, error) {
	switch name {
	case "coach":
		names, err := coachesBeginning(tx, "")
		return namePicks(distinctNames(names, offered)), err
	case "club":
		clubs, err := e.clubsInTheNews(tx)
		return clubPicks(clubs), err
	case "subscribe":
		return e.offerTopics(tx, a)
	case "unsubscribe":
		return e.offerOwn(tx, a, actUnfollow)
	case "mute":
		return e.offerOwn(tx, a, actMute)
	case "why":
		return a.offerStories(tx)
	case "source":
		outlets, err := e.suggestOutlets(tx, "")
		var out []pick
		for _, o := range outlets {
			out = append(out, pick{o.Label, newAction(actSource, o.Value)})
		}
		return out, err
	}
	return nil, nil
}

// clubsInTheNews are those of the newest stories, each once.
func (e *Engine) clubsInTheNews(tx ReadTx) ([]Club, error) {
	stories, err := tx.Stories(TopicAll, Page{Limit: 5 * offered})
	if err != nil {
		return nil, err
	}
	var out []Club
	for i := range stories {
		id := stories[i].Key.Club
		if id == "" || slices.ContainsFunc(out, func(c Club) bool { return c.ID == id }) {
			continue
		}
		out = append(out, Club{ID: id, Name: stories[i].ClubName})
	}
	return out, nil
}

// offerTopics are clubs and coaches in the news that the chat does not follow
// yet, the two highest leagues, and everything.
func (e *Engine) offerTopics(tx ReadTx, a *ask) ([]pick, error) {
	own, err := subscribedTopics(tx, a)
	if err != nil {
		return nil, err
	}
	clubs, err := e.clubsInTheNews(tx)
	if err != nil {
		return nil, err
	}
	names, err := coachesBeginning(tx, "")
	if err != nil {
		return nil, err
	}
	var hits []topicHit
	for _, l := range e.suggestLeagues("", 2) {
		hits = append(hits, topicHit{LeagueTopic(l.ID), l.Name})
	}
	hits = append(hits, topicHit{TopicAll, a.say("topic_all")})
	names = distinctNames(names, 2)
	few := clubs[:min(len(clubs), offered-len(hits)-len(names))]
	hits = slices.Concat(clubTopics(few), coachTopics(names), hits)
	var out []pick
	for _, h := range hits {
		if !slices.Contains(own, h.topic) {
			out = append(out, pick{h.name, newAction(actFollow, h.topic.pack())})
		}
	}
	return out, nil
}

// offerOwn are the chat's subscriptions.
func (e *Engine) offerOwn(tx ReadTx, a *ask, verb string) ([]pick, error) {
	topics, err := subscribedTopics(tx, a)
	if err != nil {
		return nil, err
	}
	var out []pick
	for _, t := range topics[:min(len(topics), offered)] {
		name, err := e.topicName(tx, a.voice, t)
		if err != nil {
			return nil, err
		}
		out = append(out, pick{name, newAction(verb, t.pack())})
	}
	return out, nil
}

// offerStories are the newest stories, of the chat's subscriptions where it has
// some.
func (a *ask) offerStories(tx ReadTx) ([]pick, error) {
	topics, err := subscribedTopics(tx, a)
	if err != nil {
		return nil, err
	}
	if len(topics) == 0 {
		topics = []Topic{TopicAll}
	}
	var all []Story
	for _, t := range topics {
		some, err := tx.Stories(t, Page{Limit: offered})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(x, y Story) int { return y.Changed.Compare(x.Changed) })
	var out []pick
	seen := map[StoryID]bool{}
	for i := range all {
		if s := &all[i]; !seen[s.ID] {
			seen[s.ID] = true
			out = append(out, pick{a.headline(s), newAction(actWhy, storyArg(s.ID))})
		}
	}
	return out, nil
}
