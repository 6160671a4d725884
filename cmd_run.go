package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"karussell/adapters/discord"
	"karussell/adapters/telegram"
	"karussell/bot"
	"karussell/bot/feed"
	"karussell/bot/picture"
	"karussell/bot/status"
	"karussell/config"
)

type runCmd struct {
	DB string `help:"The store's file." name:"db" placeholder:"FILE"`
}

// Run runs the bot until it is told to stop.
func (c *runCmd) Run(w *world) error {
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	log, level := w.loggerWithLevel(settings.Log)
	k, err := loadKnowledge()
	if err != nil {
		return err
	}
	return withStore(w, settings, log, func(store keeper) error {
		s, err := assemble(w, settings, store, k, log)
		if err != nil {
			return err
		}
		fresh := &reloader{w: w, db: c.DB, s: s, level: level, now: settings}
		inside := *w
		inside.store, inside.reload = store, fresh.reload
		s.more = append(s.more, fresh.follow, func(ctx context.Context) error { return s.care(ctx, store, fresh.settings) })
		if !onServer(settings.DB) { // others reach a server's database themselves
			s.more = append(s.more, func(ctx context.Context) error { return serveControl(ctx, &inside, settings.DB) })
		}
		return s.run(w.ctx)
	})
}

// assemble builds the service that the settings describe and says plainly what
// is on, what is off and why.
func assemble(w *world, settings config.Config, open keeper, k knowledge, log *slog.Logger) (*service, error) {
	var desk lateDesk
	registry := status.NewRegistry("telegram", "discord")
	store := status.Timed(open, registry)
	hand, err := picture.New(k.extractor.Gazetteer())
	if err != nil {
		return nil, err
	}
	artist := picture.NewGallery(hand)
	var turns alone
	var among *replica
	if onServer(settings.DB) {
		among = newReplica(store, settings.Store.Lease, w.now, log)
		store, turns = fenced{store}, among.alone
	}
	engine, err := newEngine(w, settings, store, k, log, func(s *bot.Setup) {
		s.Feeds, s.Artist, s.Meter = &desk, artist, registry
		s.Direct = map[bot.PlatformName]func(bot.UserRef) bot.ChatRef{discord.Platform: discord.Direct}
	})
	if err != nil {
		return nil, err
	}
	s := &service{
		engine: engine, store: store, meter: registry, now: w.now, log: log, alone: turns,
		claim: claimLease * settings.Store.Lease,
		lamps: map[bot.PlatformName]*status.Lamp{}, seats: map[bot.PlatformName]string{},
	}
	say := func(format string, args ...any) { fmt.Fprintf(w.stderr, "karussell: "+format+"\n", args...) }
	say("store: %s", storeName(settings.DB))
	if err := s.addPlatforms(settings, say); err != nil {
		return nil, err
	}
	if among != nil {
		s.shareGates(among)
	}
	if err := s.addPoller(settings, k, say); err != nil {
		return nil, err
	}
	desk.desk = s.poller
	if err := s.addStatus(w.ctx, settings, registry, open, say); err != nil {
		return nil, err
	}
	s.addPush(settings, say)
	if err := s.addBoard(settings, k.extractor.Gazetteer(), artist, say); err != nil {
		return nil, err
	}
	if len(s.platforms) == 0 && len(s.poller.Sources) == 0 && settings.Status.Board == "" {
		return nil, usageError{errors.New("nothing to run: set KARUSSELL_TELEGRAM_TOKEN, KARUSSELL_DISCORD_TOKEN or KARUSSELL_FEEDS; karussell demo needs none of them")}
	}
	return s, nil
}

// lateDesk breaks the circle of engine and poller: the engine is made first.
type lateDesk struct{ desk *feed.Poller }

func (d *lateDesk) Add(ctx context.Context, url string) (bot.FeedState, error) {
	return d.desk.Add(ctx, url)
}

func (d *lateDesk) Remove(ctx context.Context, url string) error { return d.desk.Remove(ctx, url) }

func (d *lateDesk) Pause(ctx context.Context, url string, paused bool) error {
	return d.desk.Pause(ctx, url, paused)
}

func (d *lateDesk) Test(ctx context.Context, url string) (bot.FeedTrial, error) {
	return d.desk.Test(ctx, url)
}

