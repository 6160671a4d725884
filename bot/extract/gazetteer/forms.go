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
}

// entry is a form that users may type.
type entry struct {
	text    string // normalised
	letters bot.Letters
	club    int32 // index into clubs
	order   int32
	next    int32 // the next entry of the same text; -1 for none
	form    Form
}

// abroad is how many tiers a foreign club stands behind a German one that
// shares its nickname: the bot reads mostly German papers.
const (
	abroad    = 4
	neighbour = 2 // Austria and Switzerland
)

func distanceFrom(country string) int {
	switch country {
	case "GER":
		return 0
	case "AUT", "SUI", "LIE":
		return neighbour
	}
	return abroad
}

// clubForms derives everything that can name a club from its line.
func (l *loader) clubForms(c bot.Club, tier int, adjectives, grounds []string) {
	tier += distanceFrom(c.Country)
	order := int32(tier)<<16 + int32(len(l.g.clubs)) //nolint:gosec // a few thousand clubs
	add := func(text string, f Form) {
		if text != "" {
			l.forms = append(l.forms, form{text: text, club: c.ID, form: f, order: order})
		}
	}
	l.towns[c.Town] = struct{}{}
	add(c.Name, Name)
	for _, a := range slices.Concat(nameVariants(c.Name), c.Aliases) {
		add(a, Alias)
	}
	for _, n := range c.Nicknames {
		for _, v := range declensions(n) {
			add(v, Nickname)
		}
	}
	for _, a := range append(adjectives, townAdjective(c)...) {
		l.adjectives[a] = struct{}{}
		add(a, Adjective)
	}
	for _, g := range grounds {
		add(g, Ground)
	}
	add(c.Town, Town)
	// The club that is called just by the town comes first among its neighbours.
	l.forms = append(l.forms, form{text: c.Short, club: c.ID, form: Alias, order: order - 1<<15})
	order += 9 << 16 // after all that are known by the word
	for _, w := range sharedWords(c.Name) {
		if _, ok := l.shared[w]; ok {
			l.sharedForms = append(l.sharedForms, form{text: w, club: c.ID, form: Alias, order: order})
		}
	}
}

// sharedWords are the words of a name, and its pairs joined by a hyphen.
func sharedWords(name string) []string { return strings.Fields(name) }

// strength weakens an alias that is nothing but a town or its people: "Köln",
// "Freiburger".
func (l *loader) strength(f *form) Form {
	if f.form != Alias {
		return f.form
	}
	if _, ok := l.towns[f.text]; ok {
		return Town
	}
	if _, ok := l.adjectives[f.text]; ok {
		return Adjective
	}
	return Alias
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
	numbered := words[0] == "1." && len(words) > 2
	if numbered {
		words = words[1:]
		out = append(out, strings.Join(words, " "), "1."+strings.Join(words, " "))
	}
	if back := len(words) - 1; back > 0 && isYear(words[back]) {
		words = words[:back]
		out = append(out, strings.Join(words, " "))
		if numbered {
			out = append(out, "1. "+strings.Join(words, " "))
		}
	}
	rest := trimLegal(words)
	if len(rest) < len(words) {
		out = append(out, strings.Join(rest, " "))
		if moved := english(words, rest); !numbered {
			out = append(out, moved)
		}
	}
	return slices.DeleteFunc(out, func(v string) bool { return v == name || len(v) < 3 || isYear(v) })
}

// english is the English order of a name that begins with one legal form
// ("Burnley FC"), else "".
func english(words, rest []string) string {
	if len(rest) != len(words)-1 || rest[0] == words[0] {
		return ""
	}
	return strings.Join(rest, " ") + " " + words[0]
}

// trimLegal drops the words at both ends that say only that it is a club; at
// least one word stays.
func trimLegal(words []string) []string {
	for len(words) > 1 && legalForms[words[0]] {
		words = words[1:]
	}
	for len(words) > 1 && legalForms[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	return words
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
		for _, stem := range adjectival {
			if strings.HasSuffix(strings.ToLower(nickname), stem+"en") {
				return append(out, strings.TrimSuffix(nickname, "n"), strings.TrimSuffix(nickname, "n")+"r")
			}
		}
		return out
	}
	if strings.HasSuffix(words[0], "e") && len(words[0]) > 3 && capital(words[0]) && words[0] != "The" {
		out = append(out, words[0]+"n "+strings.Join(words[1:], " "))
	}
	return out
}

