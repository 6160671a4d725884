package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"karussell/bot"
	"karussell/config"
	"karussell/store/bolt"
)

// care is what a running bot does for itself: scheduled backups, forgetting old
// texts, and a word to the owner when the disk is full or a platform is lost, and
// when it is over.

// careEvery is how often the bot looks after itself.
const careEvery = time.Minute

// forgetStep is how many texts one transaction drops.
const forgetStep = 200

// care runs until ctx ends, each time with the settings then in force. What fails
// is logged and tried again: none of it may stop the bot.
func (s *service) care(ctx context.Context, store keeper, settings func() config.Config) error {
	ticker := time.NewTicker(careEvery)
	defer ticker.Stop()
	full := false
	for first := true; ; first = false {
		c := settings()
		if err := s.backupIfDue(ctx, store, c.Backup); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "backup failed", "dir", c.Backup.Dir, "error", err)
		}
		err := s.forgetTexts(ctx, c.Keep.Texts)
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "old texts not dropped", "error", err)
		}
		full = s.watchDisk(ctx, err, full)
		if !first { // they have had their time to fail
			s.welcome(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// backupName sorts by time as text.
const backupName = "karussell-20060102-150405.db"

// backupIfDue copies the live store when the newest backup is old enough, and
// removes the oldest beyond the wanted count, but only after the new one passed
// its check.
func (s *service) backupIfDue(ctx context.Context, store keeper, c config.Backup) error {
	file, ok := store.(*bolt.Store)
	if c.Dir == "" || !ok {
		return nil
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(c.Dir, "karussell-*.db"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	now := s.now().UTC()
	if len(old) > 0 {
		last, err := time.Parse(backupName, filepath.Base(old[len(old)-1]))
		if err == nil && now.Sub(last) < c.Every {
			return nil
		}
	}
	dest := filepath.Join(c.Dir, now.Format(backupName))
	if err := file.Backup(ctx, dest); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "backup written and checked", "file", dest)
	for _, path := range old[:max(0, len(old)+1-c.Count)] {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// forgetTexts drops texts older than age; facts stay. 0 keeps everything.
func (s *service) forgetTexts(ctx context.Context, age time.Duration) error {
	if age <= 0 {
		return nil
	}
	for {
		n := 0
		err := s.store.Update(ctx, func(tx bot.Tx) (err error) {
			n, err = tx.ForgetTexts(s.now().Add(-age), forgetStep)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// watchDisk tries a small durable write where needed and tells the owner about
// a full disk once, and once when it is over. It returns whether it is full.
func (s *service) watchDisk(ctx context.Context, err error, full bool) bool {
	if err == nil {
		err = s.store.Update(ctx, func(tx bot.Tx) error { return tx.PutNote("care/alive", []byte(s.now().UTC().Format(time.RFC3339))) })
	}
	switch {
	case ctx.Err() != nil:
		return full
	case errors.Is(err, bot.ErrFull) && !full:
		s.log.ErrorContext(ctx, "no space left for the store", "error", err)
		s.tellOwners(ctx, bot.Notice{Key: bot.NoticeDiskFull, Args: map[string]string{"Error": err.Error()}})
		return true
	case err == nil && full:
		s.tellOwners(ctx, bot.Notice{Key: bot.NoticeDiskFree})
		return false
	}
	return full
}

// lostNote remembers, over restarts, that the owners know of a lost platform.
func lostNote(name bot.PlatformName) string { return "care/lost/" + string(name) }

// lost tells the owners, on the other platforms, that one is lost: once, however
// often the bot is restarted before it works again.
func (s *service) lost(ctx context.Context, name bot.PlatformName, n bot.Notice) {
	s.gone.Store(name, true)
	told := false
	err := s.store.Update(ctx, func(tx bot.Tx) error {
		_, err := tx.Note(lostNote(name))
		if told = err == nil; told {
			return nil
		}
		if !errors.Is(err, bot.ErrNotFound) {
			return err
		}
		return tx.PutNote(lostNote(name), []byte(s.now().UTC().Format(time.RFC3339)))
	})
	if err != nil {
		s.log.ErrorContext(ctx, "lost platform not noted", "platform", string(name), "error", err)
	}
	if !told {
		s.tellOwners(ctx, n)
	}
}

// welcome tells the owners that a platform works again.
func (s *service) welcome(ctx context.Context) {
	for _, p := range s.platforms {
		if _, gone := s.gone.Load(p.Name()); gone {
			continue
		}
		back := false
		err := s.store.View(ctx, func(tx bot.ReadTx) error {
			_, err := tx.Note(lostNote(p.Name()))
			back = err == nil
			if errors.Is(err, bot.ErrNotFound) {
				return nil
			}
			return err
		})
		if err == nil && back {
			err = s.store.Update(ctx, func(tx bot.Tx) error { return tx.PutNote(lostNote(p.Name()), nil) })
		}
		if err != nil {
			s.log.ErrorContext(ctx, "platform not looked at", "platform", string(p.Name()), "error", err)
			continue
		}
		if back {
			s.tellOwners(ctx, bot.Notice{Key: bot.NoticeWorking, Args: map[string]string{"Platform": string(p.Name())}})
		}
	}
}

// tellOwners owes the owners a notice. When even that cannot be stored, the
// platforms are tried directly: that is the point of a warning about the disk.
func (s *service) tellOwners(ctx context.Context, n bot.Notice) {
	cause := fmt.Sprintf("%s %d", n.Key, s.now().Unix())
	err := s.engine.TellOwners(ctx, cause, n)
	if err == nil {
		return
	}
	s.log.ErrorContext(ctx, "owner not told through the outbox", "notice", n.Key, "error", err)
	for _, owner := range s.engine.OwnersNow() {
		to, _, err := s.engine.PersonRef(owner)
		if err != nil {
			continue
		}
		for _, p := range s.platforms {
			if p.Name() == to.Platform {
				args := make([]any, 0, 2*len(n.Args))
				for k, v := range n.Args {
					args = append(args, k, v)
				}
				m := bot.Message{Tone: bot.ToneProblem, Blocks: []bot.Block{{Spans: []bot.TextSpan{{Text: s.engine.Phrases.Say("de", n.Key, args...)}}}}}
				if _, err := p.Send(ctx, to, m); err != nil {
					s.log.ErrorContext(ctx, "owner not told", "notice", n.Key, "error", err)
				}
			}
		}
	}
}
