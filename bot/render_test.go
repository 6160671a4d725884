package bot_test

import (
	"testing"

	"karussell/bot"
)

// What one alert costs to render: the outbox does it for every chat.
func BenchmarkRender(b *testing.B) {
	eng := crowd(b, 10)
	eng.Respond(b.Context(), bot.Request{Chat: console("me"), Kind: bot.PrivateChat, Command: "subscribe", Text: "Schalke"})
	_, err := eng.Ingest(b.Context(), bot.Batch{AlertAll: true, Articles: []bot.Article{{
		Outlet: "WAZ", Title: "Interesse", URL: "https://waz.example/1",
		Text: `{"type":"link","coach":"Heiner Backhaus","club":"FC Schalke 04","stage":"interest","status":"reported","role":"head","fresh":true,` +
			`"Quote":"Der FC Schalke 04 hat es auf Heiner Backhaus abgesehen."}`,
	}}})
	if err != nil {
		b.Fatal(err)
	}
	d := bot.Delivery{ID: "x", Chat: console("me"), Kind: bot.DeliverPost, Story: 1, Revision: 1, Stage: bot.StageInterest}
	b.ReportAllocs()
	for b.Loop() {
		r, err := eng.Render(b.Context(), d)
		if err != nil || r.Skip != "" {
			b.Fatal(err, r.Skip)
		}
	}
}
