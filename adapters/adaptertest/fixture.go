// Package adaptertest is the conformance suite that every adapter passes.
//
// Law: it knows bot's contracts and nothing of any platform. An adapter's test
// hands in a Fixture: its Platform wired to its own fake server, and hooks that
// act as the user and look at the chat with the user's eyes. What holds here
// holds on every platform; what is special to one is tested beside it.
package adaptertest

import (
	"strings"
	"testing"
	"time"

	"karussell/bot"
)

// Fixture is one platform under test. A new one is opened for every subtest.
// Hooks that a platform has no place for stay nil: the checks that need them
// are then left out, with a note.
type Fixture struct {
	Platform bot.Platform // wired to a fake server that enforces the platform's limits of size, not of rate
	Chat     bot.ChatRef  // one chat in which the user may do everything

	// Close stops the fake server. It is called after Run has returned; after
	// it no goroutine of platform or server may be left.
	Close func()

	// Shown is what the user sees in Chat, oldest message first: text only, with
	// the platform's escapes resolved and its formatting removed. Everything that
	// belongs to one message (title, text, fields, footer) is one string.
	Shown func() []string

	// Command makes the user call a command in Chat, the way the platform's
	// users do. Typed tells that commands are typed as text.
	Command func(t *testing.T, name string, args ...Arg)
	Typed   bool

	// Press makes the user press the newest button with this label. It waits
	// until the platform has acknowledged the press (the spinner stops) and
	// fails the test when it does not.
	Press func(t *testing.T, label string)

	// Fill makes the user fill in the form that is open.
	Fill func(t *testing.T, values map[string]string)

	// Suggest makes the user type into a completing option (or look something up
	// inline) and returns the labels offered.
	Suggest func(t *testing.T, command, option, typed string) []string

	// Change makes something happen to the chat itself. Changes lists what the
	// fake server can do.
	Change  func(t *testing.T, what bot.ChangeKind)
	Changes []bot.ChangeKind

	// Fail makes the fake server answer the next Send or Edit in Chat as the
	// real one does in this case. Faults lists the kinds it knows. For SendUnsure
	// the server takes the message and drops the connection; for SendTemporary
	// it answers 5xx or something that is no answer at all.
	Fail   func(t *testing.T, f Fault)
	Faults []bot.SendKind

	// Delete removes a message as its author or a moderator would.
	Delete func(t *testing.T, id bot.MessageID)

	// Silent reports whether the newest message came without sound.
	Silent func() bool

	// Pings lists whom or what the newest message notified by mention.
	Pings func() []string

	// MaxText is the most characters that one message shows (runes); 0 for no
	// limit. Longer ones must have been shortened or split.
	MaxText int

	// Secret is the token: it must not occur in any error.
	Secret string
}

// Arg is one option of a command, in the order of its spec.
type Arg struct{ Name, Value string }

// Fault is what the fake server does once.
type Fault struct {
	Kind       bot.SendKind
	RetryAfter time.Duration // for SendLimited
	MovedTo    bot.ChatRef   // for SendMoved: filled in by the suite
}

// Squash is how the suite compares texts: invisible characters dropped (with
// them adapters defuse mentions and isolate writing directions) and white space
// as single blanks.
func Squash(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u200b', '\u200c', '\u2060', '\ufeff', '\u200e', '\u200f',
			'\u2066', '\u2067', '\u2068', '\u2069':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
