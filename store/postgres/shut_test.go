package postgres_test

import (
	"errors"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/postgres"
)

// TestShut: a database that closes hands nothing out any more, lets what is under
// way be settled, and then refuses every write with a sentence, until it is open
// again.
func TestShut(t *testing.T) {
	address := schema(t)
	bots, mover := open(t, address), open(t, address)
	fill(t, bots, 3, 2)
	list, err := bots.Claim(t.Context(), noon, time.Hour, 2)
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	rounds := 0
	err = mover.Shut(t.Context(), time.Minute, func(leased int) {
		rounds++
		if more, err := bots.Claim(t.Context(), noon, time.Hour, 5); err != nil || len(more) > 0 {
			t.Errorf("handed out %d, %v", len(more), err)
		}
		if err := bots.Settle(t.Context(), list[len(list)-leased].ID, bot.Outcome{State: bot.Sent, Message: "m"}); err != nil {
			t.Error(err)
		}
	})
	if err != nil || rounds != 2 {
		t.Fatal(rounds, err)
	}
	note := func(tx bot.Tx) error { return tx.PutNote("n", []byte("1")) }
	_, claim := bots.Claim(t.Context(), noon, time.Hour, 5)
	for what, err := range map[string]error{
		"update": bots.Update(t.Context(), note), "claim": claim,
		"settle": bots.Settle(t.Context(), list[0].ID, bot.Outcome{State: bot.Sent}),
		"pause":  bots.Settle(t.Context(), list[0].ID, bot.Outcome{State: bot.Dead, Pause: bot.PauseGone}),
	} {
		if !errors.Is(err, postgres.ErrShut) {
			t.Errorf("%s in a closed database: %v", what, err)
		}
	}
	again := open(t, address) // reading goes on
	if closed, err := again.Closed(t.Context()); err != nil || !closed {
		t.Error(closed, err)
	}
	if err := again.Reopen(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := bots.Update(t.Context(), note); err != nil {
		t.Error(err)
	}
}
