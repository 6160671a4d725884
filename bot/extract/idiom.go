package extract

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"karussell/bot"
)

type (
	elemID   uint16
	phraseID uint16
)

// idiomKind says what an idiom means. The first ones are those of bot; the
// others colour or relate them.
type idiomKind string

const (
	kindSuccession idiomKind = "succession" // C takes over from P
	kindHedge      idiomKind = "hedge"      // hearsay
	kindDeny       idiomKind = "deny"       // cancels a trigger in the clause
	kindWish       idiomKind = "wish"       // dreams, polls, jokes, hypotheses
	kindHistory    idiomKind = "history"    // what is told lies long ago
	kindNews       idiomKind = "news"       // what is told is new
	kindOfficial   idiomKind = "official"   // the club or the coach says so
	kindStation    idiomKind = "station"    // C works or worked for K
	kindContract   idiomKind = "contract"   // C has a contract until
	kindInterim    idiomKind = "interim"    // colours an appointment
	kindManner     idiomKind = "manner"     // colours a departure
	kindVacancy    idiomKind = "vacancy"    // the club seeks a coach
	kindUnknown    idiomKind = ""
)

// idiom is one line of the lexicon.
type idiom struct {
	id       string
	kind     idiomKind
	manner   bot.Manner
	stage    bot.Stage
	stance   bot.Stance
	role     bot.Role
	status   bot.Status
	strong   bool   // about the bench by itself: needs no other sign of a coach
	weak     bool   // needs a strong sign that the person is a coach
	old      bool   // always history
	now      bool   // always news
	self     bool   // the coach is the grammatical subject
	here     bool   // the coach must stand in the sentence itself
	object   bool   // a succession whose verb leaves open who is who
	player   bool   // also said of players
	negative bool   // its words include a negation
	context  bool   // means something only where a club seeks a coach
	lang     string // "de" or "en", from the name of the file
	sign     bool   // a signature: an extension where the coach already works
	phrases  []phraseID
	never    []phraseID // must not occur in the sentence
	file     string
	line     int
}

// phrase is a run of elements that stand side by side.
type phrase struct {
	elems []element
	final bool    // must end its clause: the particle of a separable verb
	after bool    // must follow the idiom's first phrase
	owner []int32 // idioms that begin with it
}

// element is one place of a phrase.
type element struct {
	ids      []elemID // any of them
	optional bool
	gap      int  // up to so many tokens of any kind
	person   byte // 'C', 'P' or 'N'
	club     bool
	date     bool
	verb     bool // forms of a verb: no capital letter inside a sentence
}

// idiomLine reads "id | kind key=value flag | pattern || pattern".
func (l *lexicon) idiomLine(file string, n int, line string) error {
	parts := strings.SplitN(line, "|", 3)
	if len(parts) != 3 {
		return &lineError{file, n, "want: id | kind and attributes | pattern"}
	}
	base := idiom{id: strings.TrimSpace(parts[0]), file: file, line: n, lang: path.Base(file)[:2]}
	if err := base.attributes(strings.Fields(parts[1])); err != nil {
		return &lineError{file, n, err.Error()}
	}
	for p := range strings.SplitSeq(parts[2], "||") {
		for _, variant := range l.separate(strings.Fields(p)) {
			i := base
			if err := l.compile(&i, variant); err != nil {
				return &lineError{file, n, err.Error()}
			}
			l.idioms = append(l.idioms, i)
		}
	}
	return nil
}

