package telegram_test

import (
	"strings"
	"testing"

	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

func buttons(labels ...string) [][]bot.Button {
	var row []bot.Button
	for _, l := range labels {
		row = append(row, bot.Button{Label: l, Action: bot.Action("do:" + l)})
	}
	return [][]bot.Button{row}
}

// pressing answers "/coach" with buttons and their presses by press.
func pressing(press func(bot.Request) bot.Message) func(ctxt, bot.Request) bot.Message {
	return func(_ ctxt, r bot.Request) bot.Message {
		if r.Action != "" {
			return press(r)
		}
		m := say("Karte")
		m.Buttons = buttons("A", "B")
		return m
	}
}

func answered(t *testing.T, w *world, id string) telegramtest.CallbackAnswer {
	t.Helper()
	w.AwaitThat(t, "the spinner to stop", func() bool { return w.Callback(id).Answered })
	return w.Callback(id)
}

func TestAPressedButton(t *testing.T) {
	t.Parallel()
	replace := say("Seite 2")
	replace.Replace, replace.Buttons = true, buttons("A")
	same := say("Karte")
	same.Replace, same.Buttons = true, buttons("A", "B")
	notice := say("Das dürfen hier nur Admins.")
	notice.Private = true
	long := say(strings.Repeat("viel ", 100))
	long.Private = true
	picture := say("Bild")
	picture.Replace, picture.Picture = true, &bot.Picture{Key: "k", Name: "a.png", Data: []byte("png")}

	tests := map[string]struct {
		reply   bot.Message
		alert   string
		visible []string
		edits   int
	}{
		"replaces the message":         {reply: replace, visible: []string{"Seite 2"}, edits: 1},
		"replaces by the same":         {reply: same, visible: []string{"Karte"}},
		"answers with a message":       {reply: say("Darum."), visible: []string{"Karte", "Darum."}},
		"answers with nothing":         {visible: []string{"Karte"}},
		"answers the presser alone":    {reply: notice, alert: "Das dürfen hier nur Admins.", visible: []string{"Karte"}},
		"too long for a notice":        {reply: long, visible: []string{"Karte", strings.TrimSpace(strings.Repeat("viel ", 100))}},
		"replaces a text by a picture": {reply: picture, visible: []string{"Bild"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			places(w.Server)
			w.engine.answer = pressing(func(bot.Request) bot.Message { return test.reply })
			w.start(t)
			w.InjectText(group, fan, "/coach x")
			card := w.Await(t, group, 1)[0]
			a := answered(t, w, w.PressButton(t, group, admin, "A"))
			if a.Text != test.alert || a.Alert != (test.alert != "") {
				t.Errorf("answer %+v", a)
			}
			w.AwaitThat(t, "the confirmation", func() bool { return w.Unconfirmed() == 0 })
			req := w.awaitSeen(t, 2)[1]
			if req.Action != "do:A" || req.Command != "" || !req.CanManage || req.User != "telegram:11" || req.Chat != ref(group) {
				t.Errorf("request %+v", req)
			}
			w.AwaitThat(t, "the messages", func() bool { return texts(w.Messages(group)) == strings.Join(test.visible, "|") })
			if m := w.Messages(group)[0]; m.ID == card.ID && m.Edits != test.edits {
				t.Errorf("%d edits; want %d", m.Edits, test.edits)
			}
		})
	}
}

func texts(messages []telegramtest.Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Text)
	}
	return strings.Join(out, "|")
}

func TestAButtonFromLastYear(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.engine.answer = pressing(func(bot.Request) bot.Message {
		m := say("Neue Karte")
		m.Replace = true
		return m
	})
	w.start(t)
	w.InjectText(1, 1, "/coach x")
	w.Await(t, 1, 1)
	answered(t, w, w.Press(1, 1, 777, "do:A")) // the message is gone
	w.AwaitThat(t, "a new message instead", func() bool { return texts(w.Messages(1)) == "Karte|Neue Karte" })
}

func TestForeignButtonsStopSpinning(t *testing.T) {
	t.Parallel()
	w := run(t)
	answered(t, w, w.PressInline(1, "do:A"))
	answered(t, w, w.Press(1, 1, 5, ""))
	if seen := w.engine.seen(); len(seen) != 0 {
		t.Errorf("requests %+v", seen)
	}
}

func TestTheSpinnerStopsThoughTheAnswerFails(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.engine.answer = pressing(func(bot.Request) bot.Message { return say("Antwort") })
	w.start(t)
	w.InjectText(1, 1, "/coach x")
	w.Await(t, 1, 1)
	w.Fault(telegramtest.Fault{Method: "sendMessage", Kind: telegramtest.Refuse, Code: 429, Text: "Too Many Requests: retry after 1", RetryAfter: 1})
	answered(t, w, w.PressButton(t, 1, 1, "B"))
	w.Await(t, 1, 2)
}

