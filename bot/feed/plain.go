package feed

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plain turns HTML (or text with entities, also twice encoded) into text with
// a blank line between paragraphs. Scripts, styles and captions are dropped.
func plain(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return tidy(s)
	}
	text := strip(s)
	// Some feeds encode their HTML twice: what is left then looks like tags.
	if strings.Contains(text, "<p") || strings.Contains(text, "&amp;") || strings.Contains(text, "&quot;") || strings.Contains(text, "</") {
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
	case atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.Li, atom.Blockquote, atom.Section, atom.Article, atom.Tr:
		b.WriteString("\n\n")
	case atom.Br:
		b.WriteString("\n")
	}
	return 0
}

// tidy removes surplus space and keeps paragraphs.
func tidy(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r", ""), "")
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
