package discord_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"karussell/adapters/discord"
	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

func TestMain(m *testing.M) {
	// The tests wait more than they work: the library sleeps a second whenever a
	// connection ends.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// judge is shared by all tests: reading the contract takes half a second.
var judge = sync.OnceValues(func() (*discordtest.Judge, error) {
	dir := os.Getenv("KARUSSELL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(dir, "contracts", "discord-openapi.json")
	if _, err := os.Stat(path); err != nil {
		path = ""
	}
	return discordtest.NewJudge(path)
})

func judged(tb testing.TB, opt discordtest.Options) discordtest.Options {
	tb.Helper()
	j, err := judge()
	if err != nil {
		tb.Fatal(err)
	}
	if !j.Knows() {
		tb.Log("the contract discord-openapi.json is not here: requests are judged by the rules beyond it only")
	}
	opt.Judge = j
	return opt
}

// engine is a working stand-in for bot.Engine.
type engine struct {
	mu       sync.Mutex
	specs    []bot.CommandSpec
	respond  func(context.Context, bot.Request) bot.Message
	suggest  func(bot.Request) []bot.Choice
	requests []bot.Request
	changes  []bot.ChatChange
	changed  chan struct{}
}

func newEngine() *engine {
	return &engine{changed: make(chan struct{}, 1000), specs: []bot.CommandSpec{
		{
			Name: "coach", Local: map[string]string{"de": "trainer"},
			About:   map[string]string{"de": "Was über einen Trainer bekannt ist", "en": "What is known about a coach"},
			Options: []bot.OptionSpec{{Name: "name", Local: map[string]string{"de": "name"}, About: map[string]string{"de": "Name des Trainers", "en": "The coach's name"}, Required: true, Complete: true}},
		},
		{
			Name: "subscribe", Local: map[string]string{"de": "abonnieren"}, Manage: true, Private: true,
			About: map[string]string{"de": "Meldungen in diesen Kanal", "en": "Alerts to this channel"},
			Options: []bot.OptionSpec{
				{Name: "silent", About: map[string]string{"de": "ohne Ton", "en": "without sound"}, Kind: bot.OptionSwitch},
				{Name: "topic", About: map[string]string{"de": "Verein, Trainer oder Liga", "en": "Club, coach or league"}, Required: true, Complete: true},
				{Name: "minimum", About: map[string]string{"de": "Sicherheit", "en": "Certainty"}, Choices: []bot.ChoiceSpec{
					{Value: "all", Label: map[string]string{"de": "alles", "en": "everything"}},
					{Value: "official", Label: map[string]string{"de": "nur Offizielles", "en": "official only"}},
				}},
				{Name: "role", About: map[string]string{"de": "Rolle", "en": "Role"}, Kind: bot.OptionRole},
				{Name: "channel", About: map[string]string{"de": "Kanal", "en": "Channel"}, Kind: bot.OptionChannel},
				{Name: "limit", About: map[string]string{"de": "Anzahl", "en": "How many"}, Kind: bot.OptionNumber},
			},
		},
		{Name: "slow", Slow: true, About: map[string]string{"de": "langsam", "en": "slow"}},
		{Name: "feeds", Owner: true, About: map[string]string{"de": "Feeds", "en": "Feeds"}},
		{Name: "secret", Hidden: true, About: map[string]string{"de": "versteckt", "en": "hidden"}},
	}}
}

func (e *engine) Respond(ctx context.Context, r bot.Request) bot.Message {
	e.mu.Lock()
	e.requests = append(e.requests, r)
	f := e.respond
	e.mu.Unlock()
	if f != nil {
		return f(ctx, r)
	}
	return bot.Message{Title: "Antwort auf " + r.Command + string(r.Action), Blocks: []bot.Block{para("alles klar")}}
}

func (e *engine) Suggest(_ context.Context, r bot.Request) []bot.Choice {
	e.mu.Lock()
	f := e.suggest
	e.mu.Unlock()
	if f != nil {
		return f(r)
	}
	return []bot.Choice{{Label: "Heiner Backhaus", Value: "coach:heiner-backhaus", Hint: "Braunschweig"}}
}

func (e *engine) setSuggest(f func(bot.Request) []bot.Choice) {
	e.mu.Lock()
	e.suggest = f
	e.mu.Unlock()
}

func (e *engine) Commands() []bot.CommandSpec { return e.specs }

func (e *engine) Changed(_ context.Context, c bot.ChatChange) {
	e.mu.Lock()
	e.changes = append(e.changes, c)
	e.mu.Unlock()
	e.changed <- struct{}{}
}

func (e *engine) awaitChange(t *testing.T, match func(bot.ChatChange) bool) bot.ChatChange {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		e.mu.Lock()
		for _, c := range e.changes {
			if match(c) {
				e.mu.Unlock()
				return c
			}
		}
		e.mu.Unlock()
		select {
		case <-e.changed:
		case <-deadline:
			t.Fatal("the engine was not told")
		}
	}
}

func (e *engine) last() bot.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests[len(e.requests)-1]
}

func para(text string) bot.Block { return bot.Block{Spans: []bot.TextSpan{{Text: text}}} }

// notebook is a working Notebook.
type notebook struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (n *notebook) Recall(_ context.Context, key string) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if v, ok := n.m[key]; ok {
		return v, nil
	}
	return nil, bot.ErrNotFound
}

func (n *notebook) Remember(_ context.Context, key string, value []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.m == nil {
		n.m = map[string][]byte{}
	}
	n.m[key] = value
	return nil
}

// stage is a server, an adapter and an engine that play together.
type stage struct {
	t       *testing.T
	server  *discordtest.Server
	adapter *discord.Adapter
	engine  *engine
	guild   string
	channel string
	stop    func() error // ends Run and returns its error
}

type setting func(*discord.Options)

func newAdapter(t *testing.T, s *discordtest.Server, set ...setting) *discord.Adapter {
	t.Helper()
	o := discord.Options{Token: s.Token, Endpoint: s.URL(), Log: slog.New(slog.DiscardHandler)}
	for _, f := range set {
		f(&o)
	}
	a, err := discord.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// play starts everything and waits until the commands are published.
func play(t *testing.T, opt discordtest.Options, set ...setting) *stage {
	t.Helper()
	opt = judged(t, opt)
	st := &stage{t: t, engine: newEngine()}
	st.server = discordtest.New(t, opt)
	st.guild = st.server.AddGuild("Kurve")
	st.channel = st.server.AddChannel(st.guild, discordtest.Channel{Name: "trainer"})
	st.adapter = newAdapter(t, st.server, set...)
	st.run()
	st.server.AwaitShards(max(opt.Shards, 1), 20*time.Second)
	st.server.AwaitCommands(1, 10*time.Second)
	return st
}

func (st *stage) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- st.adapter.Run(ctx, st.engine) }()
	var once sync.Once
	var err error
	st.stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case err = <-done:
			case <-time.After(20 * time.Second):
				err = errors.New("Run did not end")
			}
		})
		return err
	}
	stop := st.stop
	st.t.Cleanup(func() {
		if err := stop(); err != nil && !errors.Is(err, discord.ErrUnusable) {
			st.t.Errorf("Run: %v", err)
		}
	})
}

func (st *stage) chat() bot.ChatRef { return bot.ChatRef{Platform: "discord", Chat: st.channel} }

func manager() discordtest.User { return discordtest.User{Permissions: discordtest.ManageGuild} }

var (
	callbackPath = regexp.MustCompile(`^interactions/.*/callback$`)
	messagesPath = regexp.MustCompile(`^channels/\d+/messages$`)
)
