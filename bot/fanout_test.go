package bot_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"karussell/bot"
)

func link4(coach, club string, s bot.Stage) bot.Event { return ev(bot.Link, coach, club, stage(s)) }

func TestOneAlertPerChat(t *testing.T) {
	g := newGround(t)
	for _, topic := range []bot.Topic{bot.ClubTopic("schalke"), bot.CoachTopic("heiner-backhaus"), bot.LeagueTopic("2-bundesliga"), bot.TopicAll} {
		g.subscribe("all of it", bot.Subscription{Topic: topic})
	}
	g.subscribe("club", bot.Subscription{Topic: bot.ClubTopic("schalke")})
	g.subscribe("outlet", bot.Subscription{Topic: bot.OutletTopic("WAZ")})
	g.subscribe("elsewhere", bot.Subscription{Topic: bot.ClubTopic("essen")})
	g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)))
	g.expand()
	got := told(g.settle())
	want := map[string][]string{"all of it": {"post interest"}, "club": {"post interest"}, "outlet": {"post interest"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestStoryIsKeptUpToDate(t *testing.T) {
	g := newGround(t)
	g.subscribe("everything", bot.Subscription{Topic: bot.ClubTopic("schalke")})
	g.subscribe("several", bot.Subscription{Topic: bot.ClubTopic("schalke"), Minimum: bot.SeveralSources})
	g.subscribe("official", bot.Subscription{Topic: bot.ClubTopic("schalke"), Minimum: bot.OfficialOnly})
	steps := []struct {
		name string
		do   func()
		want map[string][]string
	}{
		{
			"a link", func() { g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest))) },
			map[string][]string{"everything": {"post interest"}},
		},
		{"cited elsewhere: nothing", func() {
			e := link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)
			e.Sources = []string{"WAZ"}
			g.ingest(g.print("RevierSport", e))
		}, map[string][]string{}},
		{
			"confirmed by another outlet", func() { g.ingest(g.print("kicker", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest))) },
			map[string][]string{"everything": {"edit interest"}, "several": {"post interest"}},
		},
		{
			"a third outlet", func() { g.ingest(g.print("Sky", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest))) },
			map[string][]string{"everything": {"edit interest"}, "several": {"edit interest"}},
		},
		{
			"talks", func() { g.ingest(g.print("Bild", link4("Heiner Backhaus", "FC Schalke 04", bot.Talks))) },
			map[string][]string{"everything": {"reply talks"}, "several": {"reply talks"}},
		},
		{
			"official", func() {
				g.ingest(g.print("kicker", ev(bot.Appointment, "Heiner Backhaus", "FC Schalke 04", confirmed)))
			},
			map[string][]string{"everything": {"reply official"}, "several": {"reply official"}, "official": {"post official"}},
		},
		{"corrected", func() {
			s := g.story("Heiner Backhaus", "schalke", bot.Arrival)
			if err := g.eng.Correct(t.Context(), s.ID, bot.CorrectRetract, "Verwechslung"); err != nil {
				t.Fatal(err)
			}
		}, map[string][]string{"everything": {"retract withdrawn"}, "several": {"retract withdrawn"}, "official": {"retract withdrawn"}}},
	}
	for i, step := range steps {
		g.day(0.1 * float64(i))
		step.do()
		g.expand()
		if got := told(g.settle()); !reflect.DeepEqual(got, step.want) {
			t.Errorf("%s: told %v, want %v", step.name, got, step.want)
		}
	}
}

func TestEndsAreToldQuietlyToThoseWhoWereTold(t *testing.T) {
	ends := map[string]struct {
		do   func(g *ground)
		want string
	}{
		"denied": {func(g *ground) {
			g.ingest(g.print("kicker", ev(bot.Rejection, "Heiner Backhaus", "FC Schalke 04", confirmed)))
		}, "reply off"},
		"another coach": {func(g *ground) {
			g.ingest(g.print("kicker", ev(bot.Appointment, "Kees van Wonderen", "FC Schalke 04", confirmed)))
		}, "reply closed"},
		"silence": {func(g *ground) {
			g.day(22)
			if _, err := g.eng.Tend(g.t.Context()); err != nil {
				g.t.Fatal(err)
			}
		}, "reply cold"},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			g := newGround(t)
			g.subscribe("told", bot.Subscription{Topic: bot.ClubTopic("schalke"), Types: []bot.EventType{bot.Link}, Loud: true})
			g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)))
			g.expand()
			g.settle()
			g.subscribe("late", bot.Subscription{Topic: bot.CoachTopic("heiner-backhaus"), Since: g.now()})
			g.set(g.now().Add(time.Hour))
			end.do(g)
			g.expand()
			list := g.settle()
			if len(list) != 1 || told(list)["told"][0] != end.want {
				t.Fatalf("told %v, want %s to those who were told", told(list), end.want)
			}
			if !list[0].Silent || list[0].Priority != bot.PriorityQuietly {
				t.Errorf("not quiet: %+v", list[0])
			}
		})
	}
}

