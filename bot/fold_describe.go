package bot

import (
	"slices"
	"time"
)

// describe fills what does not depend on the table: who, when, in which role.
func (f *folding) describe(reports []Report) {
	sorted := sortedReports(reports)
	for _, r := range sorted {
		if r.Revoked {
			continue
		}
		f.when(r)
		f.who(r)
		f.details(r)
	}
	if f.state.Last.IsZero() { // only revoked ones: keep the dates for display
		for _, r := range sorted {
			f.when(r)
		}
	}
}

func (f *folding) when(r *Report) {
	if f.state.First.IsZero() {
		f.state.First = r.At
	}
	f.state.Last = r.At
}

func (f *folding) who(r *Report) {
	if r.Origin == "" || r.Carrier {
		return
	}
	if f.state.Origin == "" {
		f.state.Origin = r.Origin
	}
	if !slices.Contains(f.state.Outlets, r.Origin) {
		f.state.Outlets = append(f.state.Outlets, r.Origin)
	}
}

// details takes role, manner and dates from the newest report that states them;
// what is official beats what is only reported.
func (f *folding) details(r *Report) {
	ev := &r.Event
	if f.state.Stage == StageOfficial && signalOf(ev) != sigOfficial {
		if f.state.Role == "" {
			f.state.Role = ev.Role
		}
		return
	}
	if ev.Role != "" {
		f.state.Role = ev.Role
	}
	if ev.Manner != "" && (ev.Manner != UnknownManner || f.state.Manner == "") {
		f.state.Manner = ev.Manner
	}
	if ev.Until != "" {
		f.state.Until = ev.Until
	}
	if ev.Date != "" && ev.Type != Rejection {
		f.state.Date = ev.Date
	}
}

// fallback is the stage of a story that no line of the table ever moved: all
// its reports are revoked, or only doubts were heard that nobody asked for.
func (f *folding) fallback(reports []Report) StoryStage {
	for i := range reports {
		if !reports[i].Revoked {
			f.state.Because = CauseDenied
			return StageOff
		}
	}
	return StageWithdrawn
}

// sortedReports are the reports in the order of the fold.
func sortedReports(reports []Report) []*Report {
	sorted := make([]*Report, len(reports))
	for i := range reports {
		sorted[i] = &reports[i]
	}
	slices.SortFunc(sorted, compareReports)
	return sorted
}

// Spells cuts the reports of one key into the spells that are stories of their
// own: wherever nothing was heard for longer than SpellGap, where a story that old
// is revived from the cold, and where a caretaker becomes a candidate for the post
// itself. Revoked reports count, so that a
// correction does not tear a story apart. Reports come back in the order of the
// fold.
func Spells(reports []Report) [][]Report {
	var spells [][]Report
	var last, caretaker time.Time
	for _, r := range sortedReports(reports) {
		promoted := !caretaker.IsZero() && forGood(&r.Event) && r.At.Sub(caretaker) > EchoTime
		if len(spells) == 0 || outlived(spells[len(spells)-1][0].At, last, r.At) || promoted {
			spells = append(spells, nil)
			caretaker = time.Time{}
		}
		if caretaker.IsZero() && r.Event.Role == Interim && signalOf(&r.Event) == sigOfficial && !r.Revoked {
			caretaker = r.At
		}
		i := len(spells) - 1
		spells[i] = append(spells[i], *r)
		last = r.At
	}
	return spells
}

// outlived reports whether a report after a silence begins a new spell: after a
// long one always, after three weeks when the spell itself is old. It keeps the
// stories of those who are talked about every few months apart, and small.
func outlived(first, last, next time.Time) bool {
	gap := next.Sub(last)
	return gap > SpellGap || gap > SilenceAfter && next.Sub(first) > SpellGap
}

// forGood reports whether an event is about the post of head coach itself.
func forGood(ev *Event) bool {
	return headly(ev.Role) && (ev.Type == Appointment || ev.Type == Link)
}

// closingsFor are the closings that bear on a spell: those up to the beginning
// of the next one, and not so old that they mean an earlier spell.
func closingsFor(spell []Report, next time.Time, closings []Closing) []Closing {
	from := spell[0].At.Add(-EchoTime)
	var bear []Closing
	for _, c := range closings {
		if !c.At.Before(from) && (next.IsZero() || c.At.Before(next)) {
			bear = append(bear, c)
		}
	}
	return bear
}
