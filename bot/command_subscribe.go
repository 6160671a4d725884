package bot

import (
	"context"
	"slices"
	"strings"
)

// maxSubscriptions bounds what one chat can store.
const maxSubscriptions = 200

// follows reports whether the chat subscribes to the topic.
func follows(tx ReadTx, chat ChatRef, t Topic) (bool, error) {
	subs, err := tx.Subscriptions(chat)
	return slices.ContainsFunc(subs, func(s Subscription) bool { return s.Topic == t }), err
}

// followButton offers to follow, or to stop.
func (e *Engine) followButton(a *ask, t Topic, follows bool) Button {
	if follows {
		return press(a.say("button_unfollow"), newAction(actUnfollow, t.pack()))
	}
	b := press(a.say("button_follow"), newAction(actFollow, t.pack()))
	b.Kind = ButtonPrimary
	return b
}

func (e *Engine) subscribeCommand(ctx context.Context, a *ask) (Message, error) {
	wish := wishOf(a)
	if wish.topic == "" {
		return e.usage(ctx, a, "subscribe")
	}
	t, back, err := e.topicOrAsk(ctx, a, wish.topic, actFollow)
	if err != nil || t == "" {
		return back, err
	}
	channel := a.Args["channel"]
	if channel == "" || channel == a.Chat.Chat {
		return e.subscribe(ctx, a, t, wish.apply)
	}
	there := *a
	there.Chat, there.Title = ChatRef{Platform: a.Chat.Platform, Chat: channel}, ""
	m, err := e.subscribe(ctx, &there, t, wish.apply)
	if err == nil && m.Tone != ToneProblem {
		m.Blocks = append(m.Blocks, paragraph(italic(a.say("in_other_channel"))))
		m.Buttons = nil // they would change this chat
	}
	return m, err
}

// wish is what a /subscribe asks for.
type wish struct {
	topic   string
	changes []func(*Subscription)
}

func (w *wish) apply(s *Subscription) {
	for _, change := range w.changes {
		change(s)
	}
}

// wishOf reads the options, or for a typed line the words behind the topic:
// "/abo Schalke nur Offizielles lautlos".
func wishOf(a *ask) wish {
	if len(a.Args) == 0 {
		return typedWish(a.Text)
	}
	w := wish{topic: strings.TrimSpace(a.Args["topic"])}
	for _, name := range []string{"certainty", "types", "sound", "digest", "teams"} {
		value, ok := a.Args[name]
		if !ok {
			continue
		}
		if change := subscriptionWord(name, strings.ToLower(strings.TrimSpace(value))); change != nil {
			w.changes = append(w.changes, change)
		}
	}
	if role := a.Args["role"]; role != "" {
		w.changes = append(w.changes, func(s *Subscription) { s.Role = role })
	}
	return w
}

// typedWish takes known words from the end of the line; what remains in front
// is the topic.
func typedWish(line string) wish {
	var w wish
	rest := strings.Fields(line)
	for len(rest) > 1 {
		taken := 0
		for n := min(3, len(rest)-1); n > 0 && taken == 0; n-- {
			tail := strings.ToLower(strings.Join(rest[len(rest)-n:], " "))
			if change := subscriptionWord("", tail); change != nil {
				w.changes = append(w.changes, change)
				taken = n
			}
		}
		if taken == 0 {
			break
		}
		rest = rest[:len(rest)-taken]
	}
	w.topic = strings.Join(rest, " ")
	return w
}

// optionWord is a word that changes a subscription, with the option that it
// belongs to.
type optionWord struct {
	option string
	words  []string
	change func(*Subscription)
}

