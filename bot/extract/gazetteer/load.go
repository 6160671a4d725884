package gazetteer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"karussell/bot"
)

// loader reads the files and collects their mistakes.
type loader struct {
	fsys  fs.FS
	g     *Gazetteer
	errs  []error
	lines map[bot.ClubID]string // where each club stands
	forms []form
	// sharedForms come from the words of shared.txt, weaker than all of forms.
	sharedForms []form
	stems       []form // of the nations' adjectives
	// shared holds the words of shared.txt, towns those of the clubs, and
	// adjectives what derives from the towns; all as written.
	shared, towns, adjectives map[string]struct{}
}

// line is one line of a data file.
type line struct {
	file string
	no   int
	text string
}

func (l line) String() string { return fmt.Sprintf("%s:%d", l.file, l.no) }

// maxErrors is how many mistakes are reported at once.
const maxErrors = 20

func (l *loader) failf(at line, format string, args ...any) {
	if len(l.errs) < maxErrors {
		l.errs = append(l.errs, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
	}
}

func (l *loader) load() error {
	l.eachLine("leagues.txt", l.league)
	l.eachLine("shared.txt", l.sharedWord)
	clubs, err := fs.Glob(l.fsys, "clubs/*.txt")
	if err != nil || len(clubs) == 0 {
		l.errs = append(l.errs, errors.New("clubs: no files"))
	}
	for _, file := range clubs {
		l.clubFile(file)
	}
	l.eachLine("nations.txt", l.nation)
	l.sortClubs()
	l.eachLine("firstnames.txt", l.wordsInto(l.g.firstNames))
	l.eachLine("particles.txt", l.wordsInto(l.g.particles))
	l.eachLine("words.txt", l.wordsInto(l.g.words))
	l.g.trie = newTrie(len(l.forms))
	l.index()
	l.eachLine("outlets.txt", l.outlet)
	l.eachLine("phrases.txt", l.phrase)
	l.silenceNames()
	l.g.trie.seal()
	if len(l.errs) > 0 {
		return fmt.Errorf("gazetteer: %w", errors.Join(l.errs...))
	}
	return nil
}

// eachLine calls f for the lines of a file that hold something. A # begins a
// comment.
func (l *loader) eachLine(file string, f func(line)) {
	data, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	scan := bufio.NewScanner(bytes.NewReader(data))
	for no := 1; scan.Scan(); no++ {
		text, _, _ := strings.Cut(scan.Text(), "#")
		if text = strings.TrimSpace(text); text != "" {
			f(line{file, no, text})
		}
	}
	if err := scan.Err(); err != nil {
		l.errs = append(l.errs, fmt.Errorf("%s: %w", file, err))
	}
}

// fields splits a line at | into exactly n trimmed fields; missing ones at the
// end are empty.
func (l *loader) fields(at line, least, n int) ([]string, bool) {
	f := strings.Split(at.text, "|")
	if len(f) < least || len(f) > n {
		l.failf(at, "%d fields, want %d to %d separated by |", len(f), least, n)
		return nil, false
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	return append(f, make([]string, n-len(f))...), true
}

// list splits a field at semicolons.
func (l *loader) list(at line, field string) []string {
	if field == "" {
		return nil
	}
	parts := strings.Split(field, ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
		if parts[i] == "" {
			l.failf(at, "empty entry in %q", field)
		}
	}
	return parts
}

// league reads: id | name | country | tier.
func (l *loader) league(at line) {
	f, ok := l.fields(at, 4, 4)
	if !ok {
		return
	}
	var tier int
	if _, err := fmt.Sscanf(f[3], "%d", &tier); err != nil || tier < 1 || tier > 9 {
		l.failf(at, "tier %q, want 1 to 9", f[3])
	}
	id := bot.LeagueID(f[0])
	if bot.Slug(f[0]) != f[0] || f[1] == "" || len(f[2]) != 3 {
		l.failf(at, "want an id of lower case letters, a name and a country of three letters")
	}
	if _, dup := l.g.leagueByID[id]; dup {
		l.failf(at, "league %q is listed twice", id)
		return
	}
	l.g.leagueByID[id] = len(l.g.leagues)
	l.g.leagues = append(l.g.leagues, bot.League{ID: id, Name: f[1], Country: f[2], Tier: tier})
}

// clubFile reads one file of clubs, in which [league] begins a league.
func (l *loader) clubFile(file string) {
	var current bot.League
	l.eachLine(file, func(at line) {
		if id, ok := strings.CutPrefix(at.text, "["); ok {
			id, ok = strings.CutSuffix(id, "]")
			i, known := l.g.leagueByID[bot.LeagueID(strings.TrimSpace(id))]
			if !ok || !known {
				l.failf(at, "unknown league %q (see leagues.txt)", at.text)
				return
			}
			current = l.g.leagues[i]
			return
		}
		if current.ID == "" {
			l.failf(at, "club before the first [league]")
			return
		}
		l.club(at, current)
	})
}

// club reads: id | name | short | town | aliases | nicknames | adjectives | grounds.
func (l *loader) club(at line, league bot.League) {
	f, ok := l.fields(at, 4, 8)
	if !ok {
		return
	}
	c := bot.Club{
		ID: bot.ClubID(f[0]), Name: f[1], Short: f[2], Town: f[3],
		Aliases: l.list(at, f[4]), Nicknames: l.list(at, f[5]),
		League: league.ID, Country: league.Country,
	}
	if c.Short == "" {
		l.failf(at, "club %q has no short name", c.ID)
	}
	if l.enter(at, c) {
		l.clubForms(c, league.Tier, l.list(at, f[6]), l.list(at, f[7]))
	}
}

// enter adds a club to the list after checking id and name.
func (l *loader) enter(at line, c bot.Club) bool {
	if c.Name == "" {
		l.failf(at, "club %q has no name", c.ID)
		return false
	}
	if c.ID == "" || bot.Slug(string(c.ID)) != string(c.ID) {
		l.failf(at, "club id %q, want lower case letters, digits and hyphens, at most 40", c.ID)
		return false
	}
	if before, dup := l.lines[c.ID]; dup {
		l.failf(at, "club id %q is already used in %s", c.ID, before)
		return false
	}
	l.lines[c.ID] = at.String()
	l.g.clubs = append(l.g.clubs, c)
	return true
}

// nation reads: name | country code | adjective stem | aliases | nicknames.
func (l *loader) nation(at line) {
	f, ok := l.fields(at, 2, 5)
	if !ok {
		return
	}
	if len(f[1]) != 3 {
		l.failf(at, "country code %q, want three letters", f[1])
	}
	c := bot.Club{
		ID: bot.ClubID(bot.Slug(f[0])), Name: f[0], Short: f[0], Country: f[1], National: true,
		Aliases: l.list(at, f[3]), Nicknames: l.list(at, f[4]),
	}
	if l.enter(at, c) {
		l.nationForms(c, l.list(at, f[2]))
	}
}

// outlet reads: name | tier | aliases.
func (l *loader) outlet(at line) {
	f, ok := l.fields(at, 2, 3)
	if !ok {
		return
	}
	o := bot.Outlet{Name: f[0], Aliases: l.list(at, f[2])}
	switch f[1] {
	case "1", "2", "3":
		o.Tier = int(f[1][0] - '0')
	default:
		l.failf(at, "tier %q, want 1, 2 or 3", f[1])
	}
	for _, name := range append([]string{o.Name}, o.Aliases...) {
		key := bot.NormaliseName(name)
		if key == "" {
			l.failf(at, "empty outlet name")
			continue
		}
		if other, dup := l.g.outlets[key]; dup && other.Name != o.Name {
			l.failf(at, "%q already means %s", name, other.Name)
			continue
		}
		l.g.outlets[key] = o
		end := l.g.trie.add(splitWords(name))
		l.g.trie.nodes[end].outlet = o.Name
		l.g.trie.nodes[end].allow(lastWord(name))
	}
}

// phrase reads words that contain a club's name and mean none.
func (l *loader) phrase(at line) {
	end := l.g.trie.add(splitWords(at.text))
	if end == 0 {
		l.failf(at, "no words")
		return
	}
	n := &l.g.trie.nodes[end]
	n.silent = true
	n.allow(lastWord(at.text))
}

// silenceNames keeps first names that look like a town's genitive from being
// found: Baris is no form of Bari.
func (l *loader) silenceNames() {
	t := &l.g.trie
	for name := range l.g.firstNames {
		base := strings.TrimRight(name, "sn")
		if base == name || len(base) < minEnding-1 {
			continue
		}
		if n, ok := t.child(0, []byte(name[:len(name)-1])); ok && t.nodes[n].end() {
			if own := &t.nodes[t.add([]string{name})]; !own.end() {
				own.silent, own.need = true, needNothing
			}
		}
	}
}

// sharedWord reads words that many clubs have in their names.
func (l *loader) sharedWord(at line) {
	for _, w := range l.list(at, at.text) {
		l.shared[w] = struct{}{}
	}
}

// wordsInto reads words separated by blanks into a set.
func (l *loader) wordsInto(set map[string]struct{}) func(line) {
	return func(at line) {
		for w := range strings.FieldsSeq(at.text) {
			key := Normalise(w)
			if key == "" {
				l.failf(at, "%q holds no letters", w)
			}
			set[key] = struct{}{}
		}
	}
}

func (l *loader) sortClubs() {
	slices.SortFunc(l.g.clubs, func(a, b bot.Club) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for i := range l.g.clubs {
		l.g.byID[l.g.clubs[i].ID] = i
	}
}
