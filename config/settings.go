package config

import (
	"errors"
	"fmt"
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
	set     func(c *Config, value string) error
}

func text(get func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error { *get(c) = v; return nil }
}

func secret(get func(*Config) *Secret) func(*Config, string) error {
	return func(c *Config, v string) error { *get(c) = NewSecret(v); return nil }
}

func words(get func(*Config) *[]string) func(*Config, string) error {
	return func(c *Config, v string) error { *get(c) = strings.Fields(v); return nil }
}

func duration(get func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil {
			return fmt.Errorf("%q is no duration; write 90s, 2m or 6h", v)
		}
		*get(c) = d
		return nil
	}
}

func number(get func(*Config) *int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil {
			return fmt.Errorf("%q is no whole number", v)
		}
		*get(c) = n
		return nil
	}
}

func yesNo(get func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) error {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("%q: write true or false", v)
		}
		*get(c) = b
		return nil
	}
}

func numbers(get func(*Config) *[]int) func(*Config, string) error {
	return func(c *Config, v string) error {
		var out []int
		for _, w := range strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == ',' }) {
			n, err := strconv.Atoi(w)
			if err != nil {
				return fmt.Errorf("%q is no whole number", w)
			}
			out = append(out, n)
		}
		*get(c) = out
		return nil
	}
}

// Settings is the table, in the order of the documentation.
func Settings() []Setting {
	return slices.Concat(coreSettings(), platformSettings(), feedSettings(), careSettings())
}

func coreSettings() []Setting {
	return []Setting{
		{Key: "db", Env: prefix + "DB", Default: "karussell.db", About: "the database: a file, or postgres://user:password@host/name", set: text(func(c *Config) *string { return &c.DB })},
		{Key: "owners", Env: prefix + "OWNERS", About: "users who may correct stories and manage feeds, as telegram:ID or discord:ID", set: words(func(c *Config) *[]string { return &c.Owners })},
		{Key: "log.level", Env: prefix + "LOG", Default: "info", About: "debug, info, warn or error", set: text(func(c *Config) *string { return &c.Log.Level })},
		{Key: "log.format", Env: prefix + "LOG_FORMAT", Default: "text", About: "text or json", set: text(func(c *Config) *string { return &c.Log.Format })},
	}
}

func platformSettings() []Setting {
	return []Setting{
		{Key: "telegram.token", Env: prefix + "TELEGRAM_TOKEN", Secret: true, About: "the bot's token from BotFather; set: Telegram is on", set: secret(func(c *Config) *Secret { return &c.Telegram.Token })},
		{Key: "telegram.endpoint", Env: prefix + "TELEGRAM_ENDPOINT", About: "address of a Bot API server other than Telegram's", set: text(func(c *Config) *string { return &c.Telegram.Endpoint })},
		{Key: "telegram.depot", Env: prefix + "TELEGRAM_DEPOT", About: "chat (id or @name) where pictures for inline results are uploaded; empty: inline results show a picture once it was sent somewhere", set: text(func(c *Config) *string { return &c.Telegram.Depot })},
		{Key: "telegram.webhook.url", Env: prefix + "TELEGRAM_WEBHOOK_URL", About: "public https address that Telegram calls; empty: polling", set: text(func(c *Config) *string { return &c.Telegram.Webhook.URL })},
		{Key: "telegram.webhook.listen", Env: prefix + "TELEGRAM_WEBHOOK_LISTEN", About: "local address of the webhook", set: text(func(c *Config) *string { return &c.Telegram.Webhook.Listen })},
		{Key: "telegram.webhook.secret", Env: prefix + "TELEGRAM_WEBHOOK_SECRET", Secret: true, About: "secret that Telegram sends along; A-Z, a-z, 0-9, _ and -", set: secret(func(c *Config) *Secret { return &c.Telegram.Webhook.Secret })},
		{Key: "telegram.webhook.cert", Env: prefix + "TELEGRAM_WEBHOOK_CERT", About: "certificate file, if TLS does not end in front of Karussell", set: text(func(c *Config) *string { return &c.Telegram.Webhook.Cert })},
		{Key: "telegram.webhook.key", Env: prefix + "TELEGRAM_WEBHOOK_KEY", About: "key file of that certificate", set: text(func(c *Config) *string { return &c.Telegram.Webhook.Key })},
		{Key: "discord.token", Env: prefix + "DISCORD_TOKEN", Secret: true, About: "the bot's token from the developer portal; set: Discord is on", set: secret(func(c *Config) *Secret { return &c.Discord.Token })},
		{Key: "discord.endpoint", Env: prefix + "DISCORD_ENDPOINT", About: "address of a Discord-compatible server other than Discord", set: text(func(c *Config) *string { return &c.Discord.Endpoint })},
		{Key: "discord.dev_server", Env: prefix + "DISCORD_DEV_SERVER", About: "server id: commands are registered there only", set: text(func(c *Config) *string { return &c.Discord.DevServer })},
		{Key: "discord.own_server", Env: prefix + "DISCORD_OWN_SERVER", About: "server id: the owner's commands (/feeds, /correct) are registered there", set: text(func(c *Config) *string { return &c.Discord.OwnServer })},
		{Key: "discord.shards", Env: prefix + "DISCORD_SHARDS", About: "number of shards; 0: as Discord recommends", set: number(func(c *Config) *int { return &c.Discord.Shards })},
		{Key: "discord.shard_ids", Env: prefix + "DISCORD_SHARD_IDS", About: "shards of this process; empty: all", set: numbers(func(c *Config) *[]int { return &c.Discord.ShardIDs })},
	}
}

