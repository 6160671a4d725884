package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"karussell/config"
)

// A running bot reads its settings again when it is told to: by SIGHUP or by
// karussell reload. What is safe to change is changed at once; the rest is named
// and waits for a restart. Settings that do not load change nothing.

// reloader holds the settings that are in force. Safe for concurrent use.
type reloader struct {
	w     *world
	db    string // the --db flag of run
	s     *service
	level *slog.LevelVar

	mu  sync.Mutex
	now config.Config
}

// settings are those in force.
func (r *reloader) settings() config.Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// follow reloads at every SIGHUP until ctx ends.
func (r *reloader) follow(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.w.hangups:
		}
		sentence, err := r.reload(ctx)
		if err != nil {
			r.s.log.ErrorContext(ctx, "settings not reloaded; the old ones stay", "error", err)
			continue
		}
		r.s.log.InfoContext(ctx, "settings reloaded", "result", sentence)
	}
}

// reload takes over what may change now and says what it did.
func (r *reloader) reload(ctx context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, err := r.w.settings(r.db)
	if err != nil {
		return "", err
	}
	sources, err := sourcesOf(next)
	if err != nil {
		return "", usageError{err}
	}
	live, restart := config.Changed(r.now, next)
	r.level.Set(logLevel(next.Log))
	r.s.engine.SetOwners(owners(next))
	if err := r.s.poller.Reload(ctx, sources, next.Feeds.Interval); err != nil {
		return "", err
	}
	merged := r.now // what needs a restart stays as it was, so that it is named again
	merged.Owners, merged.Log.Level = next.Owners, next.Log.Level
	merged.Feeds.Addresses, merged.Feeds.Choose = next.Feeds.Addresses, next.Feeds.Choose
	merged.Feeds.Source, merged.Feeds.Interval = next.Feeds.Source, next.Feeds.Interval
	merged.Keep, merged.Backup = next.Keep, next.Backup
	r.now = merged
	return reloadSentence(live, restart), nil
}

func reloadSentence(live, restart []string) string {
	var parts []string
	if len(live) > 0 {
		parts = append(parts, "taken over: "+strings.Join(live, ", "))
	}
	if len(restart) > 0 {
		parts = append(parts, "needs a restart: "+strings.Join(restart, ", "))
	}
	if len(parts) == 0 {
		return "nothing changed"
	}
	return strings.Join(parts, "; ")
}

type reloadCmd struct {
	DB string `help:"The store's file of the running bot." name:"db" placeholder:"FILE"`
}

// Run asks the running bot to read its settings again.
func (c *reloadCmd) Run(w *world) error {
	if w.reload != nil {
		sentence, err := w.reload(w.ctx)
		if err == nil {
			fmt.Fprintln(w.stdout, sentence)
		}
		return err
	}
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if onServer(settings.DB) {
		return usageError{errors.New("with PostgreSQL a replica has no control socket: send it SIGHUP instead")}
	}
	err, reached := askBot(w, settings.DB, w.args)
	if !reached {
		return fmt.Errorf("%s: no bot is running with this store", settings.DB)
	}
	return err
}
