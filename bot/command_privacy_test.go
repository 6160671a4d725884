package bot_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/ledger"
	"karussell/store/memory"
)

// traces are the entries of the store that hold a text, in key or value.
func (g *ground) traces(text string) (found []string) {
	g.t.Helper()
	err := g.store.(*memory.Store).Engine().View(g.t.Context(), func(r ledger.Reader) error {
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
		g.t.Fatal(err)
	}
	return found
}

// spaces are the parts of the store that hold a text.
func (g *ground) spaces(text string) []string {
	seen := map[string]bool{}
	for _, trace := range g.traces(text) {
		space, _, _ := strings.Cut(trace, ":")
		seen[space] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// TestDeleteLeavesNoTrace fills everything that can name a chat or a person and
// searches the whole store for their ids after /deleteme.
func TestDeleteLeavesNoTrace(t *testing.T) {
	th := newTheatre(t, "de")
	home := bot.Request{Chat: console("p7743"), Kind: bot.PrivateChat, User: "console:u7744"}
	group := bot.Request{Chat: console("g7741"), Kind: bot.GroupChat, Title: "Nordkurve", Parent: "s7747", User: "console:u7744", CanManage: true}
	topic, other := group, group
	topic.Chat.Thread = "t7742"
	other.Chat, other.Parent, other.Title = console("x1"), "s1", "Ostkurve"
	say := func(as bot.Request, command, text string) {
		t.Helper()
		th.req = as
		th.ask(bot.Request{Command: command, Text: text})
		if th.last.Tone == bot.ToneProblem {
			t.Fatalf("/%s %s: %s", command, text, th.last.Text())
		}
	}
	say(bot.Request{Chat: console("boss"), Kind: bot.PrivateChat, User: "console:boss"}, "settings", "") // complaints have somebody to go to
	for _, as := range []bot.Request{home, group, topic, other} {
		say(as, "subscribe", "Schalke")
		say(as, "subscribe", "Köln")
		say(as, "quiet", "22:00-07:00")
		say(as, "language", "de")
	}
	link := func(who, club string) bot.Article { return th.print("WAZ", link4(who, club, bot.Interest)) }
	th.set(th.now().Add(time.Hour))
	th.ingest(link("Heiner Backhaus", "FC Schalke 04"), link("Kenan Kocak", "FC Schalke 04"))
	th.expand()
	th.settle() // everybody has messages of two stories
	for _, as := range []bot.Request{home, group, topic} {
		say(as, "mute", "Kocak")
		say(as, "subscribe", "Aachen digest")
		say(as, "digest", "daily 08:00")
	}
	th.set(th.now().Add(time.Hour))
	th.ingest(link("Heiner Backhaus", "1. FC Köln"), link("Ada Eins", "FC Schalke 04"), link("Bea Zwei", "Alemannia Aachen"))
	th.expand()
	story := th.story("Heiner Backhaus", "schalke", bot.Arrival)
	for _, as := range []bot.Request{home, group, topic} {
		th.req = as
		th.ask(bot.Request{Action: bot.Action(fmt.Sprintf("wf1:%d", story.ID)), Values: map[string]string{"text": "Das stimmt nicht."}})
		if th.last.Tone == bot.ToneProblem {
			t.Fatal(th.last.Text())
		}
	}
	// Of what waits now one is parked, one is under lease and the rest waits.
	claimed, err := th.store.Claim(t.Context(), th.now(), time.Hour, 3)
	if err != nil || len(claimed) < 3 {
		t.Fatal(claimed, err)
	}
	for _, d := range claimed[1:] {
		o := bot.Outcome{State: bot.Dead, Cause: "rejected", Hold: th.now().Add(time.Hour)}
		if d.Chat == home.Chat {
			o = bot.Outcome{State: bot.Retry, Cause: "500", Hold: th.now().Add(time.Hour)}
		}
		if err := th.store.Settle(t.Context(), d.ID, o); err != nil {
			t.Fatal(err)
		}
	}
	th.set(time.Date(2024, 9, 26, 7, 0, 0, 0, time.UTC))
	if _, err := th.eng.Tend(t.Context()); err != nil { // the digests
		t.Fatal(err)
	}
	// A group whose subscriber is told of its loss; it returns later.
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: group.Chat, What: bot.ChangeRemoved})
	th.eng.Changed(t.Context(), bot.ChatChange{Chat: group.Chat, What: bot.ChangeAdded})
	// The marks of the clock and of a fan-out stand at the group.
	th.update(func(tx bot.Tx) error {
		f := bot.Fanout{Story: story.ID, Topics: []bot.Topic{bot.ClubTopic("schalke")}, Cursor: group.Chat.String()}
		return errorsFirst(tx.PutNote("clock/mutes", []byte(group.Chat.String())), tx.PutFanout(&f))
	})
	if spaces := th.spaces("7741"); len(spaces) < 12 {
		t.Errorf("the test tests little: the group stands in %q only", spaces)
	}
	for _, id := range []string{"7741", "7742", "7743", "7744", "7747"} {
		if len(th.traces(id)) < 2 {
			t.Errorf("the test tests nothing: %q stands in %q", id, th.traces(id))
		}
	}

	forget := func(as bot.Request, ids ...string) {
		t.Helper()
		say(as, "deleteme", "")
		th.press("1")
		if !th.last.Forget || th.last.Tone == bot.ToneProblem {
			t.Errorf("answer %+v", th.last)
		}
		for _, id := range ids {
			for _, trace := range th.traces(id) {
				t.Errorf("%s after /deleteme in %s: %s", id, as.Chat, trace)
			}
		}
	}
	forget(topic, "7742")
	forget(group, "7741", "7747")
	forget(home, "7743", "7744")
	if subs := th.traces("x1"); len(subs) < 3 {
		t.Errorf("a group that is not the person's alone lost its subscriptions: %q", subs)
	}
	// What was under way when the chat was deleted brings nothing back.
	for _, d := range claimed {
		if err := th.store.Settle(t.Context(), d.ID, bot.Outcome{State: bot.Dead, Pause: bot.PauseBlocked}); err != nil {
			t.Fatal(err)
		}
	}
	th.expand()
	for _, id := range []string{"7741", "7742", "7743", "7744"} {
		if found := th.traces(id); len(found) > 0 {
			t.Errorf("%s came back: %q", id, found)
		}
	}
}

// TestLossIsToldAtHome: whoever made the subscriptions of a lost channel is told
// in private: on Telegram at the person's id, on Discord in the channel in which
// the person last used the bot.
func TestLossIsToldAtHome(t *testing.T) {
	th := newTheatre(t, "de")
	for _, who := range []struct{ user, home string }{{"telegram:4711", "telegram:4711"}, {"discord:800", "discord:900"}} {
		home, err := bot.ParseChatRef(who.home)
		if err != nil {
			t.Fatal(err)
		}
		channel := bot.ChatRef{Platform: home.Platform, Chat: "-100500"}
		th.eng.Respond(t.Context(), bot.Request{Chat: home, Kind: bot.PrivateChat, User: bot.UserRef(who.user), Command: "subscribe", Text: "Köln"})
		for i, user := range []string{"x:first", who.user, who.user} { // somebody else used the bot there first
			th.eng.Respond(t.Context(), bot.Request{
				Chat: channel, Kind: bot.ChannelChat, Title: "Trainer-Ticker", User: bot.UserRef(user), CanManage: true,
				Command: "subscribe", Text: []string{"Aachen", "Schalke", "Köln"}[i],
			})
		}
		th.eng.Changed(t.Context(), bot.ChatChange{Chat: channel, What: bot.ChangeGone})
		var notices []bot.Delivery
		for _, d := range th.settle() {
			if d.Kind == bot.DeliverNotice {
				notices = append(notices, d)
			}
		}
		if len(notices) != 1 || notices[0].Chat != home || notices[0].Note.Key != "notice_lost_gone" || notices[0].Note.Args["Chat"] != "Trainer-Ticker" {
			t.Errorf("%s: %+v", who.user, notices)
		}
	}
}