// optionWords are what options and typed lines understand besides the kinds of
// news. Single words that a name can hold ("alles") count as options only.
func optionWords() []optionWord {
	certain := func(c Certainty) func(*Subscription) { return func(s *Subscription) { s.Minimum = c } }
	sound := func(silent, loud bool) func(*Subscription) {
		return func(s *Subscription) { s.Silent, s.Loud = silent, loud }
	}
	return []optionWord{
		{"certainty", []string{"everything", "alle meldungen"}, certain(Everything)},
		{"certainty", []string{"several", "several sources", "mehrere", "mehreren quellen", "ab mehreren quellen"}, certain(SeveralSources)},
		{"certainty", []string{"official", "official only", "offiziell", "offizielles", "nur offizielles", "nur offiziell"}, certain(OfficialOnly)},
		{"sound", []string{"silent", "leise", "lautlos", "ohne ton"}, sound(true, false)},
		{"sound", []string{"loud", "laut", "mit ton"}, sound(false, true)},
		{"sound", []string{"normal"}, sound(false, false)},
		{"digest", []string{"digest", "gesammelt", "sammelmeldung", "true"}, func(s *Subscription) { s.Digest = true }},
		{"digest", []string{"false"}, func(s *Subscription) { s.Digest = false }},
		{"teams", []string{"alle teams", "all teams", "teams", "true"}, func(s *Subscription) { s.Teams = true }},
		{"teams", []string{"false"}, func(s *Subscription) { s.Teams = false }},
		{"types", []string{"all"}, func(s *Subscription) { s.Types = nil }},
	}
}

// subscriptionWord is the change that a word asks for; option "" accepts what a
// typed line may hold. Nil for other words.
func subscriptionWord(option, word string) func(*Subscription) {
	for _, o := range optionWords() {
		typedToo := option == "" && o.option != "types" && word != "true" && word != "false"
		if (option == o.option || typedToo) && slices.Contains(o.words, word) {
			return o.change
		}
	}
	if option == "" || option == "types" {
		return typeWord(word)
	}
	return nil
}

// typeWord accepts an event type by its id or its name in the menu.
func typeWord(word string) func(*Subscription) {
	for _, t := range EventTypes() {
		names := typeWords(t)
		if word == string(t) || word == strings.ToLower(names["de"]) || word == names["en"] {
			return func(s *Subscription) {
				if !slices.Contains(s.Types, t) {
					s.Types = append(s.Types, t)
				}
			}
		}
	}
	return nil
}

// subscribe stores the subscription, or changes the one that is there, and says
// what will come and when.
func (e *Engine) subscribe(ctx context.Context, a *ask, t Topic, change func(*Subscription)) (Message, error) {
	if len(a.Missing) > 0 {
		return a.problem("missing_rights", "Rights", a.list(a.Missing)), nil
	}
	var sub Subscription
	var chat Chat
	name, full := "", false
	err := e.Store.Update(ctx, func(tx Tx) (err error) {
		if name, err = e.topicName(tx, a.voice, t); err != nil {
			return err
		}
		subs, err := tx.Subscriptions(a.Chat)
		if err != nil {
			return err
		}
		sub = Subscription{Chat: a.Chat, Topic: t, By: a.User, Since: a.now}
		if i := slices.IndexFunc(subs, func(s Subscription) bool { return s.Topic == t }); i >= 0 {
			sub = subs[i]
		} else if full = len(subs) >= maxSubscriptions; full {
			return nil
		}
		change(&sub)
		if chat, err = e.chatFor(tx, a); err != nil {
			return err
		}
		if err := keepChat(tx, chat); err != nil {
			return err
		}
		return tx.PutSubscription(sub)
	})
	if err != nil {
		return Message{}, err
	}
	if full {
		return a.problem("too_many_subscriptions", "Count", maxSubscriptions), nil
	}
	a.chat, a.known = chat, true
	return e.subscribed(a, &sub, name), nil
}

// subscribed confirms: the resolved name, what comes, when, and the way to the
// last stories instead of a backlog.
func (e *Engine) subscribed(a *ask, sub *Subscription, name string) Message {
	m := Message{Title: a.say("subscribed", "Topic", name)}
	m.Blocks = append(m.Blocks, a.subscriptionFacts(sub, &a.chat)...)
	p := sub.Topic.pack()
	m.Buttons = rows(3,
		press(a.say("button_last"), newAction(actLast, p)),
		press(a.say("button_adjust"), newAction(actSub, p)),
		press(a.say("button_unfollow"), newAction(actUnfollow, p)))
	return m
}

