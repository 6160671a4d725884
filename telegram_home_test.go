package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"karussell/adapters/telegram/telegramtest"
)

// home is the real program at a Telegram with a group, a forum and a channel.
type home struct {
	*telegramtest.Server
	t      *testing.T
	bot    *running
	outlet *paper
}

const (
	homePerson  = 4711
	homeAdmin   = 4712
	homeGroup   = -100500
	homeForum   = -100600
	homeChannel = -100700
	homeDepot   = -100800
)

func newHome(t *testing.T, env ...string) *home {
	t.Helper()
	h := &home{Server: telegramtest.New(t), t: t, outlet: newPaper(t, "Ruhr-Blatt")}
	h.AddChat(telegramtest.Chat{ID: homeGroup, Type: "supergroup", Title: "Nordkurve"})
	h.AddChat(telegramtest.Chat{ID: homeForum, Type: "supergroup", Title: "Forum", Forum: true})
	h.SetTopic(homeForum, 5, "open")
	h.AddChat(telegramtest.Chat{ID: homeChannel, Type: "channel", Title: "Ticker", Username: "trainerticker"})
	h.AddChat(telegramtest.Chat{ID: homeDepot, Type: "channel", Title: "Depot", Username: "depot"})
	h.SetMember(homeGroup, homeAdmin, "administrator")
	h.SetMember(homeForum, homeAdmin, "creator")
	h.bot = startBot(t, append([]string{
		"KARUSSELL_TELEGRAM_TOKEN=" + h.Token, "KARUSSELL_TELEGRAM_ENDPOINT=" + h.URL(),
		"KARUSSELL_FEEDS=" + h.outlet.URL + "/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true",
	}, env...)...)
	h.bot.awaitSaid("feed contacted", 1)
	return h
}

// says waits until some message in a chat holds all parts.
func (h *home) says(chat int64, parts ...string) {
	h.t.Helper()
	h.AwaitThat(h.t, strings.Join(parts, " | "), func() bool { return hasText(h.Messages(chat), parts...) })
}

// tap presses the newest button whose label holds a text, and waits until its
// spinner stops.
func (h *home) tap(chat, user int64, label string) {
	h.t.Helper()
	var full string
	h.AwaitThat(h.t, "the button "+label, func() bool {
		for _, m := range h.Messages(chat) {
			for _, row := range m.Buttons {
				for _, b := range row {
					if b.Data != "" && strings.Contains(b.Text, label) {
						full = b.Text
					}
				}
			}
		}
		return full != ""
	})
	id := h.PressButton(h.t, chat, user, full)
	h.AwaitThat(h.t, "the end of the spinner on "+full, func() bool { return h.Callback(id).Answered })
}

// news lets the outlet report a coach who may come to Schalke.
func (h *home) news(coach string) {
	h.t.Helper()
	h.outlet.publish("Schalke verhandelt mit "+coach, "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer "+coach+" über einen Vertrag.")
}

// TestTelegramByTapping: everything that takes an argument can be tapped, from
// the link that somebody shared to the settings.
func TestTelegramByTapping(t *testing.T) {
	h := newHome(t)
	chat, user := int64(homePerson), int64(homePerson)
	h.InjectText(chat, user, "/start club_s04")
	h.says(chat, "FC Schalke 04", "abonnieren?")
	h.tap(chat, user, "Abonnieren")
	h.says(chat, "FC Schalke 04", "Was kommt")
	h.news("Miron Muslic")
	h.says(chat, "Miron Muslic", "WAZ")

	h.tap(chat, user, "Warum?")
	h.says(chat, "Regel")
	h.InjectText(chat, user, "/club") // without its name
	h.says(chat, "Welcher Verein?")
	h.tap(chat, user, "FC Schalke 04")
	h.says(chat, "FC Schalke 04", "Trainer")
	h.InjectText(chat, user, "/mute")
	h.says(chat, "Was soll wie lange still sein?")
	h.tap(chat, user, "FC Schalke 04")
	h.tap(chat, user, "8 Stunden")
	h.says(chat, "FC Schalke 04", "ist hier stumm")
	h.InjectText(chat, user, "/settings")
	h.tap(chat, user, "Sprache")
	h.tap(chat, user, "English")
	h.says(chat, "Language: English")
	h.InjectText(chat, user, "/digest")
	h.tap(chat, user, "daily")
	h.InjectText(chat, user, "/unsubscribe")
	h.says(chat, "Unsubscribe from what?")
	h.tap(chat, user, "FC Schalke 04")
	h.InjectText(chat, user, "/subscriptions")
	h.says(chat, "No subscription yet")

	// A wrong report is told by a form: a question that is answered by a reply.
	h.tap(chat, user, "Falsch?")
	var prompt telegramtest.Message
	h.AwaitThat(t, "the question", func() bool {
		for _, m := range h.Messages(chat) {
			if m.ForceReply {
				prompt = m
			}
		}
		return prompt.ID != 0
	})
	before := len(h.Messages(chat))
	h.InjectReply(chat, user, prompt.ID, "Das war ein Namensvetter.")
	h.Await(t, chat, before+1)

	// Buttons from long ago, and such as never were.
	for _, data := range []string{"fo1:k.gone-with-the-wind", "xx9:what", "se1:nowhere"} {
		id := h.Press(chat, user, 1, data)
		h.AwaitThat(t, "the end of the spinner on "+data, func() bool { return h.Callback(id).Answered })
	}
}

