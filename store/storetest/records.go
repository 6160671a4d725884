package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"karussell/bot"
)

func testArticles(t *testing.T, subject Subject) {
	s := start(t, subject)
	topic := bot.ClubTopic("schalke")
	write(t, s, func(tx bot.Tx) error {
		a := bot.Article{Title: "one", Text: "text", ReadAt: noon}
		b := bot.Article{Title: "two", Text: "text", ReadAt: noon}
		c := bot.Article{Title: "three", ReadAt: noon}
		err := all(
			tx.PutArticle(&a, []string{"url:a", "hash:a"}, []bot.Topic{topic, bot.TopicAll}),
			tx.PutArticle(&b, []string{"url:b", "hash:a"}, []bot.Topic{"club:aachen"}),
			tx.PutArticle(&c, nil, []bot.Topic{topic}),
		)
		if a.ID == 0 || b.ID <= a.ID || c.ID <= b.ID {
			t.Errorf("ids %d, %d, %d do not rise", a.ID, b.ID, c.ID)
		}
		if id, err := tx.ArticleByKey("hash:a"); err != nil || id != a.ID {
			t.Errorf("key of two articles leads to %d, %v; the first is %d", id, err, a.ID)
		}
		a.Title, a.Version = "one, corrected", 2
		return errors.Join(err, tx.PutArticle(&a, []string{"url:a2", "url:b"}, []bot.Topic{"coach:x"}))
	})
	read(t, s, func(tx bot.ReadTx) error {
		list, err := tx.Articles(topic, bot.Page{})
		if err != nil || len(list) != 2 || list[0].Title != "three" || list[1].Title != "one, corrected" || list[1].Text != "" {
			t.Errorf("by topic: %+v, %v", list, err)
		}
		list, err = tx.Articles(topic, bot.Page{Before: uint64(list[0].ID), Limit: 5})
		if err != nil || len(list) != 1 || list[0].Title != "one, corrected" {
			t.Errorf("second page: %+v, %v", list, err)
		}
		a, err := tx.Article(list[0].ID)
		if err != nil || a.Text != "text" || a.Version != 2 {
			t.Errorf("article %+v, %v", a, err)
		}
		if id, err := tx.ArticleByKey("url:a2"); err != nil || id != a.ID {
			t.Errorf("added key leads to %d, %v", id, err)
		}
		if id, err := tx.ArticleByKey("url:b"); err != nil || id == a.ID {
			t.Errorf("key was taken from its holder: %d, %v", id, err)
		}
		every, err := tx.Articles(bot.TopicAll, bot.Page{Limit: 2})
		if err != nil || len(every) != 2 || every[0].Title != "three" || every[1].Title != "two" {
			t.Errorf("all: %+v, %v", every, err)
		}
		if n, err := tx.ArticleCount(); n != 3 || err != nil {
			t.Errorf("count %d, %v", n, err)
		}
		_, err = tx.Article(99)
		missing(t, "article", err)
		_, err = tx.ArticleByKey("nothing")
		missing(t, "key", err)
		_, err = tx.Findings(a.ID)
		missing(t, "findings", err)
		if list, err := tx.Articles("club:nobody", bot.Page{}); len(list) != 0 || err != nil {
			t.Errorf("unknown topic: %v, %v", list, err)
		}
		return nil
	})
}

func testTexts(t *testing.T, subject Subject) {
	s := start(t, subject)
	var ids []bot.ArticleID
	write(t, s, func(tx bot.Tx) error {
		ids = nil
		for day := range 4 {
			a := bot.Article{Title: "t", Text: "text", ReadAt: noon.AddDate(0, 0, -day)}
			if err := tx.PutArticle(&a, nil, nil); err != nil {
				return err
			}
			ids = append(ids, a.ID)
		}
		return tx.PutFindings(ids[3], bot.Extraction{Language: "de"})
	})
	write(t, s, func(tx bot.Tx) error {
		if n, err := tx.ForgetTexts(noon, 2); n != 2 || err != nil {
			t.Errorf("forgot %d, %v", n, err)
		}
		return nil
	})
	read(t, s, func(tx bot.ReadTx) error {
		for i, want := range []string{"text", "text", "", ""} { // the oldest first
			a, err := tx.Article(ids[i])
			if err != nil || a.Text != want || a.Title != "t" {
				t.Errorf("article %d: %+v, %v", i, a, err)
			}
		}
		x, err := tx.Findings(ids[3])
		same(t, "findings stay", x, bot.Extraction{Language: "de"})
		return err
	})
	write(t, s, func(tx bot.Tx) error {
		for _, want := range []int{1, 0} { // the article of noon stays
			if n, err := tx.ForgetTexts(noon, 9); n != want || err != nil {
				t.Errorf("forgot %d, %v; want %d", n, err, want)
			}
		}
		return nil
	})
}

