package bot

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ids are as long and as odd as slugs can be.
func anyID() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?`),
		rapid.Map(rapid.String(), func(s string) string { return Slug("x" + s) }),
	)
}

func anyTopic() *rapid.Generator[Topic] {
	return rapid.Custom(func(t *rapid.T) Topic {
		id := anyID().Draw(t, "id")
		return rapid.SampledFrom([]Topic{
			TopicAll, ClubTopic(ClubID(id)), CoachTopic(CoachID(id)), LeagueTopic(LeagueID(id)),
			Topic("outlet:" + id), StoryTopic(StoryID(rapid.Uint64Min(1).Draw(t, "story"))),
		}).Draw(t, "topic")
	})
}

var actionShape = regexp.MustCompile(`^[a-z]{2}[0-9](:[a-z0-9.-]*)*$`)

// Every action that any topic can make fits, is plain ASCII, and means the same
// when it comes back.
func TestActionsFitAndComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topic := anyTopic().Draw(t, "topic")
		verb := rapid.SampledFrom([]string{
			actFollow, actUnfollow, actMute, actMuteFor, actNews, actRumours, actLast, actSub, actCertainty, actType, actSound,
		}).Draw(t, "verb")
		args := []string{topic.pack()}
		switch verb {
		case actMuteFor:
			args = append(args, "168")
		case actNews, actRumours:
			args = append(args, "zzzzzzzzzzzzz") // the largest cursor
		case actCertainty:
			args = append(args, "everything")
		case actType:
			args = append(args, string(rapid.SampledFrom(EventTypes()).Draw(t, "type")))
		case actSound:
			args = append(args, "normal")
		}
		a := newAction(verb, args...)
		if a == "" || len(a) > maxAction || !actionShape.MatchString(string(a)) {
			t.Fatalf("action %q of %d bytes", a, len(a))
		}
		gotVerb, first, second := a.cut()
		got, ok := unpackTopic(first)
		if !ok || gotVerb != verb || got != topic || (len(args) > 1 && second != args[1]) {
			t.Fatalf("%q came back as %s %s %s", a, gotVerb, got, second)
		}
	})
}

func TestUnpackTopicTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		topic, ok := unpackTopic(s)
		if kind, id := topic.Cut(); ok && topic != TopicAll && (kind == "" || id == "") {
			t.Fatalf("%q became %q", s, topic)
		}
	})
}

func TestTooLongActionIsNoButton(t *testing.T) {
	b := press("x", newAction(actCoach, strings.Repeat("x", maxAction)))
	if got := rows(2, b, press("y", actWhy+":1")); len(got) != 1 || len(got[0]) != 1 {
		t.Fatalf("rows = %v", got)
	}
}

func TestParseHours(t *testing.T) {
	for s, want := range map[string]QuietHours{
		"22:00-07:00":  {22 * 60, 7 * 60},
		"22-7":         {22 * 60, 7 * 60},
		"22.30 – 6.15": {22*60 + 30, 6*60 + 15},
		"23 bis 7 Uhr": {23 * 60, 7 * 60},
		"2200-0700":    {22 * 60, 7 * 60},
		"20:00-24:00":  {20 * 60, 0},
		"00:00-06:00":  {0, 6 * 60},
	} {
		if got, ok := parseHours(s); !ok || got != want {
			t.Errorf("parseHours(%q) = %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "22", "22-22", "25-3", "22:60-07:00", "abc", "22:00-07:00-08:00", "-5-7", "24:30-06:00"} {
		if got, ok := parseHours(s); ok {
			t.Errorf("parseHours(%q) = %v", s, got)
		}
	}
}

func FuzzParseDigest(f *testing.F) {
	for _, s := range []string{"daily 08:00", "täglich 8 Uhr", "mo 7", "weekly", "off", "ü", "- -", "mon-0800"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := parseDigest(s)
		if ok && (d.Minute < 0 || d.Minute >= 24*60 || d.Weekday < 0 || d.Weekday > 6) {
			t.Errorf("parseDigest(%q) = %+v", s, d)
		}
	})
}

func TestParseMute(t *testing.T) {
	for s, want := range map[string]int{"8": 8, "8h": 8, "8 Stunden": 8, "2d": 48, "3 Tage": 72, "1 woche": 168, "immer": 0, "999999h": -1, "0": -1, "-4": -1, "gestern": -1, "": -1} {
		got, ok := parseMute(s)
		if ok != (want >= 0) || (ok && got != want) {
			t.Errorf("parseMute(%q) = %d, %v", s, got, ok)
		}
	}
}
