package telegram_test

import (
	"strings"
	"testing"

	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

const (
	group   = -100500
	channel = -100600
	forum   = -100700
	admin   = 11
	fan     = 12
)

// places makes a group with an administrator and a fan, a channel and a forum.
func places(s *telegramtest.Server) {
	s.AddChat(telegramtest.Chat{ID: group, Type: "supergroup", Title: "Nordkurve"})
	s.SetMember(group, admin, "creator")
	s.SetMember(group, fan, "member")
	s.AddChat(telegramtest.Chat{ID: channel, Type: "channel", Title: "Trainer-Ticker", Username: "trainerticker"})
	s.AddChat(telegramtest.Chat{ID: forum, Type: "supergroup", Title: "Forum", Forum: true})
	s.SetTopic(forum, 5, "open")
}

func TestWhatIsARequest(t *testing.T) {
	t.Parallel()
	in := func(chat bot.ChatRef, kind bot.ChatKind, r bot.Request) *bot.Request {
		r.Chat, r.Kind = chat, kind
		return &r
	}
	private := func(r bot.Request) *bot.Request {
		r.User, r.CanManage = "telegram:4711", true
		return in(ref(4711), bot.PrivateChat, r)
	}
	tests := map[string]struct {
		chat, user int64
		text       string
		options    []telegramtest.Option
		want       *bot.Request // nil: ignored
	}{
		"command":               {4711, 4711, "/coach Heiner  Backhaus", nil, private(bot.Request{Command: "coach", Text: "Heiner  Backhaus"})},
		"command in German":     {4711, 4711, "/trainer Backhaus", nil, private(bot.Request{Command: "coach", Text: "Backhaus"})},
		"alias, capitals":       {4711, 4711, "/WER Backhaus", nil, private(bot.Request{Command: "coach", Text: "Backhaus"})},
		"to this bot":           {4711, 4711, "/coach@karusselltestbot Backhaus", nil, private(bot.Request{Command: "coach", Text: "Backhaus"})},
		"to another bot":        {4711, 4711, "/coach@OtherBot Backhaus", nil, nil},
		"deep link":             {4711, 4711, "/start club_s04", nil, private(bot.Request{Command: "start", Text: "club_s04"})},
		"expected of every bot": {4711, 4711, "/settings", nil, private(bot.Request{Command: "settings"})},
		"unknown":               {4711, 4711, "/wetter", nil, private(bot.Request{Command: "wetter"})},
		"beyond ASCII":          {4711, 4711, "/übersicht", nil, private(bot.Request{Command: "übersicht"})},
		"on two lines":          {4711, 4711, "/coach\nBackhaus", nil, private(bot.Request{Command: "coach", Text: "Backhaus"})},
		"free text":             {4711, 4711, "Backhaus", nil, private(bot.Request{Text: "Backhaus"})},
		"only a slash":          {4711, 4711, "/", nil, private(bot.Request{Text: "/"})},
		"photo without text":    {4711, 4711, "", []telegramtest.Option{telegramtest.With("photo", []any{map[string]any{"file_id": "x"}})}, nil},
		"from a bot":            {4711, 4711, "/coach x", []telegramtest.Option{telegramtest.With("from", map[string]any{"id": 9, "is_bot": true, "first_name": "B"})}, nil},

		"group: administrator": {
			group, admin, "/folgen Schalke", nil,
			in(ref(group), bot.GroupChat, bot.Request{Command: "subscribe", Text: "Schalke", User: "telegram:11", Title: "Nordkurve", CanManage: true}),
		},
		"group: member": {
			group, fan, "/folgen Schalke", nil,
			in(ref(group), bot.GroupChat, bot.Request{Command: "subscribe", Text: "Schalke", User: "telegram:12", Title: "Nordkurve"}),
		},
		"group: anonymous administrator": {
			group, admin, "/folgen Schalke",
			[]telegramtest.Option{telegramtest.Anonymous()},
			in(ref(group), bot.GroupChat, bot.Request{Command: "subscribe", Text: "Schalke", Title: "Nordkurve", CanManage: true}),
		},
		"group: in a foreign channel's name": {
			group, fan, "/folgen Schalke",
			[]telegramtest.Option{telegramtest.With("sender_chat", map[string]any{"id": -100999, "type": "channel", "title": "x"})},
			in(ref(group), bot.GroupChat, bot.Request{Command: "subscribe", Text: "Schalke", Title: "Nordkurve"}),
		},
		"group: free text":                {group, fan, "Backhaus", nil, nil},
		"group: another bot's command":    {group, fan, "/wetter", nil, nil},
		"group: named, but unknown":       {group, fan, "/wetter@KarussellTestBot", nil, in(ref(group), bot.GroupChat, bot.Request{Command: "wetter", User: "telegram:12", Title: "Nordkurve"})},
		"group: named bot is another one": {group, fan, "/start@WetterBot", nil, nil},

		"channel: post":      {channel, 0, "/folgen Schalke", nil, in(ref(channel), bot.ChannelChat, bot.Request{Command: "subscribe", Text: "Schalke", Title: "Trainer-Ticker", CanManage: true})},
		"channel: free text": {channel, 0, "Guten Morgen", nil, nil},

		"forum: topic": {
			forum, fan, "/coach x",
			[]telegramtest.Option{telegramtest.InTopic(5)},
			in(bot.ChatRef{Platform: "telegram", Chat: "-100700", Thread: "5"}, bot.GroupChat, bot.Request{Command: "coach", Text: "x", User: "telegram:12", Title: "Forum"}),
		},
		"forum: general topic": {
			forum, fan, "/coach x", nil,
			in(ref(forum), bot.GroupChat, bot.Request{Command: "coach", Text: "x", User: "telegram:12", Title: "Forum"}),
		},
		"a thread that is no topic": {
			group, fan, "/coach x",
			[]telegramtest.Option{telegramtest.With("message_thread_id", 99)},
			in(ref(group), bot.GroupChat, bot.Request{Command: "coach", Text: "x", User: "telegram:12", Title: "Nordkurve"}),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			places(w.Server)
			w.InjectText(test.chat, test.user, test.text, append([]telegramtest.Option{telegramtest.Language("de-AT")}, test.options...)...)
			w.InjectText(test.chat, admin, "/coach end") // what follows in the same chat is answered in any case
			w.start(t)
			w.AwaitThat(t, "the end", func() bool {
				seen := w.engine.seen()
				return len(seen) > 0 && seen[len(seen)-1].Text == "end"
			})
			var got *bot.Request
			for _, r := range w.engine.seen() {
				if r.Text != "end" {
					got = &r
				}
			}
			if (got == nil) != (test.want == nil) {
				t.Fatalf("request %+v; want %+v", got, test.want)
			}
			if got == nil {
				return
			}
			if got.User != "" && got.Language != "de-AT" {
				t.Errorf("language %q", got.Language)
			}
			got.Language = ""
			if !sameRequest(*got, *test.want) {
				t.Errorf("request\n%+v; want\n%+v", *got, *test.want)
			}
		})
	}
}

