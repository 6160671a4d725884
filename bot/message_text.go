package bot

import "strings"

func plainText(m Message) string {
	var b strings.Builder
	line := func(s string) {
		if s != "" {
			b.WriteString(s)
			b.WriteByte('\n')
		}
	}
	title := m.Title
	if title != "" && m.Link != "" {
		title += " (" + m.Link + ")"
	}
	line(title)
	for _, block := range m.Blocks {
		text := spansText(block.Spans)
		switch block.Kind {
		case Quote:
			text = quoted(m.Language, strings.Trim(text, "„“”\""))
		case ListItem:
			text = "• " + text
		case Paragraph, Heading:
		}
		line(text)
	}
	for _, f := range m.Fields {
		line(f.Label + ": " + spansText(f.Value))
	}
	line(m.Footer)
	return strings.TrimRight(b.String(), "\n")
}

// quoted puts the language's quotation marks around text.
func quoted(language, text string) string {
	if language == "en" {
		return "“" + text + "”"
	}
	return "„" + text + "“"
}

func spansText(spans []TextSpan) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
		if s.Link != "" && s.Link != s.Text {
			b.WriteString(" (" + s.Link + ")")
		}
	}
	return b.String()
}
