package bot

import (
	"context"
	"strings"
)

// correctCommand withdraws a story: "/correct 12 Verwechslung mit dem Bruder".
func (e *Engine) correctCommand(ctx context.Context, a *ask) (Message, error) {
	id, ok := parseStory(a.arg("story", 0, false))
	reason := a.arg("words", 1, true)
	if !ok || reason == "" {
		return e.usage(ctx, a, "correct")
	}
	switch strings.ToLower(reason) {
	case "retract", "zurückziehen", "zurueckziehen": // that is what it does, and no reason
		reason = ""
	}
	err := e.Correct(ctx, id, CorrectRetract, shorten(strings.TrimSpace(reason), maxComplaint))
	if isMissing(err) {
		return a.problem("story_unknown", "Number", storyArg(id)), nil
	}
	if err != nil {
		return Message{}, err
	}
	return a.note("corrected_done", "Number", storyArg(id)), nil
}
