package main

import (
	"fmt"
	"strings"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/store/memory"
)

type feedsCmd struct {
	List feedsListCmd `cmd:"" help:"List the bundled sources; choose some with feeds.choose."`
	Test feedsTestCmd `cmd:"" help:"Fetch a feed and show what would be understood and alerted; nothing is stored."`
	OPML feedsOPMLCmd `cmd:"" name:"opml" help:"Write the feeds that are switched on as an OPML list, or take a list in."`
}

type feedsListCmd struct{}

// Run prints the bundled list of sources.
func (feedsListCmd) Run(w *world) error {
	sources, err := feed.Bundled()
	if err != nil {
		return err
	}
	for _, s := range sources {
		fmt.Fprintf(w.stdout, "%-24s %-24s %s %d  %s\n", s.Name, s.Outlet, s.Language, s.Tier, s.URL)
	}
	return nil
}

type feedsTestCmd struct {
	URL string `arg:"" name:"url" help:"Address of a feed, or of a page that names one."`
}

// Run tries a feed.
func (c *feedsTestCmd) Run(w *world) error {
	settings, err := w.settings("")
	if err != nil {
		return err
	}
	k, err := loadKnowledge()
	if err != nil {
		return err
	}
	store := memory.New()
	defer store.Close()
	engine, err := newEngine(w, settings, store, k, w.logger(settings.Log), nil)
	if err != nil {
		return err
	}
	poller, err := feed.New(feed.Setup{
		Ingester: engine, Store: store, Extractor: k.extractor, Interval: settings.Feeds.Interval,
		Outlets: k.extractor.Gazetteer().OutletNamed, Private: settings.Feeds.AllowPrivate,
		Pages: settings.Feeds.Pages, Agent: userAgent(settings), Now: w.now,
	})
	if err != nil {
		return err
	}
	trial, err := poller.Test(w.ctx, c.URL)
	if err != nil {
		return err
	}
	printTrial(w, trial)
	return nil
}

func printTrial(w *world, trial bot.FeedTrial) {
	fmt.Fprintf(w.stdout, "%s (%s): %d articles\n", orElse(trial.Feed.Name, trial.Feed.URL), orElse(trial.Feed.Outlet, "unknown outlet"), len(trial.Articles))
	for i, a := range trial.Articles {
		fmt.Fprintf(w.stdout, "- %s  %s\n", orElse(string(a.Published), "undated"), a.Title)
		if i >= len(trial.Found) {
			continue
		}
		for _, e := range trial.Found[i].Events {
			verdict := "stored only"
			if e.Fresh && !a.PublishedAt.IsZero() {
				verdict = "would be alerted"
			}
			fmt.Fprintf(w.stdout, "    %s: %s, %s (%s); %s\n", e.Type, e.Coach, e.Club, strings.Join(strings.Fields(string(e.Status)+" "+string(e.Stage)+" "+string(e.Manner)), ", "), verdict)
		}
	}
	for _, p := range trial.Problems {
		fmt.Fprintf(w.stdout, "! %s\n", p)
	}
}
