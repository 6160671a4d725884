package discord_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/adapters/discord"
	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

// desk is an adapter that only sends: Run is not needed for that.
func desk(t *testing.T, opt discordtest.Options, set ...setting) *stage {
	t.Helper()
	opt = judged(t, opt)
	st := &stage{t: t, engine: newEngine()}
	st.server = discordtest.New(t, opt)
	st.guild = st.server.AddGuild("Kurve")
	st.channel = st.server.AddChannel(st.guild, discordtest.Channel{Name: "trainer"})
	st.adapter = newAdapter(t, st.server, set...)
	return st
}

func alert() bot.Message {
	return bot.Message{
		Language: "de", Tone: bot.ToneLikely, Title: "Backhaus vor dem Wechsel zu Schalke", Link: "https://example.org/waz",
		Blocks: []bot.Block{{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: "Die Gespräche sind weit."}}}},
		Fields: []bot.Field{{Label: "Verein", Value: []bot.TextSpan{{Text: "FC Schalke 04"}}, Inline: true}},
		Footer: "zuerst: WAZ; auch kicker", Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Buttons: [][]bot.Button{{{Label: "Warum?", Action: "w:12"}, {Label: "Artikel", Link: "https://example.org/waz"}}},
		Nonce:   "nonce-1", Thread: &bot.Thread{Name: "Backhaus zu Schalke", Tags: []string{"Gespräche"}},
	}
}

func mustSend(t *testing.T, st *stage, to bot.ChatRef, m bot.Message) bot.MessageID {
	t.Helper()
	id, err := st.adapter.Send(context.Background(), to, m)
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	return id
}

func kindOf(t *testing.T, err error) bot.SendError {
	t.Helper()
	var se *bot.SendError
	if !errors.As(err, &se) {
		t.Fatalf("got %v (%T); want *bot.SendError", err, err)
	}
	return *se
}

func TestAlert(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	mustSend(t, st, st.chat(), alert())
	m := st.server.Messages(st.channel)[0]
	e := m.Embeds[0]
	if e.Title != "Backhaus vor dem Wechsel zu Schalke" || e.URL != "https://example.org/waz" || e.Timestamp != "2026-03-01T12:00:00Z" ||
		e.Footer.Text != "zuerst: WAZ; auch kicker" || e.Author.Name != "🔶 Wahrscheinlich" || e.Color == 0 {
		t.Errorf("embed %+v", e)
	}
	if m.Nonce != "nonce-1" || m.RawPayload["enforce_nonce"] != true {
		t.Errorf("nonce %q, enforce %v", m.Nonce, m.RawPayload["enforce_nonce"])
	}
	if got := m.Labels(); !slices.Equal(got, []string{"Warum?", "Artikel"}) {
		t.Errorf("buttons %q", got)
	}
}

func TestTheSameNonceIsOneMessage(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	st.server.Fault(discordtest.Fault{Method: "POST", Times: 1, Drop: true, After: true})
	_, err := st.adapter.Send(context.Background(), st.chat(), alert())
	if k := kindOf(t, err).Kind; k != bot.SendUnsure {
		t.Errorf("kind %s; want unsure", k)
	}
	mustSend(t, st, st.chat(), alert())
	if n := len(st.server.Messages(st.channel)); n != 1 {
		t.Errorf("%d messages; want 1", n)
	}
}

func TestRoleAndOnlyTheRoleIsPinged(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	m := alert()
	m.PingRole, m.Title = "4242", "@everyone <@&99> entlassen"
	mustSend(t, st, st.chat(), m)
	got := st.server.Messages(st.channel)[0]
	if !slices.Equal(got.Roles, []string{"4242"}) || got.Content != "<@&4242>" {
		t.Errorf("roles %q, content %q", got.Roles, got.Content)
	}
	if said := discordtest.Mentions(got.Embeds[0].Title); len(said) > 0 {
		t.Errorf("the headline mentions %q", said)
	}
}

func TestReplyOutlivesWhatItAnswers(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	first := mustSend(t, st, st.chat(), alert())
	m := alert()
	m.ReplyTo, m.Nonce = first, "n2"
	mustSend(t, st, st.chat(), m)
	_, id, _ := strings.Cut(string(first), "/")
	if got := st.server.Messages(st.channel)[1].Reference; got != id {
		t.Errorf("reference %q; want %q", got, id)
	}
	st.server.RemoveMessage(st.channel, id)
	m.Nonce = "n3"
	mustSend(t, st, st.chat(), m)
	st.server.Deny(st.channel, discordtest.ReadHistory) // 160002
	m.Nonce = "n4"
	mustSend(t, st, st.chat(), m)
}

