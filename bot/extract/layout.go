package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"karussell/bot"
)

// blockKind says what a line of an article is.
type blockKind uint8

const (
	bodyBlock blockKind = iota
	headlineBlock
	teaserBlock
	headingBlock
	creditBlock // photo credits, bylines, links to other articles: never read
)

// block is one line (a paragraph, as a rule) of the article.
type block struct {
	from, to int // bytes of the source
	kind     blockKind
}

// layout cuts the article into blocks and reads the header line and the
// dateline, which give the publication date when the article itself does not.
func (d *doc) layout() {
	d.blocks = d.blocks[:0]
	rest := d.bodyAt
	if d.bodyAt > 0 { // title and teaser came apart from the text
		for _, end := range d.heads {
			d.addBlock(d.headFrom(end), end, headlineBlock)
		}
	}
	for rest < len(d.src) {
		end := strings.IndexByte(d.src[rest:], '\n')
		if end < 0 {
			end = len(d.src)
		} else {
			end += rest
		}
		end = d.joinBrokenLine(rest, end)
		d.line(rest, end)
		rest = end + 1
	}
	d.headings()
}

// joinBrokenLine moves the end of a line that stops in the middle of a word or
// of a sentence (text wrapped at a fixed width) to the end of the paragraph.
func (d *doc) joinBrokenLine(from, end int) int {
	for end+1 < len(d.src) && end > from {
		line := strings.TrimRight(d.src[from:end], " \t\r")
		r, _ := utf8.DecodeLastRuneInString(line)
		next, _ := utf8.DecodeRuneInString(d.src[end+1:])
		broken := (r == '-' && unicode.IsLower(next)) || (unicode.IsLower(next) && (unicode.IsLower(r) || r == ','))
		wrapped := len(line) > 60 && !unicode.IsPunct(r) && !unicode.IsSpace(next) && next != utf8.RuneError
		if !broken && !wrapped {
			return end
		}
		n := strings.IndexByte(d.src[end+1:], '\n')
		if n < 0 {
			return len(d.src)
		}
		from = end + 1
		end += 1 + n
	}
	return end
}

func (d *doc) headFrom(end int) int {
	from := 0
	for _, e := range d.heads {
		if e < end {
			from = e
		}
	}
	return from
}

// line classifies one line by itself.
func (d *doc) line(from, to int) {
	for from < to && isBlank(d.src[from]) {
		from++
	}
	for to > from && isBlank(d.src[to-1]) {
		to--
	}
	if from == to {
		return
	}
	if len(d.blocks) == 0 || d.bodyAt > 0 && len(d.blocks) <= len(d.heads) {
		from = d.headerLine(from, to)
		if from == to {
			return
		}
	}
	s := d.src[from:to]
	if d.isCredit(s) {
		d.addBlock(from, to, creditBlock)
		return
	}
	d.addBlock(from, to, bodyBlock)
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' }

// headerLine reads " date 2024-09 rest" and returns where the rest begins.
func (d *doc) headerLine(from, to int) int {
	s, ok := strings.CutPrefix(d.src[from:to], "date ")
	if !ok {
		return from
	}
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '-') {
		n++
	}
	date, err := bot.ParseDate(s[:n])
	if err != nil || date.IsZero() {
		return from
	}
	if d.published.IsZero() {
		d.published = date
	}
	at := from + len("date ") + n
	for at < to && isBlank(d.src[at]) {
		at++
	}
	return at
}

func (d *doc) addBlock(from, to int, kind blockKind) {
	if from < to {
		d.blocks = append(d.blocks, block{from, to, kind})
	}
}

// maxHeading is the longest line in bytes that can still be a heading.
const maxHeading = 160

// headings finds headline, teaser and the headings between paragraphs: short
// lines without a full stop.
func (d *doc) headings() {
	seen := 0
	for i := range d.blocks {
		b := &d.blocks[i]
		if b.kind == headlineBlock {
			seen++
			continue
		}
		if b.kind != bodyBlock {
			continue
		}
		short := b.to-b.from <= maxHeading && !endsSentence(d.src[b.from:b.to])
		switch {
		case seen == 0 && (short || b.to-b.from <= maxHeading && d.moreBody(i)):
			b.kind = headlineBlock
			seen++
		case short:
			b.kind = headingBlock
		case seen == 1 && d.bodyAt == 0 && b.to-b.from <= 3*maxHeading && d.moreBody(i):
			b.kind = teaserBlock
			seen++
		default:
			seen += 2
		}
	}
}

// moreBody reports whether a longer paragraph follows block i.
func (d *doc) moreBody(i int) bool {
	for _, b := range d.blocks[i+1:] {
		if b.to-b.from > maxHeading {
			return true
		}
	}
	return false
}

// endsSentence reports whether a line ends like a sentence of running text.
func endsSentence(s string) bool {
	s = strings.TrimRight(s, " \"“”»«'’)")
	return strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, ";")
}

// isCredit reports whether a line is no part of the text. The beginnings come
// from lexicon/boilerplate.txt.
func (d *doc) isCredit(s string) bool {
	if len(s) > 400 {
		return false
	}
	for _, p := range d.lex.boilerplate {
		if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
			return true
		}
	}
	return false
}
