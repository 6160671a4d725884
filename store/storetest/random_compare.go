package storetest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"karussell/bot"
)

func someStoryKeys() []bot.StoryKey {
	return []bot.StoryKey{
		{Club: "a", Coach: "b", Matter: bot.Arrival}, {Club: "a", Coach: "b", Matter: bot.Arrival, Team: bot.YouthTeam},
	}
}

// compare reads everything that can be read from both.
func (l *life) compare(rt *rapid.T) {
	err := l.store.View(context.Background(), func(tx bot.ReadTx) error {
		l.compareArticles(tx)
		l.compareStories(tx)
		l.compareCoaches(tx)
		l.compareChats(tx)
		l.comparePostings(tx)
		l.compareOutbox(tx)
		l.compareRest(tx)
		return nil
	})
	if err != nil {
		rt.Fatalf("view: %v", err)
	}
	if l.difference != "" {
		rt.Fatal(l.difference)
	}
}

// present makes of a missing thing its zero value, as the model's maps do.
func present[T any](v T, err error) (T, error) {
	if errors.Is(err, bot.ErrNotFound) {
		var zero T
		return zero, nil
	}
	return v, err
}

func (l *life) compareArticles(tx bot.ReadTx) {
	m := l.model
	for id := bot.ArticleID(1); id <= m.lastArticle+1; id++ {
		got, err := present(tx.Article(id))
		var want bot.Article
		if a := m.articles[id]; a != nil {
			want = a.Article
		}
		l.expect("article", got, want, err)
		x, err := present(tx.Findings(id))
		l.expect("findings", x, m.findings[id], err)
	}
	for _, k := range someKeys() {
		got, err := present(tx.ArticleByKey(k))
		l.expect("article by key", got, m.keys[k], err)
	}
	for _, topic := range someTopics() {
		for _, p := range []bot.Page{{}, {Limit: 2}, {Before: 3, Limit: 2}} {
			got, err := tx.Articles(topic, p)
			l.expect("articles", got, m.listArticles(topic, p), err)
		}
	}
	n, err := tx.ArticleCount()
	l.expect("article count", n, len(m.articles), err)
}

func (l *life) compareStories(tx bot.ReadTx) {
	m := l.model
	for id := bot.StoryID(1); id <= m.lastStory+1; id++ {
		got, err := present(tx.Story(id))
		l.expect("story", got, m.stories[id].Story, err)
	}
	for _, k := range someStoryKeys() {
		got, err := tx.StoriesByKey(k)
		l.expect("stories by key", got, m.storiesByKey(k), err)
	}
	for _, topic := range someTopics() {
		about := func(s modelStory) bool { return slices.Contains(s.topics, topic) }
		got, err := tx.Stories(topic, bot.Page{})
		l.expect("stories", got, first(m.listStories(about), 0), err)
		now := l.now
		page, err := tx.Stories(topic, bot.Page{Before: uint64(now.UnixNano()), Limit: 2})
		want := first(m.listStories(func(s modelStory) bool { return about(s) && s.Changed.Before(now) }), 2)
		l.expect("page of stories", page, want, err)
		open, err := tx.OpenStories(topic, 2)
		want = first(m.listStories(func(s modelStory) bool { return about(s) && s.Open() }), 2)
		l.expect("open stories", open, want, err)
	}
	due, err := tx.StoriesDue(l.now, 3)
	l.expect("stories due", due, first(m.storiesDue(l.now), 3), err)
}

func (l *life) compareCoaches(tx bot.ReadTx) {
	m := l.model
	var every []bot.Coach
	for _, id := range slices.Sorted(maps.Keys(m.coaches)) {
		every = append(every, m.coaches[id].Coach)
	}
	got, err := tx.Coaches("", 0)
	l.expect("coaches", got, every, err)
	for _, k := range append(someKeys(), "") {
		c, err := present(tx.Coach(bot.CoachID(k)))
		l.expect("coach", c, m.coaches[bot.CoachID(k)].Coach, err)
		for _, prefix := range []bool{false, true} {
			names, err := tx.Names(bot.NameCoach, k, prefix, 3)
			l.expect("names", names, first(m.names(k, prefix), 3), err)
		}
	}
}

