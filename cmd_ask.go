package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"karussell/bot"
)

// local is the chat of people at the machine itself.
func local() bot.ChatRef { return bot.ChatRef{Platform: "console", Chat: "local"} }

type askCmd struct {
	DB   string   `help:"The store's file." name:"db" placeholder:"FILE"`
	Lang string   `help:"Language of the answer." enum:"de,en," default:"" placeholder:"de|en"`
	Text []string `arg:"" passthrough:"" name:"command" help:"A command as in a chat: /coach Backhaus"`
}

// Run answers one command: exit 0 answered, 1 failed, 2 wrong usage.
func (c *askCmd) Run(w *world) error {
	return withEngine(w, c.DB, func(d *desk) error {
		request, err := parseCommand(d.engine.Commands(), strings.Join(c.Text, " "))
		if err != nil {
			return usageError{err}
		}
		request.AnswerIn = c.Lang
		answer := d.engine.Respond(w.ctx, request)
		if _, err := fmt.Fprintln(w.stdout, answer.Text()); err != nil {
			return err
		}
		if answer.Tone == bot.ToneProblem {
			return errors.New("the command was not carried out")
		}
		return nil
	})
}

// parseCommand reads "/coach Backhaus" as typed on a command line.
func parseCommand(table []bot.CommandSpec, line string) (bot.Request, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	word = strings.ToLower(strings.TrimPrefix(word, "/"))
	for _, spec := range table {
		if spec.Name == word || slices.Contains(spec.Aliases, word) {
			return bot.Request{
				Chat: local(), Kind: bot.PrivateChat, User: "console:local", CanManage: true,
				Command: spec.Name, Text: strings.TrimSpace(rest),
			}, nil
		}
	}
	names := make([]string, 0, len(table))
	for _, spec := range table {
		if !spec.Hidden && !spec.Owner {
			names = append(names, "/"+spec.Name)
		}
	}
	return bot.Request{}, fmt.Errorf("%q is no command; there are %s", word, strings.Join(names, " "))
}
