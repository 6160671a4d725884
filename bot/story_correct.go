package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Correction is what the owner does to a story.
type Correction string

// CorrectRetract withdraws the story; every stage's name sets that stage.
const CorrectRetract Correction = "retract"

// ErrBadCorrection means that a correction is neither CorrectRetract nor a stage.
var ErrBadCorrection = errors.New("correction is neither retract nor a stage")

// Correct withdraws a story or sets its stage, with the owner's words, and tells
// those who were told. It holds for what was reported until now: later reports
// are heard again. It returns ErrNotFound, ErrBadCorrection or the store's errors.
func (e *Engine) Correct(ctx context.Context, id StoryID, how Correction, words string) error {
	c := Closing{At: e.Now(), What: RetractedByOwner, Words: words}
	if how != CorrectRetract {
		c.What, c.Stage = RuledByOwner, StoryStage(how)
		if phaseOf(c.Stage) == unheard {
			return fmt.Errorf("%w: %q", ErrBadCorrection, how)
		}
	}
	var changes map[StoryID]StoryStage
	err := e.Store.Update(ctx, func(tx Tx) error {
		s, err := tx.Story(id)
		if err != nil {
			return fmt.Errorf("story %d: %w", id, err)
		}
		if err := writeRuling(tx, s.Key, c); err != nil {
			return err
		}
		b := e.newStorybook(tx, false)
		p, err := b.page(s.Key)
		if err != nil {
			return err
		}
		p.dirty = true
		changes = b.changes
		return b.settle()
	})
	if err != nil {
		return err //nolint:wrapcheck // the store's, or wrapped inside
	}
	e.countChanges(changes)
	e.awake()
	return nil
}

// A ruling outlives the stories of its key, which later reports may cut anew:
// it is a note of its own.
func rulingPrefix(k StoryKey) string {
	return strings.Join([]string{"ruling", string(k.Club), string(k.Coach), string(k.Matter), string(k.Team)}, "/") + "/"
}

func writeRuling(tx Tx, k StoryKey, c Closing) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("ruling: %w", err)
	}
	if err := tx.PutNote(rulingPrefix(k)+c.At.UTC().Format(time.RFC3339Nano), raw); err != nil {
		return fmt.Errorf("store ruling: %w", err)
	}
	return nil
}

// maxRulings is how often the owner may correct one key.
const maxRulings = 100

func readRulings(tx ReadTx, k StoryKey) ([]Closing, error) {
	keys, err := tx.Notes(rulingPrefix(k), "", maxRulings)
	if err != nil {
		return nil, fmt.Errorf("rulings: %w", err)
	}
	list := make([]Closing, 0, len(keys))
	for _, key := range keys {
		raw, err := tx.Note(key)
		if err != nil {
			return nil, fmt.Errorf("ruling: %w", err)
		}
		var c Closing
		if err := json.Unmarshal(raw, &c); err != nil {
			return nil, fmt.Errorf("ruling %s: %w", key, err)
		}
		list = append(list, c)
	}
	return list, nil
}
