package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"karussell/adapters/discord/discordtest"
)

// TestDiscordFromSlashToAlert does with the real program on Discord what
// TestTelegramFromStartToAlert does on Telegram.
func TestDiscordFromSlashToAlert(t *testing.T) {
	server := discordtest.New(t, discordtest.Options{})
	guild := server.AddGuild("Nordkurve")
	channel := server.AddChannel(guild, discordtest.Channel{Name: "trainer"})
	manager := discordtest.User{ID: "77001", Permissions: discordtest.ManageGuild, Locale: "de"}
	first, second := newPaper(t, "Ruhr-Blatt"), newPaper(t, "Revier-Anzeiger")
	bot := startBot(t, "KARUSSELL_DISCORD_TOKEN="+server.Token, "KARUSSELL_DISCORD_ENDPOINT="+server.URL(),
		"KARUSSELL_FEEDS="+first.URL+"/feed "+second.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")

	server.AwaitCommands(1, 20*time.Second)
	answer := server.Slash(channel, manager, "subscribe", map[string]any{"topic": "Schalke"}).Settle()
	if answer.Message == nil || !strings.Contains(answer.Message.Text(), "FC Schalke 04") {
		t.Fatalf("the subscription was answered with %+v", answer.Message)
	}
	bot.awaitSaid("feed contacted", 2)

	first.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	seen := func(parts ...string) func() bool {
		return func() bool {
			for _, m := range server.Messages(channel) {
				all := true
				for _, p := range parts {
					all = all && strings.Contains(m.Text(), p)
				}
				if all {
					return true
				}
			}
			return false
		}
	}
	awaitThat(t, "the alert", seen("Miron Muslic", "WAZ"))
	bot.stop(syscall.SIGKILL)
	bot.start()
	second.publish("Auch Sky berichtet: Muslic und Schalke in Gesprächen", "Trainer Miron Muslic verhandelt laut Sky mit dem FC Schalke 04.")
	awaitThat(t, "the edit with both outlets", seen("Miron Muslic", "WAZ", "Sky"))
	alerts := 0
	for _, m := range server.Messages(channel) {
		if strings.Contains(m.Text(), "WAZ") {
			alerts++
		}
	}
	if alerts != 1 {
		t.Errorf("%d alerts; the nonce allows one", alerts)
	}
	if said := bot.said(); strings.Contains(said, server.Token) {
		t.Error("the log holds the token")
	}
}

func awaitThat(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 2000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

// TestDoctorKnowsWhatWasChosen: beside the running bot and without it, the
// doctor names the channel where the bot may not write and the role that nobody
// can ping, because subscriptions chose them.
func TestDoctorKnowsWhatWasChosen(t *testing.T) {
	server := discordtest.New(t, discordtest.Options{})
	guild := server.AddGuild("Nordkurve")
	good, mute := server.AddChannel(guild, discordtest.Channel{Name: "trainer"}), server.AddChannel(guild, discordtest.Channel{Name: "stumm"})
	fans, board := server.AddRole(guild, "Fans", true), server.AddRole(guild, "Vorstand", false)
	server.AddRole(guild, "Kassenwart", false) // nobody chose it
	bot := startBot(t, "KARUSSELL_DISCORD_TOKEN="+server.Token, "KARUSSELL_DISCORD_ENDPOINT="+server.URL())
	server.AwaitCommands(1, 20*time.Second)
	manager := discordtest.User{ID: "77001", Permissions: discordtest.ManageGuild, Locale: "de"}
	server.Slash(good, manager, "subscribe", map[string]any{"topic": "Schalke", "role": discordtest.Role(fans)}).Settle()
	server.Slash(good, manager, "subscribe", map[string]any{"topic": "Bochum", "role": discordtest.Role(board)}).Settle()
	server.Slash(mute, manager, "subscribe", map[string]any{"topic": "Schalke"}).Settle()
	server.Deny(mute, discordtest.SendMessages)
	examine := func() {
		t.Helper()
		doctor := program(t, "doctor")
		doctor.Env = append([]string{"PATH=" + os.Getenv("PATH")}, bot.env...)
		said, err := doctor.CombinedOutput()
		if err == nil {
			t.Errorf("the doctor found nothing:\n%s", said)
		}
		for _, want := range []string{
			"ok    Discord: token:", "ok    Discord: invite link: https://discord.com/oauth2/authorize?client_id=" + server.App,
			"ok    Discord: intents:", "ok    Discord: channel " + good + ": The bot may write in #trainer.",
			"FAIL  Discord: channel " + mute + ": In #stumm the bot lacks: Send Messages.",
			"@Fans can be pinged in #trainer.", "@Vorstand is named in #trainer, but not pinged.",
		} {
			if !strings.Contains(string(said), want) {
				t.Errorf("missing %q in\n%s", want, said)
			}
		}
		if strings.Contains(string(said), "Kassenwart") || strings.Contains(string(said), server.Token) || strings.Count(string(said), "Settings") != 1 {
			t.Errorf("the doctor says too much:\n%s", said)
		}
	}
	examine()
	bot.stop(syscall.SIGTERM)
	examine()
}

// TestLostChannelIsToldToWhoeverSubscribed: the channel is deleted, and the person
// who subscribed there learns it by a direct message, although they never wrote
// one to the bot.
func TestLostChannelIsToldToWhoeverSubscribed(t *testing.T) {
	server := discordtest.New(t, discordtest.Options{})
	channel := server.AddChannel(server.AddGuild("Nordkurve"), discordtest.Channel{Name: "trainer"})
	startBot(t, "KARUSSELL_DISCORD_TOKEN="+server.Token, "KARUSSELL_DISCORD_ENDPOINT="+server.URL())
	server.AwaitCommands(1, 20*time.Second)
	manager := discordtest.User{ID: "77001", Permissions: discordtest.ManageGuild, Locale: "de"}
	server.Slash(channel, manager, "subscribe", map[string]any{"topic": "Schalke"}).Settle()
	server.RemoveChannel(channel)
	awaitThat(t, "the direct message", func() bool {
		m := server.DirectMessages(manager.ID)
		return len(m) == 1 && strings.Contains(m[0].Text(), "„trainer“ gibt es nicht mehr")
	})
}

// TestDiscordForGood: what Discord forbids to try again ends the program with a
// sentence that says what to do, and without the token.
func TestDiscordForGood(t *testing.T) {
	server := discordtest.New(t, discordtest.Options{})
	for name, c := range map[string]struct {
		token  string
		refuse int
		want   string
	}{
		"wrong token":        {"MTE.another.token", 0, "Discord does not know the bot token any more: create a new one"},
		"token reset":        {server.Token, 4004, "Discord does not know the bot token any more: create a new one"},
		"disallowed intents": {server.Token, 4014, "Discord does not allow the requested intents"},
		"shards":             {server.Token, 4011, "Discord demands more shards"},
	} {
		server.RefuseGateway(c.refuse)
		bot := program(t, "run", "--db", filepath.Join(t.TempDir(), "k.db"))
		bot.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "KARUSSELL_DISCORD_TOKEN=" + c.token, "KARUSSELL_DISCORD_ENDPOINT=" + server.URL()}
		said, err := bot.CombinedOutput()
		if err == nil || !strings.Contains(string(said), "karussell: discord: discord cannot be used: "+c.want) {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
		if strings.Contains(string(said), c.token) {
			t.Errorf("%s: the output holds the token", name)
		}
	}
}
