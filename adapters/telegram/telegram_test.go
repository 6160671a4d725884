package telegram_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"karussell/adapters/telegram"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notebook is a bot.Notebook in memory.
type notebook struct {
	mu     sync.Mutex
	notes  map[string][]byte
	writes int
	err    error
}

func newNotebook() *notebook { return &notebook{notes: map[string][]byte{}} }

func (n *notebook) Recall(_ context.Context, key string) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if v, ok := n.notes[key]; ok {
		return bytes.Clone(v), nil
	}
	return nil, bot.ErrNotFound
}

func (n *notebook) Remember(ctx context.Context, key string, value []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := errors.Join(n.err, ctx.Err()); err != nil {
		return err
	}
	n.writes++
	n.notes[key] = bytes.Clone(value)
	return nil
}

// copyOf is what a killed process leaves.
func (n *notebook) copyOf() *notebook {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := newNotebook()
	for k, v := range n.notes {
		out.notes[k] = bytes.Clone(v)
	}
	return out
}

// engine is a fake engine.
type engine struct {
	mu       sync.Mutex
	requests []bot.Request
	changes  []bot.ChatChange
	answer   func(context.Context, bot.Request) bot.Message
	suggest  func(bot.Request) []bot.Choice
	commands []bot.CommandSpec
}

func (e *engine) Respond(ctx context.Context, r bot.Request) bot.Message {
	e.mu.Lock()
	e.requests = append(e.requests, r)
	answer := e.answer
	e.mu.Unlock()
	if answer != nil {
		return answer(ctx, r)
	}
	return say(string(r.Action) + r.Command + " " + r.Text)
}

func (e *engine) Suggest(_ context.Context, r bot.Request) []bot.Choice {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, r)
	if e.suggest != nil {
		return e.suggest(r)
	}
	return nil
}

func (e *engine) Changed(_ context.Context, c bot.ChatChange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changes = append(e.changes, c)
}

func (e *engine) Commands() []bot.CommandSpec {
	if e.commands != nil {
		return e.commands
	}
	both := func(de, en string) map[string]string { return map[string]string{"de": de, "en": en} }
	return []bot.CommandSpec{
		{Name: "coach", Aliases: []string{"wer"}, Local: both("trainer", "coach"), About: both("Was über einen Trainer bekannt ist", "What is known about a coach")},
		{Name: "subscribe", Local: both("folgen", "subscribe"), About: both("Einem Verein folgen", "Follow a club"), Manage: true},
		{Name: "start", About: both("Los geht es", "Get started")},
		{Name: "help", Local: both("hilfe", "help"), About: both("Hilfe", "Help")},
		{Name: "corrections", About: both("Nur für den Betreiber", "Operator only"), Owner: true},
		{Name: "hidden", About: both("Versteckt", "Hidden"), Hidden: true},
		{Name: "bench", About: both("Übersicht mit Bild", "Overview"), Slow: true},
	}
}

func (e *engine) seen() []bot.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]bot.Request(nil), e.requests...)
}

func (e *engine) told() []bot.ChatChange {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]bot.ChatChange(nil), e.changes...)
}

func say(s string) bot.Message { return bot.Message{Blocks: text(s)} }

func text(s string) []bot.Block { return []bot.Block{{Spans: []bot.TextSpan{{Text: s}}}} }

// world is an adapter at a fake server.
type world struct {
	*telegramtest.Server
	adapter *telegram.Adapter
	notes   *notebook
	engine  *engine
	log     *lockedBuffer
	stop    func() // ends Run and waits for it
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// open makes an adapter; run starts it as well.
func open(tb testing.TB, change ...func(*telegram.Options)) *world {
	tb.Helper()
	w := &world{Server: telegramtest.New(tb), notes: newNotebook(), engine: &engine{}, log: &lockedBuffer{}, stop: func() {}}
	w.connect(tb, change...)
	return w
}

func (w *world) connect(tb testing.TB, change ...func(*telegram.Options)) {
	tb.Helper()
	o := telegram.Options{
		Token: w.Token, Endpoint: w.URL(), Notebook: w.notes, Timeout: 2 * time.Second, PollTimeout: time.Second,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.adapter, err = telegram.New(o); err != nil {
		tb.Fatal(err)
	}
}

func run(tb testing.TB, change ...func(*telegram.Options)) *world {
	tb.Helper()
	w := open(tb, change...)
	w.start(tb)
	return w
}

func (w *world) start(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.adapter.Run(ctx, w.engine) }()
	var once sync.Once
	w.stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					tb.Errorf("Run: %v", err)
				}
			case <-time.After(time.Minute):
				tb.Error("Run did not end")
			}
		})
	}
	tb.Cleanup(w.stop)
}

func ref(chat int64) bot.ChatRef {
	return bot.ChatRef{Platform: telegram.Name, Chat: strconv.FormatInt(chat, 10)}
}

// awaitSeen waits for n requests at the engine.
func (w *world) awaitSeen(tb testing.TB, n int) []bot.Request {
	tb.Helper()
	w.AwaitThat(tb, strconv.Itoa(n)+" requests", func() bool { return len(w.engine.seen()) >= n })
	return w.engine.seen()
}

func kindOf(tb testing.TB, err error) bot.SendKind {
	tb.Helper()
	var e *bot.SendError
	if !errors.As(err, &e) {
		tb.Fatalf("%v (%T) is no *bot.SendError", err, err)
	}
	return e.Kind
}

func TestNewChecksItsOptions(t *testing.T) {
	t.Parallel()
	const secret = "SECRETSECRET"
	good := telegram.Options{Token: "1:" + secret, Notebook: newNotebook()}
	if _, err := telegram.New(good); err != nil {
		t.Fatalf("good options: %v", err)
	}
	tests := map[string]func(*telegram.Options){
		"no token":           func(o *telegram.Options) { o.Token = "" },
		"token without id":   func(o *telegram.Options) { o.Token = secret },
		"token with slash":   func(o *telegram.Options) { o.Token = "1:" + secret + "/x" },
		"token with newline": func(o *telegram.Options) { o.Token = "1:" + secret + "\n" },
		"no notebook":        func(o *telegram.Options) { o.Notebook = nil },
		"endpoint ftp":       func(o *telegram.Options) { o.Endpoint = "ftp://x" },
		"endpoint no host":   func(o *telegram.Options) { o.Endpoint = "localhost:8081" },
		"webhook http":       func(o *telegram.Options) { o.Webhook = &telegram.Webhook{URL: "http://x", Listen: ":1"} },
		"webhook listen":     func(o *telegram.Options) { o.Webhook = &telegram.Webhook{URL: "https://x"} },
		"webhook secret": func(o *telegram.Options) {
			o.Webhook = &telegram.Webhook{URL: "https://x", Listen: ":1", Secret: "a b"}
		},
		"webhook half a key": func(o *telegram.Options) {
			o.Webhook = &telegram.Webhook{URL: "https://x", Listen: ":1", CertFile: "c"}
		},
	}
	for name, spoil := range tests {
		o := good
		spoil(&o)
		if _, err := telegram.New(o); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}
