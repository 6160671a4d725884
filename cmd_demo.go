package main

import (
	"context"
	"embed"
	"encoding/xml"
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
	"sync/atomic"
	"time"

	"karussell/adapters/console"
	"karussell/bot"
	"karussell/bot/feed"
	"karussell/config"
	"karussell/store/bolt"
)

//go:embed samples/*.txt
var sampleFiles embed.FS

type demoCmd struct {
	NoInput bool   `help:"Do not stay open as a console at the end."`
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
	return withStore(w, settings, log, func(store *bolt.Store) error {
		engine, err := newEngine(w, settings, store, k, log, nil)
		if err != nil {
			return err
		}
		return c.play(w, engine, store, log)
	})
}

func (c *demoCmd) play(w *world, engine *bot.Engine, store bot.Store, log *slog.Logger) error {
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
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()

	err = stage.publishAll(ctx, store, poller)
	if err == nil {
		err = c.answers(w, engine, screen)
	}
	if err == nil && !c.NoInput && w.stdinTerminal {
		fmt.Fprintln(w.stdout)
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

// pressStage serves every outlet's feed on loopback and publishes one article
// after the other.
type pressStage struct {
	samples   []sample
	start     time.Time
	published atomic.Int64
	server    *http.Server
	base      string
	served    chan error
}

func newPressStage(samples []sample, start time.Time) (*pressStage, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // on loopback, closed by close
	if err != nil {
		return nil, fmt.Errorf("serve the samples on loopback: %w", err)
	}
	p := &pressStage{samples: samples, start: start, base: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: 5 * time.Second}
	go func() { p.served <- p.server.Serve(listener) }()
	return p, nil
}

func (p *pressStage) close() {
	_ = p.server.Close() // a demo's listener has nothing left to lose
	<-p.served
}

func (p *pressStage) sources() []feed.Source {
	var out []feed.Source
	for i, s := range p.samples {
		if slices.IndexFunc(p.samples, func(o sample) bool { return o.Outlet == s.Outlet }) == i {
			out = append(out, feed.Source{URL: p.base + "/" + bot.Slug(s.Outlet) + ".rss", Outlet: s.Outlet, Language: "de"})
		}
	}
	return out
}

type rssDocument struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title string    `xml:"title"`
	Items []rssItem `xml:"item"`
}

type rssItem struct {
	Title string `xml:"title"`
	Link  string `xml:"link"`
	GUID  string `xml:"guid"`
	Date  string `xml:"pubDate"`
	Text  string `xml:"description"`
}

func (p *pressStage) serve(w http.ResponseWriter, r *http.Request) {
	doc := rssDocument{Version: "2.0"}
	for i, s := range p.samples[:p.published.Load()] {
		if r.URL.Path != "/"+bot.Slug(s.Outlet)+".rss" {
			continue
		}
		link := fmt.Sprintf("https://%s.example/%d", bot.Slug(s.Outlet), i+1)
		doc.Channel.Items = append(doc.Channel.Items, rssItem{
			Title: s.Title, Link: link, GUID: link, Text: s.Text,
			Date: p.start.Add(-time.Duration(s.Hours) * time.Hour).Format(time.RFC1123Z),
		})
	}
	w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
	if err := xml.NewEncoder(w).Encode(doc); err != nil {
		return // the poller went away
	}
}

// publishAll publishes one article after the other and waits each time until
// it is read and everything it caused is delivered.
func (p *pressStage) publishAll(ctx context.Context, store bot.Store, poller *feed.Poller) error {
	if err := settled(ctx, store, 0, len(p.sources())); err != nil {
		return err
	}
	for i := range p.samples {
		p.published.Store(int64(i + 1))
		poller.Hurry()
		if err := settled(ctx, store, i+1, len(p.sources())); err != nil {
			return err
		}
	}
	return nil
}

// settled waits until every feed was contacted, so many articles are stored and
// nothing waits to be sent.
func settled(ctx context.Context, store bot.Store, articles, feeds int) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		done := false
		err := store.View(ctx, func(tx bot.ReadTx) error {
			n, err := tx.ArticleCount()
			if err != nil {
				return err
			}
			size, err := tx.OutboxSize()
			if err != nil {
				return err
			}
			states, err := tx.Feeds()
			if err != nil {
				return err
			}
			seen := 0
			for _, s := range states {
				if s.Seen {
					seen++
				}
			}
			done = n >= articles && seen >= feeds && size.Waiting+size.Leased+size.Fanouts == 0
			return nil
		})
		if err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the demo did not get on: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}
