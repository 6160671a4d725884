package score

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"karussell/bot"
)

// Counts are hits, false finds and misses.
type Counts struct {
	Right  int `json:"right"`
	Wrong  int `json:"wrong"`
	Missed int `json:"missed"`
}

// Precision is between 0 and 1; 1 when nothing was found.
func (c Counts) Precision() float64 { return share(c.Right, c.Right+c.Wrong) }

// Recall is between 0 and 1; 1 when there was nothing to find.
func (c Counts) Recall() float64 { return share(c.Right, c.Right+c.Missed) }

// F1 is the harmonic mean of both.
func (c Counts) F1() float64 { return share(2*c.Right, 2*c.Right+c.Wrong+c.Missed) }

// Share is a part of a whole.
type Share struct {
	Right int `json:"right"`
	Of    int `json:"of"`
}

// Value is between 0 and 1; 1 of nothing.
func (s Share) Value() float64 { return share(s.Right, s.Of) }

func (s *Share) count(right bool) {
	s.Of++
	if right {
		s.Right++
	}
}

func share(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// Group is the figures of some articles.
type Group struct {
	Articles int    `json:"articles"`
	Events   Counts `json:"events"`
	Status   Share  `json:"status"`
	Manner   Share  `json:"manner"`
	Stage    Share  `json:"stage"`
	Role     Share  `json:"role"`
	Stations Counts `json:"stations"`
	Years    Share  `json:"years"`
	// Quiet counts articles without a fresh event, Alerts the events found there.
	Quiet  int `json:"quiet_articles"`
	Alerts int `json:"false_alerts"`
}

// FalseAlerts is the number of false alerts per 100 articles without an event.
func (g *Group) FalseAlerts() float64 {
	if g.Quiet == 0 {
		return 0
	}
	return 100 * float64(g.Alerts) / float64(g.Quiet)
}

// Miss is one disagreement with the gold.
type Miss struct {
	Article string `json:"article"`
	Kind    string `json:"kind"` // "missing", "unexpected", "status", "station missing" ...
	What    string `json:"what"`
	Note    string `json:"note,omitempty"`
}

// Report is the outcome of an evaluation.
type Report struct {
	All       Group                     `json:"all"`
	Languages map[string]*Group         `json:"languages"`
	Types     map[bot.EventType]*Counts `json:"types"`
	Misses    []Miss                    `json:"misses"`
}

func newReport() Report {
	return Report{Languages: map[string]*Group{}, Types: map[bot.EventType]*Counts{}}
}

// add compares one article.
func (r *Report) add(n namer, p *Pair, got *bot.Extraction) {
	lang := p.Gold.Language
	if r.Languages[lang] == nil {
		r.Languages[lang] = &Group{}
	}
	c := comparison{namer: n, report: r, pair: p, groups: []*Group{&r.All, r.Languages[lang]}}
	c.each(func(g *Group) { g.Articles++ })
	c.events(got.Events)
	c.stations(got.Coaches)
}

// comparison is the work on one article.
type comparison struct {
	namer
	report *Report
	pair   *Pair
	groups []*Group
}

func (c *comparison) each(f func(*Group)) {
	for _, g := range c.groups {
		f(g)
	}
}

func (c *comparison) miss(kind, what, note string) {
	c.report.Misses = append(c.report.Misses, Miss{c.pair.Name, kind, what, note})
}

func (c *comparison) counts(t bot.EventType, f func(*Counts)) {
	if c.report.Types[t] == nil {
		c.report.Types[t] = &Counts{}
	}
	f(c.report.Types[t])
	c.each(func(g *Group) { f(&g.Events) })
}

// events compares the fresh events.
func (c *comparison) events(found []bot.Event) {
	gold, quiet := c.goldByKey()
	alerts := 0
	hit := map[string]bool{}
	for i := range found {
		e := &found[i]
		key := c.event(e.Type, e.Coach, e.Club)
		g := gold[key]
		if !e.Fresh || hit[key] || g != nil && g.Fresh == nil {
			continue
		}
		hit[key] = true
		if g != nil && *g.Fresh {
			c.counts(e.Type, func(n *Counts) { n.Right++ })
			c.fields(e, g)
			continue
		}
		alerts++
		c.unexpected(e, g)
	}
	c.missed(found, hit)
	if quiet {
		c.each(func(g *Group) { g.Quiet++; g.Alerts += alerts })
	}
}

// missed counts the gold's news that was not hit.
func (c *comparison) missed(found []bot.Event, hit map[string]bool) {
	for i := range c.pair.Gold.Events {
		g := &c.pair.Gold.Events[i]
		if key := c.event(g.Type, g.Coach, g.Club); g.Fresh != nil && *g.Fresh && !hit[key] {
			c.counts(g.Type, func(n *Counts) { n.Missed++ })
			c.miss("missing", string(g.Type)+" "+g.Coach+" / "+g.Club, c.nearest(found, g))
			hit[key] = true
		}
	}
}

// goldByKey indexes the gold events, news before history of the same key; quiet
// reports whether there is no news among them.
func (c *comparison) goldByKey() (gold map[string]*GoldEvent, quiet bool) {
	gold, quiet = map[string]*GoldEvent{}, true
	for i := range c.pair.Gold.Events {
		g := &c.pair.Gold.Events[i]
		key := c.event(g.Type, g.Coach, g.Club)
		if old := gold[key]; old == nil || old.Fresh != nil && !*old.Fresh {
			gold[key] = g
		}
		quiet = quiet && (g.Fresh == nil || !*g.Fresh)
	}
	return gold, quiet
}

// unexpected counts news that the gold does not know, or knows as history.
func (c *comparison) unexpected(e *bot.Event, g *GoldEvent) {
	c.counts(e.Type, func(n *Counts) { n.Wrong++ })
	note := e.Rule + ": " + e.Quote
	if g != nil {
		note = "history; " + note
	}
	c.miss("unexpected", string(e.Type)+" "+e.Coach+" / "+e.Club, note)
}

// nearest says whether the missed event was found as history.
func (c *comparison) nearest(found []bot.Event, g *GoldEvent) string {
	for i := range found {
		if c.event(found[i].Type, found[i].Coach, found[i].Club) == c.event(g.Type, g.Coach, g.Club) {
			return "taken for history: " + found[i].Rule + ": " + found[i].Quote
		}
	}
	return ""
}

// fields compares the fields of a matched event.
func (c *comparison) fields(e *bot.Event, g *GoldEvent) {
	what := string(e.Type) + " " + e.Coach + " / " + e.Club
	check := func(name, got, want string, pick func(*Group) *Share) {
		c.each(func(x *Group) { pick(x).count(got == want) })
		if got != want {
			c.miss(name, what, fmt.Sprintf("%s, want %s; %s: %s", got, want, e.Rule, e.Quote))
		}
	}
	check("status", string(e.Status), string(g.Status), func(x *Group) *Share { return &x.Status })
	want := g.Role
	if want == "" {
		want = bot.Head
	}
	check("role", string(e.Role), string(want), func(x *Group) *Share { return &x.Role })
	if e.Type == bot.Departure && g.Manner != "" {
		check("manner", string(e.Manner), string(g.Manner), func(x *Group) *Share { return &x.Manner })
	}
	if e.Type == bot.Link && g.Stage != "" {
		check("stage", string(e.Stage), string(g.Stage), func(x *Group) *Share { return &x.Stage })
	}
}

// stations compares the stations of all coaches.
func (c *comparison) stations(found []bot.CoachFacts) {
	type years struct{ from, to int }
	gold := map[string][]years{}
	for _, k := range c.pair.Gold.Coaches {
		for _, s := range k.Stations {
			key := c.station(k.Name, s.Club, s.Role)
			gold[key] = append(gold[key], years{s.From.Year(), s.To.Year()})
		}
	}
	hit := map[string]bool{}
	for _, k := range found {
		for _, s := range k.Stations {
			key := c.station(k.Name, s.Club, s.Role)
			if hit[key] {
				continue
			}
			hit[key] = true
			spells, ok := gold[key]
			if !ok {
				c.each(func(g *Group) { g.Stations.Wrong++ })
				c.miss("station unexpected", k.Name+" / "+s.Club+" "+string(s.Role), "")
				continue
			}
			right := false
			for _, y := range spells {
				right = right || y == years{s.From.Year(), s.To.Year()}
			}
			c.each(func(g *Group) { g.Stations.Right++; g.Years.count(right) })
		}
	}
	for key := range gold {
		if !hit[key] {
			c.each(func(g *Group) { g.Stations.Missed++ })
			c.miss("station missing", key, "")
		}
	}
}

// JSON is the report without the misses' order depending on anything but the
// articles.
func (r *Report) JSON() ([]byte, error) {
	r.sort()
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	return out, nil
}

func (r *Report) sort() {
	sort.SliceStable(r.Misses, func(i, j int) bool {
		a, b := &r.Misses[i], &r.Misses[j]
		if a.Article != b.Article {
			return a.Article < b.Article
		}
		if a.Kind != b.Kind {
			return a.Kind < b.Kind
		}
		return a.What < b.What
	})
}

// Write prints the figures, and every miss when verbose.
func (r *Report) Write(w io.Writer, verbose bool) error {
	r.sort()
	p := printer{w: w}
	if verbose {
		for _, m := range r.Misses {
			p.linef("%s  %-18s %s", m.Article, m.Kind, m.What)
			if m.Note != "" {
				p.linef("      %s", m.Note)
			}
		}
		p.linef("")
	}
	p.group("all", &r.All)
	langs := make([]string, 0, len(r.Languages))
	for l := range r.Languages {
		langs = append(langs, l)
	}
	sort.Strings(langs)
	for _, l := range langs {
		p.group(l, r.Languages[l])
	}
	for _, t := range bot.EventTypes() {
		if c := r.Types[t]; c != nil {
			p.linef("  %-12s P %.3f  R %.3f  F1 %.3f   (%d right, %d wrong, %d missed)", t, c.Precision(), c.Recall(), c.F1(), c.Right, c.Wrong, c.Missed)
		}
	}
	return p.err
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) linef(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", a...)
	}
}

func (p *printer) group(name string, g *Group) {
	p.linef("%s: %d articles", name, g.Articles)
	p.linef("  events       P %.3f  R %.3f  F1 %.3f   (%d right, %d wrong, %d missed)", g.Events.Precision(), g.Events.Recall(), g.Events.F1(), g.Events.Right, g.Events.Wrong, g.Events.Missed)
	p.linef("  false alerts %.1f per 100 (%d in %d articles)", g.FalseAlerts(), g.Alerts, g.Quiet)
	p.linef("  status %.3f  manner %.3f  stage %.3f  role %.3f", g.Status.Value(), g.Manner.Value(), g.Stage.Value(), g.Role.Value())
	p.linef("  stations     P %.3f  R %.3f  F1 %.3f  years %.3f", g.Stations.Precision(), g.Stations.Recall(), g.Stations.F1(), g.Years.Value())
}
