package discord

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"karussell/bot"
)

// Channel types.
const (
	channelText         = 0
	channelDM           = 1
	channelVoice        = 2
	channelGroupDM      = 3
	channelAnnouncement = 5
	threadAnnouncement  = 10
	threadPublic        = 11
	threadPrivate       = 12
	channelStage        = 13
	channelForum        = 15
	channelMedia        = 16
)

const flagRequireTag = 1 << 4

// channel is what this package reads of a channel.
type channel struct {
	ID         string      `json:"id"`
	Type       int         `json:"type"`
	GuildID    string      `json:"guild_id"`
	ParentID   string      `json:"parent_id"`
	Name       string      `json:"name"`
	Flags      int         `json:"flags"`
	Tags       []tag       `json:"available_tags"`
	Applied    []string    `json:"applied_tags"`
	Overwrites []overwrite `json:"permission_overwrites"`
}

type tag struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (c channel) isForum() bool { return c.Type == channelForum || c.Type == channelMedia }

func isThread(kind int) bool {
	return kind == threadAnnouncement || kind == threadPublic || kind == threadPrivate
}

// channelBook looks channels up and remembers them for a while: what kind a
// channel is decides how one posts there, and it hardly ever changes.
type channelBook struct {
	sender  *sender
	mu      sync.Mutex
	known   map[string]entry
	special map[string]int8 // forums and announcement channels, as the gateway told
	told    bool            // the gateway tells about channels
}

type entry struct {
	channel channel
	until   time.Time
}

const (
	bookTime = 10 * time.Minute
	bookSize = 4096
)

func newChannelBook(s *sender) *channelBook {
	return &channelBook{sender: s, known: map[string]entry{}, special: map[string]int8{}}
}

// note remembers what the gateway says about a channel. Ordinary ones are not
// kept: a bot on ten thousand servers has half a million of them.
func (b *channelBook) note(c channel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = true
	delete(b.known, c.ID)
	if c.isForum() || c.Type == channelAnnouncement {
		b.special[c.ID] = int8(c.Type) //nolint:gosec // types are below 20
	} else {
		delete(b.special, c.ID)
	}
}

// kind is what is known of a channel's type without asking. Once the gateway
// tells about channels, those it did not name as special are ordinary.
func (b *channelBook) kind(id string) (kind int, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k, ok := b.special[id]; ok {
		return int(k), true
	}
	if e, ok := b.known[id]; ok && time.Now().Before(e.until) {
		return e.channel.Type, true
	}
	return channelText, b.told
}

func (b *channelBook) get(ctx context.Context, id string) (channel, error) {
	b.mu.Lock()
	e, ok := b.known[id]
	b.mu.Unlock()
	if ok && time.Now().Before(e.until) {
		return e.channel, nil
	}
	var c channel
	if err := b.sender.get(ctx, "channels/"+id, &c); err != nil {
		return channel{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) >= bookSize {
		clear(b.known) // rare, and the next look-ups fill it again
	}
	b.known[id] = entry{c, time.Now().Add(bookTime)}
	return c, nil
}

func (b *channelBook) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.known, id)
	delete(b.special, id)
}

// placement is the channel that a message goes to; forum means that a post
// must be opened there first.
type placement struct {
	channel string
	forum   bool
	chat    bot.ChatRef // that the message is for
}

// place finds it: the post of the story where there is one, else the chat. It
// asks nobody: an alert costs one request.
func (a *Adapter) place(home string, m bot.Message) placement {
	if ref, ok := parseSpot(m.ReplyTo, home); ok && ref.channel != home {
		return placement{channel: ref.channel}
	}
	if m.Thread != nil {
		if id := snowflake(m.Thread.ID); id != "" {
			return placement{channel: id}
		}
	}
	kind, known := a.channels.kind(home)
	return placement{channel: home, forum: known && (channel{Type: kind}).isForum()}
}

// forumPost is the request that opens a post. Its message takes neither nonce
// nor reference.
type forumPost struct {
	Name    string   `json:"name"`
	Applied []string `json:"applied_tags,omitempty"`
	Message *payload `json:"message"`
}

