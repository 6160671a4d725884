package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// nameDepth is how many coaches of one surname are compared.
const nameDepth = 40

// coachID resolves a name as an article gives it: the coach known under that
// name, else the one whose name it can only be, else a new id. The club is where
// the article sees him; it decides between namesakes.
func (e *Engine) coachID(tx ReadTx, name string, club ClubID) (CoachID, error) {
	norm := NormaliseName(name)
	if norm == "" {
		return "", nil
	}
	id := CoachID(Slug(name))
	_, err := tx.Coach(id)
	if err == nil {
		return id, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("coach %s: %w", id, err)
	}
	pool, err := namesakes(tx, norm)
	if err != nil {
		return "", err
	}
	pool = slices.DeleteFunc(pool, func(n Name) bool { return !samePerson(norm, NormaliseName(n.Text)) })
	bare := !strings.Contains(norm, " ")
	switch {
	case len(pool) == 0:
		return id, nil
	case len(pool) == 1 && (bare || strings.Contains(NormaliseName(pool[0].Text), " ")):
		return CoachID(pool[0].ID), nil
	}
	// Among several, and for a coach known by a bare surname, the club decides.
	return e.nearest(tx, pool, id, club)
}

// namesakes are the known coaches who share a key with the name.
func namesakes(tx ReadTx, norm string) ([]Name, error) {
	var pool []Name
	for _, key := range NameKeys(norm) {
		list, err := tx.Names(NameCoach, key, false, nameDepth)
		if err != nil {
			return nil, fmt.Errorf("names: %w", err)
		}
		for _, n := range list {
			if !slices.ContainsFunc(pool, func(o Name) bool { return o.ID == n.ID }) {
				pool = append(pool, n)
			}
		}
	}
	return pool, nil
}

// samePerson reports whether two normalised names can be spellings of one: a
// bare surname fits every first name, an initial its names, and in names of
// three or more letters one letter may differ, if not the first.
func samePerson(a, b string) bool {
	if a == b {
		return true
	}
	aw, bw := strings.Fields(a), strings.Fields(b)
	if len(aw) == 0 || len(bw) == 0 {
		return false
	}
	if len(aw) == 1 || len(bw) == 1 {
		return aw[len(aw)-1] == bw[len(bw)-1] || strings.Join(aw, " ") == strings.Join(bw[1:], " ")
	}
	return similarSurname(strings.Join(aw[1:], " "), strings.Join(bw[1:], " ")) && similarFirst(aw[0], bw[0])
}

func similarSurname(a, b string) bool {
	return a == b || len(a) >= 5 && len(b) >= 5 && a[0] == b[0] && Distance(a, b, 1) <= 1
}

func similarFirst(a, b string) bool {
	switch {
	case a == b:
		return true
	case len(a) == 1 || len(b) == 1:
		return a[0] == b[0]
	}
	return len(a) >= 4 && len(b) >= 4 && a[0] == b[0] && Distance(a, b, 1) <= 1
}

// nearest picks the one namesake who has to do with the club; else the name
// stays a name of its own.
func (e *Engine) nearest(tx ReadTx, pool []Name, id CoachID, club ClubID) (CoachID, error) {
	var fit []CoachID
	for _, n := range pool {
		near, err := knownAt(tx, CoachID(n.ID), club)
		if err != nil {
			return "", err
		}
		if near {
			fit = append(fit, CoachID(n.ID))
		}
	}
	if len(fit) == 1 {
		return fit[0], nil
	}
	return id, nil
}

// knownAt reports whether a coach works, worked or is talked about at a club.
func knownAt(tx ReadTx, id CoachID, club ClubID) (bool, error) {
	c, err := tx.Coach(id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("coach %s: %w", id, err)
	}
	if c.Club.Value == club || slices.ContainsFunc(c.Stations, func(s Station) bool { return s.Club == club }) {
		return true, nil
	}
	for _, m := range []Matter{Arrival, Exit, Contract} {
		list, err := tx.StoriesByKey(StoryKey{Club: club, Coach: id, Matter: m})
		if err != nil {
			return false, fmt.Errorf("stories of %s at %s: %w", id, club, err)
		}
		if len(list) > 0 {
			return true, nil
		}
	}
	return false, nil
}
