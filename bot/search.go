package bot

// NameSearcher is an optional part of a ReadTx, of stores whose database compares
// names itself. It finds what NameKeys cannot: names with errors in several places.
type NameSearcher interface {
	// SimilarNames lists up to limit people whose names share the most runs of
	// three letters with norm (see NormaliseName), the most similar first; a
	// transaction's own writes may be missing. known is false where the store
	// cannot tell.
	SimilarNames(kind NameKind, norm string, limit int) (names []Name, known bool, err error)
}

// TextSearcher is an optional part of a ReadTx, of stores whose database searches
// texts.
type TextSearcher interface {
	// ArticlesAbout lists articles whose title or text has all of the words, in any
	// German inflection, newest first (by id), without their texts; a transaction's
	// own writes may be missing, and forgotten texts are not found. known is false
	// where the store cannot tell.
	ArticlesAbout(words string, p Page) (list []Article, known bool, err error)
}
