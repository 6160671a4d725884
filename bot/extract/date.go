package extract

import (
	"fmt"
	"strconv"
	"time"

	"karussell/bot"
)

// when is what a time expression says.
type when struct {
	date   bot.Date // resolved against the publication; empty when it cannot be
	recent bool     // a weekday or "yesterday": within days of publication
	future bool
	past   bool // before the publication by its wording: "vor drei Jahren"
	until  bool // after "bis"
	since  bool // after "seit", "since"
	season bool // "2021/22"
	month  bool // a month without a year
	day    bool // a day without a year in an undated article
}

// findDates marks the time expressions and resolves them.
func (d *doc) findDates() {
	for i := 0; i < len(d.toks); i++ {
		if d.toks[i].ment >= 0 {
			continue
		}
		w, end := d.dateAt(i)
		if end <= i {
			continue
		}
		if !d.free(i, end) {
			continue
		}
		d.border(i, &w)
		d.cover(mention{kind: dateMention, from: i, to: end, ent: -1, owner: -1, when: w})
		i = end - 1
	}
}

// border reads the words before a date.
func (d *doc) border(i int, w *when) {
	for k := i - 1; k >= 0 && k >= i-3 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "bis", "until", "till", "through", "to":
			w.until = d.norm(k) != "to" || k == i-1
		case "seit", "since", "from":
			w.since = true
		case "kommenden", "kommender", "naechsten", "naechster", "next", "ab":
			w.future = true
		case "vergangenen", "vergangener", "vergangenem", "letzten", "letzter", "vorigen", "voriger", "last", "previous":
			w.past = true
		}
		if d.toks[k].kind == punctToken && d.norm(k) != "." {
			break
		}
	}
	if w.until && w.date != "" && len(w.date) >= 7 && d.published != "" && w.date.Compare(d.published) < 0 && d.yearless(i) {
		w.date = d.shiftYear(w.date, 1) // "bis Juni": the next one
	}
	if w.past && w.recent {
		w.recent = true
	}
}

// yearless reports whether the date beginning at token i names no year.
func (d *doc) yearless(i int) bool {
	for k := i; k < len(d.toks) && k < i+4; k++ {
		if d.toks[k].kind == numberToken && len(d.toks[k].norm) == 4 {
			return false
		}
	}
	return true
}

func (d *doc) shiftYear(x bot.Date, by int) bot.Date {
	return bot.Date(fmt.Sprintf("%04d%s", x.Year()+by, string(x)[4:]))
}

// dateAt reads the time expression at token i and returns its end, or i.
func (d *doc) dateAt(i int) (when, int) {
	t := &d.toks[i]
	switch {
	case t.kind == numberToken:
		return d.numericDate(i)
	case t.class.has(classMonth) && (t.capital || d.german()):
		return d.monthDate(i)
	case t.class.has(classWeekday):
		return d.weekday(i)
	case t.class.has(classSeason) && (t.capital || !d.german()):
		return d.season(i)
	}
	return d.relativeDate(i)
}

// num is the value of a number token, or -1.
func (d *doc) num(i int) int {
	if i < 0 || i >= len(d.toks) || d.toks[i].kind != numberToken || len(d.toks[i].norm) > 4 {
		return -1
	}
	n, err := strconv.Atoi(d.toks[i].norm)
	if err != nil {
		return -1
	}
	return n
}

func (d *doc) year(i int) int {
	if n := d.num(i); n >= 1920 && n <= 2060 && len(d.toks[i].norm) == 4 {
		return n
	}
	return 0
}

