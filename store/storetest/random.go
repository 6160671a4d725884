package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"karussell/bot"
)

// testRandom drives the store and the model through the same random life and
// compares everything that can be read, after every step.
func testRandom(t *testing.T, subject Subject) {
	rapid.Check(t, func(rt *rapid.T) {
		l := &life{store: subject.New(t), model: newModel(), now: noon}
		defer func() { _ = l.store.Close() }()
		actions := map[string]func(*rapid.T){
			"update":  l.update,
			"update2": l.update,
			"claim":   l.claim,
			"settle":  l.settle,
			"settle2": l.settle,
			"time": func(rt *rapid.T) {
				l.now = l.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "seconds")) * time.Second)
			},
			"": l.compare,
		}
		if subject.Reopen != nil {
			actions["reopen"] = func(*rapid.T) { l.store = subject.Reopen(t, l.store) }
		}
		rt.Repeat(actions)
		if subject.Reopen != nil {
			l.store = subject.Reopen(t, l.store)
			l.compare(rt)
		}
		if subject.Check != nil {
			for _, problem := range subject.Check(t, l.store) {
				rt.Errorf("check: %s", problem)
			}
		}
	})
}

// life is one random history.
type life struct {
	store bot.Store
	model *model
	now   time.Time
	known []bot.DeliveryID // every id ever claimed, for settling late

	difference string // the first one found
}

// mutation is one writing call, for the store and for the model.
type mutation struct {
	about string
	store func(bot.Tx) error
	model func(*model)
}

var errOnPurpose = errors.New("on purpose")

func (l *life) update(rt *rapid.T) {
	list := rapid.SliceOfN(rapid.Custom(l.mutation), 1, 5).Draw(rt, "mutations")
	fail := rapid.IntRange(0, 5).Draw(rt, "fail") == 0
	err := l.store.Update(context.Background(), func(tx bot.Tx) error {
		for _, m := range list {
			if err := m.store(tx); err != nil {
				return fmt.Errorf("%s: %w", m.about, err)
			}
		}
		if fail {
			return errOnPurpose
		}
		return nil
	})
	if fail {
		if err != errOnPurpose { //nolint:errorlint // as it is
			rt.Fatalf("failing update: %v", err)
		}
		return
	}
	if err != nil {
		rt.Fatalf("update: %v", err)
	}
	for _, m := range list {
		m.model(l.model)
	}
}

func (l *life) claim(rt *rapid.T) {
	limit := rapid.IntRange(0, 4).Draw(rt, "limit")
	got, err := l.store.Claim(context.Background(), l.now, 10*time.Second, limit)
	if err != nil {
		rt.Fatalf("claim: %v", err)
	}
	if d := diff(got, l.model.claim(l.now, 10*time.Second, limit)); d != "" {
		rt.Fatalf("claim (-want +got):\n%s", d)
	}
	for _, d := range got {
		l.known = append(l.known, d.ID)
	}
}

func (l *life) settle(rt *rapid.T) {
	ids := append(slices.Sorted(maps.Keys(l.model.outbox)), l.known...)
	if len(ids) == 0 {
		return
	}
	id := rapid.SampledFrom(ids).Draw(rt, "delivery")
	o := bot.Outcome{
		State:   rapid.SampledFrom([]bot.OutcomeState{bot.Sent, bot.Sent, bot.Skipped, bot.Retry, bot.Returned, bot.Dead}).Draw(rt, "state"),
		Message: rapid.SampledFrom([]bot.MessageID{"", "m1", "m2", "m3"}).Draw(rt, "message"),
		Hash:    rapid.SampledFrom([]string{"", "h1", "h2"}).Draw(rt, "hash"),
		Cause:   "cause",

		Revision: rapid.SampledFrom([]int{0, 0, 2, 3}).Draw(rt, "revision"),
		Stage:    rapid.SampledFrom([]bot.StoryStage{"", bot.StageOfficial}).Draw(rt, "stage"),
		Unsure:   rapid.Bool().Draw(rt, "unsure"),
	}
	if (o.State == bot.Retry || o.State == bot.Returned) && rapid.Bool().Draw(rt, "later") {
		o.Due = l.soon(rt)
	}
	if rapid.IntRange(0, 3).Draw(rt, "hold") == 0 {
		o.Hold = l.soon(rt)
	}
	switch rapid.IntRange(0, 7).Draw(rt, "chat") {
	case 0:
		to := someChat(rt)
		o.Moved = &to
	case 1:
		o.Pause = bot.PauseBlocked
	}
	if err := l.store.Settle(context.Background(), id, o); err != nil {
		rt.Fatalf("settle: %v", err)
	}
	l.model.settle(id, o)
}

// soon is a time around now; few values, so that ties happen.
func (l *life) soon(rt *rapid.T) time.Time {
	return l.now.Add(time.Duration(rapid.IntRange(-3, 3).Draw(rt, "when")) * 5 * time.Second)
}

func someChat(rt *rapid.T) bot.ChatRef {
	return rapid.SampledFrom(someChats()).Draw(rt, "chat")
}

func someChats() []bot.ChatRef {
	return []bot.ChatRef{
		{Platform: "telegram", Chat: "1"},
		{Platform: "telegram", Chat: "1", Thread: "2"},
		{Platform: "telegram", Chat: "12"},
		{Platform: "discord", Chat: "1"},
	}
}

func someTopics() []bot.Topic { return []bot.Topic{bot.TopicAll, "club:a", "club:ab", "coach:a"} }

func (*life) topics(rt *rapid.T) []bot.Topic {
	return rapid.SliceOfN(rapid.SampledFrom(someTopics()), 0, 3).Draw(rt, "topics")
}

func someKeys() []string { return []string{"a", "ab", "b", "a\x00"} }

func (l *life) strings(rt *rapid.T) []string {
	return rapid.SliceOfN(rapid.SampledFrom(someKeys()), 0, 3).Draw(rt, "keys")
}

// expect notes the first difference; compare reports it outside of the store's
// transaction.
func (l *life) expect(what string, got, want any, err error) {
	if l.difference != "" {
		return
	}
	if err != nil {
		l.difference = fmt.Sprintf("%s: %v", what, err)
	} else if d := diff(got, want); d != "" {
		l.difference = fmt.Sprintf("%s (-want +got):\n%s", what, d)
	}
}
