package bot

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of completions, from the narrowest platform (Discord).
const (
	maxChoices     = 25
	maxChoiceLabel = 100 // characters
	maxChoiceValue = 100 // bytes
)

// Suggest implements Responder. It reads indexes only, so it is as fast over
// 50,000 names as over fifty.
func (e *Engine) Suggest(ctx context.Context, req Request) []Choice {
	a := ask{Request: req, voice: e.voiceFor(Chat{}, req.Language)}
	a.IsOwner = e.isOwner(req.User)
	if utf8.RuneCountInString(req.Query) > maxChoiceLabel {
		return nil
	}
	var out []Choice
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if c, err := tx.Chat(req.Chat); err == nil {
			a.chat, a.voice = c, e.voiceFor(c, req.Language)
		} else if !isMissing(err) {
			return err
		}
		out, err = e.complete(tx, &a)
		return err
	})
	if err != nil {
		e.Log.WarnContext(ctx, "completion failed", "command", req.Command, "option", req.Option, "error", err)
		return nil
	}
	return trimChoices(out)
}

// complete chooses what can stand in the option.
func (e *Engine) complete(tx ReadTx, a *ask) ([]Choice, error) {
	switch a.Command + " " + a.Option {
	case "coach name":
		return e.suggestCoaches(tx, a.Query, false)
	case "club name":
		return e.suggestClubs(a.Query, false), nil
	case "unsubscribe topic":
		return e.suggestOwn(tx, a, subscribedTopics)
	case "unmute topic":
		return e.suggestOwn(tx, a, mutedTopics)
	case "why story", "correct story":
		return a.suggestStories(tx)
	case "source name":
		return e.suggestOutlets(tx, a.Query)
	case "feeds address":
		return suggestFeeds(tx, a)
	}
	switch {
	case a.Command == "":
		return e.suggestEverything(tx, a)
	case a.Option == "topic":
		return e.suggestTopics(tx, a)
	}
	return e.completeFixed(a), nil
}

// completeFixed needs no store.
func (e *Engine) completeFixed(a *ask) []Choice {
	switch a.Command + " " + a.Option {
	case "carousel league":
		return leagueChoices(e.suggestLeagues(a.Query, maxChoices), false)
	case "help command":
		return e.suggestCommands(a)
	case "quiet zone":
		return suggestZones(a.Query)
	}
	return nil
}

// suggestCoaches completes names by prefix, then mends them.
func (e *Engine) suggestCoaches(tx ReadTx, query string, asTopic bool) ([]Choice, error) {
	norm := NormaliseName(query)
	names, err := coachesBeginning(tx, norm)
	if err != nil {
		return nil, err
	}
	names = distinctNames(names, maxChoices)
	if len(names) == 0 && len(norm) >= 3 {
		f, err := resembling(tx, norm)
		if err != nil {
			return nil, err
		}
		names = slices.Concat(f.hits, f.near)
	}
	out := make([]Choice, 0, len(names))
	for _, n := range names {
		value := n.ID
		if asTopic {
			value = string(CoachTopic(CoachID(n.ID)))
		}
		out = append(out, Choice{Label: n.Text, Value: value, Command: "coach"})
	}
	return out, nil
}

// coachesBeginning are those in the news while nothing is typed.
func coachesBeginning(tx ReadTx, norm string) ([]Name, error) {
	if norm != "" {
		return tx.Names(NameCoach, "w:"+norm, true, maxChoices*3)
	}
	stories, err := tx.Stories(TopicAll, Page{Limit: maxChoices * 2})
	names := make([]Name, 0, len(stories))
	for _, s := range stories {
		if s.Key.Coach != "" {
			names = append(names, Name{ID: string(s.Key.Coach), Text: s.CoachName})
		}
	}
	return names, err
}

