package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"karussell/bot"
)

// hostile is what a headline must be able to contain.
//
//nolint:gochecknoglobals // a constant table
var hostile = []string{
	"@everyone @here <@123456> <@&99> <#5> <t:0:R>",
	"<b>fett</b> &amp; <a href=\"https://evil.example\">hier</a> </code>",
	"*Sterne* _unter_ __zwei__ ~~weg~~ ||geheim|| `Code` ```Block```",
	"[Text](https://evil.example) \\ \\* \\\\",
	"# Titel", "> Zitat", "- Punkt", "1. FC Köln",
	"⚽️👨‍👩‍👧‍👦🇩🇪 Straße 𝔖𝔠𝔥𝔞𝔩𝔨𝔢",
	"مدرب شالكه الجديد", "שלום עולם",
	"%s %d ${x} {{.}} $(ls)",
}

func checkSend(t *testing.T, b *bench) {
	m := bot.Message{
		Language: "de", Tone: bot.ToneOfficial, Title: "Schalke trennt sich von Karel Geraerts", Link: "https://example.org/schalke",
		Blocks: []bot.Block{
			{Spans: []bot.TextSpan{{Text: "Der Verein hat "}, {Text: "bestätigt", Style: bot.Bold}, {Text: ", dass er geht."}}},
			{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: "Wir danken Karel für seinen Einsatz."}}},
			{Kind: bot.ListItem, Spans: []bot.TextSpan{{Text: "zuerst: "}, {Text: "WAZ", Link: "https://example.org/waz"}}},
		},
		Fields: []bot.Field{{Label: "Verein", Value: []bot.TextSpan{{Text: "FC Schalke 04"}}, Inline: true}},
		Footer: "offiziell", Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Nonce: "n1",
		Buttons: [][]bot.Button{{{Label: LabelWhy, Action: ActionWhy}, {Label: "Artikel", Link: "https://example.org/schalke"}}},
	}
	first := b.send(t, m)
	b.shows(t, "Schalke trennt sich von Karel Geraerts", "Der Verein hat bestätigt, dass er geht.",
		"Wir danken Karel für seinen Einsatz.", "zuerst: WAZ", "Verein", "FC Schalke 04", "offiziell")
	m.Title, m.Nonce = "Die zweite Nachricht", "n2"
	if second := b.send(t, m); second == first {
		t.Errorf("two messages have the same id %q", first)
	}
}

func checkHostile(t *testing.T, b *bench) {
	for i, h := range hostile {
		m := bot.Message{
			Title: fmt.Sprintf("T%d %s", i, h), Blocks: []bot.Block{
				{Spans: []bot.TextSpan{{Text: h}}},
				{Spans: []bot.TextSpan{{Text: "vor "}, {Text: h, Style: bot.Bold}, {Text: " nach"}}},
				{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: h, Style: bot.Italic}}},
				{Kind: bot.ListItem, Spans: []bot.TextSpan{{Text: h, Link: "https://example.org/?a=(1)&b=[2]"}}},
			},
			Fields: []bot.Field{{Label: h, Value: []bot.TextSpan{{Text: h}}}},
			Footer: h, Nonce: fmt.Sprintf("h%d", i),
		}
		b.send(t, m)
		b.shows(t, m.Title, "vor "+h+" nach")
		shown := b.Shown()
		last := Squash(shown[len(shown)-1])
		if n := strings.Count(last, Squash(h)); n < 7 {
			t.Errorf("%q stands %d times in the message instead of 7:\n%s", h, n, last)
		}
	}
}

func checkPings(t *testing.T, b *bench) {
	need(t, b.Pings != nil, "Pings")
	b.send(t, bot.Message{Title: "@everyone <@&99> @here", Blocks: text("@everyone <@123456> <@&99> @here")})
	if got := b.Pings(); len(got) != 0 {
		t.Errorf("a headline pinged %q", got)
	}
	b.send(t, bot.Message{Title: "@everyone <@&98>", Blocks: text("<@&98>"), PingRole: "77"})
	if got := b.Pings(); !slices.Equal(got, []string{"77"}) {
		t.Errorf("pinged %q; want only the role 77", got)
	}
}

