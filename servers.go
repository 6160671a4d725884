package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"karussell/bot"
	"karussell/bot/board"
	"karussell/bot/status"
	"karussell/config"
	"karussell/store/bolt"
	"karussell/store/postgres"
)

// leastRoom is how much free disk the store needs to be called ready.
const leastRoom = 64 << 20

// feedsLate is how long most feeds may be overdue before the poller is called not
// ready: longer than a round after a night without network takes.
const feedsLate = 15 * time.Minute

// addStatus starts the operator's server where it is switched on.
func (s *service) addStatus(ctx context.Context, c config.Config, registry *status.Registry, store keeper, say func(string, ...any)) error {
	if c.Status.Listen == "" {
		say("Status server: off, KARUSSELL_STATUS_LISTEN is not set")
		return nil
	}
	registry.Build(versionText())
	bytes, probes := storeSize(ctx, store), []status.Probe{status.StoreProbe(s.store)}
	if file, ok := store.(*bolt.Store); ok {
		probes = append(probes, status.DiskProbe(filepath.Dir(file.Path()), leastRoom))
	}
	probes = append(probes, status.FeedsProbe(s.store, feedsLate, s.now))
	registry.Watch(status.Watched{Store: s.store, Bytes: bytes}, s.now)
	for _, p := range s.platforms {
		lamp := status.NewLamp(string(p.Name()), 0, s.now)
		s.lamps[p.Name()] = lamp
		probes = append(probes, lamp.Probe())
	}
	server, err := status.New(status.Setup{
		Addr: c.Status.Listen, Store: s.store, Registry: registry, Probes: probes, Token: c.Status.Token.Reveal(),
		Correct: s.engine.Correct, Version: versionText(), Now: s.now, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("status server: %w", err)
	}
	s.more = append(s.more, server.Run)
	say("Status server: on, http://%s/", c.Status.Listen)
	return nil
}

// storeSize measures the store, whatever keeps it.
func storeSize(ctx context.Context, store keeper) func() (int64, error) {
	return func() (int64, error) {
		switch s := store.(type) {
		case *bolt.Store:
			info, err := os.Stat(s.Path())
			if err != nil {
				return 0, err
			}
			return info.Size(), nil
		case *postgres.Store:
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return s.Size(ctx)
		}
		return 0, nil
	}
}

// addBoard starts the public board where it is switched on.
func (s *service) addBoard(c config.Config, clubs bot.Gazetteer, artist bot.Artist, say func(string, ...any)) error {
	if c.Status.Board == "" {
		say("Board: off, KARUSSELL_BOARD_LISTEN is not set")
		return nil
	}
	pages, err := board.New(board.Setup{
		Desk: s.engine, Store: s.store, Clubs: clubs, Artist: artist, Public: c.Status.Public, Now: s.now, Log: s.log,
	})
	if err != nil {
		return err
	}
	web := http.Handler(pages)
	if push := c.Feeds.Push; push.URL != "" && push.Listen == "" {
		web = beside(pages, push.URL, s.poller.Pushes())
	}
	s.more = append(s.more, func(ctx context.Context) error { return serveWeb(ctx, c.Status.Board, web) })
	say("Board: on, http://%s/", c.Status.Board)
	return nil
}

// addPush starts the server that hubs call, where it has its own.
func (s *service) addPush(c config.Config, say func(string, ...any)) {
	push := c.Feeds.Push
	if push.URL == "" {
		return
	}
	say("Feeds: hubs may push to %s", push.URL)
	if push.Listen != "" {
		s.more = append(s.more, func(ctx context.Context) error { return serveWeb(ctx, push.Listen, s.poller.Pushes()) })
	}
}

// beside serves pushes below the path of their public address, and pages
// everywhere else.
func beside(pages http.Handler, address string, pushes http.Handler) http.Handler {
	u, err := url.Parse(address)
	if err != nil {
		return pages // checked by config
	}
	below := "/" + strings.Trim(u.Path, "/") + "/"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, below) {
			pushes.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// serveWeb serves until ctx ends and gives requests under way a moment to end.
func serveWeb(ctx context.Context, address string, h http.Handler) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	return serveOn(ctx, listener, h)
}

// serveOn is serveWeb on a listener, which it closes.
func serveOn(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := server.Shutdown(last)
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}
