package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"karussell/adapters/telegram/telegramtest"
)

// TestStatusOfARunningBot: after one alert the real program shows the operator
// every part that must be ready and every figure that the guide promises, without
// naming a chat; its page wants the token.
func TestStatusOfARunningBot(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; run without -short")
	}
	const chat, user = 4711, 4711
	server := telegramtest.New(t)
	outlet := newPaper(t, "Ruhr-Blatt")
	address := freeAddress(t)
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL(),
		"KARUSSELL_FEEDS="+outlet.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true",
		"KARUSSELL_STATUS_LISTEN="+address)
	server.InjectText(chat, user, "/subscribe Schalke")
	server.AwaitThat(t, "the subscription's confirmation", func() bool { return hasText(server.Messages(chat), "FC Schalke 04") })
	bot.awaitSaid("feed contacted", 1)
	outlet.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	server.AwaitThat(t, "the alert", func() bool { return hasText(server.Messages(chat), "Miron Muslic", "WAZ") })

	code, body := fetch(t, "http://"+address+"/readyz")
	for _, part := range []string{"store", "disk", "feeds", "telegram"} {
		if !strings.Contains(body, part+" ok\n") {
			t.Errorf("/readyz (%d) does not say that %s is ready: %s", code, part, body)
		}
	}
	if code, _ := fetch(t, "http://"+address+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz says %d", code)
	}
	if code, _ := fetch(t, "http://"+address+"/"); code != http.StatusForbidden {
		t.Errorf("without a token set the operator page says %d", code)
	}
	eventually(t, "the alert to be settled", 10*time.Second, func() bool {
		figures := gauges(t, address)
		return figures[`karussell_sends_total{outcome="sent",platform="telegram"}`] >= 1 && figures[`karussell_transaction_seconds_count{kind="settle"}`] >= 1
	})
	figures := gauges(t, address)
	for _, name := range []string{
		`karussell_articles_total{state="new"}`, `karussell_events_total{type="link"}`, `karussell_story_changes_total{stage="talks"}`,
		"karussell_deliveries_total", `karussell_alert_delay_seconds_count{platform="telegram"}`, `karussell_send_seconds_count{platform="telegram"}`,
		`karussell_feed_fetches_total{outcome="ok"}`, "karussell_store_bytes", "karussell_articles",
		`karussell_transaction_seconds_count{kind="view"}`, `karussell_transaction_seconds_count{kind="update"}`,
		`karussell_transaction_seconds_count{kind="claim"}`, `karussell_transaction_seconds_count{kind="settle"}`,
		"karussell_build_info", "process_open_fds", "go_goroutines",
	} {
		if figures[name] <= 0 {
			t.Errorf("/metrics: %s is %v", name, figures[name])
		}
	}
	for _, name := range []string{"karussell_outbox_waiting", "karussell_outbox_parked", "karussell_outbox_oldest_seconds"} {
		if _, shown := figures[name]; !shown {
			t.Errorf("/metrics: %s is missing", name)
		}
	}
	if n := figures["karussell_unknown_metrics_total"]; n != 0 {
		t.Errorf("%v measurements are unknown to the table", n)
	}
	if _, raw := fetch(t, "http://"+address+"/metrics"); strings.Contains(raw, "4711") {
		t.Error("/metrics names a chat")
	}
}
