package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"karussell/bot"
)

const lease = time.Minute

func claim(t testing.TB, s bot.Store, now time.Time, limit int) []bot.Delivery {
	t.Helper()
	out, err := s.Claim(context.Background(), now, lease, limit)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func settle(t testing.TB, s bot.Store, id bot.DeliveryID, o bot.Outcome) {
	t.Helper()
	if err := s.Settle(context.Background(), id, o); err != nil {
		t.Fatal(err)
	}
}

func testClaimOrder(t *testing.T, subject Subject) {
	s := start(t, subject)
	names := map[bot.DeliveryID]string{}
	put := func(tx bot.Tx, name string, c, story int, p bot.Priority, due, created time.Duration) error {
		d := post(chat(c), bot.StoryID(story), 1)
		d.Priority, d.Due, d.Created = p, noon.Add(due), noon.Add(created)
		names[d.ID] = name
		return tx.PutDelivery(d)
	}
	write(t, s, func(tx bot.Tx) error {
		return all(
			put(tx, "1 later", 1, 1, bot.PriorityOfficial, -1*time.Second, 0),
			put(tx, "1 first", 1, 2, bot.PriorityQuietly, -9*time.Second, 0),
			put(tx, "2 created second", 2, 1, bot.PriorityRumour, -5*time.Second, 2),
			put(tx, "2 created first", 2, 2, bot.PriorityRumour, -5*time.Second, 1),
			put(tx, "3 official", 3, 1, bot.PriorityOfficial, 0, 0),
			put(tx, "4 not due", 4, 1, bot.PriorityOfficial, time.Second, 0),
			put(tx, "5 put first", 5, 1, bot.PriorityRumour, 0, 0),
			put(tx, "5 put second", 5, 2, bot.PriorityRumour, 0, 0),
		)
	})
	round := func(limit int) (out []string) {
		for _, d := range claim(t, s, noon, limit) {
			out = append(out, names[d.ID])
			settle(t, s, d.ID, bot.Outcome{State: bot.Sent, Message: "m"})
		}
		return out
	}
	same(t, "none", round(0), []string(nil))
	// What comes first in chat 1 is as urgent as the official news behind it.
	same(t, "two", round(2), []string{"1 first", "3 official"})
	same(t, "rest", round(9), []string{"1 later", "2 created first", "5 put first"})
	same(t, "last", round(9), []string{"2 created second", "5 put second"})
	same(t, "nothing is due", round(9), []string(nil))
	read(t, s, func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		same(t, "outbox", size, bot.OutboxSize{Waiting: 1, Oldest: noon.Add(time.Second)})
		return err
	})
}

func testClaimExpiry(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error {
		return all(tx.PutDelivery(post(chat(1), 1, 1)), tx.PutDelivery(post(chat(1), 2, 1)))
	})
	first := claim(t, s, noon, 9)
	same(t, "first", len(first), 1)
	same(t, "under lease", len(claim(t, s, noon.Add(lease-1), 9)), 0)
	again := claim(t, s, noon.Add(lease), 9)
	if len(again) != 1 || again[0].ID != first[0].ID || again[0].Attempts != 1 || again[0].Unsure != 1 {
		t.Fatalf("after the lease: %+v", again)
	}
	// The first sender settles late; that holds for the second lease too.
	settle(t, s, first[0].ID, bot.Outcome{State: bot.Sent, Message: "m"})
	next := claim(t, s, noon.Add(lease), 9)
	if len(next) != 1 || next[0].Story != 2 {
		t.Errorf("next: %+v", next)
	}
	// One whose lease is over, but which nobody claimed again.
	settle(t, s, next[0].ID, bot.Outcome{State: bot.Sent, Message: "m"})
	settle(t, s, next[0].ID, bot.Outcome{State: bot.Retry})
	settle(t, s, "unknown", bot.Outcome{State: bot.Dead})
	same(t, "nothing left", len(claim(t, s, noon.AddDate(1, 0, 0), 9)), 0)
}

