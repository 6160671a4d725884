package adaptertest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"karussell/bot"
)

// Responder is a scripted engine: a small command table with fixed answers, and
// a memory of everything it was asked. Safe for concurrent use.
type Responder struct {
	mu       sync.Mutex
	requests []bot.Request
	changes  []bot.ChatChange
	// Answer, when set before Run, replaces the script for requests that it
	// answers with ok.
	Answer func(req bot.Request) (m bot.Message, ok bool)
}

// Actions of the script's buttons.
const (
	ActionFollow bot.Action = "follow:schalke"
	ActionWhy    bot.Action = "why:7"
	ActionMore   bot.Action = "more:2"
	ActionReport bot.Action = "wrong:7"
)

// Labels of the script's buttons.
const (
	LabelFollow = "Schalke folgen"
	LabelWhy    = "Warum?"
	LabelMore   = "Mehr"
	LabelReport = "Falsch?"
)

// Commands is the script's table.
func (*Responder) Commands() []bot.CommandSpec {
	both := func(de, en string) map[string]string { return map[string]string{"de": de, "en": en} }
	return []bot.CommandSpec{
		{
			Name: "coach", Aliases: []string{"trainer"}, Local: both("trainer", "coach"),
			About: both("Was über einen Trainer bekannt ist", "What is known about a coach"),
			Options: []bot.OptionSpec{{
				Name: "name", Local: both("name", "name"), Required: true, Complete: true,
				About: both("Name des Trainers", "The coach's name"),
			}},
		},
		{
			Name: "subscribe", Aliases: []string{"folgen"}, Local: both("folgen", "subscribe"),
			About:  both("Einem Verein folgen", "Follow a club"),
			Manage: true,
			Options: []bot.OptionSpec{
				{Name: "topic", Local: both("thema", "topic"), About: both("Verein, Trainer oder Liga", "Club, coach or league"), Required: true, Complete: true},
				{Name: "minimum", Local: both("sicherheit", "minimum"), About: both("Wie sicher", "How certain"), Choices: []bot.ChoiceSpec{
					{Value: "all", Label: both("alles", "everything")},
					{Value: "official", Label: both("nur Offizielles", "official only")},
				}},
			},
		},
		{Name: "help", Aliases: []string{"hilfe"}, Local: both("hilfe", "help"), About: both("Was ich kann", "What I can do")},
		{Name: "start", About: both("Los geht es", "Get started")},
		{Name: "settings", Local: both("einstellungen", "settings"), About: both("Einstellungen", "Settings"), Private: true},
		{Name: "secret", About: both("Nur für den Betreiber", "For the operator only"), Owner: true, Hidden: true},
	}
}

// Respond answers by the script and remembers the request.
func (r *Responder) Respond(_ context.Context, req bot.Request) bot.Message {
	r.mu.Lock()
	r.requests = append(r.requests, req)
	answer := r.Answer
	r.mu.Unlock()
	if answer != nil {
		if m, ok := answer(req); ok {
			return m
		}
	}
	return script(req)
}

// ArgOf reads an option however the platform hands it over: by name or, where
// commands are typed, from the rest of the line.
func ArgOf(req bot.Request, name string) string {
	if v := req.Args[name]; v != "" {
		return v
	}
	return strings.TrimSpace(req.Text)
}

func script(req bot.Request) bot.Message {
	plain := func(s string) []bot.Block { return []bot.Block{{Spans: []bot.TextSpan{{Text: s}}}} }
	switch {
	case req.Action == ActionFollow:
		return bot.Message{Title: "Du folgst jetzt Schalke", Replace: true}
	case req.Action == ActionWhy:
		return bot.Message{Title: "Darum", Blocks: plain("Weil du Schalke folgst."), Private: true}
	case req.Action == ActionMore:
		return bot.Message{Title: "Seite 2", Blocks: plain("Noch mehr."), Replace: true}
	case req.Action == ActionReport && len(req.Values) > 0:
		return bot.Message{Title: "Danke für den Hinweis", Blocks: plain(req.Values["why"])}
	case req.Action == ActionReport:
		return bot.Message{Title: "Was ist falsch?", Form: &bot.Form{
			Action: ActionReport, Title: "Was ist falsch?",
			Inputs: []bot.Input{{Name: "why", Label: "Grund", Required: true, Max: 200}},
		}}
	case req.Action != "":
		return bot.Message{Title: "Unbekannter Knopf", Private: true}
	}
	switch req.Command {
	case "coach":
		return bot.Message{
			Title: "Trainer " + ArgOf(req, "name"), Blocks: plain("Cheftrainer in Aachen."),
			Fields: []bot.Field{{Label: "Vertrag bis", Value: []bot.TextSpan{{Text: "2027"}}, Inline: true}},
			Footer: "WAZ, 25.09.2024",
			Buttons: [][]bot.Button{
				{{Label: LabelFollow, Action: ActionFollow, Kind: bot.ButtonPrimary}, {Label: LabelWhy, Action: ActionWhy}},
				{{Label: LabelMore, Action: ActionMore}, {Label: LabelReport, Action: ActionReport}},
			},
		}
	case "subscribe":
		return bot.Message{Title: "Abonniert", Blocks: plain(ArgOf(req, "topic"))}
	case "settings":
		return bot.Message{Title: "Einstellungen", Blocks: plain("Sprache: Deutsch"), Private: true}
	case "help", "start":
		return bot.Message{Title: "Karussell hilft", Blocks: plain("Frag nach einem Trainer.")}
	}
	return bot.Message{Title: "Das kenne ich nicht: " + req.Command, Tone: bot.ToneProblem}
}

// Suggest offers three coaches that begin with the query's first letter.
func (r *Responder) Suggest(_ context.Context, req bot.Request) []bot.Choice {
	r.mu.Lock()
	r.requests = append(r.requests, req)
	r.mu.Unlock()
	var out []bot.Choice
	for _, name := range []string{"Heiner Backhaus", "Helge Hohl", "Hannes Wolf", "Karel Geraerts"} {
		if req.Query == "" || strings.HasPrefix(strings.ToLower(name), strings.ToLower(req.Query[:1])) {
			out = append(out, bot.Choice{Label: name, Value: name, Hint: "Trainer", Command: "coach"})
		}
	}
	return out
}

// Changed remembers the change.
func (r *Responder) Changed(_ context.Context, c bot.ChatChange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, c)
}

// Requests lists everything asked so far, suggestions included.
func (r *Responder) Requests() []bot.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Changes lists the chat changes so far.
func (r *Responder) Changes() []bot.ChatChange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.changes)
}
