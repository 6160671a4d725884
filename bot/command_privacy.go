package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
)

func (e *Engine) privacyCommand(_ context.Context, a *ask) (Message, error) {
	m := Message{Title: a.say("privacy_title"), Private: true}
	for _, key := range []string{"privacy_stored", "privacy_not", "privacy_articles", "privacy_delete"} {
		m.Blocks = append(m.Blocks, paragraph(plain(a.say(key))))
	}
	return m, nil
}

// deleteCommand asks once more: there is no way back.
func (e *Engine) deleteCommand(_ context.Context, a *ask) (Message, error) {
	key := "delete_question_user"
	if a.mayManage() {
		key = "delete_question_chat"
	}
	m := a.note(key)
	yes := press(a.say("button_delete_yes"), newAction(actDelete, "yes"))
	yes.Kind = ButtonDanger
	m.Buttons = rows(2, yes, press(a.say("button_delete_no"), newAction(actDelete, "no")))
	return m, nil
}

// pressDelete removes everything about the chat; for somebody who may not
// manage it, what is stored about the person.
func (e *Engine) pressDelete(ctx context.Context, a *ask, answer string) (Message, error) {
	if answer != "yes" {
		return a.note("delete_kept"), nil
	}
	err := e.Store.Update(ctx, func(tx Tx) error {
		if !a.mayManage() {
			return forgetUser(tx, a.Chat, a.User)
		}
		places, err := placesOf(tx, a.Chat) // with all threads
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(places, func(c Chat) bool { return c.Ref == a.Chat }) {
			places = append(places, Chat{Ref: a.Chat})
		}
		for i := range places {
			if err := e.forgetChat(tx, &places[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && a.Kind == PrivateChat {
		err = e.forgetEverywhere(ctx, a.User)
	}
	if err != nil {
		return Message{}, err
	}
	m := a.note("deleted")
	m.Replace, m.Forget = true, true
	return m, nil
}

// forgetChat removes everything about one chat, also where it is only mentioned.
func (e *Engine) forgetChat(tx Tx, c *Chat) error {
	if err := e.forgetComplaints(tx, c.Ref); err != nil {
		return err
	}
	switch mark, err := tx.Note(muteMark); {
	case err == nil && string(mark) == c.Ref.String():
		if err := tx.PutNote(muteMark, nil); err != nil { // the clock begins again
			return err
		}
	case err != nil && !isMissing(err):
		return err
	}
	if err := e.forgetLoss(tx, c); err != nil {
		return err
	}
	if err := tx.DeleteChat(c.Ref); !isMissing(err) {
		return err
	}
	return nil
}

// forgetLoss takes back the notices about the chat that wait for those who
// subscribed.
func (e *Engine) forgetLoss(tx Tx, c *Chat) error {
	subs, err := tx.Subscriptions(c.Ref)
	if err != nil {
		return err
	}
	for _, s := range subs {
		home, err := e.toldOf(tx, cmp.Or(s.By, c.Owner), c)
		if isMissing(err) {
			continue
		}
		if err != nil {
			return err
		}
		for _, cause := range []PauseCause{PauseGone, PauseBlocked} {
			lost := *c
			lost.Paused = cause
			if err := tx.DeleteDelivery(lossID(home.Ref, &lost)); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetEverywhere takes a person's id out of all chats of the platform, a few
// hundred in each transaction.
func (e *Engine) forgetEverywhere(ctx context.Context, user UserRef) error {
	if user == "" {
		return nil
	}
	err := e.Store.Update(ctx, func(tx Tx) error { return e.forgetAddresses(tx, user) })
	if err != nil {
		return err
	}
	const chunk = 200
	platform, _, _ := strings.Cut(string(user), ":")
	for after := platform + ":"; ; {
		var chats []Chat
		err := e.Store.View(ctx, func(tx ReadTx) (err error) {
			chats, err = tx.Chats(after, chunk)
			return err
		})
		if err != nil {
			return err
		}
		last := len(chats) < chunk
		for _, c := range chats {
			after = c.Ref.String()
			if string(c.Ref.Platform) != platform {
				return nil
			}
			if err := e.forgetIn(ctx, c.Ref, user); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// forgetAddresses drops where the person is written to.
func (e *Engine) forgetAddresses(tx Tx, user UserRef) error {
	if direct, anytime, err := e.PersonRef(user); err == nil && anytime {
		if err := tx.DeleteChat(direct); err != nil && !isMissing(err) {
			return err
		}
	}
	return errors.Join(tx.PutNote("owner/"+string(user), nil), tx.PutNote(homeNote(user), nil))
}

// forgetIn writes only where the person is named.
func (e *Engine) forgetIn(ctx context.Context, chat ChatRef, user UserRef) error {
	named := false
	err := e.Store.View(ctx, func(tx ReadTx) error {
		c, err := tx.Chat(chat)
		if err != nil {
			return err
		}
		subs, err := tx.Subscriptions(chat)
		named = c.Owner == user || slices.ContainsFunc(subs, func(s Subscription) bool { return s.By == user })
		return err
	})
	if isMissing(err) {
		return nil
	}
	if err != nil || !named {
		return err
	}
	return e.Store.Update(ctx, func(tx Tx) error { return forgetUser(tx, chat, user) })
}

// forgetUser takes a person's id out of a chat that others manage.
func forgetUser(tx Tx, chat ChatRef, user UserRef) error {
	c, err := tx.Chat(chat)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.Owner == user {
		c.Owner = ""
		if err := tx.PutChat(c); err != nil {
			return err
		}
	}
	subs, err := tx.Subscriptions(chat)
	if err != nil {
		return err
	}
	subs = slices.DeleteFunc(subs, func(s Subscription) bool { return s.By != user })
	for _, s := range subs {
		s.By = ""
		if err := tx.PutSubscription(s); err != nil {
			return err
		}
	}
	return nil
}

// forgetComplaints removes a chat's complaints, and the notices about them that
// wait for the owners.
func (e *Engine) forgetComplaints(tx Tx, chat ChatRef) error {
	const chunk = 100
	for {
		keys, err := tx.Notes(complaintPrefix(chat), "", chunk)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			if err := tx.PutNote(k, nil); err != nil {
				return err
			}
			for _, owner := range e.OwnersNow() {
				home, err := e.ownerChat(tx, owner)
				if err == nil {
					err = tx.DeleteDelivery(noticeID(home, complaintCause(k)))
				}
				if err != nil {
					return err
				}
			}
		}
	}
}
