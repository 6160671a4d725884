package extract

import (
	"fmt"
	"strings"

	"karussell/bot"
)

// Mark is a recognised piece of the article. From and To are byte offsets into
// Article.Text; negative ones lie in the title or teaser.
type Mark struct {
	Kind string // "coach", "person", "club", "outlet", "date", "trigger", "hedge"
	Text string
	From int
	To   int
	Note string // what it was resolved to; for triggers, the rule
}

// Reason is why an event was found.
type Reason struct {
	Event    bot.Event
	Rule     string
	Sentence string
	Words    string // for what the reader found: the words that weighed most
}

// Rejected is a trigger that gave no event, and why.
type Rejected struct {
	Rule     string
	Sentence string
	Why      string
}

// Trace is how an extraction came about.
type Trace struct {
	Extraction bot.Extraction
	Marks      []Mark
	Reasons    []Reason
	Rejected   []Rejected
}

// trace records the work on the article.
func (d *doc) trace() Trace {
	tr := Trace{Extraction: d.extraction()}
	for i := range d.ments {
		tr.Marks = append(tr.Marks, d.markMention(&d.ments[i]))
	}
	for i := range d.trigs {
		t := &d.trigs[i]
		kind := "trigger"
		if !t.idiom.kind.eventful() {
			kind = string(t.idiom.kind)
		}
		for _, p := range t.parts[:t.nparts] {
			tr.Marks = append(tr.Marks, d.mark(kind, p[0], p[1], t.idiom.id))
		}
		if t.why != "" {
			tr.Rejected = append(tr.Rejected, Rejected{t.idiom.id, d.sentenceText(t.sent), t.why})
		}
	}
	for i := range d.facts {
		f := &d.facts[i]
		if f.dead {
			tr.Rejected = append(tr.Rejected, Rejected{f.rule, d.sentenceText(f.sent), f.why})
			continue
		}
		tr.Reasons = append(tr.Reasons, Reason{d.event(f), f.rule, d.sentenceText(f.sent), d.weighty(f)})
	}
	return tr
}

func (d *doc) sentenceText(n int) string { return d.text(d.sents[n].from, d.sents[n].to) }

func (d *doc) mark(kind string, from, to int, note string) Mark {
	return Mark{
		Kind: kind, Text: d.text(from, to), Note: note,
		From: int(d.toks[from].start) - d.bodyAt, To: int(d.toks[to-1].end) - d.bodyAt,
	}
}

func (d *doc) markMention(x *mention) Mark {
	switch x.kind {
	case personMention:
		kind, note := "person", "?"
		if x.ent >= 0 {
			note = fmt.Sprintf("%s (%+d)", d.persons[x.ent].name, d.persons[x.ent].grade())
			if d.persons[x.ent].grade() > 0 {
				kind = "coach"
			}
		}
		return d.mark(kind, x.from, x.to, note)
	case clubMention:
		note := "?"
		if x.ent >= 0 {
			note = d.clubs[x.ent].name
		}
		if x.versus {
			note += ", opponent"
		}
		return d.mark("club", x.from, x.to, note)
	case outletMention:
		return d.mark("outlet", x.from, x.to, x.outlet)
	case dateMention:
		return d.mark("date", x.from, x.to, string(x.when.date))
	case mentionKinds:
	}
	return Mark{}
}

// String renders the trace for people: the marks, the events with rule and
// sentence, and what was considered and dropped.
func (t *Trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "language %s, published %s\n", t.Extraction.Language, orDash(string(t.Extraction.Published)))
	b.WriteString("\nrecognised\n")
	for _, m := range t.Marks {
		fmt.Fprintf(&b, "  %6d  %-8s %-34s %s\n", m.From, m.Kind, m.Text, m.Note)
	}
	b.WriteString("\nevents\n")
	for _, r := range t.Reasons {
		e := &r.Event
		fmt.Fprintf(&b, "  %s\n      rule %s\n      %s\n", describe(e), r.Rule, r.Sentence)
		if r.Words != "" {
			fmt.Fprintf(&b, "      %s\n", r.Words)
		}
	}
	b.WriteString("\nconsidered and dropped\n")
	for _, r := range t.Rejected {
		fmt.Fprintf(&b, "  %s: %s\n      %s\n", r.Rule, r.Why, r.Sentence)
	}
	b.WriteString("\ncoaches\n")
	for _, c := range t.Extraction.Coaches {
		fmt.Fprintf(&b, "  %s, age %d, club %s, contract until %s\n", c.Name, c.Age, orDash(c.Club), orDash(string(c.ContractUntil)))
		for _, s := range c.Stations {
			fmt.Fprintf(&b, "      %-10s %s %s-%s\n", s.Role, s.Club, s.From, s.To)
		}
	}
	return b.String()
}

// describe is an event on one line.
func describe(e *bot.Event) string {
	age := "history"
	if e.Fresh {
		age = "fresh"
	}
	parts := []string{string(e.Type), e.Coach, "/", e.Club, string(e.Role), string(e.Manner), string(e.Stage), string(e.Stance), string(e.Status), age}
	if e.Until != "" {
		parts = append(parts, "until "+string(e.Until))
	}
	if e.Date != "" {
		parts = append(parts, "on "+string(e.Date))
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
