package telegram_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"karussell/adapters/telegram"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

func mustSend(t *testing.T, w *world, chat int64, m bot.Message) bot.MessageID {
	t.Helper()
	id, err := w.adapter.Send(t.Context(), ref(chat), m)
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	return id
}

// ready is a world with an existing private chat, without Run.
func ready(t *testing.T, change ...func(*telegram.Options)) *world {
	t.Helper()
	w := open(t, change...)
	w.AddChat(telegramtest.Chat{ID: 1, Type: "private"})
	places(w.Server)
	return w
}

func TestSendSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	refuse := func(code int, text string) telegramtest.Fault {
		return telegramtest.Fault{Kind: telegramtest.Refuse, Code: code, Text: text, Times: 2}
	}
	limited := refuse(429, "Too Many Requests: retry after 3600")
	limited.RetryAfter = 3600
	moved := refuse(400, "Bad Request: group chat was upgraded to a supergroup chat")
	moved.MigrateTo = -1009
	tests := map[string]struct {
		fault telegramtest.Fault
		want  bot.SendKind
	}{
		"server error":         {refuse(500, "Internal Server Error"), bot.SendTemporary},
		"gateway's page":       {telegramtest.Fault{Kind: telegramtest.HTML502}, bot.SendUnsure},
		"gateway's JSON":       {refuse(502, "Bad Gateway"), bot.SendUnsure},
		"connection dropped":   {telegramtest.Fault{Kind: telegramtest.DropBefore}, bot.SendUnsure},
		"dropped afterwards":   {telegramtest.Fault{Kind: telegramtest.DropAfter}, bot.SendUnsure},
		"no answer":            {telegramtest.Fault{Kind: telegramtest.Hang}, bot.SendUnsure},
		"no answer afterwards": {telegramtest.Fault{Kind: telegramtest.HangAfter}, bot.SendUnsure},
		"half an answer":       {telegramtest.Fault{Kind: telegramtest.Truncated}, bot.SendUnsure},
		"redirect":             {telegramtest.Fault{Kind: telegramtest.Redirect, Location: "http://127.0.0.1:1"}, bot.SendTemporary},
		"limited":              {limited, bot.SendLimited},
		"moved":                {moved, bot.SendMoved},
		"blocked":              {refuse(403, "Forbidden: bot was blocked by the user"), bot.SendBlocked},
		"kicked":               {refuse(403, "Forbidden: bot was kicked from the group chat"), bot.SendBlocked},
		"not in the channel":   {refuse(403, "Forbidden: bot is not a member of the channel chat"), bot.SendBlocked},
		"unheard-of 403":       {refuse(403, "Forbidden: the moon is full"), bot.SendBlocked},
		"deleted account":      {refuse(403, "Forbidden: user is deactivated"), bot.SendGone},
		"deleted group":        {refuse(403, "Forbidden: the group chat was deleted"), bot.SendGone},
		"never met":            {refuse(403, "Forbidden: bot can't initiate conversation with a user"), bot.SendForbidden},
		"may not write":        {refuse(400, "Bad Request: not enough rights to send text messages to the chat"), bot.SendForbidden},
		"write forbidden":      {refuse(400, "Bad Request: CHAT_WRITE_FORBIDDEN"), bot.SendForbidden},
		"topic closed":         {refuse(400, "Bad Request: TOPIC_CLOSED"), bot.SendForbidden},
		"topic deleted":        {refuse(400, "Bad Request: message thread not found"), bot.SendGone},
		"no such chat":         {refuse(400, "Bad Request: chat not found"), bot.SendGone},
		"too long":             {refuse(400, "Bad Request: message is too long"), bot.SendRejected},
		"revoked":              {refuse(401, "Unauthorized"), bot.SendRevoked},
		"no such token":        {refuse(404, "Not Found"), bot.SendRevoked},
		"no such method":       {refuse(404, "Not Found: method not found"), bot.SendRejected},
		"conflict":             {refuse(409, "Conflict"), bot.SendTemporary},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ready(t, func(o *telegram.Options) { o.Timeout = 200 * time.Millisecond })
			w.Fault(test.fault)
			_, err := w.adapter.Send(t.Context(), ref(1), bot.Message{Title: "vertraulich"})
			if kind := kindOf(t, err); kind != test.want {
				t.Errorf("kind %s; want %s (%v)", kind, test.want, err)
			}
			if s := fmt.Sprintf("%v %+v", err, err); strings.Contains(s, "RECOGNISABLE") || strings.Contains(s, "vertraulich") || strings.Contains(s, "127.0.0.1:1/") {
				t.Errorf("the error shows what is secret: %s", s)
			}
		})
	}
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	w := ready(t)
	for _, to := range []bot.ChatRef{
		{Platform: "discord", Chat: "1"},
		{Platform: telegram.Name, Chat: ""},
		{Platform: telegram.Name, Chat: "abc"},
		{Platform: telegram.Name, Chat: "1", Thread: "x"},
	} {
		if _, err := w.adapter.Send(t.Context(), to, say("x")); kindOf(t, err) != bot.SendRejected {
			t.Errorf("%v: %v", to, err)
		}
	}
	w.Close()
	if _, err := w.adapter.Send(t.Context(), ref(1), say("x")); kindOf(t, err) != bot.SendTemporary {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.adapter.Send(ctx, ref(1), say("x")); err == nil || ctx.Err() == nil || strings.Contains(err.Error(), "RECOGN") {
		t.Errorf("ended context: %v", err)
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	w := ready(t)
	for _, to := range []bot.ChatRef{
		{Platform: telegram.Name, Chat: "@trainerticker"},
		{Platform: telegram.Name, Chat: "-100700", Thread: "5"},
		{Platform: telegram.Name, Chat: "-100700", Thread: "1"}, // the general topic takes no number
	} {
		if _, err := w.adapter.Send(t.Context(), to, say("x")); err != nil {
			t.Errorf("%v: %v", to, err)
		}
	}
	if m := w.Messages(forum); len(m) != 2 || m[0].Topic != 5 || m[1].Topic != 0 {
		t.Errorf("messages %+v", m)
	}
	w.SetTopic(forum, 5, "closed")
	_, err := w.adapter.Send(t.Context(), bot.ChatRef{Platform: telegram.Name, Chat: "-100700", Thread: "5"}, say("x"))
	if kindOf(t, err) != bot.SendForbidden {
		t.Error(err)
	}
	w.SetTopic(forum, 5, "")
	_, err = w.adapter.Send(t.Context(), bot.ChatRef{Platform: telegram.Name, Chat: "-100700", Thread: "5"}, say("x"))
	if kindOf(t, err) != bot.SendGone {
		t.Error(err)
	}
}

// entity is what an entity covers.
func entity(m telegramtest.Message, e telegramtest.Entity) string {
	units := utf16.Encode([]rune(m.Text))
	return e.Type + ":" + string(utf16.Decode(units[e.Offset:e.Offset+e.Length]))
}

func TestHowAMessageLooks(t *testing.T) {
	t.Parallel()
	w := ready(t)
	mustSend(t, w, 1, bot.Message{
		Tone: bot.ToneRumour, Title: "⚽ Backhaus zu Schalke?", Link: "https://waz.example/1",
		Blocks: []bot.Block{
			{Spans: []bot.TextSpan{{Text: "Laut "}, {Text: "WAZ", Link: "https://waz.example/1", Style: bot.Bold}, {Text: " "}, {Text: "bald", Style: bot.Strike}, {Text: "."}}},
			{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: "Wir äußern uns 🤐 nicht."}}},
			{Kind: bot.Heading, Spans: []bot.TextSpan{{Text: "Quellen"}}},
			{Kind: bot.ListItem, Spans: []bot.TextSpan{{Text: "kicker", Style: bot.Italic}}},
			{Kind: bot.ListItem, Spans: []bot.TextSpan{{Text: "id 7", Style: bot.Code}, {Text: " file", Link: "javascript:alert(1)"}}},
		},
		Fields: []bot.Field{{Label: "Verein", Value: []bot.TextSpan{{Text: "Schalke"}}}, {Label: "Liga", Value: []bot.TextSpan{{Text: "2. Bundesliga"}}}},
		Footer: "zuerst: WAZ", Time: time.Date(2026, 11, 20, 13, 5, 0, 0, time.UTC),
	})
	m := w.Messages(1)[0]
	const want = "💬 Gerücht\n⚽ Backhaus zu Schalke?\nLaut WAZ bald.\n\nWir äußern uns 🤐 nicht.\n\nQuellen\n• kicker\n• id 7 file\n\nVerein: Schalke\nLiga: 2. Bundesliga\n\nzuerst: WAZ · 20.11.2026, 14:05"
	if m.Text != want {
		t.Errorf("text\n%s\nwant\n%s", m.Text, want)
	}
	var got []string
	for _, e := range m.Entities {
		got = append(got, entity(m, e))
	}
	wantEntities := "bold:⚽ Backhaus zu Schalke?|text_link:⚽ Backhaus zu Schalke?|bold:WAZ|text_link:WAZ|strikethrough:bald|blockquote:Wir äußern uns 🤐 nicht.|bold:Quellen|italic:kicker|code:id 7|bold:Verein:|bold:Liga:|italic:zuerst: WAZ · 20.11.2026, 14:05"
	if s := strings.Join(got, "|"); s != wantEntities {
		t.Errorf("entities\n%s\nwant\n%s", s, wantEntities)
	}
}