// openPost opens the story's post in a forum.
func (a *Adapter) openPost(ctx context.Context, forum string, m bot.Message) (spot, error) {
	c, err := a.channels.get(ctx, forum)
	if hasStatus(err, http.StatusNotFound) && !hasCode(err, codeUnknownChannel) {
		c, err = channel{ID: forum, Type: channelForum}, nil // a server without look-ups: no tags then
	}
	if err != nil {
		return spot{}, err
	}
	post := forumPost{Name: postName(m), Message: newPayload(m), Applied: c.tagsFor(m)}
	if at, ok := a.openedBefore(ctx, c, post.Name); ok {
		return at, nil
	}
	path := "channels/" + forum + "/threads"
	raw, err := a.sender.do(ctx, call{lane: laneAlert, method: http.MethodPost, path: path, body: post, file: m.Picture})
	if err != nil {
		return spot{}, err
	}
	var opened struct {
		ID      string `json:"id"`
		Message *struct {
			ID string `json:"id"`
		} `json:"message"`
	}
	if json.Unmarshal(raw, &opened) != nil || snowflake(opened.ID) == "" {
		return spot{}, &refusal{kind: bot.SendUnsure, cause: errors.New("the answer names no post")}
	}
	at := spot{opened.ID, opened.ID} // a post's first message has the post's id
	if opened.Message != nil && snowflake(opened.Message.ID) != "" {
		at.message = opened.Message.ID
	}
	return at, nil
}

// tagsFor are the ids of a forum's tags that fit the message; its first tag where
// none fits and one is required.
func (c channel) tagsFor(m bot.Message) []string {
	var ids []string
	if m.Thread != nil {
		ids = matchTags(c.Tags, m.Thread.Tags)
	}
	if len(ids) == 0 && c.Flags&flagRequireTag != 0 && len(c.Tags) > 0 {
		ids = []string{c.Tags[0].ID}
	}
	return ids
}

// recentPost is how old a post of the same name may be to be the one that an
// earlier attempt opened. Posts take no nonce.
const recentPost = 10 * time.Minute

// openedBefore looks for the post of an earlier attempt whose answer was lost.
func (a *Adapter) openedBefore(ctx context.Context, forum channel, name string) (spot, bool) {
	var active struct {
		Threads []struct {
			channel
			Owner string `json:"owner_id"`
		} `json:"threads"`
	}
	if forum.GuildID == "" || a.sender.get(ctx, "guilds/"+forum.GuildID+"/threads/active", &active) != nil {
		return spot{}, false
	}
	me := a.app.Load()
	for _, t := range active.Threads {
		mine := me == nil || t.Owner == "" || t.Owner == *me
		if t.ParentID == forum.ID && t.Name == name && mine && time.Since(born(t.ID)) < recentPost {
			return spot{t.ID, t.ID}, true
		}
	}
	return spot{}, false
}

// born is when Discord made an id ("Snowflakes").
func born(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	const discordEpoch = 1420070400000 // milliseconds
	return time.UnixMilli(int64(n>>22) + discordEpoch)
}

func postName(m bot.Message) string {
	name := ""
	if m.Thread != nil {
		name = cut(m.Thread.Name, 100)
	}
	if name == "" {
		name = cut(m.Title, 100)
	}
	if name == "" {
		name = cut(strings.SplitN(m.Text(), "\n", 2)[0], 100)
	}
	if name == "" {
		name = "Karussell"
	}
	return name
}

// matchTags finds a forum's tags by name, whatever their case.
func matchTags(have []tag, want []string) []string {
	var ids []string
	for _, name := range want {
		for _, t := range have {
			if strings.EqualFold(strings.TrimSpace(t.Name), strings.TrimSpace(name)) && !slices.Contains(ids, t.ID) && len(ids) < 5 {
				ids = append(ids, t.ID)
			}
		}
	}
	return ids
}

