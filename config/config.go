// Package config reads the operator's settings: a TOML file, over it the
// environment, over that the command line's flags (which main applies).
//
// Law: every setting is one row of the table in settings.go, so that file,
// environment, documentation and tests cannot drift apart; an unknown key is an
// error that names the nearest known one; secrets have a type that cannot print
// itself. The package knows none of ours and never reads the process
// environment itself.
package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Secret is a token or key. It prints as "***" everywhere; Reveal is the only
// way to its value.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the value, for the one call that needs it.
func (s Secret) Reveal() string { return s.value }

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != "" }

// String hides the value.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return "***"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the value from JSON, TOML and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the value from a file.
func (s *Secret) UnmarshalText(b []byte) error {
	s.value = strings.TrimSpace(string(b))
	return nil
}

// Config is everything that an operator can set. The zero value of a field
// means its default, given in the table of settings.
type Config struct {
	DB       string   `toml:"db"`
	Store    Store    `toml:"store"`
	Owners   []string `toml:"owners"`
	Log      Log      `toml:"log"`
	Telegram Telegram `toml:"telegram"`
	Discord  Discord  `toml:"discord"`
	Feeds    Feeds    `toml:"feeds"`
	Status   Status   `toml:"status"`
	Keep     Keep     `toml:"keep"`
	Backup   Backup   `toml:"backup"`
}

// Store is what the database may take.
type Store struct {
	MaxSize Size          `toml:"max_size"`
	Lease   time.Duration `toml:"lease"`
}

// Log is how much is logged and how.
type Log struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Telegram is the Telegram adapter's part.
type Telegram struct {
	Token    Secret  `toml:"token"`
	Endpoint string  `toml:"endpoint"`
	Depot    string  `toml:"depot"`
	Webhook  Webhook `toml:"webhook"`
}

// Webhook replaces polling by calls from Telegram.
type Webhook struct {
	URL    string `toml:"url"`
	Listen string `toml:"listen"`
	Secret Secret `toml:"secret"`
	Cert   string `toml:"cert"`
	Key    string `toml:"key"`
}

// Discord is the Discord adapter's part.
type Discord struct {
	Token     Secret `toml:"token"`
	Endpoint  string `toml:"endpoint"`
	DevServer string `toml:"dev_server"`
	OwnServer string `toml:"own_server"`
	Shards    int    `toml:"shards"`
	ShardIDs  []int  `toml:"shard_ids"`
}

// Feeds says what is fetched and how.
type Feeds struct {
	Addresses    []string      `toml:"addresses"`
	Choose       []string      `toml:"choose"`
	Interval     time.Duration `toml:"interval"`
	AllowPrivate bool          `toml:"allow_private"`
	Pages        bool          `toml:"pages"`
	Contact      string        `toml:"contact"`
	Push         Push          `toml:"push"`
	Source       []Source      `toml:"source"`
}

// Push is where hubs (WebSub) bring what is new.
type Push struct {
	URL    string `toml:"url"`
	Listen string `toml:"listen"`
}

// Source is a feed with what the operator knows about it.
type Source struct {
	URL      string `toml:"url"`
	Name     string `toml:"name"`
	Outlet   string `toml:"outlet"`
	Language string `toml:"language"`
	Tier     int    `toml:"tier"`
}

// Status is the status server and the board.
type Status struct {
	Listen string `toml:"listen"`
	Token  Secret `toml:"token"`
	Board  string `toml:"board"`
	Public string `toml:"public"`
}

// Keep is how long things are kept.
type Keep struct {
	Texts time.Duration `toml:"texts"`
}

// Backup is the schedule of backups.
type Backup struct {
	Dir   string        `toml:"dir"`
	Every time.Duration `toml:"every"`
	Count int           `toml:"count"`
}

// Lookup finds an environment variable, like os.LookupEnv.
type Lookup func(name string) (string, bool)

// Load reads the file at path (none if empty) and then the environment. It
// checks values, and joins all errors it finds.
func Load(path string, env Lookup) (Config, error) {
	c := defaults()
	var problems []error
	if path != "" {
		problems = append(problems, c.readFile(path)...)
	}
	problems = append(problems, c.readEnvironment(env)...)
	problems = append(problems, c.check()...)
	return c, errors.Join(problems...)
}

func defaults() Config {
	var c Config
	for _, s := range Settings() {
		if s.Default != "" {
			if err := s.field.set(&c, s.Default); err != nil {
				panic(fmt.Sprintf("config: default of %s: %v", s.Key, err)) // a bug in the table, found by its test
			}
		}
	}
	return c
}

func (c *Config) readFile(path string) []error {
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return []error{fmt.Errorf("configuration %s: %w", path, err)}
	}
	meta, err := toml.Decode(string(raw), c)
	if err != nil {
		if parse, ok := errors.AsType[toml.ParseError](err); ok {
			return []error{fmt.Errorf("configuration %s, line %d: %s", path, parse.Position.Line, parse.Message)}
		}
		return []error{fmt.Errorf("configuration %s: %w", path, err)}
	}
	var problems []error
	for _, key := range meta.Undecoded() {
		problems = append(problems, fmt.Errorf("configuration %s: unknown setting %q; did you mean %q?", path, key, nearest(key.String())))
	}
	return problems
}

// prefix is common to all environment variables of Karussell.
const prefix = "KARUSSELL_"

func (c *Config) readEnvironment(env Lookup) []error {
	var problems []error
	for _, s := range Settings() {
		if s.Env == "" {
			continue
		}
		value, err := s.fromEnvironment(env)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if value == "" {
			continue
		}
		if err := s.field.set(c, value); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.Env, err))
		}
	}
	return problems
}

func (s Setting) fromEnvironment(env Lookup) (string, error) {
	value, _ := env(s.Env)
	file, _ := env(s.Env + "_FILE")
	if file == "" {
		return value, nil
	}
	if value != "" {
		return "", fmt.Errorf("both %s and %s_FILE are set; keep one", s.Env, s.Env)
	}
	raw, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", s.Env, err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// UnknownEnvironment lists variables that begin like ours but are no setting,
// each with the nearest known name: a typing error would otherwise be silent.
func UnknownEnvironment(names []string) []string {
	var out []string
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, "KARUSSELL_TEST_") || isVariable(name) {
			continue
		}
		out = append(out, fmt.Sprintf("%s is no setting; did you mean %s?", name, nearestVariable(name)))
	}
	return out
}
