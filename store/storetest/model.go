package storetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"karussell/bot"
)

// model is the contract of bot.Store in plain maps: slow, obvious, and without
// a line in common with any store. The random test drives it beside the store.
type model struct {
	articles map[bot.ArticleID]*modelArticle
	keys     map[string]bot.ArticleID
	findings map[bot.ArticleID]bot.Extraction
	stories  map[bot.StoryID]modelStory
	coaches  map[bot.CoachID]modelCoach
	chats    map[bot.ChatRef]bot.Chat
	subs     map[bot.SubscriptionID]bot.Subscription
	postings map[modelPosting]bot.Posting
	outbox   map[bot.DeliveryID]*modelDelivery
	former   map[bot.DeliveryID]bot.DeliveryID
	holds    map[bot.ChatRef]modelHold
	fanouts  map[uint64]bot.Fanout
	feeds    map[string]bot.FeedState
	notes    map[string][]byte

	lastArticle bot.ArticleID
	lastStory   bot.StoryID
	lastFanout  uint64
	arrivals    int // of deliveries
	parkings    int
}

type modelArticle struct {
	bot.Article
	topics map[bot.Topic]bool
}

type modelStory struct {
	bot.Story
	topics []bot.Topic
}

type modelCoach struct {
	bot.Coach
	keys []string
}

type modelPosting struct {
	chat  bot.ChatRef
	story bot.StoryID
}

type modelDelivery struct {
	bot.Delivery
	arrival int
	leased  time.Time // until
	claimed time.Time
	parked  int // 0: not
}

func newModel() *model {
	return &model{
		articles: map[bot.ArticleID]*modelArticle{},
		keys:     map[string]bot.ArticleID{},
		findings: map[bot.ArticleID]bot.Extraction{},
		stories:  map[bot.StoryID]modelStory{},
		coaches:  map[bot.CoachID]modelCoach{},
		chats:    map[bot.ChatRef]bot.Chat{},
		subs:     map[bot.SubscriptionID]bot.Subscription{},
		postings: map[modelPosting]bot.Posting{},
		outbox:   map[bot.DeliveryID]*modelDelivery{},
		former:   map[bot.DeliveryID]bot.DeliveryID{},
		holds:    map[bot.ChatRef]modelHold{},
		fanouts:  map[uint64]bot.Fanout{},
		feeds:    map[string]bot.FeedState{},
		notes:    map[string][]byte{},
	}
}

func (m *model) putArticle(a *bot.Article, keys []string, topics []bot.Topic) {
	if a.ID == 0 {
		a.ID = m.lastArticle + 1
	}
	m.lastArticle = max(m.lastArticle, a.ID)
	old := m.articles[a.ID]
	entry := &modelArticle{Article: *a, topics: map[bot.Topic]bool{bot.TopicAll: true}}
	if old != nil {
		entry.topics = old.topics
	}
	for _, t := range topics {
		entry.topics[t] = true
	}
	m.articles[a.ID] = entry
	for _, k := range keys {
		if _, held := m.keys[k]; !held {
			m.keys[k] = a.ID
		}
	}
}

func (m *model) listArticles(topic bot.Topic, p bot.Page) []bot.Article {
	var out []bot.Article
	for _, a := range m.articles {
		if a.topics[topic] && (p.Before == 0 || uint64(a.ID) < p.Before) {
			plain := a.Article
			plain.Text = ""
			out = append(out, plain)
		}
	}
	slices.SortFunc(out, func(a, b bot.Article) int { return cmp.Compare(b.ID, a.ID) })
	return first(out, p.Limit)
}

func (m *model) forgetTexts(before time.Time, limit int) int {
	var old []*modelArticle
	for _, a := range m.articles {
		if a.Text != "" && a.ReadAt.Before(before) {
			old = append(old, a)
		}
	}
	slices.SortFunc(old, func(a, b *modelArticle) int {
		return cmp.Or(a.ReadAt.Compare(b.ReadAt), cmp.Compare(a.ID, b.ID))
	})
	old = old[:min(len(old), max(limit, 0))]
	for _, a := range old {
		a.Text = ""
	}
	return len(old)
}

