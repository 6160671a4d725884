package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"karussell/bot"
)

type doctorCmd struct {
	DB string `help:"The store's file." name:"db" placeholder:"FILE"`
}

// Run checks every part and says what to do about what is wrong.
func (c *doctorCmd) Run(w *world) error {
	findings := []bot.Finding{}
	settings, err := w.settings(c.DB)
	if err != nil {
		return err
	}
	if err, reached := askDoctor(w, settings.DB); reached {
		return err // the running bot has the store: it examined itself
	}
	add := func(what string, err error, means, do string) {
		f := bot.Finding{OK: err == nil, What: what, Means: means, Do: do}
		if err != nil {
			f.Means = err.Error()
		} else {
			f.Do = ""
		}
		findings = append(findings, f)
	}
	add("Settings", nil, "readable", "")
	k, err := loadKnowledge()
	if err != nil {
		return err
	}
	add("Knowledge", nil, fmt.Sprintf("%d clubs, %d leagues", len(k.extractor.Gazetteer().Clubs()), len(k.extractor.Gazetteer().Leagues())), "")
	log := w.logger(settings.Log)
	err = withStore(w, settings, log, func(store keeper) error {
		problems, err := store.Check(w.ctx)
		if err == nil && len(problems) > 0 {
			err = fmt.Errorf("%d problems", len(problems))
		}
		add("Store", err, storeName(settings.DB)+": no problems", "restore the last backup; karussell check lists the problems")
		s, err := assemble(&world{ctx: w.ctx, stderr: io.Discard, now: w.now}, settings, store, k, log)
		if _, nothing := errors.AsType[usageError](err); nothing {
			add("Platforms", err, "", "set a token; docs/telegram.md and docs/discord.md say how")
			return nil
		}
		if err != nil {
			return err
		}
		findings = append(findings, checkPlatforms(w.ctx, s)...)
		findings = append(findings, checkFeeds(w.ctx, s)...)
		return nil
	})
	add("Store opens", err, storeName(settings.DB), "stop the other process, or name another file with --db")
	return printFindings(w.stdout, findings)
}

// askDoctor has a running bot examine itself; ok is false when there is none, or
// this is it.
func askDoctor(w *world, db string) (err error, ok bool) { //nolint:revive // the error is the command's result
	if w.store != nil || onServer(db) || len(w.args) == 0 || w.args[0] != "doctor" {
		return nil, false
	}
	return askBot(w, db, w.args)
}

// doctorsPatience is how long the examination of one platform may take.
const doctorsPatience = 5 * time.Minute

func checkPlatforms(ctx context.Context, s *service) []bot.Finding {
	var out []bot.Finding
	for _, p := range s.platforms {
		checker, ok := p.(bot.Checker)
		if !ok {
			continue
		}
		chats, roles, err := subscribed(ctx, s.store, p.Name())
		if err != nil {
			out = append(out, bot.Finding{What: string(p.Name()), Means: err.Error()})
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, doctorsPatience)
		out = append(out, checker.Check(ctx, chats)...)
		if r, ok := p.(bot.RoleChecker); ok && len(roles) > 0 {
			out = append(out, r.CheckRoles(ctx, roles)...)
		}
		cancel()
	}
	return out
}

// subscribed are a platform's chats that subscribe to something, and the roles
// that their subscriptions chose. It reads in small steps, beside a running bot.
func subscribed(ctx context.Context, store bot.Store, name bot.PlatformName) (chats []bot.ChatRef, roles []bot.RoleUse, err error) {
	const step = 200
	for after, more := string(name)+":", true; more && err == nil; {
		err = store.View(ctx, func(tx bot.ReadTx) error {
			some, err := tx.Chats(after, step)
			more = len(some) == step
			for _, c := range some {
				if c.Ref.Platform != name {
					more = false
					break
				}
				after = c.Ref.String()
				subs, err := tx.Subscriptions(c.Ref)
				if err != nil {
					return err
				}
				if len(subs) > 0 {
					chats, roles = append(chats, c.Ref), append(roles, chosenRoles(subs)...)
				}
			}
			return err
		})
	}
	return chats, roles, err
}

func chosenRoles(subs []bot.Subscription) []bot.RoleUse {
	var out []bot.RoleUse
	for _, s := range subs {
		use := bot.RoleUse{Chat: s.Chat, Role: s.Role}
		if s.Role != "" && !slices.Contains(out, use) {
			out = append(out, use)
		}
	}
	return out
}

func checkFeeds(ctx context.Context, s *service) []bot.Finding {
	var out []bot.Finding
	for _, src := range s.poller.Sources {
		trial, err := s.poller.Test(ctx, src.URL)
		if err != nil {
			out = append(out, bot.Finding{What: "Feed " + src.URL, Means: err.Error(), Do: "check the address with karussell feeds test"})
			continue
		}
		out = append(out, bot.Finding{OK: true, What: "Feed " + src.URL, Means: fmt.Sprintf("%d articles", len(trial.Articles))})
	}
	return out
}

func printFindings(w io.Writer, findings []bot.Finding) error {
	bad := 0
	for _, f := range findings {
		mark := "ok  "
		if !f.OK {
			mark = "FAIL"
			bad++
		}
		fmt.Fprintf(w, "%s  %s: %s\n", mark, f.What, f.Means)
		if f.Do != "" {
			fmt.Fprintf(w, "      → %s\n", f.Do)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed", bad, len(findings))
	}
	return nil
}

type healthCmd struct{}

// Run asks the status server of the running bot, for containers.
func (healthCmd) Run(w *world) error {
	settings, err := w.settings("")
	if err != nil {
		return err
	}
	if settings.Status.Listen == "" {
		return usageError{errors.New("the status server is off; set KARUSSELL_STATUS_LISTEN")}
	}
	ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+settings.Status.Listen+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the bot does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the bot is not well: status %d", res.StatusCode)
	}
	return nil
}
