package bot

import (
	"cmp"
	"context"
	"slices"
)

// Changed implements Responder: what happens to a chat pauses, revives or moves
// what is stored for it. Nothing is deleted, since most of it can be undone on
// the platform; /deleteme deletes.
func (e *Engine) Changed(ctx context.Context, c ChatChange) {
	err := e.changed(ctx, c)
	if err != nil && !isMissing(err) {
		e.Log.ErrorContext(ctx, "chat change failed", "change", string(c.What), "chat", c.Chat.String(), "error", err)
	}
	e.Meter.Count("chat_changes_total", 1, "change", string(c.What))
}

func (e *Engine) changed(ctx context.Context, c ChatChange) error {
	switch c.What {
	case ChangeAdded, ChangeAllowed:
		return e.setPause(ctx, c.Chat, NotPaused)
	case ChangeRemoved:
		return e.setPause(ctx, c.Chat, PauseBlocked)
	case ChangeForbidden:
		return e.setPause(ctx, c.Chat, PauseForbid)
	case ChangeGone:
		return e.setPause(ctx, c.Chat, PauseGone)
	case ChangeMoved:
		return e.Store.Update(ctx, func(tx Tx) error { return tx.MoveChat(c.Chat, c.Moved) })
	case ChangeReconcile:
		return e.reconcile(ctx, c)
	}
	return nil
}

// setPause pauses or revives the chat and, since platforms report the whole
// place, every thread in it. An owner who can be reached is told of a loss.
func (e *Engine) setPause(ctx context.Context, ref ChatRef, cause PauseCause) error {
	return e.Store.Update(ctx, func(tx Tx) error {
		places, err := placesOf(tx, ref)
		if err != nil {
			return err
		}
		for _, chat := range places {
			if chat.Paused == cause {
				continue
			}
			if err := e.pause(tx, chat, cause); err != nil {
				return err
			}
		}
		return nil
	})
}

// placesOf are the chat and its threads, as far as they are stored.
func placesOf(tx ReadTx, ref ChatRef) ([]Chat, error) {
	var out []Chat
	switch c, err := tx.Chat(ref); {
	case err == nil:
		out = append(out, c)
	case !isMissing(err):
		return nil, err
	}
	if ref.Thread != "" {
		return out, nil
	}
	const chunk = 100
	for after := ref.String() + "/"; ; {
		some, err := tx.Chats(after, chunk)
		if err != nil {
			return nil, err
		}
		for _, c := range some {
			if c.Ref.Platform != ref.Platform || c.Ref.Chat != ref.Chat {
				return out, nil
			}
			out = append(out, c)
			after = c.Ref.String()
		}
		if len(some) < chunk {
			return out, nil
		}
	}
}

func (e *Engine) pause(tx Tx, c Chat, cause PauseCause) error {
	lost := c.Paused == NotPaused && cause != NotPaused
	c.Paused, c.PausedAt = cause, e.Now()
	if err := tx.PutChat(c); err != nil {
		return err
	}
	if !lost || c.Kind == PrivateChat {
		return nil
	}
	subs, err := tx.Subscriptions(c.Ref)
	if err != nil {
		return err
	}
	var told []UserRef
	for _, s := range subs {
		who := cmp.Or(s.By, c.Owner)
		if who == "" || slices.Contains(told, who) {
			continue
		}
		told = append(told, who)
		if err := e.tellLoss(tx, &c, who); err != nil {
			return err
		}
	}
	return nil
}

// tellLoss writes to somebody who subscribed.
func (e *Engine) tellLoss(tx Tx, c *Chat, who UserRef) error {
	home, err := e.toldOf(tx, who, c)
	if isMissing(err) || err == nil && home.Paused != NotPaused {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.PutDelivery(Delivery{
		ID: lossID(home.Ref, c), Chat: home.Ref, Kind: DeliverNotice,
		Priority: PriorityQuietly, Silent: true, Due: home.QuietUntil(e.Now()), Created: e.Now(),
		Note: &Notice{Key: "notice_lost_" + string(c.Paused), Args: map[string]string{"Chat": c.Title, noticeLanguage: home.Language}},
	})
}

// toldOf is where somebody hears of a lost chat: the private chat that the person
// has with the bot, else, where the platform lets the bot write first, the person.
// The error is ErrNotFound when there is neither.
func (e *Engine) toldOf(tx ReadTx, who UserRef, lost *Chat) (Chat, error) {
	home, err := homeOf(tx, who)
	if !isMissing(err) {
		return home, err
	}
	to, anytime, err := e.PersonRef(who)
	if err != nil || !anytime {
		return Chat{}, ErrNotFound // an id that is no address cannot be written to
	}
	home, err = tx.Chat(to)
	if isMissing(err) {
		return Chat{Ref: to, Kind: PrivateChat, Language: lost.Language}, nil
	}
	return home, err
}

// noticeLanguage is the argument of a notice that says in which language to
// write to somebody about whom nothing else is known.
const noticeLanguage = "Language"

// lossID is the same for a group and its threads, and for all channels of a server
// that the bot was removed from: the loss is told once. It does not name the chat,
// which /deleteme would have to find in it.
func lossID(home ChatRef, c *Chat) DeliveryID {
	lost := ChatRef{Platform: c.Ref.Platform, Chat: c.Ref.Chat}.String()
	if c.Paused == PauseBlocked && c.Parent != "" {
		lost = "server " + c.Parent
	}
	return DeliveryID(home.String() + " notice lost " + shortHash(lost))
}

// reconcile pauses the chats of servers that the bot is no longer in and
// revives those of servers it is in again. It walks in small steps: between
// them alerts go on.
func (e *Engine) reconcile(ctx context.Context, c ChatChange) error {
	const chunk = 200
	live := map[string]bool{}
	for _, id := range c.Live {
		live[id] = true
	}
	for after := string(c.Chat.Platform) + ":"; ; {
		var some []Chat
		err := e.Store.View(ctx, func(tx ReadTx) (err error) {
			some, err = tx.Chats(after, chunk)
			return err
		})
		if err != nil {
			return err
		}
		var wrong []Chat
		for _, chat := range some {
			if chat.Ref.Platform == c.Chat.Platform && wronglyPaused(&chat, live) {
				wrong = append(wrong, chat)
			}
		}
		if err := e.repause(ctx, wrong, live); err != nil {
			return err
		}
		if len(some) < chunk || some[len(some)-1].Ref.Platform != c.Chat.Platform {
			return nil
		}
		after = some[len(some)-1].Ref.String()
	}
}

// wronglyPaused compares a chat with the servers that the bot is in. Other
// reasons for a pause than a lost server are left alone.
func wronglyPaused(c *Chat, live map[string]bool) bool {
	if c.Parent == "" {
		return false
	}
	if live[c.Parent] {
		return c.Paused == PauseBlocked
	}
	return c.Paused == NotPaused
}

func (e *Engine) repause(ctx context.Context, chats []Chat, live map[string]bool) error {
	if len(chats) == 0 {
		return nil
	}
	return e.Store.Update(ctx, func(tx Tx) error {
		for _, old := range slices.Clone(chats) {
			c, err := tx.Chat(old.Ref)
			if isMissing(err) {
				continue
			}
			if err != nil {
				return err
			}
			cause := NotPaused
			if !live[c.Parent] {
				cause = PauseBlocked
			}
			if err := e.pause(tx, c, cause); err != nil {
				return err
			}
		}
		return nil
	})
}