func (m *model) putStory(s *bot.Story, topics []bot.Topic) {
	if s.ID == 0 {
		s.ID = m.lastStory + 1
	}
	m.lastStory = max(m.lastStory, s.ID)
	m.stories[s.ID] = modelStory{*s, append(slices.Clone(topics), bot.TopicAll)}
}

// listStories gives the stories that match, the most recently changed first.
func (m *model) listStories(match func(modelStory) bool) []bot.Story {
	var out []bot.Story
	for _, s := range m.stories {
		if match(s) {
			out = append(out, s.Story)
		}
	}
	slices.SortFunc(out, func(a, b bot.Story) int {
		return cmp.Or(b.Changed.Compare(a.Changed), cmp.Compare(b.ID, a.ID))
	})
	return out
}

func (m *model) storiesByKey(k bot.StoryKey) []bot.Story {
	out := m.listStories(func(s modelStory) bool { return s.Key == k })
	slices.SortFunc(out, func(a, b bot.Story) int { return cmp.Compare(b.ID, a.ID) })
	return out
}

func (m *model) storiesDue(now time.Time) []bot.Story {
	out := m.listStories(func(s modelStory) bool { return !s.Check.IsZero() && !s.Check.After(now) })
	slices.SortFunc(out, func(a, b bot.Story) int {
		return cmp.Or(a.Check.Compare(b.Check), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func (m *model) names(key string, prefix bool) []bot.Name {
	type entry struct {
		key string
		bot.Name
	}
	var all []entry
	for id, c := range m.coaches {
		for _, k := range set(c.keys) {
			if k == key || prefix && strings.HasPrefix(k, key) {
				all = append(all, entry{k, bot.Name{ID: string(id), Text: c.Name}})
			}
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID)) })
	var out []bot.Name
	for _, e := range all {
		out = append(out, e.Name)
	}
	return out
}

func (m *model) listChats(last string, match func(bot.Chat) bool) []bot.Chat {
	var out []bot.Chat
	for ref, c := range m.chats {
		if ref.String() > last && match(c) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b bot.Chat) int { return cmp.Compare(a.Ref.String(), b.Ref.String()) })
	return out
}

func (m *model) subscriptions(match func(bot.Subscription) bool) []bot.Subscription {
	var out []bot.Subscription
	for _, s := range m.subs {
		if match(s) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b bot.Subscription) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Chat.String(), b.Chat.String()))
	})
	return out
}

func (m *model) told(story bot.StoryID) []bot.Posting {
	var out []bot.Posting
	for k, p := range m.postings {
		if k.story == story {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b bot.Posting) int { return cmp.Compare(a.Chat.String(), b.Chat.String()) })
	return out
}

func (m *model) deleteChat(ref bot.ChatRef) {
	delete(m.chats, ref)
	delete(m.holds, ref)
	maps.DeleteFunc(m.subs, func(_ bot.SubscriptionID, s bot.Subscription) bool { return s.Chat == ref })
	maps.DeleteFunc(m.postings, func(k modelPosting, _ bot.Posting) bool { return k.chat == ref })
	for id, d := range m.outbox {
		if d.Chat == ref {
			m.remove(id)
		}
	}
	for id, f := range m.fanouts {
		if f.Cursor == ref.String() {
			f.Cursor = ""
			m.fanouts[id] = f
		}
	}
}

func (m *model) putFanout(f *bot.Fanout) {
	if f.ID == 0 {
		f.ID = m.lastFanout + 1
	}
	m.lastFanout = max(m.lastFanout, f.ID)
	m.fanouts[f.ID] = *f
}

func (m *model) notesAfter(prefix, last string) []string {
	var out []string
	for k := range m.notes {
		if strings.HasPrefix(k, prefix) && (last == "" || k > last) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// first cuts a list to a limit, of which 0 means 20.
func first[T any](list []T, limit int) []T {
	if limit <= 0 {
		limit = 20
	}
	return list[:min(len(list), limit)]
}

func set(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