// numericDate reads "30. Juni 2023", "4.1.2024", "15 April 2022", "2021/22" and
// "2013".
func (d *doc) numericDate(i int) (when, int) {
	n := d.num(i)
	if y := d.year(i); y > 0 {
		return d.yearDate(i, y)
	}
	if n < 1 || n > 31 {
		return when{}, i
	}
	k := i + 1
	if d.norm(k) == "." {
		k++
	}
	for d.norm(k) == "st" || d.norm(k) == "th" || d.norm(k) == "of" {
		k++
	}
	if !d.sameSentence(i, k) {
		return when{}, i
	}
	if d.is(k, classMonth) && d.toks[k].capital {
		return d.dayDate(n, d.toks[k].info.value, k+1)
	}
	if m := d.num(k); k == i+2 && m >= 1 && m <= 12 && d.norm(k+1) == "." && d.sameSentence(i, k+2) {
		if y := d.year(k + 2); y > 0 {
			return when{date: ymd(y, m, n)}, k + 3
		}
		if d.published != "" && !d.toks[k].spaced {
			return when{date: d.nearest(m, n)}, k + 2
		}
	}
	return when{}, i
}

// dayDate completes day and month with the year that follows, or the nearest.
func (d *doc) dayDate(day, month, k int) (when, int) {
	at := k
	if d.norm(at) == "." || d.norm(at) == "," {
		at++
	}
	if y := d.year(at); y > 0 && d.sameSentence(k-1, at) {
		return when{date: ymd(y, month, day)}, at + 1
	}
	w := when{date: d.nearest(month, day), day: d.published == ""}
	if d.norm(k) == "last" && d.norm(k+1) == "year" && d.published != "" {
		w.date, w.past = ymd(d.published.Year()-1, month, day), true
		return w, k + 2
	}
	return w, k
}

func ymd(y, m, day int) bot.Date { return bot.Date(fmt.Sprintf("%04d-%02d-%02d", y, m, day)) }

// nearest is the day of that name nearest to the publication; empty when the
// article is undated.
func (d *doc) nearest(month, day int) bot.Date {
	pub, _, ok := d.published.Span(time.UTC)
	if !ok {
		return ""
	}
	y := pub.Year()
	if len(d.published) >= 7 {
		switch diff := month - int(pub.Month()); {
		case diff > 6:
			y--
		case diff < -6:
			y++
		}
	}
	return ymd(y, month, day)
}

// yearDate reads a year, a season or a span.
func (d *doc) yearDate(i, y int) (when, int) {
	date := bot.Date(strconv.Itoa(y))
	if d.norm(i+1) == "/" && d.num(i+2) >= 0 && d.sameSentence(i, i+2) {
		return when{date: date, season: true}, i + 3
	}
	if d.german() && i+1 < len(d.toks) && d.sameSentence(i, i+1) && d.toks[i+1].capital && d.toks[i+1].spaced &&
		d.toks[i+1].ment < 0 && d.is(i+1, classNoName) {
		return when{}, i // "2000 Zuschauer"
	}
	return when{date: date}, i + 1
}

// monthDate reads "Juni 2023", "Ende Juni", "April 15, 2022".
func (d *doc) monthDate(i int) (when, int) {
	m := d.toks[i].info.value
	k := i + 1
	if d.norm(k) == "." {
		k++
	}
	if !d.german() {
		if d.norm(i) == "may" || d.norm(i) == "march" {
			if !d.toks[i].capital || d.sents[d.toks[i].sent].from == i && d.num(k) < 0 {
				return when{}, i
			}
		}
		if n := d.num(k); n >= 1 && n <= 31 && d.sameSentence(i, k) {
			return d.dayDate(n, m, k+1)
		}
	}
	if y := d.year(k); y > 0 && d.sameSentence(i, k) {
		return when{date: bot.Date(fmt.Sprintf("%04d-%02d", y, m))}, k + 1
	}
	end := i + 1
	if d.norm(i+1) == "des" && (d.norm(i+2) == "vorjahres" || d.norm(i+2) == "vorjahrs") {
		return when{date: d.monthOf(m, 1), past: true}, i + 3
	}
	if d.norm(i+1) == "dieses" && d.norm(i+2) == "jahres" {
		return when{date: d.monthOf(m, 0)}, i + 3
	}
	return when{date: d.lastMonth(m), month: true}, end
}