func testSettle(t *testing.T, subject Subject) {
	s := start(t, subject)
	ref := chat(1)
	once := func(d bot.Delivery, o bot.Outcome) {
		t.Helper()
		write(t, s, func(tx bot.Tx) error { return tx.PutDelivery(d) })
		got := claim(t, s, noon, 1)
		if len(got) != 1 || got[0].ID != d.ID {
			t.Fatalf("claimed %+v, want %s", got, d.ID)
		}
		settle(t, s, d.ID, o)
	}
	posting := func() (p bot.Posting) {
		t.Helper()
		read(t, s, func(tx bot.ReadTx) (err error) { p, err = tx.Posting(ref, 1); return err })
		return p
	}
	d := post(ref, 1, 1)
	once(d, bot.Outcome{State: bot.Sent, Message: "m1", Hash: "h1"})
	want := bot.Posting{
		Chat: ref, Story: 1, First: "m1", Messages: []bot.MessageID{"m1"}, Revision: 1,
		Stage: bot.StageTalks, Hash: "h1", At: noon,
	}
	same(t, "posted", posting(), want)

	d = post(ref, 1, 2)
	d.Kind, d.Stage = bot.DeliverReply, bot.StageAgreed
	once(d, bot.Outcome{State: bot.Sent, Message: "m2", Hash: "of the reply"})
	want.Messages, want.Revision, want.Stage = []bot.MessageID{"m1", "m2"}, 2, bot.StageAgreed
	same(t, "replied", posting(), want)

	d = post(ref, 1, 3)
	d.Kind, d.Stage = bot.DeliverEdit, bot.StageAgreed
	once(d, bot.Outcome{State: bot.Sent, Message: "m1", Hash: "h3"})
	want.Revision, want.Hash = 3, "h3"
	same(t, "edited", posting(), want)

	d.ID, d.Revision, d.Stage = "skipped", 5, bot.StageOfficial // a stage that nobody told
	once(d, bot.Outcome{State: bot.Skipped})
	want.Revision = 5
	same(t, "skipped", posting(), want)

	d = post(ref, 8, 1)
	once(d, bot.Outcome{State: bot.Sent, Message: "m8", Revision: 4, Stage: bot.StageOfficial})
	write(t, s, func(tx bot.Tx) error { return tx.PutDelivery(post(ref, 8, 4)) })
	same(t, "shown already", len(claim(t, s, noon, 9)), 0)
	read(t, s, func(tx bot.ReadTx) error {
		p, err := tx.Posting(ref, 8)
		if p.Revision != 4 || p.Stage != bot.StageOfficial {
			t.Errorf("shows a newer revision: %+v", p)
		}
		return err
	})

	once(post(ref, 9, 1), bot.Outcome{State: bot.Skipped})
	read(t, s, func(tx bot.ReadTx) error {
		_, err := tx.Posting(ref, 9)
		missing(t, "posting of a skipped post", err)
		return nil
	})

	d = post(ref, 2, 1)
	once(d, bot.Outcome{State: bot.Retry, Due: noon.Add(time.Hour), Cause: "503", Unsure: true})
	same(t, "too early", len(claim(t, s, noon.Add(time.Hour-1), 9)), 0)
	got := claim(t, s, noon.Add(time.Hour), 9)
	if len(got) != 1 || got[0].Attempts != 1 || got[0].Unsure != 1 || got[0].Cause != "503" {
		t.Errorf("retried: %+v", got)
	}
	settle(t, s, d.ID, bot.Outcome{State: bot.Dead, Cause: "rejected"})
	once(post(ref, 3, 1), bot.Outcome{State: bot.Dead, Cause: "gone"})
	read(t, s, func(tx bot.ReadTx) error {
		parked, err := tx.Parked(0)
		if len(parked) != 2 || parked[0].Cause != "gone" || parked[1].Cause != "rejected" || parked[1].Attempts != 2 {
			t.Errorf("parked: %+v", parked)
		}
		return err
	})
	settle(t, s, d.ID, bot.Outcome{State: bot.Sent, Message: "late"})
	same(t, "parked is out of the queue", len(claim(t, s, noon.AddDate(1, 0, 0), 9)), 0)
	write(t, s, func(tx bot.Tx) error { return all(tx.DeleteDelivery(d.ID), tx.DeleteDelivery("unknown")) })
	read(t, s, func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		same(t, "outbox", size, bot.OutboxSize{Parked: 1})
		return err
	})
	if err := s.Settle(t.Context(), post(ref, 3, 1).ID, bot.Outcome{State: bot.Dead}); err != nil {
		t.Errorf("settling a parked one: %v", err)
	}
}

