package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"karussell/bot"
)

// allowedUpdates are the kinds that Telegram is asked for.
const allowedUpdates = `["message","edited_message","channel_post","callback_query","inline_query","my_chat_member"]`

// update holds the fields that Karussell reads. The library's type lacks topics
// and inaccessible messages, and its hundreds of fields are as many reasons to
// fail. What is not here is not kept either when an update is written down.
type update struct {
	ID         int          `json:"update_id"`
	Message    *message     `json:"message,omitempty"`
	Edited     *message     `json:"edited_message,omitempty"`
	Post       *message     `json:"channel_post,omitempty"`
	Callback   *callback    `json:"callback_query,omitempty"`
	Inline     *inlineQuery `json:"inline_query,omitempty"`
	Membership *membership  `json:"my_chat_member,omitempty"`
}

type chat struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"`
	Title string `json:"title,omitempty"`
}

type user struct {
	ID       int64  `json:"id"`
	Bot      bool   `json:"is_bot,omitempty"`
	Language string `json:"language_code,omitempty"`
}

type message struct {
	ID         int       `json:"message_id"`
	Thread     int       `json:"message_thread_id,omitempty"`
	InTopic    bool      `json:"is_topic_message,omitempty"`
	From       *user     `json:"from,omitempty"`
	SenderChat *chat     `json:"sender_chat,omitempty"`
	Chat       chat      `json:"chat"`
	Date       int64     `json:"date"`
	EditDate   int64     `json:"edit_date,omitempty"`
	ViaBot     *user     `json:"via_bot,omitempty"`
	ReplyTo    *replied  `json:"reply_to_message,omitempty"`
	Text       string    `json:"text,omitempty"`
	Photo      []present `json:"photo,omitempty"`
	Migrated   int64     `json:"migrate_to_chat_id,omitempty"`
	Closed     *present  `json:"forum_topic_closed,omitempty"`
	Reopened   *present  `json:"forum_topic_reopened,omitempty"`
}

// replied is the message that was answered; only whose it is matters.
type replied struct {
	ID   int   `json:"message_id"`
	From *user `json:"from,omitempty"`
}

// present stands for an object of which only the presence matters.
type present struct{}

type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message,omitempty"` // date 0: too old to be shown to bots
	Inline  string   `json:"inline_message_id,omitempty"`
	Data    string   `json:"data,omitempty"`
}

type inlineQuery struct {
	ID     string `json:"id"`
	From   user   `json:"from"`
	Query  string `json:"query"`
	Offset string `json:"offset"`
}

type membership struct {
	Chat chat   `json:"chat"`
	From user   `json:"from"`
	Old  member `json:"old_chat_member"`
	New  member `json:"new_chat_member"`
}

// member is the union of the six kinds of ChatMember.
type member struct {
	Status  string `json:"status"`
	Member  bool   `json:"is_member,omitempty"`         // of restricted ones
	CanSend bool   `json:"can_send_messages,omitempty"` // of restricted ones
	CanPost bool   `json:"can_post_messages,omitempty"` // of administrators in channels
}

// decodeUpdates reads a getUpdates result. An update that cannot be decoded is
// returned by its number in skipped and never stops the others; ok is false
// when the result is no list at all.
func decodeUpdates(result []byte) (updates []update, skipped []int, ok bool) {
	var raw []json.RawMessage
	if json.Unmarshal(result, &raw) != nil {
		return nil, nil, false
	}
	last := 0
	for _, r := range raw {
		u, err := decodeUpdate(r)
		if err != nil {
			if u.ID == 0 {
				u.ID = last + 1 // not even a number; the best guess to get past it
			}
			skipped = append(skipped, u.ID)
		} else {
			updates = append(updates, u)
		}
		last = max(last, u.ID)
	}
	return updates, skipped, true
}

var errUndecodable = errors.New("telegram: undecodable update")

// decodeUpdate reads one update. With an error, the update still has its number
// when that could be read.
func decodeUpdate(raw []byte) (update, error) {
	var u update
	if err := json.Unmarshal(raw, &u); err == nil && u.ID > 0 {
		return u, nil
	}
	var number struct {
		ID int `json:"update_id"`
	}
	if json.Unmarshal(raw, &number) != nil {
		number.ID = 0
	}
	return update{ID: max(number.ID, 0)}, fmt.Errorf("%w %d", errUndecodable, number.ID)
}

func (c chat) ref() bot.ChatRef {
	return bot.ChatRef{Platform: Name, Chat: strconv.FormatInt(c.ID, 10)}
}

func (c chat) kind() bot.ChatKind {
	switch c.Type {
	case "private", "sender":
		return bot.PrivateChat
	case "channel":
		return bot.ChannelChat
	default:
		return bot.GroupChat
	}
}

// ref is where an answer to m goes: its topic, where it is in one. Replies in
// ordinary supergroups carry a thread number too, which is no topic.
func (m *message) ref() bot.ChatRef {
	ref := m.Chat.ref()
	if m.InTopic && m.Thread > 1 {
		ref.Thread = strconv.Itoa(m.Thread)
	}
	return ref
}

func (m *message) part() part {
	p := part{id: m.ID}
	if len(m.Photo) > 0 {
		p.shape = shapeCaption
	}
	return p
}

func (u user) ref() bot.UserRef {
	if u.ID == 0 {
		return ""
	}
	return bot.UserRef(string(Name) + ":" + strconv.FormatInt(u.ID, 10))
}
