package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"karussell/bot"
	"karussell/config"
)

// world is what a command sees of the outside.
type world struct {
	ctx                                           context.Context //nolint:containedctx // the root context, handed on by every command
	stdin                                         io.Reader
	stdout, stderr                                io.Writer
	env                                           config.Lookup
	environ                                       []string
	now                                           func() time.Time
	stdinTerminal, stdoutTerminal, stderrTerminal bool

	configFile string
	args       []string // of this call
	dir        string   // relative paths are meant from here; empty: the working directory
	store      keeper   // open already, when the command runs inside the bot; else nil

	reload  func(context.Context) (string, error) // of the bot that the command runs in; else nil
	hangups <-chan os.Signal                      // SIGHUP; nil: never
}

// path is a file named by the user.
func (w *world) path(name string) string {
	if w.dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(w.dir, name)
}

// commandLine is the whole command line; kong reads it.
type commandLine struct {
	Config string `help:"Configuration file (TOML). Flags beat the environment, the environment beats the file." type:"path" placeholder:"FILE"`

	Demo    demoCmd    `cmd:"" help:"Show the bot at work: no configuration, no token, no network."`
	Run     runCmd     `cmd:"" help:"Run the bot: feeds, alerts, and every platform whose token is set."`
	Console consoleCmd `cmd:"" help:"Talk to the bot in this terminal."`
	Ask     askCmd     `cmd:"" help:"Ask one command and print the answer as plain text."`
	Ingest  ingestCmd  `cmd:"" help:"Read articles from files, folders or addresses into the store."`
	Extract extractCmd `cmd:"" help:"Print what articles say about coaches, without storing anything."`
	Eval    evalCmd    `cmd:"" help:"Score the extraction against annotated articles."`
	Explain explainCmd `cmd:"" help:"Show why the extraction understood an article as it did."`
	Story   storyCmd   `cmd:"" help:"Show a story, or correct it."`
	Feeds   feedsCmd   `cmd:"" help:"List the known sources, or try a feed without storing anything."`
	Backup  backupCmd  `cmd:"" help:"Copy the store to a file, checked, also while the bot is running."`
	Restore restoreCmd `cmd:"" help:"Put a backup in the store's place; what was there is kept beside it."`
	Check   checkCmd   `cmd:"" help:"Examine the store for damage."`
	Compact compactCmd `cmd:"" help:"Give unused space in the store's file back."`
	Export  exportCmd  `cmd:"" help:"Write everything in the store as JSON lines, also while the bot is running."`
	Import  importCmd  `cmd:"" help:"Read an export into an empty store."`
	Migrate migrateCmd `cmd:"" help:"Copy the whole store between a file and PostgreSQL, verified; can be continued."`
	Reload  reloadCmd  `cmd:"" help:"Make the running bot read its settings again, as far as that is safe."`
	Doctor  doctorCmd  `cmd:"" help:"Check settings, store, feeds and platforms, and say what to do."`
	Health  healthCmd  `cmd:"" help:"Ask the running bot whether it is well (for containers)."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// Exit codes of the command line contract.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in the call rather than in the world.
type usageError struct{ error }

// exitCode carries kong's wish to exit (after --help) up to run.
type exitCode int

// run is the program. It returns the exit code.
func run(w *world, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			wish, ok := p.(exitCode)
			if !ok {
				panic(p)
			}
			code = int(wish)
		}
	}()
	var line commandLine
	parser, err := kong.New(&line,
		kong.Name("karussell"),
		kong.Description("Karussell reads German football news, understands what it says about coaches, and tells the chats that want to know."),
		kong.Writers(w.stdout, w.stderr),
		kong.Exit(func(code int) { panic(exitCode(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.UsageOnError(),
	)
	if err != nil {
		return report(w, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	call, err := parser.Parse(args)
	if err != nil {
		return report(w, usageError{fmt.Errorf("%w; karussell --help lists what there is", err)})
	}
	w.configFile, w.args = line.Config, args
	return report(w, call.Run(w))
}

// report prints an error as one sentence and chooses the exit code.
func report(w *world, err error) int {
	if err == nil || errors.Is(err, context.Canceled) && w.ctx.Err() != nil {
		return exitOK
	}
	if code, ok := errors.AsType[remoteExitError](err); ok {
		return int(code) // the bot has said what there is to say
	}
	for _, sentence := range sentences(err) {
		fmt.Fprintln(w.stderr, "karussell:", sentence)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// sentences splits joined errors into a line each.
func sentences(err error) []string {
	var out []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// settings reads the configuration; a --db flag beats it.
func (w *world) settings(db string) (config.Config, error) {
	c, err := config.Load(w.configFile, w.env)
	if db != "" {
		c.DB = db
	}
	var names []string
	for _, e := range w.environ {
		name, _, _ := strings.Cut(e, "=")
		names = append(names, name)
	}
	for _, warning := range config.UnknownEnvironment(names) {
		fmt.Fprintln(w.stderr, "karussell:", warning)
	}
	if err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// logger logs to stderr as configured.
func (w *world) logger(c config.Log) *slog.Logger {
	log, _ := w.loggerWithLevel(c)
	return log
}

// loggerWithLevel also gives the level, to be changed while the bot runs.
func (w *world) loggerWithLevel(c config.Log) (*slog.Logger, *slog.LevelVar) {
	level := &slog.LevelVar{}
	level.Set(logLevel(c))
	log := slog.New(w.logHandler(c, level))
	return log, level
}

func logLevel(c config.Log) slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // checked by config
	}
	return level
}

func (w *world) logHandler(c config.Log, level slog.Leveler) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.NewJSONHandler(w.stderr, options)
	}
	return slog.NewTextHandler(w.stderr, options)
}

// version is stamped in by the release build; otherwise it is the module's.
var version string

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}

func owners(c config.Config) []bot.UserRef {
	out := make([]bot.UserRef, len(c.Owners))
	for i, o := range c.Owners {
		out[i] = bot.UserRef(o)
	}
	return out
}

type versionCmd struct {
	SBOM bool `help:"Print what the program was linked from, with licences, as CycloneDX JSON." name:"sbom"`
}

// Run prints the version, or the bill of materials.
func (c *versionCmd) Run(w *world) error {
	if !c.SBOM {
		_, err := fmt.Fprintln(w.stdout, "karussell", versionText())
		return err
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this binary was built without module support; it does not know its parts")
	}
	return writeBOM(w.stdout, info, versionText())
}
