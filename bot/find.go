package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// nearShown is how many names a "did you mean" offers.
const nearShown = 5

// maxHits is how many names a question back offers.
const maxHits = 8

// found is the outcome of a look-up by name: hits mean the name (several: ask
// back), near ones only resemble it.
type found[T any] struct {
	hits []T
	near []T
}

// findCoach looks a coach up as people type: id, full name, surname, without
// accents, the beginning, with one or two wrong letters, by sound.
func findCoach(tx ReadTx, query string) (found[Name], error) {
	var f found[Name]
	query = strings.TrimPrefix(query, "coach:")
	norm := NormaliseName(query)
	if norm == "" {
		return f, nil
	}
	if c, err := tx.Coach(CoachID(query)); err == nil {
		f.hits = []Name{{ID: string(c.ID), Text: c.Name}}
		return f, nil
	} else if !errors.Is(err, ErrNotFound) {
		return f, err
	}
	for _, prefix := range []bool{false, true} {
		if prefix && len(norm) < 3 {
			break
		}
		hits, err := tx.Names(NameCoach, "w:"+norm, prefix, maxHits*4)
		if err != nil {
			return f, err
		}
		if f.hits = distinctNames(hits, maxHits); len(f.hits) > 0 {
			return f, nil
		}
	}
	if last, first, ok := strings.Cut(norm, " "); ok { // "Klopp, Jürgen"
		hits, err := tx.Names(NameCoach, "w:"+first+" "+last, false, maxHits)
		if err != nil {
			return f, err
		}
		if f.hits = distinctNames(hits, maxHits); len(f.hits) > 0 {
			return f, nil
		}
	}
	return resembling(tx, norm)
}

// resembling ranks what shares a deletion or a sound with the name. A close one
// that no other equals in closeness is a hit.
func resembling(tx ReadTx, norm string) (found[Name], error) {
	var f found[Name]
	pool, err := candidates(tx, norm)
	if err != nil {
		return f, err
	}
	ranked := rankNames(norm, distinctNames(pool, len(pool)))
	limit := tolerance(norm)
	for _, r := range ranked {
		if r.distance <= limit && r.distance == ranked[0].distance && len(f.hits) < maxHits {
			f.hits = append(f.hits, r.name)
		} else if len(f.near) < nearShown {
			f.near = append(f.near, r.name)
		}
	}
	return f, nil
}

// candidates are the names that are worth comparing with this one.
func candidates(tx ReadTx, norm string) (pool []Name, err error) {
	for _, key := range NameKeys(norm) {
		if strings.HasPrefix(key, "w:") {
			continue
		}
		some, err := tx.Names(NameCoach, key, false, 50)
		if err != nil {
			return nil, err
		}
		pool = append(pool, some...)
	}
	if s, ok := tx.(NameSearcher); ok {
		some, _, err := s.SimilarNames(NameCoach, norm, 50)
		if err != nil {
			return nil, err
		}
		pool = append(pool, some...)
	}
	if len(pool) == 0 && len(norm) >= 3 {
		return tx.Names(NameCoach, "w:"+norm[:3], true, 50)
	}
	return pool, nil
}

// tolerance is how many wrong letters a name of this length may have.
func tolerance(norm string) int {
	switch n := len(norm); {
	case n < 4:
		return 0
	case n < 6:
		return 1
	}
	return 2
}

type rankedName struct {
	name     Name
	distance int
}

// rankNames sorts by the least distance to the whole name or a part of it that
// has as many words as the query; equal sounds count as one error less.
func rankNames(norm string, names []Name) []rankedName {
	const far = 6
	sound := Phonetic(norm)
	ranked := make([]rankedName, 0, len(names))
	for _, n := range names {
		best := far + 1
		for _, part := range wordRuns(NormaliseName(n.Text), strings.Count(norm, " ")+1) {
			d := Distance(norm, part, far)
			if d > 1 && Phonetic(part) == sound {
				d--
			}
			best = min(best, d)
		}
		ranked = append(ranked, rankedName{n, best})
	}
	slices.SortStableFunc(ranked, func(a, b rankedName) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name.Text, b.name.Text))
	})
	return ranked
}

// wordRuns are the whole text and every run of n words in it.
func wordRuns(text string, n int) []string {
	words := strings.Fields(text)
	runs := []string{text}
	for i := 0; i+n <= len(words) && n < len(words); i++ {
		runs = append(runs, strings.Join(words[i:i+n], " "))
	}
	return runs
}

func distinctNames(names []Name, limit int) []Name {
	var out []Name
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if !seen[n.ID] && len(out) < limit {
			seen[n.ID] = true
			out = append(out, n)
		}
	}
	return out
}

