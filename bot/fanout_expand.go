package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// expandStep is how many subscriptions one step looks at: a few milliseconds of
// the writer's time.
const expandStep = 250

// Expand takes the oldest fan-out one step further, in one transaction. It
// reports done when no fan-out is left. After a crash it goes on where the last
// step ended.
func (e *Engine) Expand(ctx context.Context) (done bool, err error) {
	owed := 0
	err = e.Store.Update(ctx, func(tx Tx) error {
		done, owed = false, 0
		list, err := tx.Fanouts(1)
		if err != nil {
			return fmt.Errorf("fan-outs: %w", err)
		}
		if len(list) == 0 {
			done = true
			return nil
		}
		x := expansion{e: e, tx: tx, f: list[0], now: e.Now()}
		err = x.step()
		owed = x.owed
		return err
	})
	if err == nil {
		e.Meter.Count("deliveries_total", owed)
		if owed > 0 && e.Owed != nil {
			e.Owed()
		}
	}
	return done, err //nolint:wrapcheck // the store's, or wrapped inside
}

// expansion is one step of a fan-out.
type expansion struct {
	e      *Engine
	tx     Tx
	f      Fanout
	now    time.Time
	story  Story
	topics []Topic
	owed   int // deliveries written
}

func (x *expansion) step() error {
	s, err := x.tx.Story(x.f.Story)
	if errors.Is(err, ErrNotFound) {
		return x.tx.DeleteFanout(x.f.ID)
	}
	if err != nil {
		return fmt.Errorf("story %d: %w", x.f.Story, err)
	}
	x.story = s
	x.topics = append(x.e.toldTopics(&s), StoryTopic(s.ID))
	if x.f.Topic >= len(x.f.Topics) || x.overtaken() {
		return x.tx.DeleteFanout(x.f.ID)
	}
	var next string
	if topic := x.f.Topics[x.f.Topic]; topic == StoryTopic(s.ID) {
		next, err = x.throughPostings()
	} else {
		next, err = x.throughSubscribers(topic)
	}
	if err != nil {
		return err
	}
	x.f.Cursor = next
	if next == "" {
		x.f.Topic++
	}
	if x.f.Topic >= len(x.f.Topics) {
		return x.tx.DeleteFanout(x.f.ID)
	}
	return x.tx.PutFanout(&x.f)
}

// overtaken reports whether the story has ended since: a later fan-out tells
// those who know it, and nobody else needs to hear of it any more.
func (x *expansion) overtaken() bool {
	return x.story.Revision > x.f.Revision && !x.f.Told && x.story.Stage != x.f.Stage &&
		phaseOf(x.story.Stage)&(off|shut|cold) != 0
}

// throughPostings keeps those up to date who were told of the story.
func (x *expansion) throughPostings() (next string, err error) {
	list, next, err := x.tx.Postings(x.story.ID, x.f.Cursor, expandStep)
	if err != nil {
		return "", fmt.Errorf("postings of story %d: %w", x.story.ID, err)
	}
	for i := range list {
		if list[i].First == "" {
			continue
		}
		sub, ok, err := x.covering(list[i].Chat)
		if err != nil {
			return "", err
		}
		if !ok && x.f.Kind != DeliverRetract {
			continue // unsubscribed; but a correction reaches everybody who was told
		}
		sub.Chat = list[i].Chat
		if err := x.follow(&sub, &list[i]); err != nil {
			return "", err
		}
	}
	return next, nil
}

// covering is the chat's first subscription under which the story falls.
func (x *expansion) covering(ref ChatRef) (Subscription, bool, error) {
	subs, err := x.tx.Subscriptions(ref)
	if err != nil {
		return Subscription{}, false, fmt.Errorf("subscriptions: %w", err)
	}
	for _, t := range x.topics {
		i := slices.IndexFunc(subs, func(s Subscription) bool { return s.Topic == t })
		if i >= 0 {
			return subs[i], true, nil
		}
	}
	return Subscription{}, false, nil
}