func testStories(t *testing.T, subject Subject) {
	s := start(t, subject)
	key := bot.StoryKey{Club: "schalke", Coach: "backhaus", Matter: bot.Arrival}
	club, coach := bot.ClubTopic("schalke"), bot.CoachTopic("backhaus")
	var old, now bot.Story
	write(t, s, func(tx bot.Tx) error {
		old = bot.Story{Key: key, Stage: bot.StageCold, Changed: noon.AddDate(-1, 0, 0)}
		now = bot.Story{Key: key, Stage: bot.StageTalks, Changed: noon, Check: noon.AddDate(0, 0, 21)}
		near := key
		near.Team = bot.WomenTeam
		other := bot.Story{Key: near, Stage: bot.StageTalks, Changed: noon.Add(-time.Hour), Check: noon.AddDate(0, 0, 1)}
		return all(
			tx.PutStory(&old, []bot.Topic{club, coach}),
			tx.PutStory(&now, []bot.Topic{club, coach, coach}),
			tx.PutStory(&other, []bot.Topic{club}),
		)
	})
	ids := func(list []bot.Story, err error) []bot.StoryID {
		if err != nil {
			t.Error(err)
		}
		var out []bot.StoryID
		for _, s := range list {
			out = append(out, s.ID)
		}
		return out
	}
	other := now.ID + 1
	read(t, s, func(tx bot.ReadTx) error {
		same(t, "by key", ids(tx.StoriesByKey(key)), []bot.StoryID{now.ID, old.ID})
		same(t, "by topic", ids(tx.Stories(club, bot.Page{})), []bot.StoryID{now.ID, other, old.ID})
		before := uint64(noon.UnixNano())
		same(t, "page", ids(tx.Stories(club, bot.Page{Before: before, Limit: 1})), []bot.StoryID{other})
		same(t, "every story", ids(tx.Stories(bot.TopicAll, bot.Page{})), []bot.StoryID{now.ID, other, old.ID})
		same(t, "open", ids(tx.OpenStories(club, 0)), []bot.StoryID{now.ID, other})
		same(t, "due", ids(tx.StoriesDue(noon.AddDate(0, 0, 21), 0)), []bot.StoryID{other, now.ID})
		same(t, "not due", ids(tx.StoriesDue(noon, 0)), []bot.StoryID{})
		_, err := tx.Story(99)
		missing(t, "story", err)
		return nil
	})
	write(t, s, func(tx bot.Tx) error {
		ended := now
		ended.Stage, ended.Changed, ended.Check = bot.StageOfficial, noon.Add(time.Minute), time.Time{}
		return all(tx.PutStory(&ended, []bot.Topic{coach}), tx.DeleteStory(other), tx.DeleteStory(99))
	})
	read(t, s, func(tx bot.ReadTx) error {
		same(t, "topics are replaced", ids(tx.Stories(club, bot.Page{})), []bot.StoryID{old.ID})
		same(t, "ended", ids(tx.OpenStories(coach, 0)), []bot.StoryID{})
		same(t, "by coach", ids(tx.Stories(coach, bot.Page{})), []bot.StoryID{now.ID, old.ID})
		same(t, "never due", ids(tx.StoriesDue(noon.AddDate(9, 0, 0), 0)), []bot.StoryID{})
		return nil
	})
}

