package bot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// FreshFor is how old news may be and still be told to those who do not know
// the story yet.
const FreshFor = 48 * time.Hour

// tell notes the fan-out of a visible change. A story that a transaction folds
// more than once is told as it ends up.
func (b *storybook) tell(p *keyPage, was, s *Story) {
	f, ok := fanoutOf(was, s, p.news)
	if !ok {
		return
	}
	f.Topics = append([]Topic{StoryTopic(s.ID)}, b.e.toldTopics(s)...)
	f.Created = b.now
	b.news[s.ID] = f
}

// announce writes the fan-outs of the transaction: one record a story, however
// many subscribers there are, official news first, then in the order of reports.
func (b *storybook) announce() error {
	list := slices.SortedFunc(maps.Values(b.news), func(x, y Fanout) int {
		return cmp.Or(-cmp.Compare(x.Stage.Rank(), y.Stage.Rank()), x.Reported.Compare(y.Reported), cmp.Compare(x.Story, y.Story))
	})
	for i := range list {
		if err := b.tx.PutFanout(&list[i]); err != nil {
			return fmt.Errorf("store fan-out: %w", err)
		}
	}
	return nil
}

// fanoutOf decides who hears of a change, and how. News is the time of the
// newest report that may be told; without one nobody hears who was not told of
// the story before: a message that stands in a chat must not stay wrong, but
// old news is no alert.
func fanoutOf(was, s *Story, news time.Time) (Fanout, bool) {
	f := Fanout{
		Story: s.ID, Revision: s.Revision, Stage: s.Stage,
		Event: s.Trigger, Reported: news, Told: news.IsZero(),
	}
	ended := phaseOf(s.Stage)&(off|shut|cold) != 0
	if was == nil {
		f.Kind = DeliverPost
		// A rejection is news of its own; what is born closed or cold is not.
		return f, !f.Told && (!ended || s.Stage == StageOff)
	}
	f.Kind = s.change(was, ended)
	better := s.Stage != was.Stage || s.Evidence.rank() > was.Evidence.rank() || f.Kind == DeliverRetract
	f.Told = f.Told || ended || !better
	return f, true
}

// change is how those are told who know the story as it was.
func (s *Story) change(was *Story, ended bool) DeliveryKind {
	switch {
	case s.corrects(was):
		return DeliverRetract
	case s.Stage != was.Stage && (!ended || phaseOf(was.Stage) == open):
		return DeliverReply
	}
	return DeliverEdit
}

// corrects reports whether what was told of the story was wrong.
func (s *Story) corrects(was *Story) bool {
	return s.Stage == StageWithdrawn || s.Corrected != "" && s.Corrected != was.Corrected
}

// rank orders evidence, weakest first.
func (e Evidence) rank() int {
	switch e {
	case Hearsay:
		return 0
	case OneOutlet:
		return 1
	case Several:
		return 2
	case OfficialEvi:
		return 3
	}
	return 0
}
