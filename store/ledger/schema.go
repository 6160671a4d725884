package ledger

import (
	"fmt"

	"karussell/bot"
)

// Schema is the version of the layout that this program writes. It is the last
// of Steps, or 1.
const Schema = 2

// Step takes a store from one version of the layout to the next.
type Step struct {
	To    uint64 // the version after the step
	About string
	Do    func(Writer) error
}

// Steps lists the migrations in order. A step stays as it is for ever: somebody
// may still have a file of the version before it.
func Steps() []Step {
	return []Step{
		{To: 2, About: "identity keys in generations", Do: sealSingleIndex},
	}
}

//nolint:gochecknoglobals // constant
var schemaKey = []byte("schema")

// Found marks a new, empty store as one of ours.
func Found(w Writer) error { return w.Put(Meta, schemaKey, number(Schema)) }

// Pending lists the steps that a store still needs. A newer store gives
// bot.ErrNewer, one that is none of ours bot.ErrCorrupt.
func Pending(r Reader, steps []Step) ([]Step, error) {
	have, err := getNumber(r, Meta, schemaKey)
	if err != nil {
		return nil, err
	}
	known := uint64(Schema)
	if n := len(steps); n > 0 {
		known = steps[n-1].To
	}
	switch {
	case have == 0:
		return nil, fmt.Errorf("%w: it is no database of Karussell", bot.ErrCorrupt)
	case have > known:
		return nil, fmt.Errorf("%w: it has version %d, this program knows versions up to %d; use the newer program",
			bot.ErrNewer, have, known)
	}
	var pending []Step
	for _, s := range steps {
		if s.To > have {
			pending = append(pending, s)
		}
	}
	return pending, nil
}

// Apply does the step and notes the version, in one transaction of the caller.
func (s Step) Apply(w Writer) error {
	err := contain(func() error { return s.Do(w) })
	if err == nil {
		err = w.Put(Meta, schemaKey, number(s.To))
	}
	if err != nil {
		return fmt.Errorf("migrate to version %d (%s): %w", s.To, s.About, err)
	}
	return nil
}