func TestLongTextsAreSplitAtSensiblePlaces(t *testing.T) {
	t.Parallel()
	w := ready(t)
	sentence := "Der Trainer des 1. FC Köln äußerte sich am 3. November zur Lage. "
	m := bot.Message{Title: "Lang", Blocks: text(strings.Repeat(sentence, 150)), Buttons: buttons("Mehr"), ReplyTo: "3", Silent: true}
	id := mustSend(t, w, 1, m)
	got := w.Messages(1)
	if len(got) != 3 || strings.Count(string(id), ",") != 2 {
		t.Fatalf("%d messages, id %s", len(got), id)
	}
	for i, p := range got {
		if !strings.HasSuffix(p.Text, "Lage.") {
			t.Errorf("part %d ends with %q", i, p.Text[len(p.Text)-40:])
		}
		if last := i == len(got)-1; (len(p.Buttons) > 0) != last || !p.Silent {
			t.Errorf("part %d: %+v", i, p)
		}
	}
	// An edit that gets shorter takes the surplus away; one that grows is cut.
	m.Blocks = text("Kurz.")
	if err := w.adapter.Edit(t.Context(), ref(1), id, m); err != nil {
		t.Fatal(err)
	}
	if got := texts(w.Messages(1)); got != "Lang\nKurz." {
		t.Errorf("after the edit: %s", got)
	}
	one := mustSend(t, w, 1, say("eins"))
	if err := w.adapter.Edit(t.Context(), ref(1), one, say(strings.Repeat("Wort ", 2000))); err != nil {
		t.Fatal(err)
	}
	if all := w.Messages(1); !strings.HasSuffix(all[1].Text, " …") {
		t.Errorf("cut without a sign: %q", all[1].Text[4000:])
	}
}

