package board

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// feedStories are the stories of a feed's address: everything at /feed, one
// club, coach or league below; ?official=1 keeps what is settled.
func (b *Board) feedStories(ctx context.Context, r *http.Request, w words) (title string, stories []bot.Story, err error) {
	topic, title, err := b.feedTopic(r, w)
	if err != nil {
		return "", nil, err
	}
	err = b.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		if kind, id := topic.Cut(); kind == "coach" {
			c, err := tx.Coach(bot.CoachID(id))
			if errors.Is(err, bot.ErrNotFound) {
				return errNoPage
			}
			title = c.Name
		}
		stories, err = newest(tx, topic, r.URL.Query().Get("official") != "")
		return err
	})
	return title, stories, err
}

// feedDepth is how many stories are looked at for a feed of official ones.
const feedDepth = 600

// newest are a topic's latest stories, of the official ones only as many as
// there are among the last feedDepth.
func newest(tx bot.ReadTx, topic bot.Topic, official bool) ([]bot.Story, error) {
	if !official {
		return tx.Stories(topic, bot.Page{Limit: latest})
	}
	stories, err := tx.Stories(topic, bot.Page{Limit: feedDepth})
	stories = slices.DeleteFunc(stories, func(s bot.Story) bool { return s.Stage != bot.StageOfficial })
	return stories[:min(latest, len(stories))], err
}

func (b *Board) feedTopic(r *http.Request, w words) (bot.Topic, string, error) {
	id := r.PathValue("id")
	kind, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if id == "" {
		return bot.TopicAll, w.Name, nil
	}
	switch kind {
	case "club":
		c, ok := b.Clubs.Club(bot.ClubID(id))
		if !ok {
			return "", "", errNoPage
		}
		return bot.ClubTopic(c.ID), c.Name, nil
	case "league":
		l, ok := b.Clubs.League(bot.LeagueID(id))
		if !ok {
			return "", "", errNoPage
		}
		return bot.LeagueTopic(l.ID), l.Name, nil
	case "coach":
		return bot.CoachTopic(bot.CoachID(id)), "", nil
	}
	return "", "", errNoPage
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title   string   `xml:"title"`
	ID      string   `xml:"id"`
	Updated string   `xml:"updated"`
	Link    atomLink `xml:"link"`
	Summary string   `xml:"summary"`
}

func (b *Board) atom(ctx context.Context, r *http.Request, w words) (document, error) {
	title, stories, err := b.feedStories(ctx, r, w)
	if err != nil {
		return document{}, err
	}
	feed := atomFeed{
		Lang: w.Language, Title: title, ID: b.name(r.URL.Path), Author: "Karussell",
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links:   []atomLink{{Rel: "self", Href: b.feedAddress(r, w)}, {Rel: "alternate", Href: b.address(feedPage(r) + w.Suffix)}},
	}
	for i := range stories {
		c := b.card(w, &stories[i])
		if i == 0 {
			feed.Updated = c.Stamp
		}
		feed.Entries = append(feed.Entries, atomEntry{
			Title: c.Headline, ID: b.storyID(c), Updated: c.Stamp, Link: atomLink{Href: b.address(c.Club.Href + "#s" + strconv.FormatUint(c.Number, 10))},
			Summary: strings.TrimSpace(c.Standing + ". " + c.Outlets + ". " + c.Quote),
		})
	}
	body, err := xml.MarshalIndent(feed, "", " ")
	return document{kind: "application/atom+xml; charset=utf-8", body: append([]byte(xml.Header), body...)}, err
}

// feedAddress is the feed's own, without what a reader added to it: the answer
// is kept for others.
func (b *Board) feedAddress(r *http.Request, w words) string {
	path := r.URL.Path + w.Suffix
	if r.URL.Query().Get("official") != "" {
		path += "&official=1"
	}
	return b.address(path)
}

func (b *Board) storyID(c card) string {
	return b.name("/story/" + strconv.FormatUint(c.Number, 10))
}

// name is what a feed is known by for ever: an absolute address where there is
// one, as RFC 4287, 4.2.6 wants, else a name of the same shape.
func (b *Board) name(path string) string {
	if b.Public == "" {
		return "urn:karussell" + strings.ReplaceAll(path, "/", ":")
	}
	return b.Public + path
}

// feedPage is the page whose feed this is.
func feedPage(r *http.Request) string {
	path, _, _ := strings.Cut(r.URL.Path, "/feed.")
	return cmp.Or(path, "/")
}

// address is absolute where the board's public address is known.
func (b *Board) address(path string) string { return b.Public + path }

func (b *Board) jsonFeed(ctx context.Context, r *http.Request, w words) (document, error) {
	title, stories, err := b.feedStories(ctx, r, w)
	if err != nil {
		return document{}, err
	}
	items := []map[string]any{}
	for i := range stories {
		c := b.card(w, &stories[i])
		item := map[string]any{
			"id": b.storyID(c), "title": c.Headline, "url": b.address(c.Club.Href + "#s" + strconv.FormatUint(c.Number, 10)),
			"content_text": strings.TrimSpace(c.Standing + ". " + c.Outlets + ". " + c.Quote), "date_modified": c.Stamp,
		}
		if c.Link != "" {
			item["external_url"] = c.Link
		}
		items = append(items, item)
	}
	body, err := json.Marshal(map[string]any{
		"version": "https://jsonfeed.org/version/1.1", "title": title, "language": w.Language,
		"feed_url": b.feedAddress(r, w), "home_page_url": b.address(feedPage(r) + w.Suffix), "items": items,
	})
	return document{kind: "application/feed+json; charset=utf-8", body: body}, err
}

