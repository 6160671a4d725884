package discord

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"karussell/bot"
)

// person marks an address that means a user rather than a channel: Discord's
// direct messages are channels, which the bot must open before it writes first.
const person = "@"

// Direct is the address of direct messages to a user.
func Direct(u bot.UserRef) bot.ChatRef {
	return bot.ChatRef{Platform: Platform, Chat: person + strings.TrimPrefix(string(u), string(Platform)+":")}
}

// directBook remembers the channels that were opened; they never change.
type directBook struct {
	mu    sync.Mutex
	known map[string]string // user to channel
}

// homeOf is the channel that a chat means. The channel of a person is opened
// when it is not known.
func (a *Adapter) homeOf(ctx context.Context, to bot.ChatRef) (string, error) {
	gone := &refusal{kind: bot.SendGone, cause: errors.New("no channel id")}
	name, isPerson := strings.CutPrefix(to.Chat, person)
	if !isPerson {
		if id := home(to); id != "" {
			return id, nil
		}
		return "", gone
	}
	user := snowflake(name)
	if user == "" {
		return "", gone
	}
	a.directs.mu.Lock()
	id := a.directs.known[user]
	a.directs.mu.Unlock()
	if id != "" {
		return id, nil
	}
	id, err := a.openDirect(ctx, user)
	if err != nil {
		return "", err
	}
	a.directs.mu.Lock()
	defer a.directs.mu.Unlock()
	if len(a.directs.known) >= bookSize {
		clear(a.directs.known) // rare, and asking again costs one call
	}
	a.directs.known[user] = id
	return id, nil
}

func (a *Adapter) openDirect(ctx context.Context, user string) (string, error) {
	body := struct {
		Recipient string `json:"recipient_id"`
	}{user}
	var c channel
	if err := a.sender.ask(ctx, call{lane: laneDesk, method: http.MethodPost, path: "users/@me/channels", body: body}, &c); err != nil {
		return "", err
	}
	if snowflake(c.ID) == "" {
		return "", &refusal{kind: bot.SendTemporary, cause: errors.New("the answer names no channel")}
	}
	return c.ID, nil
}
