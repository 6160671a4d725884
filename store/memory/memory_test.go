package memory_test

import (
	"errors"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/memory"
)

func TestDeliveryComesBackUntilItIsSettled(t *testing.T) {
	s := memory.New()
	ctx := t.Context()
	chat := bot.ChatRef{Platform: "console", Chat: "1"}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	id := bot.NewDeliveryID(chat, 1, 1, bot.DeliverPost)
	err := s.Update(ctx, func(tx bot.Tx) error {
		a := bot.Article{Title: "x", Text: "y", ReadAt: now}
		if err := tx.PutArticle(&a, []string{"k"}, []bot.Topic{"club:schalke"}); err != nil {
			return err
		}
		return tx.PutDelivery(bot.Delivery{ID: id, Chat: chat, Story: 1, Revision: 1, Due: now, Created: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := s.Claim(ctx, now, time.Minute, 10)
		if err != nil || len(got) != 1 {
			t.Fatalf("claim: %v, %v", got, err)
		}
		again, err := s.Claim(ctx, now, time.Minute, 10)
		if err != nil || len(again) != 0 {
			t.Fatalf("claim under lease: %v, %v", again, err)
		}
		now = now.Add(time.Minute)
	}
	if err := s.Settle(ctx, id, bot.Outcome{State: bot.Sent, Message: "m1"}); err != nil {
		t.Fatal(err)
	}
	err = s.View(ctx, func(tx bot.ReadTx) error {
		p, err := tx.Posting(chat, 1)
		if err != nil || p.First != "m1" || p.Revision != 1 {
			t.Errorf("posting %+v, %v", p, err)
		}
		if _, err := tx.Delivery(id); !errors.Is(err, bot.ErrNotFound) {
			t.Errorf("delivery is still there: %v", err)
		}
		size, err := tx.OutboxSize()
		if err != nil || size != (bot.OutboxSize{}) {
			t.Errorf("outbox %+v, %v", size, err)
		}
		list, err := tx.Articles("club:schalke", bot.Page{})
		if err != nil || len(list) != 1 || list[0].Text != "" {
			t.Errorf("articles %+v, %v", list, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
