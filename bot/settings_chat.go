package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

func (e *Engine) settingsCommand(_ context.Context, a *ask) (Message, error) {
	return a.settingsPanel(), nil
}

// settingsPanel is the overview: everything that takes arguments can be tapped.
func (a *ask) settingsPanel() Message {
	m := Message{Title: a.say("settings_title"), Private: true, Replace: a.pressed()}
	line := func(label, text string) {
		m.Blocks = append(m.Blocks, paragraph(bold(a.say(label)+": "), plain(text)))
	}
	line("label_language", a.say("language_name"))
	line("label_quiet", a.quietLine())
	line("label_digest", a.digestText(a.chat.Digest))
	muted := 0
	for _, mute := range a.chat.Mutes {
		if mute.Until.IsZero() || mute.Until.After(a.now) {
			muted++
		}
	}
	if muted == 0 {
		line("label_mutes", a.say("mutes_zero"))
	} else {
		line("label_mutes", a.say("mutes_count", "Count", muted))
	}
	if !a.mayManage() {
		m.Blocks = append(m.Blocks, paragraph(italic(a.say("manage_only"))))
	}
	m.Buttons = rows(2,
		press(a.say("button_subscriptions"), newAction(actListSubs, "0")),
		press(a.say("label_language"), newAction(actPanel, "language")),
		press(a.say("label_quiet"), newAction(actPanel, "quiet")),
		press(a.say("label_digest"), newAction(actPanel, "digest")),
		press(a.say("label_mutes"), newAction(actPanel, "mutes")),
		press(a.say("button_delete"), newAction(actPanel, "delete")))
	return m
}

func (v voice) quietLineOf(c *Chat) string {
	if !c.Quiet.Active() {
		return v.say("off")
	}
	zone := c.Zone
	if zone == "" {
		zone = homeZone
	}
	return quietText(c.Quiet) + " (" + zone + ")"
}

func (a *ask) quietLine() string { return a.quietLineOf(&a.chat) }

// panel opens a part of the settings.
func (e *Engine) panel(ctx context.Context, a *ask, part string) (Message, error) {
	switch part {
	case "language":
		return e.languagePanel(a), nil
	case "quiet":
		return a.quietPanel(), nil
	case "digest":
		return a.digestPanel(), nil
	case "mutes":
		return e.mutesPanel(ctx, a)
	case "delete":
		m, err := e.deleteCommand(ctx, a)
		return m, err
	}
	return a.settingsPanel(), nil
}

func (a *ask) quietPanel() Message {
	m := Message{Title: a.say("label_quiet"), Private: true, Replace: a.pressed()}
	text := a.say("quiet_none")
	if a.chat.Quiet.Active() {
		text = a.say("quiet_now", "Hours", a.quietLine())
	}
	m.Blocks = []Block{paragraph(plain(text))}
	m.Buttons = rows(2,
		press("22:00–07:00", newAction(actQuiet, "2200-0700")),
		press("23:00–08:00", newAction(actQuiet, "2300-0800")),
		press(a.say("button_other_hours"), newAction(actQuiet, "form")),
		press(a.say("off"), newAction(actQuiet, "off")),
		press(a.say("button_settings"), newAction(actPanel, "main")))
	return m
}

func (a *ask) digestPanel() Message {
	m := Message{Title: a.say("label_digest"), Private: true, Replace: a.pressed()}
	text := a.say("digest_none")
	if a.chat.Digest.Every != "" {
		text = a.say("digest_now", "Digest", a.digestText(a.chat.Digest))
	}
	m.Blocks = []Block{paragraph(plain(text))}
	label := func(d Digest) string { return a.digestText(d) }
	m.Buttons = rows(2,
		press(label(Digest{Every: DailyDigest, Minute: 8 * 60}), newAction(actDigest, "daily-0800")),
		press(label(Digest{Every: DailyDigest, Minute: 18 * 60}), newAction(actDigest, "daily-1800")),
		press(label(Digest{Every: WeeklyDigest, Weekday: time.Monday, Minute: 8 * 60}), newAction(actDigest, "mon-0800")),
		press(label(Digest{Every: WeeklyDigest, Weekday: time.Friday, Minute: 18 * 60}), newAction(actDigest, "fri-1800")),
		press(a.say("off"), newAction(actDigest, "off")),
		press(a.say("button_settings"), newAction(actPanel, "main")))
	return m
}