func (s *service) addPlatforms(c config.Config, say func(string, ...any)) error {
	if c.Telegram.Token.IsSet() {
		adapter, err := telegram.New(telegramOptions(c, s))
		if err != nil {
			return fmt.Errorf("telegram: %w", err)
		}
		s.platforms = append(s.platforms, adapter)
		if c.Telegram.Webhook.URL == "" { // with a webhook all replicas listen
			s.seats[adapter.Name()] = "telegram"
		}
		say("Telegram: on%s", at(c.Telegram.Endpoint))
	} else {
		say("Telegram: off, KARUSSELL_TELEGRAM_TOKEN is not set")
	}
	if c.Discord.Token.IsSet() {
		adapter, err := discord.New(discordOptions(c, s))
		if err != nil {
			return fmt.Errorf("discord: %w", err)
		}
		s.platforms = append(s.platforms, adapter)
		s.seats[adapter.Name()] = "discord"
		if len(c.Discord.ShardIDs) > 0 { // each group of shards has its own listener
			s.seats[adapter.Name()] = fmt.Sprintf("discord/%d/%d", c.Discord.Shards, c.Discord.ShardIDs)
		}
		say("Discord: on%s", at(c.Discord.Endpoint))
	} else {
		say("Discord: off, KARUSSELL_DISCORD_TOKEN is not set")
	}
	return nil
}

func at(endpoint string) string {
	if endpoint == "" {
		return ""
	}
	return ", at the configured endpoint"
}

func telegramOptions(c config.Config, s *service) telegram.Options {
	return telegram.Options{
		Token: c.Telegram.Token.Reveal(), Endpoint: c.Telegram.Endpoint,
		Notebook: notebook{store: s.store, prefix: "telegram/"}, Log: s.log, Meter: s.meter,
		Pacer:   s.gate(telegram.Name, telegram.DefaultLimits()),
		Webhook: webhook(c.Telegram.Webhook), Depot: c.Telegram.Depot,
	}
}

func webhook(c config.Webhook) *telegram.Webhook {
	if c.URL == "" {
		return nil
	}
	return &telegram.Webhook{URL: c.URL, Listen: c.Listen, Secret: c.Secret.Reveal(), CertFile: c.Cert, KeyFile: c.Key}
}

func discordOptions(c config.Config, s *service) discord.Options {
	return discord.Options{
		Token: c.Discord.Token.Reveal(), Endpoint: c.Discord.Endpoint, DevGuild: c.Discord.DevServer, OwnerGuild: c.Discord.OwnServer,
		Shards:   discord.Shards{Count: c.Discord.Shards, IDs: c.Discord.ShardIDs},
		Notebook: notebook{store: s.store, prefix: ""}, Log: s.log, Meter: s.meter,
		Pacer: s.gate(discord.Platform, discord.DefaultLimits()),
	}
}

func (s *service) addPoller(c config.Config, k knowledge, say func(string, ...any)) error {
	sources, err := sourcesOf(c)
	if err != nil {
		return usageError{err}
	}
	poller, err := feed.New(feed.Setup{
		Ingester: s.engine, Store: s.store, Extractor: k.extractor, Outlets: k.extractor.Gazetteer().OutletNamed,
		Sources: sources, Interval: c.Feeds.Interval, Private: c.Feeds.AllowPrivate, Pages: c.Feeds.Pages,
		Agent: userAgent(c), Now: s.now, Log: s.log, Meter: s.meter, Owner: s.tellOwners, Push: c.Feeds.Push.URL,
	})
	if err != nil {
		return err
	}
	s.poller = poller
	if len(sources) == 0 {
		say("Feeds: none configured; set KARUSSELL_FEEDS, or add one in chat with /feeds add")
		return nil
	}
	say("Feeds: %d, at most every %s each", len(sources), c.Feeds.Interval)
	if c.Feeds.AllowPrivate {
		say("Feeds: loopback and private addresses are allowed (KARUSSELL_ALLOW_PRIVATE)")
	}
	return nil
}

// sourcesOf joins chosen, described and plain sources.
func sourcesOf(c config.Config) ([]feed.Source, error) {
	out, err := feed.Chosen(c.Feeds.Choose)
	if err != nil {
		return nil, err
	}
	for _, s := range c.Feeds.Source {
		out = append(out, feed.Source{URL: s.URL, Name: s.Name, Outlet: s.Outlet, Language: s.Language, Tier: s.Tier})
	}
	for _, address := range c.Feeds.Addresses {
		if !slices.ContainsFunc(out, func(s feed.Source) bool { return s.URL == address }) {
			out = append(out, feed.Source{URL: address})
		}
	}
	return out, nil
}

// userAgent names the program and whom to complain to.
func userAgent(c config.Config) string {
	agent := "Karussell/" + strings.ReplaceAll(versionText(), " ", "-")
	if c.Feeds.Contact != "" {
		agent += " (+" + c.Feeds.Contact + ")"
	}
	return agent
}
