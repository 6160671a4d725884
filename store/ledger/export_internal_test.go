package ledger

// SetGeneration sets how many identity keys fill a generation.
func (l *Ledger) SetGeneration(keys int64) { l.generation = keys }

// Filters is how many generations are known in memory.
func (l *Ledger) Filters() int { return len(l.filters.list()) }
