// Karussell is a football-news bot for Discord and Telegram that understands
// coaching news. This package is the composition root.
//
// Law: it is the only place that reads the environment, exits, makes the root
// context, and knows all packages. A command is one file with an options
// struct; it gets the outside world as a value, so that tests can run it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // zones work on machines and in images without them

	"golang.org/x/term"
)

func main() {
	os.Exit(runMain())
}

func runMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	return run(&world{
		ctx: ctx, hangups: hangups, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		env: os.LookupEnv, environ: os.Environ(), now: time.Now,
		stdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		stdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		stderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}, os.Args[1:])
}
