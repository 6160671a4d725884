package bot

import "time"

// ArticleID numbers articles in the order in which they were first read. The
// store assigns it; zero means not stored.
type ArticleID uint64

// Article is one news text from one outlet.
type Article struct {
	ID       ArticleID
	Outlet   string // display name as in the outlet list ("WAZ"); empty when unknown
	Feed     string // address of the feed that brought it; empty for files
	GUID     string // the feed's own id of the item; not trusted to be stable
	URL      string // canonical address; empty for files without one
	File     string // base name, for articles read from disk
	Title    string
	Teaser   string
	Text     string // clean body text, paragraphs separated by a blank line; UTF-8
	Language string // "de", "en" or empty when the source does not say

	// Published is the date that the article itself or its feed states, as
	// precise as stated; zero for an undated article.
	Published Date
	// PublishedAt is the instant of publication when it is known to the minute;
	// zero otherwise. It implies Published.
	PublishedAt time.Time
	ReadAt      time.Time // when Karussell read this version
	Version     int       // 1 for the first text; +1 for every changed text
	Paywalled   bool      // only the teaser could be read
	Carriers    []Carrier // further outlets that printed (nearly) the same text
}

// Carrier is an outlet that printed agency copy which another article already
// brought. It adds no evidence to a story.
type Carrier struct {
	Outlet string
	URL    string
	ReadAt time.Time
}

// When is the best instant for ordering: publication where known, else when
// the article was read.
func (a *Article) When() time.Time {
	if !a.PublishedAt.IsZero() {
		return a.PublishedAt
	}
	return a.ReadAt
}

// Source says where a fact was read.
type Source struct {
	Article ArticleID
	Outlet  string
	Title   string
	URL     string
	Date    Date      // publication date; zero when undated
	ReadAt  time.Time // when it was read
}

// Extractor understands an article. It is pure and deterministic: no I/O, no
// clock, and safe for concurrent use.
type Extractor interface {
	Extract(a Article) Extraction
}
