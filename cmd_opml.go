package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"karussell/bot"
	"karussell/bot/feed"
)

type feedsOPMLCmd struct {
	DB      string `help:"The store's file." name:"db" placeholder:"FILE"`
	Import  string `help:"Switch the feeds of this list on; also in a running bot." placeholder:"FILE"`
	Bundled bool   `help:"Write the whole bundled list instead."`
}

// Run writes or takes in a list of feeds.
func (c *feedsOPMLCmd) Run(w *world) error {
	if c.Bundled {
		sources, err := feed.Bundled()
		if err != nil {
			return err
		}
		return feed.WriteOPML(w.stdout, "Karussell", sources)
	}
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	sources, err := sourcesOf(settings)
	if err != nil {
		return err
	}
	return withStore(w, settings, w.logger(settings.Log), func(store keeper) error {
		if c.Import != "" {
			return c.take(w, store, sources)
		}
		err := store.View(w.ctx, func(tx bot.ReadTx) error {
			stored, err := tx.Feeds()
			for _, f := range stored {
				if f.ByOwner && !offers(sources, f.URL) {
					sources = append(sources, feed.Source{URL: f.URL, Name: f.Name, Outlet: f.Outlet, Language: f.Language, Tier: f.Tier})
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		return feed.WriteOPML(w.stdout, "Karussell", sources)
	})
}

func offers(sources []feed.Source, address string) bool {
	return slices.ContainsFunc(sources, func(s feed.Source) bool { return s.URL == address })
}

// take switches the feeds of a list on, as if the owner had added each in chat.
func (c *feedsOPMLCmd) take(w *world, store keeper, configured []feed.Source) error {
	f, err := os.Open(w.path(c.Import))
	if err != nil {
		return err
	}
	defer f.Close()
	listed, err := feed.ReadOPML(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Import, err)
	}
	added, known := 0, 0
	err = store.Update(w.ctx, func(tx bot.Tx) error {
		added, known = 0, 0
		for _, s := range listed {
			_, err := tx.Feed(s.URL)
			switch {
			case err == nil, offers(configured, s.URL):
				known++
				continue
			case !errors.Is(err, bot.ErrNotFound):
				return err
			}
			added++
			if err := tx.PutFeed(bot.FeedState{URL: s.URL, Name: s.Name, Outlet: s.Outlet, Language: s.Language, ByOwner: true}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if w.reload != nil {
		if _, err := w.reload(w.ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(w.stdout, "%d feeds switched on, %d were on already\n", added, known)
	return nil
}
