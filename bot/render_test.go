package bot_test

import (
	"testing"
	"time"

	"karussell/bot"
)

// TestTheWaitForAnAlertCountsFromPublication: the metric of the delay begins
// where nobody but us makes the chat wait.
func TestTheWaitForAnAlertCountsFromPublication(t *testing.T) {
	read := time.Date(2026, 3, 10, 20, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		article bot.Article
		quiet   bot.QuietHours // Berlin's clock, an hour ahead
		want    time.Time
	}{
		"dated to the minute": {article: bot.Article{PublishedAt: read.Add(-3 * time.Minute)}, want: read.Add(-3 * time.Minute)},
		"dated to the day":    {article: bot.Article{Published: "2026-03-10"}},
		"dated yesterday":     {article: bot.Article{Published: "2026-03-09"}},
		"undated":             {},
		"in quiet hours":      {article: bot.Article{PublishedAt: read.Add(-3 * time.Minute)}, quiet: bot.QuietHours{From: 20 * 60, To: 21*60 + 30}, want: read.Add(30 * time.Minute)},
		"before quiet hours":  {article: bot.Article{PublishedAt: read.Add(-3 * time.Minute)}, quiet: bot.QuietHours{From: 22 * 60, To: 7 * 60}, want: read.Add(-3 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			eng := crowd(t, 10)
			eng.Now = func() time.Time { return read }
			eng.Respond(t.Context(), bot.Request{Chat: console("me"), Kind: bot.PrivateChat, Command: "subscribe", Text: "Schalke"})
			a := c.article
			a.Outlet, a.Title, a.URL, a.ReadAt = "WAZ", "Interesse", "https://waz.example/1", read
			a.Text = `{"type":"link","coach":"Heiner Backhaus","club":"FC Schalke 04","stage":"interest","status":"reported","role":"head","fresh":true,"Quote":"x"}`
			if _, err := eng.Ingest(t.Context(), bot.Batch{Articles: []bot.Article{a}}); err != nil {
				t.Fatal(err)
			}
			err := eng.Store.Update(t.Context(), func(tx bot.Tx) error {
				chat, err := tx.Chat(console("me"))
				if err != nil {
					return err
				}
				chat.Quiet = c.quiet
				return tx.PutChat(chat)
			})
			if err != nil {
				t.Fatal(err)
			}
			d := bot.Delivery{ID: "x", Chat: console("me"), Kind: bot.DeliverPost, Story: 1, Revision: 1, Stage: bot.StageInterest, Created: read}
			eng.Now = func() time.Time { return read.Add(12 * time.Hour) } // whenever it is quiet no more
			r, err := eng.Render(t.Context(), d)
			if err != nil || r.Skip != "" || !r.Since.Equal(c.want) {
				t.Errorf("since %s, want %s (%v, %q)", r.Since, c.want, err, r.Skip)
			}
		})
	}
}

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
