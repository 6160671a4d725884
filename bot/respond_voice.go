package bot

import (
	"strconv"
	"strings"
	"time"
)

// voice speaks one chat's language in its time zone at one moment.
type voice struct {
	phrases  Phrases
	language string
	zone     *time.Location
	now      time.Time
}

// voiceFor follows the chat's setting, then the platform's hint, then German.
func (e *Engine) voiceFor(c Chat, hint string) voice {
	return voice{
		phrases:  e.Phrases,
		language: e.languageOf(c.Language, hint),
		zone:     c.location(),
		now:      e.Now(),
	}
}

func (e *Engine) languageOf(setting, hint string) string {
	known := e.Phrases.Languages()
	for _, wish := range []string{setting, hint} {
		base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(wish, "_", "-")), "-")
		for _, l := range known {
			if l == base {
				return l
			}
		}
	}
	return "de"
}

func (v voice) say(key string, args ...any) string {
	return v.phrases.Say(v.language, key, args...)
}

// long is "12. September 2024", "September 2024" or "2024".
func (v voice) long(d Date) string {
	first, _, ok := d.Span(time.UTC)
	if !ok {
		return v.say("unknown")
	}
	year := strconv.Itoa(first.Year())
	month := v.say("month_" + strconv.Itoa(int(first.Month())))
	switch len(d) {
	case len("2006"):
		return year
	case len("2006-01"):
		return month + " " + year
	}
	return v.say("date_long", "Day", first.Day(), "Month", month, "Year", year)
}

// short is "12.09.2024", "09/2024" or "2024".
func (v voice) short(d Date) string {
	first, _, ok := d.Span(time.UTC)
	if !ok {
		return v.say("unknown")
	}
	switch len(d) {
	case len("2006"):
		return first.Format("2006")
	case len("2006-01"):
		return first.Format("01/2006")
	}
	return first.Format(v.say("date_short_layout"))
}

// day is the short date of an instant in the chat's zone.
func (v voice) day(t time.Time) string { return v.short(DateOf(t.In(v.zone))) }

// moment is day and time of an instant in the chat's zone.
func (v voice) moment(t time.Time) string {
	return v.day(t) + ", " + t.In(v.zone).Format("15:04")
}

// clock writes minutes after midnight.
func clock(minute int) string {
	return time.Date(2000, 1, 1, 0, minute, 0, 0, time.UTC).Format("15:04")
}

// source is "laut kicker, 12.09.2024", or "laut kicker, undatiert, gelesen am
// 20.11.2026": no fact is shown without it.
func (v voice) source(s Source) string {
	if s.Outlet == "" && s.Title == "" {
		return v.say("source_unnamed", "When", v.stamp(s))
	}
	if s.Outlet == "" {
		return v.say("source_article", "Title", singleQuotes(v.language, shorten(s.Title, 60)), "When", v.stamp(s))
	}
	return v.say("source_outlet", "Outlet", s.Outlet, "When", v.stamp(s))
}

// stamp is the date of a source, or when it was read.
func (v voice) stamp(s Source) string {
	if s.Date.IsZero() {
		return v.say("source_undated", "Day", v.day(s.ReadAt))
	}
	return v.short(s.Date)
}

// list joins with commas and a final "und".
func (v voice) list(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	last := len(items) - 1
	return v.say("list_and", "Head", strings.Join(items[:last], ", "), "Last", items[last])
}

func plain(s string) TextSpan  { return TextSpan{Text: s} }
func bold(s string) TextSpan   { return TextSpan{Text: s, Style: Bold} }
func italic(s string) TextSpan { return TextSpan{Text: s, Style: Italic} }

func paragraph(spans ...TextSpan) Block { return Block{Spans: spans} }
func heading(s string) Block            { return Block{Kind: Heading, Spans: []TextSpan{bold(s)}} }
func item(spans ...TextSpan) Block      { return Block{Kind: ListItem, Spans: spans} }
