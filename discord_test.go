package main

import (
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
