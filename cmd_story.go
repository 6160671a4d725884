package main

import (
	"fmt"

	"karussell/bot"
)

type storyCmd struct {
	DB      string `help:"The store's file." name:"db" placeholder:"FILE"`
	ID      uint64 `arg:"" help:"The story's number, as alerts and /why show it."`
	Retract bool   `help:"Withdraw the story: every message already sent about it is corrected."`
	Words   string `help:"What to tell the chats with the correction." placeholder:"TEXT"`
}

// Run shows a story with all its reports, or withdraws it.
func (c *storyCmd) Run(w *world) error {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if err := mustExist(w, settings.DB); err != nil {
		return err
	}
	return withEngine(w, c.DB, func(d *desk) error {
		id := bot.StoryID(c.ID)
		if c.Retract {
			if err := d.engine.Correct(w.ctx, id, bot.CorrectRetract, c.Words); err != nil {
				return fmt.Errorf("story %d: %w", c.ID, err)
			}
		}
		var s bot.Story
		err := d.store.View(w.ctx, func(tx bot.ReadTx) (err error) {
			s, err = tx.Story(id)
			return err
		})
		if err != nil {
			return fmt.Errorf("story %d: %w", c.ID, err)
		}
		printStory(w, s)
		return nil
	})
}

func printStory(w *world, s bot.Story) {
	because := ""
	if s.Because != "" {
		because = " (" + string(s.Because) + ")"
	}
	fmt.Fprintf(w.stdout, "story %d, revision %d: %s, %s, %s: %s%s; evidence: %s\n", s.ID, s.Revision, s.CoachName, s.ClubName, s.Key.Matter, s.Stage, because, s.Evidence)
	for _, r := range s.Reports {
		mark := ""
		if r.Carrier {
			mark = ", a copy"
		}
		if r.Revoked {
			mark += ", revoked"
		}
		fmt.Fprintf(w.stdout, "  %s  %-20s %s %s%s\n", r.At.Format("2006-01-02 15:04"), orElse(r.Source.Outlet, "unknown outlet"), r.Event.Type, r.Event.Status, mark)
		for _, more := range []string{quoted(r.Event.Quote), r.Source.URL} {
			if more != "" {
				fmt.Fprintf(w.stdout, "      %s\n", more)
			}
		}
	}
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%q", s)
}