func checkLong(t *testing.T, b *bench) {
	m := bot.Message{Title: "Anfang " + strings.Repeat("sehr langer Titel ⚽ ", 40), Footer: strings.Repeat("Fuß ", 700)}
	for i := range 40 {
		m.Blocks = append(m.Blocks, bot.Block{Spans: []bot.TextSpan{
			{Text: fmt.Sprintf("Absatz %d. ", i)}, {Text: strings.Repeat("Wörter & <Zeichen> 😀 ", 20), Style: bot.Bold},
		}})
	}
	for i := range 60 {
		m.Fields = append(m.Fields, bot.Field{
			Label: fmt.Sprintf("Feld %d %s", i, strings.Repeat("x", 300)),
			Value: []bot.TextSpan{{Text: strings.Repeat("Wert ", 400)}},
		})
	}
	b.send(t, m)
	b.shows(t, "Anfang sehr langer Titel", "Absatz 0.")
	b.withinLimits(t)
	all := Squash(strings.Join(b.Shown(), " "))
	if !strings.Contains(all, "Absatz 39.") && !strings.Contains(all, "…") {
		t.Error("the message was cut without a sign")
	}
	b.send(t, bot.Message{Title: "Ein Wort", Blocks: text(strings.Repeat("ä", 20000))})
	b.withinLimits(t)
}

func (b *bench) withinLimits(t *testing.T) {
	t.Helper()
	for _, s := range b.Shown() {
		if !utf8.ValidString(s) {
			t.Errorf("shown text is no valid UTF-8: %q", s)
		}
		if n := utf8.RuneCountInString(s); b.MaxText > 0 && n > b.MaxText {
			t.Errorf("a message shows %d characters; the platform takes %d", n, b.MaxText)
		}
	}
}

// checkCrowded sends more and longer buttons than any platform takes.
func checkCrowded(t *testing.T, b *bench) {
	m := bot.Message{Title: "Viele Knöpfe", Blocks: text("Bitte wählen.")}
	for row := range 12 {
		var r []bot.Button
		for i := range 12 {
			r = append(r, bot.Button{Label: fmt.Sprintf("%d/%d %s", row, i, strings.Repeat("breit ", 30)), Action: bot.Action(fmt.Sprintf("b:%d:%d", row, i))})
		}
		m.Buttons = append(m.Buttons, r)
	}
	m.Buttons = append(m.Buttons, []bot.Button{}, []bot.Button{{Label: "", Action: "leer"}})
	b.send(t, m)
	b.shows(t, "Viele Knöpfe", "Bitte wählen.")
}

