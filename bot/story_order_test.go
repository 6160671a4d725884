package bot_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"karussell/bot"
)

// TestArrivalOrderMakesNoDifference ingests the same articles about two benches
// in different orders and batches, with repetitions and restarts, all after the
// fact: every order ends in the same stories.
func TestArrivalOrderMakesNoDifference(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		articles := randomPress(r, 4+r.IntN(20))
		want := played(t, articles, nil)
		for round := range uint64(4) {
			order := rand.New(rand.NewPCG(seed, 100+round))
			if got := played(t, articles, order); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, order %d:\n%s", seed, round, firstDifference(got, want))
			}
		}
	}
}

func firstDifference(got, want []bot.Story) string {
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Sprintf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
	return fmt.Sprintf("%d stories, want %d", len(got), len(want))
}

// randomPress draws articles of three hundred days.
func randomPress(r *rand.Rand, n int) []bot.Article {
	coaches := []string{"Heiner Backhaus", "Kenan Kocak", "Kees van Wonderen", "Karel Geraerts"}
	clubs := []string{"FC Schalke 04", "MSV Duisburg"}
	outlets := []string{"WAZ", "kicker", "Sky", "Bild"}
	list := make([]bot.Article, n)
	begin := r.Float64() * 100
	for i := range list {
		coach, club := coaches[r.IntN(len(coaches))], clubs[r.IntN(len(clubs))]
		var e bot.Event
		switch r.IntN(12) {
		case 0, 1, 2, 3, 4:
			e = link4(coach, club, []bot.Stage{bot.Candidate, bot.Interest, bot.Talks, bot.Agreed}[r.IntN(4)])
		case 5:
			e = ev(bot.Rejection, coach, club, pick(r, confirmed, func(*bot.Event) {}))
		case 6, 7:
			e = ev(bot.Appointment, coach, club, pick(r, confirmed, func(*bot.Event) {}))
		case 8:
			e = ev(bot.Departure, coach, club, pick(r, confirmed, func(*bot.Event) {}))
		case 9:
			e = ev(bot.Extension, coach, club, pick(r, confirmed, func(*bot.Event) {}))
		default:
			e = ev(bot.Pressure, coach, club, func(e *bot.Event) { e.Stance = pick(r, bot.AtRisk, bot.Backed) })
		}
		day := begin + float64(r.IntN(40))
		if r.IntN(5) == 0 {
			day += float64(r.IntN(300))
		}
		prose := uniqueProse(i)
		if i > 0 && r.IntN(5) == 0 { // an agency's text, by another paper
			o := list[r.IntN(i)]
			o.URL, o.Title, o.Outlet = fmt.Sprintf("https://example.org/%d", i), fmt.Sprint("Artikel ", i), pick(r, outlets...)
			o.PublishedAt = o.PublishedAt.Add(time.Duration(r.IntN(72)) * time.Hour)
			list[i] = o
			continue
		}
		list[i] = bot.Article{
			Outlet: pick(r, outlets...), URL: fmt.Sprintf("https://example.org/%d", i), Title: fmt.Sprint("Artikel ", i),
			Text: script(prose, e), PublishedAt: at(day), ReadAt: at(500),
		}
	}
	return list
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// played ingests the articles, in a random order unless r is nil, and returns
// the stories without what depends on the order: numbers and revisions.
func played(t *testing.T, articles []bot.Article, r *rand.Rand) []bot.Story {
	t.Helper()
	g := newGround(t)
	g.day(500)
	list := slices.Clone(articles)
	if r != nil {
		list = append(list, list[r.IntN(len(list))], list[r.IntN(len(list))])
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	for len(list) > 0 {
		n := 1
		if r != nil {
			n = 1 + r.IntN(min(4, len(list)))
		}
		g.ingest(list[:n]...)
		list = list[n:]
		if r != nil && r.IntN(5) == 0 {
			g.restart()
		}
		g.set(g.now().Add(time.Second))
	}
	g.day(501)
	var stories []bot.Story
	g.view(func(tx bot.ReadTx) (err error) {
		stories, err = tx.Stories(bot.TopicAll, bot.Page{Limit: 1000})
		return err
	})
	for i := range stories {
		s := &stories[i]
		s.ID, s.Revision, s.Changed = 0, 0, time.Time{}
		for j := range s.Reports {
			s.Reports[j].Source.Article, s.Reports[j].CopyOf = 0, 0
		}
	}
	slices.SortFunc(stories, func(a, b bot.Story) int {
		return cmp.Or(cmp.Compare(a.Key.Club, b.Key.Club), cmp.Compare(a.Key.Coach, b.Key.Coach),
			cmp.Compare(a.Key.Matter, b.Key.Matter), a.First.Compare(b.First))
	})
	return stories
}