func TestPictureCarriesItsText(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	m := alert()
	m.Picture = &bot.Picture{Name: "Bänk schälke.png", MIME: "image/png", Data: []byte("\x89PNG"), Alt: "Die Bank von Schalke"}
	id := mustSend(t, st, st.chat(), m)
	got := st.server.Messages(st.channel)[0]
	if len(got.Files) != 1 || got.Alt[0] != "Die Bank von Schalke" || got.Embeds[0].Image.URL != "attachment://"+got.Files[0] {
		t.Errorf("files %q, alt %q, image %q", got.Files, got.Alt, got.Embeds[0].Image.URL)
	}
	m.Picture = nil
	if err := st.adapter.Edit(context.Background(), st.chat(), id, m); err != nil {
		t.Fatal(err)
	}
	if got := st.server.Messages(st.channel)[0]; len(got.Files) != 0 || got.Embeds[0].Image.URL != "" {
		t.Errorf("the picture stayed: %+v", got)
	}
}

func TestPictureIsGivenUpBeforeTheMessage(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	st.server.Fault(discordtest.Fault{Method: "POST", Times: 1, Status: 413, Code: 40005})
	m := alert()
	m.Picture = &bot.Picture{Name: "a.png", MIME: "image/png", Data: []byte("x"), Alt: "y"}
	mustSend(t, st, st.chat(), m)
	if got := st.server.Messages(st.channel)[0]; len(got.Files) != 0 {
		t.Errorf("files %q", got.Files)
	}
	st.server.Deny(st.channel, discordtest.AttachFiles)
	m.Nonce = "n2"
	mustSend(t, st, st.chat(), m)
}

func TestArchivedThreadIsWoken(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	thread := st.server.AddChannel(st.guild, discordtest.Channel{Type: discordtest.Thread, Name: "faden", Parent: st.channel, Archived: true})
	to := bot.ChatRef{Platform: "discord", Chat: st.channel, Thread: thread}
	id := mustSend(t, st, to, alert())
	st.server.Archive(thread)
	if err := st.adapter.Edit(context.Background(), to, id, alert()); err != nil {
		t.Errorf("Edit: %v", err)
	}
	locked := st.server.AddChannel(st.guild, discordtest.Channel{Type: discordtest.Thread, Name: "zu", Parent: st.channel, Archived: true, Locked: true})
	_, err := st.adapter.Send(context.Background(), bot.ChatRef{Platform: "discord", Chat: st.channel, Thread: locked}, alert())
	if k := kindOf(t, err).Kind; k != bot.SendForbidden {
		t.Errorf("locked thread: kind %s", k)
	}
}

// A forum gets one post per story, with the tags of its stage; what follows
// goes into it.
func TestForum(t *testing.T) {
	t.Parallel()
	for _, connected := range []bool{false, true} {
		st := desk(t, discordtest.Options{})
		forum := st.server.AddChannel(st.guild, discordtest.Channel{Type: discordtest.Forum, Name: "forum", Tags: []string{"Gespräche", "offiziell"}, NeedsTag: true})
		if connected { // the gateway has told what kind the channel is
			st.run()
			st.server.AwaitCommands(1, 10*time.Second)
		}
		to := bot.ChatRef{Platform: "discord", Chat: forum}
		first := mustSend(t, st, to, alert())
		posts := st.server.Threads(forum)
		if len(posts) != 1 || string(first) != posts[0]+"/"+posts[0] {
			t.Fatalf("posts %q, message %q", posts, first)
		}
		if title, tags := st.server.Tags(posts[0]); title != "Backhaus zu Schalke" || !slices.Equal(tags, []string{"Gespräche"}) {
			t.Errorf("post %q with tags %q", title, tags)
		}
		next := alert()
		next.ReplyTo, next.Nonce, next.Thread.Tags = first, "n2", []string{"Offiziell"}
		second := mustSend(t, st, to, next)
		if !strings.HasPrefix(string(second), posts[0]+"/") || len(st.server.Messages(posts[0])) != 2 {
			t.Errorf("second message %q", second)
		}
		if _, tags := st.server.Tags(posts[0]); !slices.Equal(tags, []string{"offiziell"}) {
			t.Errorf("tags %q", tags)
		}
		if err := st.adapter.Edit(context.Background(), to, first, alert()); err != nil {
			t.Errorf("Edit: %v", err)
		}
		// Somebody deletes the post: the next message opens a new one.
		st.server.RemoveChannel(posts[0])
		next.Nonce = "n3"
		third := mustSend(t, st, to, next)
		if posts := st.server.Threads(forum); len(posts) != 1 || !strings.HasPrefix(string(third), posts[0]+"/") {
			t.Errorf("posts %q, message %q", posts, third)
		}
	}
}