// adjectival are the ends of adjectives that serve as nicknames.
//
//nolint:gochecknoglobals // a constant table
var adjectival = [...]string{
	"blau", "rot", "weiß", "weiss", "gelb", "schwarz", "grün", "violett", "eisern", "lich", "isch", "bar", "weinrot", "braun",
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
// ("polnisch") counts only before a word for the team or its coach.
// A stem with = before it is used as it is ("=Schweizer").
func (l *loader) nationForms(c bot.Club, stems []string) {
	order := int32(1+abroad)<<16 + int32(len(l.g.clubs)) //nolint:gosec // a few thousand clubs
	add := func(text string, f Form) {
		l.forms = append(l.forms, form{text: text, club: c.ID, form: f, order: order})
	}
	add(c.Name, Town)
	for _, a := range c.Aliases {
		add(a, Alias)
	}
	for _, n := range c.Nicknames {
		for _, v := range declensions(n) {
			add(v, Nickname)
		}
	}
	for _, team := range [...]string{"Nationalmannschaft", "Nationalteam", "Nationalelf", "Auswahl"} {
		add(c.Name+" "+team, Alias)
	}
	for _, stem := range stems {
		l.stems = append(l.stems, form{text: stem, club: c.ID, order: order})
	}
}

// index puts the forms into the trie and the look-up tables.
func (l *loader) index() {
	t := &l.g.trie
	known := int32(0) // entries that stand in the data
	for i, f := range slices.Concat(l.forms, l.sharedForms) {
		if i == len(l.forms) {
			known = int32(len(l.g.entries)) //nolint:gosec // some ten thousand forms
		}
		f.form = l.strength(&f)
		l.pattern(t, &f, f.text)
		if p := plainer(f.text); p != "" {
			l.pattern(t, &f, p)
		}
		// Who types "Hertha" means one of those that are called so, not all that
		// have it in their names.
		if first, ok := l.g.exact[bot.NormaliseName(f.text)]; ok && first < known {
			continue
		}
		text := bot.NormaliseName(f.text)
		l.g.addEntry(entry{text: text, letters: bot.LettersOf(text), club: int32(l.g.byID[f.club]), form: f.form, order: f.order}) //nolint:gosec // a few thousand clubs
	}
	for _, f := range l.stems {
		senses := []Sense{{Club: f.club, Form: Adjective, order: f.order}, {Club: f.club, Form: Alias, order: f.order}}
		endings := []string{"e", "en", "er", "em", "es"}
		text, exact := strings.CutPrefix(f.text, "=")
		if exact {
			endings = []string{""}
		}
		for _, ending := range endings {
			t.nodes[t.add(splitWords(text+ending))].nation = senses
		}
	}
}

// addEntry chains the entries of one text, without repeating a club.
func (g *Gazetteer) addEntry(e entry) {
	first, ok := g.exact[e.text]
	if ok {
		for i := first; i >= 0; i = g.entries[i].next {
			if old := &g.entries[i]; old.club == e.club {
				if e.form < old.form {
					old.form, old.order = e.form, e.order
				}
				return
			}
		}
	} else {
		first = -1
	}
	e.next = first
	g.exact[e.text] = int32(len(g.entries)) //nolint:gosec // some ten thousand forms
	g.entries = append(g.entries, e)
}

func (l *loader) pattern(t *trie, f *form, text string) {
	if f.form > Alias && (l.g.FirstName(text) || l.g.CommonWord(text)) {
		return // Achim and Leon are people; only a longer name of the club counts
	}
	end := t.add(splitWords(text))
	if end == 0 {
		return
	}
	n := &t.nodes[end]
	n.addSense(Sense{Club: f.club, Form: f.form, order: f.order})
	n.allow(lastWord(text))
}

// splitWords cuts a name of the data into tokens as a tokenizer would.
func splitWords(name string) []string {
	return strings.FieldsFunc(name, separates)
}

func separates(r rune) bool { return r == ' ' || r == '-' || r == '/' || r == '\u00a0' }

// lastWord is the last token of a name.
func lastWord(name string) string {
	return name[strings.LastIndexAny(name, " -/")+1:]
}