// TestTelegramPlaces: groups with anonymous administrators and other bots,
// forum topics and channels, both ways.
func TestTelegramPlaces(t *testing.T) {
	h := newHome(t)
	h.InjectText(homeGroup, 77, "/subscribe Schalke") // an ordinary member
	h.says(homeGroup, "nur, wer diesen Chat verwaltet")
	h.InjectText(homeGroup, homeAdmin, "/subscribe@AnotherBot Köln")
	h.InjectText(homeGroup, homeAdmin, "Schalke spielt heute") // no command
	h.InjectText(homeGroup, 0, "/abo Schalke", telegramtest.Anonymous())
	h.says(homeGroup, "FC Schalke 04")
	h.InjectText(homeForum, homeAdmin, "/abo Schalke", telegramtest.InTopic(5))
	h.says(homeForum, "FC Schalke 04")
	h.InjectText(homeChannel, 0, "/abo Schalke")
	h.says(homeChannel, "FC Schalke 04")

	h.news("Miron Muslic")
	for _, chat := range []int64{homeGroup, homeForum, homeChannel} {
		h.says(chat, "Miron Muslic", "WAZ")
	}
	for _, m := range h.Messages(homeForum) {
		if m.Topic != 5 {
			t.Errorf("in topic %d: %s", m.Topic, m.Text)
		}
	}
	if hasText(h.Messages(homeGroup), "Köln") {
		t.Error("another bot's command was answered")
	}
	// Removed and added again, a topic closed and opened: the alerts go on.
	h.Block(homeGroup, homeAdmin)
	h.SetTopic(homeForum, 5, "closed")
	h.AwaitThat(t, "the changes", func() bool { return h.Unconfirmed() == 0 })
	h.Unblock(homeGroup, homeAdmin)
	h.SetTopic(homeForum, 5, "open")
	h.AwaitThat(t, "the changes", func() bool { return h.Unconfirmed() == 0 })
	h.news("Karel Geraerts")
	for _, chat := range []int64{homeGroup, homeForum, homeChannel} {
		h.says(chat, "Karel Geraerts", "WAZ")
	}
}

// TestTelegramPictures: uploaded once and then sent by file id, also by inline
// mode, page by page; and what changes nothing is not sent.
func TestTelegramPictures(t *testing.T) {
	h := newHome(t, "KARUSSELL_TELEGRAM_DEPOT=@depot")
	h.InjectText(homePerson, homePerson, "/subscribe Schalke")
	h.says(homePerson, "FC Schalke 04")
	for _, coach := range []string{"Miron Muslic", "Karel Geraerts"} {
		h.news(coach)
		h.says(homePerson, coach, "WAZ")
	}
	for _, chat := range []int64{homePerson, homeAdmin, 4713, 4714} {
		h.InjectText(chat, chat, "Muslic") // a look-up without a command
		h.AwaitThat(t, "the picture", func() bool {
			for _, m := range h.Messages(chat) {
				if m.Photo != nil && strings.Contains(m.Text, "Miron Muslic") {
					return true
				}
			}
			return false
		})
	}
	photos := h.Calls("sendPhoto")
	if photos[0].Files["photo"] == nil || photos[len(photos)-1].Files["photo"] != nil {
		t.Errorf("of %d photos the first is uploaded and the last sent by its file id", len(photos))
	}

	ids, pictures, offset := map[string]bool{}, 0, ""
	for range 10 {
		q := h.Query(homePerson, "m", offset)
		h.AwaitThat(t, "the inline answer", func() bool { return h.Inline(q).Answered })
		a := h.Inline(q)
		for _, r := range a.Results {
			id, _ := r["id"].(string)
			if ids[id] {
				t.Errorf("result %s twice", id)
			}
			ids[id] = true
			if r["type"] == "photo" {
				pictures++
			}
		}
		if offset = a.NextOffset; offset == "" {
			break
		}
	}
	if len(ids) < 9 || pictures == 0 {
		t.Errorf("%d inline results, %d of them pictures", len(ids), pictures)
	}

	h.InjectText(homePerson, homePerson, "/settings")
	h.says(homePerson, "Einstellungen")
	messages := h.Messages(homePerson)
	panel := messages[len(messages)-1]
	edits := len(h.Calls("editMessageText"))
	for range 4 { // the same panel again and again
		id := h.Press(homePerson, homePerson, panel.ID, "se1:main")
		h.AwaitThat(t, "the end of the spinner", func() bool { return h.Callback(id).Answered })
	}
	h.AwaitThat(t, "the confirmation", func() bool { return h.Unconfirmed() == 0 })
	if n := len(h.Calls("editMessageText")) - edits; n > 0 {
		t.Errorf("%d edits for nothing", n)
	}
}

