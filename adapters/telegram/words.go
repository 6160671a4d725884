package telegram

import (
	"strings"

	"karussell/bot"
)

// words finds the command that a typed word means.
type words struct {
	specs map[string]bot.CommandSpec // by every accepted word, lower case
}

func newWords(specs []bot.CommandSpec) words {
	w := words{specs: map[string]bot.CommandSpec{}}
	add := func(word string, s bot.CommandSpec) {
		word = strings.ToLower(word)
		if _, taken := w.specs[word]; !taken && word != "" {
			w.specs[word] = s
		}
	}
	for _, s := range specs { // canonical names win over aliases and translations
		add(s.Name, s)
	}
	for _, s := range specs {
		for _, alias := range s.Aliases {
			add(alias, s)
		}
		for _, local := range s.Local {
			add(local, s)
		}
	}
	return w
}

// find is the command for a word; ok is false when no table knows it.
func (w words) find(word string) (bot.CommandSpec, bool) {
	s, ok := w.specs[strings.ToLower(word)]
	return s, ok
}

// typed is a command as typed: "/coach@KarussellBot Backhaus".
type typed struct {
	word string
	to   string // bot name after "@"; empty for none
	rest string
}

// parseCommand reads a command from the start of a text. Telegram marks only
// ASCII commands as such; "/übersicht" is taken for one as well.
func parseCommand(text string) (typed, bool) {
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return typed{}, false
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\u00A0' })
	if end < 0 {
		end = len(rest)
	}
	head, tail := rest[:end], strings.TrimSpace(rest[end:])
	word, to, _ := strings.Cut(head, "@")
	if word == "" || strings.Contains(word, "/") {
		return typed{}, false
	}
	return typed{word: word, to: to, rest: tail}, true
}
