package main

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"karussell/adapters/discord/discordtest"
)

// tenNews are ten stories of ten clubs, in the order in which they are published.
var tenNews = [...][2]string{
	{"Hamburger SV", "Merlin Polzin"},
	{"SV Werder Bremen", "Ole Werner"},
	{"VfL Bochum", "Dieter Hecking"},
	{"1. FC Kaiserslautern", "Torsten Lieberknecht"},
	{"Hertha BSC", "Stefan Leitl"},
	{"Alemannia Aachen", "Heiner Backhaus"},
	{"Hannover 96", "Christian Titz"},
	{"SC Paderborn 07", "Lukas Kwasniok"},
	{"Dynamo Dresden", "Thomas Stamm"},
	{"Arminia Bielefeld", "Mitch Kniat"},
}

// TestThousandAlerts sends one alert to a thousand channels and, at the same
// time, ten to one channel, with the real program, while gateway connections
// break, Discord sends the bot away and forgets its sessions, answers are lost,
// shared limits bite and the program is killed. No limit is exceeded, every
// channel has each alert once, and in order. KARUSSELL_TEST_CHANNELS sets the
// number of channels (100 by default).
func TestThousandAlerts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes and waits for limits; run without -short")
	}
	count := 100
	if n, err := strconv.Atoi(os.Getenv("KARUSSELL_TEST_CHANNELS")); err == nil && n > 10 {
		count = n
	}
	server := discordtest.New(t, discordtest.Options{Limits: true})
	manager := discordtest.User{ID: "77001", Permissions: discordtest.ManageGuild, Locale: "de"}
	channels := make([]string, count)
	var guild string
	for i := range channels {
		if i%50 == 0 {
			guild = server.AddGuild(fmt.Sprint("Server ", i/50))
		}
		channels[i] = server.AddChannel(guild, discordtest.Channel{Name: fmt.Sprint("trainer-", i)})
	}
	outlet := newPaper(t, "Ruhr-Blatt")
	bot := startBot(t, "KARUSSELL_DISCORD_TOKEN="+server.Token, "KARUSSELL_DISCORD_ENDPOINT="+server.URL(),
		"KARUSSELL_FEEDS="+outlet.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")
	server.AwaitCommands(1, 20*time.Second)
	follow := func(channel, topic string) {
		if a := server.Slash(channel, manager, "subscribe", map[string]any{"topic": topic}).Settle(); a.Message == nil || !strings.Contains(a.Message.Text(), topic) {
			t.Fatalf("the subscription was answered with %+v", a.Message)
		}
	}
	for _, channel := range channels {
		follow(channel, "FC Schalke 04")
	}
	busy := channels[count/2]
	for _, news := range tenNews {
		follow(busy, news[0])
	}
	bot.awaitSaid("feed contacted", 1)

	server.Fault(discordtest.Fault{Method: http.MethodPost, Path: regexp.MustCompile(`^channels/` + channels[3] + `/messages$`), Times: 1, Status: 429, RetryAfter: 2 * time.Second, Shared: true})
	server.Fault(discordtest.Fault{Method: http.MethodPost, Path: regexp.MustCompile(`^channels/` + channels[5] + `/messages$`), Times: 1, Drop: true, After: true})
	server.Fault(discordtest.Fault{Method: http.MethodPost, Path: regexp.MustCompile(`^channels/` + channels[7] + `/messages$`), Times: 1, Status: 502, HTML: true})
	const injected = 1 // 429s of the fault above

	begun := time.Now()
	outlet.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	for i, news := range tenNews {
		outlet.publishAt(time.Now().Add(time.Duration(i-12)*time.Second), news[0]+" trennt sich von "+news[1], "Der Verein "+news[0]+" hat sich von Trainer "+news[1]+" getrennt. Das teilte der Klub am Montag mit.")
	}
	alerts := func() (n int) {
		for _, channel := range channels {
			n += len(alertsIn(server, channel))
		}
		return n
	}
	kill := func() { bot.stop(syscall.SIGKILL); bot.start() }
	disturbances := []func(){server.DropGateway, server.AskReconnect, kill, func() { server.CloseGateway(4000) }}
	if count >= 500 { // the second kill comes more than five seconds after the first
		disturbances = append(disturbances, func() { server.InvalidSession(false) }, kill)
	}
	for i, disturb := range disturbances {
		awaitWithin(t, time.Minute, "the alerts to go on", func() bool { return alerts() >= (i+1)*count/8 })
		disturb()
	}
	awaitWithin(t, time.Duration(count/20+60)*time.Second, "all alerts", func() bool { return alerts() >= count+len(tenNews) })
	took := time.Since(begun)
	time.Sleep(2 * time.Second) // what would come twice would come now

	for i, channel := range channels {
		got := alertsIn(server, channel)
		want := 1
		if channel == busy {
			want += len(tenNews)
		}
		if nonces := distinct(got); len(got) != want || len(nonces) != want {
			t.Errorf("channel %d: %d alerts with %d nonces; want %d", i, len(got), len(nonces), want)
		}
	}
	next := 0
	for _, m := range alertsIn(server, busy) {
		if next < len(tenNews) && strings.Contains(m.Text(), tenNews[next][1]) {
			next++
		}
	}
	if next != len(tenNews) {
		t.Errorf("only %d of %d alerts stand in their order: %q", next, len(tenNews), titles(alertsIn(server, busy)))
	}
	if over := server.Exceeded(); len(over) > 0 {
		t.Errorf("limits were exceeded %d times: %q", len(over), over)
	}
	refused := 0
	for _, r := range server.Requests("", "") {
		if r.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != injected {
		t.Errorf("%d answers of 429; want %d", refused, injected)
	}
	t.Logf("%d alerts to %d channels in %.1f s, at most %d requests a second, %d requests refused", count+len(tenNews), count, took.Seconds(), server.Busiest(), refused)
}

// alertsIn are the messages of the outbox in a channel: they alone have a nonce.
func alertsIn(s *discordtest.Server, channel string) []discordtest.Message {
	return slices.DeleteFunc(s.Messages(channel), func(m discordtest.Message) bool { return m.Nonce == "" })
}

func distinct(messages []discordtest.Message) map[string]bool {
	out := map[string]bool{}
	for _, m := range messages {
		out[m.Nonce] = true
	}
	return out
}

func titles(messages []discordtest.Message) []string {
	var out []string
	for _, m := range messages {
		for _, e := range m.Embeds {
			out = append(out, e.Title)
		}
	}
	return out
}

func awaitWithin(t *testing.T, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
