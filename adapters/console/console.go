// Package console is the platform of the terminal: commands typed on a reader,
// answers and pushed alerts on a writer.
//
// Law: every message is one write, framed by a line that begins in the first
// column, and indented below it; what articles say is stripped of control
// characters and escape sequences and can therefore neither move the cursor nor
// look like a frame or a prompt. No state outlives the process.
package console

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"karussell/bot"
)

// Name is the platform's name.
const Name bot.PlatformName = "console"

// Chat is the one chat of a console.
//
//nolint:gochecknoglobals // a constant
var Chat = bot.ChatRef{Platform: Name, Chat: "local"}

// User is the one person at a console.
const User bot.UserRef = "console:local"

// Options set up a console. Only Out is required.
type Options struct {
	In       io.Reader // nil: nothing is typed, Run waits for its context
	Out      io.Writer
	Colour   bool   // ANSI colours, and a prompt that makes way for alerts
	Prompt   bool   // show a prompt and a greeting: somebody sits there
	Width    int    // columns; below 40 means 80
	Language string // "de" or "en" for prompt and frames without a message; empty: German
	// Now and Zone date the frames; nil means time.Now and time.Local.
	Now  func() time.Time
	Zone *time.Location
}

// Console is a bot.Platform and bot.Editor. Send and Edit are safe for
// concurrent use; Run may be called once.
type Console struct {
	Options
	session string // makes message ids unlike those of earlier runs

	mu       sync.Mutex // guards the writer and everything below
	prompt   string     // what stands on the last line; empty for none
	numbers  map[bot.MessageID]int
	shown    map[int]printed // by message number
	messages int
	buttons  map[int]choice
	pressed  int // number of the newest button

	ended error // why the input has; only Run's goroutine looks
}

// printed is a message as last printed.
type printed struct {
	id   bot.MessageID
	what string // body and buttons
}

// choice is a numbered button.
type choice struct {
	action  bot.Action
	message bot.MessageID
}

// How much is remembered: a console may stay open for weeks.
const (
	keepMessages = 500
	keepButtons  = 2000
)

// New makes a console.
func New(o Options) (*Console, error) {
	if o.Out == nil {
		return nil, errors.New("console: a writer is required")
	}
	if o.Width < 40 {
		o.Width = 80
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	var id [4]byte
	_, _ = rand.Read(id[:]) // never fails, by its documentation
	return &Console{
		Options: o, session: hex.EncodeToString(id[:]),
		numbers: map[bot.MessageID]int{}, shown: map[int]printed{}, buttons: map[int]choice{},
	}, nil
}

// Name implements bot.Platform.
func (*Console) Name() bot.PlatformName { return Name }

// Limits implements bot.Limited: a terminal takes what comes.
func (*Console) Limits() bot.Limits {
	return bot.Limits{Global: 1000, Burst: 100, PerChat: 1000, ChatBurst: 100, Concurrent: 1}
}

// Send implements bot.Platform: it pushes m between prompts.
func (c *Console) Send(ctx context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	if err := c.check(ctx, to); err != nil {
		return "", err
	}
	return c.show(m, "alert")
}

// Edit implements bot.Editor: what was printed stays printed, so the message is
// shown again as updated. Messages of an earlier run are shown likewise.
func (c *Console) Edit(ctx context.Context, to bot.ChatRef, id bot.MessageID, m bot.Message) error {
	if err := c.check(ctx, to); err != nil {
		return err
	}
	return c.update(id, m)
}

func (*Console) check(ctx context.Context, to bot.ChatRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if to != Chat {
		return &bot.SendError{Kind: bot.SendGone}
	}
	return nil
}

// show prints a new message under a frame of this kind.
func (c *Console) show(m bot.Message, kind string) (bot.MessageID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages++
	n := c.messages
	id := bot.MessageID(c.session + "-" + strconv.Itoa(n))
	body := c.body(m)
	head := word(m.Language, kind) + " " + strconv.Itoa(n)
	if to, ok := c.numbers[m.ReplyTo]; ok {
		head += " " + word(m.Language, "reply to") + " " + strconv.Itoa(to)
	}
	if err := c.print(c.frame(m, head), body, c.choices(m, id)); err != nil {
		return "", err
	}
	c.remember(id, n, body+labels(m))
	return id, nil
}

// update prints a message that was shown before, unless nothing has changed.
func (c *Console) update(id bot.MessageID, m bot.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, known := c.numbers[id]
	if !known {
		c.messages++
		n = c.messages
	}
	body := c.body(m)
	// Numbers of buttons grow with every print, so they are no change.
	if known && c.shown[n].what == body+labels(m) {
		return nil
	}
	head := word(m.Language, "alert") + " " + strconv.Itoa(n) + " · " + word(m.Language, "updated")
	if err := c.print(c.frame(m, head), body, c.choices(m, id)); err != nil {
		return err
	}
	c.remember(id, n, body+labels(m))
	return nil
}

func (c *Console) remember(id bot.MessageID, n int, what string) {
	c.numbers[id], c.shown[n] = n, printed{id, what}
	if old, ok := c.shown[n-keepMessages]; ok {
		delete(c.numbers, old.id)
		delete(c.shown, n-keepMessages)
	}
}

// labels is what an edit compares of the buttons.
func labels(m bot.Message) string {
	var b strings.Builder
	for _, row := range m.Buttons {
		for _, button := range row {
			b.WriteString(button.Label + "\x00" + string(button.Action) + "\x00" + button.Link + "\n")
		}
	}
	return b.String()
}

// print writes one message and the prompt again below it, in one write, so that
// concurrent alerts never mix. The caller holds mu.
func (c *Console) print(parts ...string) error {
	var b strings.Builder
	switch {
	case c.prompt == "":
	case c.Colour:
		b.WriteString("\r\x1b[K") // take the prompt away
	default:
		b.WriteByte('\n')
	}
	for _, p := range parts {
		b.WriteString(p)
	}
	b.WriteByte('\n')
	b.WriteString(c.prompt)
	if _, err := io.WriteString(c.Out, b.String()); err != nil {
		return &bot.SendError{Kind: bot.SendTemporary, Err: err}
	}
	return nil
}

// ask shows a prompt. It stays until the next line was read.
func (c *Console) ask(prompt string) {
	if !c.Prompt {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prompt = c.paint(bold, prompt) + " "
	_, _ = io.WriteString(c.Out, c.prompt) // a lost prompt loses nothing
}

// answered takes the prompt away: the user has pressed enter on it.
func (c *Console) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prompt = ""
}

// say prints a line of the console's own.
func (c *Console) say(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.print(line + "\n") // nobody to tell
}
