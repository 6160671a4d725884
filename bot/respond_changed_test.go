package bot_test

import (
	"strings"
	"testing"

	"karussell/bot"
)

func (g *ground) paused(ref bot.ChatRef) bot.PauseCause {
	g.t.Helper()
	var c bot.Chat
	g.view(func(tx bot.ReadTx) (err error) {
		c, err = tx.Chat(ref)
		return err
	})
	return c.Paused
}

func TestChatIsPausedAndRevived(t *testing.T) {
	th := newTheatre(t, "de")
	ref := console("me")
	th.step("/subscribe Schalke", nil)
	for what, want := range map[bot.ChangeKind]bot.PauseCause{
		bot.ChangeRemoved: bot.PauseBlocked, bot.ChangeForbidden: bot.PauseForbid, bot.ChangeGone: bot.PauseGone,
	} {
		th.eng.Changed(t.Context(), bot.ChatChange{Chat: ref, What: what})
		if got := th.paused(ref); got != want {
			t.Errorf("%s: paused %q, want %q", what, got, want)
		}
		th.step("/latest", nil)
		if got := th.paused(ref); got != bot.NotPaused {
			t.Errorf("%s: still %q after a command", what, got)
		}
	}
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: ref, What: bot.ChangeRemoved})
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: ref, What: bot.ChangeAdded})
	if got := th.paused(ref); got != bot.NotPaused {
		t.Errorf("still %q after the bot came back", got)
	}
	// A chat that nobody knows changes nothing.
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: console("stranger"), What: bot.ChangeRemoved})
}

func TestLostGroupPausesItsThreadsAndTellsWhoSubscribed(t *testing.T) {
	th := newTheatre(t, "de")
	th.step("/subscribe Köln", nil) // so that there is a private chat
	group := bot.ChatRef{Platform: "console", Chat: "group"}
	topic := bot.ChatRef{Platform: "console", Chat: "group", Thread: "7"}
	other := bot.ChatRef{Platform: "console", Chat: "group2"}
	for _, ref := range []bot.ChatRef{group, topic, other} {
		th.eng.Respond(t.Context(), bot.Request{
			Chat: ref, Kind: bot.GroupChat, Title: "Nordkurve", User: "console:me", CanManage: true, Command: "subscribe", Text: "Schalke",
		})
	}
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: group, What: bot.ChangeRemoved})
	if th.paused(group) != bot.PauseBlocked || th.paused(topic) != bot.PauseBlocked || th.paused(other) != bot.NotPaused {
		t.Errorf("paused: %q %q %q", th.paused(group), th.paused(topic), th.paused(other))
	}
	notices := 0
	for _, d := range th.settle() {
		if d.Kind == bot.DeliverNotice && d.Chat == console("me") {
			notices++
		}
	}
	if notices == 0 {
		t.Error("who subscribed was not told")
	}
}

// Where the bot may write first, whoever subscribed is told although they never
// wrote to it: once for a server with all its channels, in the chat's language.
func TestLostServerIsToldToWhoeverSubscribed(t *testing.T) {
	th := newTheatre(t, "de")
	direct := bot.ChatRef{Platform: "console", Chat: "@me"}
	th.eng.Direct = map[bot.PlatformName]func(bot.UserRef) bot.ChatRef{
		"console": func(u bot.UserRef) bot.ChatRef {
			return bot.ChatRef{Platform: "console", Chat: "@" + strings.TrimPrefix(string(u), "console:")}
		},
	}
	for _, chat := range []string{"1", "2"} {
		th.eng.Respond(t.Context(), bot.Request{
			Chat: console(chat), Kind: bot.GroupChat, Parent: "server", Title: "Nordkurve", User: "console:me", Language: "en", CanManage: true, Command: "subscribe", Text: "Schalke",
		})
	}
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: bot.ChatRef{Platform: "console"}, What: bot.ChangeReconcile, Live: []string{}})
	var told []string
	for _, d := range th.settle() {
		if d.Kind != bot.DeliverNotice {
			continue
		}
		r, err := th.eng.Render(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, d.Chat.String()+": "+r.Message.Text())
	}
	if len(told) != 1 || !strings.HasPrefix(told[0], direct.String()+": I am no longer in “Nordkurve”") {
		t.Errorf("told %q", told)
	}
}

func TestMovedGroupKeepsEverything(t *testing.T) {
	th := newTheatre(t, "de")
	th.step("/subscribe Schalke", nil)
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: console("me"), What: bot.ChangeMoved, Moved: console("new")})
	th.view(func(tx bot.ReadTx) error {
		subs, err := tx.Subscriptions(console("new"))
		if len(subs) != 1 {
			t.Errorf("subscriptions at the new address: %v", subs)
		}
		return err
	})
}

func TestReconcilePausesLostServers(t *testing.T) {
	th := newTheatre(t, "de")
	in := func(chat, server string) bot.ChatRef {
		ref := bot.ChatRef{Platform: "console", Chat: chat}
		th.eng.Respond(t.Context(), bot.Request{
			Chat: ref, Kind: bot.GroupChat, Parent: server, User: "console:me", CanManage: true, Command: "subscribe", Text: "Schalke",
		})
		return ref
	}
	stay, lost, private := in("a", "s1"), in("b", "s2"), in("c", "")
	reconcile := func(live ...string) {
		th.eng.Changed(t.Context(), bot.ChatChange{Chat: bot.ChatRef{Platform: "console"}, What: bot.ChangeReconcile, Live: live})
	}
	reconcile("s1")
	if th.paused(stay) != bot.NotPaused || th.paused(lost) != bot.PauseBlocked || th.paused(private) != bot.NotPaused {
		t.Errorf("paused: %q %q %q", th.paused(stay), th.paused(lost), th.paused(private))
	}
	reconcile("s1", "s2")
	if th.paused(lost) != bot.NotPaused {
		t.Errorf("still %q after the server came back", th.paused(lost))
	}
}

func TestDeleteForgetsThePersonEverywhere(t *testing.T) {
	th := newTheatre(t, "de")
	th.eng.Respond(t.Context(), bot.Request{
		Chat: console("group"), Kind: bot.GroupChat, User: "console:me", CanManage: true, Command: "subscribe", Text: "Schalke",
	})
	th.step("/subscribe Köln", nil)
	th.step("/deleteme", nil)
	th.step("press 1", nil)
	th.view(func(tx bot.ReadTx) error {
		if _, err := tx.Chat(console("me")); err == nil {
			t.Error("the chat is still stored")
		}
		c, err := tx.Chat(console("group"))
		if err != nil || c.Owner != "" {
			t.Errorf("the group: %v, owner %q", err, c.Owner)
		}
		subs, err := tx.Subscriptions(console("group"))
		if len(subs) != 1 || subs[0].By != "" {
			t.Errorf("the group's subscriptions: %v", subs)
		}
		return err
	})
}
