package storetest

import (
	"strconv"
	"testing"
	"time"

	"karussell/bot"
)

func testChats(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error {
		for i := range 5 {
			c := bot.Chat{Ref: chat(i), Title: strconv.Itoa(i)}
			if i%2 == 0 {
				c.Digest.Every = bot.DailyDigest
			}
			if err := tx.PutChat(c); err != nil {
				return err
			}
		}
		thread := chat(1)
		thread.Thread = "7"
		return tx.PutChat(bot.Chat{Ref: thread, Title: "thread"})
	})
	titles := func(list []bot.Chat, err error) (out []string) {
		if err != nil {
			t.Error(err)
		}
		for _, c := range list {
			out = append(out, c.Title)
		}
		return out
	}
	read(t, s, func(tx bot.ReadTx) error {
		same(t, "chats", titles(tx.Chats("", 0)), []string{"0", "1", "thread", "2", "3", "4"})
		same(t, "after", titles(tx.Chats(chat(1).String(), 2)), []string{"thread", "2"})
		same(t, "digests", titles(tx.DigestChats(chat(0).String(), 0)), []string{"2", "4"})
		_, err := tx.Chat(chat(9))
		missing(t, "chat", err)
		return nil
	})
	write(t, s, func(tx bot.Tx) error {
		return all(tx.PutChat(bot.Chat{Ref: chat(2), Title: "no digest"}), tx.DeleteChat(chat(0)), tx.DeleteChat(chat(9)))
	})
	read(t, s, func(tx bot.ReadTx) error {
		same(t, "digests", titles(tx.DigestChats("", 0)), []string{"4"})
		return nil
	})
}

func testSubscribers(t *testing.T, subject Subject) {
	s := start(t, subject)
	topic := bot.ClubTopic("schalke")
	write(t, s, func(tx bot.Tx) error {
		for i := range 25 {
			err := all(
				tx.PutSubscription(bot.Subscription{Chat: chat(i), Topic: topic, Since: noon}),
				tx.PutSubscription(bot.Subscription{Chat: chat(i), Topic: topic + "-2"}),
			)
			if err != nil {
				return err
			}
		}
		return all(
			tx.PutSubscription(bot.Subscription{Chat: chat(3), Topic: topic, Minimum: bot.OfficialOnly}), // changes the one
			tx.DeleteSubscription(chat(4), topic), tx.DeleteSubscription(chat(4), "club:nobody"),
		)
	})
	read(t, s, func(tx bot.ReadTx) error {
		var got []string
		pages, cursor := 0, ""
		for {
			subs, next, err := tx.Subscribers(topic, cursor, 8)
			if err != nil {
				return err
			}
			pages++
			for _, sub := range subs {
				got = append(got, sub.Chat.Chat)
			}
			if next == "" {
				break
			}
			cursor = next
		}
		var want []string
		for i := range 25 {
			if i != 4 {
				want = append(want, chat(i).Chat)
			}
		}
		same(t, "subscribers", got, want)
		same(t, "pages", pages, 3)
		subs, err := tx.Subscriptions(chat(3))
		same(t, "subscriptions", subs, []bot.Subscription{
			{Chat: chat(3), Topic: topic, Minimum: bot.OfficialOnly}, {Chat: chat(3), Topic: topic + "-2"},
		})
		return err
	})
}

// full gives a chat something of everything.
func full(tx bot.Tx, ref bot.ChatRef) error {
	return all(
		tx.PutChat(bot.Chat{Ref: ref, Title: "title", Digest: bot.Digest{Every: bot.DailyDigest}}),
		tx.PutSubscription(bot.Subscription{Chat: ref, Topic: "club:schalke"}),
		tx.PutPosting(bot.Posting{Chat: ref, Story: 1, First: "m1"}),
		tx.PutDelivery(post(ref, 2, 1)), tx.PutDelivery(post(ref, 3, 1)), tx.PutDelivery(post(ref, 4, 1)),
	)
}

// holds reports what is stored for a chat.
func holds(t *testing.T, s bot.Store, ref bot.ChatRef) (parts int) {
	read(t, s, func(tx bot.ReadTx) error {
		if c, err := tx.Chat(ref); err == nil && c.Ref == ref {
			parts++
		}
		if subs, err := tx.Subscriptions(ref); err == nil && len(subs) == 1 && subs[0].Chat == ref {
			parts++
		}
		if subs, _, err := tx.Subscribers("club:schalke", "", 0); err == nil {
			for _, sub := range subs {
				if sub.Chat == ref {
					parts++
				}
			}
		}
		if p, err := tx.Posting(ref, 1); err == nil && p.Chat == ref {
			parts++
		}
		if list, err := tx.DigestChats("", 0); err == nil {
			for _, c := range list {
				if c.Ref == ref {
					parts++
				}
			}
		}
		for story := bot.StoryID(2); story <= 4; story++ {
			if d, err := tx.Delivery(post(ref, story, 1).ID); err == nil && d.Chat == ref {
				parts++
			}
		}
		return nil
	})
	return parts
}

func testMoveChat(t *testing.T, subject Subject) {
	s := start(t, subject)
	const everything = 8
	write(t, s, func(tx bot.Tx) error { return all(full(tx, chat(1)), full(tx, chat(2))) })
	// One of each chat is parked, one under lease.
	for range 2 {
		for _, d := range claim(t, s, noon, 9) {
			if d.Story == 2 {
				settle(t, s, d.ID, bot.Outcome{State: bot.Dead, Cause: "c"})
			}
		}
	}
	write(t, s, func(tx bot.Tx) error { return tx.MoveChat(chat(1), chat(5)) })
	same(t, "left behind", holds(t, s, chat(1)), 0)
	same(t, "moved", holds(t, s, chat(5)), everything)
	same(t, "other chat", holds(t, s, chat(2)), everything)
	same(t, "claimed while under lease", len(claim(t, s, noon, 9)), 0)
	// The sender knows the delivery by its former id.
	settle(t, s, post(chat(1), 3, 1).ID, bot.Outcome{State: bot.Sent, Message: "m3"})
	read(t, s, func(tx bot.ReadTx) error {
		p, err := tx.Posting(chat(5), 3)
		same(t, "posting", p.First, bot.MessageID("m3"))
		return err
	})
	next := claim(t, s, noon, 9)
	if len(next) != 1 || next[0].ID != post(chat(5), 4, 1).ID {
		t.Errorf("next after the move: %+v", next)
	}
	// A second move while this one is under lease, by the sender himself.
	to := chat(6)
	settle(t, s, next[0].ID, bot.Outcome{State: bot.Retry, Due: noon.Add(time.Minute), Moved: &to})
	same(t, "left behind again", holds(t, s, chat(5)), 0)
	same(t, "moved again", holds(t, s, to), everything-1)
	again := claim(t, s, noon.Add(time.Minute), 9)
	if len(again) == 0 || again[len(again)-1].Chat != to || again[len(again)-1].Attempts != 1 {
		t.Errorf("after the second move: %+v", again)
	}
	write(t, s, func(tx bot.Tx) error { return all(tx.DeleteChat(to), tx.MoveChat(chat(8), chat(9))) })
	same(t, "deleted", holds(t, s, to), 0)
	read(t, s, func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		size.Oldest = time.Time{}
		same(t, "outbox", size, bot.OutboxSize{Waiting: 1, Leased: 1, Parked: 1})
		return err
	})
}