func TestSubscriptionsChoose(t *testing.T) {
	second := ev(bot.Link, "Mike Büskens", "FC Schalke 04", func(e *bot.Event) { e.Team = bot.SecondTeam })
	first := link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)
	out := ev(bot.Departure, "Karel Geraerts", "FC Schalke 04", confirmed)
	schalke := bot.ClubTopic("schalke")
	tests := map[string]struct {
		sub  bot.Subscription
		chat func(*bot.Chat)
		ev   bot.Event
		want bool
	}{
		"plain":                      {bot.Subscription{}, nil, first, true},
		"type wanted":                {bot.Subscription{Types: []bot.EventType{bot.Link}}, nil, first, true},
		"type not wanted":            {bot.Subscription{Types: []bot.EventType{bot.Departure}}, nil, first, false},
		"second team":                {bot.Subscription{}, nil, second, false},
		"second team wanted":         {bot.Subscription{Teams: true}, nil, second, true},
		"official only, rumour":      {bot.Subscription{Minimum: bot.OfficialOnly}, nil, first, false},
		"official only, official":    {bot.Subscription{Minimum: bot.OfficialOnly}, nil, out, true},
		"muted club":                 {bot.Subscription{}, func(c *bot.Chat) { c.Mutes = []bot.Mute{{Topic: schalke}} }, first, false},
		"muted until yesterday":      {bot.Subscription{}, func(c *bot.Chat) { c.Mutes = []bot.Mute{{Topic: schalke, Until: at(-1)}} }, first, true},
		"muted coach":                {bot.Subscription{}, func(c *bot.Chat) { c.Mutes = []bot.Mute{{Topic: bot.CoachTopic("heiner-backhaus"), Until: at(9)}} }, first, false},
		"paused":                     {bot.Subscription{}, func(c *bot.Chat) { c.Paused = bot.PauseBlocked }, first, false},
		"subscribed after the news":  {bot.Subscription{Since: at(0).Add(time.Minute)}, nil, first, false},
		"digest only":                {bot.Subscription{Digest: true}, func(c *bot.Chat) { c.Digest.Every = bot.DailyDigest }, first, false},
		"digest only, but no digest": {bot.Subscription{Digest: true}, nil, first, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newGround(t)
			tt.sub.Topic = schalke
			g.subscribe("chat", tt.sub)
			if tt.chat != nil {
				g.update(func(tx bot.Tx) error {
					c, err := tx.Chat(console("chat"))
					tt.chat(&c)
					return errorsFirst(err, tx.PutChat(c))
				})
			}
			g.ingest(g.print("WAZ", tt.ev))
			g.expand()
			if got := len(g.settle()) == 1; got != tt.want {
				t.Errorf("told: %v, want %v", got, tt.want)
			}
		})
	}
}

