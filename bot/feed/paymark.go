package feed

import "regexp"

// marks that German papers put around the headline of an article that must be
// paid for: "(S+) ...", "F+ | ...", "[Plus] ...", "... (+)", "KStA PLUS: ...".
var (
	markBefore = regexp.MustCompile(`^(?:\(?[A-ZÄÖÜ]{1,4}\s?\+\)?:?|[\[(](?i:[\p{L}]{0,12}[- ]?plus|abo|\+)[\])]:?|(?:[\p{L}]{1,12}[- ])?(?:PLUS|Plus)\s?[:|]|(?i:abo)\s?[:|])\s*\|?\s*`)
	markAfter  = regexp.MustCompile(`\s*(?:[\[(](?i:[\p{L}]{0,12}[- ]?plus|abo|\+)[\])]|\|\s?(?:[\p{L}]{1,12}[- ])?(?:PLUS|Plus|[A-Z]\+))$`)
)

// paymark takes the mark off a headline.
func paymark(title string) (rest string, paywalled bool) {
	for _, mark := range []*regexp.Regexp{markBefore, markAfter} {
		if at := mark.FindStringIndex(title); at != nil && at[1]-at[0] < len(title) {
			return title[:at[0]] + title[at[1]:], true
		}
	}
	return title, false
}
