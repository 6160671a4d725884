package postgres_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"karussell/bot"
	"karussell/store/postgres"
)

// client is another process: it claims forever and dies when it is killed, or
// stops in the middle of an update.
func client() {
	ctx := context.Background()
	s, err := postgres.Open(ctx, os.Getenv("KARUSSELL_TEST_CLIENT"), postgres.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getenv("KARUSSELL_TEST_MODE") == "inside" {
		err = s.Update(ctx, func(tx bot.Tx) error {
			if err := tx.PutNote("half", []byte("1")); err != nil {
				return err
			}
			if _, err := tx.Note("other"); err != nil {
				fmt.Println("inside") // a statement was sent: the server knows us
			}
			time.Sleep(time.Hour)
			return nil
		})
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		list, err := s.Claim(ctx, noon, time.Minute, 3)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if len(list) == 0 {
			return
		}
		for _, d := range list {
			fmt.Println(d.ID)
			if err := s.Settle(ctx, d.ID, bot.Outcome{State: bot.Sent, Message: "m"}); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
}
