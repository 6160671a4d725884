package telegram_test

import (
	"fmt"
	"strings"
	"testing"

	"karussell/adapters/telegram"
	"karussell/bot"
)

func inlineWorld(t *testing.T, change ...func(*telegram.Options)) *world {
	t.Helper()
	w := open(t, change...)
	w.engine.suggest = func(r bot.Request) []bot.Choice {
		if r.Query == "nobody" {
			return nil
		}
		var out []bot.Choice
		for i := range 20 {
			out = append(out, bot.Choice{Label: fmt.Sprintf("Trainer %d", i), Value: fmt.Sprintf("t%d", i), Hint: "Cheftrainer\nin Aachen", Command: "coach"})
		}
		out[3].Label = "   "
		return out
	}
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		if r.Text == "t5" {
			return bot.Message{} // nothing known: no card
		}
		m := bot.Message{Title: "Karte " + r.Text, Link: "https://example.org/" + r.Text, Buttons: [][]bot.Button{
			{{Label: "Folgen", Action: "f"}, {Label: "Artikel", Link: "https://example.org/"}},
		}}
		if r.Text == "t1" || r.Text == "t2" {
			m.Picture = &bot.Picture{Key: r.Text, Name: "a.png", Data: []byte(r.Text)}
		}
		return m
	}
	return w
}

func TestInlineMode(t *testing.T) {
	t.Parallel()
	w := inlineWorld(t)
	if _, err := w.adapter.Send(t.Context(), ref(9), say("x")); kindOf(t, err) != bot.SendGone {
		t.Fatal(err)
	}
	w.InjectText(9, 9, "/coach t1") // sends the picture, which Telegram then has
	w.start(t)
	w.AwaitThat(t, "the file id", func() bool {
		_, err := w.notes.Recall(t.Context(), "4711000/photo/t1")
		return err == nil
	})

	ids, offset := map[string]bool{}, ""
	for range 10 {
		q := w.Query(9, "Trainer", offset)
		w.AwaitThat(t, "an answer", func() bool { return w.Inline(q).Answered })
		a := w.Inline(q)
		if !a.Personal || a.CacheTime != 60 {
			t.Errorf("answer %+v", a)
		}
		for _, r := range a.Results {
			id := r["id"].(string)
			if ids[id] {
				t.Errorf("result %s twice", id)
			}
			ids[id] = true
			if keys := fmt.Sprint(r["reply_markup"]); strings.Contains(keys, "callback_data") || !strings.Contains(keys, "https://example.org/") {
				t.Errorf("buttons %s", keys)
			}
			wantType := map[bool]string{true: "photo", false: "article"}[id == "1"]
			if r["type"] != wantType {
				t.Errorf("result %s is %v", id, r["type"])
			}
		}
		if offset = a.NextOffset; offset == "" {
			break
		}
	}
	if len(ids) != 19 {
		t.Errorf("%d results; want 19", len(ids))
	}
	for _, odd := range []string{"-5", "x", "9999"} {
		q := w.Query(9, "Trainer", odd)
		w.AwaitThat(t, "an answer", func() bool { return w.Inline(q).Answered })
	}
	q := w.Query(9, "nobody", "")
	w.AwaitThat(t, "an empty answer", func() bool { return w.Inline(q).Answered })
	if a := w.Inline(q); len(a.Results) != 0 || a.NextOffset != "" {
		t.Errorf("answer %+v", a)
	}
}

func TestInlinePicturesComeFromTheDepot(t *testing.T) {
	t.Parallel()
	w := inlineWorld(t, func(o *telegram.Options) { o.Depot = "@trainerticker" })
	places(w.Server)
	w.start(t)
	for range 2 {
		q := w.Query(9, "Trainer", "")
		w.AwaitThat(t, "an answer", func() bool { return w.Inline(q).Answered })
		if r := w.Inline(q).Results[2]; r["type"] != "photo" {
			t.Errorf("result %v", r)
		}
	}
	if n := len(w.Messages(channel)); n != 2 || !w.Messages(channel)[0].Silent {
		t.Errorf("%d pictures in the depot; want 2, silent", n)
	}
}
