package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// maxComplaint is how long a complaint may be, in characters.
const maxComplaint = 500

// pressStory answers the buttons below an alert that everybody may press.
func (e *Engine) pressStory(ctx context.Context, a *ask, verb, arg string) (m Message, done bool, err error) {
	if !slices.Contains([]string{actWhy, actWrong, actWrongForm, actMuteStory}, verb) {
		return Message{}, false, nil
	}
	id, ok := parseStory(arg)
	if !ok {
		return a.problem("stale_button"), true, nil
	}
	switch verb {
	case actWhy:
		m, err = e.why(ctx, a, id)
	case actWrong:
		m, err = e.wrong(ctx, a, id)
	case actWrongForm:
		m, err = e.complain(ctx, a, id)
	case actMuteStory:
		if !a.mayManage() {
			return a.problem("manage_only"), true, nil
		}
		m, err = e.muteStory(ctx, a, id)
	}
	if isMissing(err) {
		return a.problem("story_gone"), true, nil
	}
	return m, true, err
}

func (e *Engine) whyCommand(ctx context.Context, a *ask) (Message, error) {
	id, ok := parseStory(a.arg("story", 0, true))
	if !ok {
		return e.usage(ctx, a, "why")
	}
	m, err := e.why(ctx, a, id)
	if isMissing(err) {
		return a.problem("story_unknown", "Number", storyArg(id)), nil
	}
	return m, err
}

// why lays open what a story rests on: every report with its sentence and rule,
// and the subscription that brought it here.
func (e *Engine) why(ctx context.Context, a *ask, id StoryID) (Message, error) {
	var s Story
	var through []string
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if s, err = tx.Story(id); err != nil {
			return err
		}
		subs, err := tx.Subscriptions(a.Chat)
		if err != nil {
			return err
		}
		through = through[:0]
		topics := e.toldTopics(&s)
		for _, sub := range subs {
			if !slices.Contains(topics, sub.Topic) {
				continue
			}
			name, err := e.topicName(tx, a.voice, sub.Topic)
			if err != nil {
				return err
			}
			through = append(through, name+" ("+a.say("certainty_"+certaintyKey(sub.Minimum))+")")
		}
		return nil
	})
	if err != nil {
		return Message{}, err
	}
	m := Message{Title: a.say("why_title", "Headline", a.headline(&s)), Private: true, Tone: tone(&s)}
	if len(through) > 0 {
		m.Blocks = append(m.Blocks, paragraph(plain(a.say("why_subscription", "Topics", a.list(through)))))
	} else {
		m.Blocks = append(m.Blocks, paragraph(plain(a.say("why_no_subscription"))))
	}
	m.Blocks = append(m.Blocks, paragraph(plain(a.say("why_standing", "Standing", a.standing(&s), "Outlets", a.outletsLine(&s)))))
	for _, r := range slices.Backward(s.Reports) {
		if len(m.Blocks) > 12 {
			break
		}
		m.Blocks = append(m.Blocks, a.reportBlocks(&r)...)
	}
	return m, nil
}

// reportBlocks are a report's source, kind, rule and sentence.
func (v voice) reportBlocks(r *Report) []Block {
	by := plain(v.reported(*r))
	by.Link = webLink(r.Source.URL)
	facts := ": " + v.say("type_"+string(r.Event.Type))
	switch {
	case r.Revoked:
		facts += ", " + v.say("report_revoked")
	case r.Carrier:
		facts += ", " + v.say("report_carrier")
	}
	if r.Event.Rule != "" {
		facts += " – " + v.say("report_rule", "Rule", r.Event.Rule)
	}
	out := []Block{item(by, plain(facts))}
	if q := shorten(r.Event.Quote, maxQuote); q != "" {
		out = append(out, quote(q))
	}
	return out
}

// wrong opens the form for a complaint.
func (e *Engine) wrong(ctx context.Context, a *ask, id StoryID) (Message, error) {
	var s Story
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		s, err = tx.Story(id)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	m := a.note("wrong_intro", "Headline", a.headline(&s))
	m.Form = &Form{
		Action: newAction(actWrongForm, storyArg(id)),
		Title:  a.say("wrong_title"),
		Inputs: []Input{{
			Name: "text", Label: a.say("wrong_label"), Hint: a.say("wrong_hint"),
			Long: true, Required: true, Max: maxComplaint,
		}},
	}
	return m, nil
}

