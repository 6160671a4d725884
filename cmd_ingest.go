package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"karussell/bot"
	"karussell/bot/feed"
)

// batchSize is how many articles commit together: large enough to be fast,
// small enough that little is read again after a crash.
const batchSize = 64

type ingestCmd struct {
	DB        string   `help:"The store's file." name:"db" placeholder:"FILE"`
	Outlet    string   `help:"The medium that the articles come from." placeholder:"NAME"`
	Published string   `help:"Date of articles that state none: YYYY-MM-DD, YYYY-MM or YYYY." placeholder:"DATE"`
	Alert     bool     `help:"Treat the articles as just published and alert subscribers."`
	Paths     []string `arg:"" name:"path" help:"Articles (.txt), archives (.jsonl, .warc, .warc.gz), folders with them, addresses of pages or of sitemaps."`
}

// Run reads the articles into the store. Running it twice changes nothing.
func (c *ingestCmd) Run(w *world) error {
	published, err := bot.ParseDate(c.Published)
	if err != nil {
		return usageError{err}
	}
	return withEngine(w, c.DB, func(d *desk) error {
		pages := feed.NewReader(userAgent(d.settings), d.settings.Feeds.AllowPrivate)
		defer pages.Close()
		in := intake{w: w, engine: d.engine, cmd: c, published: published, pages: pages}
		return in.all(w.ctx, c.Paths, d.log)
	})
}

// intake reads articles and hands them over in batches.
type intake struct {
	w         *world
	engine    *bot.Engine
	cmd       *ingestCmd
	published bot.Date
	pages     *feed.Reader
	sum       bot.Ingested
	pending   []bot.Article
	problems  []error
}

func (in *intake) all(ctx context.Context, paths []string, log *slog.Logger) error {
	var local, remote []string
	for _, p := range paths {
		if strings.HasPrefix(p, "http://") || strings.HasPrefix(p, "https://") {
			remote = append(remote, p)
		} else {
			local = append(local, in.w.path(p))
		}
	}
	files, problems := feed.Files(local)
	in.problems = problems
	bar := in.progress(len(files) + len(remote))
	for _, file := range files {
		if err := in.file(ctx, file, bar); err != nil {
			return in.stop(err)
		}
	}
	for _, address := range remote {
		if err := in.address(ctx, address, bar); err != nil {
			return in.stop(err)
		}
	}
	err := in.flush(ctx)
	_ = bar.Finish()
	if err != nil {
		return in.stop(err)
	}
	log.DebugContext(ctx, "ingest finished", "files", len(files))
	in.summary()
	return errors.Join(in.problems...)
}

// file takes in an article, or every article of an archive.
func (in *intake) file(ctx context.Context, file string, bar *progressbar.ProgressBar) error {
	if !feed.IsArchive(file) {
		article, err := feed.ReadFile(file)
		if err := in.take(ctx, article, err); err != nil {
			return err
		}
		step(bar)
		return nil
	}
	for article, err := range feed.ReadArchive(file) {
		bar.ChangeMax(bar.GetMax() + 1) // nobody knows how many there are
		if err := in.take(ctx, article, err); err != nil {
			return err
		}
		step(bar)
	}
	step(bar)
	return nil
}

// address takes in a page, or every page of a sitemap that robots.txt allows and
// that is not stored yet: so a run that was stopped goes on where it was.
func (in *intake) address(ctx context.Context, address string, bar *progressbar.ProgressBar) error {
	if !feed.IsSitemap(address) {
		articles, err := in.pages.Pages(ctx, address, in.w.now())
		if err := in.takeAll(ctx, articles, err); err != nil {
			return err
		}
		step(bar)
		return nil
	}
	listed, err := in.pages.Sitemap(ctx, address)
	if err != nil {
		return in.take(ctx, bot.Article{}, err)
	}
	bar.ChangeMax(bar.GetMax() + len(listed))
	for _, page := range listed {
		step(bar)
		known, err := in.engine.Knows(ctx, page)
		if err != nil {
			return err
		}
		if known {
			in.sum.Known++
			continue
		}
		articles, err := in.pages.Allowed(ctx, page, in.w.now())
		if err := in.takeAll(ctx, articles, err); err != nil {
			return err
		}
	}
	step(bar)
	return nil
}

// step moves the bar; one that cannot be drawn changes nothing.
func step(bar *progressbar.ProgressBar) { _ = bar.Add(1) }

// takeAll adds articles, or remembers why there are none and goes on.
func (in *intake) takeAll(ctx context.Context, articles []bot.Article, err error) error {
	if err != nil {
		return in.take(ctx, bot.Article{}, err)
	}
	for _, a := range articles {
		if err := in.take(ctx, a, nil); err != nil {
			return err
		}
	}
	return nil
}

// take adds an article, or remembers why there is none and goes on.
func (in *intake) take(ctx context.Context, article bot.Article, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		in.problems = append(in.problems, err)
		return nil
	}
	article.ReadAt = in.w.now()
	if in.cmd.Outlet != "" {
		article.Outlet = in.cmd.Outlet
	}
	if article.Published.IsZero() {
		article.Published = in.published
	}
	in.pending = append(in.pending, article)
	if len(in.pending) < batchSize {
		return nil
	}
	return in.flush(ctx)
}

func (in *intake) flush(ctx context.Context) error {
	if len(in.pending) == 0 {
		return nil
	}
	got, err := in.engine.Ingest(ctx, bot.Batch{Articles: in.pending, Backlog: !in.cmd.Alert, AlertAll: in.cmd.Alert})
	if err != nil {
		return err
	}
	in.pending = in.pending[:0]
	in.sum.New += got.New
	in.sum.Changed += got.Changed
	in.sum.Known += got.Known
	in.sum.Copies += got.Copies
	in.sum.Events += got.Events
	in.sum.Stories += got.Stories
	in.sum.Fanouts += got.Fanouts
	return nil
}

// stop reports what was stored before the store failed.
func (in *intake) stop(err error) error {
	in.summary()
	return errors.Join(append(in.problems, err)...)
}

func (in *intake) summary() {
	fmt.Fprintf(in.w.stdout, "%d articles read: %d new, %d changed, %d known, %d copies; %d events, %d stories changed, %d not readable\n",
		in.sum.New+in.sum.Changed+in.sum.Known, in.sum.New, in.sum.Changed, in.sum.Known, in.sum.Copies,
		in.sum.Events, in.sum.Stories, len(in.problems))
}

func (in *intake) progress(total int) *progressbar.ProgressBar {
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(in.w.stderr),
		progressbar.OptionSetVisibility(in.w.stderrTerminal),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}
