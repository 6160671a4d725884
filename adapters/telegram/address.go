package telegram

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// generalTopic is a forum's first topic. Messages there carry no topic number,
// and sending with this one fails.
const generalTopic = "1"

var channelName = regexp.MustCompile(`^@[A-Za-z][A-Za-z0-9_]{3,31}$`)

// address is the call parameters that say where a message goes.
func address(to bot.ChatRef) (tgbotapi.Params, error) {
	if to.Platform != Name {
		return nil, refuse("chat of another platform")
	}
	if _, err := strconv.ParseInt(to.Chat, 10, 64); err != nil && !channelName.MatchString(to.Chat) {
		return nil, refuse("a chat is a number or @name")
	}
	p := tgbotapi.Params{"chat_id": to.Chat}
	if to.Thread != "" && to.Thread != generalTopic {
		if _, err := strconv.Atoi(to.Thread); err != nil {
			return nil, refuse("a topic is a number")
		}
		p["message_thread_id"] = to.Thread
	}
	return p, nil
}

func refuse(why string) error {
	return &bot.SendError{Kind: bot.SendRejected, Err: errors.New("telegram: " + why)}
}

// shape is how a part of a message was sent, which decides how it is edited.
type shape byte

const (
	shapeText    shape = 0
	shapeCaption shape = 'p' // photo with the text as its caption
	shapeBare    shape = 'b' // photo whose text follows in another message
)

// part is one Telegram message of a Message: long ones become several.
type part struct {
	id    int
	shape shape
}

// messageID writes parts as "12", "12p" or "12b,13,14". In an ordinary group the
// group's id follows ("12@-4711"): such a group can become a supergroup, where
// the numbers start anew and mean other messages.
func messageID(chat string, parts []part) bot.MessageID {
	if len(parts) == 0 {
		return ""
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(p.id))
		if p.shape != shapeText {
			b.WriteByte(byte(p.shape))
		}
	}
	if mayMove(chat) {
		b.WriteString("@" + chat)
	}
	return bot.MessageID(b.String())
}

// mayMove recognises ordinary groups: ids of supergroups and channels are below
// -10^12 (core.telegram.org/api/bots/ids).
func mayMove(chat string) bool {
	id, err := strconv.ParseInt(chat, 10, 64)
	return err == nil && id < 0 && id > -1_000_000_000_000
}

// parseMessageID reads what messageID wrote; nil when it is not one, or one of
// another chat.
func parseMessageID(chat string, id bot.MessageID) []part {
	numbers, home, bound := strings.Cut(string(id), "@")
	if bound && home != chat {
		return nil
	}
	var parts []part
	for s := range strings.SplitSeq(numbers, ",") {
		var p part
		if n := len(s); n > 0 && (s[n-1] == byte(shapeCaption) || s[n-1] == byte(shapeBare)) {
			p.shape, s = shape(s[n-1]), s[:n-1]
		}
		var err error
		if p.id, err = strconv.Atoi(s); err != nil || p.id <= 0 {
			return nil
		}
		parts = append(parts, p)
	}
	return parts
}