// subscriptionFacts say in plain words what comes and when.
func (v voice) subscriptionFacts(s *Subscription, c *Chat) []Block {
	what := v.say("certainty_" + certaintyKey(s.Minimum))
	if len(s.Types) > 0 {
		names := make([]string, 0, len(s.Types))
		for _, t := range s.Types {
			names = append(names, typeWords(t)[v.language])
		}
		what += " – " + v.list(names)
	}
	if s.Teams {
		what += ", " + v.say("with_teams")
	}
	when := v.say("when_at_once")
	switch {
	case s.Digest && c.Digest.Every == NoDigest:
		when = v.say("when_digest_missing")
	case s.Digest:
		when = v.say("when_digest", "Digest", v.digestText(c.Digest))
	case c.Quiet.Active():
		when = v.say("when_quiet", "Hours", quietText(c.Quiet))
	}
	sound := "sound_normal"
	switch {
	case s.Silent:
		sound = "sound_silent"
	case s.Loud:
		sound = "sound_loud"
	}
	facts := []Block{v.line("label_what", what), v.line("label_when", when), v.line("label_sound", v.say(sound))}
	if s.Role != "" {
		facts = append(facts, v.line("label_role", v.say("role_pinged")))
	}
	return facts
}

func certaintyKey(c Certainty) string {
	if c == Everything {
		return "everything"
	}
	return string(c)
}

func (e *Engine) unsubscribeCommand(ctx context.Context, a *ask) (Message, error) {
	query := a.arg("topic", 0, true)
	if query == "" {
		return e.usage(ctx, a, "unsubscribe")
	}
	t, back, err := e.ownTopic(ctx, a, query)
	if err != nil || t == "" {
		return back, err
	}
	if meansAll(query) && a.Args["topic"] != string(TopicAll) { // a completion means the one subscription
		return e.askUnsubscribeAll(ctx, a)
	}
	return e.unsubscribe(ctx, a, t)
}

// askUnsubscribeAll asks first: "alles" is also the name of one subscription.
func (e *Engine) askUnsubscribeAll(ctx context.Context, a *ask) (Message, error) {
	var subs []Subscription
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		subs, err = tx.Subscriptions(a.Chat)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if len(subs) == 0 {
		return a.note("subscriptions_none"), nil
	}
	m := a.note("unsubscribe_all_question", "Count", len(subs))
	yes := press(a.say("button_unsubscribe_all"), newAction(actUnfollowAll, "yes"))
	yes.Kind = ButtonDanger
	m.Buttons = rows(2, yes, press(a.say("button_subscriptions"), newAction(actListSubs, "0")))
	return m, nil
}

func (e *Engine) unsubscribeAll(ctx context.Context, a *ask) (Message, error) {
	err := e.Store.Update(ctx, func(tx Tx) error {
		subs, err := tx.Subscriptions(a.Chat)
		if err != nil {
			return err
		}
		for _, s := range subs {
			if err := tx.DeleteSubscription(a.Chat, s.Topic); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Message{}, err
	}
	return a.note("unsubscribed_all"), nil
}

// ownTopic prefers what the chat subscribed to over everything else of that
// name.
func (e *Engine) ownTopic(ctx context.Context, a *ask, query string) (Topic, Message, error) {
	own := Topic("")
	err := e.Store.View(ctx, func(tx ReadTx) error {
		subs, err := tx.Subscriptions(a.Chat)
		for _, s := range subs {
			name, nameErr := e.topicName(tx, a.voice, s.Topic)
			if nameErr != nil {
				return nameErr
			}
			if NormaliseName(name) == NormaliseName(query) || string(s.Topic) == query {
				own = s.Topic
			}
		}
		return err
	})
	if err != nil || own != "" {
		return own, Message{}, err
	}
	return e.topicOrAsk(ctx, a, query, actUnfollow)
}

func (e *Engine) unsubscribe(ctx context.Context, a *ask, t Topic) (Message, error) {
	name, had := "", false
	err := e.Store.Update(ctx, func(tx Tx) (err error) {
		if name, err = e.topicName(tx, a.voice, t); err != nil {
			return err
		}
		if had, err = follows(tx, a.Chat, t); err != nil || !had {
			return err
		}
		return tx.DeleteSubscription(a.Chat, t)
	})
	if err != nil {
		return Message{}, err
	}
	if !had {
		return a.note("not_subscribed", "Topic", name), nil
	}
	m := Message{Blocks: []Block{paragraph(plain(a.say("unsubscribed", "Topic", name)))}}
	m.Buttons = rows(1, press(a.say("button_follow_again"), newAction(actFollow, t.pack())))
	return m, nil
}

// subsShown is how many subscriptions one page lists.
const subsShown = 10

func (e *Engine) subscriptionsCommand(ctx context.Context, a *ask) (Message, error) {
	return e.listSubscriptions(ctx, a, 0)
}
