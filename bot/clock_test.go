package bot_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"karussell/bot"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data on this machine: ", err)
	}
	return loc
}

func TestQuietHoursFollowTheWallClock(t *testing.T) {
	loc := berlin(t)
	clock := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, loc)
	}
	tests := map[string]struct {
		from, to int // hours and minutes as hhmm
		at, want time.Time
	}{
		"outside":                   {2200, 700, clock(8, 1, 12, 0), clock(8, 1, 12, 0)},
		"evening":                   {2200, 700, clock(8, 1, 23, 30), clock(8, 2, 7, 0)},
		"morning":                   {2200, 700, clock(8, 1, 6, 59), clock(8, 1, 7, 0)},
		"the end is outside":        {2200, 700, clock(8, 1, 7, 0), clock(8, 1, 7, 0)},
		"the beginning is inside":   {2200, 700, clock(8, 1, 22, 0), clock(8, 2, 7, 0)},
		"within a day":              {1300, 1500, clock(8, 1, 14, 0), clock(8, 1, 15, 0)},
		"clocks go forward":         {2200, 700, clock(3, 28, 23, 0), clock(3, 29, 7, 0)},
		"clocks go back":            {2200, 700, clock(10, 24, 23, 0), clock(10, 25, 7, 0)},
		"the end is skipped":        {2200, 230, clock(3, 28, 23, 0), clock(3, 29, 3, 0)},
		"the end comes twice":       {2200, 230, clock(10, 24, 23, 0), clock(10, 25, 2, 30)},
		"the beginning comes twice": {230, 700, clock(10, 25, 2, 45), clock(10, 25, 7, 0)},
		"none":                      {700, 700, clock(8, 1, 7, 0), clock(8, 1, 7, 0)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := bot.Chat{Quiet: bot.QuietHours{From: tt.from/100*60 + tt.from%100, To: tt.to/100*60 + tt.to%100}}
			got := c.QuietUntil(tt.at.UTC())
			if name == "the end is skipped" && got.Equal(clock(3, 29, 3, 30)) {
				return // 2:30 does not exist: any moment that follows is right
			}
			if !got.Equal(tt.want) {
				t.Errorf("until %s, want %s", got.In(loc), tt.want)
			}
		})
	}
}

// TestQuietHoursNeverDisturb asks at every quarter of an hour around the clock
// changes: the answer is never inside the quiet hours and never earlier.
func TestQuietHoursNeverDisturb(t *testing.T) {
	loc := berlin(t)
	for _, begin := range []time.Time{time.Date(2026, 3, 28, 12, 0, 0, 0, loc), time.Date(2026, 10, 24, 12, 0, 0, 0, loc)} {
		for from := 0; from < 1440; from += 45 {
			for _, length := range []int{30, 150, 600} {
				c := bot.Chat{Quiet: bot.QuietHours{From: from, To: (from + length) % 1440}}
				for now := begin; now.Before(begin.Add(26 * time.Hour)); now = now.Add(15 * time.Minute) {
					got := c.QuietUntil(now)
					local := got.In(loc)
					minute := local.Hour()*60 + local.Minute()
					inside := minute >= c.Quiet.From && minute < c.Quiet.To
					if c.Quiet.From > c.Quiet.To {
						inside = minute >= c.Quiet.From || minute < c.Quiet.To
					}
					if inside || got.Before(now) || got.Sub(now) > 13*time.Hour {
						t.Fatalf("%+v at %s: until %s", c.Quiet, now, local)
					}
				}
			}
		}
	}
}

