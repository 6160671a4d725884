package bot

// Phrases turns keys into sentences of the user's language. Implementations are
// immutable and safe for concurrent use.
type Phrases interface {
	// Say fills the phrase's placeholders from args (key, value, key, value). A
	// numeric value under "Count" selects the plural form. A key that is missing
	// in the language is taken from German, and else shown as it is.
	Say(language, key string, args ...any) string
	Has(language, key string) bool
	Languages() []string // "de", "en"
}
