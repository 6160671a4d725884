package discord

import (
	"strings"
	"unicode"

	"karussell/bot"
)

// spans renders runs of text into at most room characters. prefix goes after
// every line break. whole is false when something is missing; the text then
// ends in an ellipsis.
func spans(in []bot.TextSpan, room int, prefix string) (text string, whole bool) {
	q := &quill{ink: newInk(room), atStart: true, prefix: prefix}
	if writeSpans(q, in) {
		return q.b.String(), true
	}
	q = &quill{ink: newInk(room - 1), atStart: true, prefix: prefix}
	writeSpans(q, in)
	if room < 1 {
		return "", false
	}
	return q.b.String() + "…", false
}

func writeSpans(q *quill, in []bot.TextSpan) bool {
	for _, s := range in {
		if !writeSpan(q, s) {
			return false
		}
	}
	return true
}

// writeSpan writes one run; when it does not fit, as much as fits, with its
// style and link closed.
func writeSpan(q *quill, s bot.TextSpan) bool {
	if s.Style == bot.Code && s.Link == "" {
		return writeCode(q, s.Text)
	}
	lead, core, trail := margins(s.Text)
	if core == "" {
		return q.text(s.Text)
	}
	if !q.text(lead) {
		return false
	}
	open, shut := marks(s.Style)
	if link := safeLink(s.Link, maxLink); link != "" {
		open, shut = open+"[", "]("+link+")"+shut
	}
	if open == "" {
		return q.text(core) && q.text(trail)
	}
	need := length(open) + length(shut)
	if q.left < need+1 {
		q.dry = true
		return false
	}
	q.put(open)
	q.left -= length(shut) // kept back
	q.atStart = false
	whole := q.text(core)
	q.dry = false
	q.left += length(shut)
	q.put(shut)
	q.dry = !whole
	return whole && q.text(trail)
}

// writeCode writes text that Discord shows as it is: there is no escape in it,
// so a backtick becomes its look-alike, as does a backslash at the end, which some
// readers take for an escape of what follows.
func writeCode(q *quill, text string) bool {
	text = strings.ReplaceAll(strings.TrimSpace(oneLine(text)), "`", "ˋ")
	if short, ok := strings.CutSuffix(text, `\`); ok {
		text = short + "⧵"
	}
	if text == "" {
		return true
	}
	open := "`"
	if strings.HasSuffix(q.b.String(), "`") {
		open = "\u200B`" // two marks in a row would be one of another length
	}
	if q.left < length(open)+2 {
		q.dry = true
		return false
	}
	short := cut(text, q.left-length(open)-1)
	q.atStart = false
	return q.put(open+short+"`") && short == text
}

// margins parts white space at the ends from the text: "** x **" is no bold.
func margins(s string) (lead, core, trail string) {
	core = strings.TrimLeftFunc(s, unicode.IsSpace)
	lead = s[:len(s)-len(core)]
	trimmed := strings.TrimRightFunc(core, unicode.IsSpace)
	return lead, trimmed, core[len(trimmed):]
}

func marks(s bot.Style) (open, shut string) {
	switch s {
	case bot.Bold:
		return "**", "**"
	case bot.Italic:
		return "*", "*"
	case bot.Strike:
		return "~~", "~~"
	case bot.Plain, bot.Code:
	}
	return "", ""
}
