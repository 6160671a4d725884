package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting is one row of the table of settings.
type Setting struct {
	Key     string // in the file, dotted
	Env     string // in the environment; with _FILE appended it names a file that holds the value; empty: file only
	Default string
	About   string
	Secret  bool
	Live    bool // a running bot takes a new value over (see Changed)
	field   field
}

// field reaches a setting's place in a Config.
type field struct {
	set func(c *Config, value string) error
	get func(c *Config) any // for comparison only: a secret is revealed
}

func text(at func(*Config) *string) field {
	return field{
		set: func(c *Config, v string) error { *at(c) = v; return nil },
		get: func(c *Config) any { return *at(c) },
	}
}

func secret(at func(*Config) *Secret) field {
	return field{
		set: func(c *Config, v string) error { *at(c) = NewSecret(v); return nil },
		get: func(c *Config) any { return at(c).Reveal() },
	}
}

func words(at func(*Config) *[]string) field {
	return field{
		set: func(c *Config, v string) error { *at(c) = strings.Fields(v); return nil },
		get: func(c *Config) any { return *at(c) },
	}
}

// parsed is a field whose text has a form; want ends the sentence of its error.
func parsed[T any](at func(*Config) *T, parse func(string) (T, error), want string) field {
	return field{
		set: func(c *Config, v string) error {
			x, err := parse(v)
			if err != nil {
				return fmt.Errorf("%q%s", v, want)
			}
			*at(c) = x
			return nil
		},
		get: func(c *Config) any { return *at(c) },
	}
}

func duration(at func(*Config) *time.Duration) field {
	return parsed(at, time.ParseDuration, " is no duration; write 90s, 2m or 6h")
}

func size(at func(*Config) *Size) field { return parsed(at, ParseSize, sizeForm) }

func number(at func(*Config) *int) field { return parsed(at, strconv.Atoi, " is no whole number") }

func yesNo(at func(*Config) *bool) field {
	return parsed(at, strconv.ParseBool, ": write true or false")
}

func numbers(at func(*Config) *[]int) field {
	return parsed(at, func(v string) ([]int, error) {
		var out []int
		for _, w := range strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == ',' }) {
			n, err := strconv.Atoi(w)
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		}
		return out, nil
	}, " is no list of whole numbers")
}

// Settings is the table, in the order of the documentation.
func Settings() []Setting {
	return slices.Concat(coreSettings(), platformSettings(), feedSettings(), careSettings())
}

func coreSettings() []Setting {
	return []Setting{
		{Key: "db", Env: prefix + "DB", Default: "karussell.db", About: "the database: a file, or postgres://user:password@host/name", field: text(func(c *Config) *string { return &c.DB })},
		{Key: "store.max_size", Env: prefix + "DB_MAX_SIZE", About: "largest size of the database file, as 500MB or 20GB; beyond it nothing more is stored. Empty: as the disk allows", field: size(func(c *Config) *Size { return &c.Store.MaxSize })},
		{Key: "store.lease", Env: prefix + "DB_LEASE", Default: "30s", About: "replicas only: how long the work of one that died may lie, at least 2s; deliveries that it had claimed lie four times as long", field: duration(func(c *Config) *time.Duration { return &c.Store.Lease })},
		{Key: "owners", Env: prefix + "OWNERS", About: "users who may correct stories and manage feeds, as telegram:ID or discord:ID", Live: true, field: words(func(c *Config) *[]string { return &c.Owners })},
		{Key: "log.level", Env: prefix + "LOG", Default: "info", About: "debug, info, warn or error", Live: true, field: text(func(c *Config) *string { return &c.Log.Level })},
		{Key: "log.format", Env: prefix + "LOG_FORMAT", Default: "text", About: "text or json", field: text(func(c *Config) *string { return &c.Log.Format })},
	}
}

func platformSettings() []Setting {
	return []Setting{
		{Key: "telegram.token", Env: prefix + "TELEGRAM_TOKEN", Secret: true, About: "the bot's token from BotFather; set: Telegram is on", field: secret(func(c *Config) *Secret { return &c.Telegram.Token })},
		{Key: "telegram.endpoint", Env: prefix + "TELEGRAM_ENDPOINT", About: "address of a Bot API server other than Telegram's", field: text(func(c *Config) *string { return &c.Telegram.Endpoint })},
		{Key: "telegram.depot", Env: prefix + "TELEGRAM_DEPOT", About: "chat (id or @name) where pictures for inline results are uploaded; empty: inline results show a picture once it was sent somewhere", field: text(func(c *Config) *string { return &c.Telegram.Depot })},
		{Key: "telegram.webhook.url", Env: prefix + "TELEGRAM_WEBHOOK_URL", About: "public https address that Telegram calls; empty: polling", field: text(func(c *Config) *string { return &c.Telegram.Webhook.URL })},
		{Key: "telegram.webhook.listen", Env: prefix + "TELEGRAM_WEBHOOK_LISTEN", About: "local address of the webhook", field: text(func(c *Config) *string { return &c.Telegram.Webhook.Listen })},
		{Key: "telegram.webhook.secret", Env: prefix + "TELEGRAM_WEBHOOK_SECRET", Secret: true, About: "secret that Telegram sends along; A-Z, a-z, 0-9, _ and -", field: secret(func(c *Config) *Secret { return &c.Telegram.Webhook.Secret })},
		{Key: "telegram.webhook.cert", Env: prefix + "TELEGRAM_WEBHOOK_CERT", About: "certificate file, if TLS does not end in front of Karussell", field: text(func(c *Config) *string { return &c.Telegram.Webhook.Cert })},
		{Key: "telegram.webhook.key", Env: prefix + "TELEGRAM_WEBHOOK_KEY", About: "key file of that certificate", field: text(func(c *Config) *string { return &c.Telegram.Webhook.Key })},
		{Key: "discord.token", Env: prefix + "DISCORD_TOKEN", Secret: true, About: "the bot's token from the developer portal; set: Discord is on", field: secret(func(c *Config) *Secret { return &c.Discord.Token })},
		{Key: "discord.endpoint", Env: prefix + "DISCORD_ENDPOINT", About: "address of a Discord-compatible server other than Discord", field: text(func(c *Config) *string { return &c.Discord.Endpoint })},
		{Key: "discord.dev_server", Env: prefix + "DISCORD_DEV_SERVER", About: "server id: commands are registered there only", field: text(func(c *Config) *string { return &c.Discord.DevServer })},
		{Key: "discord.own_server", Env: prefix + "DISCORD_OWN_SERVER", About: "server id: the owner's commands (/feeds, /correct) are registered there", field: text(func(c *Config) *string { return &c.Discord.OwnServer })},
		{Key: "discord.shards", Env: prefix + "DISCORD_SHARDS", About: "number of shards; 0: as Discord recommends", field: number(func(c *Config) *int { return &c.Discord.Shards })},
		{Key: "discord.shard_ids", Env: prefix + "DISCORD_SHARD_IDS", About: "shards of this process; empty: all", field: numbers(func(c *Config) *[]int { return &c.Discord.ShardIDs })},
	}
}