// complaint is what "Falsch?" stores: about whom, never by whom.
type complaint struct {
	Story StoryID   `json:"story"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

// complaintCause does not name the chat: /deleteme must leave it nowhere.
func complaintCause(key string) string { return "complaint " + shortHash(key) }

func complaintPrefix(c ChatRef) string { return "complaint/" + c.String() + "/" }

// complain keeps the complaint, one per story and chat, and tells the owners.
func (e *Engine) complain(ctx context.Context, a *ask, id StoryID) (Message, error) {
	if len(a.Values) == 0 { // a platform that could not open the form offers it as a button
		return e.wrong(ctx, a, id)
	}
	text := shorten(a.Values["text"], maxComplaint)
	if text == "" {
		return a.problem("wrong_empty"), nil
	}
	raw, err := json.Marshal(complaint{id, text, a.now})
	if err != nil {
		return Message{}, fmt.Errorf("complaint: %w", err)
	}
	key := complaintPrefix(a.Chat) + storyArg(id)
	err = e.Store.Update(ctx, func(tx Tx) error {
		s, err := tx.Story(id)
		if err != nil {
			return err
		}
		if err := tx.PutNote(key, raw); err != nil {
			return err
		}
		note := Notice{Key: "notice_complaint", Args: map[string]string{
			"Headline": e.voiceFor(Chat{}, "de").headline(&s), "Number": storyArg(id), "Text": text,
		}}
		return e.tellOwners(tx, complaintCause(key), note)
	})
	if err != nil {
		return Message{}, err
	}
	return a.note("wrong_thanks"), nil
}

// tellOwners owes every owner a notice. The cause makes its id: the same cause
// is told once while it waits.
func (e *Engine) tellOwners(tx Tx, cause string, n Notice) error {
	for _, owner := range e.OwnersNow() {
		chat, err := e.ownerChat(tx, owner)
		if err != nil {
			return err
		}
		if chat == (ChatRef{}) {
			continue
		}
		d := Delivery{
			ID: noticeID(chat, cause), Chat: chat, Kind: DeliverNotice,
			Priority: PriorityQuietly, Due: e.Now(), Created: e.Now(), Note: &n,
		}
		if err := tx.PutDelivery(d); err != nil {
			return err
		}
	}
	return nil
}

func noticeID(chat ChatRef, cause string) DeliveryID {
	return DeliveryID(chat.String() + " notice " + cause)
}

// ownerChat is where an owner last spoke to the bot in private; before that, the
// address that means the person.
func (e *Engine) ownerChat(tx ReadTx, owner UserRef) (ChatRef, error) {
	raw, err := tx.Note("owner/" + string(owner))
	if err == nil {
		return ParseChatRef(string(raw))
	}
	if !isMissing(err) {
		return ChatRef{}, err
	}
	ref, _, err := e.PersonRef(owner)
	if err != nil {
		return ChatRef{}, nil //nolint:nilerr // a malformed owner has no chat
	}
	return ref, nil
}

// PersonRef is the address of messages to a person. Where the platform has one of
// its own (see Setup.Direct), it can be written to at any time; else it is the
// person's id, which is right where private chats have it, and only for people
// who have written to the bot.
func (e *Engine) PersonRef(user UserRef) (to ChatRef, anytime bool, err error) {
	to, err = ParseChatRef(string(user))
	if err != nil {
		return ChatRef{}, false, err
	}
	if direct := e.Direct[to.Platform]; direct != nil {
		return direct(user), true, nil
	}
	return to, false, nil
}

// rememberOwner keeps the private chat of an owner for notices.
func (e *Engine) rememberOwner(ctx context.Context, a *ask) error {
	key, want := "owner/"+string(a.User), a.Chat.String()
	same := false
	err := e.Store.View(ctx, func(tx ReadTx) error {
		raw, err := tx.Note(key)
		same = err == nil && string(raw) == want
		if isMissing(err) {
			return nil
		}
		return err
	})
	if err != nil || same {
		return err
	}
	return e.Store.Update(ctx, func(tx Tx) error { return tx.PutNote(key, []byte(want)) })
}