func TestAnInterruptedLongMessageIsFinished(t *testing.T) {
	t.Parallel()
	w := ready(t)
	w.Fault(telegramtest.Fault{Method: "sendMessage", Kind: telegramtest.Slow}) // the first part passes
	w.Fault(telegramtest.Fault{Method: "sendMessage", Kind: telegramtest.Refuse, Code: 429, Text: "Too Many Requests: retry after 1", RetryAfter: 1})
	id := mustSend(t, w, 1, say(strings.Repeat("Wort. ", 1000)))
	if len(w.Messages(1)) != 2 || strings.Count(string(id), ",") != 1 {
		t.Errorf("id %s, %d messages", id, len(w.Messages(1)))
	}
}

func TestPicturesAreUploadedOnce(t *testing.T) {
	t.Parallel()
	w := ready(t)
	m := say("Karriere")
	m.Picture = &bot.Picture{Key: "career-1", Name: "karriere.png", MIME: "image/png", Data: []byte("\x89PNG bytes")}
	m.Buttons = buttons("Mehr")
	id := mustSend(t, w, 1, m)
	mustSend(t, w, group, m)
	if p := w.Messages(group)[0]; string(p.Photo) != "\x89PNG bytes" || p.Text != "Karriere" || len(p.Buttons) != 1 {
		t.Errorf("message %+v", p)
	}
	uploads := func() int {
		n := 0
		for _, c := range append(w.Calls("sendPhoto"), w.Calls("editMessageMedia")...) {
			n += len(c.Files)
		}
		return n
	}
	if uploads() != 1 {
		t.Errorf("%d uploads; want 1", uploads())
	}
	w.connect(t) // after a restart the file id is still known
	mustSend(t, w, 1, m)
	if uploads() != 1 {
		t.Errorf("%d uploads after the restart; want 1", uploads())
	}
	w.ForgetFiles()
	mustSend(t, w, 1, m)
	if uploads() != 2 {
		t.Errorf("%d uploads after Telegram forgot the file; want 2", uploads())
	}
	// Edits: caption alone, picture too, nothing.
	m.Blocks = text("Karriere, neu")
	for range 2 {
		if err := w.adapter.Edit(t.Context(), ref(1), id, m); err != nil {
			t.Fatal(err)
		}
	}
	m.Picture = nil
	m.Blocks = text("ohne neues Bild")
	if err := w.adapter.Edit(t.Context(), ref(1), id, m); err != nil {
		t.Fatal(err)
	}
	if p := w.Messages(1)[0]; p.Text != "ohne neues Bild" || p.Edits != 2 || p.Photo == nil {
		t.Errorf("message %+v", p)
	}
}

