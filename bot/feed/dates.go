package feed

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// months in German and English, by their first three letters after folding.
//
//nolint:gochecknoglobals // a constant table
var months = map[string]time.Month{
	"jan": 1, "jän": 1, "feb": 2, "mar": 3, "mär": 3, "mae": 3, "mrz": 3, "apr": 4, "mai": 5, "may": 5, "jun": 6,
	"jul": 7, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dez": 12, "dec": 12,
}

// zones are abbreviations that German and British feeds use. Go would read an
// unknown abbreviation as UTC.
//
//nolint:gochecknoglobals // a constant table
var zones = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "WET": 0, "BST": 3600, "WEST": 3600,
	"MEZ": 3600, "CET": 3600, "MESZ": 7200, "CEST": 7200, "EET": 7200, "EEST": 10800,
	"EST": -5 * 3600, "EDT": -4 * 3600, "PST": -8 * 3600, "PDT": -7 * 3600,
}

var (
	isoDate   = regexp.MustCompile(`(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?)?`)
	dotDate   = regexp.MustCompile(`(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b`)
	wordDate  = regexp.MustCompile(`(\d{1,2})\.?[ -]([\p{L}]{3,9})\.?[ -](\d{4}|\d{2})\b`)
	wordFirst = regexp.MustCompile(`([\p{L}]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b`)
	clock     = regexp.MustCompile(`\b(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(?i:(uhr|am|pm))?`)
	offset    = regexp.MustCompile(`([+-])(\d{2}):?(\d{2})\s*$`)
	epoch     = regexp.MustCompile(`^\d{10}(\d{3})?$`)
)

// earliest is the first year in which an article can have appeared on the web.
const earliest = 1990

// readDate reads a feed's date in any of the ways that German and English feeds
// write one. A date without zone is Berlin's time; a date without a time of day
// has dayOnly set. ok is false when there is no date in it.
func readDate(raw string) (t time.Time, dayOnly, ok bool) {
	raw = norm.NFC.String(strings.TrimSpace(raw))
	if len(raw) > 100 {
		raw = raw[:100]
	}
	if epoch.MatchString(raw) {
		return readEpoch(raw), false, true
	}
	y, m, d, rest, ok := readDay(raw)
	if !ok {
		return time.Time{}, false, false
	}
	hour, minute, second, timed := readClock(rest)
	zone := readZone(rest)
	t = time.Date(y, m, d, hour, minute, second, 0, zone)
	if t.Day() != d || t.Year() < earliest || t.Year() > 2100 {
		return time.Time{}, false, false // the 31st of November, or no date at all
	}
	return t, !timed, true
}

func readEpoch(raw string) time.Time {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return time.Time{}
	}
	if len(raw) == 13 {
		return time.UnixMilli(n)
	}
	return time.Unix(n, 0)
}

// readDay finds the day and returns what is left after cutting it out.
func readDay(raw string) (y int, m time.Month, d int, rest string, ok bool) {
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	for _, form := range []struct {
		re      *regexp.Regexp
		y, m, d int
	}{{isoDate, 1, 2, 3}, {dotDate, 3, 2, 1}, {wordDate, 3, 2, 1}, {wordFirst, 3, 1, 2}} {
		at := form.re.FindStringSubmatchIndex(raw)
		if at == nil {
			continue
		}
		part := func(i int) string { return raw[at[2*i]:at[2*i+1]] }
		y, d = number(part(form.y)), number(part(form.d))
		if len(part(form.y)) == 2 {
			y += 2000
		}
		if n := number(part(form.m)); n > 0 {
			m = time.Month(n)
		} else {
			word := []rune(strings.ToLower(part(form.m)))
			m = months[string(word[:3])]
		}
		if m < 1 || m > 12 || d < 1 || d > 31 {
			continue
		}
		// The rest holds the time; the ISO form's own time is kept in it.
		end := at[1]
		if form.re == isoDate {
			end = at[7]
		}
		return y, m, d, raw[:at[0]] + " " + strings.TrimLeft(raw[end:], "T, "), true
	}
	return 0, 0, 0, "", false
}

func readClock(s string) (hour, minute, second int, ok bool) {
	at := clock.FindStringSubmatch(s)
	if at == nil {
		return 0, 0, 0, false
	}
	hour, _ = strconv.Atoi(at[1])
	minute, _ = strconv.Atoi(at[2])
	second, _ = strconv.Atoi(at[3])
	switch strings.ToLower(at[4]) {
	case "pm":
		hour = hour%12 + 12
	case "am":
		hour %= 12
	}
	if hour > 24 || minute > 59 || second > 60 {
		return 0, 0, 0, false
	}
	return hour, minute, second, true
}

func readZone(s string) *time.Location {
	if at := offset.FindStringSubmatch(s); at != nil {
		h, _ := strconv.Atoi(at[2])
		m, _ := strconv.Atoi(at[3])
		seconds := h*3600 + m*60
		if at[1] == "-" {
			seconds = -seconds
		}
		if h <= 14 {
			return time.FixedZone("", seconds)
		}
	}
	words := strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '(' || r == ')' || r >= '0' && r <= '9' || r == ':' || r == '.'
	})
	for _, w := range words {
		if seconds, known := zones[w]; known {
			return time.FixedZone(w, seconds)
		}
	}
	return berlin()
}