// lastMonth is the latest month of that name that is not after the publication.
func (d *doc) lastMonth(m int) bot.Date {
	y := d.published.Year()
	if y == 0 {
		return ""
	}
	date := bot.Date(fmt.Sprintf("%04d-%02d", y, m))
	if len(d.published) >= 7 && date.Compare(d.published) > 0 {
		return bot.Date(fmt.Sprintf("%04d-%02d", y-1, m))
	}
	return date
}

func (d *doc) monthOf(m, yearsAgo int) bot.Date {
	y := d.published.Year()
	if y == 0 {
		return ""
	}
	return bot.Date(fmt.Sprintf("%04d-%02d", y-yearsAgo, m))
}

// weekday resolves "am Donnerstag" to the last such day up to the publication.
func (d *doc) weekday(i int) (when, int) {
	w := when{recent: true}
	if d.is(i-1, classStop) {
		switch d.norm(i - 1) {
		case "kommenden", "naechsten", "next":
			return when{future: true}, i + 1
		}
	}
	if pub, _, ok := d.published.Span(time.UTC); ok && len(d.published) == 10 {
		back := (int(pub.Weekday()) + 6 - (d.toks[i].info.value - 1)) % 7
		w.date = bot.DateOf(pub.AddDate(0, 0, -back))
	} else if len(d.published) == 7 {
		w.date = d.published
	}
	return w, i + 1
}

// season resolves "Sommer" and "summer" to a year.
func (d *doc) season(i int) (when, int) {
	if y := d.year(i + 1); y > 0 && d.sameSentence(i, i+1) {
		return when{date: bot.Date(strconv.Itoa(y))}, i + 2
	}
	y := d.published.Year()
	if y == 0 {
		return when{}, i + 1
	}
	w := when{date: bot.Date(strconv.Itoa(y))}
	if len(d.published) >= 7 {
		month, _ := strconv.Atoi(string(d.published[5:7]))
		switch start := d.toks[i].info.value; {
		case start == 12 && month <= 3:
		case start > month: // last year's or the next one: the tense must say
			return when{}, i + 1
		case month >= start+3:
			w.past = true
		}
	}
	if d.is(i-1, classStop) {
		switch d.norm(i - 1) {
		case "kommenden", "naechsten", "next":
			return when{future: true}, i + 1
		}
	}
	return w, i + 1
}

// relativeDate reads "gestern", "vor zwei Jahren", "three weeks ago", "im
// Vorjahr", "letztes Jahr".
func (d *doc) relativeDate(i int) (when, int) {
	switch d.norm(i) {
	case "heute", "today", "gestern", "yesterday", "vorgestern", "tonight":
		back := map[string]int{"gestern": 1, "yesterday": 1, "vorgestern": 2}[d.norm(i)]
		if d.norm(i) == "heute" && d.toks[min(i+1, len(d.toks)-1)].kind == numberToken {
			return when{}, i // "der heute 54-jährige"
		}
		w := when{recent: true, date: d.published}
		if pub, _, ok := d.published.Span(time.UTC); ok && len(d.published) == 10 {
			w.date = bot.DateOf(pub.AddDate(0, 0, -back))
		}
		return w, i + 1
	case "wochenende", "weekend":
		return when{recent: true}, i + 1
	case "vor":
		n := d.count(i + 1)
		at := i + 2
		for n < 0 && at < i+5 && d.sameSentence(i, at) {
			n = d.count(at) // "vor gut einem Jahr"
			at++
		}
		if n >= 0 && d.sameSentence(i, at) {
			return d.ago(n, at, i)
		}
	case "vorjahr", "vorjahres":
		if y := d.published.Year(); y > 0 {
			return when{date: bot.Date(strconv.Itoa(y - 1)), past: true}, i + 1
		}
		return when{past: true}, i + 1
	case "silvester", "weihnachten", "jahreswechsel", "christmas", "heiligabend":
		return when{date: d.lastMonth(12)}, i + 1
	}
	if n := d.count(i); n > 0 && d.sameSentence(i, i+2) && (d.norm(i+2) == "nach" || d.norm(i+2) == "nachdem" || d.norm(i+2) == "after") {
		switch d.norm(i + 1) {
		case "tag", "tage", "stunden", "day", "days", "hours":
			return when{recent: n < 8 || d.norm(i+1) == "stunden" || d.norm(i+1) == "hours"}, i + 2
		}
	}
	if n := d.count(i); n > 0 && d.sameSentence(i, i+4) && (d.norm(i+4) == "her" || d.norm(i+3) == "her") {
		if w, end := d.ago(n, i+1, i); end > i {
			return w, end
		}
	}
	if n := d.count(i); n >= 0 && d.norm(i+2) == "ago" && d.sameSentence(i, i+2) {
		w, end := d.ago(n, i+1, i)
		return w, min(end+1, len(d.toks))
	}
	return when{}, i
}

