package feed

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"karussell/bot"
)

// document is a parsed feed in our own words.
type document struct {
	Title    string
	Language string
	TTL      time.Duration // not to be asked before; 0: not stated
	Items    []item
	Offer    offer // of push
	Cut      bool  // it ended in the middle of an item; the whole ones are kept
}

type item struct {
	GUID      string
	Link      string
	Title     string
	Teaser    string
	Text      string
	Published time.Time // zero: not stated to the minute
	Day       bot.Date  // zero: none stated
	Paywalled bool      // the feed marks it so
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
	f, cut, err := parseOrMend(body)
	if err != nil {
		return document{}, formatError(body, err)
	}
	if f.Title == "" && len(f.Items) == 0 && !hasChannel(body) {
		return document{}, &FetchError{Kind: FailFormat, Err: errors.New("it holds no feed")}
	}
	doc = document{Cut: cut, TTL: ttl(f), Title: oneLine(plain(f.Title)), Language: language(f.Language)}
	baseURL, err := url.Parse(base)
	if err != nil {
		return document{}, &FetchError{Kind: FailFormat, Err: err}
	}
	doc.Offer = offerOf(f, body, baseURL)
	for i, it := range f.Items {
		if i == maxItems {
			break
		}
		if it != nil {
			doc.Items = append(doc.Items, readItem(it, baseURL, now))
		}
	}
	dropSharedIDs(doc.Items)
	return doc, nil
}

// parseOrMend parses a feed, or what is whole of one that is cut.
func parseOrMend(body []byte) (f *gofeed.Feed, cut bool, err error) {
	parser := gofeed.NewParser()
	parser.KeepOriginalFeed = true // for what the library's common form leaves out
	f, err = parser.Parse(bytes.NewReader(body))
	if err == nil {
		return f, false, nil
	}
	whole, ok := mend(body)
	if !ok {
		return nil, false, err //nolint:wrapcheck // put in words by the caller
	}
	f, err = parser.Parse(bytes.NewReader(whole))
	return f, true, err //nolint:wrapcheck // put in words by the caller
}

// formatError says in an operator's words why there is no feed.
func formatError(body []byte, err error) error {
	head := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 2000)]))
	switch {
	case len(head) == 0:
		err = errors.New("the answer is empty")
	case bytes.HasPrefix(head, []byte("<!doctype html")), bytes.HasPrefix(head, []byte("<html")):
		err = errors.New("the answer is a web page, no feed")
	}
	return &FetchError{Kind: FailFormat, Err: err}
}

// dropSharedIDs forgets ids that several items with different addresses share:
// they identify nothing.
func dropSharedIDs(items []item) {
	links := map[string]string{}
	shared := map[string]bool{}
	for i := range items {
		id, link := items[i].GUID, items[i].Link
		if first, seen := links[id]; seen && first != link {
			shared[id] = true
		}
		links[id] = link
	}
	for i := range items {
		if shared[items[i].GUID] {
			items[i].GUID = ""
		}
	}
}

// hasChannel: a feed without a title that has no items yet is still a feed.
func hasChannel(body []byte) bool {
	return bytes.Contains(body, []byte("<channel")) || bytes.Contains(body, []byte("<feed")) || isJSON(body) && bytes.Contains(body, []byte("jsonfeed.org"))
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
	out := item{GUID: strings.TrimSpace(it.GUID), Link: resolve(base, it.Link)}
	if len(out.GUID) > maxLine {
		out.GUID = digest(out.GUID)
	}
	for _, original := range it.Extensions["feedburner"]["origLink"] {
		out.Link = firstOf(resolve(base, original.Value), out.Link)
	}
	if out.Link == "" && strings.HasPrefix(out.GUID, "http") {
		out.Link = resolve(base, out.GUID) // a permalink
	}
	out.Title, out.Paywalled = paymark(clip(oneLine(plain(clip(it.Title, maxText))), maxLine))
	teaser, text := plain(firstOf(it.Description, mediaText(it.Extensions))), plain(it.Content)
	if len(text) <= len(teaser) {
		text, teaser = teaser, ""
	}
	out.Teaser, out.Text = clip(teaser, maxText), clip(text, maxText)
	out.Published, out.Day = published(it, now)
	return out
}

// mediaText is the description that Media RSS gives of an item's picture or
// film, where papers put the teaser of a gallery.
func mediaText(all ext.Extensions) string {
	media := all["media"]
	for _, group := range media["group"] {
		for _, d := range group.Children["description"] {
			return d.Value
		}
	}
	for _, d := range media["description"] {
		return d.Value
	}
	for _, c := range media["content"] {
		for _, d := range c.Children["description"] {
			return d.Value
		}
	}
	return ""
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
	if t := it.PublishedParsed; t != nil && t.Before(now.Add(time.Hour)) && t.Year() >= earliest {
		return *t, bot.DateOf(t.In(berlin()))
	}
	return time.Time{}, ""
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

// clip shortens a text to a number of bytes without cutting a letter.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// article joins an item with what is known about its feed.
func (it item) article(s *bot.FeedState, now time.Time) bot.Article {
	a := bot.Article{
		Outlet: s.Outlet, Feed: s.URL, GUID: it.GUID, URL: it.Link, Title: it.Title,
		Teaser: it.Teaser, Text: it.Text, Language: s.Language, ReadAt: now,
		Paywalled: it.Paywalled,
	}
	a.PublishedAt, a.Published = it.Published, it.Day
	// An undated item that was not there at a recent look appeared since then.
	if a.Published.IsZero() && s.Seen && now.Sub(s.LastOK) < 24*time.Hour {
		a.PublishedAt, a.Published = now, bot.DateOf(now.In(berlin()))
	}
	return a
}
