package bot_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"karussell/bot"
)

// at is a day of the season, at noon.
func at(day float64) time.Time {
	return time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(day * 24 * float64(time.Hour)))
}

func report(day float64, outlet string, ev bot.Event) bot.Report {
	return bot.Report{
		Source: bot.Source{Article: bot.ArticleID(day*100) + 1, Outlet: outlet}, Origin: outlet, At: at(day), Event: ev,
	}
}

func link(s bot.Stage) bot.Event {
	return bot.Event{Type: bot.Link, Coach: "Heiner Backhaus", Stage: s, Status: bot.Reported, Fresh: true}
}

func event(t bot.EventType, s bot.Status) bot.Event {
	return bot.Event{Type: t, Coach: "Heiner Backhaus", Status: s, Fresh: true}
}

func pressure(s bot.Stance, st bot.Status) bot.Event {
	return bot.Event{Type: bot.Pressure, Coach: "Karel Geraerts", Stance: s, Status: st, Fresh: true}
}

func TestFoldFollowsTheTable(t *testing.T) {
	other := bot.Closing{What: bot.ClosedByOther, Winner: "Kees van Wonderen"}
	closedAt := func(day float64) []bot.Closing {
		c := other
		c.At = at(day)
		return []bot.Closing{c}
	}
	tests := []struct {
		name     string
		reports  []bot.Report
		closings []bot.Closing
		now      float64
		stage    bot.StoryStage
		evidence bot.Evidence
		because  bot.StageCause
	}{
		{"a name is a candidate", []bot.Report{report(1, "WAZ", link(bot.Candidate))}, nil, 2, bot.StageCandidate, bot.OneOutlet, ""},
		{"a link without outlet is hearsay", []bot.Report{report(1, "", link(bot.Candidate))}, nil, 2, bot.StageCandidate, bot.Hearsay, ""},
		{
			"a second outlet confirms",
			[]bot.Report{report(1, "WAZ", link(bot.Candidate)), report(2, "kicker", link(bot.Candidate))},
			nil, 3, bot.StageCandidate, bot.Several, "",
		},
		{
			"the same outlet twice is one",
			[]bot.Report{report(1, "WAZ", link(bot.Candidate)), report(2, "WAZ", link(bot.Candidate))},
			nil, 3, bot.StageCandidate, bot.OneOutlet, "",
		},
		{
			"agency copy adds no evidence",
			[]bot.Report{report(1, "WAZ", link(bot.Candidate)), func() bot.Report {
				r := report(2, "kicker", link(bot.Candidate))
				r.Carrier = true
				return r
			}()},
			nil, 3, bot.StageCandidate, bot.OneOutlet, "",
		},
		{
			"evidence is for the stage",
			[]bot.Report{report(1, "WAZ", link(bot.Candidate)), report(2, "kicker", link(bot.Candidate)), report(3, "Sky", link(bot.Talks))},
			nil, 4, bot.StageTalks, bot.OneOutlet, "",
		},
		{
			"a lower stage does not lower",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(2, "kicker", link(bot.Candidate))},
			nil, 3, bot.StageTalks, bot.OneOutlet, "",
		},
		{"a reported appointment is agreed at most", []bot.Report{report(1, "Bild", event(bot.Appointment, bot.Reported))}, nil, 2, bot.StageAgreed, bot.OneOutlet, ""},
		{"an unmarked appointment is agreed at most", []bot.Report{report(1, "Bild", event(bot.Appointment, ""))}, nil, 2, bot.StageAgreed, bot.OneOutlet, ""},
		{"a confirmed appointment is official", []bot.Report{report(1, "kicker", event(bot.Appointment, bot.Confirmed))}, nil, 2, bot.StageOfficial, bot.OfficialEvi, ""},
		{
			"official stays official",
			[]bot.Report{
				report(1, "kicker", event(bot.Appointment, bot.Confirmed)), report(2, "WAZ", link(bot.Candidate)),
				report(3, "Bild", event(bot.Rejection, bot.Reported)),
			},
			nil, 40, bot.StageOfficial, bot.OfficialEvi, "",
		},
		{
			"the club denies",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(2, "kicker", event(bot.Rejection, bot.Confirmed))},
			nil, 3, bot.StageOff, bot.OfficialEvi, bot.CauseDenied,
		},
		{
			"the coach declines",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(2, "kicker", bot.Event{
				Type: bot.Rejection, Coach: "Heiner Backhaus", Status: bot.Confirmed, Sources: []string{"Backhaus"}, Fresh: true,
			})},
			nil, 3, bot.StageOff, bot.OfficialEvi, bot.CauseDeclined,
		},
		{
			"one outlet against another stands beside it",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(2, "Bild", event(bot.Rejection, bot.Reported))},
			nil, 3, bot.StageTalks, bot.OneOutlet, "",
		},
		{
			"two against one end it",
			[]bot.Report{
				report(1, "WAZ", link(bot.Talks)), report(2, "Bild", event(bot.Rejection, bot.Reported)),
				report(2.5, "Sky", event(bot.Rejection, bot.Reported)),
			},
			nil, 3, bot.StageOff, bot.Several, bot.CauseDenied,
		},
		{
			"an outlet takes its own report back",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(2, "WAZ", event(bot.Rejection, bot.Reported))},
			nil, 3, bot.StageOff, bot.OneOutlet, bot.CauseDenied,
		},
		{
			"old talk after a denial is an echo",
			[]bot.Report{
				report(1, "WAZ", link(bot.Talks)), report(2, "kicker", event(bot.Rejection, bot.Confirmed)),
				report(3, "Bild", link(bot.Candidate)),
			},
			nil, 4, bot.StageOff, bot.OfficialEvi, bot.CauseDenied,
		},
		{
			"more than before reopens at once",
			[]bot.Report{
				report(1, "WAZ", link(bot.Interest)), report(2, "kicker", event(bot.Rejection, bot.Confirmed)),
				report(3, "Bild", link(bot.Agreed)),
			},
			nil, 4, bot.StageAgreed, bot.OneOutlet, "",
		},
		{
			"later talk reopens",
			[]bot.Report{
				report(1, "WAZ", link(bot.Talks)), report(2, "kicker", event(bot.Rejection, bot.Confirmed)),
				report(8, "Bild", link(bot.Candidate)),
			},
			nil, 9, bot.StageCandidate, bot.OneOutlet, "",
		},
		{"21 days of silence", []bot.Report{report(1, "WAZ", link(bot.Talks))}, nil, 22, bot.StageCold, bot.OneOutlet, bot.CauseSilence},
		{"not yet cold", []bot.Report{report(1, "WAZ", link(bot.Talks))}, nil, 21.9, bot.StageTalks, bot.OneOutlet, ""},
		{
			"revival begins anew",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(40, "kicker", link(bot.Candidate))},
			nil, 41, bot.StageCandidate, bot.OneOutlet, "",
		},
		{"another coach comes", []bot.Report{report(1, "WAZ", link(bot.Talks))}, closedAt(2), 3, bot.StageClosed, bot.OneOutlet, bot.CauseOther},
		{
			"talk about the loser is an echo, however high",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(3, "Bild", link(bot.Agreed))},
			closedAt(2), 4, bot.StageClosed, bot.Several, bot.CauseOther,
		},
		{"a late echo is born closed", []bot.Report{report(3, "Bild", link(bot.Candidate))}, closedAt(2), 4, bot.StageClosed, bot.OneOutlet, bot.CauseOther},
		{"the next vacancy opens it again", []bot.Report{report(1, "WAZ", link(bot.Talks)), report(60, "Bild", link(bot.Candidate))}, closedAt(2), 61, bot.StageCandidate, bot.OneOutlet, ""},
		{"pressure in the article's own voice is one outlet", []bot.Report{report(1, "WAZ", pressure(bot.AtRisk, bot.Confirmed))}, nil, 2, bot.StagePressure, bot.OneOutlet, ""},
		{
			"backed, and at risk again",
			[]bot.Report{
				report(1, "WAZ", pressure(bot.AtRisk, bot.Reported)), report(2, "WAZ", pressure(bot.Backed, bot.Confirmed)),
				report(5, "Bild", pressure(bot.AtRisk, bot.Reported)),
			},
			nil, 6, bot.StagePressure, bot.OneOutlet, "",
		},
		{
			"the departure ends the pressure",
			[]bot.Report{report(1, "WAZ", pressure(bot.AtRisk, bot.Reported)), report(5, "kicker", event(bot.Departure, bot.Confirmed))},
			nil, 6, bot.StageOfficial, bot.OfficialEvi, "",
		},
		{
			"an extension falls with the departure",
			[]bot.Report{report(1, "WAZ", event(bot.Extension, bot.Reported))},
			[]bot.Closing{{At: at(2), What: bot.ClosedByDeparture}},
			3, bot.StageClosed, bot.OneOutlet, bot.CauseDeparted,
		},
		{
			"the owner withdraws",
			[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(2.5, "kicker", link(bot.Agreed))},
			[]bot.Closing{{At: at(2), What: bot.RetractedByOwner, Words: "Ente"}},
			3, bot.StageWithdrawn, bot.Several, bot.CauseOwner,
		},
		{
			"the owner sets a stage, reports go on",
			[]bot.Report{report(1, "WAZ", link(bot.Candidate)), report(3, "kicker", link(bot.Agreed))},
			[]bot.Closing{{At: at(2), What: bot.RuledByOwner, Stage: bot.StageTalks}},
			4, bot.StageAgreed, bot.OneOutlet, "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := bot.FoldReports(tt.reports, tt.closings, at(tt.now))
			if got.Stage != tt.stage || got.Evidence != tt.evidence || got.Because != tt.because {
				t.Errorf("stands at %s, %s, %q; want %s, %s, %q",
					got.Stage, got.Evidence, got.Because, tt.stage, tt.evidence, tt.because)
			}
		})
	}
}

