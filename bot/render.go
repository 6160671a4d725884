package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// scene is what a delivery needs from the store, read in one transaction.
type scene struct {
	chat    Chat
	story   Story
	posting Posting
	told    bool         // there is a posting
	topics  []Topic      // under which subscribers hear of the story
	wanted  bool         // the chat still subscribes to one of them
	kind    DeliveryKind // what the delivery has become by now
	late    string       // why it has nothing to say any more
}

// Render implements Renderer: the story's present state in the chat's language.
func (e *Engine) Render(ctx context.Context, d Delivery) (Rendered, error) {
	switch d.Kind {
	case DeliverDigest:
		return e.renderDigest(ctx, d)
	case DeliverNotice:
		return e.renderNotice(ctx, d)
	case DeliverPost, DeliverEdit, DeliverReply, DeliverRetract:
	}
	s, err := e.readScene(ctx, d)
	if errors.Is(err, ErrNotFound) {
		return Rendered{Skip: "story or chat is gone"}, nil
	}
	if err != nil {
		return Rendered{}, err
	}
	if reason := s.obsolete(d, e.Now()); reason != "" {
		return Rendered{Skip: reason}, nil
	}
	d.Kind = s.kind
	if until := s.chat.QuietUntil(e.Now()); until.After(e.Now()) && d.Kind != DeliverRetract {
		return Rendered{Defer: until}, nil
	}
	return e.renderScene(d, &s), nil
}

func (e *Engine) readScene(ctx context.Context, d Delivery) (scene, error) {
	var s scene
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		if s.story, err = tx.Story(d.Story); err != nil {
			return err
		}
		if s.chat, err = tx.Chat(d.Chat); err != nil {
			return err
		}
		s.posting, err = tx.Posting(d.Chat, d.Story)
		s.told = err == nil && s.posting.First != ""
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		subs, err := tx.Subscriptions(d.Chat)
		s.topics = e.toldTopics(&s.story)
		s.wanted = slices.ContainsFunc(subs, func(sub Subscription) bool { return slices.Contains(s.topics, sub.Topic) })
		s.kind, s.late = present(&d, &s.story, s.known())
		return err
	})
	return s, err
}

// obsolete is the reason why a delivery has nothing to say any more. A
// correction reaches everybody who was told, subscribed or not.
func (s *scene) obsolete(d Delivery, now time.Time) string {
	if d.Kind == DeliverRetract {
		return s.late
	}
	switch {
	case s.chat.Paused != NotPaused:
		return "chat is paused"
	case !s.wanted:
		return "no longer subscribed"
	case s.story.Stage == StageWithdrawn:
		return "story was withdrawn"
	case s.chat.Muted(now, append(s.topics, StoryTopic(s.story.ID))...):
		return "muted"
	}
	return s.late
}

// known is the chat's posting; nil when it was never told of the story.
func (s *scene) known() *Posting {
	if !s.told {
		return nil
	}
	return &s.posting
}

func (e *Engine) renderScene(d Delivery, s *scene) Rendered {
	v := e.voiceFor(s.chat, "")
	var r Rendered
	switch d.Kind {
	case DeliverReply:
		r.Message = v.replyMessage(&s.story)
		r.Message.ReplyTo = s.posting.First
	case DeliverRetract:
		r.Message = v.retraction(&s.story)
		r.Edit = s.posting.First
		r.Also = slices.DeleteFunc(slices.Clone(s.posting.Messages), func(id MessageID) bool { return id == r.Edit })
	case DeliverPost, DeliverEdit, DeliverDigest, DeliverNotice:
		r.Message = v.alert(&s.story)
		if d.Kind == DeliverEdit {
			r.Edit = s.posting.First
		}
	}
	if d.Kind == DeliverPost || d.Kind == DeliverReply {
		r.Since = alertable(s, d.Created)
	}
	r.Message.Language = v.language
	r.Hash, r.Revision, r.Stage = fingerprint(&r.Message), s.story.Revision, s.story.Stage
	// A correction mends the replies too, which the hash says nothing about.
	mended := d.Kind != DeliverRetract || s.posting.Stage == s.story.Stage
	if r.Edit != "" && r.Hash == s.posting.Hash && mended {
		return Rendered{Skip: "the edit would change nothing"}
	}
	m := &r.Message
	m.Silent = d.Silent
	m.Nonce = d.Nonce()
	m.PingRole = d.Role
	m.Publish = s.story.Stage == StageOfficial && r.Edit == ""
	m.Thread = &Thread{Name: shorten(v.headline(&s.story), 90), Tags: v.tags(&s.story), ID: s.posting.Thread}
	return r
}

// alertable is when the chat could have been told what the story now says.
func alertable(s *scene, created time.Time) time.Time {
	r, ok := spokesman(&s.story)
	if !ok {
		return time.Time{}
	}
	at, known := r.published()
	if !known {
		return time.Time{}
	}
	for _, t := range []time.Time{at, created} {
		if until := s.chat.QuietUntil(t); until.After(t) && until.After(at) {
			at = until
		}
	}
	return at
}