func TestAPictureWithALongText(t *testing.T) {
	t.Parallel()
	w := ready(t)
	m := bot.Message{Title: "Titel", Blocks: text(strings.Repeat("Wort. ", 300)), Buttons: buttons("Mehr")}
	m.Picture = &bot.Picture{Key: "k", Name: "a.png", Data: []byte("png")}
	id := mustSend(t, w, 1, m)
	all := w.Messages(1)
	if len(all) != 2 || all[0].Photo == nil || all[0].Text != "" || len(all[0].Buttons) != 0 || len(all[1].Buttons) != 1 {
		t.Fatalf("messages %+v", all)
	}
	m.Blocks = text("kurz")
	if err := w.adapter.Edit(t.Context(), ref(1), id, m); err != nil {
		t.Fatal(err)
	}
	if got := w.Messages(1)[1].Text; got != "Titel\nkurz" {
		t.Errorf("text %q", got)
	}
}

func TestARefusedPictureOrStyleDoesNotCostTheMessage(t *testing.T) {
	t.Parallel()
	w := ready(t)
	m := bot.Message{Title: "Wichtig", Link: "https://x.example", Buttons: [][]bot.Button{{{Label: "Lesen", Link: "https://odd.example"}, {Label: "Folgen", Action: "f"}}}}
	m.Picture = &bot.Picture{Key: "k", Name: "a.png", Data: []byte("png")}
	w.Fault(telegramtest.Fault{Method: "sendPhoto", Kind: telegramtest.Refuse, Code: 400, Text: "Bad Request: PHOTO_INVALID_DIMENSIONS", Times: 2})
	w.Fault(telegramtest.Fault{Method: "sendMessage", Kind: telegramtest.Refuse, Code: 400, Text: "Bad Request: BUTTON_URL_INVALID"})
	mustSend(t, w, 1, m)
	got := w.Messages(1)[0]
	if got.Text != "Wichtig" || len(got.Entities) != 0 || len(got.Buttons) != 1 || got.Buttons[0][0].Text != "Folgen" {
		t.Errorf("message %+v", got)
	}
}

func TestEdits(t *testing.T) {
	t.Parallel()
	w := ready(t)
	id := mustSend(t, w, 1, say("eins"))
	edits := func() int { return len(w.Calls("editMessageText")) }
	edit := func(s string) {
		t.Helper()
		if err := w.adapter.Edit(t.Context(), ref(1), id, say(s)); err != nil {
			t.Fatal(err)
		}
	}
	edit("eins") // what changes nothing is not sent
	if edits() != 0 {
		t.Errorf("%d edits", edits())
	}
	w.connect(t) // a new process does not know what the message shows
	edit("eins")
	if edits() != 1 || w.Messages(1)[0].Edits != 0 {
		t.Errorf("%d edits", edits())
	}
	edit("zwei")
	if got := w.Messages(1)[0]; got.Text != "zwei" {
		t.Errorf("text %q", got.Text)
	}
	for _, bad := range []bot.MessageID{"", "x", "12x", "-4", "99999"} {
		if err := w.adapter.Edit(t.Context(), ref(1), bad, say("x")); kindOf(t, err) != bot.SendMissing {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	l := ready(t).adapter.Limits()
	if l.Global > 30 || l.PerChat > 1 || l.PerGroup > 20.0/60 || !l.EditsCount || l.Concurrent < 1 || l.Burst < 1 || l.ChatBurst < 1 {
		t.Errorf("limits %+v", l)
	}
}

func TestMessagesOfAGroupAreNotLookedForInItsSupergroup(t *testing.T) {
	t.Parallel()
	w := ready(t)
	w.AddChat(telegramtest.Chat{ID: -77, Type: "group", Title: "klein"})
	first := mustSend(t, w, -77, say("in der Gruppe"))
	w.MigrateSilently(-77, -1001234567890)
	// The numbers start anew there: the same one is another message.
	other := mustSend(t, w, -1001234567890, say("etwas anderes"))
	if !strings.HasPrefix(string(first), string(other)+"@") {
		t.Fatalf("ids %s and %s: the test shows nothing", first, other)
	}
	if err := w.adapter.Edit(t.Context(), ref(-1001234567890), first, say("falsch")); kindOf(t, err) != bot.SendMissing {
		t.Error(err)
	}
	m := say("Antwort")
	m.ReplyTo = first
	mustSend(t, w, -1001234567890, m)
	if got := w.Messages(-1001234567890); got[0].Text != "etwas anderes" || got[1].ReplyTo != 0 {
		t.Errorf("messages %+v", got)
	}
}