// TestNoSpinnerStaysInAFlood: what is dropped is not left turning.
func TestNoSpinnerStaysInAFlood(t *testing.T) {
	t.Parallel()
	w := open(t)
	hold := make(chan struct{})
	w.engine.answer = pressing(func(bot.Request) bot.Message {
		<-hold
		return bot.Message{}
	})
	var ids []string
	for range 60 { // a lane takes 40
		ids = append(ids, w.Press(1, 1, 5, "do:A"))
	}
	w.start(t)
	for _, id := range ids[50:] {
		answered(t, w, id)
	}
	close(hold)
	for _, id := range ids[:20] { // the others come at a pace
		answered(t, w, id)
	}
}

func TestAPhotoIsReplacedByAPhotoAndElseByAText(t *testing.T) {
	t.Parallel()
	w := open(t)
	card := func(caption, key string) bot.Message {
		m := say(caption)
		m.Replace, m.Buttons = true, buttons("A", "B")
		if key != "" {
			m.Picture = &bot.Picture{Key: key, Name: "a.png", Data: []byte("png " + key)}
		}
		return m
	}
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		switch r.Action {
		case "do:A":
			return card("zwei", "2")
		case "do:B":
			return card("nur Text", "")
		}
		return card("eins", "1")
	}
	w.start(t)
	w.InjectText(1, 1, "/coach x")
	first := w.Await(t, 1, 1)[0]
	answered(t, w, w.PressButton(t, 1, 1, "A"))
	w.AwaitThat(t, "the second picture", func() bool { return texts(w.Messages(1)) == "zwei" })
	if m := w.Messages(1)[0]; m.ID != first.ID || string(m.Photo) != "png 2" {
		t.Errorf("message %+v", m)
	}
	answered(t, w, w.PressButton(t, 1, 1, "B"))
	w.AwaitThat(t, "the text alone", func() bool { return texts(w.Messages(1)) == "nur Text" })
	if seen := w.engine.seen(); seen[1].Message != bot.MessageID("1p") && !strings.HasSuffix(string(seen[1].Message), "p") {
		t.Errorf("message id %q", seen[1].Message)
	}
}

func TestFormsAskOneThingAfterTheOther(t *testing.T) {
	t.Parallel()
	form := &bot.Form{Action: "feed:add", Title: "Neue Quelle", Inputs: []bot.Input{
		{Name: "url", Label: "Adresse", Hint: "https://…", Required: true},
		{Name: "name", Label: "Name", Max: 5, Value: "WAZ"},
		{Name: "note", Label: "Notiz"},
	}}
	w := open(t)
	places(w.Server)
	respond := func(_ ctxt, r bot.Request) bot.Message {
		if len(r.Values) > 0 {
			return say("Danke")
		}
		return bot.Message{Form: form}
	}
	w.engine.answer = respond
	w.start(t)
	w.InjectText(group, fan, "/coach x")
	first := w.Await(t, group, 1)[0]
	if !first.ForceReply || !first.Selective || first.Placeholder != "https://…" || first.Text != "Neue Quelle\nAdresse\nhttps://…" {
		t.Fatalf("prompt %+v", first)
	}
	w.InjectReply(group, admin, first.ID, "not mine to answer")
	w.InjectReply(group, fan, first.ID, "https://waz.example/feed")
	second := w.Await(t, group, 2)[1]
	if !strings.Contains(second.Text, "Name (optional: -)") || !strings.Contains(second.Text, "WAZ") {
		t.Errorf("prompt %q", second.Text)
	}

	w.stop() // a prompt can be answered after a restart
	w.connect(t)
	w.start(t)
	w.InjectReply(group, fan, second.ID, "Westdeutsche")
	third := w.Await(t, group, 3)[2]
	w.InjectReply(group, fan, third.ID, "-")
	if m := w.Await(t, group, 4)[3]; m.Text != "Danke" {
		t.Errorf("answer %q", m.Text)
	}
	seen := w.engine.seen()
	got := seen[len(seen)-1]
	if got.Action != "feed:add" || got.Values["url"] != "https://waz.example/feed" || got.Values["name"] != "Westd" || got.Values["note"] != "" || got.User != "telegram:12" {
		t.Errorf("request %+v", got)
	}
	w.InjectReply(group, fan, third.ID, "again") // answered already: free text
	w.InjectReply(group, fan, 12345, "to something else")
	w.InjectText(group, fan, "/coach end")
	if got := w.awaitSeen(t, 3); len(got) != 3 {
		t.Errorf("%d requests", len(got))
	}
}