func errorsFirst(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestSoundAndOrder(t *testing.T) {
	g := newGround(t)
	schalke := bot.ClubTopic("schalke")
	g.subscribe("plain", bot.Subscription{Topic: schalke, Role: "7"})
	g.subscribe("loud", bot.Subscription{Topic: schalke, Loud: true, Role: "7"})
	g.subscribe("silent", bot.Subscription{Topic: schalke, Silent: true, Role: "7"})
	g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)),
		g.print("kicker", ev(bot.Departure, "Karel Geraerts", "FC Schalke 04", confirmed)))
	g.expand()
	got := map[string]string{}
	for _, d := range g.settle() {
		got[d.Chat.Chat+" "+string(d.Stage)] = fmt.Sprintf("%d %v %s", d.Priority, d.Silent, d.Role)
	}
	want := map[string]string{
		"plain interest": "5 true 7", "loud interest": "5 false 7", "silent interest": "5 true ",
		"plain official": "0 false 7", "loud official": "0 false 7", "silent official": "0 true ",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestQuietHoursEndWithTheFinalState(t *testing.T) {
	g := newGround(t)
	g.subscribe("night", bot.Subscription{Topic: bot.ClubTopic("schalke")})
	g.update(func(tx bot.Tx) error {
		c, err := tx.Chat(console("night"))
		c.Quiet = bot.QuietHours{From: 22 * 60, To: 7 * 60}
		return errorsFirst(err, tx.PutChat(c))
	})
	evening := time.Date(2026, 8, 3, 21, 0, 0, 0, time.UTC) // 23:00 in Berlin
	for i, s := range []bot.Stage{bot.Candidate, bot.Interest, bot.Talks} {
		g.set(evening.Add(time.Duration(i) * time.Hour))
		g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", s)))
		g.ingest(g.print("kicker", link4("Kenan Kocak", "FC Schalke 04", s)))
		g.expand()
		if list := g.settle(); len(list) > 0 {
			t.Fatalf("disturbed at night: %v", told(list))
		}
	}
	g.ingest(g.print("Sky", ev(bot.Rejection, "Kenan Kocak", "FC Schalke 04", confirmed)))
	g.expand()
	g.set(time.Date(2026, 8, 4, 4, 59, 0, 0, time.UTC))
	if list := g.settle(); len(list) > 0 {
		t.Errorf("disturbed a minute early: %v", told(list))
	}
	g.set(time.Date(2026, 8, 4, 5, 0, 0, 0, time.UTC))
	want := map[string][]string{"night": {"post talks"}}
	if got := told(g.settle()); !reflect.DeepEqual(got, want) {
		t.Errorf("in the morning %v, want %v", got, want)
	}
}

func TestExpansionSurvivesRestarts(t *testing.T) {
	g := newGround(t)
	const chats = 1203
	for i := range chats {
		g.subscribe(fmt.Sprintf("c%04d", i), bot.Subscription{Topic: bot.ClubTopic("schalke")})
		if i%3 == 0 {
			g.subscribe(fmt.Sprintf("c%04d", i), bot.Subscription{Topic: bot.TopicAll})
		}
	}
	g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)))
	var list []bot.Delivery
	for done := false; !done; {
		g.restart()
		var err error
		if done, err = g.eng.Expand(t.Context()); err != nil {
			t.Fatal(err)
		}
		list = append(list, g.settle()...)
	}
	seen := told(list)
	if len(seen) != chats || slices.ContainsFunc(list, func(d bot.Delivery) bool { return len(seen[d.Chat.Chat]) != 1 }) {
		t.Errorf("%d chats got %d deliveries, want one for each of %d", len(seen), len(list), chats)
	}
}

func TestDepartureAndExtension(t *testing.T) {
	g := newGround(t)
	g.ingest(g.print("WAZ", ev(bot.Extension, "Karel Geraerts", "FC Schalke 04")))
	g.ingest(g.print("WAZ", ev(bot.Pressure, "Karel Geraerts", "FC Schalke 04")))
	g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Talks)))
	g.day(1)
	g.ingest(g.print("kicker", ev(bot.Departure, "Karel Geraerts", "FC Schalke 04", confirmed)))
	if s := g.story("Karel Geraerts", "schalke", bot.Contract); s.Stage != bot.StageClosed || s.Because != bot.CauseDeparted {
		t.Errorf("the extension stands at %s (%s)", s.Stage, s.Because)
	}
	if s := g.story("Karel Geraerts", "schalke", bot.Exit); s.Stage != bot.StageOfficial {
		t.Errorf("the pressure stands at %s", s.Stage)
	}
	if s := g.story("Heiner Backhaus", "schalke", bot.Arrival); s.Stage != bot.StageTalks {
		t.Errorf("the link stands at %s", s.Stage)
	}
	g.view(func(tx bot.ReadTx) error {
		sit, err := g.eng.Situation(tx, "schalke", "")
		if sit.Vacant == nil || sit.Vacant.CoachName != "Karel Geraerts" || sit.Coach != nil || len(sit.Candidates) != 1 || sit.Pressure != nil {
			t.Errorf("situation %+v", sit)
		}
		rows, err2 := g.eng.CarouselRows(tx, "2-bundesliga")
		if len(rows) != 1 || rows[0].Since != bot.DateOf(at(1)) || rows[0].Club.ID != "schalke" {
			t.Errorf("carousel %+v", rows)
		}
		return errorsFirst(err, err2)
	})
	g.day(3)
	g.ingest(g.print("kicker", ev(bot.Appointment, "Kees van Wonderen", "FC Schalke 04", confirmed)))
	g.view(func(tx bot.ReadTx) error {
		sit, err := g.eng.Situation(tx, "schalke", "")
		if sit.Vacant != nil || sit.Coach == nil || sit.Coach.CoachName != "Kees van Wonderen" || len(sit.Candidates) != 0 || len(sit.Out) != 1 {
			t.Errorf("situation %+v", sit)
		}
		r, err2 := g.eng.OutletRecord(tx, "waz")
		if r.Outlet != "WAZ" || r.First.Off != 1 || r.First.Settled() != 1 {
			t.Errorf("record %+v", r)
		}
		return errorsFirst(err, err2)
	})
}

