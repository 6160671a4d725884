package bot

import (
	"fmt"
	"strings"
	"time"
)

// PlatformName is the short name of a platform: "telegram", "discord",
// "console". Lower case ASCII letters only.
type PlatformName string

// ChatRef addresses a place on a platform where messages can go. It is
// comparable and used as a key.
type ChatRef struct {
	Platform PlatformName
	Chat     string // the platform's id of the chat or channel
	Thread   string // topic or thread inside it; empty for none
}

// String is "platform:chat" or "platform:chat/thread".
func (c ChatRef) String() string {
	s := string(c.Platform) + ":" + c.Chat
	if c.Thread != "" {
		s += "/" + c.Thread
	}
	return s
}

// ParseChatRef reads what ChatRef.String wrote.
func ParseChatRef(s string) (ChatRef, error) {
	platform, rest, ok := strings.Cut(s, ":")
	if !ok || platform == "" || rest == "" {
		return ChatRef{}, fmt.Errorf("chat %q: want platform:chat or platform:chat/thread", s)
	}
	chat, thread, _ := strings.Cut(rest, "/")
	return ChatRef{Platform: PlatformName(platform), Chat: chat, Thread: thread}, nil
}

// UserRef is a person on a platform ("telegram:4711"); nothing else about a
// person is stored.
type UserRef string

// ChatKind says what sort of place a chat is.
type ChatKind string

// Chat kinds.
const (
	PrivateChat ChatKind = "private"
	GroupChat   ChatKind = "group"   // groups, server channels, forums
	ChannelChat ChatKind = "channel" // one-way: Telegram channels, announcement channels
)

// Chat is what is remembered about a chat.
type Chat struct {
	Ref      ChatRef
	Kind     ChatKind
	Parent   string // the Discord server, where there is one
	Title    string // for the operator's overview; empty for private chats
	Language string // "de" or "en"; empty: follow the platform's hint, then German
	Zone     string // IANA name; empty is Europe/Berlin
	Quiet    QuietHours
	Digest   Digest
	Mutes    []Mute
	Paused   PauseCause // why nothing is sent at present; empty for active
	PausedAt time.Time
	Created  time.Time
	LastUsed time.Time
	Owner    UserRef // who subscribed first: told when the chat is lost, where possible
}

// QuietHours is a daily span of local wall-clock time without alerts. It may
// wrap around midnight. From equal to To means none.
type QuietHours struct {
	From, To int // minutes after midnight, 0 to 1439
}

// Active reports whether quiet hours are set.
func (q QuietHours) Active() bool { return q.From != q.To }

// Digest collects alerts into one message a day or a week.
type Digest struct {
	Every   DigestRhythm
	Weekday time.Weekday // for weekly digests
	Minute  int          // minutes after midnight, local time
	Last    time.Time    // until when the last digest reported
}

// DigestRhythm is how often a digest comes.
type DigestRhythm string

// Digest rhythms.
const (
	NoDigest     DigestRhythm = ""
	DailyDigest  DigestRhythm = "daily"
	WeeklyDigest DigestRhythm = "weekly"
)

// Mute silences a topic in one chat.
type Mute struct {
	Topic Topic
	Until time.Time // zero: for good
}

// PauseCause says why a chat gets nothing although it has subscriptions.
type PauseCause string

// Pause causes.
const (
	NotPaused    PauseCause = ""
	PauseBlocked PauseCause = "blocked" // the user blocked the bot, or it was removed
	PauseGone    PauseCause = "gone"    // chat, channel or topic no longer exists
	PauseForbid  PauseCause = "forbidden"
)

// Topic is what a story is about and what one can subscribe to: "club:ID",
// "coach:ID", "league:ID", "outlet:NAME", "story:NUMBER" or "all".
type Topic string

// TopicAll is every story.
const TopicAll Topic = "all"

// ClubTopic is every story at a club.
func ClubTopic(id ClubID) Topic { return "club:" + Topic(id) }

// CoachTopic is every story about a coach.
func CoachTopic(id CoachID) Topic { return "coach:" + Topic(id) }

// LeagueTopic is every story at a league's clubs.
func LeagueTopic(id LeagueID) Topic { return "league:" + Topic(id) }

// OutletTopic groups stories by an outlet that reported them.
func OutletTopic(name string) Topic { return "outlet:" + Topic(Slug(name)) }

// StoryTopic is one story, for mutes.
func StoryTopic(id StoryID) Topic { return Topic(fmt.Sprintf("story:%d", id)) }

// Cut splits a topic into kind and id ("club", "schalke").
func (t Topic) Cut() (kind, id string) {
	kind, id, _ = strings.Cut(string(t), ":")
	return kind, id
}

// SubscriptionID is derived from chat and topic, so subscribing twice changes
// the one subscription.
type SubscriptionID string

// Subscription joins a chat and a topic.
type Subscription struct {
	Chat    ChatRef
	Topic   Topic
	Types   []EventType // empty: all
	Minimum Certainty
	Silent  bool   // never with sound, not even official news
	Loud    bool   // rumours with sound too
	Role    string // platform id of a role to ping on the first message of a stage
	Digest  bool   // only in the chat's digest, no single alerts
	Teams   bool   // also second, youth and women's teams
	By      UserRef
	Since   time.Time // nothing published before is alerted
}

// ID is the subscription's id.
func (s Subscription) ID() SubscriptionID {
	return SubscriptionID(s.Chat.String() + " " + string(s.Topic))
}

// Certainty is the least certainty that a subscription wants.
type Certainty string

// Certainties, from everything to official only.
const (
	Everything     Certainty = ""         // "alles"
	SeveralSources Certainty = "several"  // agreed, or several independent outlets: "ab mehreren Quellen"
	OfficialOnly   Certainty = "official" // "nur Offizielles"
)
