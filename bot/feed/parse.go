package feed

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"karussell/bot"
)

// document is a parsed feed in our own words.
type document struct {
	Title    string
	Language string
	Items    []item
}

type item struct {
	GUID      string
	Link      string
	Title     string
	Teaser    string
	Text      string
	Published time.Time // zero: none stated
}

// parse reads a feed of any known format. It recovers from panics of the
// format libraries: foreign bytes must not stop the program.
func parse(body []byte, base string, now time.Time) (doc document, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &FetchError{Kind: FailFormat, Err: fmt.Errorf("unreadable feed: %v", p)}
		}
	}()
	f, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return document{}, &FetchError{Kind: FailFormat, Err: err}
	}
	doc = document{Title: oneLine(plain(f.Title)), Language: language(f.Language)}
	baseURL, err := url.Parse(base)
	if err != nil {
		return document{}, &FetchError{Kind: FailFormat, Err: err}
	}
	for i, it := range f.Items {
		if i == maxItems {
			break
		}
		if it != nil {
			doc.Items = append(doc.Items, readItem(it, baseURL, now))
		}
	}
	return doc, nil
}

func readItem(it *gofeed.Item, base *url.URL, now time.Time) item {
	out := item{GUID: it.GUID, Title: oneLine(plain(it.Title)), Link: resolve(base, it.Link)}
	teaser, text := plain(it.Description), plain(it.Content)
	if len(text) <= len(teaser) {
		text, teaser = teaser, ""
	}
	out.Teaser, out.Text = teaser, text
	if it.PublishedParsed != nil {
		out.Published = *it.PublishedParsed
	} else if it.UpdatedParsed != nil {
		out.Published = *it.UpdatedParsed
	}
	// A date in the future is a mistake or an announcement: the article is here
	// now.
	if out.Published.After(now.Add(time.Hour)) {
		out.Published = now
	}
	return out
}

func resolve(base *url.URL, link string) string {
	u, err := base.Parse(strings.TrimSpace(link))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return canonical(u)
}

// tracking are query parameters that do not select a page.
//
//nolint:gochecknoglobals // a constant table
var tracking = []string{"utm_", "fbclid", "gclid", "wt_", "xtor", "cmpid", "mc_", "wt.", "ref_", "at_", "pk_", "sc_src", "ns_"}

// canonical removes what does not select a page: tracking and fragment.
func canonical(u *url.URL) string {
	c := *u
	c.Fragment, c.Host = "", strings.ToLower(c.Host)
	if c.RawQuery != "" {
		q := c.Query()
		for name := range q {
			for _, t := range tracking {
				if strings.HasPrefix(strings.ToLower(name), t) {
					q.Del(name)
				}
			}
		}
		c.RawQuery = q.Encode()
	}
	return c.String()
}

func language(tag string) string {
	tag = strings.ToLower(tag)
	for _, l := range []string{"de", "en"} {
		if strings.HasPrefix(tag, l) {
			return l
		}
	}
	return ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// article joins an item with what is known about its feed.
func (it item) article(s *bot.FeedState, now time.Time) bot.Article {
	a := bot.Article{
		Outlet: s.Outlet, Feed: s.URL, GUID: it.GUID, URL: it.Link, Title: it.Title,
		Teaser: it.Teaser, Text: it.Text, Language: s.Language, ReadAt: now,
	}
	if !it.Published.IsZero() {
		a.PublishedAt = it.Published
		a.Published = bot.DateOf(it.Published)
	}
	return a
}