func feedSettings() []Setting {
	return []Setting{
		{Key: "feeds.addresses", Env: prefix + "FEEDS", About: "addresses of feeds", set: words(func(c *Config) *[]string { return &c.Feeds.Addresses })},
		{Key: "feeds.choose", Env: prefix + "FEEDS_CHOOSE", About: "names from the bundled source list (karussell feeds list)", set: words(func(c *Config) *[]string { return &c.Feeds.Choose })},
		{Key: "feeds.interval", Env: prefix + "FEED_INTERVAL", Default: "2m", About: "shortest interval between two polls of a feed", set: duration(func(c *Config) *time.Duration { return &c.Feeds.Interval })},
		{Key: "feeds.allow_private", Env: prefix + "ALLOW_PRIVATE", About: "feeds on loopback and private addresses: for tests and intranets", set: yesNo(func(c *Config) *bool { return &c.Feeds.AllowPrivate })},
		{Key: "feeds.pages", Env: prefix + "FEED_PAGES", Default: "true", About: "read the page behind a feed item that brings a teaser only, where robots.txt allows", set: yesNo(func(c *Config) *bool { return &c.Feeds.Pages })},
		{Key: "feeds.contact", Env: prefix + "CONTACT", About: "address for complaints, sent in the User-Agent", set: text(func(c *Config) *string { return &c.Feeds.Contact })},
		{Key: "feeds.source", About: "a table per feed: url, name, outlet, language, tier", set: func(*Config, string) error { return errors.New("set feeds.source in the file") }},
	}
}

func careSettings() []Setting {
	return []Setting{
		{Key: "status.listen", Env: prefix + "STATUS_LISTEN", About: "address of the status server (127.0.0.1:8081); empty: off", set: text(func(c *Config) *string { return &c.Status.Listen })},
		{Key: "status.token", Env: prefix + "STATUS_TOKEN", Secret: true, About: "token of the operator page and the metrics", set: secret(func(c *Config) *Secret { return &c.Status.Token })},
		{Key: "status.board", Env: prefix + "BOARD_LISTEN", About: "address of the public board (127.0.0.1:8080); empty: off", set: text(func(c *Config) *string { return &c.Status.Board })},
		{Key: "status.public", Env: prefix + "BOARD_URL", About: "public address of the board, for links and feeds", set: text(func(c *Config) *string { return &c.Status.Public })},
		{Key: "keep.texts", Env: prefix + "KEEP_TEXTS", Default: "8760h", About: "how long article texts are kept; facts stay. 0s: for ever", set: duration(func(c *Config) *time.Duration { return &c.Keep.Texts })},
		{Key: "backup.dir", Env: prefix + "BACKUP_DIR", About: "folder for scheduled backups; empty: none", set: text(func(c *Config) *string { return &c.Backup.Dir })},
		{Key: "backup.every", Env: prefix + "BACKUP_EVERY", Default: "24h", About: "interval of scheduled backups", set: duration(func(c *Config) *time.Duration { return &c.Backup.Every })},
		{Key: "backup.count", Env: prefix + "BACKUP_COUNT", Default: "7", About: "how many scheduled backups are kept", set: number(func(c *Config) *int { return &c.Backup.Count })},
	}
}
