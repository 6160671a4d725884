package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"karussell/adapters/console"
	"karussell/bot"
	"karussell/bot/board"
	"karussell/bot/feed"
	"karussell/bot/picture"
	"karussell/config"
)

//go:embed samples/*.txt
var sampleFiles embed.FS

type demoCmd struct {
	NoInput bool   `help:"Do not stay open as a console with a board at the end."`
	Board   string `help:"Address of the board while the demo stays open; when it is taken, any other on this machine." default:"127.0.0.1:8080" placeholder:"ADDRESS"`
	Lang    string `help:"Language of the demo." enum:"de,en" default:"de"`
}

// sample is a bundled article in our own wording.
type sample struct {
	Outlet string
	Hours  int // before the demo starts
	Title  string
	Text   string
}

// Run takes the sample articles the real way: a feed on loopback, fetcher,
// extractor, store, outbox and console adapter.
func (c *demoCmd) Run(w *world) error {
	dir, err := os.MkdirTemp("", "karussell-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	settings := config.Config{DB: filepath.Join(dir, "demo.db")}
	log := slog.New(slog.NewTextHandler(w.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	k, err := loadKnowledge()
	if err != nil {
		return err
	}
	return withStore(w, settings, log, func(store keeper) error {
		engine, err := newEngine(w, settings, store, k, log, nil)
		if err != nil {
			return err
		}
		if c.NoInput || !w.stdinTerminal {
			return c.play(w, engine, store, log, nil)
		}
		shown, err := c.openBoard(w, engine, store, k, log)
		if err != nil {
			return err
		}
		return c.play(w, engine, store, log, shown)
	})
}

// demoBoard is the board of a demo that stays open.
type demoBoard struct {
	listener net.Listener
	page     http.Handler
}

func (c *demoCmd) openBoard(w *world, engine *bot.Engine, store bot.Store, k knowledge, log *slog.Logger) (*demoBoard, error) {
	artist, err := picture.New(k.extractor.Gazetteer())
	if err != nil {
		return nil, err
	}
	page, err := board.New(board.Setup{Desk: engine, Store: store, Clubs: k.extractor.Gazetteer(), Artist: artist, Now: w.now, Log: log})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(w.ctx, "tcp", c.Board)
	if err != nil {
		listener, err = new(net.ListenConfig).Listen(w.ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	return &demoBoard{listener, page}, nil
}

// play lets the samples come in; with a board it stays open until its input ends.
func (c *demoCmd) play(w *world, engine *bot.Engine, store bot.Store, log *slog.Logger, shown *demoBoard) error {
	samples, err := readSamples()
	if err != nil {
		return err
	}
	stage, err := newPressStage(samples, w.now())
	if err != nil {
		return err
	}
	defer stage.close()
	if err := c.subscribe(w, engine, store); err != nil {
		return err
	}
	typed, keyboard := io.Pipe()
	defer keyboard.Close()
	screen, err := console.New(console.Options{
		In: typed, Out: w.stdout, Colour: w.stdoutTerminal, Language: c.Lang, Now: w.now,
	})
	if err != nil {
		return err
	}
	poller, err := feed.New(feed.Setup{
		Ingester: engine, Store: store, Sources: stage.sources(), Interval: time.Second,
		Private: true, Agent: userAgent(config.Config{}), Now: w.now, Log: log,
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	s := service{engine: engine, store: store, platforms: []bot.Platform{screen}, poller: poller, meter: bot.NoMeter{}, now: w.now, log: log}
	if shown != nil {
		s.more = append(s.more, func(ctx context.Context) error { return serveOn(ctx, shown.listener, shown.page) })
	}
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()

	err = stage.publishAll(ctx, store, poller)
	if err == nil {
		err = c.answers(w, engine, screen)
	}
	if err == nil && shown != nil {
		hint := "Die Tafel mit den Bildern: http://%s/?lang=de\nFrag weiter: /coach NAME, /club NAME, /help. Ende mit Strg-D."
		if c.Lang == "en" {
			hint = "The board with the pictures: http://%s/?lang=en\nGo on asking: /coach NAME, /club NAME, /help. End with Ctrl-D."
		}
		fmt.Fprintf(w.stdout, "\n"+hint+"\n", shown.listener.Addr())
		_, err = io.Copy(keyboard, w.stdin)
		_ = keyboard.Close() // the console ends with its input
	} else {
		stop()
	}
	return errors.Join(err, <-ended)
}

// subscribe does what /subscribe does, with a start before the oldest sample:
// otherwise the samples would be old news.
func (c *demoCmd) subscribe(w *world, engine *bot.Engine, store bot.Store) error {
	now := w.now()
	return store.Update(w.ctx, func(tx bot.Tx) error {
		if err := tx.PutChat(bot.Chat{Ref: local(), Kind: bot.PrivateChat, Language: c.Lang, Created: now, LastUsed: now}); err != nil {
			return err
		}
		for _, name := range []string{"FC Schalke 04", "1. FC Kaiserslautern"} {
			club, ok := engine.Gazetteer.ClubNamed(name)
			if !ok {
				return fmt.Errorf("the gazetteer does not know %s", name)
			}
			s := bot.Subscription{Chat: local(), Topic: bot.ClubTopic(club.ID), Since: now.Add(-48 * time.Hour)}
			if err := tx.PutSubscription(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// answers asks what a user would ask next.
func (c *demoCmd) answers(w *world, engine *bot.Engine, screen *console.Console) error {
	for _, line := range []string{"/coach Backhaus", "/club Schalke", "/carousel"} {
		request, err := parseCommand(engine.Commands(), line)
		if err != nil {
			return err
		}
		request.Language = c.Lang
		fmt.Fprintf(w.stdout, "\n> %s\n", line)
		if _, err := screen.Send(w.ctx, local(), engine.Respond(w.ctx, request)); err != nil {
			return err
		}
	}
	return nil
}

func readSamples() ([]sample, error) {
	names, err := fs.Glob(sampleFiles, "samples/*.txt")
	if err != nil {
		return nil, err
	}
	var out []sample
	for _, name := range names {
		raw, err := sampleFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		head, body, _ := strings.Cut(string(raw), "\n\n")
		s := sample{Text: strings.TrimSpace(body)}
		for line := range strings.SplitSeq(head, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "outlet":
				s.Outlet = value
			case "title":
				s.Title = value
			case "hours":
				if s.Hours, err = strconv.Atoi(value); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
			}
		}
		out = append(out, s)
	}
	// As the day went: the oldest first.
	slices.SortStableFunc(out, func(a, b sample) int { return b.Hours - a.Hours })
	return out, nil
}
