package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"karussell/bot"
)

// Platform is the name under which chats on Discord are stored.
const Platform bot.PlatformName = "discord"

// Options configure an Adapter. Token is required.
type Options struct {
	Token    string       // the bot token, with or without the word "Bot"
	Endpoint string       // "http://host:port/": the server that answers for discord.com; empty for discord.com itself
	Notebook bot.Notebook // remembers what was published; nil: publish at every start
	Log      *slog.Logger // nil: nowhere
	Meter    bot.Meter    // nil: nothing is counted
	Pacer    bot.Pacer    // where look-ups take their places beside the alerts; nil: nowhere
	DevGuild string       // publish the commands to this server only, where they change at once
	// OwnerGuild is a server of the operator's: the owner's commands are
	// published there, to its administrators, and nowhere else. Empty: nowhere.
	OwnerGuild string
	Shards     Shards
}

// Shards says which part of the gateway this process serves.
type Shards struct {
	Count int   // shards over all processes; 0: as Discord recommends
	IDs   []int // those of this process, from 0; empty: all
}

// Adapter is the bot on Discord. All methods are safe for concurrent use; Run
// runs once at a time.
type Adapter struct {
	opt      Options
	log      *slog.Logger
	meter    bot.Meter
	sender   *sender
	channels *channelBook
	crier    *crier
	directs  directBook
	app      atomic.Pointer[string] // application id, known from the first READY on
	self     atomic.Pointer[string] // id of the bot's user, likewise
	running  atomic.Bool
}

var (
	_ bot.Platform = (*Adapter)(nil)
	_ bot.Editor   = (*Adapter)(nil)
	_ bot.Checker  = (*Adapter)(nil)
	_ bot.Limited  = (*Adapter)(nil)

	_ bot.RoleChecker = (*Adapter)(nil)
)

// New checks the options. It does not touch the network.
func New(o Options) (*Adapter, error) {
	o.Token = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(o.Token), "Bot "))
	if o.Token == "" {
		return nil, errors.New("discord: the bot token is missing")
	}
	if strings.ContainsAny(o.Token, " \t\r\n") {
		return nil, errors.New("discord: the bot token contains white space")
	}
	for _, guild := range []string{o.DevGuild, o.OwnerGuild} {
		if guild != "" && snowflake(guild) == "" {
			return nil, errors.New("discord: a server id is a number (switch on developer mode and copy it)")
		}
	}
	base, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	if err := o.Shards.check(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Meter == nil {
		o.Meter = bot.NoMeter{}
	}
	a := &Adapter{opt: o, log: o.Log, meter: o.Meter}
	if a.sender, err = newSender(o.Token, base, o.Log, o.Meter); err != nil {
		return nil, err
	}
	if a.sender.pacer = o.Pacer; o.Pacer == nil {
		a.sender.pacer = bot.NoPacer{}
	}
	a.channels = newChannelBook(a.sender)
	a.crier = newCrier()
	a.directs.known = map[string]string{}
	return a, nil
}

func (s Shards) check() error {
	if s.Count < 0 {
		return fmt.Errorf("discord: %d shards: want 0 or more", s.Count)
	}
	if len(s.IDs) > 0 && s.Count == 0 {
		return errors.New("discord: shard ids need a shard count")
	}
	for _, id := range s.IDs {
		if id < 0 || id >= s.Count {
			return fmt.Errorf("discord: shard %d: want 0 to %d", id, s.Count-1)
		}
	}
	return nil
}

// parseEndpoint accepts an http or https address, nil for discord.com. The
// error does not repeat the address: it may hold a password.
func parseEndpoint(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("discord: endpoint: want http://host:port/ or https://host/")
	}
	// The API's own path may be named with it; the version is found out.
	if at := strings.Index(u.Path+"/", "/api/"); at >= 0 {
		u.Path = u.Path[:at]
	}
	return u, nil
}

// Name is "discord".
func (*Adapter) Name() bot.PlatformName { return Platform }

// Limits are those of DefaultLimits.
func (*Adapter) Limits() bot.Limits { return DefaultLimits() }

// DefaultLimits stay below Discord's whenever its windows begin, and also when a
// process that was killed forgot what it had sent: at most five messages in any
// five seconds in one channel (four at this pace, and one more when a new process
// begins at once), at most 50 requests in any second over everything, of which
// some are left for what has no Pacer. Callbacks, edits and follow-ups of
// interactions count towards neither: they "are not bound to the application's
// Global Rate Limit" (Discord's documentation, "Receiving and Responding to
// Interactions") and have buckets of their own.
func DefaultLimits() bot.Limits {
	return bot.Limits{
		Global:     35,
		Burst:      2,
		PerChat:    0.8,
		ChatBurst:  1,
		Concurrent: 32,
		EditsCount: true,
	}
}

// appID is the application's id, asked for when no READY has brought it.
func (a *Adapter) appID(ctx context.Context) (string, error) {
	return a.identity(ctx, &a.app, "applications/@me", "oauth2/applications/@me", "users/@me")
}

// selfID is the id of the bot's user; old bots have another one than their
// application.
func (a *Adapter) selfID(ctx context.Context) (string, error) {
	return a.identity(ctx, &a.self, "users/@me", "applications/@me")
}

// identity is what known holds, else the id of the first of the paths that
// answers.
func (a *Adapter) identity(ctx context.Context, known *atomic.Pointer[string], paths ...string) (string, error) {
	if id := known.Load(); id != nil {
		return *id, nil
	}
	var err error
	for _, path := range paths {
		var it struct {
			ID string `json:"id"`
		}
		if err = a.sender.get(ctx, path, &it); err == nil && it.ID != "" {
			known.Store(&it.ID)
			return it.ID, nil
		}
	}
	if err == nil {
		err = &refusal{kind: bot.SendTemporary, cause: errors.New("the answer names no id")}
	}
	return "", err
}

// callTimeout bounds one request to Discord.
const callTimeout = 15 * time.Second