func (e *Engine) suggestClubs(query string, asTopic bool) []Choice {
	index := e.clubNames()
	norm := NormaliseName(query)
	clubs := index.begins(norm, maxChoices)
	if len(clubs) == 0 && len(norm) >= 3 {
		hits, near := index.resembling(norm)
		clubs = slices.Concat(hits, near)
	}
	out := make([]Choice, 0, len(clubs))
	for _, c := range clubs {
		value := string(c.ID)
		if asTopic {
			value = string(ClubTopic(c.ID))
		}
		hint := ""
		if l, ok := e.Gazetteer.League(c.League); ok {
			hint = l.Name
		}
		out = append(out, Choice{Label: c.Name, Value: value, Hint: hint, Command: "club"})
	}
	return out
}

// suggestLeagues are those whose name has a word that begins with the query,
// the higher tiers first.
func (e *Engine) suggestLeagues(query string, limit int) []League {
	norm := NormaliseName(query)
	var out []League
	for _, l := range e.Gazetteer.Leagues() {
		if strings.Contains(" "+NormaliseName(l.Name), " "+norm) {
			out = append(out, l)
		}
	}
	home := func(l League) int { return boolRank(l.Country != "GER") }
	slices.SortStableFunc(out, func(a, b League) int {
		if d := home(a) - home(b); d != 0 {
			return d
		}
		return a.Tier - b.Tier
	})
	return out[:min(len(out), limit)]
}

func leagueChoices(leagues []League, asTopic bool) []Choice {
	out := make([]Choice, 0, len(leagues))
	for _, l := range leagues {
		value := string(l.ID)
		if asTopic {
			value = string(LeagueTopic(l.ID))
		}
		out = append(out, Choice{Label: l.Name, Value: value, Command: "carousel"})
	}
	return out
}

// suggestTopics mixes clubs, coaches and leagues; few of each while little is
// typed.
func (e *Engine) suggestTopics(tx ReadTx, a *ask) ([]Choice, error) {
	coaches, err := e.suggestCoaches(tx, a.Query, true)
	if err != nil {
		return nil, err
	}
	clubs := e.suggestClubs(a.Query, true)
	leagues := leagueChoices(e.suggestLeagues(a.Query, 5), true)
	out := slices.Concat(leagues, clubs[:min(len(clubs), 12)], coaches)
	if all := a.say("topic_all"); strings.HasPrefix(strings.ToLower(all), strings.ToLower(a.Query)) {
		out = append([]Choice{{Label: all, Value: string(TopicAll)}}, out...)
	}
	return out, nil
}

// suggestEverything serves inline look-ups.
func (e *Engine) suggestEverything(tx ReadTx, a *ask) ([]Choice, error) {
	coaches, err := e.suggestCoaches(tx, a.Query, false)
	if err != nil {
		return nil, err
	}
	clubs := e.suggestClubs(a.Query, false)
	return append(coaches[:min(len(coaches), 15)], clubs...), nil
}

func subscribedTopics(tx ReadTx, a *ask) ([]Topic, error) {
	subs, err := tx.Subscriptions(a.Chat)
	out := make([]Topic, 0, len(subs))
	for _, s := range subs {
		out = append(out, s.Topic)
	}
	return out, err
}

func mutedTopics(_ ReadTx, a *ask) ([]Topic, error) {
	out := make([]Topic, 0, len(a.chat.Mutes))
	for _, m := range a.chat.Mutes {
		out = append(out, m.Topic)
	}
	return out, nil
}

// suggestOwn completes among what the chat has.
func (e *Engine) suggestOwn(tx ReadTx, a *ask, own func(ReadTx, *ask) ([]Topic, error)) ([]Choice, error) {
	topics, err := own(tx, a)
	if err != nil {
		return nil, err
	}
	norm := NormaliseName(a.Query)
	var out []Choice
	for _, t := range topics {
		name, err := e.topicName(tx, a.voice, t)
		if err != nil {
			return nil, err
		}
		if strings.Contains(" "+NormaliseName(name), " "+norm) && len(out) < maxChoices {
			out = append(out, Choice{Label: name, Value: string(t)})
		}
	}
	return out, nil
}

