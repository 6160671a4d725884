package discord

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"karussell/bot"
)

// Sizes of commands.
const (
	maxCommandName = 32
	maxAbout       = 100
	maxCommandOpts = 25
	maxChoices     = 25
)

// Kinds of options on Discord.
const (
	optionString  = 3
	optionInteger = 4
	optionBoolean = 5
	optionChannel = 7
	optionRole    = 8
)

// command is a slash command as Discord takes it. The library's struct cannot
// be compared byte by byte and writes null where Discord wants nothing.
type command struct {
	Name        string            `json:"name"`
	NameLocal   map[string]string `json:"name_localizations,omitempty"`
	About       string            `json:"description"`
	AboutLocal  map[string]string `json:"description_localizations,omitempty"`
	Type        int               `json:"type"`
	Options     []option          `json:"options,omitempty"`
	Permissions *permission       `json:"default_member_permissions,omitempty"`
	Contexts    []int             `json:"contexts,omitempty"`
	Installs    []int             `json:"integration_types,omitempty"`
}

type option struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	NameLocal    map[string]string `json:"name_localizations,omitempty"`
	About        string            `json:"description"`
	AboutLocal   map[string]string `json:"description_localizations,omitempty"`
	Required     bool              `json:"required,omitempty"`
	Choices      []choice          `json:"choices,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
	Channels     []int             `json:"channel_types,omitempty"`
}

type choice struct {
	Name      string            `json:"name"`
	NameLocal map[string]string `json:"name_localizations,omitempty"`
	Value     any               `json:"value"`
}

// commandTable is the engine's table, by name.
type commandTable map[string]bot.CommandSpec

func newCommandTable(specs []bot.CommandSpec) commandTable {
	t := make(commandTable, len(specs))
	for _, s := range specs {
		t[s.Name] = s
	}
	return t
}

// menu is the table as Discord shows it, in a fixed order: the owner's part or
// everybody's.
func (t commandTable) menu(owner bool) []command {
	out := []command{}
	for _, s := range t {
		if s.Hidden || s.Owner != owner || s.Name == "" {
			continue
		}
		out = append(out, newCommand(s))
	}
	slices.SortFunc(out, func(a, b command) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func newCommand(s bot.CommandSpec) command {
	c := command{
		Name: commandName(s.Name), NameLocal: germanName(s.Local, s.Name),
		About: about(s.About, s.Name), AboutLocal: german(s.About, maxAbout), Type: 1,
		Contexts: []int{0, 1, 2}, // server, direct message with the bot, private channel
		Installs: []int{0, 1},    // on a server, for a user
	}
	if p := permManageGuild; s.Manage {
		c.Permissions = &p
	}
	if p := permission(0); s.Owner { // administrators only
		c.Permissions, c.Contexts, c.Installs = &p, nil, nil
	}
	// Discord wants the required ones first.
	for _, required := range []bool{true, false} {
		for _, o := range s.Options {
			if o.Required == required && len(c.Options) < maxCommandOpts {
				c.Options = append(c.Options, newOption(o))
			}
		}
	}
	return c
}

func newOption(o bot.OptionSpec) option {
	out := option{
		Type: optionString, Name: commandName(o.Name), NameLocal: germanName(o.Local, o.Name),
		About: about(o.About, o.Name), AboutLocal: german(o.About, maxAbout), Required: o.Required,
	}
	switch o.Kind {
	case bot.OptionNumber:
		out.Type = optionInteger
	case bot.OptionSwitch:
		out.Type = optionBoolean
	case bot.OptionRole:
		out.Type = optionRole
	case bot.OptionChannel:
		out.Type = optionChannel
		out.Channels = []int{channelText, channelVoice, channelAnnouncement, threadAnnouncement, threadPublic, threadPrivate, channelStage, channelForum}
	case bot.OptionText:
	}
	if out.Type != optionString {
		return out
	}
	for _, c := range o.Choices {
		if len(out.Choices) < maxChoices && len(c.Value) <= maxOption {
			out.Choices = append(out.Choices, choice{Name: about(c.Label, c.Value), NameLocal: german(c.Label, maxOption), Value: c.Value})
		}
	}
	out.Autocomplete = o.Complete && len(o.Choices) == 0
	return out
}

func commandName(s string) string {
	return strings.ReplaceAll(strings.ToLower(cut(s, maxCommandName)), " ", "-")
}

// germanName is the German name where it differs.
func germanName(local map[string]string, name string) map[string]string {
	if de := commandName(local["de"]); de != "" && de != commandName(name) {
		return map[string]string{"de": de}
	}
	return nil
}

func german(texts map[string]string, limit int) map[string]string {
	if de := cut(texts["de"], limit); de != "" {
		return map[string]string{"de": de}
	}
	return nil
}

// about is the English line; Discord accepts none that is empty.
func about(texts map[string]string, other string) string {
	for _, s := range []string{texts["en"], texts["de"], other} {
		if s = cut(s, maxAbout); s != "" {
			return s
		}
	}
	return "…"
}

// board is one place where commands are published.
type board struct {
	path, note string
	menu       []command
}

// boards are the places for the table. Commands of a single server know no
// contexts.
func (a *Adapter) boards(t commandTable, app string) []board {
	server := func(guild string, menu []command) board {
		for i := range menu {
			menu[i].Contexts, menu[i].Installs = nil, nil
		}
		return board{path: "applications/" + app + "/guilds/" + guild + "/commands", note: "discord/commands/" + guild, menu: menu}
	}
	dev, owner := a.opt.DevGuild, a.opt.OwnerGuild
	switch {
	case dev != "" && (dev == owner || owner == ""): // it is the operator's own
		return []board{server(dev, append(t.menu(false), t.menu(true)...))}
	case dev != "":
		return []board{server(dev, t.menu(false)), server(owner, t.menu(true))}
	}
	all := []board{{path: "applications/" + app + "/commands", note: "discord/commands", menu: t.menu(false)}}
	if owner != "" {
		all = append(all, server(owner, t.menu(true)))
	}
	return all
}

// publishCommands brings the menus to Discord, each in one call, when they are
// not what was published last.
func (a *Adapter) publishCommands(t commandTable) func(context.Context) {
	return func(ctx context.Context) {
		app, err := a.appID(ctx)
		if err != nil {
			a.log.ErrorContext(ctx, "the commands cannot be published without the application's id", "error", err)
			return
		}
		for _, b := range a.boards(t, app) {
			a.publishUntilDone(ctx, b)
		}
	}
}

func (a *Adapter) publishUntilDone(ctx context.Context, b board) {
	wait := firstBackoff
	for {
		err := a.publishOnce(ctx, b)
		if err == nil || ctx.Err() != nil {
			return
		}
		if r, ok := errors.AsType[*refusal](err); ok {
			wait = max(wait, r.retryAfter)
			switch r.kind {
			case bot.SendRejected, bot.SendForbidden, bot.SendRevoked, bot.SendGone:
				a.log.ErrorContext(ctx, "discord refuses the commands", "error", err)
				return
			case bot.SendTemporary, bot.SendUnsure, bot.SendLimited, bot.SendBlocked, bot.SendMoved, bot.SendMissing:
			}
		}
		a.log.WarnContext(ctx, "the commands could not be published yet", "error", err, "wait", wait)
		if !rest(ctx, wait) {
			return
		}
		wait = longer(wait)
	}
}

func (a *Adapter) publishOnce(ctx context.Context, b board) error {
	body, err := json.Marshal(b.menu)
	if err != nil {
		return &refusal{kind: bot.SendRejected, cause: err}
	}
	sum := sha256.Sum256(append([]byte(b.path+"\n"), body...))
	hash := hex.EncodeToString(sum[:])
	if a.alreadyPublished(ctx, b, hash) {
		a.log.DebugContext(ctx, "the commands are published already")
		return nil
	}
	if _, err := a.sender.do(ctx, call{lane: laneDesk, method: http.MethodPut, path: b.path, body: b.menu}); err != nil {
		return err
	}
	a.log.InfoContext(ctx, "commands published", "commands", len(b.menu))
	if a.opt.Notebook != nil {
		if err := a.opt.Notebook.Remember(ctx, b.note, []byte(hash)); err != nil {
			a.log.WarnContext(ctx, "cannot remember the published commands", "error", err)
		}
	}
	return nil
}

// alreadyPublished trusts the notebook only as far as Discord still has as
// many commands: a bot can be reset in the portal.
func (a *Adapter) alreadyPublished(ctx context.Context, b board, hash string) bool {
	if a.opt.Notebook == nil {
		return false
	}
	known, err := a.opt.Notebook.Recall(ctx, b.note)
	if err != nil || string(known) != hash {
		return false
	}
	var there []struct {
		Name string `json:"name"`
	}
	inner, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := a.sender.get(inner, b.path, &there); err != nil {
		// A server that keeps no list has to be told; in trouble it is left alone.
		return !hasStatus(err, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented)
	}
	return len(there) == len(b.menu)
}
