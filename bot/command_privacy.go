package bot

import (
	"context"
	"slices"
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
		if err := forgetComplaints(tx, a.Chat); err != nil {
			return err
		}
		if a.Kind == PrivateChat {
			if err := tx.PutNote("owner/"+string(a.User), nil); err != nil {
				return err
			}
		}
		err := tx.DeleteChat(a.Chat)
		if isMissing(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return Message{}, err
	}
	m := a.note("deleted")
	m.Replace = true
	return m, nil
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

func forgetComplaints(tx Tx, chat ChatRef) error {
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
		}
	}
}