// attributes reads the middle column of an idiom.
func (i *idiom) attributes(fields []string) error {
	if len(fields) == 0 {
		return fmt.Errorf("idiom %q has no kind", i.id)
	}
	i.kind = idiomKind(fields[0])
	if !i.kind.known() {
		return fmt.Errorf("no kind is called %q", fields[0])
	}
	flags := map[string]*bool{
		"strong": &i.strong, "weak": &i.weak, "old": &i.old, "now": &i.now, "self": &i.self,
		"here": &i.here, "sign": &i.sign, "object": &i.object, "player": &i.player, "context": &i.context,
	}
	for _, f := range fields[1:] {
		key, value, pair := strings.Cut(f, "=")
		if flag := flags[key]; flag != nil && !pair {
			*flag = true
			continue
		}
		switch key {
		case "manner":
			i.manner = bot.Manner(value)
		case "stage":
			i.stage = bot.Stage(value)
		case "stance":
			i.stance = bot.Stance(value)
		case "role":
			i.role = bot.Role(value)
		case "status":
			i.status = bot.Status(value)
		default:
			return fmt.Errorf("no attribute is called %q", f)
		}
	}
	return nil
}

func (k idiomKind) known() bool {
	switch k {
	case kindSuccession, kindHedge, kindDeny, kindWish, kindHistory, kindNews, kindOfficial, kindStation, kindContract, kindInterim, kindManner, kindVacancy:
		return true
	case kindUnknown:
		return false
	}
	return k.event() != ""
}

// event is the event type that the kind stands for, or none.
func (k idiomKind) event() bot.EventType {
	for _, t := range bot.EventTypes() {
		if string(t) == string(k) {
			return t
		}
	}
	return ""
}

// mention is the kind of mention that the element asks for, or 0.
func (e *element) mention() mentionKind {
	switch {
	case e.person != 0:
		return personMention
	case e.club:
		return clubMention
	case e.date:
		return dateMention
	}
	return 0
}

// separate spells out separable verbs: "@freistellen" also stands as "stellt
// ... frei" with the particle at the end of its clause.
func (l *lexicon) separate(fields []string) [][]string {
	out := [][]string{fields}
	for i, f := range fields {
		name, ok := strings.CutPrefix(f, "@")
		if !ok || strings.Contains(name, ".") {
			continue
		}
		if v, ok := l.verbs[foldWord(name)]; ok && v.particle != "" {
			variant := append([]string{}, fields...)
			variant[i] = f + ".split"
			variant = append(variant, "&", "$"+v.particle)
			out = append(out, variant)
		}
	}
	return out
}

// compile turns the fields of one pattern into phrases.
func (l *lexicon) compile(i *idiom, fields []string) error {
	var p phrase
	var words []string
	never := false
	flush := func() error {
		if len(p.elems) == 0 {
			return fmt.Errorf("idiom %q: an empty phrase", i.id)
		}
		if first := p.elems[0]; first.optional || first.gap > 0 {
			return fmt.Errorf("idiom %q: a phrase begins with a word that need not be there", i.id)
		}
		key := strings.Join(words, " ")
		id, known := l.phraseIDs[key]
		if !known {
			id = phraseID(len(l.phrases)) //nolint:gosec // a few thousand
			l.phraseIDs[key] = id
			l.phrases = append(l.phrases, p)
		}
		if never {
			i.never = append(i.never, id)
		} else {
			i.phrases = append(i.phrases, id)
			if len(i.phrases) == 1 {
				l.phrases[id].owner = append(l.phrases[id].owner, int32(len(l.idioms))) //nolint:gosec // a few thousand
			}
		}
		p, never, words = phrase{}, false, words[:0]
		return nil
	}
	for _, f := range fields {
		if f == "&" || f == "!" {
			if err := flush(); err != nil {
				return err
			}
			never = f == "!"
			continue
		}
		if strings.HasPrefix(f, "$") {
			p.final, p.after = true, true
		}
		switch strings.Trim(f, "()") {
		case "nicht", "kein", "keine", "not", "no", "nie", "keinen", "keiner", "never":
			i.negative = i.negative || !never
		}
		if strings.Contains(f, "nicht/") || strings.Contains(f, "kein/") || strings.Contains(f, "keine/") || strings.Contains(f, "/nicht") {
			i.negative = i.negative || !never
		}
		e, err := l.element(f)
		if err != nil {
			return fmt.Errorf("idiom %q: %w", i.id, err)
		}
		p.elems = append(p.elems, e)
		words = append(words, f)
	}
	return flush()
}

