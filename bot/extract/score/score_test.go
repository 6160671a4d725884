package score_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
	"karussell/bot/extract/score"
)

// canned answers every article alike.
type canned struct {
	gaz *gazetteer.Gazetteer
	x   bot.Extraction
}

func (c canned) Extract(bot.Article) bot.Extraction { return c.x }
func (c canned) Gazetteer() *gazetteer.Gazetteer    { return c.gaz }

func TestCounting(t *testing.T) {
	gaz, err := gazetteer.Load()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("articles/a.txt", "text")
	write("gold/a.json", `{"language": "de", "events": [
		{"type": "departure", "coach": "Jens Müster", "club": "FC Schalke 04", "manner": "dismissed", "status": "confirmed", "fresh": true},
		{"type": "link", "coach": "Otto Muster", "club": "Schalke 04", "stage": "talks", "status": "reported", "fresh": null},
		{"type": "link", "coach": "Karl Muster", "club": "Schalke 04", "stage": "talks", "status": "reported", "fresh": true},
		{"type": "appointment", "coach": "Jens Müster", "club": "FC Schalke 04", "status": "confirmed", "fresh": false}],
		"coaches": [{"name": "Jens Müster", "stations": [{"club": "Schalke", "role": "head", "from": "2022", "to": "2024-05"}]}]}`)
	write("dev/b.txt", "quiet")
	write("dev/b.json", `{"language": "en", "events": [], "coaches": []}`)
	write("dev/no-gold.txt", "left out")

	x := canned{gaz, bot.Extraction{
		Events: []bot.Event{
			{Type: bot.Departure, Coach: "JENS MUESTER", Club: "Schalke 04", Role: bot.Head, Manner: bot.Resigned, Status: bot.Confirmed, Fresh: true},
			{Type: bot.Link, Coach: "Otto Muster", Club: "FC Schalke 04", Role: bot.Head, Status: bot.Reported, Fresh: true},
			{Type: bot.Appointment, Coach: "Jens Muester", Club: "FC Schalke 04", Role: bot.Head, Status: bot.Confirmed, Fresh: true},
			{Type: bot.Pressure, Coach: "Old News", Club: "FC Schalke 04", Fresh: false},
		},
		Coaches: []bot.CoachFacts{{Name: "Jens Müster", Stations: []bot.StationFacts{
			{Club: "FC Schalke 04", Role: bot.Head, From: "2022-07", To: "2024"}, {Club: "Werder Bremen", Role: bot.Head},
		}}},
	}}
	r, err := score.Run(context.Background(), x, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	// Article a: one right, the history wrong, Karl missed, Otto neither. Article
	// b holds no event: three false alerts.
	if r.All.Articles != 2 || r.All.Events != (score.Counts{Right: 1, Wrong: 4, Missed: 1}) {
		t.Errorf("%+v", r.All)
	}
	if r.All.Quiet != 1 || r.All.FalseAlerts() != 300 {
		t.Errorf("%d quiet, %.0f false alerts per 100", r.All.Quiet, r.All.FalseAlerts())
	}
	if r.All.Manner != (score.Share{Right: 0, Of: 1}) || r.All.Status != (score.Share{Right: 1, Of: 1}) {
		t.Errorf("manner %+v, status %+v", r.All.Manner, r.All.Status)
	}
	if r.All.Stations != (score.Counts{Right: 1, Wrong: 3}) || r.All.Years != (score.Share{Right: 1, Of: 1}) {
		t.Errorf("stations %+v, years %+v", r.All.Stations, r.All.Years)
	}
	var out bytes.Buffer
	if err := r.Write(&out, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"missing", "Karl Muster", "departure", "de: 1 articles", "en: 1 articles"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if raw, err := r.JSON(); err != nil || !bytes.Contains(raw, []byte(`"false_alerts": 3`)) {
		t.Errorf("%v %s", err, raw)
	}
}

func TestBrokenGoldIsNamed(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"x.txt": "text", "x.json": "{"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := score.Load(dir); err == nil || !strings.Contains(err.Error(), "gold of x") {
		t.Errorf("%v", err)
	}
	if _, err := score.Load(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("no error for a missing folder")
	}
}