func TestDigests(t *testing.T) {
	loc := berlin(t)
	g := newGround(t)
	begin := time.Date(2026, 10, 23, 12, 0, 0, 0, loc) // the clocks go back on the 25th
	g.set(begin)
	schalke := bot.ClubTopic("schalke")
	for chat, d := range map[string]bot.Digest{
		"daily":   {Every: bot.DailyDigest, Minute: 8 * 60, Last: begin.Add(-time.Second)},
		"at 2:30": {Every: bot.DailyDigest, Minute: 150, Last: begin.Add(-time.Second)},
		"weekly":  {Every: bot.WeeklyDigest, Weekday: time.Monday, Minute: 8 * 60, Last: begin.Add(-time.Second)},
		"other":   {Every: bot.DailyDigest, Minute: 8 * 60, Last: begin.Add(-time.Second)},
	} {
		sub := bot.Subscription{Topic: schalke, Digest: true}
		if chat == "other" {
			sub.Topic = bot.ClubTopic("essen")
		}
		g.subscribe(chat, sub)
		g.update(func(tx bot.Tx) error {
			c, err := tx.Chat(console(chat))
			c.Digest = d
			return errorsFirst(err, tx.PutChat(c))
		})
	}
	got := map[string][]string{}
	for i := range 8 * 48 { // eight days in steps of half an hour
		now := begin.Add(time.Duration(i) * 30 * time.Minute)
		g.set(now)
		if i%48 == 0 && i/48 != 4 { // news at noon, not on the fifth day
			g.ingest(g.print("WAZ", link4([]string{"Ada Eins", "Bea Zwei", "Cem Drei", "Dan Vier", "Eva Funf", "Fay Sechs", "Gus Sieben", "Hal Acht"}[i/48], "FC Schalke 04", bot.Interest)))
			g.expand()
		}
		if i%7 == 0 {
			g.restart()
		}
		if _, err := g.eng.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, d := range g.settle() {
			var n int
			g.view(func(tx bot.ReadTx) error {
				list, err := g.eng.DigestStories(tx, d)
				n = len(list)
				return err
			})
			r, err := g.eng.Render(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if weekly := d.Chat.Chat == "weekly"; weekly != (r.Message.Picture != nil) || weekly && r.Message.Picture.Alt != fmt.Sprint(n, " since 23 11:59") {
				t.Errorf("%s: the picture is %+v", d.Chat.Chat, r.Message.Picture)
			}
			got[d.Chat.Chat] = append(got[d.Chat.Chat], now.Format("02 15:04 ")+string(rune('0'+n)))
		}
	}
	want := map[string][]string{
		"daily":   {"24 08:00 1", "25 08:00 1", "26 08:00 1", "27 08:00 1", "29 08:00 1", "30 08:00 1", "31 08:00 1"},
		"at 2:30": {"24 02:30 1", "25 02:30 1", "26 02:30 1", "27 02:30 1", "29 02:30 1", "30 02:30 1", "31 02:30 1"},
		"weekly":  {"26 08:00 3"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestDigestsInSpring: where the clocks skip the hour of a digest there is still
// one that day, and only one.
func TestDigestsInSpring(t *testing.T) {
	loc := berlin(t)
	g := newGround(t)
	begin := time.Date(2027, 3, 26, 12, 0, 0, 0, loc) // the clocks go forward on Sunday the 28th
	g.set(begin)
	for chat, d := range map[string]bot.Digest{
		"daily":   {Every: bot.DailyDigest, Minute: 8 * 60},
		"at 2:30": {Every: bot.DailyDigest, Minute: 150},
		"weekly":  {Every: bot.WeeklyDigest, Weekday: time.Sunday, Minute: 150},
	} {
		g.subscribe(chat, bot.Subscription{Topic: bot.ClubTopic("schalke"), Digest: true})
		g.update(func(tx bot.Tx) error {
			c, err := tx.Chat(console(chat))
			c.Digest, c.Digest.Last = d, begin.Add(-time.Second)
			return errorsFirst(err, tx.PutChat(c))
		})
	}
	got := map[string][]string{}
	for i := range 4 * 48 {
		g.set(begin.Add(time.Duration(i) * 30 * time.Minute))
		if i%48 == 0 {
			g.ingest(g.print("WAZ", link4([]string{"Ada Eins", "Bea Zwei", "Cem Drei", "Dan Vier"}[i/48], "FC Schalke 04", bot.Interest)))
			g.expand()
		}
		if _, err := g.eng.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, d := range g.settle() {
			got[d.Chat.Chat] = append(got[d.Chat.Chat], g.now().Format("02 15:04"))
		}
	}
	want := map[string][]string{
		"daily":   {"27 08:00", "28 08:00", "29 08:00", "30 08:00"},
		"at 2:30": {"27 02:30", "28 03:30", "29 02:30", "30 02:30"},
		"weekly":  {"28 03:30"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestMutesExpire(t *testing.T) {
	g := newGround(t)
	g.subscribe("chat", bot.Subscription{Topic: bot.TopicAll})
	g.update(func(tx bot.Tx) error {
		c, err := tx.Chat(console("chat"))
		c.Mutes = []bot.Mute{{Topic: bot.ClubTopic("essen"), Until: at(1)}, {Topic: bot.ClubTopic("schalke")}}
		return errorsFirst(err, tx.PutChat(c))
	})
	g.day(2)
	if _, err := g.eng.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.view(func(tx bot.ReadTx) error {
		c, err := tx.Chat(console("chat"))
		if len(c.Mutes) != 1 || c.Mutes[0].Topic != bot.ClubTopic("schalke") {
			t.Errorf("mutes %v", c.Mutes)
		}
		return err
	})
}

// TestRunWakesUp runs the engine's own loop under a fake clock: an ingest is
// expanded at once, a story goes cold without anybody asking, and the loop ends
// with its context.
func TestRunWakesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		eng, err := bot.NewEngine(bot.Setup{Store: g.store, Extractor: scriptReader{}, Gazetteer: twoLeagues{}, Phrases: mute{}})
		if err != nil {
			t.Fatal(err)
		}
		g.eng = eng
		g.set(time.Now())
		g.subscribe("chat", bot.Subscription{Topic: bot.TopicAll, Since: time.Now()})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- eng.Run(ctx) }()
		synctest.Wait()

		time.Sleep(10 * time.Second)
		g.set(time.Now())
		g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)))
		synctest.Wait()
		if got := told(g.settle()); !reflect.DeepEqual(got, map[string][]string{"chat": {"post interest"}}) {
			t.Errorf("at once: %v", got)
		}
		time.Sleep(bot.SilenceAfter + time.Minute)
		synctest.Wait()
		g.set(time.Now())
		if got := told(g.settle()); !reflect.DeepEqual(got, map[string][]string{"chat": {"reply cold"}}) {
			t.Errorf("after three weeks: %v", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
