package bot

import (
	"context"
	"strings"
)

// helpCommand lists the commands, or explains one.
func (e *Engine) helpCommand(_ context.Context, a *ask) (Message, error) {
	if query := a.arg("command", 0, true); a.Command == "help" && query != "" {
		spec, ok := e.commandNamed(query)
		if !ok || (spec.Owner && !a.IsOwner) {
			return a.problem("unknown_command", "Command", shorten(query, 30)), nil
		}
		return a.explain(&spec), nil
	}
	m := Message{Title: a.say("help_title"), Private: true}
	m.Blocks = append(m.Blocks, paragraph(plain(a.say("help_intro"))))
	groups := []struct {
		key   string
		specs []CommandSpec
	}{
		{"help_ask", askCommands()},
		{"help_follow", followCommands()},
		{"help_chat", chatCommands()},
		{"help_owner", ownerCommands()},
	}
	for _, g := range groups {
		if g.key == "help_owner" && !a.IsOwner {
			continue
		}
		m.Blocks = append(m.Blocks, heading(a.say(g.key)))
		for i := range g.specs {
			if s := &g.specs[i]; !s.Hidden {
				m.Blocks = append(m.Blocks, item(bold("/"+s.Name), plain(" – "+s.About[a.language])))
			}
		}
	}
	m.Blocks = append(m.Blocks, paragraph(italic(a.say("help_more"))))
	return m, nil
}

// explain is the long help of one command: its table entry in words.
func (a *ask) explain(s *CommandSpec) Message {
	m := Message{Title: "/" + s.Name, Private: true}
	m.Blocks = append(m.Blocks, paragraph(plain(s.About[a.language])))
	if len(s.Options) > 0 {
		m.Blocks = append(m.Blocks, heading(a.say("help_options")))
	}
	for _, o := range s.Options {
		text := " – " + o.About[a.language]
		if len(o.Choices) > 0 {
			labels := make([]string, 0, len(o.Choices))
			for _, c := range o.Choices {
				labels = append(labels, c.Label[a.language])
			}
			text += ": " + strings.Join(labels, ", ")
		}
		if !o.Required {
			text += " (" + a.say("optional") + ")"
		}
		m.Blocks = append(m.Blocks, item(bold(o.Local[a.language]), plain(text)))
	}
	if len(s.Aliases) > 0 {
		m.Blocks = append(m.Blocks, paragraph(plain(a.say("help_aliases", "Aliases", "/"+strings.Join(s.Aliases, ", /")))))
	}
	if s.Manage {
		m.Blocks = append(m.Blocks, paragraph(italic(a.say("manage_only"))))
	}
	return m
}

// startCommand welcomes, or follows a deep link: "club_schalke" asks before it
// subscribes.
func (e *Engine) startCommand(ctx context.Context, a *ask) (Message, error) {
	if payload := a.arg("payload", 0, true); payload != "" {
		if m, ok, err := e.followLink(ctx, a, payload); ok || err != nil {
			return m, err
		}
	}
	m := Message{Title: a.say("start_title")}
	m.Blocks = []Block{paragraph(plain(a.say("start_intro"))), paragraph(plain(a.say("start_try")))}
	m.Buttons = rows(2,
		press(a.say("button_carousel"), newAction(actCarousel, "")),
		press(a.say("button_settings"), newAction(actPanel, "main")),
		press(a.say("button_help"), newAction(actHelp, "")))
	return m, nil
}

// followLink reads a link's payload: "club_schalke" as the board writes it, or
// with any name by which the club, coach or league goes ("club_s04"). Telegram
// allows letters, digits, "_" and "-" there, so both stand for spaces too. ok is
// false for what is no such link.
func (e *Engine) followLink(ctx context.Context, a *ask, payload string) (m Message, ok bool, err error) {
	kind, id, _ := strings.Cut(payload, "_")
	t := Topic(kind + ":" + id)
	if payload == string(TopicAll) {
		t = TopicAll
	} else if topicLetters[kind] == "" || id == "" {
		return Message{}, false, nil
	}
	var f found[topicHit]
	err = e.Store.View(ctx, func(tx ReadTx) error {
		exists, err := e.topicExists(tx, t)
		if err != nil || exists {
			f.hits = []topicHit{{topic: t}}
			return err
		}
		all, err := e.findTopic(tx, a.voice, strings.NewReplacer("_", " ", "-", " ").Replace(id))
		for _, h := range all.hits {
			if k, _ := h.topic.Cut(); k == kind {
				f.hits = append(f.hits, h)
			}
		}
		return err
	})
	switch {
	case err != nil:
		return Message{}, true, err
	case len(f.hits) == 1:
		m, err = e.askToFollow(ctx, a, f.hits[0].topic)
		return m, true, err
	case len(f.hits) == 0:
		return a.problem("link_gone"), true, nil
	}
	var picks []pick
	for _, h := range f.hits {
		picks = append(picks, pick{h.name, newAction(actFollow, h.topic.pack())})
	}
	return a.askBack(id, picks, nil), true, nil
}

// askToFollow shows what a link points to and asks: links come from strangers.
func (e *Engine) askToFollow(ctx context.Context, a *ask, t Topic) (Message, error) {
	name, exists := "", false
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if exists, err = e.topicExists(tx, t); err != nil || !exists {
			return err
		}
		name, err = e.topicName(tx, a.voice, t)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if !exists {
		return a.problem("link_gone"), nil
	}
	m := a.note("follow_question", "Topic", name)
	yes := press(a.say("button_follow"), newAction(actFollow, t.pack()))
	yes.Kind = ButtonPrimary
	m.Buttons = rows(2, yes, press(a.say("button_look"), lookAction(t)))
	return m, nil
}

// lookAction shows what a topic is about.
func lookAction(t Topic) Action {
	switch kind, id := t.Cut(); kind {
	case "club":
		return newAction(actClub, id)
	case "coach":
		return newAction(actCoach, id)
	case "league":
		return newAction(actCarousel, id)
	}
	return ""
}

// topicExists reports whether one can still follow the topic.
func (e *Engine) topicExists(tx ReadTx, t Topic) (bool, error) {
	kind, id := t.Cut()
	switch kind {
	case "club":
		if _, ok := e.Gazetteer.Club(ClubID(id)); ok {
			return true, nil
		}
		_, ok, err := unlistedClub(tx, ClubID(id))
		return ok, err
	case "coach":
		_, err := tx.Coach(CoachID(id))
		if isMissing(err) {
			return false, nil
		}
		return err == nil, err
	case "league":
		_, ok := e.Gazetteer.League(LeagueID(id))
		return ok, nil
	}
	return t == TopicAll, nil
}
