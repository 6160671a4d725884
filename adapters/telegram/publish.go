package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// Telegram's limits (core.telegram.org/bots/api, setMyCommands): 100 commands,
// names of 1 to 32 lower-case letters, digits and underscores, descriptions of
// at most 256 characters.
const (
	maxCommands    = 100
	maxDescription = 256
)

var commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

// scopes are the places with a command list of their own.
//
//nolint:gochecknoglobals // a constant table
var scopes = []struct {
	name    string
	private bool // every command
	manage  bool // commands that change the chat's settings
}{
	{name: "all_private_chats", private: true, manage: true},
	{name: "all_group_chats"},
	{name: "all_chat_administrators", manage: true},
}

// languages of the lists; "" is shown to everybody else, in German as the
// engine answers them.
//
//nolint:gochecknoglobals // a constant table
var languages = []string{"", "de", "en"}

// menu is one command list.
type menu struct {
	Scope    string                `json:"scope"`
	Language string                `json:"language"`
	Commands []tgbotapi.BotCommand `json:"commands"`
}

// menus are all lists for the engine's table.
func menus(specs []bot.CommandSpec) []menu {
	var out []menu
	for _, scope := range scopes {
		for _, language := range languages {
			m := menu{Scope: scope.name, Language: language, Commands: []tgbotapi.BotCommand{}}
			for _, s := range specs {
				if s.Owner || s.Hidden || (s.Manage && !scope.manage) || len(m.Commands) == maxCommands {
					continue
				}
				if c, ok := menuEntry(s, language); ok {
					m.Commands = append(m.Commands, c)
				}
			}
			out = append(out, m)
		}
	}
	return out
}

func menuEntry(s bot.CommandSpec, language string) (tgbotapi.BotCommand, bool) {
	if language == "" {
		language = "de"
	}
	name := menuName(s, language)
	about := s.About[language]
	if about == "" {
		about = s.About["en"]
	}
	if about == "" {
		about = s.Name
	}
	runes := []rune(cleanText(about))
	about = string(runes[:min(len(runes), maxDescription)])
	return tgbotapi.BotCommand{Command: name, Description: about}, commandName.MatchString(name)
}

// menuName is the command's name in a language, as Telegram takes it: "gerüchte"
// becomes "geruechte" where that is understood too, else the canonical name
// stands in.
func menuName(s bot.CommandSpec, language string) string {
	name := s.Local[language]
	if commandName.MatchString(name) {
		return name
	}
	spelled := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(name)
	if commandName.MatchString(spelled) && slices.Contains(s.Aliases, spelled) {
		return spelled
	}
	return s.Name
}

// publish sets the command lists and the menu button when they changed since
// they were last set, and tries until it succeeds or ctx ends.
func (s *session) publish(ctx context.Context) {
	all := menus(s.responder.Commands())
	encoded, err := json.Marshal(all)
	if err != nil {
		s.log.ErrorContext(ctx, "commands_not_published", "error", err)
		return
	}
	sum := sha256.Sum256(encoded)
	hash := hex.EncodeToString(sum[:])
	if old, err := s.notebook.Recall(ctx, s.note("commands")); err == nil && string(old) == hash && s.menuStands(ctx, all[0]) {
		return
	}
	var refused error
	err = s.insist(ctx, "commands_not_published", func() error {
		if refused = s.setMenus(ctx, all); sendKind(refused) == bot.SendRejected {
			return nil // it would be refused for ever
		}
		return refused
	})
	if err != nil || ctx.Err() != nil {
		return // a revoked token; the receiving side reports it
	}
	if refused != nil {
		s.log.ErrorContext(ctx, "commands_not_published", "error", refused)
		return
	}
	if err := s.notebook.Remember(ctx, s.note("commands"), []byte(hash)); err != nil {
		s.log.WarnContext(ctx, "commands_hash_not_kept", "error", err)
	}
	s.log.InfoContext(ctx, "commands_published", "lists", len(all))
}

// menuStands reports whether Telegram still has a list: somebody may have
// changed it at BotFather. When that cannot be found out it is taken to stand.
func (s *session) menuStands(ctx context.Context, m menu) bool {
	list, err := s.readMenu(ctx, m.Scope, m.Language)
	return err != nil || slices.Equal(list, m.Commands)
}

func (a *Adapter) readMenu(ctx context.Context, scope, language string) ([]tgbotapi.BotCommand, error) {
	p := tgbotapi.Params{}
	setJSON(p, "scope", map[string]string{"type": scope})
	p.AddNonEmpty("language_code", language)
	var list []tgbotapi.BotCommand
	err := a.wire.result(ctx, "getMyCommands", p, &list)
	return list, err
}

func (s *session) setMenus(ctx context.Context, all []menu) error {
	for _, m := range all {
		p := tgbotapi.Params{}
		setJSON(p, "commands", m.Commands)
		setJSON(p, "scope", map[string]string{"type": m.Scope})
		p.AddNonEmpty("language_code", m.Language)
		if _, err := s.wire.call(ctx, "setMyCommands", p); err != nil {
			return fmt.Errorf("commands for %s: %w", m.Scope, err)
		}
	}
	_, err := s.wire.call(ctx, "setChatMenuButton", tgbotapi.Params{"menu_button": `{"type":"commands"}`})
	return err
}
