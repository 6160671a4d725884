// Package board is the public page: who is on the bench, who is talked about,
// what changed, with a feed and a calendar for each.
//
// Law: it only reads. No cookies, no scripts, no trackers, no foreign hosts;
// everything from articles is text to the template; quotes are short and linked.
// Every answer has an ETag and may be cached for a minute, and is made at most
// once a minute however many ask.
package board

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

//go:embed pages/*.html pages/board.css pages/icon.svg
var pageFiles embed.FS

// Desk is what the board asks of the engine.
type Desk interface {
	CarouselRows(tx bot.ReadTx, league bot.LeagueID) ([]bot.CarouselRow, error)
	Headline(language string, s *bot.Story) string
	Standing(language string, s *bot.Story) string
	Suggest(ctx context.Context, req bot.Request) []bot.Choice
}

// Setup is what a Board works with. Desk, Store and Clubs are required.
type Setup struct {
	Desk   Desk
	Store  bot.Store
	Clubs  bot.Gazetteer
	Artist bot.Artist // nil: no pictures
	Public string     // address under which people reach the board; empty: relative links in feeds
	Now    func() time.Time
	Log    *slog.Logger
}

// Board serves the pages. Safe for concurrent use.
type Board struct {
	Setup
	pages *template.Template
	css   []byte
	cache *shelf
	mux   *http.ServeMux
}

// errNoPage is answered with 404.
var errNoPage = errors.New("no such page")

// New parses the pages.
func New(s Setup) (*Board, error) {
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.Public = strings.TrimSuffix(s.Public, "/")
	pages, err := template.New("").ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("board pages: %w", err)
	}
	css, err := pageFiles.ReadFile("pages/board.css")
	if err != nil {
		return nil, fmt.Errorf("board style: %w", err)
	}
	b := &Board{Setup: s, pages: pages, css: css, cache: newShelf(s.Now), mux: http.NewServeMux()}
	b.routes()
	return b, nil
}

func (b *Board) routes() {
	page := func(pattern string, f func(context.Context, *http.Request, words) (document, error)) {
		b.mux.Handle("GET "+pattern, b.answer(f))
	}
	page("/{$}", b.home)
	page("/league/{id}", b.league)
	page("/club/{id}", b.club)
	page("/coach/{id}", b.coach)
	page("/search", b.search)
	page("/embed/club/{id}", b.embedClub)
	page("/embed/coach/{id}", b.embedCoach)
	page("/feed.atom", b.atom)
	page("/feed.json", b.jsonFeed)
	for _, kind := range []string{"club", "coach", "league"} {
		page("/"+kind+"/{id}/feed.atom", b.atom)
		page("/"+kind+"/{id}/feed.json", b.jsonFeed)
	}
	page("/contracts.ics", b.calendar)
	page("/picture/{kind}/{id}", b.picture)
	page("/board.css", func(context.Context, *http.Request, words) (document, error) {
		return document{kind: "text/css; charset=utf-8", body: b.css}, nil
	})
	page("/icon.svg", func(context.Context, *http.Request, words) (document, error) {
		body, err := pageFiles.ReadFile("pages/icon.svg")
		return document{kind: "image/svg+xml", body: body}, err
	})
	page("/favicon.ico", func(context.Context, *http.Request, words) (document, error) {
		return document{kind: "image/svg+xml", body: []byte(icon)}, nil
	})
	page("/robots.txt", func(context.Context, *http.Request, words) (document, error) {
		return document{kind: "text/plain; charset=utf-8", body: []byte("User-agent: *\nDisallow: /search\n")}, nil
	})
}

// ServeHTTP answers a request.
func (b *Board) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

// icon is a carousel seen from above. Browsers ask for it on every first visit.
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#174f8f"/><path d="M8 1v14M1 8h14M3 3l10 10M13 3L3 13" stroke="#fff"/></svg>`

// document is an answer.
type document struct {
	kind   string // content type
	body   []byte
	packed []byte // the body, compressed; nil where that is no gain
	frame  bool   // may be shown inside other pages
	etag   string
	alt    string // what a picture says
}

// policy forbids everything that the pages do not need.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "

// answer adds caching and safety to a page.
func (b *Board) answer(f func(context.Context, *http.Request, words) (document, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		language := languageOf(query, r.Header.Get("Accept-Language"))
		doc, err := b.cache.get(language+" "+r.URL.Path+" "+query.Get("official")+" "+query.Get("q"), func() (document, error) { //nolint:contextcheck // the request carries its context
			doc, err := f(r.Context(), r, wordsOf(language))
			return finished(doc), err
		})
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if doc.frame {
			h.Set("Content-Security-Policy", policy+"frame-ancestors *")
		} else {
			h.Set("Content-Security-Policy", policy+"frame-ancestors 'none'")
		}
		switch {
		case errors.Is(err, errNoPage):
			b.missing(w, wordsOf(language))
			return
		case err != nil:
			b.Log.ErrorContext(r.Context(), "board page failed", "path", r.URL.Path, "error", err)
			http.Error(w, wordsOf(language).Broken, http.StatusInternalServerError)
			return
		}
		deliver(w, r, &doc)
	})
}

// finished adds what depends on the content alone, once for all readers.
func finished(doc document) document {
	sum := sha256.Sum256(doc.body)
	doc.etag = hex.EncodeToString(sum[:12])
	if len(doc.body) < 1400 || doc.kind == "image/png" { // one packet anyway; packed already
		return doc
	}
	var out bytes.Buffer
	packer := gzip.NewWriter(&out)
	if _, err := packer.Write(doc.body); err == nil && packer.Close() == nil && out.Len() < len(doc.body) {
		doc.packed = out.Bytes()
	}
	return doc
}

// deliver writes a document as the reader takes it. The two encodings have
// different tags, as RFC 9110, 8.8.3 wants.
func deliver(w http.ResponseWriter, r *http.Request, doc *document) {
	body, etag := doc.body, `"`+doc.etag+`"`
	h := w.Header()
	if doc.packed != nil && takesGzip(r.Header.Get("Accept-Encoding")) {
		body, etag = doc.packed, `"`+doc.etag+`-z"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	h.Set("Cache-Control", "public, max-age=60")
	h.Set("Vary", "Accept-Language, Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), `"`+doc.etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", doc.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the reader may be gone
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3).
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

func (b *Board) missing(w http.ResponseWriter, text words) {
	doc, err := b.page("missing.html", view{Words: text, Title: text.Missing})
	if err != nil {
		http.Error(w, text.Missing, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", doc.kind)
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(doc.body)
}

// languageOf is the reader's choice in the address, else the browser's.
func languageOf(query url.Values, accepted string) string {
	switch query.Get("lang") {
	case "en":
		return "en"
	case "de":
		return "de"
	}
	for part := range strings.SplitSeq(accepted, ",") {
		switch tag := strings.ToLower(strings.TrimSpace(part)); {
		case strings.HasPrefix(tag, "de"):
			return "de"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return "de"
}
