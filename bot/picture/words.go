package picture

import (
	"fmt"
	"strings"
	"time"

	"karussell/bot"
)

// words are the few that stand in pictures. They live here rather than in the
// phrases, because a picture must be drawable without an engine; a test of the
// whole program holds stages and evidence to the phrases.
type words struct {
	open, now, since, from, until, born, contract, more, sources                      string
	candidates, before, vacant, vacantNow, interimNow, pressure, nobody, head, caretk string
	assistant, youth, player                                                          string
	several, one, hearsay, official                                                   string
	stages                                                                            map[bot.StoryStage]string
	german                                                                            bool
}

func wordsOf(language string) words {
	if strings.HasPrefix(language, "en") {
		return words{
			open: "open", now: "now", since: "since %s", from: "from %s", until: "until %s", born: "born %d",
			contract: "contract until %s", more: "%d more", sources: "Karussell, from press reports", candidates: "Candidates", before: "On the bench",
			vacant: "vacant since %s", vacantNow: "vacant", interimNow: "caretaker: %s", pressure: "under pressure: %s", nobody: "no names yet",
			head: "head coach", caretk: "caretaker", assistant: "assistant", youth: "youth", player: "player",
			several: "%d sources", one: "one source", hearsay: "hearsay only", official: "official",
			stages: map[bot.StoryStage]string{
				bot.StageCandidate: "linked", bot.StageInterest: "interest", bot.StageTalks: "talks", bot.StageAgreed: "agreed", bot.StageOfficial: "official",
			},
		}
	}
	return words{
		german: true,
		open:   "offen", now: "jetzt", since: "seit %s", from: "ab %s", until: "bis %s", born: "Jahrgang %d",
		contract: "Vertrag bis %s", more: "%d weitere", sources: "Karussell, nach Presseberichten", candidates: "Kandidaten", before: "Auf der Bank",
		vacant: "vakant seit %s", vacantNow: "vakant", interimNow: "Interimstrainer: %s", pressure: "unter Druck: %s", nobody: "noch keine Namen",
		head: "Trainer", caretk: "Interimstrainer", assistant: "Co-Trainer", youth: "Nachwuchs", player: "Spieler",
		several: "%d Quellen", one: "eine Quelle", hearsay: "nur Hörensagen", official: "offiziell",
		stages: map[bot.StoryStage]string{
			bot.StageCandidate: "im Gespräch", bot.StageInterest: "Interesse", bot.StageTalks: "Verhandlungen", bot.StageAgreed: "Einigung", bot.StageOfficial: "offiziell",
		},
	}
}

func (w words) role(r bot.Role) string {
	switch r {
	case bot.Interim:
		return w.caretk
	case bot.Assistant:
		return w.assistant
	case bot.Youth:
		return w.youth
	case bot.Player:
		return w.player
	case bot.Head:
		return w.head
	}
	return w.head
}

func (w words) stage(s bot.StoryStage) string { return w.stages[s] }

func (w words) evidence(e bot.Evidence, outlets int) string {
	switch e {
	case bot.OfficialEvi:
		return w.official
	case bot.Several:
		return fmt.Sprintf(w.several, max(outlets, 2))
	case bot.OneOutlet:
		return w.one
	case bot.Hearsay:
		return w.hearsay
	}
	return w.hearsay
}

// side is the club with the team, where it is not the first one.
func (w words) side(club string, t bot.Team) string {
	switch {
	case t == bot.SecondTeam:
		return club + " II"
	case t == bot.YouthTeam && w.german:
		return club + " (Nachwuchs)"
	case t == bot.YouthTeam:
		return club + " (youth)"
	case t == bot.WomenTeam && w.german:
		return club + " (Frauen)"
	case t == bot.WomenTeam:
		return club + " (women)"
	}
	return club
}

func (w words) date(d bot.Date) string {
	switch {
	case len(d) == len("2006-01-02") && w.german:
		return fmt.Sprintf("%s.%s.%s", d[8:], d[5:7], d[:4])
	case len(d) == len("2006-01") && w.german:
		return fmt.Sprintf("%s/%s", d[5:], d[:4])
	}
	for layout, english := range map[string]string{time.DateOnly: "2 Jan 2006", "2006-01": "Jan 2006"} {
		if at, err := time.Parse(layout, string(d)); err == nil {
			return at.Format(english)
		}
	}
	return string(d)
}
