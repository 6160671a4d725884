package feed

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/rss"

	"karussell/bot"
)

// document is a parsed feed in our own words.
type document struct {
	Title    string
	Language string
	TTL      time.Duration // not to be asked before; 0: not stated
	Items    []item
}

type item struct {
	GUID      string
	Link      string
	Title     string
	Teaser    string
	Text      string
	Published time.Time // zero: not stated to the minute
	Day       bot.Date  // zero: none stated
}

// parse reads a feed of any known format. It recovers from panics of the
// format libraries: foreign bytes must not stop the program.
func parse(body []byte, contentType, base string, now time.Time) (doc document, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &FetchError{Kind: FailFormat, Err: fmt.Errorf("unreadable feed: %v", p)}
		}
	}()
	body = toUTF8(body, contentType)
	if !isJSON(body) && tooDeep(body) {
		return document{}, &FetchError{Kind: FailFormat, Err: fmt.Errorf("elements nest deeper than %d", maxDepth)}
	}
	parser := gofeed.NewParser()
	parser.KeepOriginalFeed = true // for what the library's common form leaves out
	f, err := parser.Parse(bytes.NewReader(body))
	if whole, ok := mend(body); err != nil && ok {
		f, err = parser.Parse(bytes.NewReader(whole))
	}
	if err != nil {
		return document{}, &FetchError{Kind: FailFormat, Err: err}
	}
	doc = document{TTL: ttl(f), Title: oneLine(plain(f.Title)), Language: language(f.Language)}
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

// ttl is RSS's time to live in minutes; absurd values are left to the rhythm.
func ttl(f *gofeed.Feed) time.Duration {
	original, ok := f.OriginalFeed().(*rss.Feed)
	if !ok {
		return 0
	}
	minutes, err := strconv.Atoi(strings.TrimSpace(original.TTL))
	if err != nil || minutes < 0 || minutes > 360 {
		return 0
	}
	return time.Duration(minutes) * time.Minute
}

func readItem(it *gofeed.Item, base *url.URL, now time.Time) item {
	out := item{GUID: it.GUID, Title: oneLine(plain(it.Title)), Link: resolve(base, it.Link)}
	teaser, text := plain(it.Description), plain(it.Content)
	if len(text) <= len(teaser) {
		text, teaser = teaser, ""
	}
	out.Teaser, out.Text = teaser, text
	out.Published, out.Day = published(it, now)
	return out
}

// published is when the item appeared. Our own reading comes first: the
// library takes unknown zone names for UTC and knows no German. A date in the
// future is a mistake or an announcement: the article is here now.
func published(it *gofeed.Item, now time.Time) (at time.Time, day bot.Date) {
	for _, raw := range []string{it.Published, it.Updated} {
		t, dayOnly, ok := readDate(raw)
		switch {
		case !ok:
			continue
		case t.After(now.Add(time.Hour)):
			return now, bot.DateOf(now.In(berlin()))
		case dayOnly:
			return time.Time{}, bot.DateOf(t)
		}
		return t, bot.DateOf(t.In(berlin()))
	}
	if it.PublishedParsed != nil && it.PublishedParsed.Before(now.Add(time.Hour)) {
		return *it.PublishedParsed, bot.DateOf(*it.PublishedParsed)
	}
	return time.Time{}, ""
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
	a.PublishedAt, a.Published = it.Published, it.Day
	// An undated item that was not there at a recent look appeared since then.
	if a.Published.IsZero() && s.Seen && now.Sub(s.LastOK) < 24*time.Hour {
		a.PublishedAt, a.Published = now, bot.DateOf(now.In(berlin()))
	}
	return a
}