// testHold: a failure of a chat holds all of its deliveries back, in their
// order; what was put back unsent counts no attempt.
func testHold(t *testing.T, subject Subject) {
	s := start(t, subject)
	first, second, third := post(chat(1), 1, 1), post(chat(1), 2, 1), post(chat(1), 3, 1)
	first.Due, second.Due, third.Due = noon.Add(-3*time.Second), noon.Add(-2*time.Second), noon.Add(-time.Second)
	write(t, s, func(tx bot.Tx) error { return all(tx.PutDelivery(first), tx.PutDelivery(third)) })
	settle(t, s, claim(t, s, noon, 9)[0].ID, bot.Outcome{State: bot.Retry, Hold: noon.Add(time.Hour), Cause: "429"})
	write(t, s, func(tx bot.Tx) error { return all(tx.PutDelivery(second), tx.PutDelivery(post(chat(2), 1, 1))) })
	got := claim(t, s, noon.Add(time.Hour-1), 9)
	if len(got) != 1 || got[0].Chat != chat(2) {
		t.Fatalf("before the hold is over: %+v", got)
	}
	settle(t, s, got[0].ID, bot.Outcome{State: bot.Sent, Message: "m"})
	if subject.Reopen != nil {
		s = subject.Reopen(t, s)
		t.Cleanup(func() { _ = s.Close() })
	}
	read(t, s, func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		same(t, "outbox", size, bot.OutboxSize{Waiting: 3, Oldest: noon.Add(time.Hour)})
		return err
	})
	now := noon.Add(time.Hour)
	settle(t, s, claim(t, s, now, 9)[0].ID, bot.Outcome{State: bot.Returned, Hold: now.Add(time.Minute)})
	same(t, "held again", len(claim(t, s, now.Add(time.Minute-1), 9)), 0)
	for i, want := range []bot.Delivery{first, second, third} {
		got := claim(t, s, now.Add(time.Minute), 9)
		if len(got) != 1 || got[0].ID != want.ID || !got[0].Due.Equal(want.Due) {
			t.Fatalf("number %d in its order: %+v", i+1, got)
		}
		if i == 0 && (got[0].Attempts != 1 || got[0].Cause != "429") {
			t.Errorf("one attempt was made: %+v", got[0])
		}
		settle(t, s, got[0].ID, bot.Outcome{State: bot.Sent, Message: "m"})
	}
}

// testUrgency: a chat whose delivery was put back unsent waits its turn, unless
// something more urgent comes: then that pulls what must go before it.
func testUrgency(t *testing.T, subject Subject) {
	s := start(t, subject)
	rumour, official := post(chat(1), 1, 1), post(chat(1), 2, 1)
	rumour.Priority, official.Priority, official.Created = bot.PriorityRumour, bot.PriorityOfficial, noon
	for _, state := range []bot.OutcomeState{bot.Retry, bot.Returned} {
		write(t, s, func(tx bot.Tx) error { return all(tx.DeleteChat(chat(1)), tx.PutDelivery(rumour)) })
		settle(t, s, claim(t, s, noon, 9)[0].ID, bot.Outcome{State: state, Hold: noon.Add(time.Hour)})
		write(t, s, func(tx bot.Tx) error { return tx.PutDelivery(post(chat(1), 3, 1)) })
		same(t, "something as urgent", len(claim(t, s, noon, 9)), 0)
		write(t, s, func(tx bot.Tx) error { return tx.PutDelivery(official) })
		got := claim(t, s, noon, 9)
		if state == bot.Retry {
			same(t, "the chat failed", len(got), 0)
			continue
		}
		if len(got) != 1 || got[0].ID != rumour.ID || got[0].Priority != bot.PriorityOfficial {
			t.Errorf("pulled by official news: %+v", got)
		}
	}
}

