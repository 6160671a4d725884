package feed

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxNamed bounds the feeds that are tried of those a page names.
const maxNamed = 5

// feedTypes are the media types of links to feeds.
//
//nolint:gochecknoglobals // a constant table
var feedTypes = []string{"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml", "application/xml", "application/json"}

// Discover finds the feed that an address means: the address itself when it is
// a feed, else the first feed that the page there names and that is one. It
// returns a *FetchError when there is none.
func (p *Poller) Discover(ctx context.Context, address string) (string, error) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	res, err := p.fetch.get(ctx, address, acceptFeed, "", "", maxBody)
	if err != nil {
		return "", err
	}
	_, failed := parse(res.Body, res.ContentType, res.Final, p.Now())
	var others []string
	if failed != nil {
		others = namedFeeds(res.Body, res.ContentType, res.Final)
	}
	res.release() // before others are fetched: nobody holds a place and waits for one
	if failed == nil {
		return address, nil
	}
	for _, named := range others {
		other, err := p.fetch.get(ctx, named, acceptFeed, "", "", maxBody)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			continue
		}
		_, err = parse(other.Body, other.ContentType, other.Final, p.Now())
		other.release()
		if err == nil {
			return named, nil
		}
	}
	return "", &FetchError{Kind: FailFormat, Err: errors.New("neither a feed nor a page that names one")}
}

// namedFeeds are the feeds that a page names (link rel=alternate), those about
// football and sport first, those of comments last.
func namedFeeds(body []byte, contentType, address string) []string {
	base, doc, err := parseHTML(body, contentType, address)
	if err != nil {
		return nil
	}
	type named struct {
		address string
		rank    int
	}
	var found []named
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.Link || !namesFeed(n) {
			continue
		}
		u, err := base.Parse(strings.TrimSpace(attribute(n, "href")))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		found = append(found, named{u.String(), feedRank(u.String() + " " + attribute(n, "title"))})
	}
	slices.SortStableFunc(found, func(a, b named) int { return a.rank - b.rank })
	var out []string
	for _, f := range found {
		if !slices.Contains(out, f.address) && len(out) < maxNamed {
			out = append(out, f.address)
		}
	}
	return out
}

func namesFeed(n *html.Node) bool {
	rel := strings.Fields(strings.ToLower(attribute(n, "rel")))
	kind, _, _ := strings.Cut(strings.ToLower(attribute(n, "type")), ";")
	return (slices.Contains(rel, "alternate") || slices.Contains(rel, "feed")) && slices.Contains(feedTypes, strings.TrimSpace(kind))
}

func feedRank(s string) int {
	s = strings.ToLower(s)
	switch {
	case strings.Contains(s, "comment"), strings.Contains(s, "kommentar"):
		return 3
	case strings.Contains(s, "fussball"), strings.Contains(s, "fußball"), strings.Contains(s, "football"):
		return 0
	case strings.Contains(s, "sport"):
		return 1
	default:
		return 2
	}
}
