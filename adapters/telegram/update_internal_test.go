package telegram

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"karussell/bot"
)

func FuzzDecodeUpdates(f *testing.F) {
	for _, seed := range []string{
		`[]`, `{}`, `null`, `[{"update_id":1}]`, `[1,"x",null,{"update_id":"7"},{"update_id":-1}]`,
		`[{"update_id":5,"message":{"message_id":1,"date":1,"chat":{"id":-100,"type":"supergroup","title":"x"},"from":{"id":1,"is_bot":false},"text":"/coach@Bot Häuptling","reply_to_message":{"message_id":3}}},{"update_id":6,"callback_query":{"id":"1","from":{"id":1},"message":{"message_id":1,"date":0,"chat":{"id":1,"type":"private"}},"data":"x"}}]`,
		`[{"update_id":9,"my_chat_member":{"chat":{"id":1,"type":"private"},"from":{"id":1},"old_chat_member":{"status":"member"},"new_chat_member":{"status":"kicked"}}}]`,
	} {
		f.Add([]byte(seed))
	}
	me := &session{me: self{ID: 1, Username: "Bot"}, words: newWords(nil), edits: newRecent[string, uint64](8), typing: newRecent[int64, string](8), Adapter: &Adapter{forms: newPrompts(nil, "")}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		updates, skipped, ok := decodeUpdates(raw)
		if !ok {
			return
		}
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(updates)+len(skipped) != len(list) {
			t.Fatalf("%d updates and %d skipped of %d", len(updates), len(skipped), len(list))
		}
		for _, u := range updates {
			if u.ID <= 0 {
				t.Errorf("update number %d", u.ID)
			}
			me.plan(u) // must not panic, whatever is missing
			if _, err := json.Marshal(u); err != nil {
				t.Errorf("cannot be written down: %v", err)
			}
		}
	})
}

// checkRich wants valid text and entities that lie inside, whole and not blank.
func checkRich(t interface{ Fatalf(string, ...any) }, r rich, limit int) {
	if len(r.units) > limit || len(r.entities) > maxEntities {
		t.Fatalf("%d units, %d entities", len(r.units), len(r.entities))
	}
	text := r.text()
	if !utf8.ValidString(text) || len(utf16.Encode([]rune(text))) != len(r.units) {
		t.Fatalf("cut inside a character: %q", text)
	}
	last := 0
	for _, e := range r.entities {
		if e.Offset < last || e.Length <= 0 || e.Offset+e.Length > len(r.units) {
			t.Fatalf("entity %+v in %d units", e, len(r.units))
		}
		last = e.Offset
		if isLow(r.units[e.Offset]) || (e.Offset+e.Length < len(r.units) && isLow(r.units[e.Offset+e.Length])) {
			t.Fatalf("entity %+v cuts a character", e)
		}
		if isSpace(r.units[e.Offset]) || isSpace(r.units[e.Offset+e.Length-1]) {
			t.Fatalf("entity %+v begins or ends with space", e)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Titel", "Text mit 😀 und é\u0301", "https://example.org/?q=ä", uint8(3), 40)
	f.Add("  \n", "\xff\xfe\u202eabc\u2028x", "javascript:x", uint8(0), 5)
	f.Add("مدرب", "👨‍👩‍👧‍👦🇩🇪👍🏽", "http://x", uint8(255), 17)
	f.Fuzz(func(t *testing.T, title, body, link string, shape uint8, limit int) {
		limit = 4 + max(limit, -limit)%200
		kinds := []bot.BlockKind{bot.Paragraph, bot.Heading, bot.Quote, bot.ListItem}
		styles := []bot.Style{bot.Plain, bot.Bold, bot.Italic, bot.Strike, bot.Code}
		m := bot.Message{
			Tone: bot.ToneRumour, Title: title, Link: link, Footer: body,
			Blocks: []bot.Block{
				{Kind: kinds[shape%4], Spans: []bot.TextSpan{{Text: body, Style: styles[shape%5]}, {Text: title, Link: link}}},
				{Kind: kinds[(shape/4)%4], Spans: []bot.TextSpan{{Text: title + " " + body, Style: styles[(shape/5)%5], Link: link}}},
			},
			Fields: []bot.Field{{Label: title, Value: []bot.TextSpan{{Text: body}}}},
		}
		a := &Adapter{zone: berlin()}
		whole := a.layout(m)
		checkRich(t, whole, len(whole.units))
		for _, part := range whole.split(limit) {
			checkRich(t, part, limit)
		}
		checkRich(t, whole.shorten(limit), limit)
	})
}

func TestSplittingLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r rich
		word := rapid.SampledFrom([]string{"Trainer", "1.", "FC", "Köln.", "😀", "👨‍👩‍👧‍👦", "é", "x", "Donaudampfschifffahrtsgesellschaft", "\n", "\n\n"})
		for range rapid.IntRange(1, 200).Draw(t, "words") {
			kinds := rapid.SampledFrom([][]string{nil, {"bold"}, {"italic"}}).Draw(t, "kinds")
			r.add(word.Draw(t, "word"), kinds, "")
			r.add(" ", nil, "")
		}
		r.finish()
		limit := rapid.IntRange(40, 400).Draw(t, "limit")
		var got strings.Builder
		for _, part := range r.split(limit) {
			checkRich(t, part, limit)
			got.WriteString(squeeze(part.text()))
		}
		if want := squeeze(r.text()); got.String() != want {
			t.Fatalf("split text\n%q\nwhole\n%q", got.String(), want)
		}
	})
}

// squeeze drops all space.
func squeeze(s string) string {
	var out []rune
	for _, c := range s {
		if c > ' ' && c != 0xA0 {
			out = append(out, c)
		}
	}
	return string(out)
}

func TestShortEntitiesStayWhole(t *testing.T) {
	t.Parallel()
	var r rich
	for range 40 {
		r.add("Ein Satz ohne Ende ", nil, "")
		r.add("fett gedruckter Name", []string{"bold"}, "https://example.org/")
		r.add(" und weiter ", nil, "")
	}
	r.finish()
	for _, part := range r.split(300) {
		for _, e := range part.entities {
			if e.Length != len("fett gedruckter Name") {
				t.Errorf("entity of %d units", e.Length)
			}
		}
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		chat := rapid.SampledFrom([]string{"4711", "-4711", "-1001234567890", "@trainerticker"}).Draw(t, "chat")
		var parts []part
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			parts = append(parts, part{
				id:    rapid.IntRange(1, 1<<31).Draw(t, "id"),
				shape: rapid.SampledFrom([]shape{shapeText, shapeCaption, shapeBare}).Draw(t, "shape"),
			})
		}
		got := parseMessageID(chat, messageID(chat, parts))
		if len(got) != len(parts) {
			t.Fatalf("%v became %v", parts, got)
		}
		for i := range got {
			if got[i] != parts[i] {
				t.Fatalf("%v became %v", parts, got)
			}
		}
	})
}
