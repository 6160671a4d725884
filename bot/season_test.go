package bot_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/memory"
	"karussell/store/postgres"
	"karussell/store/postgres/postgrestest"
)

const (
	seasonDays = 150
	seasonStep = 2 * time.Hour
)

// TestSeason plays a season: hundreds of stories at six clubs, told by several
// outlets, with citations, agency copy, denials, late and repeated articles,
// failing transactions and restarts; readers of all kinds. Every reader's
// transcript must be the oracle's. KARUSSELL_SEASONS=n plays as many as wanted.
func TestSeason(t *testing.T) {
	t.Parallel()
	seasons := uint64(2)
	if testing.Short() {
		seasons = 1
	}
	if n, err := strconv.ParseUint(os.Getenv("KARUSSELL_SEASONS"), 10, 64); err == nil {
		seasons = n
	}
	for seed := range seasons {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			playSeason(t, seed, memory.New(), seasonDays+30)
		})
	}
}

// TestSeasonOnPostgreSQL plays the first weeks of a season on a server; the whole
// season where KARUSSELL_TEST_SEASON is set.
func TestSeasonOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("too long for -short")
	}
	days := 30
	if os.Getenv("KARUSSELL_TEST_SEASON") != "" {
		days = seasonDays + 30
	}
	s, err := postgres.Open(t.Context(), postgrestest.Database(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	playSeason(t, 0, s, days)
	problems, err := s.Check(t.Context())
	if err = errors.Join(err, s.Close()); err != nil || len(problems) > 0 {
		t.Errorf("the store after the season: %v, %v", problems, err)
	}
}

func playSeason(t *testing.T, seed uint64, store bot.Store, days int) {
	t.Helper()
	loc := berlin(t)
	r := rand.New(rand.NewPCG(seed, 3))
	g := groundOn(t, store)
	begin := time.Date(2026, 8, 1, 4, 30, 0, 0, time.UTC)
	press, stories := writeSeason(r, begin)
	if stories < 200 {
		t.Fatalf("only %d stories", stories)
	}
	readers := drawReaders(r, begin)
	known := map[string][]item{}
	before := map[string]standing{}
	var retracted []closing
	items := map[string]*item{}
	got := map[string][]string{}
	next := 0
	for now := begin; now.Before(begin.AddDate(0, 0, days)); now = now.Add(seasonStep) {
		g.set(now)
		for _, rd := range readers {
			if rd.from.Equal(now) {
				admit(g, rd)
			}
		}
		var batch []bot.Article
		news := map[string]time.Time{}
		for ; next < len(press) && !press[next].it.read.After(now); next++ {
			p := press[next]
			p.article.ReadAt = now
			batch = append(batch, p.article)
			if p.again {
				continue
			}
			it := p.it
			items[it.who] = &it
			known[it.who] = append(known[it.who], it)
			if now.Sub(it.at) <= 48*time.Hour && it.at.After(news[it.who]) {
				news[it.who] = it.at
			}
		}
		play(g, r, batch)
		before = compare(readers, items, before, oracleState(known, retracted, now), news, now)
		if r.IntN(40) == 0 && len(before) > 0 { // the owner withdraws a story
			who := pick(r, slices.Sorted(maps.Keys(before))...)
			if before[who].stage != "withdrawn" {
				withdraw(g, who)
				retracted = append(retracted, closing{at: now, retract: who})
				before = compare(readers, items, before, oracleState(known, retracted, now), nil, now)
			}
		}
		for _, rd := range readers {
			rd.reads(now.In(loc), before)
		}
		dispatch(g, now, got)
	}
	total := 0
	for _, rd := range readers {
		want, have := rd.transcript, got[rd.name]
		slices.Sort(want)
		slices.Sort(have)
		total += len(want)
		if !slices.Equal(want, have) {
			t.Errorf("%s %+v:\n%s", rd.name, rd.subs, difference(have, want))
		}
	}
	t.Logf("%d stories, %d articles, %d messages to %d readers", stories, len(press), total, len(readers))
}

// compare lets every reader hear what looks different.
func compare(readers []*reader, items map[string]*item, before, after map[string]standing, news map[string]time.Time, now time.Time) map[string]standing {
	for who, s := range after {
		was, old := before[who]
		if old && was.look() == s.look() {
			continue
		}
		var w *standing
		if old {
			w = &was
		}
		for _, rd := range readers {
			if !now.Before(rd.from) {
				rd.hears(now, items[who], w, s, news[who])
			}
		}
	}
	return after
}

// difference lists the lines that only one side has.
func difference(have, want []string) string {
	var b strings.Builder
	n := 0
	for _, l := range want {
		if !slices.Contains(have, l) && n < 8 {
			fmt.Fprintln(&b, "  missing", l)
			n++
		}
	}
	for _, l := range have {
		if !slices.Contains(want, l) && n < 16 {
			fmt.Fprintln(&b, "  surplus", l)
			n++
		}
	}
	return b.String()
}

// play ingests the batch in pieces and in disorder, with failures, repetitions
// and restarts, then lets the engine do its work.
func play(g *ground, r *rand.Rand, batch []bot.Article) {
	g.t.Helper()
	if len(batch) > 0 {
		r.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		if r.IntN(4) == 0 { // the disk is full at first
			eng, err := bot.NewEngine(bot.Setup{Store: &failing{Store: g.store}, Extractor: scriptReader{}, Gazetteer: twoLeagues{}, Phrases: mute{}, Now: g.now})
			if err != nil {
				g.t.Fatal(err)
			}
			if _, err := eng.Ingest(context.WithoutCancel(g.t.Context()), bot.Batch{Articles: batch}); err == nil {
				g.t.Fatal("the full disk was not noticed")
			}
		}
		g.ingest(batch...)
		if r.IntN(3) == 0 {
			g.ingest(batch[:1+r.IntN(len(batch))]...)
		}
	}
	for done := false; !done; {
		var err error
		if done, err = g.eng.Expand(g.t.Context()); err != nil {
			g.t.Fatal(err)
		}
		if r.IntN(4) == 0 {
			g.restart()
		}
	}
	if _, err := g.eng.Tend(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
	g.expand()
}

// dispatch renders and settles what is due and writes it into the transcripts.
func dispatch(g *ground, now time.Time, got map[string][]string) {
	g.t.Helper()
	for {
		list, err := g.store.Claim(g.t.Context(), now, time.Minute, 200)
		if err != nil {
			g.t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		for _, d := range list {
			out, err := g.eng.Render(g.t.Context(), d)
			if err != nil {
				g.t.Fatal(err)
			}
			o := bot.Outcome{State: bot.Sent, Hash: out.Hash, Message: out.Edit, Revision: out.Revision, Stage: out.Stage}
			switch {
			case out.Skip != "":
				o = bot.Outcome{State: bot.Skipped}
			case !out.Defer.IsZero():
				o = bot.Outcome{State: bot.Retry, Due: out.Defer}
			default:
				if o.Message == "" {
					g.n++
					o.Message = bot.MessageID(strconv.Itoa(g.n))
				}
				var s bot.Story
				g.view(func(tx bot.ReadTx) (err error) { s, err = tx.Story(d.Story); return err })
				kind := "post"
				if out.Edit != "" {
					kind = "edit"
				} else if out.Message.ReplyTo != "" {
					kind = "reply"
				}
				got[d.Chat.Chat] = append(got[d.Chat.Chat], fmt.Sprintf("%s %s: %s %s", now.Format("01-02 15h"), storyName(&s), kind, s.Stage))
			}
			if err := g.store.Settle(g.t.Context(), d.ID, o); err != nil {
				g.t.Fatal(err)
			}
		}
	}
}

func storyName(s *bot.Story) string {
	return fmt.Sprintf("%s @ %s/%s", s.CoachName, s.Key.Club, s.Key.Matter)
}

// oracleState is where all stories stand.
func oracleState(known map[string][]item, retracted []closing, now time.Time) map[string]standing {
	closings := map[string][]closing{}
	for who, items := range known {
		if strings.HasSuffix(who, "/exit") {
			continue
		}
		if s := stands(items, retracted, now); s.stage == "official" {
			closings[items[0].club] = append(closings[items[0].club], closing{at: s.official, coach: items[0].coach})
		}
	}
	state := map[string]standing{}
	for who, items := range known {
		state[who] = stands(items, slices.Concat(retracted, closings[items[0].club]), now)
	}
	return state
}

// withdraw lets the owner take a story back, and the engine tell it.
func withdraw(g *ground, who string) {
	g.t.Helper()
	var list []bot.Story
	g.view(func(tx bot.ReadTx) (err error) {
		list, err = tx.Stories(bot.TopicAll, bot.Page{Limit: 1000})
		return err
	})
	for i := range list {
		if storyName(&list[i]) == who {
			if err := g.eng.Correct(g.t.Context(), list[i].ID, bot.CorrectRetract, "Ente"); err != nil {
				g.t.Fatal(err)
			}
		}
	}
	g.expand()
}

// printed is an article of the season with the oracle's reading of it.
type printed struct {
	article bot.Article
	it      item
	again   bool // a repetition
}

// writeSeason invents the season's articles, sorted by when they are read.
func writeSeason(r *rand.Rand, begin time.Time) ([]printed, int) {
	var press []printed
	outlets := []string{"WAZ", "kicker", "Sky", "Bild", "RevierSport"}
	clubs := twoLeagues{}.list()
	stories := 210
	serial := 0
	for n := range stories {
		club := clubs[r.IntN(len(clubs))]
		exit := r.IntN(4) == 0
		coach := fmt.Sprintf("%s %s", invent(n), invent(n*7+3))
		matter := "arrival"
		if exit {
			matter = "exit"
		}
		at := begin.Add(time.Duration(r.IntN(seasonDays*24*3600)) * time.Second)
		for range 1 + r.IntN(6) {
			it := item{coach: coach, club: string(club.ID), exit: exit, at: at, who: fmt.Sprintf("%s @ %s/%s", coach, club.ID, matter)}
			e := plot(r, &it, club.Name)
			outlet := pick(r, outlets...)
			it.origin = outlet
			if r.IntN(4) == 0 && it.level > 0 && it.level < 5 {
				it.origin = pick(r, outlets...)
				e.Sources = []string{it.origin}
			}
			serial++
			a := bot.Article{
				Outlet: outlet, URL: fmt.Sprintf("https://example.org/%d", serial), Title: fmt.Sprint("Artikel ", serial),
				Text: script(uniqueProse(serial), e), PublishedAt: at,
			}
			it.read = at.Add(delay(r))
			press = append(press, printed{a, it, false})
			if r.IntN(5) == 0 { // agency copy, always printed and read later
				serial++
				c, copied := a, it
				copied.at, copied.copied = at.Add(time.Duration(1+r.IntN(7200))*time.Second), true
				c.Outlet, c.URL, c.PublishedAt = pick(r, outlets...), fmt.Sprintf("https://example.org/%d", serial), copied.at
				c.Title = fmt.Sprint("Kopie ", serial)
				for c.Outlet == a.Outlet {
					c.Outlet = pick(r, outlets...)
				}
				if len(e.Sources) == 0 {
					copied.origin = c.Outlet
				}
				copied.read = it.read.Add(3 * time.Hour)
				press = append(press, printed{c, copied, false})
			}
			if r.IntN(6) == 0 { // the feed repeats itself
				p := press[len(press)-1]
				p.again, p.it.read = true, p.it.read.Add(time.Duration(r.IntN(100))*time.Hour)
				press = append(press, p)
			}
			at = at.Add(time.Duration(1+r.IntN(5*24*3600)) * time.Second)
			if r.IntN(9) == 0 {
				at = at.Add(23 * 24 * time.Hour) // long silence
			}
		}
	}
	slices.SortStableFunc(press, func(a, b printed) int { return a.it.read.Compare(b.it.read) })
	return press, stories
}

// delay is how long after publication an article is read.
func delay(r *rand.Rand) time.Duration {
	switch r.IntN(10) {
	case 0:
		return time.Duration(r.IntN(40)) * time.Hour
	case 1:
		return time.Duration(49+r.IntN(200)) * time.Hour
	}
	return time.Duration(r.IntN(5400)) * time.Second
}

// plot invents what an article says.
func plot(r *rand.Rand, it *item, club string) bot.Event {
	if it.exit {
		switch r.IntN(5) {
		case 0:
			it.level, it.typ = 5, bot.Departure
			return ev(bot.Departure, it.coach, club, confirmed)
		case 1:
			it.level, it.typ = 4, bot.Departure
			return ev(bot.Departure, it.coach, club)
		}
		it.level, it.typ = 1, bot.Pressure
		return ev(bot.Pressure, it.coach, club, func(e *bot.Event) { e.Stance = bot.AtRisk })
	}
	switch n := r.IntN(16); n {
	case 0:
		it.level, it.typ = 5, bot.Appointment
		return ev(bot.Appointment, it.coach, club, confirmed)
	case 1:
		it.level, it.typ = 4, bot.Appointment
		return ev(bot.Appointment, it.coach, club)
	case 2, 3:
		it.level, it.typ = 0, bot.Rejection
		return ev(bot.Rejection, it.coach, club, confirmed)
	default:
		it.level, it.typ = 1+n%4, bot.Link
		return link4(it.coach, club, []bot.Stage{bot.Candidate, bot.Interest, bot.Talks, bot.Agreed}[n%4])
	}
}

// invent makes names that nobody could take for each other.
func invent(n int) string {
	const on, off = "bdfgklmnprstvwz", "aeiou"
	var b strings.Builder
	x := uint64(n)*2654435761 + 12345
	for range 5 {
		b.WriteByte(on[x%uint64(len(on))])
		x /= uint64(len(on))
		x = x*6364136223846793005 + 1442695040888963407
		b.WriteByte(off[(x>>33)%uint64(len(off))])
		x >>= 7
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

// drawReaders invents the readers.
func drawReaders(r *rand.Rand, begin time.Time) []*reader {
	clubs := twoLeagues{}.list()
	readers := make([]*reader, 60)
	for i := range readers {
		rd := &reader{name: fmt.Sprintf("reader %02d", i), from: begin, told: map[string]*knowledge{}, pending: map[string]string{}}
		if r.IntN(3) == 0 {
			rd.from = begin.Add(time.Duration(r.IntN(seasonDays*12)) * seasonStep)
		}
		for range 1 + r.IntN(3) {
			sub := bot.Subscription{Since: rd.from, Minimum: pick(r, bot.Everything, bot.Everything, bot.SeveralSources, bot.OfficialOnly)}
			switch r.IntN(6) {
			case 0:
				sub.Topic = bot.TopicAll
			case 1:
				sub.Topic = bot.LeagueTopic(pick(r, bot.LeagueID("2-bundesliga"), bot.LeagueID("3-liga")))
			case 2:
				sub.Topic = bot.OutletTopic(pick(r, "WAZ", "Sky"))
			default:
				sub.Topic = bot.ClubTopic(clubs[r.IntN(len(clubs))].ID)
			}
			if r.IntN(4) == 0 {
				sub.Types = [][]bot.EventType{{bot.Link}, {bot.Appointment, bot.Departure}, {bot.Rejection, bot.Link}}[r.IntN(3)]
			}
			if !slices.ContainsFunc(rd.subs, func(o bot.Subscription) bool { return o.Topic == sub.Topic }) {
				rd.subs = append(rd.subs, sub)
			}
		}
		if r.IntN(3) == 0 {
			rd.quiet = [2]int{pick(r, 22, 13, 0), pick(r, 7, 15, 9)}
		}
		rd.paused = r.IntN(15) == 0
		rd.digest = r.IntN(15) == 0
		readers[i] = rd
	}
	return readers
}

// admit brings a reader's settings into the store.
func admit(g *ground, rd *reader) {
	g.t.Helper()
	c := bot.Chat{
		Ref: console(rd.name), Kind: bot.PrivateChat, Created: rd.from,
		Quiet: bot.QuietHours{From: rd.quiet[0] * 60, To: rd.quiet[1] * 60},
	}
	if rd.paused {
		c.Paused = bot.PauseBlocked
	}
	if rd.digest {
		c.Digest = bot.Digest{Every: bot.WeeklyDigest, Minute: 600, Last: rd.from.AddDate(10, 0, 0)}
	}
	g.update(func(tx bot.Tx) error {
		if err := tx.PutChat(c); err != nil {
			return err
		}
		for _, s := range rd.subs {
			s.Chat, s.Digest = c.Ref, rd.digest
			if err := tx.PutSubscription(s); err != nil {
				return err
			}
		}
		return nil
	})
}
