package telegram

import (
	"net/url"
	"sort"
	"strings"
	"unicode"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// Telegram's limits, in UTF-16 units after entities (core.telegram.org/bots/api,
// sendMessage and sendPhoto); more than 100 entities are dropped there.
const (
	maxText     = 4096
	maxCaption  = 1024
	maxEntities = 100
)

// rich is text in UTF-16 units with its entities, sorted by offset.
type rich struct {
	units    []uint16
	entities []tgbotapi.MessageEntity
}

func (r *rich) text() string { return string(utf16.Decode(r.units)) }

// add appends s and marks it with the given entities; a link is "text_link".
func (r *rich) add(s string, kinds []string, link string) {
	from := len(r.units)
	r.units = append(r.units, utf16.Encode([]rune(isolate(cleanText(s))))...)
	r.mark(from, len(r.units), kinds, link)
}

// isolate keeps a name written from right to left from reordering what stands
// around it.
func isolate(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) }) < 0 {
		return s
	}
	core := strings.Trim(s, " \n")
	return strings.Replace(s, core, "\u2068"+core+"\u2069", 1)
}

// mark puts entities on a range, without the spaces at its ends: Telegram drops
// these and would shift the range.
func (r *rich) mark(from, to int, kinds []string, link string) {
	for from < to && isSpace(r.units[from]) {
		from++
	}
	for to > from && isSpace(r.units[to-1]) {
		to--
	}
	if from == to {
		return
	}
	for _, kind := range kinds {
		r.entities = append(r.entities, tgbotapi.MessageEntity{Type: kind, Offset: from, Length: to - from})
	}
	if link != "" {
		r.entities = append(r.entities, tgbotapi.MessageEntity{Type: "text_link", Offset: from, Length: to - from, URL: link})
	}
}

// spans appends spans in their styles.
func (r *rich) spans(spans []bot.TextSpan) {
	for _, s := range spans {
		link := webLink(s.Link)
		r.add(s.Text, entityKinds(s.Style, link), link)
	}
}

// entityKinds maps a style. Code admits no other entity on the same text, so a
// link wins over it.
func entityKinds(s bot.Style, link string) []string {
	switch s {
	case bot.Bold:
		return []string{"bold"}
	case bot.Italic:
		return []string{"italic"}
	case bot.Strike:
		return []string{"strikethrough"}
	case bot.Code:
		if link == "" {
			return []string{"code"}
		}
	case bot.Plain:
	}
	return nil
}

// webLink is the address if Telegram can link it, else empty: an unusable one
// would cost the whole message.
func webLink(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// cleanText does beforehand what Telegram does to text, so that offsets stay
// right: invalid bytes, control characters and the characters that reverse the
// direction of what follows go.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\u2028', '\u2029':
			return '\n'
		case '\t', '\v', '\f', '\u0085':
			return ' '
		case 0x7F, '\uFEFF', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E':
			return -1
		}
		if r < ' ' {
			return -1
		}
		return r
	}, s)
}

// finish trims the ends and the blank lines in excess, and sorts the entities.
func (r *rich) finish() {
	end := len(r.units)
	for end > 0 && isSpace(r.units[end-1]) {
		end--
	}
	start := 0
	for start < end && isSpace(r.units[start]) {
		start++
	}
	*r = r.slice(start, end)
	sort.SliceStable(r.entities, func(i, j int) bool {
		a, b := r.entities[i], r.entities[j]
		if a.Offset != b.Offset {
			return a.Offset < b.Offset
		}
		return a.Length > b.Length
	})
}

// slice is the part from start to end with the entities that reach into it.
func (r *rich) slice(start, end int) rich {
	out := rich{units: r.units[start:end]}
	for _, e := range r.entities {
		from, to := max(e.Offset, start), min(e.Offset+e.Length, end)
		for from < to && isSpace(r.units[from]) {
			from++
		}
		for to > from && isSpace(r.units[to-1]) {
			to--
		}
		if from >= to {
			continue
		}
		e.Offset, e.Length = from-start, to-from
		out.entities = append(out.entities, e)
	}
	return out
}

