package board

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"karussell/bot"
)

// view is what a page shows.
type view struct {
	Words   words
	Title   string
	Base    string // address of this page without language, for the switch
	Feed    string // address of this page's feed, without ending
	Embed   string // address of this page as a card for other pages
	Groups  []group
	Stories []card
	Facts   []fact
	Stops   []stop
	Picture string
	Alt     string
	Hits    []hit
	Query   string
}

// group is a league with its rows.
type group struct {
	Name, ID string
	Rows     []row
}

type row struct {
	Club, ClubID, State string
	Candidates          []hit
}

type link struct{ Text, Href string }

// card is a story.
type card struct {
	Headline, Standing, Tone, Quote, Link, Outlets, When, Stamp string
	Club, Coach                                                 link
	Number                                                      uint64
}

type fact struct{ Label, Value, Href, Source, Link string }

// stop is a station of a career.
type stop struct {
	Years, Role  string
	Club         link
	Source, Link string
}

type hit struct {
	link
	Hint string
}

func (b *Board) page(name string, v view) (document, error) {
	var out bytes.Buffer
	if err := b.pages.ExecuteTemplate(&out, name, v); err != nil {
		return document{}, fmt.Errorf("%s: %w", name, err)
	}
	return document{kind: "text/html; charset=utf-8", body: out.Bytes()}, nil
}

// latest is how many stories a page lists.
const latest = 30

func (b *Board) home(ctx context.Context, _ *http.Request, w words) (document, error) {
	return b.overview(ctx, w, view{Words: w, Title: w.Name, Base: "/", Feed: "/feed"}, "", bot.TopicAll)
}

func (b *Board) league(ctx context.Context, r *http.Request, w words) (document, error) {
	league, ok := b.Clubs.League(bot.LeagueID(r.PathValue("id")))
	if !ok {
		return document{}, errNoPage
	}
	path := "/league/" + string(league.ID)
	return b.overview(ctx, w, view{Words: w, Title: league.Name, Base: path, Feed: path + "/feed"}, league.ID, bot.LeagueTopic(league.ID))
}

func (b *Board) overview(ctx context.Context, w words, v view, league bot.LeagueID, topic bot.Topic) (document, error) {
	err := b.Store.View(ctx, func(tx bot.ReadTx) error {
		rows, err := b.Desk.CarouselRows(tx, league)
		if err != nil {
			return err
		}
		v.Groups = b.groups(w, rows)
		v.Stories, err = b.cards(tx, w, topic)
		return err
	})
	if err != nil {
		return document{}, err
	}
	return b.page("home.html", v)
}

func (b *Board) club(ctx context.Context, r *http.Request, w words) (document, error) {
	v, err := b.clubView(ctx, bot.ClubID(r.PathValue("id")), w)
	if err != nil {
		return document{}, err
	}
	return b.page("club.html", v)
}

func (b *Board) embedClub(ctx context.Context, r *http.Request, w words) (document, error) {
	v, err := b.clubView(ctx, bot.ClubID(r.PathValue("id")), w)
	if err != nil {
		return document{}, err
	}
	return b.embedded(v)
}

func (b *Board) clubView(ctx context.Context, id bot.ClubID, w words) (view, error) {
	club, known := b.Clubs.Club(id)
	path := "/club/" + string(id)
	v := view{Words: w, Title: club.Name, Base: path, Feed: path + "/feed"}
	err := b.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		if v.Stories, err = b.cards(tx, w, bot.ClubTopic(id)); err != nil {
			return err
		}
		if !known && len(v.Stories) == 0 {
			return errNoPage
		}
		rows, err := b.Desk.CarouselRows(tx, club.League)
		if err != nil {
			return err
		}
		v.Groups = only(b.groups(w, rows), id)
		return nil
	})
	if !known && len(v.Stories) > 0 {
		v.Title = v.Stories[0].Club.Text
	}
	v.Embed = "/embed/club/" + string(id)
	if err == nil && b.Artist != nil && known && len(v.Stories) > 0 {
		b.show(ctx, &v, "club", string(id))
	}
	return v, err
}