// throughSubscribers tells those who do not know the story yet, and those whose
// first message about it is still on its way.
func (x *expansion) throughSubscribers(topic Topic) (next string, err error) {
	subs, next, err := x.tx.Subscribers(topic, x.f.Cursor, expandStep)
	if err != nil {
		return "", fmt.Errorf("subscribers of %s: %w", topic, err)
	}
	for i := range subs {
		if err := x.consider(&subs[i]); err != nil {
			return "", err
		}
	}
	return next, nil
}

func (x *expansion) consider(sub *Subscription) error {
	posting, err := x.tx.Posting(sub.Chat, x.story.ID)
	switch {
	case err == nil && posting.First != "":
		return x.follow(sub, &posting)
	case err != nil && !errors.Is(err, ErrNotFound):
		return fmt.Errorf("posting: %w", err)
	}
	waiting, cleared, err := x.clear(sub.Chat, 0)
	switch {
	case err != nil:
		return err
	case waiting && x.f.Kind == DeliverRetract:
		return x.deliver(sub, DeliverRetract)
	case waiting:
		return x.deliver(sub, DeliverReply)
	case x.fits(sub, cleared):
		return x.deliver(sub, DeliverPost)
	}
	return nil
}

// fits reports whether a chat that does not know the story shall hear of it:
// because it was about to, and the story still stands, or because the news fits
// the subscription.
func (x *expansion) fits(sub *Subscription, cleared StoryStage) bool {
	if cleared != "" {
		return cleared == x.story.Stage || phaseOf(x.story.Stage)&(open|done) != 0
	}
	return !x.f.Told && sub.Wants(&x.story, x.f.Event) && sub.covers(&x.f)
}

// follow brings a chat up to date that knows the story.
func (x *expansion) follow(sub *Subscription, p *Posting) error {
	if p.Revision >= x.story.Revision {
		return nil
	}
	if _, _, err := x.clear(sub.Chat, p.Revision); err != nil {
		return err
	}
	switch {
	case x.f.Kind == DeliverRetract:
		return x.deliver(sub, DeliverRetract)
	case p.Stage != x.story.Stage:
		return x.deliver(sub, DeliverReply)
	}
	return x.deliver(sub, DeliverEdit)
}

// deliver owes the chat a message, unless it is paused, muted or waits for its
// digest. The id does not depend on the topic: a chat that several
// subscriptions make a reader of the story is told once.
func (x *expansion) deliver(sub *Subscription, kind DeliveryKind) error {
	chat, err := x.tx.Chat(sub.Chat)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("chat: %w", err)
	}
	correction := kind == DeliverRetract
	switch {
	case chat.Paused != NotPaused,
		chat.digestOnly(sub) && !correction,
		chat.Muted(x.now, x.topics...) && !correction:
		return nil
	}
	d := Delivery{
		ID:   NewDeliveryID(sub.Chat, x.story.ID, x.story.Revision, kind),
		Chat: sub.Chat, Kind: kind, Story: x.story.ID, Revision: x.story.Revision,
		Stage: x.story.Stage, Topic: sub.Topic, Due: x.now, Created: x.now,
	}
	d.Priority, d.Silent = x.manner(sub, kind)
	if !sub.Silent && d.Priority != PriorityQuietly {
		d.Role = sub.Role // also on a rumour, which rings for nobody: it is marked for them
	}
	if !correction {
		d.Due = chat.QuietUntil(x.now)
	}
	if err := x.tx.PutDelivery(d); err != nil {
		return fmt.Errorf("store delivery: %w", err)
	}
	x.owed++
	return nil
}

// manner is how urgent and how loud a delivery is.
func (x *expansion) manner(sub *Subscription, kind DeliveryKind) (Priority, bool) {
	quietly := kind == DeliverEdit || kind == DeliverRetract || kind == DeliverReply && x.f.Told
	switch {
	case quietly:
		return PriorityQuietly, true
	case x.story.Stage == StageOfficial:
		return PriorityOfficial, sub.Silent
	}
	return PriorityRumour, sub.Silent || !sub.Loud
}
