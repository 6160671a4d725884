package bot

// Headline says a story in one line of the language ("de", "en"): what stands
// above an alert. It is for places that are no chat, such as the board.
func (e *Engine) Headline(language string, s *Story) string {
	return e.voiceFor(Chat{}, language).headline(s)
}

// Standing says stage and evidence of a story in words.
func (e *Engine) Standing(language string, s *Story) string {
	return e.voiceFor(Chat{}, language).standing(s)
}
