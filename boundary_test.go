package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "karussell"

// rule says for a package of ours what it may import besides the standard
// library, and why. A package without a rule, a rule without a package and an
// allowance that nobody uses fail the test.
type rule struct {
	path  string
	allow []string
	why   string
}

var rules = []rule{
	{"", []string{
		module, "golang.org/x/sync", "golang.org/x/term", "github.com/alecthomas/kong", "github.com/schollz/progressbar/v3",
	}, "the composition root sees all of our packages, reads the command line and draws its progress"},
	{"/bot/extract", []string{module + "/bot", module + "/bot/extract/gazetteer", module + "/bot/extract/loglinear", "golang.org/x/text"}, "extraction is pure"},
	{"/bot/extract/gazetteer", []string{module + "/bot"}, "knowledge is data"},
	{"/bot/extract/loglinear", nil, "a classifier knows no football"},
	{"/bot/extract/train", []string{module + "/bot", module + "/bot/extract", module + "/bot/extract/gazetteer", module + "/bot/extract/loglinear", module + "/bot/extract/score"}, "the trainer knows the extractor and its judge; nothing knows the trainer"},
	{"/bot/extract/score", []string{module + "/bot", module + "/bot/extract/gazetteer"}, "the judge knows events, not how they were found"},
	{"/config", []string{"github.com/BurntSushi/toml"}, "config is read by main alone and knows none of ours"},
	{"/bot/phrases", []string{
		"github.com/BurntSushi/toml", "github.com/nicksnyder/go-i18n", "golang.org/x/text",
	}, "message files and their plural rules"},
	{"/bot/feed", []string{
		module + "/bot", "github.com/mmcdole/gofeed", "codeberg.org/readeck/go-readability", "github.com/temoto/robotstxt",
		"golang.org/x/net", "golang.org/x/text", "code.dny.dev/ssrf",
	}, "only feed knows feed formats and the open web"},
	{"/adapters/adaptertest", []string{module + "/bot", "go.uber.org/goleak"}, "the suite knows contracts, no platform"},
	{"/adapters/discord", []string{module + "/bot", "github.com/bwmarrin/discordgo"}, "an adapter knows the contracts and its own library"},
	{"/adapters/discord/discordtest", []string{"github.com/gorilla/websocket", "github.com/santhosh-tekuri/jsonschema/v6"}, "the fake server knows Discord, not us"},
	{"/adapters/console", []string{module + "/bot"}, "a terminal needs nothing but the standard library"},
	{"/adapters/telegram", []string{module + "/bot", "github.com/go-telegram-bot-api/telegram-bot-api/v5"}, "the only place that knows Telegram"},
	{"/adapters/telegram/telegramtest", nil, "a judge shares nothing with what it judges"},
	{"/store/ledger", []string{module + "/bot", "github.com/fxamacker/cbor/v2"}, "records and indexes know bytes in order, no engine below them"},
	{"/store/bolt", []string{module + "/bot", module + "/store/ledger", "go.etcd.io/bbolt"}, "bbolt is known here alone"},
	{"/store/postgres", []string{module + "/bot", module + "/store/ledger", "github.com/jackc/pgx/v5"}, "PostgreSQL is known here alone"},
	{"/store/postgres/postgrestest", []string{"github.com/jackc/pgx/v5"}, "a server for tests knows nothing of us"},
	{"/store/storetest", []string{module + "/bot", "github.com/google/go-cmp", "pgregory.net/rapid"}, "the suite knows the contract, no store"},
	{"/store/memory", []string{module + "/bot", module + "/store/ledger"}, "a working fake without a file"},
	{"/bot/board", []string{module + "/bot"}, "pages are made with the standard library"},
	{"/bot/picture", []string{module + "/bot", "golang.org/x/image", "golang.org/x/text"}, "pictures know fonts and letters, nothing else"},
	{"/bot/outbox", []string{module + "/bot"}, "limits and retries know platforms and stores by their contracts"},
	{"/bot/status", []string{module + "/bot", "github.com/prometheus/client_golang", "golang.org/x/time"}, "metrics and the operator page; the contracts know neither"},
	{"/bot", nil, "the engine knows no network, no database, no format"},
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "-deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	ours, std := readPackages(t, out)
	seen, used := map[string]bool{}, map[string]bool{}
	for _, p := range ours {
		rel := strings.TrimPrefix(p.ImportPath, module)
		i := slices.IndexFunc(rules, func(r rule) bool { return r.path == rel })
		if i < 0 {
			t.Errorf("%s has no import rule; add one", p.ImportPath)
			continue
		}
		seen[rel] = true
		for _, imp := range p.Imports {
			if std[imp] {
				continue
			}
			j := slices.IndexFunc(rules[i].allow, func(a string) bool { return covers(a, imp) })
			if j < 0 {
				t.Errorf("%s must not import %s: %s", p.ImportPath, imp, rules[i].why)
				continue
			}
			used[rel+" "+rules[i].allow[j]] = true
		}
	}
	for _, r := range rules {
		if !seen[r.path] {
			t.Errorf("rule for %q matches no package; delete it", r.path)
		}
		for _, a := range r.allow {
			if !used[r.path+" "+a] {
				t.Errorf("rule for %q allows %s, which it does not import; delete it", r.path, a)
			}
		}
	}
}

// covers: our own packages match exactly, libraries with their subpackages, and
// the bare module name (for the composition root) everything of ours.
func covers(allowed, imported string) bool {
	if imported == allowed {
		return true
	}
	if strings.HasPrefix(allowed, module+"/") {
		return false
	}
	return strings.HasPrefix(imported, allowed+"/")
}

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func readPackages(t *testing.T, out []byte) (ours []listed, std map[string]bool) {
	t.Helper()
	std = map[string]bool{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return ours, std
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Standard {
			std[p.ImportPath] = true
		}
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/") {
			ours = append(ours, p)
		}
	}
}
