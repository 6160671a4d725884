package discord

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ink writes at most a budget of characters and says when it ran dry. Discord
// counts characters; UTF-16 units are never fewer, so they are safe.
type ink struct {
	b    strings.Builder
	left int
	dry  bool
}

func newInk(budget int) *ink { return &ink{left: max(budget, 0)} }

// put writes s wholly or not at all.
func (w *ink) put(s string) bool {
	n := length(s)
	if w.dry || n > w.left {
		w.dry = true
		return false
	}
	w.b.WriteString(s)
	w.left -= n
	return true
}

// length is the size of s in UTF-16 units.
func length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// cut shortens plain text to limit characters, with an ellipsis where
// something is missing. White space at the ends goes: Discord drops it too.
func cut(s string, limit int) string {
	s = strings.TrimSpace(oneLine(s))
	if length(s) <= limit {
		return s
	}
	w := newInk(limit - 1)
	for _, r := range s {
		if !w.put(string(r)) {
			break
		}
	}
	return strings.TrimSpace(w.b.String()) + "…"
}

// oneLine replaces line breaks by spaces and drops what cannot be seen.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unseen(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// unseen are control characters and those that turn the direction of text:
// with them a headline can say something else than it shows.
func unseen(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case unicode.IsControl(r):
		return true
	case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\u200E', r == '\u200F', r == '\uFEFF':
		return true
	}
	return false
}

// quill writes foreign text so that Discord shows it letter by letter: no
// style, no list, no mention, no link, no ping.
type quill struct {
	*ink
	atStart bool // of a line
	prefix  string
}

// text writes s escaped; false when the ink ran dry.
func (q *quill) text(s string) bool {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for i, r := range s {
		if unseen(r) {
			continue
		}
		if r == '\n' {
			if !q.put("\n" + q.prefix) {
				return false
			}
			q.atStart = true
			continue
		}
		if !q.put(q.escape(r, s[i+utf8.RuneLen(r):])) {
			return false
		}
		// Digits keep the start open: "1. FC Köln" is no list.
		q.atStart = q.atStart && (unicode.IsSpace(r) || (r >= '0' && r <= '9'))
	}
	return true
}

func (q *quill) escape(r rune, rest string) string {
	switch r {
	case '\\', '*', '_', '~', '`', '|', '[', ']', '<', '>':
		return `\` + string(r)
	case '#', '-', '+', '.', ')':
		if q.atStart {
			return `\` + string(r)
		}
	case ':': // no address becomes a link, no word an emoji
		return `\:`
	case '@': // the escape alone does not stop every client from marking it
		if low := strings.ToLower(rest); strings.HasPrefix(low, "everyone") || strings.HasPrefix(low, "here") {
			return "@\u200B"
		}
		return `\@`
	}
	return string(r)
}

// escaped is a line of foreign text for places that read markdown.
func escaped(s string, limit int) string {
	s = strings.TrimSpace(oneLine(s))
	q := &quill{ink: newInk(limit), atStart: true}
	if q.text(s) {
		return q.b.String()
	}
	q = &quill{ink: newInk(limit - 1), atStart: true}
	q.text(s)
	return q.b.String() + "…"
}

// maxLink is the longest address that Discord takes, in bytes.
const maxLink = 2048

// safeLink is an http or https address in a form that cannot end a link early;
// empty when s is no such address or too long.
func safeLink(s string, limit int) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsFunc(u.Host, notInHost) {
		return ""
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	out := linkEscapes.Replace(u.String())
	if len(out) > limit || strings.ContainsFunc(out, notInLink) {
		return ""
	}
	return out
}

func notInLink(r rune) bool { return r <= ' ' || unseen(r) }

func notInHost(r rune) bool {
	return notInLink(r) || strings.ContainsRune("()<>[]\\\"'`*_~|@", r)
}

//nolint:gochecknoglobals // a constant table
var linkEscapes = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E",
	`"`, "%22", "'", "%27", " ", "%20", `\`, "%5C", "`", "%60", "*", "%2A", "|", "%7C", "[", "%5B", "]", "%5D", "@everyone", "%40everyone", "@here", "%40here")
