package board

import (
	"fmt"
	"strings"
	"time"

	"karussell/bot"
)

// words are the board's own texts. What stories say comes from the engine.
type words struct {
	Language, Other, OtherName, Suffix                                         string
	Name, Lead, Vacancies, Latest, Nothing, Search, SearchFor                  string
	Club, Coach, Contract, Born, Career, Candidates, State                     string
	Since, Until, Missing, MissingText, Broken, Skip, Feeds                    string
	OtherLeague, Imprint, Years, Role, Source, Calm                            string
	Official, Everything, Embed, Calendar, Reports, Home, ContractEnds, NoHits string
	vacant, vacantNow, interim, pressure, inOffice                             string
	roles                                                                      map[bot.Role]string
}

func wordsOf(language string) words {
	if language == "en" {
		return english()
	}
	return german()
}

//nolint:dupl // a language is a list of the same keys
func german() words {
	return words{
		Language: "de", Other: "en", OtherName: "English", Suffix: "?lang=de",
		Name: "Trainerkarussell", Lead: "Freie Trainerbänke, Kandidaten und wer wackelt: nach Presseberichten, mit Quelle und Sicherheit.",
		Vacancies: "Freie Stellen und wackelnde Stühle", Latest: "Zuletzt geändert", Nothing: "Zurzeit nichts.",
		Search: "Suche", SearchFor: "Verein oder Trainer", Club: "Verein", Coach: "Trainer", Contract: "Vertrag bis", Born: "Jahrgang",
		Career: "Stationen", Candidates: "Kandidaten", State: "Lage", Since: "seit", Until: "bis",
		Missing: "Seite nicht gefunden", MissingText: "Diese Seite gibt es nicht. Die Suche hilft weiter.",
		Broken: "Die Seite lässt sich gerade nicht erzeugen. Bitte gleich noch einmal versuchen.",
		Skip:   "Zum Inhalt", Feeds: "Als Feed", NoHits: "Nichts gefunden. Ein Verein oder der Nachname eines Trainers genügt.", OtherLeague: "Weitere", Years: "Zeit", Role: "Rolle", Source: "Quelle",
		Imprint: "Karussell liest Sportnachrichten und versteht, was sie über Trainer sagen. Artikel gehören ihren Verlagen.",
		Calm:    "Hier ist es ruhig: keine freie Stelle, kein wackelnder Stuhl.", Calendar: "Vertragsenden als Kalender", Official: "Nur Offizielles", Everything: "Alles", Embed: "Karte zum Einbetten", Reports: "Quellen", Home: "Zur Übersicht",
		ContractEnds: "Vertragsende", vacant: "vakant seit %s", vacantNow: "vakant", interim: "vakant, Interimstrainer: %s", pressure: "unter Druck: %s", inOffice: "im Amt: %s",
		roles: map[bot.Role]string{bot.Head: "Trainer", bot.Interim: "Interimstrainer", bot.Assistant: "Co-Trainer", bot.Youth: "Nachwuchstrainer", bot.Player: "Spieler"},
	}
}

//nolint:dupl // as above
func english() words {
	return words{
		Language: "en", Other: "de", OtherName: "Deutsch", Suffix: "?lang=en",
		Name: "Coaching carousel", Lead: "Vacant benches, candidates and coaches under pressure: from press reports, with source and certainty.",
		Vacancies: "Vacancies and coaches under pressure", Latest: "Latest changes", Nothing: "Nothing at present.",
		Search: "Search", SearchFor: "Club or coach", Club: "Club", Coach: "Coach", Contract: "Contract until", Born: "Born",
		Career: "Career", Candidates: "Candidates", State: "State", Since: "since", Until: "until",
		Missing: "Page not found", MissingText: "There is no such page. Try the search.",
		Broken: "This page cannot be made just now. Please try again in a moment.",
		Skip:   "Skip to content", Feeds: "As a feed", NoHits: "Nothing found. A club or a coach's last name is enough.", OtherLeague: "Others", Years: "Years", Role: "Role", Source: "Source",
		Imprint: "Karussell reads sports news and understands what it says about coaches. Articles belong to their publishers.",
		Calm:    "All quiet: no vacancy, nobody under pressure.", Calendar: "Contract ends as a calendar", Official: "Official only", Everything: "Everything", Embed: "Card for other pages", Reports: "Sources", Home: "Overview",
		ContractEnds: "contract ends", vacant: "vacant since %s", vacantNow: "vacant", interim: "vacant, caretaker: %s", pressure: "under pressure: %s", inOffice: "in office: %s",
		roles: map[bot.Role]string{bot.Head: "head coach", bot.Interim: "caretaker", bot.Assistant: "assistant", bot.Youth: "youth coach", bot.Player: "player"},
	}
}

func (w words) role(r bot.Role) string { return w.roles[r] }

// post is a station's role, with the team where it is not the first one.
func (w words) post(st *bot.Station) string {
	german := w.Language == "de"
	team := ""
	switch {
	case st.Team == bot.SecondTeam:
		team = " (II)"
	case st.Team == bot.YouthTeam && german:
		team = " (Nachwuchs)"
	case st.Team == bot.YouthTeam:
		team = " (youth)"
	case st.Team == bot.WomenTeam && german:
		team = " (Frauen)"
	case st.Team == bot.WomenTeam:
		team = " (women)"
	}
	return w.role(st.Role) + team
}

func (w words) state(r *bot.CarouselRow) string {
	switch {
	case r.Vacant && r.Interim != "":
		return fmt.Sprintf(w.interim, r.Interim)
	case r.Vacant && r.Since.IsZero():
		return w.vacantNow
	case r.Vacant:
		return fmt.Sprintf(w.vacant, w.date(r.Since))
	case r.Pressure != nil:
		return fmt.Sprintf(w.pressure, r.Pressure.CoachName)
	case r.Coach != "":
		return fmt.Sprintf(w.inOffice, r.Coach)
	}
	return ""
}

// date writes a date as precisely as it is known.
func (w words) date(d bot.Date) string {
	if w.Language != "de" {
		for layout, english := range map[string]string{time.DateOnly: "2 Jan 2006", "2006-01": "Jan 2006"} {
			if at, err := time.Parse(layout, string(d)); err == nil {
				return at.Format(english)
			}
		}
		return string(d)
	}
	parts := strings.Split(string(d), "-")
	switch len(parts) {
	case 3:
		return parts[2] + "." + parts[1] + "." + parts[0]
	case 2:
		return parts[1] + "/" + parts[0]
	}
	return string(d)
}

// moment is a time of day in Berlin.
func (w words) moment(t time.Time) string {
	if zone, err := time.LoadLocation("Europe/Berlin"); err == nil {
		t = t.In(zone)
	}
	if w.Language == "de" {
		return t.Format("02.01.2006, 15:04 Uhr")
	}
	return t.Format("2 Jan 2006, 15:04")
}
