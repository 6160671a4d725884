package feed

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// encodedTwice matches what is left of HTML that was encoded twice.
var encodedTwice = regexp.MustCompile(`</?(?:p|b|i|a|br|em|strong|div|span|h[1-6]|ul|li|img)\b[^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8}\d?);`)

// plain turns HTML (or text with entities, also twice encoded) into text with
// a blank line between paragraphs. Scripts, styles and captions are dropped.
func plain(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return tidy(s)
	}
	text := strip(s)
	// Some feeds encode their HTML twice: what is left then looks like tags.
	if encodedTwice.MatchString(text) {
		text = strip(text)
	}
	return tidy(text)
}

func strip(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(maxPage)
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			skip += tag(&b, atom.Lookup(name), 1, skip)
		case html.EndTagToken:
			name, _ := z.TagName()
			skip += tag(&b, atom.Lookup(name), -1, skip)
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag(&b, atom.Lookup(name), 0, skip)
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

// tag writes the break that a tag means and returns how the depth of skipped
// elements changes.
func tag(b *strings.Builder, a atom.Atom, depth, skip int) int {
	switch a { //nolint:exhaustive // the rest means nothing to text
	case atom.Script, atom.Style, atom.Figcaption, atom.Noscript, atom.Iframe:
		if depth < 0 && skip == 0 {
			return 0
		}
		return depth
	case atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Li, atom.Ul, atom.Ol,
		atom.Dt, atom.Dd, atom.Blockquote, atom.Section, atom.Article, atom.Main, atom.Header, atom.Figure, atom.Table, atom.Tr, atom.Hr:
		b.WriteString("\n\n")
	case atom.Br:
		b.WriteString("\n")
	case atom.Td, atom.Th:
		b.WriteString(" ")
	}
	return 0
}

// invisible characters would tear names apart: soft hyphens, zero-width spaces
// and joiners, byte order marks, directions.
//
//nolint:gochecknoglobals // a constant table
var invisible = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00ad", "", "\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "",
	"\u200e", "", "\u200f", "", "\u202a", "", "\u202b", "", "\u202c", "", "\u202d", "", "\u202e", "", "\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "", "\u2028", "\n", "\u2029", "\n\n")

// tidy removes surplus space and invisible characters, composes letters and
// keeps paragraphs.
func tidy(s string) string {
	s = norm.NFC.String(invisible.Replace(strings.ToValidUTF8(s, "")))
	var out []string
	for paragraph := range strings.SplitSeq(s, "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			if line = oneLine(line); line != "" {
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 {
			out = append(out, strings.Join(lines, "\n"))
		}
	}
	return strings.Join(out, "\n\n")
}
