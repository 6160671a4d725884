package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"karussell/config"
)

var update = flag.Bool("update", false, "write the tables of the documentation from the tables of the program")

// settingsTable is the settings as they stand in docs/operator.md.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| setting in the file | in the environment | default | what it is |\n| --- | --- | --- | --- |\n")
	for _, s := range config.Settings() {
		env, def := "`"+s.Env+"`", "`"+s.Default+"`"
		if s.Env == "" {
			env = "file only"
		}
		if s.Default == "" {
			def = ""
		}
		about := s.About
		if s.Secret {
			about += " (secret: use the `_FILE` form)"
		}
		if s.Live {
			about += " ↻"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Key, env, def, about)
	}
	return b.String()
}

const (
	tableBegin = "<!-- settings: written by go test -run TestOperatorGuide -update . -->\n"
	tableEnd   = "<!-- settings end -->"
)

// TestOperatorGuideNamesEverySetting keeps the documentation from rotting.
func TestOperatorGuideNamesEverySetting(t *testing.T) {
	const file = "docs/operator.md"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), tableBegin)
	_, tail, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatal("the marks around the table of settings are gone")
	}
	want := head + tableBegin + settingsTable() + tableEnd + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(raw) != want {
		t.Error("the table of settings is stale; run go test -run TestOperatorGuide -update .")
	}
}

// TestSecurityTableNamesTests: every row of docs/security.md is proved by a test
// or a fixture that is there.
func TestDiscordGuideNamesEverySetting(t *testing.T) {
	raw, err := os.ReadFile("docs/discord.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Settings() {
		if (strings.HasPrefix(s.Key, "discord.") || s.Key == "owners") && (!strings.Contains(string(raw), "`"+s.Key+"`") || !strings.Contains(string(raw), "`"+s.Env+"`")) {
			t.Errorf("docs/discord.md does not name %s and %s", s.Key, s.Env)
		}
	}
}

func TestSecurityTableNamesTests(t *testing.T) {
	raw, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		there[d.Name()] = true
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(source, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	proof := regexp.MustCompile("`(Test\\w+|Fuzz\\w+|[\\w-]+\\.(?:xml|json|html))`")
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasSuffix(line, "| test |\n") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), " | ")
		named := proof.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(named) == 0 {
			t.Errorf("no proof in: %s", line)
		}
		for _, n := range named {
			if !there[n[1]] {
				t.Errorf("%s is not there: %s", n[1], line)
			}
		}
	}
}

// TestEveryCommandIsDocumented: what the command line offers stands in README or
// operator guide.
func TestEveryCommandIsDocumented(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("docs/operator.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(readme) + string(guide)
	line := reflect.TypeFor[commandLine]()
	for f := range line.Fields() {
		if _, isCommand := f.Tag.Lookup("cmd"); !isCommand {
			continue
		}
		if _, hidden := f.Tag.Lookup("hidden"); hidden {
			continue
		}
		if name := strings.ToLower(f.Name); !strings.Contains(text, "karussell "+name) && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("karussell %s is not documented", name)
		}
	}
}

// TestDocsNameOnlyWhatThereIs: every variable and every sub-command in README,
// docs, and the files for services exists.
func TestDocsNameOnlyWhatThereIs(t *testing.T) {
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Env], known[s.Env+"_FILE"] = true, true
	}
	variable := regexp.MustCompile(`KARUSSELL_[A-Z0-9_]*[A-Z0-9]`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") || path == "docs_test.go" {
			return err
		}
		source, err := os.ReadFile(path) // what only tests read
		for _, name := range variable.FindAllString(string(source), -1) {
			known[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]bool{}
	for f := range reflect.TypeFor[commandLine]().Fields() {
		if _, isCommand := f.Tag.Lookup("cmd"); isCommand {
			commands[strings.ToLower(f.Name)] = true
		}
	}
	files := []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile"}
	for _, pattern := range []string{"docs/*.md", "docs/adr/*.md", "compose*.yaml", "deploy/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	call := regexp.MustCompile("(?m)(?:`|^\\$ |^|\\./|/)karussell ([a-z][a-z-]*)[ `\n]")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range variable.FindAllString(string(raw), -1) {
			if !known[name] {
				t.Errorf("%s names %s, which nothing reads", file, name)
			}
		}
		for _, m := range call.FindAllStringSubmatch(string(raw), -1) {
			if !commands[m[1]] {
				t.Errorf("%s names karussell %s, which there is not", file, m[1])
			}
		}
	}
}
