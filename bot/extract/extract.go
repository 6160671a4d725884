package extract

import (
	"fmt"
	"strings"
	"sync"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// Extractor implements bot.Extractor. It is immutable after New and safe for
// concurrent use.
type Extractor struct {
	lex   *lexicon
	gaz   *gazetteer.Gazetteer
	works sync.Pool // of *doc: scratch memory without content

	models *models
	muted  map[int32]bool // idioms left out, see Without
}

var _ bot.Extractor = (*Extractor)(nil)

// New reads the embedded data. Its error can only come from a mistake in a
// data file and names file and line.
func New() (*Extractor, error) {
	x, err := Untrained()
	if err != nil {
		return nil, err
	}
	if x.models, err = loadModels(); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	return x, nil
}

// Untrained is New without the trained weights: the grammar alone.
func Untrained() (*Extractor, error) {
	lex, err := loadLexicon(lexiconFiles, "lexicon")
	if err != nil {
		return nil, err
	}
	gaz, err := gazetteer.Load()
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	return newExtractor(lex, gaz), nil
}

func newExtractor(lex *lexicon, gaz *gazetteer.Gazetteer) *Extractor {
	x := &Extractor{lex: lex, gaz: gaz}
	x.works.New = func() any { return &doc{} }
	return x
}

// Gazetteer is the gazetteer that the extractor resolves clubs with.
func (x *Extractor) Gazetteer() *gazetteer.Gazetteer { return x.gaz }

// Extract reads one article. It never fails: an article that says nothing
// about coaches gives an empty Extraction.
func (x *Extractor) Extract(a bot.Article) bot.Extraction {
	d := x.open(&a)
	defer x.close(d)
	d.run()
	return d.extraction()
}

// Explain is Extract with a trace of how it came about.
func (x *Extractor) Explain(a bot.Article) Trace {
	d := x.open(&a)
	defer x.close(d)
	d.run()
	return d.trace()
}

// doc is the work on one article.
type doc struct {
	lex    *lexicon
	gaz    *gazetteer.Gazetteer
	models *models
	muted  map[int32]bool

	src       string
	bodyAt    int   // where Article.Text begins in src
	heads     []int // ends of title and teaser before it
	language  string
	stated    string // language that the article states
	published bot.Date

	norms   []byte
	toks    []token
	blocks  []block
	sents   []sentence
	words   []string
	wordAt  []int32
	ments   []mention
	persons []person
	clubs   []club
	senses  []sense
	hits    []phraseHit
	hit     phraseHit // the one being tried
	trigs   []trigger
	facts   []fact
	posts   []post
	topic   topics

	protagonist int // the person whom the article is about, or -1

	readings []reading
	matters  []matter
	signs    signs
	scene    scene
	around   [2]scene // the sentences before and after
	sceneOf  int      // sentence of the scene, from 1
	load     []float64
}

// open prepares scratch memory for one article.
func (x *Extractor) open(a *bot.Article) *doc {
	d, _ := x.works.Get().(*doc)
	d.reset()
	d.lex, d.gaz, d.models, d.muted = x.lex, x.gaz, x.models, x.muted
	d.stated, d.published = a.Language, a.Published
	if d.published.IsZero() {
		d.published = bot.DateOf(a.PublishedAt)
	}
	d.assemble(a)
	return d
}

// close gives the scratch memory back without holding the article.
func (x *Extractor) close(d *doc) {
	if cap(d.toks) > maxKept { // one giant article must not stay in memory
		return
	}
	d.reset()
	x.works.Put(d)
}

// maxKept is the largest token buffer that is kept between articles.
const maxKept = 1 << 14

func (d *doc) reset() {
	clear(d.toks)
	clear(d.words)
	clear(d.ments)
	clear(d.persons)
	clear(d.clubs)
	clear(d.senses)
	clear(d.trigs)
	clear(d.facts)
	clear(d.posts)
	clear(d.matters)
	*d = doc{
		norms: d.norms[:0], toks: d.toks[:0], blocks: d.blocks[:0], sents: d.sents[:0], heads: d.heads[:0],
		words: d.words[:0], wordAt: d.wordAt[:0], ments: d.ments[:0], persons: d.persons[:0],
		clubs: d.clubs[:0], senses: d.senses[:0], hits: d.hits[:0], trigs: d.trigs[:0], facts: d.facts[:0], posts: d.posts[:0],
		readings: d.readings[:0], matters: d.matters[:0], signs: d.signs, scene: d.scene, around: d.around, load: d.load,
	}
}

// assemble joins title, teaser and text, leaving out what the text repeats.
func (d *doc) assemble(a *bot.Article) {
	start := a.Text
	if len(start) > 1500 {
		start = start[:1500]
	}
	var head strings.Builder
	for _, h := range []string{a.Title, a.Teaser} {
		if h = strings.TrimSpace(h); h == "" || strings.Contains(start, h) {
			continue
		}
		head.WriteString(strings.ReplaceAll(h, "\n", " "))
		d.heads = append(d.heads, head.Len())
		head.WriteByte('\n')
	}
	if head.Len() == 0 {
		d.src = a.Text
		return
	}
	d.bodyAt = head.Len()
	d.src = head.String() + a.Text
}

// run takes the article through the stages.
func (d *doc) run() {
	if !d.beforeJury() {
		return
	}
	d.try()
	d.settle()
	d.careers()
}

// beforeJury takes the article through the stages up to the jury; false when
// there is nothing to read in it.
func (d *doc) beforeJury() bool {
	d.layout()
	for b := range d.blocks {
		if d.blocks[b].kind == creditBlock {
			continue
		}
		d.tokenize(d.blocks[b].from, d.blocks[b].to)
	}
	d.nameTokens()
	d.detectLanguage()
	d.cutSentences()
	if !d.worthReading() {
		return false
	}
	d.readDateline()
	d.findClubs()
	d.findDates()
	d.findPersons()
	d.resolve()
	for n := range d.sents {
		d.matchSentence(n)
	}
	d.sortTriggers()
	d.survey()
	d.judge()
	d.read()
	if d.models != nil && d.models.reader != nil {
		d.hear()
	}
	return true
}

// cutSentences splits the tokens of every block.
func (d *doc) cutSentences() {
	at := 0
	for b := range d.blocks {
		from := at
		for at < len(d.toks) && int(d.toks[at].start) < d.blocks[b].to {
			at++
		}
		if d.blocks[b].kind == creditBlock || from == at {
			continue
		}
		d.markQuotes(from, at)
		d.split(from, at, b)
	}
}

// detectLanguage counts frequent words. The article's own statement wins.
func (d *doc) detectLanguage() {
	de, en := 0, 0
	for i := range d.toks {
		c := d.toks[i].class
		if c.has(classGerman) {
			de++
		}
		if c.has(classEnglish) {
			en++
		}
		if de+en > 120 {
			break
		}
	}
	d.language = "de"
	if en > de {
		d.language = "en"
	}
	if d.stated == "de" || d.stated == "en" {
		d.language = d.stated
	}
}

// worthReading is the cheap look that lets most sports news pass: without a
// word about coaches and without a well-known one there is nothing to find.
func (d *doc) worthReading() bool {
	want := classAnyCoach | classManager | classBody | classHint
	if !d.german() {
		want |= classHead // "boss"; in German a "Chef" may be anybody
	}
	for i := range d.toks {
		if d.toks[i].class.has(want) || d.knownCoach(i) {
			return true
		}
	}
	return false
}

// knownCoach reports whether the name of a coach of people.txt begins at
// token i of a German article.
func (d *doc) knownCoach(i int) bool {
	if !d.german() || !d.toks[i].class.has(classFirstName) || i+1 >= len(d.toks) || !d.toks[i+1].capital {
		return false
	}
	return d.lex.people[d.norm(i)+" "+d.norm(i+1)].has(classCoach)
}

// german reports whether the article is in German.
func (d *doc) german() bool { return d.language == "de" }