func sameRequest(a, b bot.Request) bool {
	return a.Chat == b.Chat && a.Kind == b.Kind && a.User == b.User && a.CanManage == b.CanManage && a.Command == b.Command &&
		a.Text == b.Text && a.Title == b.Title && a.Action == b.Action && a.Message == b.Message
}

func TestAnswersGoWhereTheyWereAsked(t *testing.T) {
	t.Parallel()
	w := run(t)
	places(w.Server)
	w.InjectText(forum, fan, "/coach x", telegramtest.InTopic(5))
	w.InjectText(group, fan, "/coach y")
	w.InjectText(channel, 0, "/coach z")
	if m := w.Await(t, forum, 1)[0]; m.Topic != 5 {
		t.Errorf("topic %d; want 5", m.Topic)
	}
	if m := w.Await(t, group, 1)[0]; m.ReplyTo != 1 || m.Topic != 0 {
		t.Errorf("in a group the answer refers to the question: %+v", m)
	}
	w.Await(t, channel, 1)
}

func TestEditedCommands(t *testing.T) {
	t.Parallel()
	w := run(t)
	w.InjectText(1, 1, "/coach Bakhaus")
	w.Await(t, 1, 1)
	w.InjectEdit(1, 1, 1, "/coach Bakhaus") // a reaction, a pinned message: nothing new
	w.InjectEdit(1, 1, 1, "/coach Backhaus")
	w.InjectEdit(1, 1, 99, "plain text")
	w.InjectText(1, 1, "/coach end")
	var texts []string
	for _, r := range w.awaitSeen(t, 3) {
		texts = append(texts, r.Text)
	}
	if got := strings.Join(texts, ","); got != "Bakhaus,Backhaus,end" {
		t.Errorf("answered %s", got)
	}
}

func TestSlowCommandsShowThatSomethingHappens(t *testing.T) {
	t.Parallel()
	w := run(t)
	w.InjectText(1, 1, "/bench")
	w.Await(t, 1, 1)
	if calls := w.Calls("sendChatAction"); len(calls) != 1 || calls[0].Params["action"] != "typing" {
		t.Errorf("calls %v", calls)
	}
}

func TestRightsAreAskedOnceAMinute(t *testing.T) {
	t.Parallel()
	w := run(t)
	places(w.Server)
	for range 5 {
		w.InjectText(group, admin, "/folgen Schalke")
	}
	w.Await(t, group, 5)
	if n := len(w.Calls("getChatMember")); n != 1 {
		t.Errorf("%d calls of getChatMember; want 1", n)
	}
}

func TestAnEmptyReplySendsNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		if r.Text == "nothing" {
			return bot.Message{}
		}
		return say("ok")
	}
	w.start(t)
	w.InjectText(1, 1, "nothing")
	w.InjectText(1, 1, "something")
	w.Await(t, 1, 1)
	if n := len(w.Calls("sendMessage")); n != 1 {
		t.Errorf("%d messages", n)
	}
}