// only keeps one club's row.
func only(groups []group, id bot.ClubID) []group {
	for _, g := range groups {
		for _, r := range g.Rows {
			if r.ClubID == string(id) {
				return []group{{Name: g.Name, ID: g.ID, Rows: []row{r}}}
			}
		}
	}
	return nil
}

func (b *Board) coach(ctx context.Context, r *http.Request, w words) (document, error) {
	id := bot.CoachID(r.PathValue("id"))
	v, err := b.coachView(ctx, id, w)
	if err != nil {
		return document{}, err
	}
	if b.Artist != nil && len(v.Stops) > 0 {
		b.show(ctx, &v, "coach", string(id))
	}
	return b.page("coach.html", v)
}

func (b *Board) embedCoach(ctx context.Context, r *http.Request, w words) (document, error) {
	v, err := b.coachView(ctx, bot.CoachID(r.PathValue("id")), w)
	if err != nil {
		return document{}, err
	}
	return b.embedded(v)
}

// embedded is a card for other people's pages.
func (b *Board) embedded(v view) (document, error) {
	v.Stories = v.Stories[:min(3, len(v.Stories))]
	doc, err := b.page("embed.html", v)
	doc.frame = true
	return doc, err
}

func (b *Board) coachView(ctx context.Context, id bot.CoachID, w words) (view, error) {
	path := "/coach/" + string(id)
	v := view{Words: w, Base: path, Feed: path + "/feed", Embed: "/embed/coach/" + string(id)}
	err := b.Store.View(ctx, func(tx bot.ReadTx) error {
		c, err := tx.Coach(id)
		if errors.Is(err, bot.ErrNotFound) {
			return errNoPage
		}
		if err != nil {
			return err
		}
		v.Title = c.Name
		v.Facts = b.facts(w, &c)
		for _, st := range c.Stations {
			v.Stops = append(v.Stops, stop{Years: years(w, &st), Role: w.post(&st), Club: b.clubLink(w, st.Club, st.Name), Source: st.Source.Outlet, Link: web(st.Source.URL)})
		}
		v.Stories, err = b.cards(tx, w, bot.CoachTopic(id))
		return err
	})
	return v, err
}

// show puts a picture on a page, with what it says as text. A page without its
// picture is better than none.
func (b *Board) show(ctx context.Context, v *view, kind, id string) {
	drawn, err := b.drawn(ctx, kind, id, v.Words)
	if errors.Is(err, errNoPage) {
		return // nothing to draw
	}
	if err != nil {
		b.Log.ErrorContext(ctx, "board picture failed", "kind", kind, "id", id, "error", err)
		return
	}
	v.Picture, v.Alt = "/picture/"+kind+"/"+id, drawn.alt
}

func (b *Board) search(ctx context.Context, r *http.Request, w words) (document, error) {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	v := view{Words: w, Title: w.Search, Base: "/search", Query: query}
	if query != "" {
		v.Title += ": " + query
		req := bot.Request{Chat: bot.ChatRef{Platform: "board", Chat: "web"}, Language: w.Language, Query: string([]rune(query)[:min(60, len([]rune(query)))])}
		for _, c := range b.Desk.Suggest(ctx, req) {
			v.Hits = append(v.Hits, b.hitOf(w, c))
		}
		// Completions forgive typing mistakes; who spelled it right comes first.
		spelled := func(h hit) int { return strings.Index(bot.Slug(h.Text), bot.Slug(query)) }
		slices.SortStableFunc(v.Hits, func(x, y hit) int { return cmp.Compare(uint(spelled(x)), uint(spelled(y))) })
	}
	return b.page("search.html", v)
}

// hitOf finds the page that a completion means.
func (b *Board) hitOf(w words, c bot.Choice) hit {
	path := "/coach/" + bot.Slug(c.Value)
	switch c.Command {
	case "club":
		path = "/club/" + bot.Slug(c.Value)
		if club, ok := b.Clubs.ClubNamed(c.Value); ok {
			path = "/club/" + string(club.ID)
		}
	case "carousel":
		path = "/league/" + c.Value
	}
	return hit{link{c.Label, path + w.Suffix}, c.Hint}
}