func testCoaches(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error {
		return all(
			tx.PutCoach(bot.Coach{ID: "heiner-backhaus", Name: "Heiner Backhaus"}, []string{"backhaus", "heiner backhaus"}),
			tx.PutCoach(bot.Coach{ID: "bo-back", Name: "Bo Back"}, []string{"back", "bo back"}),
			tx.PutCoach(bot.Coach{ID: "a-backhaus", Name: "A. Backhaus"}, []string{"backhaus"}),
		)
	})
	read(t, s, func(tx bot.ReadTx) error {
		got, err := tx.Names(bot.NameCoach, "backhaus", false, 0)
		same(t, "exact", got, []bot.Name{{ID: "a-backhaus", Text: "A. Backhaus"}, {ID: "heiner-backhaus", Text: "Heiner Backhaus"}})
		prefix, err2 := tx.Names(bot.NameCoach, "back", true, 2)
		same(t, "prefix", prefix, []bot.Name{{ID: "bo-back", Text: "Bo Back"}, {ID: "a-backhaus", Text: "A. Backhaus"}})
		list, err3 := tx.Coaches("a-backhaus", 1)
		same(t, "after", list, []bot.Coach{{ID: "bo-back", Name: "Bo Back"}})
		_, err4 := tx.Coach("nobody")
		missing(t, "coach", err4)
		return all(err, err2, err3)
	})
	write(t, s, func(tx bot.Tx) error {
		return all(
			tx.PutCoach(bot.Coach{ID: "heiner-backhaus", Name: "Heiner Backhaus"}, []string{"heiner"}),
			tx.DeleteCoach("a-backhaus"), tx.DeleteCoach("nobody"),
		)
	})
	read(t, s, func(tx bot.ReadTx) error {
		got, err := tx.Names(bot.NameCoach, "backhaus", false, 0)
		same(t, "former key", got, []bot.Name(nil))
		every, err2 := tx.Names(bot.NameCoach, "", true, 0)
		if len(every) != 3 {
			t.Errorf("every name: %v", every)
		}
		return all(err, err2)
	})
}

func testFeeds(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error {
		return all(
			tx.PutFeed(bot.FeedState{URL: "https://b.example/rss", ETag: "1"}),
			tx.PutFeed(bot.FeedState{URL: "https://a.example/rss"}),
			tx.PutFeed(bot.FeedState{URL: "https://b.example/rss", ETag: "2", HubSecret: []byte{0, 1}}),
			tx.PutFeed(bot.FeedState{URL: "https://c.example/rss"}),
			tx.DeleteFeed("https://c.example/rss"), tx.DeleteFeed("https://d.example/rss"),
		)
	})
	read(t, s, func(tx bot.ReadTx) error {
		list, err := tx.Feeds()
		same(t, "feeds", list, []bot.FeedState{
			{URL: "https://a.example/rss"}, {URL: "https://b.example/rss", ETag: "2", HubSecret: []byte{0, 1}},
		})
		f, err2 := tx.Feed("https://b.example/rss")
		same(t, "feed", f.ETag, "2")
		_, err3 := tx.Feed("https://c.example/rss")
		missing(t, "feed", err3)
		return all(err, err2)
	})
}

func testNotes(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error {
		return all(
			tx.PutNote("telegram/offset", []byte("17")), tx.PutNote("telegram/", []byte{}),
			tx.PutNote("telegram/file/1", []byte{0}), tx.PutNote("telegramx", []byte("x")),
			tx.PutNote("gone", []byte("x")), tx.PutNote("gone", nil), tx.PutNote("never", nil),
		)
	})
	read(t, s, func(tx bot.ReadTx) error {
		v, err := tx.Note("telegram/offset")
		same(t, "note", string(v), "17")
		empty, err2 := tx.Note("telegram/")
		if empty == nil || len(empty) != 0 {
			t.Errorf("empty note is %v", empty)
		}
		_, err3 := tx.Note("gone")
		missing(t, "deleted note", err3)
		keys, err4 := tx.Notes("telegram/", "", 0)
		same(t, "keys", keys, []string{"telegram/", "telegram/file/1", "telegram/offset"})
		keys, err5 := tx.Notes("telegram/", "telegram/file/1", 1)
		same(t, "after", keys, []string{"telegram/offset"})
		return all(err, err2, err4, err5)
	})
}

// fill sets every field that it can reach to something that is not zero, so
// that a field which a store forgets is found.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() { //nolint:exhaustive // the rest is below
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(*n) * time.Nanosecond)))
			return
		}
		for _, field := range v.Fields() {
			fill(field, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("s" + time.Duration(*n).String())
	case reflect.Bool:
		v.SetBool(true)
	default:
		switch {
		case v.CanInt():
			v.SetInt(int64(*n % 120))
		case v.CanUint():
			v.SetUint(uint64(*n % 120))
		}
	}
}

