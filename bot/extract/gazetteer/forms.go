package gazetteer

import (
	"slices"
	"strings"

	"karussell/bot"
)

// form is one way to name a club, before it is indexed.
type form struct {
	text  string
	club  bot.ClubID
	form  Form
	order int32
	cover int8 // tokens that a hit covers; 0 for all
	hide  bool // not for Resolve
}

// entry is a form that users may type.
type entry struct {
	text  string // normalised
	club  int    // index into clubs
	form  Form
	order int32
}

// abroad is how many tiers a foreign club stands behind a German one that
// shares its nickname: the bot reads mostly German papers.
const abroad = 2

// clubForms derives everything that can name a club from its line.
func (l *loader) clubForms(c bot.Club, tier int, adjectives, grounds []string) {
	if c.Country != "GER" {
		tier += abroad
	}
	order := int32(tier)<<16 + int32(len(l.g.clubs)) //nolint:gosec // a few thousand clubs
	add := func(text string, f Form) {
		if text != "" {
			l.forms = append(l.forms, form{text: text, club: c.ID, form: f, order: order})
		}
	}
	weak := func(text string) Form { // a town's name stays a town's name
		if text == c.Town {
			return Town
		}
		return Alias
	}
	add(c.Name, Name)
	for _, v := range nameVariants(c.Name) {
		add(v, weak(v))
	}
	for _, a := range c.Aliases {
		add(a, weak(a))
		for _, v := range nameVariants(a) {
			add(v, weak(v))
		}
	}
	for _, n := range c.Nicknames {
		for _, v := range declensions(n) {
			add(v, Nickname)
		}
	}
	for _, a := range append(adjectives, townAdjective(c)...) {
		add(a, Adjective)
	}
	for _, g := range grounds {
		add(g, Ground)
	}
	add(c.Town, Town)
	// The club that is called just by the town comes first among its neighbours.
	l.forms = append(l.forms, form{text: c.Short, club: c.ID, form: weak(c.Short), order: order - 1<<15})
}

// nameVariants are the usual shortenings of an official name: "1. FC Köln" is
// also "FC Köln", "1.FC Köln" and "Köln"; "FC Burnley" is also "Burnley FC";
// "FC Schalke 04" is also "FC Schalke".
func nameVariants(name string) []string {
	words := strings.Fields(name)
	if len(words) < 2 {
		return nil
	}
	var out []string
	front := 0
	if words[0] == "1." && len(words) > 2 {
		out = append(out, strings.Join(words[1:], " "), "1."+strings.Join(words[1:], " "))
		front = 1
	}
	back := len(words)
	if back-front > 1 && isYear(words[back-1]) {
		back--
		out = append(out, strings.Join(words[:back], " "), strings.Join(words[front:back], " "))
	}
	start := front
	for start < back-1 && legalForms[words[start]] {
		start++
	}
	end := back
	for end > start+1 && legalForms[words[end-1]] {
		end--
	}
	if start > front || end < back {
		rest := strings.Join(words[start:end], " ")
		out = append(out, rest)
		if start == front+1 && front == 0 && end == back {
			out = append(out, rest+" "+words[0])
		}
	}
	return slices.DeleteFunc(out, func(v string) bool { return v == name || len(v) < 3 || isYear(v) })
}

func isYear(w string) bool {
	w = strings.TrimPrefix(w, "'")
	return (len(w) == 2 || len(w) == 4) && strings.Trim(w, "0123456789") == ""
}

// legalForms are the words of a club's name that say only that it is a club.
//
//nolint:gochecknoglobals // a constant table
var legalForms = map[string]bool{
	"FC": true, "SC": true, "SV": true, "TSV": true, "VfL": true, "VfB": true, "VfR": true, "SpVgg": true,
	"SpVg": true, "Spvgg": true, "SSV": true, "SSVg": true, "FSV": true, "TuS": true, "TSG": true, "SG": true, "BSV": true,
	"MSV": true, "BSC": true, "AFC": true, "AC": true, "AS": true, "US": true, "SS": true, "CF": true,
	"CD": true, "UD": true, "SD": true, "RC": true, "RCD": true, "FK": true, "NK": true, "SK": true, "IF": true, "BK": true, "FF": true,
	"KF": true, "HNK": true, "GNK": true, "USV": true, "DJK": true, "KSV": true, "ESV": true, "SKN": true,
	"WSG": true, "SCR": true, "ATSV": true, "KRC": true, "KV": true, "KAA": true, "RSC": true, "OGC": true, "OSC": true,
	"UC": true, "SSC": true, "PAE": true, "TS": true, "GKS": true, "KS": true, "MKS": true, "BC": true,
	"IFK": true, "AIK": false, "TuRU": true, "Calcio": true, "JK": true, "HJK": true, "SpVgg.": true, "SVg": true,
	"VfV": true, "VSG": true, "BSG": true, "FCR": true, "ASKÖ": true, "ATUS": true, "KFC": true, "TSC": true, "TuSpo": true,
	"SF": true, "BFC": true, "NAC": true, "NEC": true, "CA": true, "CR": true, "CSKA": false, "AO": true, "FCV": true,
}

