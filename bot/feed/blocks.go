package feed

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Live tickers and galleries that say in no JSON-LD what they are, known by
// their form: blocks in a row that each begin with a time of the day, or
// pictures that each have a text, and little text beside them.
const (
	leastBlocks = 3   // blocks in a row
	leastText   = 60  // bytes a block has on average outside of links: less is a list of teasers
	mostDepth   = 8   // elements around a block's first word
	mostNodes   = 200 // nodes of one block
)

// clockMark is the time that a block begins with: "15:42", "15.42 Uhr –",
// "Di., 10.03.2026, 15:42 Uhr:". With a dot it must say "Uhr": it is a number or a
// date otherwise.
var clockMark = regexp.MustCompile(`^\s*((?:(?:Mo|Di|Mi|Do|Fr|Sa|So|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\p{L}*\.?,?\s+)?(?:\d{1,2}\.\s?(?:\d{1,2}\.|\p{Lu}\p{L}+\.?)\s?(?:\d{4})?\s?[,|–-]?\s?(?:um )?)?)(?:([01]?\d|2[0-3]):([0-5]\d)(?:\s?Uhr)?|([01]?\d|2[0-3])\.([0-5]\d)\s?Uhr)(?:$|[\s:|•–—-]+)`)

// noClock is the clock of an entry that states none.
const noClock = -1

// blocks finds the entries of a pruned page; none when it is an article.
func blocks(doc *html.Node) []entry {
	whole := proseIn(doc, mostWalked)
	if found := tickerBlocks(doc, whole); len(found) > 0 {
		return found
	}
	return galleryBlocks(doc, whole)
}

// mostWalked bounds the nodes that are looked at for the length of a page's text.
const mostWalked = 200_000

// tickerBlocks finds the element whose children make the longest row of blocks
// that begin with a time, and makes entries of them. A block reaches to the next
// one, so that a time may stand in a heading above its paragraphs.
func tickerBlocks(doc *html.Node, whole int) []entry {
	var best [][]*html.Node
	most := 0
	for parent := range doc.Descendants() {
		if parent.Type != html.ElementNode {
			continue
		}
		row := rowOf(parent)
		if len(row) < leastBlocks {
			continue
		}
		n := 0
		for _, block := range row {
			for _, part := range block {
				n += proseIn(part, mostNodes)
			}
		}
		if n > most && n >= leastText*len(row) {
			best, most = row, n
		}
	}
	if most*2 < whole {
		return nil // an article with a ticker beside it
	}
	var out []entry
	for _, block := range best {
		if len(out) < maxEntries {
			out = append(out, tickerEntry(block))
		}
	}
	nameEntries(out)
	return out
}

// rowOf cuts an element's children at each that begins with a time.
func rowOf(parent *html.Node) [][]*html.Node {
	var row [][]*html.Node
	for c := parent.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.ElementNode && beginsWithTime(c):
			row = append(row, []*html.Node{c})
		case len(row) > 0:
			row[len(row)-1] = append(row[len(row)-1], c)
		}
	}
	return row
}

// beginsWithTime looks at the first words in an element.
func beginsWithTime(n *html.Node) bool {
	for range mostDepth {
		if isStamp(n) {
			return true
		}
		first := n.FirstChild
		for first != nil && (first.Type == html.CommentNode || first.Type == html.TextNode && strings.TrimSpace(first.Data) == "" || isPicture(first)) {
			first = first.NextSibling
		}
		switch {
		case first == nil:
			return false
		case first.Type == html.TextNode:
			return clockMark.MatchString(first.Data)
		}
		n = first
	}
	return false
}

func isPicture(n *html.Node) bool {
	switch n.DataAtom { //nolint:exhaustive // the rest is none
	case atom.Img, atom.Picture, atom.Figure, atom.Svg, atom.Br, atom.A:
		return textIn(n) == ""
	}
	return false
}

// tickerEntry reads one block.
func tickerEntry(block []*html.Node) entry {
	e := entry{clock: noClock}
	var markup strings.Builder
	for _, part := range block {
		e.take(part)
		if !isStamp(part) {
			_ = html.Render(&markup, part) // into memory
		}
	}
	e.text = plain(markup.String())
	e.unmark()
	if m := clockMark.FindStringIndex(e.title); m != nil {
		e.title = strings.TrimSpace(e.title[m[1]:])
	}
	e.shorten()
	return e
}

// take notes what a part of a block says and takes the stamps out ("vor 5
// Minuten").
func (e *entry) take(part *html.Node) {
	e.note(part)
	var stamps []*html.Node
	for n := range part.Descendants() {
		e.note(n)
		if isStamp(n) {
			stamps = append(stamps, n)
		}
	}
	for _, n := range stamps {
		n.Parent.RemoveChild(n)
	}
}

// unmark takes the time off the text's beginning.
func (e *entry) unmark() {
	m := clockMark.FindStringSubmatch(e.text)
	if m == nil {
		return
	}
	e.clock = clockOf(m)
	if at, dayOnly, ok := readDate(m[0]); e.at.IsZero() && m[1] != "" && ok && !dayOnly {
		e.at = at
	}
	e.text = strings.TrimSpace(e.text[len(m[0]):])
}

