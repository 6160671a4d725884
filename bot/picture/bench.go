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

// Bench draws a club's coaches over the years and the present candidates by
// stage and evidence.
func (a *Artist) Bench(language string, club bot.Club, coaches []bot.Coach, stories []bot.Story, now time.Time) (bot.Picture, error) {
	w := wordsOf(language)
	candidates := candidateRows(w, stories)
	bench := benchRows(w, club.ID, coaches)
	hidden := max(0, len(candidates)+len(bench)-most)
	bench = bench[:len(bench)-min(hidden, len(bench))]
	height := 146 + (len(candidates)+len(bench))*rowPitch + 60
	if len(candidates) > 0 {
		height += 52
	}
	if len(candidates) > 0 && len(bench) > 0 {
		height += 60
	}
	s := a.sheet(height)
	s.text(margin, 70, titleStyle, ink, width-2*margin, club.Name)
	s.box(margin, 96, width-margin, 98, hair)
	y := 146
	if len(candidates) > 0 {
		s.text(margin, y, boldStyle, ink, width-2*margin, w.candidates)
		y += 52
		for _, r := range candidates {
			s.benchRow(y, r)
			y += rowPitch
		}
	}
	if len(candidates) > 0 && len(bench) > 0 {
		s.text(margin, y+8, boldStyle, ink, width-2*margin, w.before)
		y += 60
	}
	for i, r := range bench {
		s.careerRow(y, r, i+1 < len(bench), false)
		y += rowPitch
	}
	s.foot(w, hidden, now, y)
	return s.finish("bench-"+string(club.ID), benchAlt(club, candidates, bench))
}

func candidateRows(w words, stories []bot.Story) []row {
	open := slices.Clone(stories)
	open = slices.DeleteFunc(open, func(s bot.Story) bool { return !s.Open() || s.Key.Matter != bot.Arrival })
	slices.SortStableFunc(open, func(x, y bot.Story) int {
		return cmp.Or(cmp.Compare(rank(y.Stage), rank(x.Stage)), cmp.Compare(evidenceRank(y.Evidence), evidenceRank(x.Evidence)))
	})
	var rows []row
	for _, s := range open {
		rows = append(rows, row{years: w.stage(s.Stage), club: s.CoachName, role: w.evidence(s.Evidence, len(s.Outlets)), open: true})
	}
	return rows
}

func benchRows(w words, id bot.ClubID, coaches []bot.Coach) []row {
	var rows []row
	for _, c := range coaches {
		for _, st := range c.Stations {
			if st.Club != id || st.Role == bot.Player || st.Team != "" {
				continue
			}
			rows = append(rows, row{
				years: span(w, st.From, st.To, st.Open), club: c.Name, role: w.role(st.Role), kind: st.Role,
				from: st.From.Year(), until: max(st.To.Year(), st.From.Year()),
			})
		}
	}
	slices.SortStableFunc(rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(max(y.from, y.until), max(x.from, x.until)), strings.Compare(x.club, y.club))
	})
	return rows
}

// benchRow is a candidate: how far, who, how well supported.
func (s *sheet) benchRow(y int, r row) {
	s.hatched(margin, y-13, margin+26, y+13, hope)
	standing := r.years + ", " + r.role
	end := s.name(margin+44, y+10, width-2*margin-44-16-s.measure(smallStyle, standing), r.club)
	s.text(end+16, y+10, smallStyle, hope, width-margin-end-16, standing)
}

func benchAlt(club bot.Club, candidates, bench []row) string {
	lines := []string{club.Name}
	for _, r := range candidates {
		lines = append(lines, fmt.Sprintf("%s: %s (%s)", r.years, r.club, r.role))
	}
	for _, r := range bench {
		lines = append(lines, fmt.Sprintf("%s %s (%s)", r.years, r.club, r.role))
	}
	return strings.Join(lines, "; ")
}

// mostBenches is how many clubs a carousel's picture shows; the rest is counted.
const mostBenches = 10

// Carousel draws the table of vacancies, candidates and coaches under pressure.
func (a *Artist) Carousel(language, title string, rows []bot.CarouselRow, now time.Time) (bot.Picture, error) {
	w := wordsOf(language)
	const pitch = 92
	hidden := max(0, len(rows)-mostBenches)
	rows = rows[:len(rows)-hidden]
	s := a.sheet(150 + len(rows)*pitch + 60)
	s.text(margin, 70, titleStyle, ink, width-2*margin, title)
	alt := []string{title}
	for i := range rows {
		y := 100 + i*pitch
		s.box(margin, y, width-margin, y+2, hair)
		state, c := benchState(w, &rows[i])
		club := boldStyle
		if s.measure(club, rows[i].Club.Name) > 380 {
			club = smallBold
		}
		end := s.text(margin, y+40, club, ink, 380, rows[i].Club.Name)
		s.text(end+16, y+40, smallStyle, c, width-margin-end-16, state)
		names := candidateNames(w, &rows[i])
		s.text(margin, y+76, smallStyle, faint, width-2*margin, names)
		alt = append(alt, strings.TrimSuffix(rows[i].Club.Name+": "+state+"; "+names, "; "))
	}
	s.foot(w, hidden, now, 120+len(rows)*pitch)
	return s.finish("carousel", strings.Join(alt, ". "))
}

func benchState(w words, r *bot.CarouselRow) (string, color.Color) {
	switch {
	case r.Vacant && r.Interim != "":
		return fmt.Sprintf(w.interimNow, r.Interim), caretak
	case r.Vacant && r.Since.IsZero():
		return w.vacantNow, caretak
	case r.Vacant:
		return fmt.Sprintf(w.vacant, w.date(r.Since)), caretak
	case r.Pressure != nil:
		return fmt.Sprintf(w.pressure, r.Pressure.CoachName), hope
	case r.Coach != "":
		return r.Coach, faint
	}
	return "", faint
}

// candidateNames says that nobody is named only where somebody is wanted.
func candidateNames(w words, r *bot.CarouselRow) string {
	var names []string
	for _, s := range r.Candidates {
		names = append(names, s.CoachName+" ("+w.stage(s.Stage)+")")
	}
	if len(names) == 0 && r.Vacant {
		return w.nobody
	}
	return strings.Join(names, ", ")
}

func rank(s bot.StoryStage) int {
	return slices.Index([]bot.StoryStage{bot.StageCandidate, bot.StageInterest, bot.StageTalks, bot.StageAgreed, bot.StageOfficial}, s)
}

func evidenceRank(e bot.Evidence) int {
	return slices.Index([]bot.Evidence{bot.Hearsay, bot.OneOutlet, bot.Several, bot.OfficialEvi}, e)
}
