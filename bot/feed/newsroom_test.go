package feed_test

import (
	"testing"

	"karussell/bot"
)

// deaf understands nothing: these tests are about finding articles.
type deaf struct{}

func (deaf) Extract(bot.Article) bot.Extraction { return bot.Extraction{} }

type nowhere struct{}

func (nowhere) Club(bot.ClubID) (bot.Club, bool)          { return bot.Club{}, false }
func (nowhere) ClubNamed(string) (bot.Club, bool)         { return bot.Club{}, false }
func (nowhere) Clubs() []bot.Club                         { return nil }
func (nowhere) League(bot.LeagueID) (bot.League, bool)    { return bot.League{}, false }
func (nowhere) Leagues() []bot.League                     { return nil }
func (nowhere) OutletNamed(string) (o bot.Outlet, k bool) { return o, false }

type mute struct{}

func (mute) Say(_, key string, _ ...any) string { return key }
func (mute) Has(string, string) bool            { return true }
func (mute) Languages() []string                { return []string{"de", "en"} }

// newsroom is a real engine that knows articles from each other and
// understands none.
func newsroom(tb testing.TB, store bot.Store) *bot.Engine {
	tb.Helper()
	e, err := bot.NewEngine(bot.Setup{Store: store, Extractor: deaf{}, Gazetteer: nowhere{}, Phrases: mute{}})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}