// shorten takes the headline off the text's beginning, and caps both.
func (e *entry) shorten() {
	if rest, ok := strings.CutPrefix(e.text, e.title); ok && strings.TrimSpace(rest) != "" {
		e.text = strings.TrimLeft(rest, " \n:–—-")
	}
	e.title, e.text = clip(e.title, maxLine), clip(e.text, maxText)
}

// isStamp: an element that states a whole date and shows it in some way.
func isStamp(n *html.Node) bool {
	if n.DataAtom != atom.Time {
		return false
	}
	_, dayOnly, ok := readDate(attribute(n, "datetime"))
	return ok && !dayOnly
}

// note takes what an element of a block says: its heading, its time, its id.
func (e *entry) note(n *html.Node) {
	if n.Type != html.ElementNode {
		return
	}
	switch n.DataAtom { //nolint:exhaustive // the rest says nothing of its own
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if title := oneLine(textIn(n)); clockMark.ReplaceAllString(title, "") != "" {
			e.title = firstOf(e.title, title)
		}
	case atom.Time:
		if at, dayOnly, ok := readDate(attribute(n, "datetime")); ok && !dayOnly && e.at.IsZero() {
			e.at = at
		}
	}
	if id := attribute(n, "id"); e.id == "" && id != "" && len(id) < 200 {
		e.id = id
	}
}

// clockOf is the minute of the day that a mark states.
func clockOf(m []string) int {
	hour, minute := firstOf(m[2], m[4]), firstOf(m[3], m[5])
	h, err := strconv.Atoi(hour)
	n, err2 := strconv.Atoi(minute)
	if err != nil || err2 != nil {
		return noClock
	}
	return 60*h + n
}

// nameEntries gives entries without an id of their own one by which they are
// known again when others appear above them: the time, and which of that time
// from the oldest.
func nameEntries(entries []entry) {
	count := map[string]int{}
	order := entryOrder(entries)
	for _, i := range order {
		e := &entries[i]
		if e.id != "" {
			continue
		}
		mark := strconv.Itoa(e.clock)
		if e.clock == noClock {
			mark = e.at.Format(time.RFC3339)
		}
		count[mark]++
		e.id = mark + "/" + strconv.Itoa(count[mark])
	}
}

// entryOrder are the entries' places, the oldest first: most tickers show the
// newest first.
func entryOrder(entries []entry) []int {
	order := make([]int, len(entries))
	rising := 0
	for i := range entries {
		order[i] = i
		if i > 0 && entries[i].clock > entries[i-1].clock {
			rising++
		} else if i > 0 && entries[i].clock < entries[i-1].clock {
			rising--
		}
	}
	if rising <= 0 {
		for i := range order {
			order[i] = len(order) - 1 - i
		}
	}
	return order
}

// dateEntries gives entries that state the time of the day only their day: the
// ticker began when its page was published, and midnights passed since.
func dateEntries(entries []entry, began, now time.Time) {
	if began.IsZero() {
		return
	}
	day, last := began.In(berlin()), noClock
	for _, i := range entryOrder(entries) {
		e := &entries[i]
		if e.clock == noClock || !e.at.IsZero() {
			continue
		}
		if e.clock < last-60 { // not a late entry: a new day
			day = day.AddDate(0, 0, 1)
		}
		last = e.clock
		at := time.Date(day.Year(), day.Month(), day.Day(), 0, e.clock, 0, 0, day.Location())
		if at.After(now.Add(time.Hour)) {
			return // the page's date is not the ticker's first day
		}
		e.at = at
	}
}

// galleryBlocks makes an entry of each picture with a text, when these texts are
// most of the page's.
func galleryBlocks(doc *html.Node, whole int) []entry {
	var out []entry
	sum := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.Figcaption || len(out) == maxEntries {
			continue
		}
		if e := captionEntry(n); len(e.text) >= leastText {
			sum += proseIn(n, mostNodes)
			out = append(out, e)
		}
	}
	if len(out) < leastBlocks || sum*2 < whole {
		return nil
	}
	return out
}

// captionEntry reads a picture's text.
func captionEntry(n *html.Node) entry {
	e := entry{clock: noClock}
	var markup strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		_ = html.Render(&markup, c) // into memory
	}
	for part := range n.Descendants() {
		e.note(part)
	}
	e.text = plain(markup.String())
	e.shorten()
	if e.id == "" {
		e.id = firstOf(pictureIn(n.Parent), digest(e.title+e.text))
	}
	return e
}

// pictureIn is the address of the first picture in an element.
func pictureIn(n *html.Node) string {
	for p := range n.Descendants() {
		if p.Type == html.ElementNode && p.DataAtom == atom.Img {
			return attribute(p, "src")
		}
	}
	return ""
}

// proseIn is the length in letters of the text in a node outside of links,
// within so many nodes.
func proseIn(n *html.Node, most int) int {
	sum, seen := 0, 0
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if seen++; seen > most || n.Type == html.ElementNode && (n.DataAtom == atom.A || n.DataAtom == atom.Head) {
			return
		}
		if n.Type == html.TextNode {
			sum += utf8.RuneCountInString(strings.TrimSpace(n.Data))
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return sum
}

// textIn is the text of a small element.
func textIn(n *html.Node) string {
	var b strings.Builder
	left := mostNodes
	for c := range n.Descendants() {
		if left--; left < 0 {
			break
		}
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}
