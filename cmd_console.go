package main

import (
	"karussell/adapters/console"
	"karussell/bot"
)

type consoleCmd struct {
	DB   string `help:"The store's file." name:"db" placeholder:"FILE"`
	Lang string `help:"Language of the console." enum:"de,en" default:"de"`
}

// Run talks to the bot in this terminal; alerts that are due to it are shown
// between the prompts.
func (c *consoleCmd) Run(w *world) error {
	return withEngine(w, c.DB, func(d *desk) error {
		screen, err := console.New(console.Options{
			In: w.stdin, Out: w.stdout, Colour: w.stdoutTerminal, Prompt: w.stdinTerminal, Language: c.Lang, Now: w.now,
		})
		if err != nil {
			return err
		}
		s := service{engine: d.engine, store: d.store, platforms: []bot.Platform{screen}, meter: bot.NoMeter{}, now: w.now, log: d.log}
		return s.run(w.ctx)
	})
}
