package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// batchSize is the most that getUpdates returns.
const batchSize = 100

// breather is the pause between polls that a server answers with nothing at once.
const breather = 10 * time.Millisecond

// pollUpdates fetches updates until ctx ends. It returns an error only when the
// token is revoked.
func (s *session) pollUpdates(ctx, work context.Context) error {
	if err := s.dropWebhook(ctx); err != nil {
		return err
	}
	pause := newPauses()
	for ctx.Err() == nil {
		s.lanes.awaitRoom(ctx)
		err := s.pollOnce(ctx, work)
		if ctx.Err() != nil {
			break
		}
		switch {
		case err == nil:
			pause.reset()
			continue
		case sendKind(err) == bot.SendRevoked:
			return fmt.Errorf("telegram no longer accepts the token: %w", err)
		case codeOf(err) == http.StatusConflict:
			if err := s.explainConflict(ctx); err != nil {
				return err
			}
		}
		wait := pause.next(err)
		s.log.WarnContext(ctx, "poll_failed", "error", err, "retry_in", wait.String())
		nap(ctx, wait)
	}
	return nil //nolint:nilerr // the end of ctx is no failure
}

// pollOnce fetches one batch, handles it and lets the next poll confirm it.
func (s *session) pollOnce(ctx, work context.Context) error {
	p := tgbotapi.Params{
		"timeout":         strconv.Itoa(int(s.poll / time.Second)),
		"limit":           strconv.Itoa(batchSize),
		"allowed_updates": allowedUpdates,
	}
	p.AddNonZero("offset", s.ledger.next(time.Now()))
	asked := time.Now()
	result, err := s.wire.callWithin(ctx, s.poll+s.wire.timeout, "getUpdates", p)
	if err != nil {
		return err
	}
	updates, skipped, ok := decodeUpdates(result)
	if !ok {
		return &bot.SendError{Kind: bot.SendTemporary, Err: errors.New("telegram getUpdates: the result is no list")}
	}
	if len(skipped) > 0 {
		s.meter.Count("telegram_updates_total", len(skipped), "kind", "undecodable")
		s.log.ErrorContext(ctx, "updates_skipped", "reason", "cannot be decoded", "updates", skipped)
	}
	if len(updates)+len(skipped) == 0 {
		if time.Since(asked) < breather {
			nap(ctx, breather) // a server that does not hold polls
		}
		return nil
	}
	return s.take(ctx, work, updates, skipped)
}

// take handles a batch. It returns when the batch may be confirmed.
func (s *session) take(ctx, work context.Context, updates []update, skipped []int) error {
	taken, b := s.ledger.begin(updates)
	upTo := 0
	for _, id := range skipped {
		upTo = max(upTo, id+1)
	}
	for _, u := range updates {
		upTo = max(upTo, u.ID+1)
	}
	ids := make([]int, 0, len(taken))
	for _, u := range taken {
		ids = append(ids, u.ID)
		s.dispatch(work, u)
	}
	for attempt := newPauses(); ctx.Err() == nil; {
		err := s.ledger.settle(ctx, b, ids, upTo, patience)
		if err == nil {
			break
		}
		wait := attempt.next(err)
		s.log.ErrorContext(ctx, "progress_not_written", "error", err, "retry_in", wait.String())
		nap(ctx, wait)
	}
	return nil
}

// dropWebhook removes a webhook that an earlier set-up left: with one, polls are
// refused. Pending updates are kept.
func (s *session) dropWebhook(ctx context.Context) error {
	return s.insist(ctx, "webhook_not_examined", func() error {
		var info webhookInfo
		err := s.wire.result(ctx, "getWebhookInfo", nil, &info)
		if sendKind(err) == bot.SendRejected {
			return nil // a server without webhooks
		}
		if err != nil || info.URL == "" {
			return err
		}
		if _, err := s.wire.call(ctx, "deleteWebhook", nil); err != nil {
			return err
		}
		s.log.WarnContext(ctx, "webhook_removed", "reason", "karussell is set to poll", "pending", info.Pending)
		return nil
	})
}

// explainConflict says which of the two reasons for a 409 it is: a webhook that
// came up meanwhile, which is removed, or a second program.
func (s *session) explainConflict(ctx context.Context) error {
	var info webhookInfo
	err := s.wire.result(ctx, "getWebhookInfo", nil, &info)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the end of ctx is no failure
	}
	if err == nil && info.URL != "" {
		return s.dropWebhook(ctx)
	}
	s.meter.Count("telegram_conflicts_total", 1)
	s.log.ErrorContext(ctx, "another_program_polls",
		"explanation", "another program fetches updates with the same token; stop it, or revoke the token at @BotFather and use the new one here")
	return nil
}

func codeOf(err error) int {
	if e, ok := errors.AsType[*bot.SendError](err); ok {
		return e.Code
	}
	return 0
}
