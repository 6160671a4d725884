package bot

import (
	"errors"
	"fmt"
)

// overtakeDepth is how many revisions back a delivery may be and still be found
// by its successor.
const overtakeDepth = 8

// clear looks for the chat's deliveries about earlier revisions of the story,
// newer than told. Those that are not due yet (quiet hours) nobody can have
// claimed: they give way to the final state, and cleared is the stage of the
// newest. Waiting reports whether one is due and so may be on the wire already.
func (x *expansion) clear(ref ChatRef, told int) (waiting bool, cleared StoryStage, err error) {
	first := max(told+1, x.story.Revision-overtakeDepth)
	for r := first; r < x.story.Revision; r++ {
		for _, kind := range storyKinds() {
			id := NewDeliveryID(ref, x.story.ID, r, kind)
			d, err := x.tx.Delivery(id)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return false, "", fmt.Errorf("delivery: %w", err)
			}
			if !d.Due.After(x.now) {
				waiting = true
				continue
			}
			if err := x.tx.DeleteDelivery(id); err != nil {
				return false, "", fmt.Errorf("delete delivery: %w", err)
			}
			cleared = d.Stage
		}
	}
	return waiting, cleared, nil
}

// storyKinds are the kinds of deliveries that say where a story stands.
func storyKinds() [3]DeliveryKind {
	return [...]DeliveryKind{DeliverPost, DeliverReply, DeliverEdit}
}

// present is the kind that a delivery has at the moment of sending, since the
// story or the chat may have moved on since it was written: what is overtaken by
// a later delivery of the same chat is skipped, with the reason; a first message
// that was never sent is sent first; a chat that knows the story gets no second
// first message.
func present(tx ReadTx, d *Delivery, s *Story, p *Posting) (kind DeliveryKind, skip string, err error) {
	if d.Kind == DeliverRetract {
		if p == nil {
			return d.Kind, "was never told", nil
		}
		return d.Kind, "", nil
	}
	later, err := overtaken(tx, d, s)
	switch {
	case err != nil:
		return d.Kind, "", err
	case later:
		return d.Kind, "overtaken by a later revision", nil
	case p == nil && phaseOf(s.Stage)&(open|done) != 0:
		return DeliverPost, "", nil
	case p == nil && d.Kind == DeliverPost && s.Stage == d.Stage && s.Stage == StageOff:
		return DeliverPost, "", nil // a rejection that is news of its own
	case p == nil:
		return d.Kind, "was never told", nil
	case p.Stage != s.Stage:
		return DeliverReply, "", nil
	}
	return DeliverEdit, "", nil
}

// overtaken reports whether a later revision is on its way to the same chat.
func overtaken(tx ReadTx, d *Delivery, s *Story) (bool, error) {
	for r := d.Revision + 1; r <= s.Revision && r <= d.Revision+overtakeDepth; r++ {
		for _, kind := range storyKinds() {
			_, err := tx.Delivery(NewDeliveryID(d.Chat, s.ID, r, kind))
			if err == nil {
				return true, nil
			}
			if !errors.Is(err, ErrNotFound) {
				return false, fmt.Errorf("delivery: %w", err)
			}
		}
	}
	return false, nil
}
