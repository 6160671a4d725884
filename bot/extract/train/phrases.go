package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"karussell/bot"
	"karussell/bot/extract"
)

// phrase is one passage of the phrase book.
type phrase struct {
	id     string
	lang   string
	text   string
	labels map[byte][]label // 'C' and 'P'; an empty list says that nothing happens
}

// label is one thing that happens to a coach.
type label struct {
	typ    bot.EventType
	detail string
	hedged bool
	old    bool
}

// answers are those of the detail model.
func (l *label) answers() []float32 {
	e := bot.Event{Type: l.typ}
	switch l.typ {
	case bot.Departure:
		e.Manner = bot.Manner(l.detail)
	case bot.Link:
		e.Stage = bot.Stage(l.detail)
	case bot.Pressure:
		e.Stance = bot.Stance(l.detail)
	case bot.Appointment:
		e.Role = bot.Role(l.detail)
	case bot.Extension, bot.Rejection:
	}
	return extract.DetailAnswers(&e)
}

// loadPhrases reads every .tsv below the folders.
func loadPhrases(dirs string) ([]phrase, error) {
	var files []string
	for dir := range strings.SplitSeq(dirs, ",") {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() && filepath.Ext(path) == ".tsv" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("phrase book: %w", err)
		}
	}
	sort.Strings(files)
	var out []phrase
	for _, file := range files {
		more, err := readPhrases(file)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func readPhrases(file string) ([]phrase, error) {
	f, err := os.Open(file) //nolint:gosec // the caller names the folder
	if err != nil {
		return nil, fmt.Errorf("phrase book: %w", err)
	}
	defer f.Close()
	lang := "de"
	if strings.Contains(file, "en/") || strings.HasPrefix(filepath.Base(file), "en") {
		lang = "en"
	}
	var out []phrase
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		p, err := parsePhrase(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		p.id, p.lang = fmt.Sprintf("%s:%d", filepath.Base(file), n), lang
		out = append(out, p)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return out, nil
}

// parsePhrase reads "C:TYPE/DETAIL~< P:none<TAB>text".
func parsePhrase(line string) (phrase, error) {
	labels, text, ok := strings.Cut(line, "\t")
	if !ok || !strings.Contains(text, "{C}") && !strings.Contains(text, "{P}") {
		return phrase{}, errors.New("want labels, a tab and a passage with {C}")
	}
	p := phrase{text: strings.TrimSpace(text), labels: map[byte][]label{}}
	for field := range strings.FieldsSeq(labels) {
		who, what, ok := strings.Cut(field, ":")
		if !ok || len(who) != 1 {
			return phrase{}, fmt.Errorf("label %q: want C:TYPE", field)
		}
		list := p.labels[who[0]]
		if list == nil {
			list = []label{}
		}
		for one := range strings.SplitSeq(what, "+") {
			l := label{hedged: strings.Contains(one, "~"), old: strings.Contains(one, "<")}
			typ, detail, _ := strings.Cut(strings.Trim(one, "~<"), "/")
			l.typ, l.detail = bot.EventType(typ), strings.Trim(detail, "~<")
			if typ == "none" {
				continue
			}
			if !knownType(l.typ) {
				return phrase{}, fmt.Errorf("no event is called %q", typ)
			}
			list = append(list, l)
		}
		p.labels[who[0]] = list
	}
	return p, nil
}

func knownType(t bot.EventType) bool {
	return slices.Contains(bot.EventTypes(), t)
}

// cast are the names that fill the slots. No real person is meant.
type cast struct {
	first, last, clubs, others, outlets []string
	intro, title                        string
}

//nolint:gochecknoglobals // a constant table
var casts = map[string]cast{
	"de": {
		first:   []string{"Markus", "Thomas", "Stefan", "Jens", "Uwe", "Michael", "Torsten", "Daniel", "Christian", "Frank"},
		last:    []string{"Kolbach", "Wendtner", "Brandtke", "Hollmer", "Zieglar", "Rautmann", "Oberhofer", "Petkovic", "Lindemayr", "Sarvan"},
		clubs:   []string{"Schalke", "Werder", "Hertha", "HSV", "Hoffenheim", "Arminia"},
		others:  []string{"Augsburg", "Heidenheim", "Leverkusen", "Sandhausen", "Ingolstadt"},
		outlets: []string{"Kicker", "Bild", "Sky", "WAZ"},
		title:   "Von den Trainern: %s",
		intro:   "Trainer %s, Cheftrainer %s, Sportdirektor %s.",
	},
	"en": {
		first:   []string{"Steve", "Mark", "Paul", "Gary", "David", "Graham", "Neil", "Chris", "Michael", "Alan"},
		last:    []string{"Hadleigh", "Corbet", "Wexton", "Trimble", "Oakden", "Farrow", "Petersen", "Maddock", "Rowntree", "Sarvan"},
		clubs:   []string{"Everton", "Arsenal", "Burnley", "Fulham", "Chelsea", "Leeds"},
		others:  []string{"Watford", "Brentford", "Barnsley", "Norwich"},
		outlets: []string{"Sky Sports", "BBC", "The Athletic"},
		title:   "Coaching news: %s",
		intro:   "Manager %s, head coach %s, sporting director %s.",
	},
}

// staged is a phrase as an article.
type staged struct {
	text       string
	coach      map[byte]string // full names of the slots
	lead       int             // sentences before the passage: none of its own
	introduced bool
}

// stage fills the slots of a phrase; n chooses the names. Half of the passages
// follow a line that introduces everybody, the others name them in full.
func (p *phrase) stage(n int) staged {
	c := casts[p.lang]
	pick := func(list []string, k int) string { return list[(n*7+k*3+n/5)%len(list)] }
	st := staged{coach: map[byte]string{}, introduced: n%2 == 0}
	last := map[byte]string{}
	for k, who := range []byte("CPN") {
		f, l := pick(c.first, k), pick(c.last, k)
		last[who], st.coach[who] = l, f+" "+l
	}
	club, other := pick(c.clubs, 0), pick(c.others, 0)
	text := p.text
	for _, who := range []byte("CPN") {
		slot := "{" + string(who) + "}"
		if !st.introduced {
			text = strings.Replace(text, slot, st.coach[who], 1)
		}
		text = strings.ReplaceAll(text, slot, last[who])
	}
	text = strings.NewReplacer("{K}", club, "{K2}", other, "{O}", pick(c.outlets, 0)).Replace(text)
	lines := []string{fmt.Sprintf(c.title, club)}
	if st.introduced {
		lines = append(lines, fmt.Sprintf(c.intro, st.coach['C'], st.coach['P'], st.coach['N']))
	}
	st.text = strings.Join(append(lines, text), "\n\n")
	st.lead = len(lines)
	return st
}
