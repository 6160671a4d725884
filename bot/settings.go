package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// listSubscriptions lists a page of the chat's subscriptions, each a button to
// its panel.
func (e *Engine) listSubscriptions(ctx context.Context, a *ask, page int) (Message, error) {
	var subs []Subscription
	var names []string
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if subs, err = tx.Subscriptions(a.Chat); err != nil {
			return err
		}
		names = names[:0]
		for _, s := range subs {
			name, err := e.topicName(tx, a.voice, s.Topic)
			if err != nil {
				return err
			}
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return Message{}, err
	}
	m := Message{Title: a.say("subscriptions_title", "Count", len(subs)), Private: true, Replace: a.pressed()}
	if len(subs) == 0 {
		m.Title = ""
		m.Blocks = []Block{paragraph(plain(a.say("subscriptions_none")))}
		m.Buttons, err = e.offerButtons(ctx, a, "subscribe")
		return m, err
	}
	from := min(max(page, 0)*subsShown, len(subs))
	var buttons []Button
	for i := from; i < min(from+subsShown, len(subs)); i++ {
		s := &subs[i]
		m.Blocks = append(m.Blocks, item(bold(names[i]), plain(" – "+a.say("certainty_"+certaintyKey(s.Minimum))+a.subscriptionMarks(s))))
		buttons = append(buttons, press(names[i], newAction(actSub, s.Topic.pack())))
	}
	if page > 0 {
		buttons = append(buttons, press(a.say("button_back"), newAction(actListSubs, strconv.Itoa(page-1))))
	}
	if from+subsShown < len(subs) {
		buttons = append(buttons, press(a.say("button_more"), newAction(actListSubs, strconv.Itoa(page+1))))
	}
	m.Buttons = rows(3, buttons...)
	return m, nil
}

// subscriptionMarks are the options that differ from the usual.
func (v voice) subscriptionMarks(s *Subscription) string {
	var marks []string
	for _, t := range s.Types {
		marks = append(marks, typeWords(t)[v.language])
	}
	if s.Silent {
		marks = append(marks, v.say("sound_silent"))
	}
	if s.Loud {
		marks = append(marks, v.say("sound_loud"))
	}
	if s.Digest {
		marks = append(marks, v.say("in_digest"))
	}
	if s.Teams {
		marks = append(marks, v.say("with_teams"))
	}
	if len(marks) == 0 {
		return ""
	}
	return ", " + strings.Join(marks, ", ")
}

func (e *Engine) languageCommand(ctx context.Context, a *ask) (Message, error) {
	wish := strings.ToLower(a.arg("language", 0, true))
	switch wish {
	case "de", "deutsch", "german":
		return e.setLanguage(ctx, a, "de")
	case "en", "englisch", "english":
		return e.setLanguage(ctx, a, "en")
	case "":
	default:
		return a.problem("no_language", "Language", shorten(wish, 30)), nil
	}
	return e.languagePanel(a), nil
}

func (e *Engine) languagePanel(a *ask) Message {
	m := Message{Title: a.say("language_title"), Private: true, Replace: a.pressed()}
	m.Blocks = []Block{paragraph(plain(a.say("language_now")))}
	m.Buttons = rows(2, press("Deutsch", newAction(actLanguage, "de")), press("English", newAction(actLanguage, "en")))
	return m
}

func (e *Engine) setLanguage(ctx context.Context, a *ask, lang string) (Message, error) {
	if !slices.Contains(e.Phrases.Languages(), lang) {
		return a.problem("stale_button"), nil
	}
	if err := e.changeChat(ctx, a, func(c *Chat) { c.Language = lang }); err != nil {
		return Message{}, err
	}
	return a.note("language_set"), nil
}

// quietText is "22:00–07:00".
func quietText(q QuietHours) string { return clock(q.From) + "–" + clock(q.To) }

// digestText is "täglich 08:00" or "montags 08:00".
func (v voice) digestText(d Digest) string {
	switch d.Every {
	case DailyDigest:
		return v.say("digest_daily", "Time", clock(d.Minute))
	case WeeklyDigest:
		return v.say("digest_weekly", "Day", v.say("weekday_"+strconv.Itoa(int(d.Weekday))), "Time", clock(d.Minute))
	case NoDigest:
	}
	return v.say("off")
}