func testPause(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error {
		return all(
			tx.PutChat(bot.Chat{Ref: chat(1), Title: "kept"}),
			tx.PutDelivery(post(chat(1), 1, 1)), tx.PutDelivery(post(chat(1), 2, 1)), tx.PutDelivery(post(chat(2), 1, 1)),
		)
	})
	for _, d := range claim(t, s, noon, 9) {
		settle(t, s, d.ID, bot.Outcome{State: bot.Dead, Pause: bot.PauseBlocked})
	}
	write(t, s, func(tx bot.Tx) error { return tx.PutDelivery(post(chat(2), 3, 1)) })
	same(t, "paused", len(claim(t, s, noon, 9)), 0)
	read(t, s, func(tx bot.ReadTx) error {
		c, err := tx.Chat(chat(1))
		same(t, "chat", c, bot.Chat{Ref: chat(1), Title: "kept", Paused: bot.PauseBlocked, PausedAt: noon})
		size, err2 := tx.OutboxSize()
		same(t, "outbox", size, bot.OutboxSize{Waiting: 2, Parked: 2})
		return all(err, err2)
	})
	write(t, s, func(tx bot.Tx) error { return tx.PutChat(bot.Chat{Ref: chat(1)}) })
	got := claim(t, s, noon, 9)
	if len(got) != 1 || got[0].Story != 2 {
		t.Errorf("after the pause: %+v", got)
	}
}

func testTwice(t *testing.T, subject Subject) {
	s := start(t, subject)
	d := post(chat(1), 1, 2)
	put := func(d bot.Delivery) {
		write(t, s, func(tx bot.Tx) error { return tx.PutDelivery(d) })
	}
	count := func(what string, want int) {
		t.Helper()
		read(t, s, func(tx bot.ReadTx) error {
			size, err := tx.OutboxSize()
			same(t, what, size.Waiting+size.Leased+size.Parked, want)
			return err
		})
	}
	put(d)
	again := d
	again.Due = noon.Add(-time.Hour)
	put(again)
	count("waiting twice", 1)
	claimed := claim(t, s, noon, 9)
	same(t, "the first one stays", claimed, []bot.Delivery{d})
	put(d)
	count("under lease and put again", 1)
	settle(t, s, d.ID, bot.Outcome{State: bot.Sent, Message: "m"})
	put(d)
	put(post(chat(1), 1, 1))
	count("told already", 0)
	put(post(chat(1), 1, 3))
	count("newer", 1)
	notice := bot.Delivery{ID: "n", Chat: chat(1), Kind: bot.DeliverNotice, Due: noon, Note: &bot.Notice{Key: "k"}}
	put(notice)
	count("notice", 2)
}

func testFanouts(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error {
		for i := range 3 {
			f := bot.Fanout{Story: bot.StoryID(i + 1)}
			if err := tx.PutFanout(&f); err != nil {
				return err
			}
		}
		f := bot.Fanout{Story: 4}
		if err := tx.PutFanout(&f); err != nil {
			return err
		}
		f.Cursor = "goes on"
		return all(tx.PutFanout(&f), tx.DeleteFanout(f.ID-1), tx.DeleteFanout(f.ID-1))
	})
	read(t, s, func(tx bot.ReadTx) error {
		list, err := tx.Fanouts(0)
		var got []string
		for _, f := range list {
			got = append(got, fmt.Sprint(f.Story, f.Cursor))
		}
		same(t, "fanouts", got, []string{"1", "2", "4goes on"})
		size, err2 := tx.OutboxSize()
		same(t, "size", size.Fanouts, 3)
		told, next, err3 := tx.Postings(1, "", 0)
		if len(told) != 0 || next != "" {
			t.Errorf("postings %v, %q", told, next)
		}
		return all(err, err2, err3)
	})
	write(t, s, func(tx bot.Tx) error {
		for i := range 5 {
			if err := tx.PutPosting(bot.Posting{Chat: chat(i), Story: 7, First: "m"}); err != nil {
				return err
			}
		}
		return tx.PutPosting(bot.Posting{Chat: chat(1), Story: 8})
	})
	read(t, s, func(tx bot.ReadTx) error {
		one, cursor, err := tx.Postings(7, "", 3)
		two, end, err2 := tx.Postings(7, cursor, 3)
		if len(one) != 3 || len(two) != 2 || two[1].Chat != chat(4) || end != "" {
			t.Errorf("pages: %v, %v, %q", one, two, end)
		}
		return all(err, err2)
	})
}
