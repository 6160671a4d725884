package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"codeberg.org/readeck/go-readability"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"karussell/bot"
)

const acceptPage = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"

// Reader reads single pages, guarded and capped like feeds. Safe for concurrent
// use.
type Reader struct {
	fetch  *fetcher
	robots *robots
}

// NewReader makes a Reader; private allows loopback and private addresses.
func NewReader(agent string, private bool) *Reader {
	f := newFetcher(agent, private, nil)
	return &Reader{fetch: f, robots: newRobots(f, time.Now)}
}

// Close gives unused connections back.
func (r *Reader) Close() { r.fetch.client.CloseIdleConnections() }

// Pages fetches a page and reads its main text: one article, or one for each
// entry of a live ticker or gallery. The error is a *FetchError or the
// context's.
func (r *Reader) Pages(ctx context.Context, address string, now time.Time) ([]bot.Article, error) {
	page, entries, err := r.page(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	if len(entries) > 0 {
		return cut(&page, entries, now), nil
	}
	return []bot.Article{page}, nil
}

// Allowed is Pages for pages that nobody named one by one: robots.txt is asked
// first.
func (r *Reader) Allowed(ctx context.Context, address string, now time.Time) ([]bot.Article, error) {
	if !r.robots.allows(ctx, address) {
		if ctx.Err() != nil {
			return nil, ctx.Err() //nolint:wrapcheck // the context's own
		}
		return nil, fmt.Errorf("%s: %w", address, &FetchError{Kind: FailRobots})
	}
	return r.Pages(ctx, address, now)
}

func (r *Reader) page(ctx context.Context, address string) (bot.Article, []entry, error) {
	res, err := r.fetch.get(ctx, address, acceptPage, "", "", maxPage)
	defer res.release()
	if err != nil {
		return bot.Article{}, nil, err
	}
	return readPage(res.Body, res.ContentType, res.Final)
}

// parseHTML decodes and parses a page.
func parseHTML(body []byte, contentType, address string) (*url.URL, *html.Node, error) {
	base, err := url.Parse(address)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // classified by the caller
	}
	if len(body) > maxPage {
		return nil, nil, errors.New("the page is too large")
	}
	decoded, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // classified by the caller
	}
	doc, err := html.ParseWithOptions(decoded, html.ParseOptionEnableScripting(false))
	return base, doc, err //nolint:wrapcheck // classified by the caller
}

// readPage finds the article on a page: its main text, and the outlet's own
// statements about date, headline and address.
func readPage(body []byte, contentType, address string) (a bot.Article, entries []entry, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &FetchError{Kind: FailFormat, Err: fmt.Errorf("unreadable page: %v", p)}
		}
	}()
	base, doc, err := parseHTML(body, contentType, address)
	if err != nil {
		return a, nil, &FetchError{Kind: FailFormat, Err: err}
	}
	about := readStatements(doc)
	prune(doc)
	if len(about.entries) < 2 {
		about.entries = blocks(doc)
	}
	found, err := readability.FromDocument(doc, base)
	if err != nil {
		return a, nil, &FetchError{Kind: FailFormat, Err: err}
	}
	var content strings.Builder
	if found.Node != nil {
		if err := html.Render(&content, found.Node); err != nil {
			return a, nil, &FetchError{Kind: FailFormat, Err: err}
		}
	}
	a = bot.Article{
		Title: clip(oneLine(firstOf(about.headline, found.Title)), maxLine), Text: clip(plain(content.String()), maxText), URL: canonical(base),
		Language: language(firstOf(about.language, found.Language)), Paywalled: about.paywalled, Outlet: about.outlet,
		PublishedAt: about.published, Published: bot.DateOf(about.published),
	}
	if link, err := base.Parse(about.canonical); err == nil && about.canonical != "" && sameSite(link, base) {
		a.URL = canonical(link)
	}
	if len(about.entries) > 1 {
		return a, about.entries, nil
	}
	if a.Text == "" {
		return a, nil, &FetchError{Kind: FailFormat, Err: errors.New("no article text on the page")}
	}
	return a, nil, nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// sameSite: a canonical address may only lead within the outlet's own site.
func sameSite(a, b *url.URL) bool {
	trim := func(u *url.URL) string {
		h := strings.ToLower(u.Hostname())
		for _, prefix := range []string{"www.", "m.", "amp.", "mobil."} {
			h = strings.TrimPrefix(h, prefix)
		}
		return h
	}
	return trim(a) == trim(b)
}

// prune removes what is never part of an article: navigation, teasers of other
// articles (they name other coaches), forms, asides.
func prune(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.ElementNode && isFurniture(c) {
			n.RemoveChild(c)
		} else {
			prune(c)
		}
		c = next
	}
}

func isFurniture(n *html.Node) bool {
	switch n.DataAtom { //nolint:exhaustive // everything else stays
	case atom.Nav, atom.Aside, atom.Footer, atom.Form, atom.Script, atom.Style, atom.Iframe, atom.Noscript, atom.Button:
		return true
	}
	names := strings.ToLower(attribute(n, "class") + " " + attribute(n, "id"))
	for _, word := range []string{"related", "teaser-list", "mehr-zum-thema", "newsletter", "recommend", "advert", "read-more", "lesen-sie-auch", "most-read", "comments", "social"} {
		if strings.Contains(names, word) {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// statements are what a page says about itself.
type statements struct {
	headline, canonical, language, outlet string
	published                             time.Time
	paywalled                             bool
	entries                               []entry // of a live ticker or a gallery
}