// declensions are the German endings of a nickname that a rule at the last
// letter does not reach: "Königsblauen" is also "Königsblaue", "Rote Teufel"
// also "Roten Teufel".
func declensions(nickname string) []string {
	out := []string{nickname}
	words := strings.Fields(nickname)
	if len(words) == 1 {
		if s, ok := strings.CutSuffix(nickname, "en"); ok && len(s) > 4 {
			out = append(out, s+"e")
		}
		return out
	}
	if strings.HasSuffix(words[0], "e") && len(words[0]) > 3 && capital(words[0]) && words[0] != "The" {
		out = append(out, words[0]+"n "+strings.Join(words[1:], " "))
	}
	return out
}

// townAdjective derives "Aachener" from Aachen, where German is spoken.
func townAdjective(c bot.Club) []string {
	switch c.Country {
	case "GER", "AUT", "SUI", "LIE":
	default:
		return nil
	}
	if c.Town == "" {
		return nil
	}
	return []string{strings.TrimSuffix(c.Town, "e") + "er"}
}

// nationForms derives what names a national team. The stem of its adjective
// ("polnisch") makes "polnische Nationalmannschaft" and, before a coach's
// title, a hit of its own.
func (l *loader) nationForms(c bot.Club, stem string) {
	order := int32(1+abroad)<<16 + int32(len(l.g.clubs)) //nolint:gosec // a few thousand clubs
	add := func(text string, f Form, cover int8) {
		l.forms = append(l.forms, form{text: text, club: c.ID, form: f, order: order, cover: cover, hide: cover > 0})
	}
	add(c.Name, Town, 0)
	for _, a := range c.Aliases {
		add(a, Alias, 0)
	}
	for _, n := range c.Nicknames {
		for _, v := range declensions(n) {
			add(v, Nickname, 0)
		}
	}
	for _, team := range nationalTeams {
		add(c.Name+" "+team, Alias, 0)
	}
	if stem == "" {
		return
	}
	for _, ending := range [...]string{"e", "en", "er", "em", "es"} {
		for _, team := range nationalTeams {
			add(stem+ending+" "+team, Alias, 0)
		}
		for _, coach := range nationalCoaches {
			add(stem+ending+" "+coach, Adjective, 1)
		}
	}
}

//nolint:gochecknoglobals // constant tables
var (
	nationalTeams = [...]string{
		"Nationalmannschaft", "Nationalteam", "Nationalelf", "Auswahl", "Verband", "Fußballverband",
		"Frauen-Nationalmannschaft", "Frauen-Nationalteam",
	}
	nationalCoaches = [...]string{
		"Nationaltrainer", "Nationalcoach", "Teamchef", "Auswahltrainer", "Verbandstrainer", "Bundestrainer",
		"Nationaltrainerin", "Bundestrainerin", "Teamchefin", "Frauen", "Frauennationalmannschaft",
	}
)

// index puts the forms into the trie and the look-up tables.
func (l *loader) index() {
	t := &l.g.trie
	seen := make(map[string]struct{}, len(l.forms))
	for i := range l.forms {
		f := &l.forms[i]
		l.pattern(t, f, f.text)
		if p := plainer(f.text); p != "" {
			l.pattern(t, f, p)
		}
		if f.hide {
			continue
		}
		e := entry{text: bot.NormaliseName(f.text), club: l.g.byID[f.club], form: f.form, order: f.order}
		key := e.text + "\x00" + string(f.club)
		if _, dup := seen[key]; dup && f.form != Town {
			continue
		}
		seen[key] = struct{}{}
		l.g.exact[e.text] = append(l.g.exact[e.text], len(l.g.entries))
		l.g.entries = append(l.g.entries, e)
	}
	l.forms = nil
}

func (l *loader) pattern(t *trie, f *form, text string) {
	if f.form == Town && (l.g.FirstName(text) || l.g.CommonWord(text)) {
		return // Achim and Leon are people; only a longer name of the club counts
	}
	end := t.add(splitWords(text))
	if end == 0 {
		return
	}
	n := &t.nodes[end]
	n.addSense(ranked{Sense{Club: f.club, Form: f.form}, f.order})
	n.cover = f.cover
	n.lower = n.lower || !capital(lastWord(text))
}

// splitWords cuts a name of the data into tokens as a tokenizer would.
func splitWords(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' || r == '/' || r == '\u00a0' })
}

func lastWord(name string) string {
	w := splitWords(name)
	if len(w) == 0 {
		return ""
	}
	return w[len(w)-1]
}
