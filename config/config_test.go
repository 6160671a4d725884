package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"karussell/config"
)

func lookup(vars map[string]string) config.Lookup {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	path := write(t, "db = \"file.db\"\n[feeds]\ninterval = \"5m\"\n[log]\nlevel = \"warn\"\n")
	c, err := config.Load(path, lookup(map[string]string{"KARUSSELL_DB": "env.db"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.DB != "env.db" || c.Feeds.Interval != 5*time.Minute || c.Log.Level != "warn" || c.Backup.Count != 7 {
		t.Errorf("got %+v", c)
	}
}

func TestProblemsNameWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		env  map[string]string
		want string
	}{
		"nearest table":    {file: "feds = 1", want: `did you mean "feeds"?`},
		"unknown key":      {file: "[telegram]\ntokn = \"x\"", want: `did you mean "telegram.token"?`},
		"unknown table":    {file: "[feds]\ninterval = \"2m\"", want: "unknown setting"},
		"syntax":           {file: "db = ", want: "line 1"},
		"bad duration":     {env: map[string]string{"KARUSSELL_FEED_INTERVAL": "2 minutes"}, want: "write 90s, 2m or 6h"},
		"short interval":   {env: map[string]string{"KARUSSELL_FEED_INTERVAL": "1ms"}, want: "at least 1s"},
		"bad address":      {env: map[string]string{"KARUSSELL_FEEDS": "kicker.de/feed"}, want: "no http or https address"},
		"bad switch":       {env: map[string]string{"KARUSSELL_ALLOW_PRIVATE": "ja"}, want: "true or false"},
		"bad level":        {env: map[string]string{"KARUSSELL_LOG": "loud"}, want: "debug, info, warn or error"},
		"missing file":     {env: map[string]string{"KARUSSELL_TELEGRAM_TOKEN_FILE": "/no/such/file"}, want: "KARUSSELL_TELEGRAM_TOKEN_FILE"},
		"value and file":   {env: map[string]string{"KARUSSELL_DB": "a", "KARUSSELL_DB_FILE": "b"}, want: "keep one"},
		"bad size":         {env: map[string]string{"KARUSSELL_DB_MAX_SIZE": "much"}, want: "write 500MB or 20GB"},
		"bad size in file": {file: "[store]\nmax_size = \"-1\"", want: "write 500MB or 20GB"},
		"small store":      {env: map[string]string{"KARUSSELL_DB_MAX_SIZE": "10KB"}, want: "at least 1 MiB"},
		"owner":            {env: map[string]string{"KARUSSELL_OWNERS": "me"}, want: "telegram:ID"},
		"push half set":    {env: map[string]string{"KARUSSELL_FEED_PUSH_LISTEN": ":1"}, want: "needs feeds.push.url"},
		"push unserved":    {env: map[string]string{"KARUSSELL_FEED_PUSH_URL": "https://x.example/push"}, want: "needs feeds.push.listen"},
		"push at the root": {env: map[string]string{"KARUSSELL_FEED_PUSH_URL": "https://x.example/", "KARUSSELL_BOARD_LISTEN": ":1"}, want: "needs a path"},
		"webhook half set": {env: map[string]string{"KARUSSELL_TELEGRAM_WEBHOOK_URL": "https://x.example/"}, want: "needs telegram.webhook.listen"},
	} {
		t.Run(name, func(t *testing.T) {
			path := ""
			if tc.file != "" {
				path = write(t, tc.file)
			}
			_, err := config.Load(path, lookup(tc.env))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]config.Size{
		"0": 0, "1048576": 1 << 20, "500MB": 500e6, "20 GB": 20e9, "20gb": 20e9, "2GiB": 2 << 30, "1TiB": 1 << 40, "7B": 7,
		"": -1, "GB": -1, "1.5GB": -1, "-1MB": -1, "10000000TB": -1, "5 apples": -1,
	} {
		got, err := config.ParseSize(text)
		if (want < 0) != (err != nil) || err == nil && got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for size, want := range map[config.Size]string{500e6: "500 MB", 2 << 30: "2 GiB", 1 << 20: "1 MiB", 1234567: "1234567 bytes", 0: "0 bytes"} {
		if size.String() != want {
			t.Errorf("%d bytes read %q", size, size)
		}
	}
	for _, file := range []string{"[store]\nmax_size = \"2GB\"", "[store]\nmax_size = 2000000000"} {
		c, err := config.Load(write(t, file), lookup(nil))
		if err != nil || c.Store.MaxSize != 2e9 {
			t.Errorf("%s: %d, %v", file, c.Store.MaxSize, err)
		}
	}
}

func TestSecretsComeFromFilesAndNeverPrint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("12345:secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load("", lookup(map[string]string{"KARUSSELL_TELEGRAM_TOKEN_FILE": file}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Telegram.Token.Reveal() != "12345:secret" {
		t.Error("token not read from its file")
	}
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), string(j)} {
		if strings.Contains(out, "12345:secret") {
			t.Errorf("the token shows in %s", out)
		}
	}
}

func TestEveryRowOfTheTableWorks(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range config.Settings() {
		if seen[s.Key] || s.Env != "" && seen[s.Env] {
			t.Errorf("%s stands twice", s.Key)
		}
		seen[s.Key], seen[s.Env] = true, true
		if s.About == "" {
			t.Errorf("%s has no description", s.Key)
		}
	}
}

func TestTypingErrorsInTheEnvironmentAreNamed(t *testing.T) {
	got := config.UnknownEnvironment([]string{"PATH", "KARUSSELL_DB", "KARUSSELL_DB_FILE", "KARUSSELL_TELEGRAM_TOKE"})
	if len(got) != 1 || !strings.Contains(got[0], "KARUSSELL_TELEGRAM_TOKEN?") {
		t.Errorf("got %q", got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("db = \"x\"\n[feeds]\naddresses = [\"https://a.example/\"]")
	f.Add("[[feeds.source]]\nurl = \"x\"")
	f.Fuzz(func(t *testing.T, content string) {
		path := write(t, content)
		_, _ = config.Load(path, lookup(nil)) // any content: an error, never a panic
	})
}