func TestSigningElsewhereEndsOtherLinks(t *testing.T) {
	g := newGround(t)
	g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Talks)), g.print("WAZ", link4("Heiner Backhaus", "1. FC Köln", bot.Talks)))
	g.day(1)
	g.ingest(g.print("kicker", ev(bot.Appointment, "Heiner Backhaus", "MSV Duisburg", confirmed)))
	for _, club := range []string{"schalke", "koeln"} {
		s := g.story("Heiner Backhaus", club, bot.Arrival)
		if s.Stage != bot.StageClosed || s.Because != bot.CauseElsewhere || s.Winner != "MSV Duisburg" {
			t.Errorf("%s: %s, %s, %s", club, s.Stage, s.Because, s.Winner)
		}
	}
}

func TestCaretakerForGoodIsNews(t *testing.T) {
	g := newGround(t)
	g.subscribe("fan", bot.Subscription{Topic: bot.ClubTopic("schalke"), Minimum: bot.OfficialOnly})
	interim := func(e *bot.Event) { e.Role = bot.Interim }
	for i, e := range []bot.Event{
		ev(bot.Appointment, "Jakob Fimpel", "FC Schalke 04", confirmed, interim),
		ev(bot.Appointment, "Jakob Fimpel", "FC Schalke 04", confirmed),
	} {
		day := float64(1 + 10*i)
		g.day(day)
		g.ingest(g.print("kicker", e))
		g.expand()
		if got := told(g.settle())["fan"]; len(got) != 1 || got[0] != "post official" {
			t.Errorf("day %v: %v", day, got)
		}
	}
	g.view(func(tx bot.ReadTx) error {
		sit, err := g.eng.Situation(tx, "schalke", "")
		if sit.Coach == nil || sit.Coach.CoachName != "Jakob Fimpel" {
			t.Errorf("situation %+v", sit)
		}
		return err
	})
}

func TestWhoSitsOnTheBench(t *testing.T) {
	const club = "FC Schalke 04"
	interim := func(e *bot.Event) { e.Role = bot.Interim }
	arrives := func(who string, mods ...func(*bot.Event)) bot.Event {
		return ev(bot.Appointment, who, club, append(mods, confirmed)...)
	}
	leaves := func(who string) bot.Event { return ev(bot.Departure, who, club, confirmed) }
	tests := map[string]struct {
		days           []float64
		events         []bot.Event
		coach, interim string
		vacant         string
	}{
		"appointed":                          {[]float64{1}, []bot.Event{arrives("Ada Eins")}, "Ada Eins", "", ""},
		"dismissed":                          {[]float64{1, 50}, []bot.Event{arrives("Ada Eins"), leaves("Ada Eins")}, "", "", "Ada Eins"},
		"dismissed, appointment unknown":     {[]float64{50}, []bot.Event{leaves("Ada Eins")}, "", "", "Ada Eins"},
		"a caretaker":                        {[]float64{50, 51}, []bot.Event{leaves("Ada Eins"), arrives("Bea Zwei", interim)}, "", "Bea Zwei", "Ada Eins"},
		"the caretaker has gone":             {[]float64{50, 51, 60}, []bot.Event{leaves("Ada Eins"), arrives("Bea Zwei", interim), leaves("Bea Zwei")}, "", "", "Bea Zwei"},
		"a successor":                        {[]float64{50, 51, 60}, []bot.Event{leaves("Ada Eins"), arrives("Bea Zwei", interim), arrives("Cem Drei")}, "Cem Drei", "", ""},
		"a former caretaker does not return": {[]float64{50, 60, 100}, []bot.Event{arrives("Bea Zwei", interim), arrives("Cem Drei"), leaves("Cem Drei")}, "", "", "Cem Drei"},
		"the predecessor is told late":       {[]float64{60, 61}, []bot.Event{arrives("Cem Drei"), leaves("Ada Eins")}, "Cem Drei", "", ""},
		"somebody unknown leaves much later": {[]float64{1, 170}, []bot.Event{arrives("Cem Drei"), leaves("Ada Eins")}, "", "", "Ada Eins"},
		"an extension tells who it is":       {[]float64{1}, []bot.Event{ev(bot.Extension, "Ada Eins", club, confirmed)}, "Ada Eins", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := newGround(t)
			for i, e := range tt.events {
				g.day(tt.days[i])
				g.ingest(g.print("kicker", e))
			}
			g.view(func(tx bot.ReadTx) error {
				sit, err := g.eng.Situation(tx, "schalke", "")
				name := func(s *bot.Story) string {
					if s == nil {
						return ""
					}
					return s.CoachName
				}
				if name(sit.Coach) != tt.coach || name(sit.Interim) != tt.interim || name(sit.Vacant) != tt.vacant {
					t.Errorf("coach %q, interim %q, vacant after %q", name(sit.Coach), name(sit.Interim), name(sit.Vacant))
				}
				return err
			})
		})
	}
}

