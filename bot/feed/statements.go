package feed

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readStatements collects link and meta elements and JSON-LD of a page.
func readStatements(doc *html.Node) statements {
	var s statements
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			s.read(n)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return s
}

func (s *statements) read(n *html.Node) {
	switch n.DataAtom { //nolint:exhaustive // the rest states nothing
	case atom.Html:
		s.language = attribute(n, "lang")
	case atom.Link:
		if strings.EqualFold(attribute(n, "rel"), "canonical") && s.canonical == "" {
			s.canonical = attribute(n, "href")
		}
	case atom.Meta:
		s.meta(firstOf(attribute(n, "property"), attribute(n, "name"), attribute(n, "itemprop")), attribute(n, "content"))
	case atom.Script:
		if strings.EqualFold(attribute(n, "type"), "application/ld+json") && n.FirstChild != nil {
			var value any
			if json.Unmarshal([]byte(n.FirstChild.Data), &value) == nil {
				s.linked(value, 0)
			}
		}
	}
}

func (s *statements) meta(name, content string) {
	switch strings.ToLower(name) {
	case "og:title":
		if s.headline == "" {
			s.headline = content
		}
	case "og:site_name":
		if s.outlet == "" {
			s.outlet = oneLine(content)
		}
	case "article:published_time", "date", "datepublished", "dc.date", "dcterms.created":
		s.date(content)
	case "article:content_tier":
		s.paywalled = s.paywalled || content == "locked" || content == "metered"
	}
}

func (s *statements) date(value string) {
	if !s.published.IsZero() {
		return
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04-07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(value), berlin()); err == nil {
			s.published = t
			return
		}
	}
}

// berlin is the zone of dates that state none; read once, it is a file.
//
//nolint:gochecknoglobals // a constant
var berlin = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC // no zone data on this machine
	}
	return zone
})

// linked reads schema.org objects; depth bounds what a hostile page can cost.
func (s *statements) linked(value any, depth int) {
	if depth > 6 {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			s.linked(e, depth+1)
		}
	case map[string]any:
		if graph, ok := v["@graph"]; ok {
			s.linked(graph, depth+1)
		}
		switch kind, _ := v["@type"].(string); {
		case kind == "LiveBlogPosting":
			s.schema(v)
			s.ticker(v)
		case kind == "ImageGallery":
			s.schema(v)
			s.gallery(v)
		case strings.HasSuffix(kind, "Article"), kind == "BlogPosting":
			s.schema(v)
		}
	}
}

func (s *statements) schema(v map[string]any) {
	if h, _ := v["headline"].(string); h != "" {
		s.headline = h
	}
	if d, _ := v["datePublished"].(string); d != "" {
		s.published = time.Time{}
		s.date(d)
	}
	switch free := v["isAccessibleForFree"].(type) {
	case bool:
		s.paywalled = s.paywalled || !free
	case string:
		s.paywalled = s.paywalled || strings.EqualFold(free, "false")
	}
	if p, ok := v["publisher"].(map[string]any); ok && s.outlet == "" {
		s.outlet, _ = p["name"].(string)
	}
}