// quietCommand reads "/quiet 22:00-07:00 Europe/Vienna" or "/quiet off".
func (e *Engine) quietCommand(ctx context.Context, a *ask) (Message, error) {
	hours, zone := a.Args["hours"], strings.TrimSpace(a.Args["zone"])
	if len(a.Args) == 0 {
		hours = a.Text
		if i := strings.LastIndexByte(strings.TrimSpace(hours), ' '); i > 0 && strings.Contains(hours[i:], "/") {
			hours, zone = hours[:i], strings.TrimSpace(hours[i+1:])
		}
	}
	if strings.TrimSpace(hours) == "" && zone == "" {
		return a.quietPanel(), nil
	}
	return e.setQuiet(ctx, a, hours, zone)
}

// clockPattern accepts "8", "8:30", "8.30" and "0830".
var clockPattern = regexp.MustCompile(`^(\d{1,2})(?:[:.]?(\d{2}))?$`)

// hoursPattern accepts "22:00-07:00", "22-7", "22.30 bis 7", "2200-0700".
var hoursPattern = regexp.MustCompile(`^(\d{1,2})(?:[:.]?(\d{2}))?\s*(?:-|–|bis|to|until|and|und)\s*(\d{1,2})(?:[:.]?(\d{2}))?$`)

func isOff(s string) bool {
	return slices.Contains([]string{"off", "aus", "nie", "never", "no", "nein"}, strings.ToLower(strings.TrimSpace(s)))
}

// halfDay is a time as English speakers write it: "8am", "10:30 pm".
var halfDay = regexp.MustCompile(`\b(\d{1,2})(?:[:.](\d{2}))?\s*([ap])\.?m\b\.?`)

// wallClock writes times of half days as those of whole ones.
func wallClock(s string) string {
	return halfDay.ReplaceAllStringFunc(strings.ToLower(s), func(t string) string {
		m := halfDay.FindStringSubmatch(t)
		minute, ok := parseMinute(m[1], m[2])
		if !ok || minute >= 13*60 {
			return t
		}
		minute %= 12 * 60
		if m[3] == "p" {
			minute += 12 * 60
		}
		return clock(minute)
	})
}

// parseHours reads a daily span; ok is false for anything else, also for an
// empty span.
func parseHours(s string) (q QuietHours, ok bool) {
	s = strings.ReplaceAll(wallClock(s), "uhr", "")
	for _, lead := range []string{"von ", "from ", "between ", "zwischen "} {
		s = strings.TrimPrefix(strings.TrimSpace(s), lead)
	}
	m := hoursPattern.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return q, false
	}
	from, ok1 := parseMinute(m[1], m[2])
	to, ok2 := parseMinute(m[3], m[4])
	return QuietHours{from, to}, ok1 && ok2 && from != to
}

// parseMinute is minutes after midnight; 24:00 is midnight.
func parseMinute(hour, minute string) (int, bool) {
	var h, m int
	if _, err := fmt.Sscanf(hour, "%d", &h); err != nil {
		return 0, false
	}
	if minute != "" {
		if _, err := fmt.Sscanf(minute, "%d", &m); err != nil {
			return 0, false
		}
	}
	return (h*60 + m) % (24 * 60), h <= 24 && m < 60 && h*60+m <= 24*60
}

func (e *Engine) setQuiet(ctx context.Context, a *ask, hours, zone string) (Message, error) {
	q := a.chat.Quiet
	switch {
	case isOff(hours):
		q = QuietHours{}
	case strings.TrimSpace(hours) != "":
		var ok bool
		if q, ok = parseHours(hours); !ok {
			return e.usage(ctx, a, "quiet")
		}
	}
	if zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			return a.problem("no_zone", "Zone", shorten(zone, 40)), nil //nolint:nilerr // the user's typing error
		}
	}
	err := e.changeChat(ctx, a, func(c *Chat) {
		c.Quiet = q
		if zone != "" {
			c.Zone = zone
		}
	})
	if err != nil {
		return Message{}, err
	}
	if !q.Active() {
		return a.note("quiet_off"), nil
	}
	return a.note("quiet_set", "Hours", a.quietLine()), nil
}

