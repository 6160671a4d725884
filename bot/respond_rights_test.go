package bot_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"karussell/bot"
)

// everyAction is each verb with arguments that mean something.
func everyAction() []bot.Action {
	var out []bot.Action
	for _, verb := range []string{"fo1", "un1", "as1", "mu1", "mf1", "um1", "la1", "nw1", "ru1", "ss1", "sc1", "st1", "sn1", "sg1", "sw1"} {
		for _, arg := range []string{"", "0", "8", "official", "departure", "silent", "zzz"} {
			for _, topic := range []string{"k.schalke", "c.heiner-backhaus", "l.3-liga", "a", "s.1", "o.waz"} {
				out = append(out, bot.Action(verb+":"+topic+":"+arg))
			}
		}
	}
	for _, a := range []string{
		"co1:heiner-backhaus", "cl1:schalke", "ca1::0", "ca1:3-liga:1", "he1:", "he1:mute", "sb1:0", "sb1:-9", "wy1:1", "wr1:1", "wf1:1", "ms1:1",
		"se1:main", "se1:language", "se1:quiet", "se1:digest", "se1:mutes", "se1:delete", "sl1:en", "sl1:xx", "sq1:off", "sq1:2200-0700", "sq1:form",
		"sq1:sent", "sd1:off", "sd1:daily-0800", "sd1:mon-0800", "dm1:no", "dm1:", "ua1:yes",
	} {
		out = append(out, bot.Action(a))
	}
	return out
}

// Whoever may not manage a group changes nothing in it by any button or command.
func TestMembersChangeNothing(t *testing.T) {
	th := newTheatre(t, "de")
	th.as("admin")
	th.step("/subscribe Schalke", nil)
	th.step("/mute Köln immer", nil)
	th.article("WAZ now Interesse", []string{
		`{"type":"link","coach":"Heiner Backhaus","club":"FC Schalke 04","stage":"interest","status":"reported","role":"head","fresh":true}`,
	})
	state := func() string {
		s := ""
		th.view(func(tx bot.ReadTx) error {
			c, err := tx.Chat(console("group"))
			if err != nil {
				return err
			}
			subs, err := tx.Subscriptions(console("group"))
			s = fmt.Sprintf("%+v\n%+v", c, subs)
			return err
		})
		return s
	}
	before := state()
	ask := func(r bot.Request) bot.Message {
		r.Chat, r.Kind, r.User, r.Title = console("group"), bot.GroupChat, "console:member", "Nordkurve"
		return th.eng.Respond(t.Context(), r)
	}
	for _, a := range everyAction() {
		m := ask(bot.Request{Action: a})
		if m.Text() == "" || !m.Private {
			t.Errorf("%s: answer %q, private %v", a, m.Text(), m.Private)
		}
		if after := state(); after != before {
			t.Fatalf("%s changed the chat: %s", a, cmp.Diff(before, after))
		}
	}
	for _, c := range th.eng.Commands() {
		ask(bot.Request{Command: c.Name, Text: "Schalke 8"})
		if after := state(); after != before {
			t.Fatalf("/%s changed the chat: %s", c.Name, cmp.Diff(before, after))
		}
	}
}

func FuzzRespond(f *testing.F) {
	for _, a := range everyAction()[:40] {
		f.Add(string(a), "", "")
	}
	f.Add("", "subscribe", "1. FC nur Offizielles lautlos")
	f.Add("", "mute", "#1 3 Tage")
	f.Add("", "start", "club_schalke")
	f.Add("", "", "Äöü\u0308 \u202e")
	f.Fuzz(func(t *testing.T, action, command, text string) {
		th := newTheatre(t, "de")
		m := th.eng.Respond(t.Context(), bot.Request{
			Chat: console("me"), Kind: bot.PrivateChat, User: "console:boss", Action: bot.Action(action), Command: command, Text: text,
		})
		if m.Text() == "" && m.Form == nil {
			t.Errorf("no answer to %q %q %q", action, command, text)
		}
		for _, row := range m.Buttons {
			for _, b := range row {
				if len(b.Action) > 60 || len(row) > 5 || len(m.Buttons) > 5 {
					t.Errorf("button %+v in %d rows", b, len(m.Buttons))
				}
			}
		}
		for _, c := range th.eng.Suggest(t.Context(), bot.Request{Chat: console("me"), Command: command, Option: "topic", Query: text}) {
			if c.Value == "" || len(c.Value) > 100 {
				t.Errorf("choice %+v", c)
			}
		}
	})
}