// tags are the names of forum tags that fit: the stage, and how certain it is.
func (v voice) tags(s *Story) []string {
	return []string{v.say("stage_" + string(s.Stage)), v.say("tag_" + string(tone(s)))}
}

// fingerprint is equal for messages that look equal.
func fingerprint(m *Message) string {
	b, err := json.Marshal(m)
	if err != nil {
		return "" // nothing equals it: the edit is sent
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// alert is the full message about a story.
func (v voice) alert(s *Story) Message {
	m := Message{Tone: tone(s), Title: v.headline(s)}
	if r, ok := spokesman(s); ok {
		m.Link = webLink(r.Source.URL)
		if q := shorten(r.Event.Quote, maxQuote); q != "" {
			m.Blocks = append(m.Blocks, quote(q))
		}
		m.Blocks = append(m.Blocks, paragraph(plain(v.reported(r))))
		m.Time = r.At
	}
	m.Fields = []Field{
		{Label: v.say("label_coach"), Value: []TextSpan{plain(cmp.Or(s.CoachName, v.say("unknown")))}, Inline: true},
		{Label: v.say("label_club"), Value: []TextSpan{plain(v.side(s.ClubName, s.Key.Team))}, Inline: true},
		{Label: v.say("label_stage"), Value: []TextSpan{plain(v.standing(s))}, Inline: true},
		{Label: v.say("label_outlets"), Value: []TextSpan{plain(v.outletsLine(s))}},
	}
	m.Footer = v.say("story_number", "Number", storyArg(s.ID))
	m.Buttons = v.alertButtons(s)
	return m
}

func (v voice) alertButtons(s *Story) [][]Button {
	id := storyArg(s.ID)
	name := shorten(s.CoachName, 30)
	return rows(2,
		press(v.say("button_follow_name", "Name", name), followAction(s)),
		press(v.say("button_mute"), newAction(actMuteStory, id)),
		press(v.say("button_why"), newAction(actWhy, id)),
		press(v.say("button_wrong"), newAction(actWrong, id)))
}

func followAction(s *Story) Action {
	if s.Key.Coach == "" {
		return ""
	}
	return newAction(actFollow, CoachTopic(s.Key.Coach).pack())
}

// replyMessage is short: the first message holds the rest.
func (v voice) replyMessage(s *Story) Message {
	m := Message{Tone: tone(s), Title: v.headline(s)}
	r, ok := spokesman(s)
	if !ok {
		return m
	}
	m.Link = webLink(r.Source.URL)
	facts := v.reported(r)
	switch s.Stage {
	case StageCold:
		facts = v.say("cold_because", "Day", v.day(s.Last))
	case StageOff, StageClosed, StageWithdrawn, StageBacked, StagePressure, StageCandidate,
		StageInterest, StageTalks, StageAgreed, StageOfficial:
		if q := shorten(r.Event.Quote, maxQuote); q != "" && agrees(s, &r) {
			m.Blocks = append(m.Blocks, quote(q))
		}
	}
	m.Blocks = append(m.Blocks, paragraph(plain(facts)))
	m.Footer = v.say("story_number", "Number", storyArg(s.ID))
	m.Buttons = rows(2, press(v.say("button_why"), newAction(actWhy, storyArg(s.ID))),
		press(v.say("button_wrong"), newAction(actWrong, storyArg(s.ID))))
	return m
}

// retraction replaces what was told: the old words stay readable, struck out.
func (v voice) retraction(s *Story) Message {
	m := Message{Tone: ToneOff, Title: v.headline(s)}
	if r, ok := spokesman(s); ok && r.Event.Quote != "" {
		q := shorten(r.Event.Quote, maxQuote)
		m.Blocks = append(m.Blocks, Block{Kind: Quote, Spans: []TextSpan{{Text: q, Style: Strike}}})
	}
	if s.Corrected != "" {
		m.Blocks = append(m.Blocks, paragraph(plain(v.say("corrected", "Words", s.Corrected))))
	}
	m.Footer = v.say("story_number", "Number", storyArg(s.ID))
	return m
}

// renderNotice says a phrase that an operator or a chat must read.
func (e *Engine) renderNotice(ctx context.Context, d Delivery) (Rendered, error) {
	if d.Note == nil {
		return Rendered{Skip: "notice without words"}, nil
	}
	var chat Chat
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		chat, err = tx.Chat(d.Chat)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Rendered{}, fmt.Errorf("notice to %s: %w", d.Chat.Platform, err)
	}
	v := e.voiceFor(chat, d.Note.Args[noticeLanguage])
	args := make([]any, 0, 2*len(d.Note.Args))
	for k, value := range d.Note.Args {
		args = append(args, k, value)
	}
	m := Message{Language: v.language, Blocks: []Block{paragraph(plain(v.say(d.Note.Key, args...)))}, Silent: d.Silent, Nonce: d.Nonce()}
	return Rendered{Message: m, Hash: fingerprint(&m)}, nil
}
