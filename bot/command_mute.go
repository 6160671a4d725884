package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// muteHours are the spans that buttons offer; 0 is for good.
func muteHours() []int { return []int{8, 24, 168, 0} }

// muteCommand reads "/mute Schalke 8h", "/mute #12" or "/mute Backhaus immer".
func (e *Engine) muteCommand(ctx context.Context, a *ask) (Message, error) {
	query, span := strings.TrimSpace(a.Args["topic"]), strings.TrimSpace(a.Args["for"])
	if len(a.Args) == 0 {
		query, span = cutSpan(a.Text)
	}
	if query == "" {
		return e.usage(ctx, a, "mute")
	}
	t, back, err := e.topicOrAsk(ctx, a, query, actMute)
	if err != nil || t == "" {
		return back, err
	}
	if kind, id := t.Cut(); kind == "story" {
		if known, err := e.knowsStory(ctx, id); err != nil || !known {
			return a.problem("story_unknown", "Number", id), err
		}
	}
	if span == "" {
		return e.muteQuestion(ctx, a, t)
	}
	hours, ok := parseMute(span)
	if !ok {
		return e.usage(ctx, a, "mute")
	}
	return e.muteFor(ctx, a, t, hours)
}

// knowsStory reports whether there is a story of this number.
func (e *Engine) knowsStory(ctx context.Context, number string) (bool, error) {
	id, ok := parseStory(number)
	if !ok {
		return false, nil
	}
	err := e.Store.View(ctx, func(tx ReadTx) error {
		_, err := tx.Story(id)
		return err
	})
	if isMissing(err) {
		return false, nil
	}
	return err == nil, err
}

// cutSpan takes a span of one to three words from the end of a line.
func cutSpan(line string) (query, span string) {
	words := strings.Fields(line)
	for n := min(3, len(words)-1); n > 0; n-- {
		span = strings.Join(words[len(words)-n:], " ")
		if _, ok := parseMute(span); ok {
			return strings.Join(words[:len(words)-n], " "), span
		}
	}
	return strings.Join(words, " "), ""
}

// parseMute reads "8", "8h", "2d", "für 3 Tage" or "for good"; at most a year.
func parseMute(s string) (hours int, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "für "), "for ")
	if slices.Contains([]string{"immer", "always", "forever", "good", "ever"}, s) {
		return 0, true
	}
	s = strings.NewReplacer("eine ", "1 ", "einen ", "1 ", "ein ", "1 ", "an ", "1 ", "a ", "1 ").Replace(s)
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzä ")
	n, err := strconv.Atoi(digits)
	if err != nil || n <= 0 || n > 24*365 {
		return 0, false
	}
	switch strings.TrimSpace(s[len(digits):]) {
	case "", "h", "std", "stunde", "stunden", "hour", "hours":
		return n, true
	case "d", "t", "tag", "tage", "day", "days":
		return min(n, 365) * 24, true
	case "w", "woche", "wochen", "week", "weeks":
		return min(n, 52) * 168, true
	}
	return 0, false
}

// muteStory asks what to silence: the story, its coach or its club.
func (e *Engine) muteStory(ctx context.Context, a *ask, id StoryID) (Message, error) {
	var s Story
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		s, err = tx.Story(id)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	m := a.note("mute_what")
	m.Buttons = rows(1,
		press(a.say("mute_story"), newAction(actMuteFor, StoryTopic(id).pack(), "0")),
		press(s.CoachName, coachMute(s.Key.Coach)),
		press(s.ClubName, newAction(actMute, ClubTopic(s.Key.Club).pack())))
	return m, nil
}

func coachMute(id CoachID) Action {
	if id == "" {
		return ""
	}
	return newAction(actMute, CoachTopic(id).pack())
}

// muteQuestion asks for how long.
func (e *Engine) muteQuestion(ctx context.Context, a *ask, t Topic) (Message, error) {
	name, err := e.nameOf(ctx, a, t)
	if err != nil {
		return Message{}, err
	}
	m := a.note("mute_how_long", "Topic", name)
	var buttons []Button
	for _, h := range muteHours() {
		buttons = append(buttons, press(a.muteSpan(h), newAction(actMuteFor, t.pack(), strconv.Itoa(h))))
	}
	m.Buttons = rows(2, buttons...)
	return m, nil
}