func TestSpells(t *testing.T) {
	role := func(e bot.Event, r bot.Role) bot.Event { e.Role = r; return e }
	official := event(bot.Appointment, bot.Confirmed)
	tests := map[string]struct {
		reports []bot.Report
		want    []int
	}{
		"one":              {[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(170, "Sky", official)}, []int{2}},
		"revived when old": {[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(100, "Sky", link(bot.Talks)), report(190, "Sky", official)}, []int{2, 1}},
		"never silent": {[]bot.Report{
			report(1, "WAZ", link(bot.Talks)), report(100, "Sky", link(bot.Talks)), report(175, "Sky", link(bot.Talks)), report(190, "Sky", official),
		}, []int{4}},
		"after half a year": {[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(182, "Sky", official)}, []int{1, 1}},
		"bridged":           {[]bot.Report{report(1, "WAZ", link(bot.Talks)), report(182, "Sky", official), report(90, "Sky", link(bot.Talks)), report(170, "Sky", link(bot.Talks))}, []int{4}},
		"the caretaker stays for good": {[]bot.Report{
			report(1, "WAZ", role(official, bot.Interim)), report(2, "Sky", official), report(20, "Sky", link(bot.Talks)), report(30, "WAZ", official),
		}, []int{2, 2}},
		"a caretaker is a caretaker": {[]bot.Report{
			report(1, "WAZ", role(official, bot.Interim)), report(20, "Sky", role(official, bot.Interim)),
		}, []int{2}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []int
			for _, s := range bot.Spells(tt.reports) {
				got = append(got, len(s))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("spells of %v reports, want %v", got, tt.want)
			}
		})
	}
}

