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
			text = Quoted(m.Language, text)
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

// Quoted puts the language's quotation marks around a text; those inside become
// single ones. A text that is one quotation already gets no second pair.
func Quoted(language, text string) string {
	if text == "" {
		return ""
	}
	outer := [2]string{"„", "“"}
	if language == "en" {
		outer = [2]string{"“", "”"}
	}
	if inner, ok := unquoted(text); ok {
		text = inner
	}
	return outer[0] + singleQuotes(language, text) + outer[1]
}

// unquoted takes off marks that embrace the whole text.
func unquoted(text string) (string, bool) {
	for _, pair := range [][2]string{{"„", "“"}, {"“", "”"}, {"\"", "\""}} {
		inner, left := strings.CutPrefix(text, pair[0])
		inner, right := strings.CutSuffix(inner, pair[1])
		if left && right && !strings.ContainsAny(inner, "„“”\"") {
			return inner, true
		}
	}
	return text, false
}

// singleQuotes turns German and English marks into the language's single ones.
// German closes with the mark that English opens with, so what is open decides.
func singleQuotes(language, text string) string {
	if !strings.ContainsAny(text, "„“”") {
		return text
	}
	begin, end := '‚', '‘'
	if language == "en" {
		begin, end = '‘', '’'
	}
	open := false
	return strings.Map(func(r rune) rune {
		switch {
		case r == '„', r == '“' && !open:
			open = true
			return begin
		case r == '“', r == '”':
			open = false
			return end
		}
		return r
	}, text)
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