// split cuts r into parts of at most limit units and maxEntities entities.
func (r *rich) split(limit int) []rich {
	var parts []rich
	rest := *r
	for {
		end := min(limit, len(rest.units))
		if len(rest.entities) > maxEntities {
			end = min(end, max(rest.entities[maxEntities].Offset, 1))
		}
		if end == len(rest.units) {
			return append(parts, rest)
		}
		cut := rest.cutPoint(end)
		part, next := rest.slice(0, cut), rest.slice(cut, len(rest.units))
		part.finish()
		next.finish()
		if len(part.units) > 0 {
			parts = append(parts, part)
		}
		if len(next.units) == 0 {
			return parts
		}
		rest = next
	}
}

// shorten cuts r to limit units, with an ellipsis where something is missing.
func (r *rich) shorten(limit int) rich {
	if len(r.units) <= limit && len(r.entities) <= maxEntities {
		return *r
	}
	part := r.split(limit - 2)[0]
	part.units = append(append([]uint16(nil), part.units...), ' ', '…')
	return part
}

// cutPoint finds where to end a part that must not exceed limit: at the end of
// a paragraph, a line, a sentence or a word in its second half, outside of
// entities where they are short enough, and never inside a character.
func (r *rich) cutPoint(limit int) int {
	for _, ends := range []func(int) bool{r.endsParagraph, r.endsLine, r.endsSentence, r.endsWord} {
		for cut := limit; cut > limit/2; cut-- {
			if ends(cut) && !r.insideEntity(cut, limit/2) {
				return cut
			}
		}
	}
	// A long entity is cut at a word, a long word between characters.
	for _, ends := range []func(int) bool{r.endsWord, r.endsCharacter} {
		for cut := limit; cut > max(1, limit/2); cut-- {
			if ends(cut) {
				return cut
			}
		}
	}
	if limit > 1 && utf16.IsSurrogate(rune(r.units[limit-1])) && isLow(r.units[limit]) {
		return limit - 1
	}
	return limit
}

func (r *rich) endsParagraph(cut int) bool {
	return cut >= 2 && r.units[cut-1] == '\n' && r.units[cut-2] == '\n'
}
func (r *rich) endsLine(cut int) bool { return cut >= 1 && r.units[cut-1] == '\n' }
func (r *rich) endsWord(cut int) bool { return cut >= 1 && isSpace(r.units[cut-1]) }

func (r *rich) endsSentence(cut int) bool {
	return cut >= 4 && r.endsWord(cut) && strings.ContainsRune(".!?…“\"", rune(r.units[cut-2])) &&
		!isDigit(r.units[cut-3]) // "1. FC", "2. Bundesliga"
}

// insideEntity reports whether cut falls into an entity that is shorter than
// long units.
func (r *rich) insideEntity(cut, long int) bool {
	for _, e := range r.entities {
		if e.Offset < cut && cut < e.Offset+e.Length && e.Length < long {
			return true
		}
	}
	return false
}

// endsCharacter is false between the halves of a surrogate pair and inside what
// is drawn as one character: combining marks, joined emoji, skin tones, flags.
func (r *rich) endsCharacter(cut int) bool {
	if cut >= len(r.units) {
		return true
	}
	if isLow(r.units[cut]) {
		return false
	}
	next := runeAt(r.units, cut)
	const joiner = '\u200D'
	if unicode.In(next, unicode.Mn, unicode.Me, unicode.Variation_Selector) || next == joiner || r.units[cut-1] == joiner {
		return false
	}
	isSkin := next >= 0x1F3FB && next <= 0x1F3FF
	isFlag := next >= 0x1F1E6 && next <= 0x1F1FF
	return !isSkin && !isFlag
}

func runeAt(units []uint16, i int) rune {
	if i+1 < len(units) {
		if r := utf16.DecodeRune(rune(units[i]), rune(units[i+1])); r != unicode.ReplacementChar {
			return r
		}
	}
	return rune(units[i])
}

func isLow(u uint16) bool   { return u >= 0xDC00 && u <= 0xDFFF }
func isDigit(u uint16) bool { return u >= '0' && u <= '9' }
func isSpace(u uint16) bool { return u == ' ' || u == '\n' || u == 0xA0 || unicode.IsSpace(rune(u)) }
