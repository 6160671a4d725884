package bot

import (
	"context"
	"errors"
	"slices"
)

func isMissing(err error) bool { return errors.Is(err, ErrNotFound) }

// wanted says which stories a list shows.
type wanted struct {
	title  string // phrase key
	none   string // phrase key: there are none
	action string // verb of its paging buttons
	keep   func(*Story) bool
}

func settled() wanted {
	return wanted{"news_title", "news_none", actNews, func(s *Story) bool { return s.Stage == StageOfficial || s.Stage == StageOff }}
}

func unsettled() wanted {
	return wanted{"rumours_title", "rumours_none", actRumours, func(s *Story) bool { return s.Open() || s.Stage == StageCold }}
}

func (e *Engine) newsCommand(ctx context.Context, a *ask) (Message, error) {
	return e.listCommand(ctx, a, settled())
}

func (e *Engine) rumoursCommand(ctx context.Context, a *ask) (Message, error) {
	return e.listCommand(ctx, a, unsettled())
}

// listCommand lists a kind of stories, all or about a topic.
func (e *Engine) listCommand(ctx context.Context, a *ask, w wanted) (Message, error) {
	topic := TopicAll
	if query := a.arg("topic", 0, true); query != "" {
		t, back, err := e.topicOrAsk(ctx, a, query, w.action)
		if err != nil || t == "" {
			return e.orArticles(ctx, a, query, back, err)
		}
		topic = t
	}
	return e.listStories(ctx, a, topic, w, 0)
}

// listStories shows one page and the button to the next.
func (e *Engine) listStories(ctx context.Context, a *ask, topic Topic, w wanted, before uint64) (Message, error) {
	var page []Story
	more := false
	name := ""
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		page, more, err = storiesLike(tx, topic, w.keep, before)
		if err != nil {
			return err
		}
		name, err = e.topicName(tx, a.voice, topic)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	m := Message{Title: a.say(w.title, "Topic", name)}
	if len(page) == 0 {
		m.Blocks = []Block{paragraph(italic(a.say(w.none)))}
		return m, nil
	}
	for i := range page {
		m.Blocks = append(m.Blocks, a.storyBlocks(&page[i])...)
	}
	if more {
		cursor := cursorArg(page[len(page)-1].Changed)
		m.Buttons = rows(1, press(a.say("button_more"), newAction(w.action, topic.pack(), cursor)))
	}
	return m, nil
}

// storiesLike reads on until a page is full; it gives up after a bounded
// number of stories, so that a rare kind cannot make an answer slow.
func storiesLike(tx ReadTx, topic Topic, keep func(*Story) bool, before uint64) (page []Story, more bool, err error) {
	const chunk, chunks = 25, 12
	for range chunks {
		some, err := tx.Stories(topic, Page{Before: before, Limit: chunk})
		if err != nil {
			return nil, false, err
		}
		for _, s := range some {
			if !keep(&s) {
				continue
			}
			if len(page) == storiesShown {
				return page, true, nil
			}
			page = append(page, s)
		}
		if len(some) < chunk {
			return page, false, nil
		}
		before = uint64(some[len(some)-1].Changed.UnixNano())
	}
	return page, false, nil
}

// latestCommand shows the newest stories on what the chat subscribed to.
func (e *Engine) latestCommand(ctx context.Context, a *ask) (Message, error) {
	if query := a.arg("topic", 0, true); query != "" {
		t, back, err := e.topicOrAsk(ctx, a, query, actLast)
		if err != nil || t == "" {
			return back, err
		}
		return e.lastStories(ctx, a, []Topic{t}, storiesShown)
	}
	var topics []Topic
	err := e.Store.View(ctx, func(tx ReadTx) error {
		subs, err := tx.Subscriptions(a.Chat)
		for _, s := range subs {
			topics = append(topics, s.Topic)
		}
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if len(topics) == 0 || slices.Contains(topics, TopicAll) {
		topics = []Topic{TopicAll}
	}
	return e.lastStories(ctx, a, topics, storiesShown)
}

// lastStories merges the newest stories of several topics.
func (e *Engine) lastStories(ctx context.Context, a *ask, topics []Topic, limit int) (Message, error) {
	var all []Story
	err := e.Store.View(ctx, func(tx ReadTx) error {
		seen := map[StoryID]bool{}
		for _, t := range topics {
			some, err := tx.Stories(t, Page{Limit: limit})
			if err != nil {
				return err
			}
			for _, s := range some {
				if !seen[s.ID] {
					seen[s.ID] = true
					all = append(all, s)
				}
			}
		}
		return nil
	})
	if err != nil {
		return Message{}, err
	}
	slices.SortStableFunc(all, func(a, b Story) int { return b.Changed.Compare(a.Changed) })
	all = all[:min(len(all), limit)]
	m := Message{Title: a.say("latest_title", "Count", len(all))}
	if len(all) == 0 {
		m = Message{Blocks: []Block{paragraph(italic(a.say("stories_none")))}}
	}
	for i := range all {
		m.Blocks = append(m.Blocks, a.storyBlocks(&all[i])...)
	}
	return m, nil
}
