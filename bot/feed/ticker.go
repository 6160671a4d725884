package feed

import (
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// maxEntries bounds the entries of one ticker or gallery, the newest first.
const maxEntries = 100

// entry is a part of a page that is a report of its own: an entry of a live
// ticker or a picture of a gallery with its text.
type entry struct {
	id, title, text string
	at              time.Time
	clock           int // minute of the day, of an entry whose day is not stated; else noClock
}

// ticker reads the entries of schema.org's LiveBlogPosting.
func (s *statements) ticker(v map[string]any) {
	for _, u := range list(v["liveBlogUpdate"]) {
		update, ok := u.(map[string]any)
		if !ok || len(s.entries) == maxEntries {
			continue
		}
		e := entry{clock: noClock, title: oneLine(plain(word(update, "headline"))), text: plain(word(update, "articleBody")), id: firstOf(word(update, "@id"), word(update, "url"))}
		if at, dayOnly, ok := readDate(word(update, "datePublished")); ok && !dayOnly {
			e.at = at
		}
		s.entry(e)
	}
}

// gallery reads the pictures of schema.org's ImageGallery.
func (s *statements) gallery(v map[string]any) {
	for _, m := range append(list(v["associatedMedia"]), list(v["image"])...) {
		if picture, ok := m.(map[string]any); ok && len(s.entries) < maxEntries {
			s.entry(entry{clock: noClock, title: oneLine(plain(word(picture, "name"))), text: plain(firstOf(word(picture, "caption"), word(picture, "description"))), id: firstOf(word(picture, "@id"), word(picture, "contentUrl"))})
		}
	}
}

func (s *statements) entry(e entry) {
	if e.text == "" && e.title == "" {
		return
	}
	if i := strings.LastIndexByte(e.id, '#'); i >= 0 {
		e.id = e.id[i+1:]
	}
	if e.id == "" {
		e.id = digest(e.at.String() + e.title + e.text)
	}
	s.entries = append(s.entries, e)
}

func list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case nil:
		return nil
	default:
		return []any{v}
	}
}

func word(v map[string]any, name string) string {
	s, _ := v[name].(string)
	return s
}

// cut makes an article of every entry of a page. The entries share the page's
// address, so that each has its own mark in it. An entry that states no time of
// its own has none: the page's would be that of the first entry.
func cut(page *bot.Article, entries []entry, now time.Time) []bot.Article {
	dateEntries(entries, page.PublishedAt, now)
	out := make([]bot.Article, 0, len(entries))
	for i, e := range entries {
		a := *page
		mark := digest(e.id)
		a.URL, a.GUID = page.URL+"#"+mark, ""
		a.Title = firstOf(e.title, page.Title+" ("+strconv.Itoa(i+1)+")")
		a.Teaser, a.Text = "", firstOf(e.text, e.title)
		a.PublishedAt, a.Published = time.Time{}, ""
		if !e.at.IsZero() && e.at.Before(now.Add(time.Hour)) {
			a.PublishedAt, a.Published = e.at, bot.DateOf(e.at.In(berlin()))
		}
		out = append(out, a)
	}
	return out
}
