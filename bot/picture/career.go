package picture

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"time"

	"karussell/bot"
)

// most is how many rows a picture shows; the rest is counted in its last line.
const most = 20

// rail is the x of the time line.
const rail = 236

// Career draws a coach's stations along a time line, newest on top, above them
// the open links in another style.
func (a *Artist) Career(language string, c bot.Coach, stories []bot.Story, now time.Time) (bot.Picture, error) {
	w := wordsOf(language)
	rows := a.careerRows(w, &c, stories)
	hidden := max(0, len(rows)-most)
	rows = rows[:len(rows)-hidden]
	s := a.sheet(190 + len(rows)*rowPitch + 60)
	s.text(margin, 70, titleStyle, ink, width-2*margin, c.Name)
	about := a.subtitle(w, &c, now)
	aboutStyle := bodyStyle
	if s.measure(bodyStyle, about) > width-2*margin {
		aboutStyle = smallStyle
	}
	s.text(margin, 112, aboutStyle, faint, width-2*margin, about)
	s.box(margin, 136, width-margin, 138, hair)
	for i, r := range rows {
		s.careerRow(190+i*rowPitch, r, i+1 < len(rows), i+1 < len(rows) && rows[i+1].until < r.from-1 && rows[i+1].until > 0 && r.from > 0)
	}
	s.foot(w, hidden, now, 190+len(rows)*rowPitch)
	return s.finish("career-"+string(c.ID), a.careerAlt(w, &c, rows, now))
}

// row is one line of a picture.
type row struct {
	years, club, role string
	kind              bot.Role
	open              bool // a link: not certain
	from, until       int  // years for ordering and gaps; 0 unknown
}

func (a *Artist) careerRows(w words, c *bot.Coach, stories []bot.Story) []row {
	var rows []row
	for _, st := range stories {
		if st.Open() && st.Key.Matter == bot.Arrival {
			rows = append(rows, row{years: w.open, club: st.ClubName, role: w.stage(st.Stage), open: true, from: 9999})
		}
	}
	var past []row
	for _, st := range c.Stations {
		past = append(past, row{
			years: span(w, st.From, st.To, st.Open), club: w.side(a.clubName(st.Club, st.Name), st.Team), role: w.role(st.Role),
			kind: st.Role, from: st.From.Year(), until: max(st.To.Year(), st.From.Year()),
		})
	}
	slices.SortStableFunc(past, func(x, y row) int { return cmp.Compare(max(y.from, y.until), max(x.from, x.until)) })
	return append(rows, past...)
}

func (a *Artist) clubName(id bot.ClubID, name string) string {
	if c, ok := a.clubs.Club(id); ok {
		return c.Name
	}
	return cmp.Or(name, string(id))
}

func (a *Artist) subtitle(w words, c *bot.Coach, now time.Time) string {
	var parts []string
	if c.BirthYear.Known() && c.BirthYear.Value > 0 {
		parts = append(parts, fmt.Sprintf(w.born, c.BirthYear.Value))
	}
	if c.Club.Known() && c.Club.Value != "" {
		parts = append(parts, a.clubName(c.Club.Value, ""))
	}
	if c.Contract.Known() && c.Contract.Value != "" && c.Contract.Value.Compare(bot.DateOf(now)) >= 0 {
		parts = append(parts, fmt.Sprintf(w.contract, w.date(c.Contract.Value)))
	}
	return strings.Join(parts, " · ")
}

// careerRow draws a row at y with its node on the rail; a gap in the years is a
// broken rail.
func (s *sheet) careerRow(y int, r row, more, gap bool) {
	if more {
		s.rail(y+14, y+rowPitch-14, gap)
	}
	c := roleColour(r)
	s.node(rail, y, r, c)
	s.right(rail-30, y+10, bodyStyle, faint, r.years)
	room := width - margin - rail - 34 - 16 - s.measure(smallStyle, r.role)
	end := s.name(rail+34, y+10, room, r.club)
	s.text(end+16, y+10, smallStyle, c, width-margin-end-16, r.role)
}

// name writes a name that may be long: smaller when it does not fit, then on two
// lines. It returns where it ends.
func (s *sheet) name(x, y, room int, words string) int {
	switch {
	case s.measure(boldStyle, words) <= room:
		return s.text(x, y, boldStyle, ink, room, words)
	case s.measure(smallBold, words) <= room:
		return s.text(x, y, smallBold, ink, room, words)
	}
	lines := s.lines(smallBold, room, 2, words)
	if len(lines) == 1 {
		return s.text(x, y, smallBold, ink, room, words)
	}
	return max(s.text(x, y-11, smallBold, ink, room, lines[0]), s.text(x, y+16, smallBold, ink, room, lines[1]))
}

func (s *sheet) rail(y0, y1 int, broken bool) {
	for y := y0; y < y1; y++ {
		if !broken || y%12 < 5 {
			s.box(rail-2, y, rail+2, y+1, hair)
		}
	}
}

// node is a shape per role, so that colour is not the only carrier: a full
// square for the head coach, a half one for the caretaker, an empty one for the
// assistant, a small one for youth teams, a bar for players, stripes for links.
func (s *sheet) node(x, y int, r row, c color.Color) {
	const half = 13
	switch {
	case r.open:
		s.hatched(x-half, y-half, x+half, y+half, c)
		return
	case r.kind == bot.Player:
		s.box(x-half, y-4, x+half, y+4, c)
		return
	case r.kind == bot.Youth:
		s.box(x-7, y-7, x+7, y+7, c)
		return
	}
	s.box(x-half, y-half, x+half, y+half, c)
	switch r.kind { //nolint:exhaustive // the others are full or drawn above
	case bot.Assistant:
		s.box(x-half+4, y-half+4, x+half-4, y+half-4, paper)
	case bot.Interim:
		s.box(x-half+4, y-half+4, x+half-4, y, paper)
	}
}

func roleColour(r row) color.Color {
	switch {
	case r.open:
		return hope
	case r.kind == bot.Interim:
		return caretak
	case r.kind == bot.Assistant, r.kind == bot.Youth:
		return second
	case r.kind == bot.Player:
		return player
	}
	return headBar
}

func (s *sheet) foot(w words, hidden int, now time.Time, y int) {
	note := w.sources + " · " + w.date(bot.DateOf(now))
	if hidden > 0 {
		note = fmt.Sprintf(w.more, hidden) + " · " + note
	}
	s.text(margin, y+20, smallStyle, faint, width-2*margin, note)
}

func (a *Artist) careerAlt(w words, c *bot.Coach, rows []row, now time.Time) string {
	lines := []string{c.Name + ". " + a.subtitle(w, c, now)}
	for _, r := range rows {
		lines = append(lines, strings.TrimSpace(r.years+" "+r.club+" ("+r.role+")"))
	}
	return strings.Join(lines, "; ")
}

// span writes the years of a station.
func span(w words, from, to bot.Date, open bool) string {
	f, t := yearText(from), yearText(to)
	switch {
	case f == "" && t == "":
		if open {
			return w.now
		}
		return "?"
	case t == "" && open:
		return fmt.Sprintf(w.since, f)
	case t == "":
		return fmt.Sprintf(w.from, f)
	case f == "":
		return fmt.Sprintf(w.until, t)
	case f == t:
		return f
	}
	return f + "–" + t
}

func yearText(d bot.Date) string {
	if len(d) < 4 {
		return ""
	}
	return string(d[:4])
}