// count is the value of a number or number word, or -1.
func (d *doc) count(i int) int {
	if n := d.num(i); n >= 0 {
		return n
	}
	if d.is(i, classNumber) {
		return d.toks[i].info.value
	}
	return -1
}

// ago resolves n units, whose name stands at token unit, before publication.
func (d *doc) ago(n, unit, start int) (when, int) {
	var years, months, days int
	switch d.norm(unit) {
	case "jahr", "jahren", "jahre", "year", "years":
		years = n
	case "monat", "monaten", "monate", "month", "months":
		months = n
	case "woche", "wochen", "week", "weeks":
		days = 7 * n
	case "tag", "tagen", "tage", "day", "days":
		days = n
	default:
		return when{}, start
	}
	w := when{past: days == 0 || days > 10, recent: days > 0 && days <= 10}
	pub, _, ok := d.published.Span(time.UTC)
	if !ok {
		return w, unit + 1
	}
	at := pub.AddDate(-years, -months, -days)
	switch {
	case years > 0:
		w.date = bot.Date(at.Format("2006"))
	case months > 0 || len(d.published) < 10 || days > 6:
		w.date = bot.Date(at.Format("2006-01"))
	default:
		w.date = bot.DateOf(at)
	}
	return w, unit + 1
}

// readDateline takes the publication date from the text: a full date in the
// header, the dateline or the last line.
func (d *doc) readDateline() {
	if len(d.published) == 10 {
		return
	}
	for n := range d.sents {
		early := n < 5 && d.sents[n].from < 90
		late := n >= len(d.sents)-2
		if !early && !late {
			continue
		}
		for i := d.sents[n].from; i < d.sents[n].to; i++ {
			if date := d.fullDate(i, late && !early); date != "" {
				d.published = date
				return
			}
			if early && i-d.sents[n].from > 14 {
				break
			}
		}
	}
}

// fullDate is the day written at token i with its year, when it can be the
// date of the article; in a last line only in parentheses.
func (d *doc) fullDate(i int, closing bool) bot.Date {
	t := &d.toks[i]
	if t.kind != numberToken && (!t.class.has(classMonth) || !t.capital || d.german()) {
		return ""
	}
	if closing && d.norm(d.sents[t.sent].from) != "(" {
		return ""
	}
	if !closing {
		for k := i - 1; k >= d.sents[t.sent].from; k-- {
			if c := d.toks[k].class; c.has(classGerman|classEnglish) && d.norm(k) != "der" && d.norm(k) != "den" || d.norm(k) == "bis" {
				return "" // inside a sentence: "war am 3. Mai 2019 ..."
			}
		}
	}
	if t.kind == numberToken && d.year(i) > 0 {
		return ""
	}
	w, end := d.dateAt(i)
	if len(w.date) != 10 || end <= i+1 || d.year(end-1) == 0 {
		return ""
	}
	if d.published != "" && w.date.Compare(d.published) != 0 {
		return ""
	}
	return w.date
}