func feedSettings() []Setting {
	return []Setting{
		{Key: "feeds.addresses", Env: prefix + "FEEDS", About: "addresses of feeds", Live: true, field: words(func(c *Config) *[]string { return &c.Feeds.Addresses })},
		{Key: "feeds.choose", Env: prefix + "FEEDS_CHOOSE", About: "names from the bundled source list (karussell feeds list)", Live: true, field: words(func(c *Config) *[]string { return &c.Feeds.Choose })},
		{Key: "feeds.interval", Env: prefix + "FEED_INTERVAL", Default: "2m", About: "shortest interval between two polls of a feed", Live: true, field: duration(func(c *Config) *time.Duration { return &c.Feeds.Interval })},
		{Key: "feeds.allow_private", Env: prefix + "ALLOW_PRIVATE", About: "feeds on loopback and private addresses: for tests and intranets", field: yesNo(func(c *Config) *bool { return &c.Feeds.AllowPrivate })},
		{Key: "feeds.pages", Env: prefix + "FEED_PAGES", Default: "true", About: "read the page behind a feed item that brings a teaser only, where robots.txt allows", field: yesNo(func(c *Config) *bool { return &c.Feeds.Pages })},
		{Key: "feeds.contact", Env: prefix + "CONTACT", About: "address for complaints, sent in the User-Agent", field: text(func(c *Config) *string { return &c.Feeds.Contact })},
		{Key: "feeds.push.url", Env: prefix + "FEED_PUSH_URL", About: "public address (https://bot.example/push) that hubs call for feeds that offer push (WebSub); empty: polling only", field: text(func(c *Config) *string { return &c.Feeds.Push.URL })},
		{Key: "feeds.push.listen", Env: prefix + "FEED_PUSH_LISTEN", About: "local address of that server (127.0.0.1:8082); empty: the board's server answers at the path of feeds.push.url", field: text(func(c *Config) *string { return &c.Feeds.Push.Listen })},
		{Key: "feeds.source", About: "a table per feed: url, name, outlet, language, tier", Live: true, field: field{
			set: func(*Config, string) error { return errors.New("set feeds.source in the file") },
			get: func(c *Config) any { return c.Feeds.Source },
		}},
	}
}

func careSettings() []Setting {
	return []Setting{
		{Key: "status.listen", Env: prefix + "STATUS_LISTEN", About: "address of the status server (127.0.0.1:8081); empty: off", field: text(func(c *Config) *string { return &c.Status.Listen })},
		{Key: "status.token", Env: prefix + "STATUS_TOKEN", Secret: true, About: "token of the operator page and the metrics", field: secret(func(c *Config) *Secret { return &c.Status.Token })},
		{Key: "status.board", Env: prefix + "BOARD_LISTEN", About: "address of the public board (127.0.0.1:8080); empty: off", field: text(func(c *Config) *string { return &c.Status.Board })},
		{Key: "status.public", Env: prefix + "BOARD_URL", About: "public address of the board, for links and feeds", field: text(func(c *Config) *string { return &c.Status.Public })},
		{Key: "keep.texts", Env: prefix + "KEEP_TEXTS", Default: "8760h", About: "how long article texts are kept; facts stay. 0s: for ever", Live: true, field: duration(func(c *Config) *time.Duration { return &c.Keep.Texts })},
		{Key: "backup.dir", Env: prefix + "BACKUP_DIR", About: "folder for scheduled backups; empty: none", Live: true, field: text(func(c *Config) *string { return &c.Backup.Dir })},
		{Key: "backup.every", Env: prefix + "BACKUP_EVERY", Default: "24h", About: "interval of scheduled backups", Live: true, field: duration(func(c *Config) *time.Duration { return &c.Backup.Every })},
		{Key: "backup.count", Env: prefix + "BACKUP_COUNT", Default: "7", About: "how many scheduled backups are kept", Live: true, field: number(func(c *Config) *int { return &c.Backup.Count })},
	}
}

// Changed compares two configurations: the keys whose new values a running bot
// takes over, and those that need a restart, each in the table's order.
func Changed(before, after Config) (live, restart []string) {
	for _, s := range Settings() {
		switch {
		case reflect.DeepEqual(s.field.get(&before), s.field.get(&after)):
		case s.Live:
			live = append(live, s.Key)
		default:
			restart = append(restart, s.Key)
		}
	}
	return live, restart
}