func (b *Board) facts(w words, c *bot.Coach) []fact {
	var out []fact
	add := func(label string, value link, s bot.Source) {
		if value.Text != "" {
			out = append(out, fact{Label: label, Value: value.Text, Href: value.Href, Source: strings.Trim(s.Outlet+", "+w.date(s.Date), ", "), Link: web(s.URL)})
		}
	}
	if c.BirthYear.Known() && c.BirthYear.Value > 0 {
		add(w.Born, link{Text: strconv.Itoa(c.BirthYear.Value)}, c.BirthYear.Source)
	}
	if c.Club.Known() {
		add(w.Club, b.clubLink(w, c.Club.Value, ""), c.Club.Source)
	}
	if c.Contract.Known() {
		add(w.Contract, link{Text: w.date(c.Contract.Value)}, c.Contract.Source)
	}
	return out
}

func (b *Board) clubLink(w words, id bot.ClubID, name string) link {
	if c, ok := b.Clubs.Club(id); ok {
		name = c.Name
	}
	if id == "" {
		return link{Text: name}
	}
	return link{name, "/club/" + string(id) + w.Suffix}
}

func (b *Board) groups(w words, rows []bot.CarouselRow) []group {
	var out []group
	at := map[bot.LeagueID]int{}
	for i := range rows {
		r := &rows[i]
		n, ok := at[r.Club.League]
		if !ok {
			n = len(out)
			at[r.Club.League] = n
			g := group{Name: w.OtherLeague, ID: string(r.Club.League)}
			if l, ok := b.Clubs.League(r.Club.League); ok {
				g.Name = l.Name
			}
			out = append(out, g)
		}
		line := row{Club: r.Club.Name, ClubID: string(r.Club.ID), State: w.state(r)}
		for _, s := range r.Candidates {
			line.Candidates = append(line.Candidates, hit{link{s.CoachName, "/coach/" + string(s.Key.Coach) + w.Suffix}, b.Desk.Standing(w.Language, &s)})
		}
		out[n].Rows = append(out[n].Rows, line)
	}
	return out
}

func (b *Board) cards(tx bot.ReadTx, w words, topic bot.Topic) ([]card, error) {
	stories, err := tx.Stories(topic, bot.Page{Limit: latest})
	if err != nil {
		return nil, err
	}
	out := make([]card, 0, len(stories))
	for i := range stories {
		out = append(out, b.card(w, &stories[i]))
	}
	return out, nil
}

func (b *Board) card(w words, s *bot.Story) card {
	c := card{
		Headline: b.Desk.Headline(w.Language, s), Standing: b.Desk.Standing(w.Language, s), Tone: string(s.Stage),
		Outlets: strings.Join(s.Outlets, ", "), When: w.moment(s.Changed), Stamp: s.Changed.UTC().Format(time.RFC3339),
		Number: uint64(s.ID), Club: b.clubLink(w, s.Key.Club, s.ClubName),
		Coach: link{s.CoachName, "/coach/" + string(s.Key.Coach) + w.Suffix},
	}
	for i := range s.Reports {
		if r := &s.Reports[i]; !r.Carrier && !r.Revoked && r.Event.Quote != "" {
			c.Quote, c.Link = short(r.Event.Quote), web(r.Source.URL)
			break
		}
	}
	return c
}

// mostQuote is how many letters of a quote are shown; the rest is behind the link.
const mostQuote = 300

// short cuts a quote between words.
func short(quote string) string {
	letters := []rune(quote)
	if len(letters) <= mostQuote {
		return quote
	}
	cut := string(letters[:mostQuote])
	return strings.TrimRight(cut[:max(strings.LastIndexByte(cut, ' '), 0)], " ,;") + " …"
}

// web lets only web addresses become links.
func web(address string) string {
	if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return address
	}
	return ""
}

func years(w words, s *bot.Station) string {
	from, to := w.date(s.From), w.date(s.To)
	switch {
	case from == "" && to == "":
		return ""
	case to == "" && s.Open:
		return w.Since + " " + from
	case from == "":
		return w.Until + " " + to
	}
	return strings.Trim(from+" – "+to, " –")
}
