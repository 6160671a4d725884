// Package storetest is the suite that every store passes: what bot.Store
// promises, method by method, and random operations beside a model in plain
// maps that shares no line with any store.
//
// Law: it knows the contract and nothing else. A store that needs an exception
// here is wrong, or the contract is.
package storetest

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"karussell/bot"
)

// Subject is the store under test.
type Subject struct {
	// New opens a new, empty store.
	New func(t testing.TB) bot.Store
	// Reopen closes a store and opens the same again; nil for a store that
	// keeps nothing.
	Reopen func(t testing.TB, s bot.Store) bot.Store
	// Check lists contradictions inside a store; nil for a store that cannot.
	Check func(t testing.TB, s bot.Store) []string
}

// Run runs the whole suite.
func Run(t *testing.T, subject Subject) {
	t.Helper()
	for _, part := range []struct {
		name string
		run  func(*testing.T, Subject)
	}{
		{"Articles", testArticles},
		{"Texts", testTexts},
		{"Stories", testStories},
		{"Coaches", testCoaches},
		{"Chats", testChats},
		{"Subscribers", testSubscribers},
		{"MoveChat", testMoveChat},
		{"Feeds", testFeeds},
		{"Notes", testNotes},
		{"EveryField", testEveryField},
		{"OddStrings", testOddStrings},
		{"ClaimOrder", testClaimOrder},
		{"ClaimExpiry", testClaimExpiry},
		{"Settle", testSettle},
		{"Pause", testPause},
		{"Hold", testHold},
		{"Urgency", testUrgency},
		{"Twice", testTwice},
		{"Fanouts", testFanouts},
		{"Atomic", testAtomic},
		{"Snapshot", testSnapshot},
		{"Copies", testCopies},
		{"Panic", testPanic},
		{"Cancel", testCancel},
		{"Close", testClose},
		{"Concurrent", testConcurrent},
		{"Senders", testSenders},
		{"Random", testRandom},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, subject) })
	}
}

// noon is the suite's present.
//
//nolint:gochecknoglobals // constant
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, subject Subject) bot.Store {
	t.Helper()
	s := subject.New(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, bot.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// write runs an update that must succeed.
func write(t testing.TB, s bot.Store, fn func(bot.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// read runs a view that must succeed.
func read(t testing.TB, s bot.Store, fn func(bot.ReadTx) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// all runs the calls of one transaction up to the first error.
func all(errs ...error) error { return errors.Join(errs...) }

// same compares; empty and nil are equal, times by instant.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := diff(got, want); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func diff(got, want any) string {
	if reflect.DeepEqual(got, want) { // nearly always, and much faster
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

func missing(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, bot.ErrNotFound) {
		t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

func chat(n int) bot.ChatRef {
	return bot.ChatRef{Platform: "telegram", Chat: strconv.Itoa(100 + n)}
}

func post(ref bot.ChatRef, story bot.StoryID, revision int) bot.Delivery {
	return bot.Delivery{
		ID:   bot.NewDeliveryID(ref, story, revision, bot.DeliverPost),
		Chat: ref, Kind: bot.DeliverPost, Story: story, Revision: revision,
		Stage: bot.StageTalks, Priority: bot.PriorityRumour, Due: noon, Created: noon,
	}
}