// TestFoldIgnoresOrder shuffles random sets of reports and closings.
func TestFoldIgnoresOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		reports, closings := randomMatter(r)
		now := at(r.Float64() * 300)
		want := bot.FoldReports(reports, closings, now)
		spells := bot.Spells(reports)
		for range 5 {
			r.Shuffle(len(reports), func(i, j int) { reports[i], reports[j] = reports[j], reports[i] })
			r.Shuffle(len(closings), func(i, j int) { closings[i], closings[j] = closings[j], closings[i] })
			if got := bot.FoldReports(reports, closings, now); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: order changes the story:\n%+v\n%+v", seed, got, want)
			}
			if got := bot.Spells(reports); !reflect.DeepEqual(got, spells) {
				t.Fatalf("seed %d: order changes the spells", seed)
			}
		}
	}
}

// randomMatter draws reports on few instants, so that many coincide.
func randomMatter(r *rand.Rand) ([]bot.Report, []bot.Closing) {
	outlets := []string{"WAZ", "kicker", "Sky", "Bild", ""}
	events := []bot.Event{
		link(bot.Candidate), link(bot.Interest), link(bot.Talks), link(bot.Agreed),
		event(bot.Appointment, bot.Reported), event(bot.Appointment, bot.Confirmed),
		event(bot.Rejection, bot.Reported), event(bot.Rejection, bot.Confirmed),
	}
	reports := make([]bot.Report, 1+r.IntN(9))
	for i := range reports {
		ev := events[r.IntN(len(events))]
		if r.IntN(3) > 0 {
			ev = events[r.IntN(4)]
		}
		reports[i] = report(float64(r.IntN(12)*r.IntN(25)), outlets[r.IntN(len(outlets))], ev)
		reports[i].Source.Article = bot.ArticleID(i + 1)
		reports[i].Carrier = r.IntN(6) == 0
		reports[i].Revoked = r.IntN(8) == 0
	}
	closings := make([]bot.Closing, r.IntN(3))
	kinds := []bot.ClosingKind{bot.ClosedByOther, bot.ClosedElsewhere, bot.ClosedByDeparture, bot.RetractedByOwner, bot.RuledByOwner}
	for i := range closings {
		closings[i] = bot.Closing{
			At: at(float64(r.IntN(200))), What: kinds[r.IntN(len(kinds))],
			Winner: outlets[r.IntN(len(outlets))], Stage: bot.StageTalks,
		}
	}
	return reports, closings
}
