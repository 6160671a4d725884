package telegram_test

import (
	"testing"

	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

func TestTheLifeOfAChat(t *testing.T) {
	t.Parallel()
	topic := bot.ChatRef{Platform: "telegram", Chat: "-100700", Thread: "5"}
	restricted := func(sends bool) map[string]any { return map[string]any{"is_member": true, "can_send_messages": sends} }
	posts := func(may bool) map[string]any { return map[string]any{"can_post_messages": may} }
	tests := map[string]struct {
		happens func(*telegramtest.Server)
		want    []bot.ChatChange
	}{
		"blocked and unblocked": {
			func(s *telegramtest.Server) { s.Block(4711, 4711); s.Unblock(4711, 4711) },
			[]bot.ChatChange{
				{Chat: ref(4711), Kind: bot.PrivateChat, What: bot.ChangeRemoved, User: "telegram:4711"},
				{Chat: ref(4711), Kind: bot.PrivateChat, What: bot.ChangeAdded, User: "telegram:4711"},
			},
		},
		"removed from a group": {
			func(s *telegramtest.Server) { s.SetBot(group, admin, "left", nil) },
			[]bot.ChatChange{{Chat: ref(group), Kind: bot.GroupChat, Title: "Nordkurve", What: bot.ChangeRemoved, User: "telegram:11"}},
		},
		"silenced and allowed": {
			func(s *telegramtest.Server) {
				s.SetBot(group, admin, "restricted", restricted(false))
				s.SetBot(group, admin, "administrator", nil)
			},
			[]bot.ChatChange{
				{Chat: ref(group), Kind: bot.GroupChat, Title: "Nordkurve", What: bot.ChangeForbidden, User: "telegram:11"},
				{Chat: ref(group), Kind: bot.GroupChat, Title: "Nordkurve", What: bot.ChangeAllowed, User: "telegram:11"},
			},
		},
		"promoted: nothing changes": {
			func(s *telegramtest.Server) { s.SetBot(group, admin, "administrator", nil) }, nil,
		},
		"channel without the right to post": {
			func(s *telegramtest.Server) {
				s.SetBot(channel, admin, "left", nil)
				s.SetBot(channel, admin, "administrator", posts(false))
			},
			[]bot.ChatChange{
				{Chat: ref(channel), Kind: bot.ChannelChat, Title: "Trainer-Ticker", What: bot.ChangeRemoved, User: "telegram:11"},
				{Chat: ref(channel), Kind: bot.ChannelChat, Title: "Trainer-Ticker", What: bot.ChangeForbidden, User: "telegram:11"},
			},
		},
		"group becomes a supergroup": {
			func(s *telegramtest.Server) { s.Migrate(group, -100501) },
			[]bot.ChatChange{{Chat: ref(group), Kind: bot.GroupChat, Title: "Nordkurve", What: bot.ChangeMoved, Moved: ref(-100501)}},
		},
		"topic closed and opened": {
			func(s *telegramtest.Server) { s.SetTopic(forum, 5, "closed"); s.SetTopic(forum, 5, "open") },
			[]bot.ChatChange{
				{Chat: topic, Kind: bot.GroupChat, Title: "Forum", What: bot.ChangeForbidden},
				{Chat: topic, Kind: bot.GroupChat, Title: "Forum", What: bot.ChangeAllowed},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := run(t)
			places(w.Server)
			test.happens(w.Server)
			w.InjectText(1, 1, "/coach end")
			w.Await(t, 1, 1)
			w.AwaitThat(t, "the changes", func() bool { return len(w.engine.told()) >= len(test.want) && w.Unconfirmed() == 0 })
			got := w.engine.told()
			if len(got) != len(test.want) {
				t.Fatalf("told %+v; want %+v", got, test.want)
			}
			for i := range got {
				g, x := got[i], test.want[i]
				if g.Chat != x.Chat || g.Kind != x.Kind || g.Title != x.Title || g.What != x.What || g.Moved != x.Moved || g.User != x.User {
					t.Errorf("told %+v; want %+v", g, x)
				}
			}
		})
	}
}

func TestAFailedAnswerTellsAboutTheChat(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refusal string
		want    bot.ChangeKind
	}{
		"blocked":   {"Forbidden: bot was blocked by the user", bot.ChangeRemoved},
		"deleted":   {"Forbidden: user is deactivated", bot.ChangeGone},
		"forbidden": {"Bad Request: have no rights to send a message", bot.ChangeForbidden},
	}
	for name, test := range tests {
		w := open(t)
		code := map[bool]int{true: 400, false: 403}[test.want == bot.ChangeForbidden]
		w.Fault(telegramtest.Fault{Method: "sendMessage", Kind: telegramtest.Refuse, Code: code, Text: test.refusal})
		w.start(t)
		w.InjectText(7, 7, "/coach x")
		w.AwaitThat(t, "the change", func() bool { return len(w.engine.told()) > 0 })
		if got := w.engine.told()[0]; got.What != test.want || got.Chat != ref(7) {
			t.Errorf("%s: told %+v", name, got)
		}
		w.stop()
	}
}