// TestTelegramMenus: the command lists are published per place and language, and
// again only when they changed.
func TestTelegramMenus(t *testing.T) {
	h := newHome(t)
	h.bot.awaitSaid("commands_published", 1)
	for scope, want := range map[string]bool{"all_private_chats": true, "all_group_chats": false, "all_chat_administrators": true} {
		for language, name := range map[string]string{"": "abo", "de": "abo", "en": "subscribe"} {
			has := false
			for _, c := range h.Commands(scope, language) {
				has = has || c == name
			}
			if has != want {
				t.Errorf("%s in %q: %v", scope, language, h.Commands(scope, language))
			}
		}
	}
	if n := len(h.Calls("setChatMenuButton")); n != 1 {
		t.Errorf("the menu button was set %d times", n)
	}
	lists := len(h.Calls("setMyCommands"))
	h.bot.stop(syscall.SIGTERM)
	h.bot.start()
	h.bot.awaitSaid("telegram_connected", 2)
	h.InjectText(homePerson, homePerson, "/help")
	h.says(homePerson, "/coach")
	if n := len(h.Calls("setMyCommands")); n != lists {
		t.Errorf("the same lists were published again: %d calls, then %d", lists, n)
	}
}

// TestTelegramByWebhook: the whole program with a webhook instead of polls.
func TestTelegramByWebhook(t *testing.T) {
	listen := freeAddress(t)
	h := newHome(t, "KARUSSELL_TELEGRAM_WEBHOOK_URL=https://bot.example/hook", "KARUSSELL_TELEGRAM_WEBHOOK_LISTEN="+listen,
		"KARUSSELL_TELEGRAM_WEBHOOK_SECRET=only-telegram-knows")
	h.bot.awaitSaid("webhook_set", 1)
	h.InjectText(homePerson, homePerson, "/subscribe Schalke")
	if status, err := h.Deliver(t.Context(), http.DefaultClient, "http://"+listen+"/hook"); status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	h.says(homePerson, "FC Schalke 04")
	for name, secret := range map[string]string{"no secret": "", "another": "guess"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listen+"/hook", strings.NewReader(`{"update_id":9}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode/100 != 4 {
			t.Errorf("%s: status %d", name, response.StatusCode)
		}
	}
	if len(h.Calls("getUpdates")) != 0 {
		t.Error("it polls all the same")
	}
	// Back to polling: the webhook is taken away, what waits is not lost.
	h.bot.stop(syscall.SIGTERM)
	h.InjectText(homePerson, homePerson, "/coach Niemandsohn")
	var env []string
	for _, e := range h.bot.env {
		if !strings.Contains(e, "WEBHOOK") {
			env = append(env, e)
		}
	}
	h.bot.env = env
	h.bot.start()
	h.says(homePerson, "Niemandsohn")
	if said := h.bot.said(); strings.Contains(said, "only-telegram-knows") || strings.Contains(said, "RECOGNISABLE") {
		t.Error("the log holds a secret")
	}
}

// TestTelegramDoctor: the doctor finds what an operator can get wrong, and says
// what to do, beside the running bot.
func TestTelegramDoctor(t *testing.T) {
	h := newHome(t)
	h.InjectText(homeGroup, homeAdmin, "/abo Schalke")
	h.says(homeGroup, "FC Schalke 04")
	h.bot.awaitSaid("commands_published", 1)
	doctor := func() string {
		cmd := program(t, "doctor")
		cmd.Env = append([]string{"HOME=" + t.TempDir(), "PATH=/usr/bin"}, h.bot.env...)
		out, _ := cmd.CombinedOutput() // its exit code is part of the scripts' tests
		return string(out)
	}
	if out := doctor(); !strings.Contains(out, "@KarussellTestBot") || !strings.Contains(out, "may write") {
		t.Errorf("all is well, but the doctor says\n%s", out)
	}
	h.SetPrivacy(false)
	h.SetAbility("supports_inline_queries", false)
	h.SetBot(homeGroup, homeAdmin, "restricted", map[string]any{"is_member": true})
	out := doctor()
	for _, want := range []string{"/setprivacy", "/setinline", "chat -100500", "allow it to send messages"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "RECOGNISABLE") {
		t.Error("the doctor shows the token")
	}
}
