// Package telegram connects Karussell to Telegram.
//
// Law: text goes out as text with entities counted in UTF-16 units, never as
// markup; an update is confirmed only after it was handled or written down; the
// token never leaves wire.go; and what an error means is decided by code and
// parameters, with the one exception that refusal.go explains.
//
// The library go-telegram-bot-api/v5 encodes calls and decodes their envelope.
// It has no contexts, puts the token into errors and confirms updates before
// they are handled, so the package has its own transport (wire.go), its own
// getUpdates loop (poll.go) and its own webhook (webhook.go).
package telegram

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"karussell/bot"
)

// Name is the platform's name in chat references: "telegram:4711".
const Name bot.PlatformName = "telegram"

// Defaults of Options.
const (
	DefaultEndpoint    = "https://api.telegram.org"
	DefaultTimeout     = 15 * time.Second
	DefaultPollTimeout = 50 * time.Second // Telegram holds a long poll for at most 50 s
	DefaultWorkers     = 64
)

// Options configure an Adapter. Token and Notebook are required.
type Options struct {
	// Token is what BotFather gave: "4711:AA…".
	Token string
	// Endpoint is scheme, host and port of a Bot API server, without the bot
	// path; empty for DefaultEndpoint. Calls go to ENDPOINT/bot<token>/<method>.
	Endpoint string
	// Notebook keeps update progress, file ids, open prompts and the hash of the
	// published commands.
	Notebook bot.Notebook
	Log      *slog.Logger // nil: nowhere
	Meter    bot.Meter    // nil: nothing is counted
	Pacer    bot.Pacer    // where answers take their places beside the alerts; nil: nowhere
	// HTTP supplies the transport; redirects are never followed. Nil: an own one.
	HTTP *http.Client
	// Timeout bounds one call, DefaultTimeout when zero. Uploads get four times
	// as much.
	Timeout time.Duration
	// PollTimeout is how long Telegram may hold a poll, 1 to 50 s in whole
	// seconds; DefaultPollTimeout when zero.
	PollTimeout time.Duration
	// Workers bounds the requests answered at once; DefaultWorkers when zero.
	Workers int
	// Webhook, when set, replaces polling.
	Webhook *Webhook
	// Zone is used for the times that messages show; nil: Europe/Berlin.
	Zone *time.Location
	// Depot is a chat (id or @name) where pictures of inline results are
	// uploaded, silently, to get their file ids: Telegram takes pictures there
	// only by file id. Empty: inline results show a picture once it was sent
	// anywhere, and none before.
	Depot string
}

// Adapter is Telegram as a bot.Platform. It also implements bot.Editor,
// bot.Checker and bot.Limited. Safe for concurrent use; Run at most once at a
// time.
type Adapter struct {
	wire     *wire
	notebook bot.Notebook
	log      *slog.Logger
	meter    bot.Meter
	pacer    bot.Pacer
	zone     *time.Location
	poll     time.Duration
	workers  int
	webhook  *Webhook
	depot    string
	account  string // the bot's numeric id, from the token; keys notes

	sent  *recent[string, uint64] // what a message showed last, to skip edits that change nothing
	forms *prompts
}

// New makes an Adapter without touching the network. It fails on options that
// cannot work; the error never shows the token.
func New(o Options) (*Adapter, error) {
	if o.Notebook == nil {
		return nil, errors.New("telegram: a notebook is required")
	}
	if err := checkToken(o.Token); err != nil {
		return nil, err
	}
	base, err := checkEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	if err := o.Webhook.check(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Meter == nil {
		o.Meter = bot.NoMeter{}
	}
	if o.Pacer == nil {
		o.Pacer = bot.NoPacer{}
	}
	if o.Zone == nil {
		o.Zone = berlin()
	}
	account, _, _ := strings.Cut(o.Token, ":")
	return &Adapter{
		wire:     newWire(base, o.Token, o.HTTP, orDefault(o.Timeout, DefaultTimeout), o.Meter),
		notebook: o.Notebook,
		log:      o.Log,
		meter:    o.Meter,
		pacer:    o.Pacer,
		zone:     o.Zone,
		poll:     min(max(orDefault(o.PollTimeout, DefaultPollTimeout), time.Second), DefaultPollTimeout),
		workers:  orDefault(o.Workers, DefaultWorkers),
		webhook:  o.Webhook,
		depot:    o.Depot,
		account:  account,
		sent:     newRecent[string, uint64](4096),
		forms:    newPrompts(o.Notebook, account+"/prompts"),
	}, nil
}

// Name is "telegram".
func (a *Adapter) Name() bot.PlatformName { return Name }

// Limits are those of DefaultLimits.
func (*Adapter) Limits() bot.Limits { return DefaultLimits() }

// DefaultLimits are Telegram's own (core.telegram.org/bots/faq, "My bot is
// hitting limits"): about 30 messages/s in bulk, one per second and chat with
// short bursts, 20 per minute and group. Answers share them through the Pacer;
// two per second are left for what has none.
func DefaultLimits() bot.Limits {
	return bot.Limits{
		Global:     28,
		Burst:      28,
		PerChat:    1,
		ChatBurst:  3,
		PerGroup:   20.0 / 60,
		Concurrent: 16,
		EditsCount: true,
	}
}

// note is the key of one of this bot's notes: another bot's token must not find
// our offset and file ids.
func (a *Adapter) note(name string) string { return a.account + "/" + name }

func checkToken(token string) error {
	id, secret, ok := strings.Cut(token, ":")
	if !ok || id == "" || secret == "" {
		return errors.New("telegram: the token does not look like one from BotFather (digits:letters)")
	}
	for _, r := range token {
		if r <= ' ' || r > '~' || strings.ContainsRune("/?#%\\", r) {
			return errors.New("telegram: the token holds a character that no token has")
		}
	}
	return nil
}

func checkEndpoint(endpoint string) (string, error) {
	if endpoint == "" {
		return DefaultEndpoint, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", errors.New("telegram: the endpoint must be http://host:port or https://host")
	}
	return strings.TrimRight(endpoint, "/"), nil
}

func orDefault[T ~int | ~int64](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// berlin is where the outlets are; UTC when the zone table is missing.
func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return zone
}

// nap waits d; it reports false when ctx ended before.
func nap(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