func (v voice) muteSpan(hours int) string {
	switch {
	case hours == 0:
		return v.say("mute_always")
	case hours%24 == 0:
		return v.say("days", "Count", hours/24)
	}
	return v.say("hours", "Count", hours)
}

func (e *Engine) nameOf(ctx context.Context, a *ask, t Topic) (string, error) {
	name := ""
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		name, err = e.topicName(tx, a.voice, t)
		return err
	})
	return name, err
}

func (e *Engine) muteFor(ctx context.Context, a *ask, t Topic, hours int) (Message, error) {
	name, err := e.nameOf(ctx, a, t)
	if err != nil {
		return Message{}, err
	}
	until := time.Time{}
	if hours > 0 {
		until = a.now.Add(time.Duration(hours) * time.Hour)
	}
	err = e.changeChat(ctx, a, func(c *Chat) {
		c.Mutes = slices.DeleteFunc(c.Mutes, func(m Mute) bool {
			return m.Topic == t || (!m.Until.IsZero() && m.Until.Before(a.now))
		})
		c.Mutes = append(c.Mutes, Mute{Topic: t, Until: until})
	})
	if err != nil {
		return Message{}, err
	}
	m := a.note("muted_always", "Topic", name)
	if hours > 0 {
		m = a.note("muted_until", "Topic", name, "Until", a.moment(until))
	}
	m.Buttons = rows(1, press(a.say("button_unmute"), newAction(actUnmute, t.pack())))
	return m, nil
}

// unmuteCommand lifts one mute, or shows all of them.
func (e *Engine) unmuteCommand(ctx context.Context, a *ask) (Message, error) {
	query := a.arg("topic", 0, true)
	if query == "" {
		return e.mutesPanel(ctx, a)
	}
	t, back, err := e.topicOrAsk(ctx, a, query, actUnmute)
	if err != nil || t == "" {
		return back, err
	}
	return e.unmute(ctx, a, t)
}

func (e *Engine) unmute(ctx context.Context, a *ask, t Topic) (Message, error) {
	name, err := e.nameOf(ctx, a, t)
	if err != nil {
		return Message{}, err
	}
	if !slices.ContainsFunc(a.chat.Mutes, func(m Mute) bool { return m.Topic == t }) {
		return a.note("not_muted", "Topic", name), nil
	}
	err = e.changeChat(ctx, a, func(c *Chat) {
		c.Mutes = slices.DeleteFunc(c.Mutes, func(m Mute) bool { return m.Topic == t })
	})
	return a.note("unmuted", "Topic", name), err
}

// mutesPanel lists what is silenced, each a button that lifts it.
func (e *Engine) mutesPanel(ctx context.Context, a *ask) (Message, error) {
	m := Message{Title: a.say("mutes_title"), Private: true, Replace: a.pressed()}
	var buttons []Button
	for _, mute := range a.chat.Mutes {
		if !mute.Until.IsZero() && mute.Until.Before(a.now) {
			continue
		}
		name, err := e.nameOf(ctx, a, mute.Topic)
		if err != nil {
			return Message{}, err
		}
		text := a.say("mute_always")
		if !mute.Until.IsZero() {
			text = a.say("until", "When", a.moment(mute.Until))
		}
		const shown = 16
		if len(buttons) < shown {
			m.Blocks = append(m.Blocks, item(bold(name), plain(" – "+text)))
			buttons = append(buttons, press(name, newAction(actUnmute, mute.Topic.pack())))
		}
	}
	if len(buttons) == 0 {
		m.Blocks = []Block{paragraph(plain(a.say("mutes_none")))}
	} else {
		m.Blocks = append(m.Blocks, paragraph(italic(a.say("mutes_lift"))))
	}
	m.Buttons = rows(4, append(buttons, press(a.say("button_settings"), newAction(actPanel, "main")))...)
	return m, nil
}
