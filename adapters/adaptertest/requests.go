package adaptertest

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"karussell/bot"
)

func checkName(t *testing.T, b *bench) {
	name := b.Platform.Name()
	if name == "" || strings.Trim(string(name), "abcdefghijklmnopqrstuvwxyz") != "" {
		t.Errorf("Name() = %q; want lower case ASCII letters", name)
	}
	if b.Chat.Platform != name {
		t.Errorf("the fixture's chat %s is not on platform %s", b.Chat, name)
	}
	if ref, err := bot.ParseChatRef(b.Chat.String()); err != nil || ref != b.Chat {
		t.Errorf("chat %s does not survive its text form: %v, %v", b.Chat, ref, err)
	}
}

func checkCommand(t *testing.T, b *bench) {
	need(t, b.Command != nil, "Command")
	b.Command(t, "coach", Arg{"name", "Heiner Müller-Backhaus"})
	req := b.asked(t, "the coach request", func(r bot.Request) bool { return r.Command == "coach" })
	if got := ArgOf(req, "name"); got != "Heiner Müller-Backhaus" {
		t.Errorf("option name = %q; request %+v", got, req)
	}
	if req.Chat != b.Chat {
		t.Errorf("Chat = %s; want %s", req.Chat, b.Chat)
	}
	if req.User == "" || req.Kind == "" || !req.CanManage || req.IsOwner {
		t.Errorf("want user, kind, the right to manage, and no ownership: %+v", req)
	}
	b.shows(t, "Trainer Heiner Müller-Backhaus", "Cheftrainer in Aachen.", "Vertrag bis", "2027", "WAZ, 25.09.2024")
}

func checkTable(t *testing.T, b *bench) {
	need(t, b.Command != nil, "Command")
	for _, spec := range b.r.Commands() {
		if spec.Owner || spec.Hidden {
			continue
		}
		var args []Arg
		for _, o := range spec.Options {
			if o.Required {
				args = append(args, Arg{o.Name, "Schalke"})
			}
		}
		b.Command(t, spec.Name, args...)
		b.asked(t, "/"+spec.Name, func(r bot.Request) bool { return r.Command == spec.Name })
	}
	b.shows(t, "Einstellungen")
	b.shows(t, "Karussell hilft")
}

func checkAlias(t *testing.T, b *bench) {
	need(t, b.Command != nil && b.Typed, "typed commands")
	b.Command(t, "TRAINER", Arg{"name", "Backhaus"})
	req := b.asked(t, "the alias as its command", func(r bot.Request) bool { return r.Command == "coach" })
	if ArgOf(req, "name") != "Backhaus" {
		t.Errorf("request %+v", req)
	}
	b.Command(t, "folgen", Arg{"topic", "Schalke 04"}, Arg{"minimum", "official"})
	req = b.asked(t, "two arguments", func(r bot.Request) bool { return r.Command == "subscribe" })
	if got := ArgOf(req, "topic"); !strings.HasPrefix(got, "Schalke 04") {
		t.Errorf("request %+v", req)
	}
}

func checkSeveral(t *testing.T, b *bench) {
	need(t, b.Command != nil, "Command")
	for i := range 10 {
		b.Command(t, "coach", Arg{"name", "Nummer" + strconv.Itoa(i) + "x"})
	}
	for i := range 10 {
		b.shows(t, "Trainer Nummer"+strconv.Itoa(i)+"x")
	}
	seen := 0
	for _, r := range b.r.Requests() {
		if r.Command == "coach" {
			seen++
		}
	}
	if seen != 10 {
		t.Errorf("%d requests reached the engine; want each of 10 once", seen)
	}
}

func checkButton(t *testing.T, b *bench) {
	need(t, b.Command != nil && b.Press != nil, "Press")
	b.Command(t, "coach", Arg{"name", "Backhaus"})
	b.shows(t, "Trainer Backhaus")
	b.Press(t, LabelFollow)
	req := b.asked(t, "the button's action", func(r bot.Request) bool { return r.Action == ActionFollow })
	if req.Command != "" || req.Chat != b.Chat || req.User == "" || req.Message == "" {
		t.Errorf("a button's request has an empty command, chat, user and message: %+v", req)
	}
	b.shows(t, "Du folgst jetzt Schalke")
	if _, ok := b.Platform.(bot.Editor); !ok {
		return
	}
	b.eventually(t, "the message with the button replaced", func() bool {
		return !slices.ContainsFunc(b.Shown(), func(s string) bool { return holds(s, "Trainer Backhaus") })
	})
}

func checkPrivateButton(t *testing.T, b *bench) {
	need(t, b.Command != nil && b.Press != nil, "Press")
	b.Command(t, "coach", Arg{"name", "Backhaus"})
	b.shows(t, "Trainer Backhaus")
	b.Press(t, LabelWhy)
	b.asked(t, "the button's action", func(r bot.Request) bool { return r.Action == ActionWhy })
	b.shows(t, "Darum", "Weil du Schalke folgst.")
	b.shows(t, "Trainer Backhaus") // still there
}

// checkOldButton presses the button of a message that was pushed, with an
// action that the engine no longer knows: it is answered all the same.
func checkOldButton(t *testing.T, b *bench) {
	need(t, b.Press != nil, "Press")
	action := bot.Action("old:" + strings.Repeat("x", 56)) // 60 bytes, the contract's most
	b.send(t, bot.Message{Title: "Eilmeldung", Buttons: [][]bot.Button{{{Label: "Uralt", Action: action}}}})
	b.shows(t, "Eilmeldung")
	b.Press(t, "Uralt")
	b.asked(t, "the whole action", func(r bot.Request) bool { return r.Action == action })
	b.shows(t, "Unbekannter Knopf")
}

func checkForm(t *testing.T, b *bench) {
	need(t, b.Command != nil && b.Press != nil && b.Fill != nil, "Fill")
	b.Command(t, "coach", Arg{"name", "Backhaus"})
	b.shows(t, "Trainer Backhaus")
	b.Press(t, LabelReport)
	b.asked(t, "the button's action", func(r bot.Request) bool { return r.Action == ActionReport })
	const why = "Er heißt <b>anders</b> & *so*"
	b.Fill(t, map[string]string{"why": why})
	req := b.asked(t, "the form's values", func(r bot.Request) bool { return r.Action == ActionReport && len(r.Values) > 0 })
	if req.Values["why"] != why {
		t.Errorf("values = %q", req.Values)
	}
	b.shows(t, "Danke für den Hinweis", why)
}

func checkSuggest(t *testing.T, b *bench) {
	need(t, b.Suggest != nil, "Suggest")
	got := b.Suggest(t, "coach", "name", "He")
	for _, want := range []string{"Heiner Backhaus", "Helge Hohl"} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("offered %q; want %s among them", got, want)
		}
	}
	b.asked(t, "the query", func(r bot.Request) bool { return r.Query == "He" })
}

func checkChanges(t *testing.T, b *bench) {
	need(t, b.Change != nil && len(b.Changes) > 0, "Change")
	for _, what := range b.Changes {
		b.Change(t, what)
		b.eventually(t, "change "+string(what), func() bool {
			return slices.ContainsFunc(b.r.Changes(), func(c bot.ChatChange) bool {
				if c.What != what {
					return false
				}
				return what == bot.ChangeReconcile || c.Chat.Platform == b.Platform.Name() &&
					(what != bot.ChangeMoved || c.Moved != (bot.ChatRef{}))
			})
		})
	}
}
