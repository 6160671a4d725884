package telegram_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

func TestCommandsArePublishedPerPlaceAndLanguage(t *testing.T) {
	t.Parallel()
	w := run(t)
	w.AwaitThat(t, "the menu button", func() bool { return len(w.Calls("setChatMenuButton")) == 1 })
	for list, want := range map[string]string{
		"all_private_chats/":         "trainer folgen start hilfe bench",
		"all_private_chats/de":       "trainer folgen start hilfe bench",
		"all_private_chats/en":       "coach subscribe start help bench",
		"all_group_chats/de":         "trainer start hilfe bench",
		"all_group_chats/en":         "coach start help bench",
		"all_chat_administrators/":   "trainer folgen start hilfe bench",
		"all_chat_administrators/en": "coach subscribe start help bench",
	} {
		scope, language, _ := strings.Cut(list, "/")
		if got := strings.Join(w.Commands(scope, language), " "); got != want {
			t.Errorf("%s: %s; want %s", list, got, want)
		}
	}
}

func TestCommandsArePublishedOnlyWhenTheyChanged(t *testing.T) {
	t.Parallel()
	w := run(t)
	published := func() int { return len(w.Calls("setMyCommands")) }
	w.AwaitThat(t, "the commands", func() bool { return strings.Contains(w.log.String(), "commands_published") })
	once := published()
	w.stop()
	w.connect(t)
	w.start(t)
	w.InjectText(1, 1, "/coach x")
	w.Await(t, 1, 1)
	w.stop()
	if published() != once {
		t.Errorf("published again")
	}
	response, err := http.PostForm(w.URL()+"/bot"+w.Token+"/setMyCommands", url.Values{"commands": {"[]"}, "scope": {`{"type":"all_private_chats"}`}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	w.connect(t)
	w.start(t)
	w.AwaitThat(t, "the commands that somebody else took away", func() bool { return published() == 2*once+1 })
	w.stop()
	w.engine.commands = []bot.CommandSpec{{Name: "coach", Local: map[string]string{"de": "Trainer im Überblick"}}}
	w.connect(t)
	w.start(t)
	w.AwaitThat(t, "the new commands", func() bool { return published() == 3*once+1 })
	w.stop()
	if got := w.Commands("all_private_chats", "de"); len(got) != 1 || got[0] != "coach" {
		t.Errorf("a name that Telegram does not take: %v", got)
	}
}

func TestPublishingTriesAgain(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.Fault(telegramtest.Fault{Method: "setMyCommands", Kind: telegramtest.HTML502})
	w.start(t)
	w.AwaitThat(t, "the commands", func() bool { return strings.Contains(w.log.String(), "commands_published") })
}