// quietForm asks for the hours in words of the user's own.
func (a *ask) quietForm() Message {
	m := a.note("usage_quiet", "Command", "quiet")
	hours := "22:00-07:00"
	if a.chat.Quiet.Active() {
		hours = clock(a.chat.Quiet.From) + "-" + clock(a.chat.Quiet.To)
	}
	m.Form = &Form{
		Action: newAction(actQuiet, "sent"),
		Title:  a.say("label_quiet"),
		Inputs: []Input{
			{Name: "hours", Label: a.say("quiet_hours_label"), Hint: "22:00-07:00", Value: hours, Required: true, Max: 20},
			{Name: "zone", Label: a.say("quiet_zone_label"), Hint: homeZone, Value: a.chat.Zone, Max: 40},
		},
	}
	return m
}

// digestCommand reads "/digest daily 08:00", "/digest weekly mon 08:00",
// "/digest off".
func (e *Engine) digestCommand(ctx context.Context, a *ask) (Message, error) {
	when := a.arg("when", 0, true)
	if when == "" {
		return a.digestPanel(), nil
	}
	d, ok := parseDigest(when)
	if !ok {
		return e.usage(ctx, a, "digest")
	}
	return e.setDigest(ctx, a, d)
}

// weekdays are the first letters of the days in both languages.
//
//nolint:gochecknoglobals // a constant table
var weekdays = map[string]time.Weekday{
	"so": time.Sunday, "su": time.Sunday, "mo": time.Monday, "di": time.Tuesday, "tu": time.Tuesday,
	"mi": time.Wednesday, "we": time.Wednesday, "do": time.Thursday, "th": time.Thursday,
	"fr": time.Friday, "sa": time.Saturday,
}

// parseDigest reads a rhythm, a weekday and a time in any order; the time is
// 08:00 and the day Monday where they are missing.
func parseDigest(s string) (Digest, bool) {
	if isOff(s) {
		return Digest{}, true
	}
	d := Digest{Minute: 8 * 60, Weekday: time.Monday}
	for w := range strings.FieldsSeq(strings.ReplaceAll(wallClock(s), "-", " ")) {
		if !d.take(w) {
			return d, false
		}
	}
	return d, d.Every != NoDigest
}

// take applies one word of a digest; false when it is none.
func (d *Digest) take(w string) bool {
	switch w {
	case "daily", "täglich", "taeglich", "tag", "day":
		d.Every = DailyDigest
		return true
	case "weekly", "wöchentlich", "woechentlich", "woche", "week":
		d.Every = WeeklyDigest
		return true
	case "uhr", "um", "at", "on", "am", "every", "each", "jeden", "jede":
		return true
	}
	if w[0] >= '0' && w[0] <= '9' {
		m := clockPattern.FindStringSubmatch(w)
		if m == nil {
			return false
		}
		minute, ok := parseMinute(m[1], m[2])
		d.Minute = minute
		return ok
	}
	day, ok := weekdays[w[:min(2, len(w))]]
	if ok {
		d.Every, d.Weekday = WeeklyDigest, day
	}
	return ok
}

func (e *Engine) setDigest(ctx context.Context, a *ask, d Digest) (Message, error) {
	err := e.changeChat(ctx, a, func(c *Chat) {
		d.Last = c.Digest.Last
		if c.Digest.Every == NoDigest {
			d.Last = a.now // nothing older belongs into the first one
		}
		c.Digest = d
	})
	if err != nil {
		return Message{}, err
	}
	if d.Every == NoDigest {
		return a.note("digest_off"), nil
	}
	m := a.note("digest_set", "Digest", a.digestText(d))
	m.Buttons = rows(1, press(a.say("button_subscriptions"), newAction(actListSubs, "0")))
	return m, nil
}