// suggestStories offers the newest stories by headline.
func (a *ask) suggestStories(tx ReadTx) ([]Choice, error) {
	stories, err := tx.Stories(TopicAll, Page{Limit: 100})
	if err != nil {
		return nil, err
	}
	norm := NormaliseName(a.Query)
	var out []Choice
	for i := range stories {
		label := "#" + storyArg(stories[i].ID) + " " + a.headline(&stories[i])
		if strings.Contains(" "+NormaliseName(label), " "+norm) {
			out = append(out, Choice{Label: label, Value: storyArg(stories[i].ID)})
		}
	}
	return out, nil
}

// suggestOutlets are those that the feeds and the newest articles name.
func (e *Engine) suggestOutlets(tx ReadTx, query string) ([]Choice, error) {
	feeds, err := tx.Feeds()
	if err != nil {
		return nil, err
	}
	stories, err := tx.Stories(TopicAll, Page{Limit: 50})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range feeds {
		names = append(names, f.Outlet)
	}
	for _, s := range stories {
		names = append(names, s.Outlets...)
	}
	slices.Sort(names)
	norm := NormaliseName(query)
	var out []Choice
	for _, n := range slices.Compact(names) {
		if n != "" && strings.Contains(" "+NormaliseName(n), " "+norm) {
			out = append(out, Choice{Label: n, Value: n, Command: "source"})
		}
	}
	return out, nil
}

func (e *Engine) suggestCommands(a *ask) []Choice {
	query := strings.ToLower(strings.TrimPrefix(a.Query, "/"))
	var out []Choice
	for _, c := range e.Commands() {
		if c.Hidden || (c.Owner && !a.IsOwner) {
			continue
		}
		if strings.HasPrefix(c.Name, query) || strings.HasPrefix(c.Local[a.language], query) {
			out = append(out, Choice{Label: "/" + c.Name, Value: c.Name, Hint: c.About[a.language]})
		}
	}
	return out
}

// suggestZones offers the zones of the German-speaking countries and their
// neighbours; any other IANA name can be typed.
func suggestZones(query string) []Choice {
	var out []Choice
	for _, z := range []string{
		"Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/Luxembourg", "Europe/Amsterdam",
		"Europe/Brussels", "Europe/Paris", "Europe/London", "Europe/Madrid", "Europe/Rome", "Europe/Warsaw",
		"Europe/Prague", "Europe/Copenhagen", "Europe/Istanbul", "Europe/Athens", "UTC",
		"America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney",
	} {
		if strings.Contains(strings.ToLower(z), strings.ToLower(strings.TrimSpace(query))) {
			out = append(out, Choice{Label: z, Value: z})
		}
	}
	return out
}

// suggestFeeds is for owners only: feeds are the operator's business.
func suggestFeeds(tx ReadTx, a *ask) ([]Choice, error) {
	if !a.IsOwner {
		return nil, nil
	}
	feeds, err := tx.Feeds()
	var out []Choice
	for _, f := range feeds {
		if strings.Contains(strings.ToLower(f.URL+" "+f.Name), strings.ToLower(a.Query)) {
			out = append(out, Choice{Label: f.URL, Value: f.URL, Hint: f.Name})
		}
	}
	return out, err
}

// trimChoices keeps what platforms accept: no overlong values, no value twice.
func trimChoices(choices []Choice) []Choice {
	var out []Choice
	seen := map[string]bool{}
	for _, c := range choices {
		if len(out) == maxChoices {
			break
		}
		if c.Value == "" || len(c.Value) > maxChoiceValue || seen[c.Command+" "+c.Value] {
			continue
		}
		seen[c.Command+" "+c.Value] = true
		c.Label = shorten(c.Label, maxChoiceLabel)
		out = append(out, c)
	}
	return out
}