func TestForumPostIsNotOpenedTwice(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	forum := st.server.AddChannel(st.guild, discordtest.Channel{Type: discordtest.Forum, Name: "forum"})
	st.server.Fault(discordtest.Fault{Method: "POST", Path: regexp.MustCompile("threads$"), Times: 1, Drop: true, After: true})
	to := bot.ChatRef{Platform: "discord", Chat: forum}
	_, err := st.adapter.Send(context.Background(), to, alert())
	if k := kindOf(t, err).Kind; k != bot.SendUnsure {
		t.Errorf("kind %s", k)
	}
	mustSend(t, st, to, alert())
	if n := len(st.server.Threads(forum)); n != 1 {
		t.Errorf("%d posts; want 1", n)
	}
}

func TestAnnouncementsArePublishedWithinTheLimit(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	news := st.server.AddChannel(st.guild, discordtest.Channel{Type: discordtest.Announcement, Name: "news"})
	to := bot.ChatRef{Platform: "discord", Chat: news}
	published := func(channel string) (n int) {
		for _, m := range st.server.Messages(channel) {
			if m.Published {
				n++
			}
		}
		return n
	}
	for i := range 12 {
		m := alert()
		m.Publish, m.Nonce = true, "p"+string(rune('a'+i))
		mustSend(t, st, to, m)
	}
	if n := published(news); n != 10 {
		t.Errorf("%d published; want the 10 of the hour", n)
	}
	m := alert()
	m.Publish = true
	mustSend(t, st, st.chat(), m)
	rumour := alert()
	rumour.Nonce = "r"
	mustSend(t, st, to, rumour)
	if len(st.server.Requests("POST", "channels/"+st.channel+"/messages/")) != 0 {
		t.Error("a message of an ordinary channel was published")
	}
}

func TestDirectMessage(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	dm := st.server.AddDM("4711")
	to := bot.ChatRef{Platform: "discord", Chat: dm}
	mustSend(t, st, to, alert())
	st.server.Block(dm)
	_, err := st.adapter.Send(context.Background(), to, alert())
	if k := kindOf(t, err).Kind; k != bot.SendBlocked {
		t.Errorf("kind %s", k)
	}
}

// A person is written to first through a channel that is opened once.
func TestFirstWordToAPerson(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	st.server.AddDM("5001")
	to := discord.Direct("discord:5001")
	first := mustSend(t, st, to, alert())
	m := alert()
	m.Nonce, m.ReplyTo = "nonce-2", first
	mustSend(t, st, to, m)
	if got := st.server.DirectMessages("5001"); len(got) != 2 || got[1].Reference != got[0].ID {
		t.Errorf("direct messages %+v", got)
	}
	if err := st.adapter.Edit(t.Context(), to, first, alert()); err != nil {
		t.Errorf("edit: %v", err)
	}
	if n := len(st.server.Requests("POST", "users/@me/channels")); n != 1 {
		t.Errorf("opened %d times", n)
	}
	for _, nobody := range []bot.UserRef{"discord:77", "discord:x", ""} {
		if _, err := st.adapter.Send(t.Context(), discord.Direct(nobody), alert()); kindOf(t, err).Kind != bot.SendGone {
			t.Errorf("%q: %v", nobody, err)
		}
	}
}

