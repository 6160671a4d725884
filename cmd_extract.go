package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/extract/score"
	"karussell/bot/feed"
)

type extractCmd struct {
	JSON  bool     `help:"One JSON object per file and line." name:"json"`
	Paths []string `arg:"" name:"path" help:"Article files, or folders of them."`
}

// extracted is a line of `extract --json`; its field names are a contract.
type extracted struct {
	File string `json:"file"`
	bot.Extraction
}

// Run prints what every file says, in the order given. A file that cannot be
// read is named at the end; the others go on.
func (c *extractCmd) Run(w *world) error {
	x, err := extract.New()
	if err != nil {
		return err
	}
	files, problems := feed.Files(c.Paths)
	out := json.NewEncoder(w.stdout)
	out.SetEscapeHTML(false)
	for _, file := range files {
		article, err := feed.ReadFile(file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		found := x.Extract(article)
		if c.JSON {
			err = out.Encode(extracted{File: file, Extraction: complete(found)})
		} else {
			err = describe(w.stdout, file, found)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(problems...)
}

// complete writes empty lists as [] rather than null.
func complete(x bot.Extraction) bot.Extraction {
	if x.Events == nil {
		x.Events = []bot.Event{}
	}
	if x.Coaches == nil {
		x.Coaches = []bot.CoachFacts{}
	}
	return x
}

// describe prints an extraction for people.
func describe(w io.Writer, file string, x bot.Extraction) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  (%s, %s)\n", file, x.Language, orElse(string(x.Published), "undated"))
	for _, e := range x.Events {
		detail := orElse(string(e.Manner), orElse(string(e.Stage), string(e.Stance)))
		fmt.Fprintf(&b, "  %-11s %-24s %-26s %s\n", e.Type, e.Coach, e.Club, strings.Join(strings.Fields(strings.Join([]string{
			string(e.Role), string(e.Team), detail, string(e.Status), freshness(e.Fresh), string(e.Date), until(e.Until), strings.Join(e.Sources, ", "),
		}, " ")), " "))
		if e.Quote != "" {
			fmt.Fprintf(&b, "              %q\n", e.Quote)
		}
	}
	for _, c := range x.Coaches {
		fmt.Fprintf(&b, "  coach       %-24s %s\n", c.Name, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s", age(c.Age), c.Club, until(c.ContractUntil))), " "))
		for _, s := range c.Stations {
			fmt.Fprintf(&b, "                %-10s %-26s %s-%s\n", s.Role, s.Club, s.From, s.To)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func freshness(fresh bool) string {
	if fresh {
		return "news"
	}
	return "history"
}

func until(d bot.Date) string {
	if d == "" {
		return ""
	}
	return "until " + string(d)
}

func age(years int) string {
	if years == 0 {
		return ""
	}
	return fmt.Sprintf("aged %d", years)
}

type evalCmd struct {
	JSON    bool     `help:"Print the scores as one JSON object." name:"json"`
	Verbose bool     `help:"Print every miss." short:"v"`
	Dirs    []string `arg:"" name:"dir" help:"Folders with NAME.txt beside NAME.json, or articles/ beside gold/."`
}

// Run scores the extraction against the annotated pairs in the folders.
func (c *evalCmd) Run(w *world) error {
	x, err := extract.New()
	if err != nil {
		return err
	}
	for _, dir := range c.Dirs {
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("%s cannot be read; check the spelling: %w", dir, err)
		}
	}
	report, err := score.Run(w.ctx, x, c.Dirs)
	if err != nil {
		return err
	}
	if report.All.Articles == 0 {
		return fmt.Errorf("%s: no NAME.txt with a NAME.json beside it (or articles/ beside gold/); nothing to score", strings.Join(c.Dirs, ", "))
	}
	if c.JSON {
		raw, err := report.JSON()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w.stdout, string(raw))
		return err
	}
	return report.Write(w.stdout, c.Verbose)
}

type explainCmd struct {
	Path string `arg:"" help:"An article file."`
}

// Run shows the article with everything that was recognised in it.
func (c *explainCmd) Run(w *world) error {
	x, err := extract.New()
	if err != nil {
		return err
	}
	article, err := feed.ReadFile(c.Path)
	if err != nil {
		return err
	}
	trace := x.Explain(article)
	_, err = io.WriteString(w.stdout, trace.String())
	return err
}
