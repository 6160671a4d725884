// Package feed finds the news itself: it polls RSS, RDF, Atom and JSON feeds
// politely and hands what is new to an Ingester.
//
// Law: only addresses that the operator switched on are fetched; every byte
// from outside is capped, decoded and treated as foreign; one broken feed never
// delays another; a feed's validators commit together with its articles, so
// that nothing is skipped after a crash.
package feed

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"karussell/bot"
)

// Source is a feed that the operator switched on.
type Source struct {
	URL      string
	Name     string
	Outlet   string // display name of the medium; empty: taken from the feed's title
	Language string // "de", "en" or empty
	Tier     int    // see bot.Outlet
	Covers   string // what it reports about, for people
}

// Setup is what a Poller works with. Ingester and Store are required.
type Setup struct {
	Ingester  bot.Ingester
	Store     bot.Store     // for the feeds' states
	Extractor bot.Extractor // for Test
	Outlets   func(name string) (bot.Outlet, bool)
	Sources   []Source
	Interval  time.Duration     // shortest interval between two polls of a feed; at least 1 s
	Private   bool              // allow loopback and private addresses
	Pages     bool              // read the page behind an item that brings a teaser only
	Agent     string            // User-Agent
	Transport http.RoundTripper // nil: the guarded one
	Push      string            // public address below which Pushes is served; empty: no push
	Now       func() time.Time
	Log       *slog.Logger
	Meter     bot.Meter
	Owner     func(ctx context.Context, n bot.Notice) // told when a feed is dead and when it is back; may be nil
}

// Default sizes and times. They are generous for real feeds and pages: the
// largest feeds of German papers have about 2 MB.
const (
	maxBody      = 10 << 20         // bytes of a feed after decompression
	maxPage      = 4 << 20          // bytes of a page after decompression
	maxHeader    = 256 << 10        // bytes of response headers
	maxRedirects = 5                // in a row
	totalTime    = 45 * time.Second // of one request with its body
	longest      = 6 * time.Hour    // between two polls of a quiet feed
	workers      = 128              // polls at the same time, each of another host: so many may hang before others wait
	desks        = 8                // documents that are parsed at the same time,
	batches      = 16               // and polls with articles that are committed
	smallBody    = 256 << 10        // bytes of a body up to which it is read at once,
	largeBodies  = 4                // and so many larger ones are held at the same time
	maxItems     = 500              // of one feed document
	maxText      = 256 << 10        // bytes of an article's text: a novella
	maxLine      = 2 << 10          // bytes of a headline, an address, an id
)
