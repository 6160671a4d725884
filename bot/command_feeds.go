package bot

import (
	"context"
	"errors"
	"strings"
)

// feedsShown is how many feeds one answer lists.
const feedsShown = 30

// feedsCommand lets an owner look after the feeds.
func (e *Engine) feedsCommand(ctx context.Context, a *ask) (Message, error) {
	do, address := a.arg("do", 0, false), a.arg("address", 1, true)
	if do == "" || do == "list" || do == "zeigen" {
		return e.listFeeds(ctx, a)
	}
	if e.Feeds == nil {
		return a.problem("feeds_off"), nil
	}
	if address == "" {
		return e.usage(ctx, a, "feeds")
	}
	m, err := e.tendFeed(ctx, a, do, address)
	switch {
	case errors.Is(err, ErrNotFound):
		return a.problem("feed_unknown", "Address", address), nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Message{}, err
	case err != nil: // the desk's own words: an owner may read them
		return a.problem("feed_failed", "Address", address, "Cause", err.Error()), nil
	}
	return m, nil
}

func (e *Engine) tendFeed(ctx context.Context, a *ask, do, address string) (Message, error) {
	switch do {
	case "add", "hinzufügen":
		f, err := e.Feeds.Add(ctx, address)
		return a.note("feed_added", "Address", f.URL), err
	case "remove", "entfernen":
		return a.note("feed_removed", "Address", address), e.Feeds.Remove(ctx, address)
	case "pause", "anhalten":
		return a.note("feed_paused", "Address", address), e.Feeds.Pause(ctx, address, true)
	case "resume", "fortsetzen":
		return a.note("feed_resumed", "Address", address), e.Feeds.Pause(ctx, address, false)
	case "test", "testen":
		trial, err := e.Feeds.Test(ctx, address)
		return a.trial(&trial), err
	}
	return e.usage(ctx, a, "feeds")
}

func (e *Engine) listFeeds(ctx context.Context, a *ask) (Message, error) {
	var feeds []FeedState
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		feeds, err = tx.Feeds()
		return err
	})
	if err != nil {
		return Message{}, err
	}
	m := Message{Title: a.say("feeds_title", "Count", len(feeds)), Private: true}
	for i := range feeds[:min(len(feeds), feedsShown)] {
		f := &feeds[i]
		name := f.Name
		if name == "" {
			name = f.URL
		}
		m.Blocks = append(m.Blocks, item(bold(name), plain(" – "+f.URL+" – "+a.feedHealth(f))))
	}
	if len(feeds) > feedsShown {
		m.Footer = a.say("and_more", "Count", len(feeds)-feedsShown)
	}
	return m, nil
}

func (v voice) feedHealth(f *FeedState) string {
	switch {
	case f.Paused:
		return v.say("feed_state_paused")
	case f.Failures > 0:
		return v.say("feed_state_failing", "Count", f.Failures, "Cause", shorten(f.LastError, 100))
	case f.LastOK.IsZero():
		return v.say("feed_state_new")
	}
	return v.say("feed_state_ok", "When", v.moment(f.LastOK))
}

// trial is what a dry run found.
func (a *ask) trial(t *FeedTrial) Message {
	m := Message{Title: a.say("trial_title", "Count", len(t.Articles)), Private: true}
	for i := range t.Articles {
		const shown = 10
		if i == shown {
			m.Footer = a.say("and_more", "Count", len(t.Articles)-shown)
			break
		}
		art := &t.Articles[i]
		head := bold(shorten(art.Title, 120))
		head.Link = webLink(art.URL)
		m.Blocks = append(m.Blocks, item(head, plain(" – "+a.trialEvents(t, i))))
	}
	if len(t.Problems) > 0 {
		m.Blocks = append(m.Blocks, heading(a.say("trial_problems")))
		for _, p := range t.Problems {
			m.Blocks = append(m.Blocks, item(plain(shorten(p, 200))))
		}
	}
	return m
}

func (v voice) trialEvents(t *FeedTrial, i int) string {
	var found []string
	if i < len(t.Found) {
		for _, ev := range t.Found[i].Events {
			found = append(found, ev.Club+": "+ev.Coach+" ("+v.say("type_"+string(ev.Type))+")")
		}
	}
	if len(found) == 0 {
		return v.say("trial_nothing")
	}
	return strings.Join(found, "; ")
}
