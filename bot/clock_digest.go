package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// tendDigests owes every chat whose time has come its digest, and says when the
// next one comes.
func (e *Engine) tendDigests(ctx context.Context) (time.Time, error) {
	var next time.Time
	for after := ""; ; {
		var list []Chat
		err := e.Store.View(ctx, func(tx ReadTx) (err error) {
			list, err = tx.DigestChats(after, tendStep)
			return err //nolint:wrapcheck // wrapped below
		})
		if err != nil {
			return time.Time{}, fmt.Errorf("chats with a digest: %w", err)
		}
		for i := range list {
			at := list[i].nextDigest()
			if !at.After(e.Now()) {
				if at, err = e.digest(ctx, list[i].Ref); err != nil {
					return time.Time{}, err
				}
			}
			if !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
		if len(list) < tendStep {
			return next, nil
		}
		after = list[len(list)-1].Ref.String()
	}
}

// digest writes one chat's digest, unless there is nothing in it, and returns
// when the next one comes. Times that passed while nobody looked are made up for
// with one digest over all of them.
func (e *Engine) digest(ctx context.Context, ref ChatRef) (next time.Time, err error) {
	err = e.Store.Update(ctx, func(tx Tx) error {
		c, err := tx.Chat(ref)
		if errors.Is(err, ErrNotFound) {
			next = time.Time{}
			return nil
		}
		if err != nil {
			return fmt.Errorf("chat: %w", err)
		}
		now := e.Now()
		if c.Digest.Last.IsZero() { // ordered just now: it begins here
			c.Digest.Last = now
		}
		since := c.Digest.Last
		for next = c.nextDigest(); !next.IsZero() && !next.After(now); next = c.nextDigest() {
			c.Digest.Last = next
		}
		if err := tx.PutChat(c); err != nil {
			return fmt.Errorf("store chat: %w", err)
		}
		if c.Digest.Last.Equal(since) {
			return nil
		}
		return e.oweDigest(tx, &c, since, c.Digest.Last)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("digest: %w", err)
	}
	return next, nil
}

// Arguments of a digest delivery's Notice.
const (
	digestSince = "since"
	digestUntil = "until"
)

func (e *Engine) oweDigest(tx Tx, c *Chat, since, until time.Time) error {
	if c.Paused != NotPaused {
		return nil
	}
	d := Delivery{
		ID:   NewDeliveryID(c.Ref, 0, int(until.Unix()), DeliverDigest),
		Chat: c.Ref, Kind: DeliverDigest, Silent: true, Priority: PriorityDigest,
		Due: c.QuietUntil(until), Created: e.Now(),
		Note: &Notice{Key: string(DeliverDigest), Args: map[string]string{
			digestSince: since.UTC().Format(time.RFC3339Nano),
			digestUntil: until.UTC().Format(time.RFC3339Nano),
		}},
	}
	stories, err := e.DigestStories(tx, d)
	if err != nil || len(stories) == 0 {
		return err
	}
	if err := tx.PutDelivery(d); err != nil {
		return fmt.Errorf("store digest: %w", err)
	}
	return nil
}

// nextDigest is the first digest time after the last one, by the chat's wall
// clock: one a day or a week whatever the clock change does. It is the zero time
// without a digest, and before the first look at it.
func (c *Chat) nextDigest() time.Time {
	last := c.Digest.Last
	if c.Digest.Every == NoDigest || last.IsZero() {
		return time.Time{}
	}
	loc := c.location()
	y, m, d := last.In(loc).Date()
	for i := 0; ; i++ {
		at := time.Date(y, m, d+i, 0, c.Digest.Minute, 0, 0, loc)
		day := time.Date(y, m, d+i, 12, 0, 0, 0, loc).Weekday()
		if at.After(last) && (c.Digest.Every != WeeklyDigest || day == c.Digest.Weekday) {
			return at
		}
	}
}

// digestDepth is how many changed stories of one topic a digest looks at.
const digestDepth = 200

// DigestStories are the stories that a digest delivery reports: those that the
// chat's subscriptions cover and that changed in its time, the newest first.
func (e *Engine) DigestStories(tx ReadTx, d Delivery) ([]Story, error) {
	since, until, err := d.digestTime()
	if err != nil {
		return nil, err
	}
	c, err := tx.Chat(d.Chat)
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	subs, err := tx.Subscriptions(d.Chat)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	var list []Story
	for i := range subs {
		some, err := tx.Stories(subs[i].Topic, Page{Limit: digestDepth})
		if err != nil {
			return nil, fmt.Errorf("stories of %s: %w", subs[i].Topic, err)
		}
		for j := range some {
			s := &some[j]
			changed := s.Changed.After(since) && !s.Changed.After(until) && s.Last.After(subs[i].Since)
			if changed && subs[i].Wants(s, s.Trigger) && !c.Muted(until, append(e.toldTopics(s), StoryTopic(s.ID))...) {
				list = append(list, *s)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Story) int { return cmp.Or(b.Changed.Compare(a.Changed), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(list, func(a, b Story) bool { return a.ID == b.ID }), nil
}

// digestTime is the time that a digest delivery reports.
func (d *Delivery) digestTime() (since, until time.Time, err error) {
	if d.Note == nil {
		return since, until, errors.New("digest without its time")
	}
	if since, err = time.Parse(time.RFC3339Nano, d.Note.Args[digestSince]); err != nil {
		return since, until, fmt.Errorf("digest from: %w", err)
	}
	if until, err = time.Parse(time.RFC3339Nano, d.Note.Args[digestUntil]); err != nil {
		return since, until, fmt.Errorf("digest until: %w", err)
	}
	return since, until, nil
}
