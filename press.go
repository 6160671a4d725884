package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
)

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
	if err := <-p.served; !errors.Is(err, http.ErrServerClosed) {
		return // it ended by itself; the demo has noticed
	}
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
		doc.Channel.Title = s.Outlet
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
		err := store.View(ctx, func(tx bot.ReadTx) (err error) {
			done, err = isSettled(tx, articles, feeds)
			return err
		})
		if err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the demo did not get on after %d articles: %w", articles, context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func isSettled(tx bot.ReadTx, articles, feeds int) (bool, error) {
	n, err := tx.ArticleCount()
	if err != nil {
		return false, err
	}
	size, err := tx.OutboxSize()
	if err != nil {
		return false, err
	}
	states, err := tx.Feeds()
	if err != nil {
		return false, err
	}
	contacted := 0
	for _, s := range states {
		if s.Seen {
			contacted++
		}
	}
	return n >= articles && contacted >= feeds && size.Waiting+size.Leased+size.Fanouts == 0, nil
}
