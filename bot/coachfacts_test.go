package bot_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"karussell/bot"
)

func (g *ground) coach(id bot.CoachID) (c bot.Coach) {
	g.t.Helper()
	g.view(func(tx bot.ReadTx) (err error) { c, err = tx.Coach(id); return err })
	return c
}

func TestCoachLearnsFromArticles(t *testing.T) {
	g := newGround(t)
	g.day(10)
	a := g.print("WAZ", bot.CoachFacts{
		Name: "Heiner Backhaus", Age: 42, Club: "Alemannia Aachen", ContractUntil: "2027",
		Stations: []bot.StationFacts{
			{Club: "Alemannia Aachen", Role: bot.Head, From: "2023"},
			{Club: "BFC Dynamo", Role: bot.Head, To: "2023"},
			{Club: "FC Schalke 04", Role: bot.Player},
		},
	})
	g.ingest(a)
	c := g.coach("heiner-backhaus")
	if c.BirthYear.Value != 1984 || c.Club.Value != "aachen" || c.Contract.Value != "2027" {
		t.Errorf("born %d, club %s, contract %s", c.BirthYear.Value, c.Club.Value, c.Contract.Value)
	}
	if c.Contract.Source.Outlet != "WAZ" || c.Contract.Source.URL != a.URL || c.Contract.Source.Date != "2026-08-11" {
		t.Errorf("source %+v", c.Contract.Source)
	}
	var career []string
	for _, s := range c.Stations {
		career = append(career, string(s.Club)+" "+string(s.Role)+" "+string(s.From)+"-"+string(s.To))
	}
	want := []string{"aachen head 2023-", "bfc-dynamo head -2023", "schalke player -"}
	if !slices.Equal(career, want) {
		t.Errorf("career %v, want %v", career, want)
	}
}

func TestNewerArticlesWin(t *testing.T) {
	newer := bot.CoachFacts{Name: "Heiner Backhaus", Club: "FC Schalke 04", ContractUntil: "2029"}
	older := bot.CoachFacts{Name: "Heiner Backhaus", Club: "Alemannia Aachen", ContractUntil: "2027"}
	for name, order := range map[string][]int{"in order": {0, 1}, "late": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			g := newGround(t)
			g.day(1)
			list := []bot.Article{g.print("WAZ", older)}
			g.day(9)
			list = append(list, g.print("kicker", newer))
			for _, i := range order {
				g.ingest(list[i])
			}
			c := g.coach("heiner-backhaus")
			if c.Club.Value != "schalke" || c.Contract.Value != "2029" || c.Contract.Source.Outlet != "kicker" {
				t.Errorf("club %s, contract %s", c.Club.Value, c.Contract.Value)
			}
		})
	}
}

func TestSeparateSpellsAreSeparateStations(t *testing.T) {
	g := newGround(t)
	spell := func(from, to bot.Date) bot.StationFacts {
		return bot.StationFacts{Club: "1. FC Köln", Role: bot.Head, From: from, To: to}
	}
	g.ingest(g.print("WAZ", bot.CoachFacts{Name: "Ada Eins", Stations: []bot.StationFacts{spell("2010", "2012"), spell("2019", "2021")}}))
	g.ingest(g.print("kicker", bot.CoachFacts{Name: "Ada Eins", Stations: []bot.StationFacts{spell("2019-08", ""), spell("", "2012-05-01")}}))
	c := g.coach("ada-eins")
	if len(c.Stations) != 2 || c.Stations[0].From != "2019-08" || c.Stations[0].To != "2021" || c.Stations[1].To != "2012-05-01" {
		t.Errorf("stations %+v", c.Stations)
	}
}

func TestHistoryGoesToTheStations(t *testing.T) {
	g := newGround(t)
	past := func(e *bot.Event) { e.Fresh, e.Date = false, "2022" }
	sum := g.ingest(g.print("WAZ", ev(bot.Departure, "Marco Antwerpen", "1. FC Kaiserslautern", confirmed, past)))
	if sum.Stories != 0 {
		t.Errorf("history made %d stories", sum.Stories)
	}
	c := g.coach("marco-antwerpen")
	if len(c.Stations) != 1 || c.Stations[0].To != "2022" || c.Stations[0].Open {
		t.Errorf("stations %+v", c.Stations)
	}
}

func TestAppointmentMovesTheCoach(t *testing.T) {
	g := newGround(t)
	g.ingest(g.print("WAZ", bot.CoachFacts{Name: "Heiner Backhaus", Club: "Alemannia Aachen"}))
	g.day(5)
	g.ingest(g.print("kicker", ev(bot.Departure, "Heiner Backhaus", "Alemannia Aachen", confirmed)))
	if c := g.coach("heiner-backhaus"); c.Club.Value != "" || !c.Club.Known() {
		t.Errorf("after the departure: %+v", c.Club)
	}
	g.day(6)
	g.ingest(g.print("kicker", ev(bot.Appointment, "Heiner Backhaus", "FC Schalke 04", confirmed, func(e *bot.Event) { e.Until = "2028" })))
	c := g.coach("heiner-backhaus")
	if c.Club.Value != "schalke" || c.Contract.Value != "2028" || !c.Stations[0].Open || c.Stations[0].Club != "schalke" || c.Stations[1].Open {
		t.Errorf("after the appointment: %+v", c)
	}
}

// TestFactsDoNotDependOnOrder: whatever order articles come in, club, contract
// and birth year are those of the newest that states them.
func TestFactsDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	clubs := []string{"FC Schalke 04", "MSV Duisburg", ""}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		var list []bot.Article
		for i := range 2 + r.IntN(8) {
			f := bot.CoachFacts{Name: "Ada Eins", Club: pick(r, clubs...), ContractUntil: pick(r, bot.Date("2027"), "2028", "")}
			list = append(list, bot.Article{
				Outlet: "WAZ", URL: "https://example.org/" + string(rune('a'+i)), Title: string(rune('a' + i)),
				Text: script(uniqueProse(i), f), PublishedAt: at(float64(i)), ReadAt: at(100).Add(time.Duration(i) * time.Hour),
			})
		}
		facts := func() any {
			g := newGround(t)
			g.day(200)
			for _, a := range list {
				g.ingest(a)
			}
			c := g.coach("ada-eins")
			return []any{c.Club.Value, c.Club.Source.URL, c.Contract.Value, c.Contract.Source.URL}
		}
		want := facts()
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if got := facts(); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %v, want %v", seed, got, want)
		}
	}
}