// TestVacantSinceNobodyKnowsWhen: the day on which an article was read is not the
// day on which a coach left.
func TestVacantSinceNobodyKnowsWhen(t *testing.T) {
	for published, want := range map[bot.Date]bot.Date{"": "", "2025-04": "2025-04", "2022-05-15": "2022-05-15"} {
		for _, alert := range []bool{false, true} {
			g := newGround(t)
			a := g.print("", ev(bot.Departure, "Ada Eins", "FC Schalke 04", confirmed))
			a.Published, a.PublishedAt = published, time.Time{}
			if published == "" && alert {
				want = bot.DateOf(g.now()) // the operator says that it is of today
			}
			g.batch(bot.Batch{Articles: []bot.Article{a}, Backlog: !alert, AlertAll: alert})
			g.view(func(tx bot.ReadTx) error {
				rows, err := g.eng.CarouselRows(tx, "")
				if len(rows) != 1 || !rows[0].Vacant || rows[0].Since != want {
					t.Errorf("published %q, alert %v: %+v, want vacant since %q", published, alert, rows, want)
				}
				return err
			})
		}
	}
}

// TestEndWhileTheFirstMessageIsOnTheWire: a story ends after a chat's first
// message was claimed and before it was settled. The chat must hear of the end.
func TestEndWhileTheFirstMessageIsOnTheWire(t *testing.T) {
	g := newGround(t)
	g.subscribe("fan", bot.Subscription{Topic: bot.ClubTopic("schalke")})
	g.ingest(g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest)))
	g.expand()
	wire, err := g.store.Claim(t.Context(), g.now(), time.Hour, 10)
	if err != nil || len(wire) != 1 {
		t.Fatal(len(wire), err)
	}
	first, err := g.eng.Render(t.Context(), wire[0])
	if err != nil {
		t.Fatal(err)
	}
	g.set(g.now().Add(time.Minute))
	g.ingest(g.print("kicker", ev(bot.Rejection, "Heiner Backhaus", "FC Schalke 04", confirmed)))
	g.expand()
	if err := g.store.Settle(t.Context(), wire[0].ID, bot.Outcome{
		State: bot.Sent, Message: "1", Hash: first.Hash, Revision: first.Revision, Stage: first.Stage,
	}); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	dispatch(g, g.now(), got)
	if lines := got["fan"]; len(lines) != 1 || !strings.HasSuffix(lines[0], "reply off") {
		t.Errorf("the chat read %v", lines)
	}
}

func TestVanishedReportIsRetracted(t *testing.T) {
	g := newGround(t)
	g.subscribe("fan", bot.Subscription{Topic: bot.ClubTopic("schalke")})
	a := g.print("WAZ", link4("Heiner Backhaus", "FC Schalke 04", bot.Interest))
	g.ingest(a)
	g.expand()
	g.settle()
	g.set(g.now().Add(time.Hour))
	a.Text, a.ReadAt = "Hier stand ein Irrtum.", g.now()
	g.ingest(a)
	g.expand()
	if got := told(g.settle())["fan"]; len(got) != 1 || got[0] != "retract withdrawn" {
		t.Errorf("told %v", got)
	}
}