func (l *life) compareChats(tx bot.ReadTx) {
	m := l.model
	digest := func(c bot.Chat) bool { return c.Digest.Every != bot.NoDigest }
	after := someChats()[0].String()
	for _, last := range []string{"", after} {
		got, err := tx.Chats(last, 2)
		l.expect("chats", got, first(m.listChats(last, func(bot.Chat) bool { return true }), 2), err)
		got, err = tx.DigestChats(last, 2)
		l.expect("digest chats", got, first(m.listChats(last, digest), 2), err)
	}
	for _, ref := range someChats() {
		c, err := present(tx.Chat(ref))
		l.expect("chat", c, m.chats[ref], err)
		subs, err := tx.Subscriptions(ref)
		l.expect("subscriptions", subs, m.subscriptions(func(s bot.Subscription) bool { return s.Chat == ref }), err)
	}
	for _, topic := range someTopics() {
		var got []bot.Subscription
		for cursor := ""; ; {
			page, next, err := tx.Subscribers(topic, cursor, 2)
			l.expect("page of subscribers", len(page) <= 2, true, err)
			got = append(got, page...)
			if cursor = next; next == "" {
				break
			}
		}
		l.expect("subscribers", got, m.subscriptions(func(s bot.Subscription) bool { return s.Topic == topic }), nil)
	}
}

func (l *life) comparePostings(tx bot.ReadTx) {
	m := l.model
	for story := bot.StoryID(0); story <= 2; story++ {
		for _, ref := range someChats() {
			p, err := present(tx.Posting(ref, story))
			l.expect("posting", p, m.postings[modelPosting{ref, story}], err)
		}
		got, next, err := tx.Postings(story, "", 3)
		want := m.told(story)
		l.expect("postings", got, first(want, 3), err)
		l.expect("more postings", next != "", len(want) > 3, nil)
		if next != "" {
			got, _, err = tx.Postings(story, next, 3)
			l.expect("further postings", got, want[3:], err)
		}
	}
}

func (l *life) compareOutbox(tx bot.ReadTx) {
	m := l.model
	for _, ref := range someChats() {
		for story := bot.StoryID(0); story <= 2; story++ {
			for revision := 1; revision <= 3; revision++ {
				for _, kind := range []bot.DeliveryKind{bot.DeliverPost, bot.DeliverReply} {
					id := bot.NewDeliveryID(ref, story, revision, kind)
					got, err := present(tx.Delivery(id))
					var want bot.Delivery
					if d := m.outbox[id]; d != nil {
						want = d.Delivery
					}
					l.expect("delivery "+string(id), got, want, err)
				}
			}
		}
	}
	size, err := tx.OutboxSize()
	l.expect("outbox size", size, m.outboxSize(), err)
	parked, err := tx.Parked(3)
	l.expect("parked", parked, first(m.parked(), 3), err)
	fanouts, err := tx.Fanouts(0)
	want := slices.SortedFunc(maps.Values(m.fanouts), func(a, b bot.Fanout) int { return cmp.Compare(a.ID, b.ID) })
	l.expect("fan-outs", fanouts, want, err)
}

func (l *life) compareRest(tx bot.ReadTx) {
	m := l.model
	feeds, err := tx.Feeds()
	want := slices.SortedFunc(maps.Values(m.feeds), func(a, b bot.FeedState) int { return strings.Compare(a.URL, b.URL) })
	l.expect("feeds", feeds, want, err)
	for _, k := range someKeys() {
		v, err := present(tx.Note(k))
		l.expect("note", v, m.notes[k], err)
		f, err := present(tx.Feed(k))
		l.expect("feed", f, m.feeds[k], err)
		for _, last := range []string{"", "a"} {
			keys, err := tx.Notes(k, last, 2)
			l.expect("notes", keys, first(m.notesAfter(k, last), 2), err)
		}
	}
}