// checkEmpty sends messages that are nearly or wholly empty: they may be
// rejected, but only by kind, and never with a panic or a hang.
func checkEmpty(t *testing.T, b *bench) {
	for _, m := range []bot.Message{
		{},
		{Blocks: []bot.Block{{}}},
		{Title: "  ", Fields: []bot.Field{{}, {Label: "nur Name"}}},
		{Title: "nur Titel"},
		{Footer: "nur Fuß"},
		{Blocks: text("kaputtes UTF-8 \xff\xfe Ende")},
	} {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		_, err := b.Platform.Send(ctx, b.Chat, m)
		cancel()
		if se := (*bot.SendError)(nil); err != nil && (!errors.As(err, &se) || se.Kind != bot.SendRejected) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	b.shows(t, "nur Titel")
	b.shows(t, "nur Fuß")
}

func checkSilent(t *testing.T, b *bench) {
	need(t, b.Silent != nil, "Silent")
	b.send(t, bot.Message{Title: "leise", Silent: true})
	if !b.Silent() {
		t.Error("a silent message came with sound")
	}
	b.send(t, bot.Message{Title: "laut"})
	if b.Silent() {
		t.Error("a message came without sound")
	}
}

func checkReply(t *testing.T, b *bench) {
	first := b.send(t, bot.Message{Title: "Erste Meldung"})
	b.send(t, bot.Message{Title: "Antwort darauf", ReplyTo: first})
	b.shows(t, "Antwort darauf")
	if b.Delete == nil {
		return
	}
	b.Delete(t, first)
	b.send(t, bot.Message{Title: "Antwort ins Leere", ReplyTo: first})
	b.shows(t, "Antwort ins Leere")
}

func checkEdit(t *testing.T, b *bench) {
	editor, ok := b.Platform.(bot.Editor)
	need(t, ok, "Editor")
	m := bot.Message{Title: "Gerücht", Blocks: text("laut WAZ"), Buttons: [][]bot.Button{{{Label: LabelWhy, Action: ActionWhy}}}}
	id := b.send(t, m)
	edit := func(m bot.Message) {
		t.Helper()
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		if err := editor.Edit(ctx, b.Chat, id, m); err != nil {
			t.Fatalf("Edit: %v", err)
		}
	}
	edit(m) // changes nothing
	m.Blocks = text("laut WAZ und kicker <b>@everyone</b>")
	edit(m)
	b.shows(t, "Gerücht", "laut WAZ und kicker <b>@everyone</b>")
	edit(m)
	m.Buttons = nil
	edit(m)
	b.shows(t, "Gerücht")
	b.eventually(t, "the old text gone", func() bool {
		return !slices.ContainsFunc(b.Shown(), func(s string) bool { return strings.HasSuffix(Squash(s), "laut WAZ") })
	})
}

func checkEditMissing(t *testing.T, b *bench) {
	editor, ok := b.Platform.(bot.Editor)
	need(t, ok && b.Delete != nil, "Delete")
	id := b.send(t, bot.Message{Title: "gleich weg"})
	b.Delete(t, id)
	err := editor.Edit(b.ctx, b.Chat, id, bot.Message{Title: "noch da?"})
	if se := (*bot.SendError)(nil); !errors.As(err, &se) || se.Kind != bot.SendMissing {
		t.Errorf("Edit of a deleted message: %v; want kind %s", err, bot.SendMissing)
	}
}

func checkErrors(t *testing.T, b *bench) {
	need(t, b.Fail != nil, "Fail")
	moved := bot.ChatRef{Platform: b.Chat.Platform, Chat: "-1009876543210"}
	const wait = time.Second
	for _, kind := range b.Faults {
		t.Run(string(kind), func(t *testing.T) {
			b.Fail(t, Fault{Kind: kind, RetryAfter: wait, MovedTo: moved})
			ctx, cancel := context.WithTimeout(b.ctx, patience)
			defer cancel()
			const private = "streng vertraulicher Text"
			_, err := b.Platform.Send(ctx, b.Chat, bot.Message{Title: private})
			var se *bot.SendError
			if !errors.As(err, &se) {
				t.Fatalf("Send: %v (%T); want *bot.SendError", err, err)
			}
			if se.Kind != kind {
				t.Errorf("kind %s; want %s (%v)", se.Kind, kind, err)
			}
			if kind == bot.SendLimited {
				if se.RetryAfter != wait {
					t.Errorf("RetryAfter = %s; want %s", se.RetryAfter, wait)
				}
				time.Sleep(wait) // an adapter may keep it by itself
			}
			if kind == bot.SendMoved && se.MovedTo.Chat != moved.Chat {
				t.Errorf("MovedTo = %s; want %s", se.MovedTo, moved)
			}
			out := fmt.Sprintf("%v|%+v", err, se)
			if b.Secret != "" && strings.Contains(out, b.Secret) || strings.Contains(out, private) {
				t.Errorf("the error shows what is secret: %s", out)
			}
		})
	}
	b.send(t, bot.Message{Title: "danach geht es wieder"})
}

func checkSendContext(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := b.Platform.Send(ctx, b.Chat, bot.Message{Title: "zu spät"}); err == nil {
		t.Error("Send with an ended context succeeded")
	} else if b.Secret != "" && strings.Contains(err.Error(), b.Secret) {
		t.Errorf("the error shows the token: %v", err)
	}
}

func checkConcurrent(t *testing.T, b *bench) {
	const senders = 12
	ids := make([]bot.MessageID, senders)
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			id, err := b.Platform.Send(b.ctx, b.Chat, bot.Message{Title: fmt.Sprintf("Nummer %d.", i), Nonce: fmt.Sprintf("c%d", i)})
			if err != nil {
				t.Errorf("Send: %v", err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); n != senders {
		t.Errorf("%d different ids for %d messages", n, senders)
	}
	for i := range senders {
		b.shows(t, fmt.Sprintf("Nummer %d.", i))
	}
}