func distinctClubs(clubs []Club, limit int) []Club {
	var out []Club
	for _, c := range clubs {
		if len(out) < limit && !slices.ContainsFunc(out, func(o Club) bool { return o.ID == c.ID }) {
			out = append(out, c)
		}
	}
	return out
}

// ClubFinder is a Gazetteer that resolves names which mean several clubs
// ("Borussia").
type ClubFinder interface {
	Resolve(name string) []Club
}

// findClub looks a club up by id, name, alias, nickname, beginning of any of
// its words, or with small errors; clubs that no gazetteer knows by the stories
// told about them.
func (e *Engine) findClub(tx ReadTx, query string) (found[Club], error) {
	var f found[Club]
	query = strings.TrimSpace(strings.TrimPrefix(query, "club:"))
	if c, ok := e.Gazetteer.Club(ClubID(query)); ok {
		f.hits = []Club{c}
		return f, nil
	}
	if c, ok := e.Gazetteer.ClubNamed(query); ok {
		f.hits = []Club{c}
		return f, nil
	}
	if f.hits, f.near = e.clubNames().sort(NormaliseName(query), e.clubsNamed(query)); len(f.hits) > 0 {
		return f, nil
	}
	if c, ok, err := unlistedClub(tx, ClubID(Slug(query))); err != nil || ok {
		f.hits = []Club{c}
		return f, err
	}
	norm := NormaliseName(query)
	if len(norm) < 3 {
		return f, nil
	}
	index := e.clubNames()
	if f.hits = index.begins(norm, maxHits); len(f.hits) > 0 {
		return f, nil
	}
	hits, near := index.resembling(norm)
	f.hits, f.near = hits, distinctClubs(append(f.near, near...), nearShown)
	return f, nil
}

func (e *Engine) clubsNamed(query string) []Club {
	if r, ok := e.Gazetteer.(ClubFinder); ok {
		return r.Resolve(query)
	}
	return nil
}

// isClubName reports whether some club bears exactly this name.
func (e *Engine) isClubName(query string) bool {
	if _, ok := e.Gazetteer.ClubNamed(query); ok {
		return true
	}
	return e.clubNames().has(NormaliseName(query))
}

// unlistedClub is a club that only stories know.
func unlistedClub(tx ReadTx, id ClubID) (Club, bool, error) {
	if id == "" {
		return Club{}, false, nil
	}
	stories, err := tx.Stories(ClubTopic(id), Page{Limit: 1})
	if err != nil || len(stories) == 0 {
		return Club{}, false, err
	}
	return Club{ID: id, Name: stories[0].ClubName, Short: stories[0].ClubName}, true, nil
}

// clubByID never fails: a club that nobody knows any more shows its id.
func (e *Engine) clubByID(id ClubID, name string) Club {
	if c, ok := e.Gazetteer.Club(id); ok {
		return c
	}
	if name == "" {
		name = string(id)
	}
	return Club{ID: id, Name: name, Short: name}
}

func shortName(c Club) string { return cmp.Or(c.Short, c.Name, string(c.ID)) }

// findLeague matches id and name as people write them ("zweite Liga", "2. Liga",
// "Bundesliga 2"), with a small error in longer names.
func (e *Engine) findLeague(query string) (League, bool) {
	query = strings.TrimSpace(strings.TrimPrefix(query, "league:"))
	if l, ok := e.Gazetteer.League(LeagueID(query)); ok {
		return l, true
	}
	norm := leagueWords(query)
	if norm == "" {
		return League{}, false
	}
	const long = 7
	for limit := 0; limit <= 1; limit++ {
		if limit > 0 && len(norm) < long {
			break
		}
		for _, l := range e.Gazetteer.Leagues() {
			if Distance(NormaliseName(l.Name), norm, limit) <= limit {
				return l, true
			}
		}
	}
	return League{}, false
}

// leagueWords is the official wording of what people call the German leagues.
func leagueWords(query string) string {
	norm := NormaliseName(query)
	for _, w := range [][2]string{{"erste ", "1 "}, {"zweite ", "2 "}, {"dritte ", "3 "}} {
		if rest, ok := strings.CutPrefix(norm, w[0]); ok {
			norm = w[1] + rest
		}
	}
	switch norm {
	case "1 liga", "1 bundesliga", "bundesliga 1":
		return "bundesliga"
	case "2 liga", "bundesliga 2":
		return "2 bundesliga"
	case "3 bundesliga", "liga 3":
		return "3 liga"
	}
	return norm
}