// wake brings an archived thread back.
func (a *Adapter) wake(ctx context.Context, thread string) bool {
	body := struct {
		Archived bool `json:"archived"`
	}{}
	_, err := a.sender.do(ctx, call{lane: laneDesk, method: http.MethodPatch, path: "channels/" + thread, body: body})
	if err != nil {
		a.log.WarnContext(ctx, "cannot wake an archived thread", "thread", thread, "error", err)
	}
	return err == nil
}

// after does what a sent message asks for besides: publishing it and keeping a
// post's tags. Nothing here can make the message fail.
func (a *Adapter) after(ctx context.Context, at spot, home string, m bot.Message) {
	if m.Publish {
		a.publish(ctx, at)
	}
	if m.Thread != nil && len(m.Thread.Tags) > 0 && at.channel != home && at.channel != at.message { // not the post's own first message
		a.retag(ctx, at.channel, m.Thread.Tags)
	}
}

// retag gives a post the tags of its story's new stage.
func (a *Adapter) retag(ctx context.Context, thread string, names []string) {
	c, err := a.channels.get(ctx, thread)
	if err != nil || !isThread(c.Type) || c.ParentID == "" {
		return
	}
	parent, err := a.channels.get(ctx, c.ParentID)
	if err != nil || !parent.isForum() {
		return
	}
	tags := matchTags(parent.Tags, names)
	if len(tags) == 0 || slices.Equal(tags, c.Applied) {
		return
	}
	body := struct {
		Applied []string `json:"applied_tags"`
	}{tags}
	if _, err := a.sender.do(ctx, call{lane: laneDesk, method: http.MethodPatch, path: "channels/" + thread, body: body}); err != nil {
		a.log.DebugContext(ctx, "cannot change the tags of a post", "thread", thread, "error", err)
		return
	}
	a.channels.forget(thread)
}

// crier keeps Discord's small limit on published announcements: about ten an
// hour in a channel.
type crier struct {
	mu    sync.Mutex
	cried map[string][]time.Time
}

const (
	criesPerHour = 10
	cryWindow    = time.Hour
)

func newCrier() *crier { return &crier{cried: map[string][]time.Time{}} }

// allow takes one of the hour's publications, if one is left.
func (c *crier) allow(channel string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.cried) >= bookSize {
		for id, times := range c.cried {
			if now.Sub(times[len(times)-1]) > cryWindow {
				delete(c.cried, id)
			}
		}
	}
	times := c.cried[channel]
	for len(times) > 0 && now.Sub(times[0]) >= cryWindow {
		times = times[1:]
	}
	if len(times) >= criesPerHour {
		c.cried[channel] = times
		return false
	}
	c.cried[channel] = append(times, now)
	return true
}

// exhaust keeps a channel silent for an hour: others used up its limit.
func (c *crier) exhaust(channel string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cried[channel] = slices.Repeat([]time.Time{now}, criesPerHour)
}

// isAnnouncement asks when the gateway has not told yet.
func (a *Adapter) isAnnouncement(ctx context.Context, id string) bool {
	kind, known := a.channels.kind(id)
	if !known {
		c, err := a.channels.get(ctx, id)
		return err == nil && c.Type == channelAnnouncement
	}
	return kind == channelAnnouncement
}

// publish hands an announcement on to the servers that follow the channel.
func (a *Adapter) publish(ctx context.Context, at spot) {
	if !a.isAnnouncement(ctx, at.channel) {
		return
	}
	if !a.crier.allow(at.channel, time.Now()) {
		a.meter.Count("discord_published_total", 1, "outcome", "limit")
		return
	}
	path := "channels/" + at.channel + "/messages/" + at.message + "/crosspost"
	_, err := a.sender.do(ctx, call{lane: laneDesk, method: http.MethodPost, path: path})
	if err != nil {
		var r *refusal
		if errors.As(err, &r) && r.kind == bot.SendLimited {
			a.crier.exhaust(at.channel, time.Now())
		}
		a.meter.Count("discord_published_total", 1, "outcome", "failed")
		a.log.InfoContext(ctx, "an announcement could not be published", "channel", at.channel, "error", err)
		return
	}
	a.meter.Count("discord_published_total", 1, "outcome", "published")
}
