package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"karussell/adapters/telegram/telegramtest"
	"karussell/store/bolt"
	"karussell/store/ledger"
)

// TestDeleteMeLeavesNothing lives with the real program in a private chat that
// has everything: subscriptions, settings, alerts, a complaint and one that was
// begun, a form of the adapter's. After /deleteme the chat's id, which is the
// person's, stands nowhere in the store.
func TestDeleteMeLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the program")
	}
	const person = 471399013
	server := telegramtest.New(t)
	outlet := newPaper(t, "Ruhr-Blatt")
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL(),
		"KARUSSELL_FEEDS="+outlet.URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true", "KARUSSELL_OWNERS=telegram:5")
	asked := 0
	ask := func(line string) {
		t.Helper()
		before := len(server.Messages(person))
		server.InjectText(person, person, line)
		asked++
		server.Await(t, person, before+1)
	}
	ask("/subscribe Schalke")
	ask("/quiet 03:00-03:01")
	ask("/digest daily 08:00")
	ask("/mute Kenan Kocak")
	bot.awaitSaid("feed contacted", 1)
	outlet.publish("Schalke verhandelt mit Miron Muslic", "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag.")
	server.AwaitThat(t, "the alert", func() bool { return hasText(server.Messages(person), "Miron Muslic") })
	pressWrong := func() telegramtest.Message {
		t.Helper()
		before := len(server.Messages(person))
		server.PressButton(t, person, person, "Falsch?")
		return server.Await(t, person, before+1)[before]
	}
	prompt := pressWrong()
	before := len(server.Messages(person))
	server.InjectReply(person, person, prompt.ID, "Das stimmt so nicht.")
	server.Await(t, person, before+1)
	pressWrong() // begun, and left
	if found := tracesAfter(t, bot, strconv.Itoa(person)); len(found) < 8 {
		t.Fatalf("the test tests little: %q", found)
	}
	bot.start()
	ask("/deleteme")
	server.PressButton(t, person, person, "Ja, alles löschen")
	server.AwaitThat(t, "the answer", func() bool { return hasText(server.Messages(person), "Alles ist gelöscht") })
	server.AwaitThat(t, "the confirmation", func() bool { return server.Unconfirmed() == 0 })
	if found := tracesAfter(t, bot, strconv.Itoa(person)); len(found) > 0 {
		t.Errorf("after /deleteme:\n%s", strings.Join(found, "\n"))
	}
}

// tracesAfter ends the program and searches its whole store for a text.
func tracesAfter(t *testing.T, bot *running, text string) (found []string) {
	t.Helper()
	bot.stop(syscall.SIGTERM)
	path := ""
	for _, e := range bot.env {
		if p, ok := strings.CutPrefix(e, "KARUSSELL_DB="); ok {
			path = p
		}
	}
	store, err := bolt.Open(path, bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.Engine().View(t.Context(), func(r ledger.Reader) error {
		for _, s := range ledger.Spaces() {
			err := r.Scan(s, ledger.Range{}, func(k, v []byte) (bool, error) {
				if bytes.Contains(k, []byte(text)) || bytes.Contains(v, []byte(text)) {
					found = append(found, fmt.Sprintf("%s: %q = %q", s, k, v))
				}
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
