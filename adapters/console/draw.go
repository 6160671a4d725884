package console

import (
	"strconv"
	"strings"
	"unicode"

	"karussell/bot"
)

// ANSI attributes. Colours are the sixteen that every terminal theme sets.
const (
	bold   = "1"
	faint  = "2"
	italic = "3"
	under  = "4"
	strike = "9"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
)

func (c *Console) paint(attribute, s string) string {
	if !c.Colour || s == "" {
		return s
	}
	return "\x1b[" + attribute + "m" + s + "\x1b[0m"
}

// frame is the line above a message: it begins in the first column, where
// nothing else of a message does.
func (c *Console) frame(m bot.Message, head string) string {
	if m.Silent {
		head += " · " + word(m.Language, "silent")
	}
	head = "── " + head + " · " + c.Now().In(c.Zone).Format("15:04") + " "
	if n := c.Width - width(head); n > 0 {
		head += strings.Repeat("─", n)
	}
	return c.paint(faint, head) + "\n"
}

// body is the message below its frame, without buttons.
func (c *Console) body(m bot.Message) string {
	p := paper{c: c}
	c.drawTitle(&p, m)
	for _, block := range m.Blocks {
		text := c.spans(block.Spans)
		switch block.Kind {
		case bot.Heading:
			p.line("", c.paint(bold, text))
		case bot.Quote:
			p.line("> ", bot.Quoted(m.Language, text))
		case bot.ListItem:
			p.line("• ", text)
		case bot.Paragraph:
			p.line("", text)
		}
	}
	for _, f := range m.Fields {
		label := clean(f.Label)
		if label != "" {
			label = c.paint(faint, label+":") + " "
		}
		p.line("", label+c.spans(f.Value))
	}
	if m.Picture != nil {
		p.line("", "["+word(m.Language, "picture")+": "+clean(m.Picture.Alt)+"]")
	}
	c.drawFoot(&p, m)
	return p.String()
}

func (c *Console) drawTitle(p *paper, m bot.Message) {
	title := clean(m.Title)
	if symbol, name, colour := tone(m.Language, m.Tone); symbol != "" {
		p.line("", c.paint(colour, symbol+" "+name))
	}
	if title != "" {
		p.line("", c.paint(bold, title))
	}
	if link := address(m.Link); link != "" {
		p.line("", c.paint(blue, link))
	}
}

func (c *Console) drawFoot(p *paper, m bot.Message) {
	foot := clean(m.Footer)
	if !m.Time.IsZero() {
		layout := "02.01.2006 15:04"
		if m.Language == "en" {
			layout = "2 Jan 2006 15:04"
		}
		if foot != "" {
			foot += " · "
		}
		foot += m.Time.In(c.Zone).Format(layout)
	}
	if foot != "" {
		p.line("", c.paint(faint, foot))
	}
}

// choices prints the buttons with numbers that are never given twice in a
// session: a number read off one message cannot mean another message's button
// because an alert came in between.
func (c *Console) choices(m bot.Message, id bot.MessageID) string {
	p := paper{c: c}
	var row []string
	for _, buttons := range m.Buttons {
		for _, b := range buttons {
			label := clean(b.Label)
			switch {
			case label == "":
			case b.Link != "":
				if link := address(b.Link); link != "" {
					row = append(row, "→ "+label+": "+c.paint(blue, link))
				}
			case b.Action != "":
				c.pressed++
				c.buttons[c.pressed] = choice{action: b.Action, message: id}
				delete(c.buttons, c.pressed-keepButtons)
				row = append(row, c.paint(bold, "["+strconv.Itoa(c.pressed)+"]")+" "+label)
			}
		}
		p.row(row)
		row = row[:0]
	}
	return p.String()
}

func (c *Console) spans(spans []bot.TextSpan) string {
	var b strings.Builder
	for _, s := range spans {
		text := clean(s.Text)
		switch s.Style {
		case bot.Bold:
			text = c.paint(bold, text)
		case bot.Italic:
			text = c.paint(italic, text)
		case bot.Strike:
			text = c.paint(strike, text)
		case bot.Code:
			text = c.paint(under, text)
		case bot.Plain:
		}
		b.WriteString(text)
		if link := address(s.Link); link != "" && link != s.Text {
			b.WriteString(" (" + c.paint(blue, link) + ")")
		}
	}
	return b.String()
}

// address lets only web addresses through.
func address(link string) string {
	if !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "http://") {
		return ""
	}
	return strings.Join(strings.Fields(clean(link)), "%20")
}

// paper collects indented, wrapped lines.
type paper struct {
	c *Console
	b strings.Builder
}

func (p *paper) String() string { return p.b.String() }

const indent = "  "

// line writes text word by word; words longer than a line are left whole, for
// addresses must stay selectable.
func (p *paper) line(mark, text string) {
	for part := range strings.SplitSeq(text, "\n") {
		column := 0
		p.b.WriteString(indent + mark)
		for i, w := range strings.Fields(part) {
			n := width(w)
			switch {
			case i == 0:
			case column+1+n > p.c.Width-len(indent)-width(mark):
				p.b.WriteString("\n" + indent + strings.Repeat(" ", width(mark)))
				column = 0
			default:
				p.b.WriteByte(' ')
				column++
			}
			p.b.WriteString(w)
			column += n
		}
		p.b.WriteByte('\n')
	}
}

// row writes items side by side as far as the line goes.
func (p *paper) row(items []string) {
	column := 0
	for i, item := range items {
		n := width(item)
		switch {
		case i == 0:
			p.b.WriteString(indent)
		case column+3+n > p.c.Width-len(indent):
			p.b.WriteString("\n" + indent)
			column = 0
		default:
			p.b.WriteString("   ")
			column += 3
		}
		p.b.WriteString(strings.ReplaceAll(item, "\n", " "))
		column += n
	}
	if len(items) > 0 {
		p.b.WriteByte('\n')
	}
}

// width is the number of columns of s, escape sequences not counted.
func width(s string) int {
	n, escape := 0, false
	for _, r := range s {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff
}

// tone is symbol, word and colour: the colour only repeats what the word says.
func tone(language string, t bot.Tone) (symbol, name, colour string) {
	switch t {
	case bot.ToneOfficial:
		return "✔", word(language, "official"), green
	case bot.ToneLikely:
		return "◆", word(language, "likely"), blue
	case bot.ToneRumour:
		return "◇", word(language, "rumour"), yellow
	case bot.ToneOff:
		return "✘", word(language, "off"), faint
	case bot.ToneProblem:
		return "!", word(language, "problem"), red
	case bot.ToneNeutral:
	}
	return "", "", ""
}
