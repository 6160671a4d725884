package bot

import (
	"fmt"
	"strings"
	"time"
)

// Date is a calendar date as precise as a text allows: "2024", "2024-09" or
// "2024-09-25". The zero value means that the text is silent. Dates compare as
// strings as long as both have the same precision; use Compare otherwise.
type Date string

// ParseDate accepts the three precisions of Date and the empty string.
func ParseDate(s string) (Date, error) {
	for _, layout := range []string{"2006", "2006-01", "2006-01-02"} {
		if len(s) == len(layout) {
			if _, err := time.Parse(layout, s); err != nil {
				return "", fmt.Errorf("date %q: want YYYY, YYYY-MM or YYYY-MM-DD", s)
			}
			return Date(s), nil
		}
	}
	if s == "" {
		return "", nil
	}
	return "", fmt.Errorf("date %q: want YYYY, YYYY-MM or YYYY-MM-DD", s)
}

// DateOf is the day of t in t's own zone.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return ""
	}
	return Date(t.Format(time.DateOnly))
}

// IsZero reports whether the text was silent about the date.
func (d Date) IsZero() bool { return d == "" }

// Year is the year of d, or 0.
func (d Date) Year() int {
	var y int
	if _, err := fmt.Sscanf(string(d), "%4d", &y); err != nil {
		return 0
	}
	return y
}

// Span is the first and the last day that d can mean, both at midnight in loc;
// ok is false for the zero Date and for a malformed one.
func (d Date) Span(loc *time.Location) (first, last time.Time, ok bool) {
	var err error
	switch len(d) {
	case len("2006"):
		first, err = time.ParseInLocation("2006", string(d), loc)
		last = first.AddDate(1, 0, -1)
	case len("2006-01"):
		first, err = time.ParseInLocation("2006-01", string(d), loc)
		last = first.AddDate(0, 1, -1)
	case len("2006-01-02"):
		first, err = time.ParseInLocation(time.DateOnly, string(d), loc)
		last = first
	default:
		return time.Time{}, time.Time{}, false
	}
	return first, last, err == nil
}

// Compare orders two dates by their common precision: -1, 0 or 1. A year and a
// day within it are equal. A zero date sorts before every other one.
func (d Date) Compare(o Date) int {
	if d == "" || o == "" {
		return strings.Compare(string(d), string(o))
	}
	n := min(len(d), len(o))
	return strings.Compare(string(d[:n]), string(o[:n]))
}
