package storetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"karussell/bot"
)

// mutation draws one writing call.
func (l *life) mutation(rt *rapid.T) mutation {
	kinds := []func(*rapid.T) mutation{
		l.putArticle, l.forgetTexts, l.putFindings, l.putStory, l.deleteStory, l.putCoach, l.deleteCoach,
		l.putChat, l.deleteChat, l.moveChat, l.putSubscription, l.deleteSubscription,
		l.putDelivery, l.putDelivery, l.putDelivery, l.deleteDelivery, l.putPosting, l.putFanout, l.deleteFanout,
		l.putFeed, l.deleteFeed, l.putNote,
	}
	return rapid.SampledFrom(kinds).Draw(rt, "kind")(rt)
}

// gave checks a number that the store gave against the model's, which runs
// after it.
func gave[T comparable](what string, store *T, model T) {
	if *store != model {
		panic(fmt.Sprintf("%s: the store gave number %v, the model %v", what, *store, model))
	}
}

func (l *life) putArticle(rt *rapid.T) mutation {
	a := bot.Article{
		ID:     bot.ArticleID(rapid.IntRange(0, 6).Draw(rt, "id")),
		Title:  rapid.String().Draw(rt, "title"),
		Text:   rapid.SampledFrom([]string{"", "text", "other"}).Draw(rt, "text"),
		ReadAt: l.soon(rt),
	}
	keys, topics := l.strings(rt), l.topics(rt)
	var id bot.ArticleID
	return mutation{
		"put article",
		func(tx bot.Tx) error {
			stored := a
			err := tx.PutArticle(&stored, keys, topics)
			id = stored.ID
			return err
		},
		func(m *model) {
			stored := a
			m.putArticle(&stored, keys, topics)
			gave("article", &id, stored.ID)
		},
	}
}

func (l *life) forgetTexts(rt *rapid.T) mutation {
	before, limit := l.soon(rt), rapid.IntRange(0, 2).Draw(rt, "limit")
	n := 0
	return mutation{
		"forget texts",
		func(tx bot.Tx) (err error) { n, err = tx.ForgetTexts(before, limit); return err },
		func(m *model) { gave("forgotten texts", &n, m.forgetTexts(before, limit)) },
	}
}

func (l *life) putFindings(rt *rapid.T) mutation {
	id := bot.ArticleID(rapid.IntRange(1, 4).Draw(rt, "id"))
	x := bot.Extraction{Headline: rapid.String().Draw(rt, "headline"), Events: []bot.Event{{Coach: "x", ClubID: "a", Rule: "r"}}}
	return mutation{
		"put findings",
		func(tx bot.Tx) error { return tx.PutFindings(id, x) },
		func(m *model) { m.findings[id] = x },
	}
}

func (l *life) putStory(rt *rapid.T) mutation {
	s := bot.Story{
		ID:      bot.StoryID(rapid.IntRange(0, 5).Draw(rt, "id")),
		Key:     someStoryKeys()[rapid.IntRange(0, 1).Draw(rt, "key")],
		Stage:   rapid.SampledFrom([]bot.StoryStage{bot.StageTalks, bot.StageOfficial}).Draw(rt, "stage"),
		Changed: l.soon(rt),
	}
	if rapid.Bool().Draw(rt, "checked") {
		s.Check = l.soon(rt)
	}
	topics := l.topics(rt)
	var id bot.StoryID
	return mutation{
		"put story",
		func(tx bot.Tx) error {
			stored := s
			err := tx.PutStory(&stored, topics)
			id = stored.ID
			return err
		},
		func(m *model) {
			stored := s
			m.putStory(&stored, topics)
			gave("story", &id, stored.ID)
		},
	}
}

func (l *life) deleteStory(rt *rapid.T) mutation {
	id := bot.StoryID(rapid.IntRange(1, 5).Draw(rt, "id"))
	return mutation{
		"delete story",
		func(tx bot.Tx) error { return tx.DeleteStory(id) },
		func(m *model) { delete(m.stories, id) },
	}
}

func (l *life) putCoach(rt *rapid.T) mutation {
	c := bot.Coach{ID: bot.CoachID(rapid.SampledFrom(someKeys()).Draw(rt, "id")), Name: rapid.String().Draw(rt, "name")}
	keys := l.strings(rt)
	return mutation{
		"put coach",
		func(tx bot.Tx) error { return tx.PutCoach(c, keys) },
		func(m *model) { m.coaches[c.ID] = modelCoach{c, keys} },
	}
}

func (l *life) deleteCoach(rt *rapid.T) mutation {
	id := bot.CoachID(rapid.SampledFrom(someKeys()).Draw(rt, "id"))
	return mutation{
		"delete coach",
		func(tx bot.Tx) error { return tx.DeleteCoach(id) },
		func(m *model) { delete(m.coaches, id) },
	}
}

func (l *life) putChat(rt *rapid.T) mutation {
	c := bot.Chat{
		Ref:    someChat(rt),
		Title:  rapid.StringN(0, 3, 9).Draw(rt, "title"),
		Digest: bot.Digest{Every: rapid.SampledFrom([]bot.DigestRhythm{bot.NoDigest, bot.DailyDigest}).Draw(rt, "digest")},
	}
	if rapid.IntRange(0, 3).Draw(rt, "paused") == 0 {
		c.Paused, c.PausedAt = bot.PauseGone, l.now
	}
	return mutation{
		"put chat",
		func(tx bot.Tx) error { return tx.PutChat(c) },
		func(m *model) { m.chats[c.Ref] = c },
	}
}

func (l *life) deleteChat(rt *rapid.T) mutation {
	ref := someChat(rt)
	return mutation{
		"delete chat",
		func(tx bot.Tx) error { return tx.DeleteChat(ref) },
		func(m *model) { m.deleteChat(ref) },
	}
}

