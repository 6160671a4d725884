package bot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// coaches resolves everybody whom an extraction names.
func (in *intake) coaches(x *Extraction) ([]CoachID, error) {
	var ids []CoachID
	note := func(name string, club ClubID) error {
		id, err := in.e.coachID(in.tx, name, club)
		if err == nil && id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		return err
	}
	for i := range x.Coaches {
		if err := note(x.Coaches[i].Name, in.e.factClub(&x.Coaches[i])); err != nil {
			return nil, err
		}
	}
	for i := range x.Events {
		if err := note(x.Events[i].Coach, x.Events[i].ClubID); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (e *Engine) factClub(f *CoachFacts) ClubID {
	if f.ClubID != "" || f.Club == "" {
		return f.ClubID
	}
	return e.clubID(f.Club)
}

// learn adds what the article says to the coaches. A new version of an article
// takes back what only the former one said: its coaches are built anew.
func (in *intake) learn(a *Article, x, former *Extraction) error {
	if former != nil {
		ids, err := in.coaches(former)
		if err != nil {
			return err
		}
		now, err := in.coaches(x)
		if err != nil {
			return err
		}
		for _, id := range append(ids, now...) {
			if err := in.relearn(id, a, x); err != nil {
				return err
			}
		}
		return nil
	}
	// Full names first, so that a bare surname beside one finds its owner.
	facts := statements(x)
	slices.SortStableFunc(facts, func(f, g statement) int {
		return cmp.Compare(strings.Count(g.name, " "), strings.Count(f.name, " "))
	})
	for i := range facts {
		club := facts[i].club(in.e)
		id, err := in.e.coachID(in.tx, facts[i].name, club)
		if err != nil {
			return err
		}
		if id == "" {
			continue
		}
		if err := in.teach(id, a, facts[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// statement is one thing that an article says about a coach.
type statement struct {
	name  string
	facts *CoachFacts
	event *Event
}

func (s *statement) club(e *Engine) ClubID {
	if s.event != nil {
		return s.event.ClubID
	}
	return e.factClub(s.facts)
}

func statements(x *Extraction) []statement {
	list := make([]statement, 0, len(x.Coaches)+len(x.Events))
	for i := range x.Coaches {
		list = append(list, statement{name: x.Coaches[i].Name, facts: &x.Coaches[i]})
	}
	for i := range x.Events {
		if x.Events[i].Coach != "" {
			list = append(list, statement{name: x.Events[i].Coach, event: &x.Events[i]})
		}
	}
	return list
}

// teach applies statements of one article to one coach.
func (in *intake) teach(id CoachID, a *Article, list []statement) error {
	c, err := in.tx.Coach(id)
	if errors.Is(err, ErrNotFound) {
		c = Coach{ID: id}
	} else if err != nil {
		return fmt.Errorf("coach %s: %w", id, err)
	}
	for i := range list {
		in.e.apply(&c, a, &list[i])
	}
	return in.putCoach(&c)
}

func (in *intake) putCoach(c *Coach) error {
	c.Updated = in.e.Now()
	keys := NameKeys(c.Name)
	for _, alias := range c.Aliases {
		keys = append(keys, NameKeys(alias)...)
	}
	slices.Sort(keys)
	if err := in.tx.PutCoach(*c, slices.Compact(keys)); err != nil {
		return fmt.Errorf("store coach %s: %w", c.ID, err)
	}
	return nil
}

// relearnDepth is how many articles a coach is built anew from.
const relearnDepth = 300

// relearn builds a coach from the findings of all articles about him, with the
// given ones in place of the stored.
func (in *intake) relearn(id CoachID, a *Article, x *Extraction) error {
	old, err := in.tx.Coach(id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("coach %s: %w", id, err)
	}
	list, err := in.tx.Articles(CoachTopic(id), Page{Limit: relearnDepth})
	if err != nil {
		return fmt.Errorf("articles about %s: %w", id, err)
	}
	if !slices.ContainsFunc(list, func(o Article) bool { return o.ID == a.ID }) {
		list = append(list, *a)
	}
	slices.SortFunc(list, func(p, q Article) int { return cmp.Compare(p.ID, q.ID) })
	c := Coach{ID: id, Name: old.Name, Aliases: old.Aliases}
	for i := range list {
		found := *x
		art := a
		if list[i].ID != a.ID {
			art = &list[i]
			if found, err = in.tx.Findings(art.ID); err != nil {
				return fmt.Errorf("findings of article %d: %w", art.ID, err)
			}
		}
		for _, s := range statements(&found) {
			whose, err := in.e.coachID(in.tx, s.name, s.club(in.e))
			if err != nil {
				return err
			}
			if whose == id {
				in.e.apply(&c, art, &s)
			}
		}
	}
	if c.Name == "" { // not even named any more, and never stored
		return nil
	}
	return in.putCoach(&c)
}

// apply adds one statement. Newer articles win over older ones, so the order in
// which they come makes no difference.
func (e *Engine) apply(c *Coach, a *Article, s *statement) {
	c.addName(s.name)
	src := sourceOf(a)
	if s.facts != nil {
		e.applyFacts(c, a, s.facts, src)
	}
	if s.event != nil {
		c.applyEvent(a, s.event, src)
	}
}

// addName keeps the fullest name as the name and the others as aliases.
func (c *Coach) addName(name string) {
	switch {
	case c.Name == "":
		c.Name = name
	case NormaliseName(name) == NormaliseName(c.Name), slices.Contains(c.Aliases, name):
	case strings.Count(name, " ") > strings.Count(c.Name, " ") && !strings.Contains(c.Name, " "):
		c.Aliases = append(c.Aliases, c.Name)
		c.Name = name
	case strings.Contains(name, " "):
		c.Aliases = append(c.Aliases, name)
	}
	slices.Sort(c.Aliases)
}

func (e *Engine) applyFacts(c *Coach, a *Article, f *CoachFacts, src Source) {
	if y := birthYear(f.Age, a); y != 0 {
		learnFact(&c.BirthYear, y, src)
	}
	if club := e.factClub(f); club != "" {
		learnFact(&c.Club, club, src)
		present := c.Club.Source == src // else somebody newer knows another club
		c.addStation(Station{Club: club, Name: f.Club, Role: Head, Open: present, Source: src}, true)
	}
	// "bis 2027" says nothing against "bis zum 30. Juni 2027".
	vaguer := len(f.ContractUntil) < len(c.Contract.Value) && f.ContractUntil.Compare(c.Contract.Value) == 0
	if f.ContractUntil != "" && !vaguer {
		learnFact(&c.Contract, f.ContractUntil, src)
	}
	for _, st := range f.Stations {
		id := st.ClubID
		if id == "" && st.Club != "" {
			id = e.clubID(st.Club)
		}
		c.addStation(Station{
			Club: id, Name: st.Club, Team: st.Team, Role: st.Role,
			From: st.From, To: st.To, Source: src,
		}, false)
	}
}

// birthYear turns an age on the article's date into the likelier year.
func birthYear(age int, a *Article) int {
	year := a.Published.Year()
	if age <= 0 || year == 0 {
		return 0
	}
	if len(a.Published) >= len("2006-01") && a.Published[5:7] < "07" {
		return year - age - 1
	}
	return year - age
}

// applyEvent takes what is certain, and history, into the career.
func (c *Coach) applyEvent(a *Article, ev *Event, src Source) {
	if ev.Status != Confirmed || ev.ClubID == "" {
		return
	}
	st := Station{Club: ev.ClubID, Name: ev.Club, Team: ev.Team, Role: cmp.Or(ev.Role, Head), Source: src}
	when := ev.Date
	if when == "" && ev.Fresh {
		when = a.Published
	}
	switch ev.Type {
	case Appointment:
		st.From, st.Open = when, ev.Fresh
	case Departure:
		st.To = when
	case Extension:
		st.Open = ev.Fresh
	case Link, Rejection, Pressure:
		return
	}
	if ev.Fresh {
		c.learnPost(ev, src)
	}
	c.addStation(st, false)
}

// learnPost takes from news where the coach now is, and until when.
func (c *Coach) learnPost(ev *Event, src Source) {
	switch {
	case ev.Type != Departure:
		learnFact(&c.Club, ev.ClubID, src)
		c.learnContract(ev.Until, src)
	case c.Club.Value == ev.ClubID || !c.Club.Known():
		learnFact(&c.Club, "", src)
	}
}

func (c *Coach) learnContract(until Date, src Source) {
	if until != "" {
		learnFact(&c.Contract, until, src)
	}
}

// learnFact takes the value of the newer article.
func learnFact[T comparable](f *Fact[T], v T, src Source) {
	if f.Known() && src.before(&f.Source) {
		return
	}
	f.Value, f.Source = v, src
}

// before reports whether s is the older source. An undated article says nothing
// about today, so it counts as older than every dated one; among themselves
// undated articles count from when they were read.
func (s *Source) before(o *Source) bool {
	if (s.Date == "") != (o.Date == "") {
		return s.Date == ""
	}
	if c := s.day().Compare(o.day()); c != 0 {
		return c < 0
	}
	if len(s.Date) != len(o.Date) && s.Date != "" && o.Date != "" {
		return len(s.Date) < len(o.Date)
	}
	return s.ReadAt.Before(o.ReadAt)
}

func (s *Source) day() Date {
	if s.Date != "" {
		return s.Date
	}
	return DateOf(s.ReadAt.In(time.UTC))
}
