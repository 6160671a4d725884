package bot_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/memory"
)

// scriptReader is an extractor that reads its findings from the article: every
// line of the text that is a JSON object is an event, after "coach " coach facts.
type scriptReader struct{ calls *atomic.Int64 }

func (s scriptReader) Extract(a bot.Article) bot.Extraction {
	if s.calls != nil {
		s.calls.Add(1)
	}
	x := bot.Extraction{Language: "de"}
	for line := range strings.Lines(a.Text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "coach "); ok {
			var f bot.CoachFacts
			if err := json.Unmarshal([]byte(rest), &f); err != nil {
				panic(err)
			}
			x.Coaches = append(x.Coaches, f)
		} else if strings.HasPrefix(line, "{") {
			var ev bot.Event
			if err := json.Unmarshal([]byte(line), &ev); err != nil {
				panic(err)
			}
			x.Events = append(x.Events, ev)
		}
	}
	return x
}

// script is the text for scriptReader, with some prose of its own.
func script(prose string, parts ...any) string {
	var b strings.Builder
	b.WriteString(prose)
	for _, p := range parts {
		b.WriteString("\n\n")
		if _, ok := p.(bot.CoachFacts); ok {
			b.WriteString("coach ")
		}
		raw, err := json.Marshal(p)
		if err != nil {
			panic(err)
		}
		b.Write(raw)
	}
	return b.String()
}

// twoLeagues is a small gazetteer.
type twoLeagues struct{}

func (twoLeagues) list() []bot.Club {
	return []bot.Club{
		{ID: "aachen", Name: "Alemannia Aachen", Short: "Aachen", League: "3-liga"},
		{ID: "duisburg", Name: "MSV Duisburg", Short: "Duisburg", League: "3-liga"},
		{ID: "essen", Name: "Rot-Weiss Essen", Short: "Essen", League: "3-liga"},
		{ID: "kaiserslautern", Name: "1. FC Kaiserslautern", Short: "Lautern", League: "2-bundesliga"},
		{ID: "koeln", Name: "1. FC Köln", Short: "Köln", League: "2-bundesliga"},
		{ID: "schalke", Name: "FC Schalke 04", Short: "Schalke", League: "2-bundesliga"},
	}
}

func (g twoLeagues) Club(id bot.ClubID) (bot.Club, bool) {
	for _, c := range g.list() {
		if c.ID == id {
			return c, true
		}
	}
	return bot.Club{}, false
}

func (g twoLeagues) ClubNamed(name string) (bot.Club, bool) {
	for _, c := range g.list() {
		if c.Name == name || c.Short == name {
			return c, true
		}
	}
	return bot.Club{}, false
}
func (g twoLeagues) Clubs() []bot.Club                       { return g.list() }
func (twoLeagues) League(id bot.LeagueID) (bot.League, bool) { return bot.League{ID: id}, true }
func (twoLeagues) Leagues() []bot.League {
	return []bot.League{{ID: "2-bundesliga"}, {ID: "3-liga"}}
}

func (twoLeagues) OutletNamed(name string) (bot.Outlet, bool) {
	for _, o := range []string{"WAZ", "kicker", "Sky", "Bild", "RevierSport", "dpa"} {
		if strings.EqualFold(o, name) {
			return bot.Outlet{Name: o, Tier: 1}, true
		}
	}
	return bot.Outlet{}, false
}

type mute struct{}

func (mute) Say(_, key string, args ...any) string { return key + fmt.Sprint(args...) }
func (mute) Has(string, string) bool               { return true }
func (mute) Languages() []string                   { return []string{"de", "en"} }

// sketch draws digests only, and says what it was given.
type sketch struct{ bot.Artist }

func (sketch) Digest(_, _ string, changes []bot.DigestLine, since, _ time.Time) (bot.Picture, error) {
	return bot.Picture{Alt: fmt.Sprint(len(changes), " since ", since.Format("02 15:04"))}, nil
}

// ground is an engine over a store in memory, with a clock that tests turn.
type ground struct {
	t     *testing.T
	store bot.Store
	eng   *bot.Engine
	clock atomic.Pointer[time.Time]
	reads atomic.Int64
	n     int
}

func newGround(t *testing.T) *ground {
	t.Helper()
	return groundOn(t, memory.New())
}

func groundOn(t *testing.T, store bot.Store) *ground {
	t.Helper()
	g := &ground{t: t, store: store}
	g.set(at(0))
	g.restart()
	return g
}