// element compiles one field of a pattern.
func (l *lexicon) element(f string) (element, error) {
	switch f {
	case "<C>", "<P>", "<N>":
		return element{person: f[1]}, nil
	case "<K>":
		return element{club: true}, nil
	case "<D>":
		return element{date: true}, nil
	}
	if n, ok := strings.CutPrefix(f, ".."); ok {
		gap := 5
		if n != "" {
			if _, err := fmt.Sscanf(n, "%d", &gap); err != nil {
				return element{}, fmt.Errorf("gap %q: want a number", f)
			}
		}
		return element{gap: gap}, nil
	}
	var e element
	if strings.HasPrefix(f, "(") && strings.HasSuffix(f, ")") {
		e.optional, f = true, f[1:len(f)-1]
	}
	for alt := range strings.SplitSeq(strings.TrimPrefix(f, "$"), "/") {
		id, err := l.elemFor(alt)
		if err != nil {
			return element{}, err
		}
		e.ids = append(e.ids, id)
		e.verb = e.verb || alt[0] == '@'
	}
	return e, nil
}

// elemFor is the element id of a word, "@verb", "@verb.split", "@verb.part" or
// "[class]", made when missing.
func (l *lexicon) elemFor(alt string) (elemID, error) {
	if id, ok := l.elemIDs[alt]; ok {
		return id, nil
	}
	id := elemID(len(l.elemIDs)) //nolint:gosec // a few thousand
	var forms []string
	switch {
	case alt == "":
		return 0, errors.New("an empty alternative")
	case alt[0] == '@':
		var err error
		if forms, err = l.verbForms(alt); err != nil {
			return 0, err
		}
	case alt[0] == '[':
		c, ok := classNames[strings.Trim(alt, "[]")]
		if !ok {
			return 0, fmt.Errorf("no class is called %q", alt)
		}
		l.elemIDs[alt] = id
		for _, table := range []map[string]*word{l.words, l.endings} {
			for _, w := range table {
				if w.class.has(c) {
					w.elems = append(w.elems, id)
				}
			}
		}
		return id, nil
	default:
		forms = []string{alt}
	}
	l.elemIDs[alt] = id
	seen := map[string]bool{}
	for _, f := range forms {
		if !seen[f] {
			seen[f] = true
			e := l.entry(f)
			e.elems = append(e.elems, id)
		}
	}
	return id, nil
}

// verbForms is the words that "@verb", "@verb.split" or "@verb.part" stands for.
func (l *lexicon) verbForms(alt string) ([]string, error) {
	name, form, _ := strings.Cut(alt[1:], ".")
	v, ok := l.verbs[foldWord(name)]
	if !ok {
		return nil, fmt.Errorf("no verb is called %q", name)
	}
	switch form {
	case "split":
		return v.finite, nil
	case "part":
		return v.participle, nil
	case "":
		forms := append(append([]string{}, v.joined...), v.participle...)
		if v.particle == "" {
			forms = append(forms, v.finite...)
		}
		return forms, nil
	}
	return nil, fmt.Errorf("no form is called %q", form)
}

// seal indexes the phrases by the elements they begin with. Words that only
// patterns name have the classes of their ending.
func (l *lexicon) seal() {
	for spelling, w := range l.words {
		if w.class&^classStop != 0 {
			continue
		}
		for n := min(l.longest, len(spelling)-2); n >= l.shortest; n-- {
			if e, ok := l.endings[spelling[len(spelling)-n:]]; ok {
				w.class |= e.class
				w.elems = append(w.elems, e.elems...)
				break
			}
		}
	}
	l.byElem = make([][]phraseID, len(l.elemIDs))
	for p := range l.phrases {
		first := &l.phrases[p].elems[0]
		for _, id := range first.ids {
			l.byElem[id] = append(l.byElem[id], phraseID(p))
		}
		if kind := first.mention(); kind != 0 {
			l.byEntity[kind] = append(l.byEntity[kind], phraseID(p))
		}
	}
}