func filled[T any]() (v T) {
	n := 0
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

// testEveryField fails when a field of the domain is not stored.
func testEveryField(t *testing.T, subject Subject) {
	s := start(t, subject)
	article, story, coach := filled[bot.Article](), filled[bot.Story](), filled[bot.Coach]()
	chat, sub, feed := filled[bot.Chat](), filled[bot.Subscription](), filled[bot.FeedState]()
	delivery, posting, fanout := filled[bot.Delivery](), filled[bot.Posting](), filled[bot.Fanout]()
	findings := filled[bot.Extraction]()
	delivery.Chat = bot.ChatRef{Platform: "console", Chat: "1"}
	write(t, s, func(tx bot.Tx) error {
		a, st, f := article, story, fanout
		return all(
			tx.PutArticle(&a, nil, nil), tx.PutStory(&st, nil), tx.PutCoach(coach, nil), tx.PutChat(chat),
			tx.PutSubscription(sub), tx.PutFeed(feed), tx.PutDelivery(delivery), tx.PutPosting(posting),
			tx.PutFanout(&f), tx.PutFindings(article.ID, findings),
		)
	})
	read(t, s, func(tx bot.ReadTx) error {
		a, err1 := tx.Article(article.ID)
		st, err2 := tx.Story(story.ID)
		co, err3 := tx.Coach(coach.ID)
		ch, err4 := tx.Chat(chat.Ref)
		su, err5 := tx.Subscriptions(sub.Chat)
		fe, err6 := tx.Feed(feed.URL)
		de, err7 := tx.Delivery(delivery.ID)
		po, err8 := tx.Posting(posting.Chat, posting.Story)
		fa, err9 := tx.Fanouts(0)
		fi, err10 := tx.Findings(article.ID)
		same(t, "article", a, article)
		same(t, "story", st, story)
		same(t, "coach", co, coach)
		same(t, "chat", ch, chat)
		same(t, "subscriptions", su, []bot.Subscription{sub})
		same(t, "feed", fe, feed)
		same(t, "delivery", de, delivery)
		same(t, "posting", po, posting)
		same(t, "fanouts", fa, []bot.Fanout{fanout})
		same(t, "findings", fi, findings)
		return all(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10)
	})
}

// testOddStrings uses what foreign texts and platforms may bring.
func testOddStrings(t *testing.T, subject Subject) {
	s := start(t, subject)
	odd := []string{"", "\x00", "\x00\x01", "\x00\xff", "a", "a\x00", "a\x00b", "\xff\xfe broken", "ß 👋", "\xff"}
	write(t, s, func(tx bot.Tx) error {
		for _, o := range odd {
			a := bot.Article{Title: o, Text: o, ReadAt: noon}
			ref := bot.ChatRef{Platform: "x", Chat: "c" + o}
			err := all(
				tx.PutArticle(&a, []string{o}, []bot.Topic{bot.Topic("t" + o)}),
				tx.PutCoach(bot.Coach{ID: bot.CoachID(o), Name: o}, []string{o}),
				tx.PutChat(bot.Chat{Ref: ref, Title: o}),
				tx.PutSubscription(bot.Subscription{Chat: ref, Topic: bot.Topic(o)}),
				tx.PutFeed(bot.FeedState{URL: o}), tx.PutNote(o, []byte(o)),
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
	read(t, s, func(tx bot.ReadTx) error {
		for _, o := range odd {
			id, err1 := tx.ArticleByKey(o)
			a, err2 := tx.Article(id)
			same(t, "title", a.Title+a.Text, o+o)
			list, err3 := tx.Articles(bot.Topic("t"+o), bot.Page{})
			same(t, "articles of topic", len(list), 1)
			names, err4 := tx.Names(bot.NameCoach, o, false, 0)
			same(t, "names", names, []bot.Name{{ID: o, Text: o}})
			subs, err5 := tx.Subscriptions(bot.ChatRef{Platform: "x", Chat: "c" + o})
			same(t, "subscriptions", len(subs), 1)
			n, err6 := tx.Note(o)
			same(t, "note", string(n), o)
			f, err7 := tx.Feed(o)
			same(t, "feed", f.URL, o)
			if err := all(err1, err2, err3, err4, err5, err6, err7); err != nil {
				t.Errorf("%q: %v", o, err)
			}
		}
		return nil
	})
}
