package bot

import (
	"context"
	"errors"
)

// digestShown is how many stories a digest tells; the rest is counted.
const digestShown = 15

// renderDigest gathers what changed since the last digest, as it stands now.
func (e *Engine) renderDigest(ctx context.Context, d Delivery) (Rendered, error) {
	var chat Chat
	var stories []Story
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if chat, err = tx.Chat(d.Chat); err != nil {
			return err
		}
		stories, err = e.DigestStories(tx, d)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return Rendered{Skip: "chat is gone"}, nil
	case err != nil:
		return Rendered{}, err
	case chat.Paused != NotPaused:
		return Rendered{Skip: "chat is paused"}, nil
	case len(stories) == 0:
		return Rendered{Skip: "nothing to report"}, nil
	}
	if until := chat.QuietUntil(e.Now()); until.After(e.Now()) {
		return Rendered{Defer: until}, nil
	}
	v := e.voiceFor(chat, "")
	m := Message{Language: v.language, Title: v.say("digest_title", "Count", len(stories))}
	for i := range stories[:min(len(stories), digestShown)] {
		m.Blocks = append(m.Blocks, v.storyBlocks(&stories[i])...)
	}
	if more := len(stories) - digestShown; more > 0 {
		m.Footer = v.say("and_more", "Count", more)
	}
	if chat.Digest.Every == WeeklyDigest {
		m.Picture = e.drawDigest(ctx, v, &d, stories)
	}
	m.Silent, m.Nonce = d.Silent, d.Nonce()
	return Rendered{Message: m, Hash: fingerprint(&m)}, nil
}

// drawDigest is a week as a picture; nil where none can be drawn.
func (e *Engine) drawDigest(ctx context.Context, v voice, d *Delivery, stories []Story) *Picture {
	since, until, err := d.digestTime()
	if e.Artist == nil || err != nil {
		return nil
	}
	lines := make([]DigestLine, len(stories))
	for i := range stories {
		s := &stories[i]
		lines[i] = DigestLine{Story: s, Headline: v.headline(s), Standing: v.standing(s)}
	}
	pic, err := e.Artist.Digest(v.language, v.say("digest_week"), lines, since.In(v.zone), until.In(v.zone))
	if err != nil {
		e.Log.WarnContext(ctx, "picture failed", "delivery", string(d.ID), "error", err)
		return nil
	}
	return &pic
}
