package bot

import (
	"context"
	"errors"
	"slices"
)

// errNoSubscription ends a change of a subscription that is not there.
var errNoSubscription = errors.New("not subscribed")

// pressChat changes the chat's settings.
func (e *Engine) pressChat(ctx context.Context, a *ask, verb, arg string) (m Message, done bool, err error) {
	switch verb {
	case actUnfollowAll:
		m, err = e.unsubscribeAll(ctx, a)
	case actPanel:
		m, err = e.panel(ctx, a, arg)
	case actLanguage:
		if m, err = e.setLanguage(ctx, a, arg); err == nil {
			m = a.settingsPanel()
		}
	case actQuiet:
		m, err = e.pressQuiet(ctx, a, arg)
	case actDigest:
		d, ok := parseDigest(arg)
		if !ok {
			return a.problem("stale_button"), true, nil
		}
		m, err = e.setDigest(ctx, a, d)
	default:
		return Message{}, false, nil
	}
	return m, true, err
}

func (e *Engine) pressQuiet(ctx context.Context, a *ask, arg string) (Message, error) {
	switch arg {
	case "form":
		return a.quietForm(), nil
	case "sent":
		if len(a.Values) == 0 { // a platform that could not open the form offers it as a button
			return a.quietForm(), nil
		}
		return e.setQuiet(ctx, a, a.Values["hours"], a.Values["zone"])
	}
	return e.setQuiet(ctx, a, arg, "")
}

// pressTopic changes what the chat follows.
func (e *Engine) pressTopic(ctx context.Context, a *ask, verb string, t Topic, arg string) (Message, error) {
	switch verb {
	case actFollow:
		return e.pressFollow(ctx, a, t)
	case actUnfollow:
		return e.unsubscribe(ctx, a, t)
	case actMute:
		return e.muteQuestion(ctx, a, t)
	case actMuteFor:
		hours, ok := parseMute(arg)
		if arg == "0" {
			hours, ok = 0, true
		}
		if !ok {
			return a.problem("stale_button"), nil
		}
		return e.muteFor(ctx, a, t, hours)
	case actUnmute:
		return e.unmute(ctx, a, t)
	case actSub:
		return e.changeSubscription(ctx, a, t, func(*Subscription) {})
	}
	change := subscriptionPress(verb, arg)
	if change == nil {
		return a.problem("stale_button"), nil
	}
	return e.changeSubscription(ctx, a, t, change)
}

// pressFollow checks that there still is something to follow.
func (e *Engine) pressFollow(ctx context.Context, a *ask, t Topic) (Message, error) {
	exists := false
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		exists, err = e.topicExists(tx, t)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if !exists {
		return a.problem("topic_gone"), nil
	}
	return e.subscribe(ctx, a, t, func(*Subscription) {})
}

// subscriptionPress is the change behind a button of the panel.
func subscriptionPress(verb, arg string) func(*Subscription) {
	switch verb {
	case actCertainty:
		return subscriptionWord("certainty", arg)
	case actSound:
		return subscriptionWord("sound", arg)
	case actCollect:
		return func(s *Subscription) { s.Digest = !s.Digest }
	case actTeams:
		return func(s *Subscription) { s.Teams = !s.Teams }
	case actType:
		t := EventType(arg)
		if !slices.Contains(EventTypes(), t) {
			return nil
		}
		return func(s *Subscription) { toggleType(s, t) }
	}
	return nil
}

// toggleType switches a type; all and none of them both mean all.
func toggleType(s *Subscription, t EventType) {
	types := s.Types
	if len(types) == 0 {
		types = EventTypes()
	}
	if i := slices.Index(types, t); i >= 0 {
		types = slices.Delete(slices.Clone(types), i, i+1)
	} else {
		types = append(slices.Clone(types), t)
	}
	if len(types) == len(EventTypes()) {
		types = nil
	}
	s.Types = types
}

// changeSubscription stores a change and shows the subscription's panel.
func (e *Engine) changeSubscription(ctx context.Context, a *ask, t Topic, change func(*Subscription)) (Message, error) {
	var sub Subscription
	name := ""
	err := e.Store.Update(ctx, func(tx Tx) (err error) {
		if name, err = e.topicName(tx, a.voice, t); err != nil {
			return err
		}
		subs, err := tx.Subscriptions(a.Chat)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(subs, func(s Subscription) bool { return s.Topic == t })
		if i < 0 {
			return errNoSubscription
		}
		sub = subs[i]
		change(&sub)
		return tx.PutSubscription(sub)
	})
	if errors.Is(err, errNoSubscription) {
		m := a.note("not_subscribed", "Topic", name)
		m.Buttons = rows(1, press(a.say("button_follow"), newAction(actFollow, t.pack())))
		return m, nil
	}
	if err != nil {
		return Message{}, err
	}
	return a.subscriptionPanel(&sub, name), nil
}

// subscriptionPanel shows one subscription; the button of what holds is marked.
func (a *ask) subscriptionPanel(s *Subscription, name string) Message {
	m := Message{Title: a.say("subscribed", "Topic", name), Private: true, Replace: a.pressed()}
	m.Blocks = a.subscriptionFacts(s, &a.chat)
	p := s.Topic.pack()
	mark := func(on bool, label string, act Action) Button {
		if on {
			label = "✓ " + label
		}
		return press(label, act)
	}
	var certain []Button
	for _, c := range []Certainty{Everything, SeveralSources, OfficialOnly} {
		key := certaintyKey(c)
		certain = append(certain, mark(s.Minimum == c, a.say("certainty_"+key), newAction(actCertainty, p, key)))
	}
	var types []Button
	for _, t := range EventTypes() {
		on := len(s.Types) == 0 || slices.Contains(s.Types, t)
		types = append(types, mark(on, typeWords(t)[a.language], newAction(actType, p, string(t))))
	}
	sound := []Button{
		mark(!s.Silent && !s.Loud, a.say("sound_normal_short"), newAction(actSound, p, "normal")),
		mark(s.Silent, a.say("sound_silent_short"), newAction(actSound, p, "silent")),
		mark(s.Loud, a.say("sound_loud_short"), newAction(actSound, p, "loud")),
	}
	last := []Button{
		mark(s.Digest, a.say("in_digest"), newAction(actCollect, p)),
		mark(s.Teams, a.say("with_teams"), newAction(actTeams, p)),
		press(a.say("button_unfollow"), newAction(actUnfollow, p)),
	}
	m.Buttons = slices.Concat(rows(3, certain...), rows(3, types...), rows(3, sound...), rows(3, last...))
	return m
}