// restart makes a new engine over the same store.
func (g *ground) restart() {
	eng, err := bot.NewEngine(bot.Setup{
		Store: g.store, Extractor: scriptReader{&g.reads}, Gazetteer: twoLeagues{}, Phrases: mute{},
		Artist: sketch{}, Now: func() time.Time { return *g.clock.Load() },
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.eng = eng
}

func (g *ground) set(t time.Time) { g.clock.Store(&t) }
func (g *ground) now() time.Time  { return *g.clock.Load() }
func (g *ground) day(day float64) { g.set(at(day)) }

// print is a new article that an outlet publishes now.
func (g *ground) print(outlet string, parts ...any) bot.Article {
	g.n++
	return bot.Article{
		Outlet: outlet, URL: fmt.Sprintf("https://%s.example/%d", bot.Slug(outlet), g.n),
		Title: fmt.Sprintf("Artikel %d von %s", g.n, outlet), Text: script(uniqueProse(g.n), parts...),
		PublishedAt: g.now(), ReadAt: g.now(),
	}
}

func (g *ground) ingest(list ...bot.Article) bot.Ingested {
	g.t.Helper()
	return g.batch(bot.Batch{Articles: list})
}

func (g *ground) batch(b bot.Batch) bot.Ingested {
	g.t.Helper()
	sum, err := g.eng.Ingest(g.t.Context(), b)
	if err != nil {
		g.t.Fatal(err)
	}
	return sum
}

// expand takes all fan-outs to their end.
func (g *ground) expand() {
	g.t.Helper()
	for done := false; !done; {
		var err error
		if done, err = g.eng.Expand(g.t.Context()); err != nil {
			g.t.Fatal(err)
		}
	}
}

func (g *ground) subscribe(chat string, s bot.Subscription) {
	g.t.Helper()
	s.Chat = console(chat)
	if s.Since.IsZero() {
		s.Since = at(-1)
	}
	g.update(func(tx bot.Tx) error {
		if _, err := tx.Chat(s.Chat); err != nil {
			if err := tx.PutChat(bot.Chat{Ref: s.Chat, Kind: bot.PrivateChat, Created: s.Since}); err != nil {
				return err
			}
		}
		return tx.PutSubscription(s)
	})
}

func console(chat string) bot.ChatRef { return bot.ChatRef{Platform: "console", Chat: chat} }

func (g *ground) update(fn func(bot.Tx) error) {
	g.t.Helper()
	if err := g.store.Update(g.t.Context(), fn); err != nil {
		g.t.Fatal(err)
	}
}

func (g *ground) view(fn func(bot.ReadTx) error) {
	g.t.Helper()
	if err := g.store.View(g.t.Context(), fn); err != nil {
		g.t.Fatal(err)
	}
}

// story is the newest story of a key.
func (g *ground) story(coach, club string, m bot.Matter) bot.Story {
	g.t.Helper()
	var list []bot.Story
	g.view(func(tx bot.ReadTx) (err error) {
		list, err = tx.StoriesByKey(bot.StoryKey{Club: bot.ClubID(club), Coach: bot.CoachID(bot.Slug(coach)), Matter: m})
		return err
	})
	if len(list) == 0 {
		g.t.Fatalf("no story about %s at %s", coach, club)
	}
	return list[0]
}

// settle takes what is due and settles it as sent, like a dispatcher whose
// platform always works; it returns what it took, in order.
func (g *ground) settle() []bot.Delivery {
	g.t.Helper()
	var all []bot.Delivery
	for {
		list, err := g.store.Claim(g.t.Context(), g.now(), time.Minute, 100)
		if err != nil {
			g.t.Fatal(err)
		}
		if len(list) == 0 {
			return all
		}
		for _, d := range list {
			g.n++
			o := bot.Outcome{State: bot.Sent, Message: bot.MessageID(strconv.Itoa(g.n))}
			if d.Kind == bot.DeliverEdit || d.Kind == bot.DeliverRetract {
				o.Message = ""
			}
			if err := g.store.Settle(g.t.Context(), d.ID, o); err != nil {
				g.t.Fatal(err)
			}
			all = append(all, d)
		}
	}
}

// told is settle's result in short, by chat.
func told(list []bot.Delivery) map[string][]string {
	m := map[string][]string{}
	for _, d := range list {
		m[d.Chat.Chat] = append(m[d.Chat.Chat], fmt.Sprintf("%s %s", d.Kind, d.Stage))
	}
	return m
}

func ev(t bot.EventType, coach, club string, mods ...func(*bot.Event)) bot.Event {
	e := bot.Event{Type: t, Coach: coach, Club: club, Role: bot.Head, Status: bot.Reported, Fresh: true}
	if t == bot.Link {
		e.Stage = bot.Candidate
	}
	for _, m := range mods {
		m(&e)
	}
	return e
}

func confirmed(e *bot.Event) { e.Status = bot.Confirmed }
func stage(s bot.Stage) func(*bot.Event) {
	return func(e *bot.Event) { e.Stage = s }
}
func by(outlets ...string) func(*bot.Event) { return func(e *bot.Event) { e.Sources = outlets } }

// uniqueProse is a wording of its own, so that the article is nobody's copy.
func uniqueProse(n int) string {
	var b strings.Builder
	for i := range 120 {
		fmt.Fprintf(&b, "wort%dx%d ", n, i)
	}
	return b.String()
}
