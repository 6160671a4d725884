package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/adapters/discord/discordtest"
)

// TestDiscordLifeOfAServer follows one story with the real program through every
// sort of place: a text channel with a role, an announcement channel, a forum, a
// thread that falls asleep, a voice channel's chat and a direct message; and
// does what people do with an alert.
func TestDiscordLifeOfAServer(t *testing.T) {
	server := discordtest.New(t, discordtest.Options{Limits: true, Contract: discordContract(t)})
	guild := server.AddGuild("Nordkurve")
	add := func(c discordtest.Channel) string { return server.AddChannel(guild, c) }
	text, news, voice := add(discordtest.Channel{Name: "trainer"}), add(discordtest.Channel{Name: "news", Type: discordtest.Announcement}), add(discordtest.Channel{Name: "voice", Type: discordtest.Voice})
	forum := add(discordtest.Channel{Name: "forum", Type: discordtest.Forum, Tags: []string{"Verhandlungen", "Gerücht", "Offiziell"}})
	thread := add(discordtest.Channel{Name: "Trainersuche", Type: discordtest.Thread, Parent: text})
	mute := add(discordtest.Channel{Name: "stumm", Deny: discordtest.SendMessages})
	fans := server.AddRole(guild, "Fans", true)
	manager := discordtest.User{ID: "77001", Permissions: discordtest.ManageGuild, Locale: "de"}
	fan := discordtest.User{ID: "77002", Locale: "de"}
	dm := server.AddDM(fan.ID)

	outlet := newPaper(t, "Ruhr-Blatt")
	bot := startBot(t, "KARUSSELL_DISCORD_TOKEN="+server.Token, "KARUSSELL_DISCORD_ENDPOINT="+server.URL(),
		"KARUSSELL_FEEDS="+outlet.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")
	server.AwaitCommands(1, 20*time.Second)
	judgeMenu(t, server.Commands())
	follow := func(channel string, u discordtest.User, options map[string]any) discordtest.Message {
		t.Helper()
		options["topic"] = "Schalke"
		return *server.Slash(channel, u, "subscribe", options).Settle().Message
	}
	follow(text, manager, map[string]any{"role": discordtest.Role(fans)})
	follow(text, manager, map[string]any{"channel": discordtest.ChannelID(forum)})
	for _, channel := range []string{news, voice, thread} {
		follow(channel, manager, map[string]any{})
	}
	follow(dm, fan, map[string]any{})
	if m := follow(text, manager, map[string]any{"channel": discordtest.ChannelID(mute)}); !m.Ephemeral || !strings.Contains(m.Text(), "Nachrichten senden") {
		t.Errorf("a mute channel was answered with %q", m.Text())
	}
	if m := follow(text, fan, map[string]any{}); !m.Ephemeral {
		t.Errorf("who may not subscribe was told publicly: %q", m.Text())
	}
	bot.awaitSaid("feed contacted", 1)

	outlet.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	alertIn := func(channel, part string) (found discordtest.Message) {
		t.Helper()
		awaitThat(t, "the alert in "+channel, func() bool {
			all := alertsIn(server, channel)
			i := slices.IndexFunc(all, func(m discordtest.Message) bool { return strings.Contains(m.Text(), part) })
			if i >= 0 {
				found = all[i]
			}
			return i >= 0
		})
		return found
	}
	first := alertIn(text, "WAZ")
	if !slices.Equal(first.Roles, []string{fans}) || !strings.Contains(first.Content, "<@&"+fans+">") {
		t.Errorf("the role was not pinged: %v %q", first.Roles, first.Content)
	}
	for _, channel := range []string{news, voice, thread, dm} {
		if m := alertIn(channel, "WAZ"); len(m.Roles) > 0 || m.Published {
			t.Errorf("a rumour pings or is published: %+v", m)
		}
	}
	post := awaitPost(t, server, forum)
	if title, tags := server.Tags(post); !strings.Contains(title, "Muslic") || !slices.Equal(tags, []string{"Verhandlungen", "Gerücht"}) {
		t.Errorf("the post %q has the tags %q", title, tags)
	}

	useAnAlert(t, server, first, manager, fan)

	server.Archive(thread)
	outlet.publish("Schalke stellt Miron Muslic vor", "Miron Muslic ist neuer Trainer des FC Schalke 04. Der Verein stellte den Coach am Montag vor, er unterschrieb einen Vertrag bis 2027.")
	for _, channel := range []string{text, voice, thread, dm} {
		if m := alertIn(channel, "2027"); m.Reference == "" {
			t.Errorf("the official news answers nothing in %s", channel)
		}
	}
	if m := alertIn(text, "2027"); !slices.Equal(m.Roles, []string{fans}) {
		t.Errorf("the new stage pings %v", m.Roles)
	}
	awaitThat(t, "the announcement's publication", func() bool { return alertIn(news, "2027").Published })
	awaitThat(t, "the post's new tag and message", func() bool {
		_, tags := server.Tags(post)
		return slices.Equal(tags, []string{"Offiziell"}) && len(server.Messages(post)) == 2
	})
	if over := server.Exceeded(); len(over) > 0 {
		t.Errorf("limits were exceeded: %q", over)
	}
}

// judgeMenu looks at the commands as people meet them.
func judgeMenu(t *testing.T, menu []map[string]any) {
	t.Helper()
	kinds := map[string]string{}
	for _, c := range menu {
		name := fmt.Sprint(c["name"])
		if local, _ := c["description_localizations"].(map[string]any); local["de"] == nil || fmt.Sprint(c["contexts"]) != "[0 1 2]" || fmt.Sprint(c["integration_types"]) != "[0 1]" {
			t.Errorf("/%s: %v", name, c)
		}
		if name == "feeds" || name == "correct" {
			t.Errorf("the owner's /%s is shown to everybody", name)
		}
		options, _ := c["options"].([]any)
		for _, o := range options {
			m, _ := o.(map[string]any)
			choices, _ := m["choices"].([]any)
			kinds[name+" "+fmt.Sprint(m["name"])] = fmt.Sprintf("type %v, completed %v, choices %t", m["type"], m["autocomplete"] == true, len(choices) > 1)
		}
		if name == "subscribe" && fmt.Sprint(c["default_member_permissions"]) != "32" {
			t.Errorf("/subscribe may be used by those with %v", c["default_member_permissions"])
		}
	}
	for option, want := range map[string]string{
		"coach name": "type 3, completed true, choices false", "club name": "type 3, completed true, choices false",
		"carousel league": "type 3, completed true, choices false", "subscribe topic": "type 3, completed true, choices false",
		"subscribe types": "type 3, completed false, choices true", "subscribe certainty": "type 3, completed false, choices true",
		"subscribe role": "type 8, completed false, choices false", "subscribe channel": "type 7, completed false, choices false",
	} {
		if kinds[option] != want {
			t.Errorf("%s: %s; want %s", option, kinds[option], want)
		}
	}
}

// discordContract is the path of Discord's OpenAPI description; empty where it is
// not: requests are judged by the rules beyond it only then.
func discordContract(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("KARUSSELL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "shared")
	}
	path := filepath.Join(dir, "contracts", "discord-openapi.json")
	if _, err := os.Stat(path); err != nil {
		t.Log("the contract discord-openapi.json is not here: requests are judged by the rules beyond it only")
		return ""
	}
	return path
}

func awaitPost(t *testing.T, server *discordtest.Server, forum string) string {
	t.Helper()
	awaitThat(t, "the forum's post", func() bool { return len(server.Threads(forum)) == 1 })
	return server.Threads(forum)[0]
}

// useAnAlert presses what can be pressed: forms open and are answered, who may
// not change things is told so privately, and a message of long ago still answers.
func useAnAlert(t *testing.T, server *discordtest.Server, alert discordtest.Message, manager, fan discordtest.User) {
	t.Helper()
	private := func(what string, i *discordtest.Interaction, part string) {
		t.Helper()
		m := i.Message
		if len(i.Follow) > 0 {
			m = i.Follow[0]
		}
		if m == nil || !m.Ephemeral || !strings.Contains(m.Text(), part) {
			t.Errorf("%s was answered with %+v", what, m)
		}
	}
	private("Warum?", server.Press(fan, alert, "Warum?"), "WAZ")
	complaint := server.Press(fan, alert, "Falsch?")
	if complaint.Modal == nil {
		t.Fatalf("Falsch? opened no form: %+v", complaint)
	}
	private("the complaint", server.Submit(complaint, map[string]string{"text": "Das war im Vorjahr."}), "Danke")
	private("Stumm by a fan", server.Press(fan, alert, "Stumm"), "")
	private("a button of long ago", server.PressID(fan, alert, "k1b.0.w:99999999"), "")
	private("a button of another age", server.PressID(fan, alert, "old-bot-button"), "")

	panel := server.Slash(alert.Channel, manager, "quiet", nil).Settle()
	hours := server.Press(manager, *panel.Message, "Andere Zeit")
	if hours.Modal == nil {
		t.Fatalf("the other hours opened no form: %+v", hours)
	}
	private("the quiet hours", server.Submit(hours, map[string]string{"hours": "03:10-03:20"}), "03:10")
}