func TestVoiceChannelChat(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	voice := st.server.AddChannel(st.guild, discordtest.Channel{Type: discordtest.Voice, Name: "Stadion"})
	mustSend(t, st, bot.ChatRef{Platform: "discord", Chat: voice}, alert())
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	type want struct {
		kind   bot.SendKind
		wait   time.Duration
		global bool
	}
	for name, c := range map[string]struct {
		fault discordtest.Fault
		want  want
	}{
		"user limit":          {discordtest.Fault{Status: 429, RetryAfter: 3 * time.Second}, want{bot.SendLimited, 3 * time.Second, false}},
		"shared limit":        {discordtest.Fault{Status: 429, RetryAfter: 2 * time.Second, Shared: true}, want{bot.SendLimited, 2 * time.Second, false}},
		"global limit":        {discordtest.Fault{Status: 429, RetryAfter: 1500 * time.Millisecond, Global: true}, want{bot.SendLimited, 1500 * time.Millisecond, true}},
		"Cloudflare's limit":  {discordtest.Fault{Status: 429, RetryAfter: 60 * time.Second, HTML: true}, want{bot.SendLimited, 60 * time.Second, true}},
		"Cloudflare's 403":    {discordtest.Fault{Status: 403, HTML: true}, want{bot.SendTemporary, 0, false}},
		"a 404 without words": {discordtest.Fault{Status: 404, HTML: true}, want{bot.SendTemporary, 0, false}},
		"old edits":           {discordtest.Fault{Status: 400, Code: 30046}, want{bot.SendLimited, 10 * time.Minute, false}},
		"no access":           {discordtest.Fault{Status: 403, Code: 50001}, want{bot.SendForbidden, 0, false}},
		"unknown channel":     {discordtest.Fault{Status: 404, Code: 10003}, want{bot.SendGone, 0, false}},
		"no direct messages":  {discordtest.Fault{Status: 403, Code: 50007}, want{bot.SendBlocked, 0, false}},
		"automod":             {discordtest.Fault{Status: 400, Code: 200000}, want{bot.SendRejected, 0, false}},
		"token":               {discordtest.Fault{Status: 401}, want{bot.SendRevoked, 0, false}},
		"502":                 {discordtest.Fault{Status: 502, HTML: true}, want{bot.SendUnsure, 0, false}},
		"503":                 {discordtest.Fault{Status: 503, HTML: true}, want{bot.SendTemporary, 0, false}},
		"broken connection":   {discordtest.Fault{Drop: true}, want{bot.SendUnsure, 0, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := desk(t, discordtest.Options{})
			c.fault.Method = "POST"
			st.server.Fault(c.fault)
			_, err := st.adapter.Send(context.Background(), st.chat(), alert())
			se := kindOf(t, err)
			if se.Kind != c.want.kind || se.RetryAfter != c.want.wait || se.Global != c.want.global {
				t.Errorf("got %s after %s, global %t; want %+v", se.Kind, se.RetryAfter, se.Global, c.want)
			}
			if n := len(st.server.Requests("POST", "channels/")); n != 1 {
				t.Errorf("%d requests; want 1: nothing is repeated here", n)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	a, err := discord.New(discord.Options{Token: "t", Endpoint: "http://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Send(context.Background(), bot.ChatRef{Platform: "discord", Chat: "5"}, alert())
	if k := kindOf(t, err).Kind; k != bot.SendTemporary {
		t.Errorf("kind %s; nothing can have arrived", k)
	}
}

func TestEditSaysEverything(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	id := mustSend(t, st, st.chat(), alert())
	err := st.adapter.Edit(context.Background(), st.chat(), id, bot.Message{Blocks: []bot.Block{para("zurückgezogen")}})
	if err != nil {
		t.Fatal(err)
	}
	m := st.server.Messages(st.channel)[0]
	if len(m.Embeds) != 0 || len(m.Rows) != 0 || m.Content != "zurückgezogen" {
		raw, _ := json.Marshal(m.RawPayload)
		t.Errorf("after the edit: %s", raw)
	}
	st.server.RemoveMessage(st.channel, m.ID)
	if k := kindOf(t, st.adapter.Edit(context.Background(), st.chat(), id, alert())).Kind; k != bot.SendMissing {
		t.Errorf("kind %s", k)
	}
	if k := kindOf(t, st.adapter.Edit(context.Background(), st.chat(), "quatsch", alert())).Kind; k != bot.SendMissing {
		t.Errorf("kind %s", k)
	}
}

func TestSilentAndPlain(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{})
	mustSend(t, st, st.chat(), bot.Message{Silent: true, Private: true, Blocks: []bot.Block{{Spans: []bot.TextSpan{{Text: "Mehr", Link: "https://example.org/x"}}}}})
	m := st.server.Messages(st.channel)[0]
	if m.Flags != 1<<12|1<<2 || m.Content != "[Mehr](https://example.org/x)" {
		t.Errorf("flags %d, content %q", m.Flags, m.Content)
	}
}
