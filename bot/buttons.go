package bot

import (
	"strconv"
	"strings"
	"time"
)

// Button actions are "verb:argument:argument". A verb is two letters and the
// version of its arguments, so that a button pressed years later is understood
// or refused, never misread. Everything that an action needs is in it: nothing
// is stored for a button.
const (
	actCoach       = "co1" // coach
	actClub        = "cl1" // club
	actUnfollowAll = "ua1" // "yes"
	actFollow      = "fo1" // topic
	actUnfollow    = "un1" // topic
	actMute        = "mu1" // topic: how long?
	actMuteFor     = "mf1" // topic, hours (0 for good)
	actMuteStory   = "ms1" // story: what?
	actUnmute      = "um1" // topic
	actWhy         = "wy1" // story
	actWrong       = "wr1" // story: opens the form
	actWrongForm   = "wf1" // story: the form came back
	actLast        = "la1" // topic: the last three stories
	actNews        = "nw1" // topic, cursor
	actRumours     = "ru1" // topic, cursor
	actCarousel    = "ca1" // league, page
	actPanel       = "se1" // settings panel: name of the part
	actLanguage    = "sl1" // language
	actQuiet       = "sq1" // "off", "form" or "2200-0700"
	actDigest      = "sd1" // "off", "daily-0800", "mon-0800"
	actSub         = "ss1" // topic: panel of one subscription
	actCertainty   = "sc1" // topic, letter
	actType        = "st1" // topic, event type: on or off
	actSound       = "sn1" // topic, letter
	actCollect     = "sg1" // topic: in the digest only, on or off
	actTeams       = "sw1" // topic: other teams too, on or off
	actDelete      = "dm1" // "yes" or "no"
	actHelp        = "he1" // command
	actListSubs    = "sb1" // page
	actSource      = "so1" // outlet
)

// maxAction is the contract's limit in bytes.
const maxAction = 60

// newAction builds an action; one that would not fit is empty, and its button
// is left out.
func newAction(verb string, args ...string) Action {
	s := strings.Join(append([]string{verb}, args...), ":")
	if len(s) > maxAction {
		return ""
	}
	return Action(s)
}

// cut splits an action; missing arguments are empty.
func (a Action) cut() (verb, first, second string) {
	verb, rest, _ := strings.Cut(string(a), ":")
	first, second, _ = strings.Cut(rest, ":")
	return verb, first, second
}

// topicLetters keep topics short in actions.
//
//nolint:gochecknoglobals // a constant table
var topicLetters = map[string]string{
	"club": "k", "coach": "c", "league": "l", "outlet": "o", "story": "s", string(TopicAll): "a",
}

// pack is the short form of a topic: "k.schalke".
func (t Topic) pack() string {
	kind, id := t.Cut()
	if id == "" {
		return topicLetters[kind]
	}
	return topicLetters[kind] + "." + id
}

func unpackTopic(s string) (Topic, bool) {
	letter, id, _ := strings.Cut(s, ".")
	if letter == "a" {
		return TopicAll, true
	}
	for kind, l := range topicLetters {
		if l == letter && letter != "" && id != "" {
			return Topic(kind + ":" + id), true
		}
	}
	return "", false
}

func storyArg(id StoryID) string { return strconv.FormatUint(uint64(id), 10) }

func parseStory(s string) (StoryID, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(s), "#"), 10, 64)
	return StoryID(n), err == nil && n > 0
}

// cursorArg and parseCursor carry a page's UnixNano in base 36.
func cursorArg(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 36) }

func parseCursor(s string) uint64 {
	n, err := strconv.ParseUint(s, 36, 64)
	if err != nil {
		return 0
	}
	return n
}

func press(label string, a Action) Button { return Button{Label: label, Action: a} }

// rows arranges buttons, leaving out those without a meaning.
func rows(perRow int, buttons ...Button) [][]Button {
	var out [][]Button
	n := 0
	for _, b := range buttons {
		if b.Action == "" && b.Link == "" {
			continue
		}
		if n%perRow == 0 {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], b)
		n++
	}
	return out
}
