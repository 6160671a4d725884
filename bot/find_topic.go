package bot

import (
	"context"
	"slices"
	"strings"
)

// topicHit is a topic with the name that users see.
type topicHit struct {
	topic Topic
	name  string
}

// findTopic resolves what users can follow: everything, a league, a club, a
// coach, and for mutes the number of a story.
func (e *Engine) findTopic(tx ReadTx, v voice, query string) (found[topicHit], error) {
	var f found[topicHit]
	query = strings.TrimSpace(query)
	if meansAll(query) {
		f.hits = []topicHit{{TopicAll, v.say("topic_all")}}
		return f, nil
	}
	if t, ok := e.spelledTopic(query); ok {
		name, err := e.topicName(tx, v, t)
		f.hits = []topicHit{{t, name}}
		return f, err
	}
	if l, ok := e.findLeague(query); ok {
		f.hits = []topicHit{{LeagueTopic(l.ID), l.Name}}
		return f, nil
	}
	clubs, err := e.findClub(tx, query)
	if err != nil {
		return f, err
	}
	coaches, err := findCoach(tx, query)
	if err != nil {
		return f, err
	}
	e.preferExact(&coaches, &clubs, query)
	f.hits = append(clubTopics(clubs.hits), coachTopics(coaches.hits)...)
	f.near = append(clubTopics(clubs.near), coachTopics(coaches.near)...)
	return f, nil
}

func meansAll(query string) bool {
	return slices.Contains([]string{"all", "alle", "alles", "everything"}, strings.ToLower(query))
}

// spelledTopic reads "club:schalke", as completions and buttons write it, and
// "#12" for a story.
func (e *Engine) spelledTopic(query string) (Topic, bool) {
	if id, ok := parseStory(query); ok && strings.HasPrefix(query, "#") {
		return StoryTopic(id), true
	}
	t := Topic(query)
	kind, id := t.Cut()
	if topicLetters[kind] == "" || strings.ContainsAny(id, " :") || (id == "" && t != TopicAll) {
		return "", false
	}
	if _, ok := e.Gazetteer.Club(ClubID(id)); kind == "club" && !ok && id != Slug(id) {
		return "", false
	}
	return t, true
}

func clubTopics(clubs []Club) []topicHit {
	var out []topicHit
	for _, c := range clubs {
		out = append(out, topicHit{ClubTopic(c.ID), c.Name})
	}
	return out
}

func coachTopics(names []Name) []topicHit {
	var out []topicHit
	for _, n := range names {
		out = append(out, topicHit{CoachTopic(CoachID(n.ID)), n.Text})
	}
	return out
}

// topicOrAsk resolves a topic; without exactly one it returns the question back
// instead, whose buttons carry on with the given verb.
func (e *Engine) topicOrAsk(ctx context.Context, a *ask, query, verb string) (Topic, Message, error) {
	if len(query) > 100 {
		return "", a.problem("too_long"), nil
	}
	var f found[topicHit]
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		f, err = e.findTopic(tx, a.voice, query)
		if err != nil || len(f.hits) > 0 {
			return err
		}
		return e.findBeginning(tx, a.voice, query, &f)
	})
	if err != nil {
		return "", Message{}, err
	}
	if len(f.hits) == 1 {
		return f.hits[0].topic, Message{}, nil
	}
	picks := func(hits []topicHit) []pick {
		var out []pick
		for _, h := range hits {
			out = append(out, pick{h.name, newAction(verb, h.topic.pack())})
		}
		return out
	}
	return "", a.askBack(query, picks(f.hits), picks(f.near)), nil
}

// findBeginning offers what the first words mean, when those behind them are none
// that a command understands ("Schalke morgen").
func (e *Engine) findBeginning(tx ReadTx, v voice, query string, f *found[topicHit]) error {
	words := strings.Fields(query)
	for n := len(words) - 1; n > 0; n-- {
		part, err := e.findTopic(tx, v, strings.Join(words[:n], " "))
		if err != nil {
			return err
		}
		if len(part.hits) > 0 {
			f.near = part.hits
			return nil
		}
	}
	return nil
}

// topicName is what users read for a topic; one whose thing is gone shows its
// id.
func (e *Engine) topicName(tx ReadTx, v voice, t Topic) (string, error) {
	kind, id := t.Cut()
	switch kind {
	case "club":
		if c, ok := e.Gazetteer.Club(ClubID(id)); ok {
			return c.Name, nil
		}
		c, ok, err := unlistedClub(tx, ClubID(id))
		if err != nil || !ok {
			return id, err
		}
		return c.Name, nil
	case "coach":
		c, err := tx.Coach(CoachID(id))
		if isMissing(err) {
			return id, nil
		}
		return c.Name, err
	case "league":
		if l, ok := e.Gazetteer.League(LeagueID(id)); ok {
			return l.Name, nil
		}
	case "story":
		return v.say("topic_story", "Number", id), nil
	case string(TopicAll):
		return v.say("topic_all"), nil
	}
	return id, nil
}
