package adaptertest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"karussell/bot"
)

// patience bounds how long the suite waits for something that must happen.
const patience = 20 * time.Second

// Run plays the whole suite. open is called once per subtest, with that
// subtest's t; it registers no cleanup that Fixture.Close already does.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	tests := []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"name", checkName},
		{"command answered", checkCommand},
		{"every command of the table", checkTable},
		{"typed alias", checkAlias},
		{"several requests", checkSeveral},
		{"button replaces", checkButton},
		{"button answers privately", checkPrivateButton},
		{"unknown old button", checkOldButton},
		{"form", checkForm},
		{"suggest", checkSuggest},
		{"chat changes", checkChanges},
		{"send", checkSend},
		{"hostile text", checkHostile},
		{"no pings", checkPings},
		{"long message", checkLong},
		{"crowded message", checkCrowded},
		{"empty message", checkEmpty},
		{"silent", checkSilent},
		{"reply", checkReply},
		{"edit", checkEdit},
		{"edit of a missing message", checkEditMissing},
		{"error kinds", checkErrors},
		{"context of a send", checkSendContext},
		{"concurrent sends", checkConcurrent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start(t, open, test.run)
		})
	}
}

// bench is one running platform with its scripted engine.
type bench struct {
	Fixture
	r   *Responder
	ctx context.Context //nolint:containedctx // lives exactly as long as the subtest
}

// start opens a fixture, runs it under the scripted engine, plays the test and
// checks that Run returns nil and leaves nothing behind.
func start(t *testing.T, open func(*testing.T) Fixture, play func(*testing.T, *bench)) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	fx := open(t)
	ctx, cancel := context.WithCancel(context.Background())
	b := &bench{Fixture: fx, r: &Responder{}, ctx: ctx}
	done := make(chan error, 1)
	go func() { done <- fx.Platform.Run(ctx, b.r) }()
	defer func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run returned %v after its context ended; want nil", err)
			}
		case <-time.After(patience):
			t.Fatalf("Run did not return within %s after its context ended", patience)
		}
		if fx.Close != nil {
			fx.Close()
		}
		if err := goleak.Find(before); err != nil && !t.Failed() {
			t.Errorf("goroutines left: %v", err)
		}
	}()
	play(t, b)
}

func need(t *testing.T, have bool, what string) {
	t.Helper()
	if !have {
		t.Skipf("this platform's fixture has no %s", what)
	}
}

// eventually waits until ok, and reports what was shown when it never is.
func (b *bench) eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s\nshown: %q\nasked: %+v", what, patience, b.Shown(), b.r.Requests())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// shows waits until some message holds every part.
func (b *bench) shows(t *testing.T, parts ...string) {
	t.Helper()
	b.eventually(t, "a message with "+strings.Join(parts, " | "), func() bool {
		return slices.ContainsFunc(b.Shown(), func(s string) bool { return holds(s, parts...) })
	})
}

func holds(shown string, parts ...string) bool {
	shown = Squash(shown)
	for _, p := range parts {
		if !strings.Contains(shown, Squash(p)) {
			return false
		}
	}
	return true
}

// asked waits for a request that match accepts.
func (b *bench) asked(t *testing.T, what string, match func(bot.Request) bool) bot.Request {
	t.Helper()
	var got bot.Request
	b.eventually(t, what, func() bool {
		reqs := b.r.Requests()
		i := slices.IndexFunc(reqs, match)
		if i < 0 {
			return false
		}
		got = reqs[i]
		return true
	})
	return got
}

// send posts m with a deadline and demands success.
func (b *bench) send(t *testing.T, m bot.Message) bot.MessageID {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	id, err := b.Platform.Send(ctx, b.Chat, m)
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	if id == "" {
		t.Fatal("Send returned no message id")
	}
	return id
}

func text(s string) []bot.Block {
	return []bot.Block{{Spans: []bot.TextSpan{{Text: s}}}}
}
