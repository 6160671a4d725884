package extract

import "karussell/bot"

// How somebody leaves, how far the talks are, which post it is: a third trained
// model answers it for events that no idiom knows. Idioms say it themselves.

// Heads of the detail model.
const (
	headManner  = 0 // in the order of manners
	headStage   = headManner + 5
	headAtRisk  = headStage + 4
	headRole    = headAtRisk + 1 // in the order of roles
	detailHeads = headRole + 3
)

//nolint:gochecknoglobals // constant tables
var (
	manners = [...]bot.Manner{bot.Dismissed, bot.Resigned, bot.Mutual, bot.ContractEnd, bot.Move}
	stages  = [...]bot.Stage{bot.Candidate, bot.Interest, bot.Talks, bot.Agreed}
	roles   = [...]bot.Role{bot.Interim, bot.Assistant, bot.Youth}
)

// detail fills in what the reader's fact leaves open. The signs are those of its
// reading.
func (d *doc) detail(f *fact, r *reading) {
	if d.models.detail == nil {
		return
	}
	d.observeReading(r, &d.signs)
	var score [detailHeads]float64
	d.models.detail.Scores(d.signs.hash, score[:])
	switch f.typ {
	case bot.Departure:
		if f.manner == "" || f.manner == bot.UnknownManner {
			f.manner = manners[likeliest(score[headManner:headStage])]
		}
	case bot.Link:
		f.stage = stages[likeliest(score[headStage:headAtRisk])]
	case bot.Pressure:
		f.stance = bot.AtRisk
		if score[headAtRisk] < 0 {
			f.stance = bot.Backed
		}
	case bot.Appointment:
		if k := likeliest(score[headRole:]); f.role == bot.Head && score[headRole+k] > 0 {
			f.role = roles[k]
		}
	case bot.Extension, bot.Rejection:
	}
}

func likeliest(scores []float64) int {
	best := 0
	for i := range scores {
		if scores[i] > scores[best] {
			best = i
		}
	}
	return best
}

// DetailAnswers are the answers of the heads of the detail model, -1 for those
// that the event says nothing of.
func DetailAnswers(e *bot.Event) []float32 {
	out := make([]float32, detailHeads)
	for i := range out {
		out[i] = -1
	}
	mark := func(from, n int, is func(int) bool) {
		for i := range n {
			out[from+i] = 0
			if is(i) {
				out[from+i] = 1
			}
		}
	}
	switch {
	case e.Type == bot.Departure && e.Manner != "" && e.Manner != bot.UnknownManner:
		mark(headManner, len(manners), func(i int) bool { return manners[i] == e.Manner })
	case e.Type == bot.Link && e.Stage != "":
		mark(headStage, len(stages), func(i int) bool { return stages[i] == e.Stage })
	case e.Type == bot.Pressure && e.Stance != "":
		mark(headAtRisk, 1, func(int) bool { return e.Stance == bot.AtRisk })
	case e.Type == bot.Appointment && e.Role != "":
		mark(headRole, len(roles), func(i int) bool { return roles[i] == e.Role })
	}
	return out
}