func (l *life) moveChat(rt *rapid.T) mutation {
	from, to := someChat(rt), someChat(rt)
	return mutation{
		"move chat",
		func(tx bot.Tx) error { return tx.MoveChat(from, to) },
		func(m *model) { m.moveChat(from, to) },
	}
}

func (l *life) putSubscription(rt *rapid.T) mutation {
	s := bot.Subscription{
		Chat: someChat(rt), Topic: rapid.SampledFrom(someTopics()).Draw(rt, "topic"),
		Silent: rapid.Bool().Draw(rt, "silent"), Since: l.soon(rt),
	}
	return mutation{
		"put subscription",
		func(tx bot.Tx) error { return tx.PutSubscription(s) },
		func(m *model) { m.subs[s.ID()] = s },
	}
}

func (l *life) deleteSubscription(rt *rapid.T) mutation {
	s := bot.Subscription{Chat: someChat(rt), Topic: rapid.SampledFrom(someTopics()).Draw(rt, "topic")}
	return mutation{
		"delete subscription",
		func(tx bot.Tx) error { return tx.DeleteSubscription(s.Chat, s.Topic) },
		func(m *model) { delete(m.subs, s.ID()) },
	}
}

func someDelivery(rt *rapid.T) bot.Delivery {
	ref, story := someChat(rt), bot.StoryID(rapid.IntRange(0, 2).Draw(rt, "story"))
	revision := rapid.IntRange(1, 3).Draw(rt, "revision")
	kind := rapid.SampledFrom([]bot.DeliveryKind{bot.DeliverPost, bot.DeliverReply}).Draw(rt, "kind")
	return bot.Delivery{
		ID: bot.NewDeliveryID(ref, story, revision, kind), Chat: ref, Kind: kind, Story: story, Revision: revision,
	}
}

func (l *life) putDelivery(rt *rapid.T) mutation {
	d := someDelivery(rt)
	d.Due, d.Created = l.soon(rt), l.soon(rt)
	if rapid.IntRange(0, 5).Draw(rt, "at once") == 0 {
		d.Due = time.Time{}
	}
	d.Priority = rapid.SampledFrom([]bot.Priority{-1, bot.PriorityOfficial, bot.PriorityRumour}).Draw(rt, "priority")
	d.Stage = rapid.SampledFrom([]bot.StoryStage{"", bot.StageTalks, bot.StageAgreed}).Draw(rt, "stage")
	return mutation{
		"put delivery",
		func(tx bot.Tx) error { return tx.PutDelivery(d) },
		func(m *model) { m.putDelivery(d) },
	}
}

func (l *life) deleteDelivery(rt *rapid.T) mutation {
	id := someDelivery(rt).ID
	return mutation{
		"delete delivery",
		func(tx bot.Tx) error { return tx.DeleteDelivery(id) },
		func(m *model) {
			if m.outbox[id] != nil {
				m.remove(id)
			}
		},
	}
}

func (l *life) putPosting(rt *rapid.T) mutation {
	p := bot.Posting{
		Chat: someChat(rt), Story: bot.StoryID(rapid.IntRange(1, 2).Draw(rt, "story")),
		First: "m0", Messages: []bot.MessageID{"m0"}, Revision: rapid.IntRange(0, 2).Draw(rt, "revision"),
	}
	return mutation{
		"put posting",
		func(tx bot.Tx) error { return tx.PutPosting(p) },
		func(m *model) { m.postings[modelPosting{p.Chat, p.Story}] = p },
	}
}

func (l *life) putFanout(rt *rapid.T) mutation {
	f := bot.Fanout{ID: uint64(rapid.IntRange(0, 3).Draw(rt, "id")), Cursor: rapid.SampledFrom([]string{"", "a", someChats()[0].String(), someChats()[1].String()}).Draw(rt, "cursor")}
	var id uint64
	return mutation{
		"put fan-out",
		func(tx bot.Tx) error {
			stored := f
			err := tx.PutFanout(&stored)
			id = stored.ID
			return err
		},
		func(m *model) {
			stored := f
			m.putFanout(&stored)
			gave("fan-out", &id, stored.ID)
		},
	}
}

func (l *life) deleteFanout(rt *rapid.T) mutation {
	id := uint64(rapid.IntRange(1, 3).Draw(rt, "id"))
	return mutation{
		"delete fan-out",
		func(tx bot.Tx) error { return tx.DeleteFanout(id) },
		func(m *model) { delete(m.fanouts, id) },
	}
}

func (l *life) putFeed(rt *rapid.T) mutation {
	f := bot.FeedState{URL: rapid.SampledFrom(someKeys()).Draw(rt, "url"), ETag: rapid.String().Draw(rt, "etag"), Next: l.soon(rt)}
	return mutation{
		"put feed",
		func(tx bot.Tx) error { return tx.PutFeed(f) },
		func(m *model) { m.feeds[f.URL] = f },
	}
}

func (l *life) deleteFeed(rt *rapid.T) mutation {
	url := rapid.SampledFrom(someKeys()).Draw(rt, "url")
	return mutation{
		"delete feed",
		func(tx bot.Tx) error { return tx.DeleteFeed(url) },
		func(m *model) { delete(m.feeds, url) },
	}
}

func (l *life) putNote(rt *rapid.T) mutation {
	key := rapid.SampledFrom(someKeys()).Draw(rt, "key")
	value := rapid.SampledFrom([][]byte{nil, {}, []byte("1"), []byte("two")}).Draw(rt, "value")
	return mutation{
		"put note",
		func(tx bot.Tx) error { return tx.PutNote(key, value) },
		func(m *model) {
			if value == nil {
				delete(m.notes, key)
			} else {
				m.notes[key] = value
			}
		},
	}
}
