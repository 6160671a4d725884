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
// story or the chat may have moved on since it was written. Whichever delivery
// comes first says where the story stands now; what comes after it has nothing
// new to say and is skipped, with the reason. A first message that was never sent
// is sent first, and a chat that knows the story gets no second first message.
func present(d *Delivery, s *Story, p *Posting) (kind DeliveryKind, skip string) {
	alive := phaseOf(s.Stage)&(open|done) != 0
	// A rejection that nobody had linked before is news of its own.
	rejected := d.Kind == DeliverPost && s.Stage == StageOff && d.Stage == StageOff
	switch {
	case p == nil && d.Kind != DeliverRetract && (alive || rejected):
		return DeliverPost, ""
	case p == nil:
		return d.Kind, "was never told"
	case p.Revision >= s.Revision:
		return d.Kind, "already told"
	case d.Kind == DeliverRetract:
		return DeliverRetract, ""
	case p.Stage != s.Stage:
		return DeliverReply, ""
	}
	return DeliverEdit, ""
}