// calendar lists the ends of contracts as an iCalendar (RFC 5545), a day each.
func (b *Board) calendar(ctx context.Context, _ *http.Request, w words) (document, error) {
	var out bytes.Buffer
	line := func(format string, args ...any) { out.WriteString(foldLine(fmt.Sprintf(format, args...))) }
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//Karussell//board//%s", strings.ToUpper(w.Language))
	stamp := b.Now().UTC().Format("20060102T150405Z")
	after := bot.CoachID("")
	for {
		var some []bot.Coach
		err := b.Store.View(ctx, func(tx bot.ReadTx) (err error) {
			some, err = tx.Coaches(after, 500)
			return err
		})
		if err != nil {
			return document{}, err
		}
		for i := range some {
			b.contractEnd(line, w, stamp, &some[i])
		}
		if len(some) < 500 {
			break
		}
		after = some[len(some)-1].ID
	}
	line("END:VCALENDAR")
	return document{kind: "text/calendar; charset=utf-8", body: out.Bytes()}, nil
}

func (b *Board) contractEnd(line func(string, ...any), w words, stamp string, c *bot.Coach) {
	if !c.Contract.Known() {
		return
	}
	_, last, ok := c.Contract.Value.Span(time.UTC)
	if !ok || last.Before(b.Now().AddDate(0, 0, -1)) {
		return
	}
	if len(c.Contract.Value) == len("2006") { // a German contract "until 2027" ends with the season
		last = time.Date(last.Year(), time.June, 30, 0, 0, 0, 0, time.UTC)
	}
	line("BEGIN:VEVENT")
	line("UID:contract-%s@karussell", c.ID)
	line("DTSTAMP:%s", stamp)
	line("DTSTART;VALUE=DATE:%s", last.Format("20060102"))
	line("SUMMARY:%s", escapeCalendar(c.Name+" ("+b.clubLink(w, c.Club.Value, "").Text+"): "+w.ContractEnds))
	line("DESCRIPTION:%s", escapeCalendar(c.Contract.Source.Outlet+" "+c.Contract.Source.URL))
	line("END:VEVENT")
}

func escapeCalendar(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`, "\r", "").Replace(s)
}

// foldLine breaks lines at 75 octets without breaking letters (RFC 5545, 3.1).
func foldLine(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		size := len(string(r))
		if n+size > 75 {
			b.WriteString("\r\n ")
			n = 1
		}
		b.WriteRune(r)
		n += size
	}
	return b.String() + "\r\n"
}

// picture is what the page of a coach or club shows.
func (b *Board) picture(ctx context.Context, r *http.Request, w words) (document, error) {
	if b.Artist == nil {
		return document{}, errNoPage
	}
	return b.drawn(ctx, r.PathValue("kind"), r.PathValue("id"), w)
}

// drawn draws once for the page, which says what the picture says, and for the
// picture itself.
func (b *Board) drawn(ctx context.Context, kind, id string, w words) (document, error) {
	return b.cache.get(w.Language+" drawn "+kind+" "+id, func() (document, error) {
		var pic bot.Picture
		var err error
		switch kind {
		case "coach":
			pic, err = b.coachPicture(ctx, bot.CoachID(id), w)
		case "club":
			pic, err = b.clubPicture(ctx, bot.ClubID(id), w)
		default:
			err = errNoPage
		}
		return document{kind: "image/png", body: pic.Data, alt: pic.Alt}, err
	})
}

func (b *Board) coachPicture(ctx context.Context, id bot.CoachID, w words) (bot.Picture, error) {
	var c bot.Coach
	var stories []bot.Story
	err := b.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		if c, err = tx.Coach(id); err != nil {
			return err
		}
		stories, err = tx.OpenStories(bot.CoachTopic(id), latest)
		return err
	})
	if errors.Is(err, bot.ErrNotFound) {
		err = errNoPage
	}
	if err != nil {
		return bot.Picture{}, err
	}
	return b.Artist.Career(w.Language, c, stories, b.Now())
}

func (b *Board) clubPicture(ctx context.Context, id bot.ClubID, w words) (bot.Picture, error) {
	club, ok := b.Clubs.Club(id)
	if !ok {
		return bot.Picture{}, errNoPage
	}
	var coaches []bot.Coach
	var stories []bot.Story
	err := b.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		if stories, err = tx.Stories(bot.ClubTopic(id), bot.Page{Limit: latest}); err != nil {
			return err
		}
		seen := map[bot.CoachID]bool{}
		for i := range stories {
			key := stories[i].Key.Coach
			if seen[key] {
				continue
			}
			seen[key] = true
			c, err := tx.Coach(key)
			if err == nil {
				coaches = append(coaches, c)
			} else if !errors.Is(err, bot.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return bot.Picture{}, err
	}
	named := func(c bot.Coach) bool {
		return slices.ContainsFunc(c.Stations, func(st bot.Station) bool { return st.Club == id })
	}
	if !slices.ContainsFunc(coaches, named) && !slices.ContainsFunc(stories, func(s bot.Story) bool { return s.Open() }) {
		return bot.Picture{}, errNoPage // an empty bench
	}
	return b.Artist.Bench(w.Language, club, coaches, stories, b.Now())
}
