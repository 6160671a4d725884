package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// leastStore is the size, in bytes, in which a store can begin at all.
const leastStore = 1 << 20

// check looks for values that cannot work, before anything starts.
func (c *Config) check() []error {
	problems := slices.Concat(c.checkChoices(), c.checkAddresses())
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if c.Feeds.Interval < time.Second {
		bad("feeds.interval is %s; at least 1s", c.Feeds.Interval)
	}
	for _, o := range c.Owners {
		if platform, id, ok := strings.Cut(o, ":"); !ok || platform == "" || id == "" {
			bad("owners: %q; write telegram:ID or discord:ID", o)
		}
	}
	if c.Telegram.Webhook.URL != "" && (c.Telegram.Webhook.Listen == "" || !c.Telegram.Webhook.Secret.IsSet()) {
		bad("telegram.webhook.url needs telegram.webhook.listen and telegram.webhook.secret")
	}
	problems = append(problems, c.checkPush()...)
	if c.Backup.Dir != "" && (c.Backup.Every < time.Minute || c.Backup.Count < 1) {
		bad("backup.every must be at least 1m and backup.count at least 1")
	}
	return problems
}

func (c *Config) checkChoices() []error {
	var problems []error
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		problems = append(problems, fmt.Errorf("log.level is %q; write debug, info, warn or error", c.Log.Level))
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		problems = append(problems, fmt.Errorf("log.format is %q; write text or json", c.Log.Format))
	}
	if c.Store.MaxSize > 0 && c.Store.MaxSize < leastStore {
		problems = append(problems, fmt.Errorf("store.max_size is %s; at least %s", c.Store.MaxSize, Size(leastStore)))
	}
	if c.Store.Lease < 2*time.Second { // replicas ask each other every second
		problems = append(problems, fmt.Errorf("store.lease is %s; at least 2s", c.Store.Lease))
	}
	return problems
}

func (c *Config) checkAddresses() []error {
	var problems []error
	for _, a := range [][2]string{
		{"telegram.endpoint", c.Telegram.Endpoint},
		{"discord.endpoint", c.Discord.Endpoint},
		{"telegram.webhook.url", c.Telegram.Webhook.URL},
		{"status.public", c.Status.Public},
		{"feeds.push.url", c.Feeds.Push.URL},
	} {
		if a[1] != "" && !isWeb(a[1]) {
			problems = append(problems, fmt.Errorf("%s is no http or https address", a[0])) // not shown: it may hold a secret
		}
	}
	for _, address := range c.Feeds.Addresses {
		if !isWeb(address) {
			problems = append(problems, fmt.Errorf("feeds.addresses: %q is no http or https address", address))
		}
	}
	for i, s := range c.Feeds.Source {
		if !isWeb(s.URL) {
			problems = append(problems, fmt.Errorf("feeds.source %d: url %q is no http or https address", i+1, s.URL))
		}
	}
	return problems
}

// checkPush: somebody must answer at the public address.
func (c *Config) checkPush() []error {
	switch push := c.Feeds.Push; {
	case push.URL == "" && push.Listen != "":
		return []error{errors.New("feeds.push.listen needs feeds.push.url, the public address that hubs call")}
	case push.URL == "" || !isWeb(push.URL) || push.Listen != "":
		return nil
	case c.Status.Board == "":
		return []error{errors.New("feeds.push.url needs feeds.push.listen, or the board's server (status.board)")}
	}
	if u, err := url.Parse(c.Feeds.Push.URL); err != nil || strings.Trim(u.Path, "/") == "" {
		return []error{errors.New("feeds.push.url needs a path (https://bot.example/push) when the board's server answers there")}
	}
	return nil
}

func isWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
