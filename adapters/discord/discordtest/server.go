// Package discordtest is a strict fake of Discord on the loopback: gateway and
// HTTP API with true error codes, limits, permissions, nonces and interaction
// deadlines, and switches for faults.
//
// Law: it refuses what Discord refuses, and it holds every request against
// Discord's OpenAPI description and the rules that a schema cannot say. A
// request that breaks one fails the test, whatever the test is about.
package discordtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options of a Server. The zero value is an ordinary Discord.
type Options struct {
	Contract    string        // path of discord-openapi.json; empty: only the rules beyond it
	Judge       *Judge        // instead of Contract: one that several servers share
	Heartbeat   time.Duration // interval that hello names; 0: 41.25 s
	Shards      int           // recommended; 0: 1
	Concurrency int           // max_concurrency; 0: 1
	Starts      int           // session starts left; 0: 1000
	Limits      bool          // keep 5 messages per 5 s and channel, 50 requests a second
	Reads       bool          // allow unknown application commands to be used (no registration)
}

// Permission bits of channels.
const (
	ManageGuild     = 1 << 5
	ViewChannel     = 1 << 10
	SendMessages    = 1 << 11
	EmbedLinks      = 1 << 14
	AttachFiles     = 1 << 15
	ReadHistory     = 1 << 16
	MentionEveryone = 1 << 17
	SendInThreads   = 1 << 38

	// Everyone is what a new server's members may do, the bot among them.
	Everyone = ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadHistory | SendInThreads
)

// Channel types.
const (
	Text         = 0
	DM           = 1
	Voice        = 2
	Announcement = 5
	Thread       = 11
	Forum        = 15
)

// Server is the fake. All methods are safe for concurrent use.
type Server struct {
	Token string // the bot token it accepts
	App   string // application id, also the bot's user id

	t    testing.TB
	opt  Options
	http *http.Server
	addr string
	wg   sync.WaitGroup

	mu           sync.Mutex
	lastID       uint64
	guilds       []*guild
	channels     map[string]*channel
	people       map[string]bool // who has used the bot or was made known
	commands     map[string][]map[string]any
	commandPuts  int
	interactions map[string]*Interaction
	sessions     map[string]*session
	conns        map[*conn]struct{}
	identified   map[int]time.Time
	faults       []*Fault
	requests     []Request
	violations   []string
	recent       map[string][]time.Time // per bucket, for the limits
	exceeded     []string               // buckets of requests over a limit
	silent       bool                   // heartbeats are not answered
	refuse       int                    // close code for the next connections
	elsewhere    bool                   // interactions come from a server without the bot
	judge        *Judge
	wake         chan struct{} // closed and replaced at every change
	closing      sync.Once
}

type guild struct {
	id, name string
	roles    []map[string]any
}

// Channel describes a channel to create.
type Channel struct {
	Type     int
	Name     string
	Parent   string   // for threads: the channel
	Tags     []string // names of a forum's tags
	NeedsTag bool
	Deny     uint64 // permissions that everyone, and so the bot, lacks here
	Archived bool   // for threads
	Locked   bool
}

type channel struct {
	Channel
	id, guild string
	tags      []map[string]any
	applied   []string
	messages  []*Message
	nonces    map[string]*Message
	user      string // of a direct message
	owner     string // of a thread
	blocked   bool   // the user takes no messages
}

// Request is one call that arrived.
type Request struct {
	Method string
	Path   string // below the API
	Body   []byte // JSON; of multipart requests the payload_json
	Status int
	At     time.Time
}

// New starts a server and stops it when the test ends; a broken rule then
// fails the test.
func New(t testing.TB, opt Options) *Server {
	t.Helper()
	s := &Server{
		t: t, opt: opt, Token: "MTE.fake-bot-token.do-not-print",
		channels: map[string]*channel{}, people: map[string]bool{}, commands: map[string][]map[string]any{},
		interactions: map[string]*Interaction{}, sessions: map[string]*session{},
		conns: map[*conn]struct{}{}, identified: map[int]time.Time{}, recent: map[string][]time.Time{},
		wake: make(chan struct{}),
	}
	s.App = s.id()
	var err error
	if s.judge = opt.Judge; s.judge == nil {
		if s.judge, err = NewJudge(opt.Contract); err != nil {
			t.Fatalf("discordtest: the contract cannot be read: %v", err)
		}
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.wg.Go(func() { _ = s.http.Serve(l) })
	t.Cleanup(s.Close)
	return s
}

// Close stops the server and reports broken rules. The end of the test does it
// too.
func (s *Server) Close() { s.closing.Do(s.close) }

func (s *Server) close() {
	s.t.Helper()
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.drop()
	}
	_ = s.http.Close()
	s.wg.Wait()
	for _, v := range s.Violations() {
		s.t.Errorf("discordtest: %s", v)
	}
}

// URL is the endpoint to configure.
func (s *Server) URL() string { return "http://" + s.addr + "/" }

// Violations are the rules that were broken so far.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Forgive drops the violations so far and returns them, for tests that provoke
// some.
func (s *Server) Forgive() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.violations
	s.violations = nil
	return v
}

func (s *Server) violatef(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.violations) < 50 {
		s.violations = append(s.violations, fmt.Sprintf(format, args...))
	}
}

// id makes a new snowflake. The caller need not hold the lock for the first.
func (s *Server) id() string {
	const epoch = 1420070400000
	s.lastID = max(s.lastID+1, uint64(time.Now().UnixMilli()-epoch)<<22)
	return strconv.FormatUint(s.lastID, 10)
}

// changedLocked wakes everybody who waits for something.
func (s *Server) changedLocked() {
	close(s.wake)
	s.wake = make(chan struct{})
}

// Await waits until cond, called with the server locked, is true.
func (s *Server) await(patience time.Duration, cond func() bool) bool {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		ok, wake := cond(), s.wake
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-wake:
		case <-deadline.C:
			return false
		}
	}
}

// AddGuild creates a server that the bot is in, and tells connected shards.
func (s *Server) AddGuild(name string) string {
	s.mu.Lock()
	g := &guild{id: s.id(), name: name}
	g.roles = []map[string]any{{"id": g.id, "name": "@everyone", "permissions": strconv.FormatUint(Everyone, 10), "mentionable": false, "managed": false, "position": 0}}
	s.guilds = append(s.guilds, g)
	s.mu.Unlock()
	s.dispatchGuild(g.id, "GUILD_CREATE", func() any { return s.guildObject(g) })
	return g.id
}

// AddRole creates a role in a server.
func (s *Server) AddRole(guildID, name string, mentionable bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.id()
	if g := s.guildLocked(guildID); g != nil {
		g.roles = append(g.roles, map[string]any{"id": id, "name": name, "permissions": "0", "mentionable": mentionable, "managed": false, "position": 1})
	}
	return id
}

// RemoveGuild throws the bot out of a server.
func (s *Server) RemoveGuild(id string) {
	s.mu.Lock()
	s.guilds = slices.DeleteFunc(s.guilds, func(g *guild) bool { return g.id == id })
	for cid, c := range s.channels {
		if c.guild == id {
			delete(s.channels, cid)
		}
	}
	s.mu.Unlock()
	s.dispatchGuild(id, "GUILD_DELETE", func() any { return map[string]any{"id": id} })
}

// DropGuildSilently removes a server without an event, as it happens while
// nobody is connected.
func (s *Server) DropGuildSilently(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guilds = slices.DeleteFunc(s.guilds, func(g *guild) bool { return g.id == id })
}

// Outage makes a server unavailable, which is no removal.
func (s *Server) Outage(id string) {
	s.dispatchGuild(id, "GUILD_DELETE", func() any { return map[string]any{"id": id, "unavailable": true} })
}

// AddChannel creates a channel, or a thread when Parent is set.
func (s *Server) AddChannel(guildID string, c Channel) string {
	s.mu.Lock()
	ch := &channel{Channel: c, id: s.id(), guild: guildID, nonces: map[string]*Message{}}
	for _, name := range c.Tags {
		ch.tags = append(ch.tags, map[string]any{"id": s.id(), "name": name, "moderated": false})
	}
	s.channels[ch.id] = ch
	s.mu.Unlock()
	event := "CHANNEL_CREATE"
	if c.Parent != "" {
		event = "THREAD_CREATE"
	}
	s.dispatchGuild(guildID, event, func() any { return s.channelObject(ch) })
	return ch.id
}

// AddDM creates the direct message channel of a user.
func (s *Server) AddDM(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dmLocked(user).id
}

func (s *Server) dmLocked(user string) *channel {
	for _, c := range s.channels {
		if c.user == user {
			return c
		}
	}
	c := &channel{Channel: Channel{Type: DM}, id: s.id(), user: user, nonces: map[string]*Message{}}
	s.channels[c.id], s.people[user] = c, true
	return c
}

// DirectMessages are the messages to a user, oldest first.
func (s *Server) DirectMessages(user string) []Message {
	s.mu.Lock()
	id := ""
	for _, c := range s.channels {
		if c.user == user {
			id = c.id
		}
	}
	s.mu.Unlock()
	return s.Messages(id)
}

// Block makes the user of a direct message channel refuse messages.
func (s *Server) Block(channelID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[channelID]; c != nil {
		c.blocked = true
	}
}

// Deny takes permissions from everyone in a channel.
func (s *Server) Deny(channelID string, permissions uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[channelID]; c != nil {
		c.Deny = permissions
	}
}

// Archive archives a thread.
func (s *Server) Archive(channelID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[channelID]; c != nil {
		c.Archived = true
	}
}

// RemoveChannel deletes a channel or thread.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	c := s.channels[id]
	delete(s.channels, id)
	s.mu.Unlock()
	if c == nil {
		return
	}
	event := "CHANNEL_DELETE"
	if c.Parent != "" {
		event = "THREAD_DELETE"
	}
	s.dispatchGuild(c.guild, event, func() any { return s.channelObject(c) })
}

// RemoveMessage deletes a message as a moderator would.
func (s *Server) RemoveMessage(channelID, messageID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[channelID]; c != nil {
		c.messages = slices.DeleteFunc(c.messages, func(m *Message) bool { return m.ID == messageID })
	}
}

// Messages are copies of what stands in a channel, oldest first.
func (s *Server) Messages(channelID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channelID]
	if c == nil {
		return nil
	}
	out := make([]Message, len(c.messages))
	for i, m := range c.messages {
		out[i] = *m
	}
	return out
}

// AwaitMessages waits until n messages stand in a channel.
func (s *Server) AwaitMessages(channelID string, n int, patience time.Duration) []Message {
	s.t.Helper()
	if !s.await(patience, func() bool { c := s.channels[channelID]; return c != nil && len(c.messages) >= n }) {
		s.t.Fatalf("discordtest: channel %s has %d messages, want %d", channelID, len(s.Messages(channelID)), n)
	}
	return s.Messages(channelID)
}

// Threads are the ids of a channel's threads or a forum's posts, oldest first.
func (s *Server) Threads(channelID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for id, c := range s.channels {
		if c.Parent == channelID {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Tags are the names of a post's tags, and its title.
func (s *Server) Tags(thread string) (title string, tags []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[thread]
	if c == nil {
		return "", nil
	}
	if forum := s.channels[c.Parent]; forum != nil {
		for _, t := range forum.tags {
			if slices.Contains(c.applied, fmt.Sprint(t["id"])) {
				tags = append(tags, fmt.Sprint(t["name"]))
			}
		}
	}
	return c.Name, tags
}

// Requests are the calls so far whose path begins with prefix.
func (s *Server) Requests(method, prefix string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Request
	for _, r := range s.requests {
		if (method == "" || r.Method == method) && strings.HasPrefix(r.Path, prefix) {
			out = append(out, r)
		}
	}
	return out
}

// Commands are the published global commands.
func (s *Server) Commands() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands["applications/"+s.App+"/commands"])
}

// AwaitCommands waits until n bulk calls have published commands.
func (s *Server) AwaitCommands(n int, patience time.Duration) {
	s.t.Helper()
	if !s.await(patience, func() bool { return s.commandPuts >= n }) {
		s.t.Fatalf("discordtest: the commands were not published %d times", n)
	}
}

func (s *Server) guildLocked(id string) *guild {
	for _, g := range s.guilds {
		if g.id == id {
			return g
		}
	}
	return nil
}

// guildObject is a server as GUILD_CREATE shows it.
func (s *Server) guildObject(g *guild) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	channels, threads := []any{}, []any{}
	for _, c := range s.channels {
		if c.guild != g.id {
			continue
		}
		if c.Parent != "" {
			threads = append(threads, c.object())
		} else {
			channels = append(channels, c.object())
		}
	}
	return map[string]any{
		"id": g.id, "name": g.name, "roles": g.roles, "channels": channels, "threads": threads,
		"unavailable": false, "member_count": 2, "large": false, "owner_id": "1", "preferred_locale": "de",
	}
}

func (s *Server) channelObject(c *channel) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.object()
}

func (c *channel) object() map[string]any {
	o := map[string]any{"id": c.id, "type": c.Type}
	if c.guild == "" {
		o["recipients"] = []any{map[string]any{"id": c.user, "username": "fan"}}
		return o
	}
	o["guild_id"], o["name"], o["position"] = c.guild, c.Name, 1
	flags := 0
	if c.NeedsTag {
		flags = 1 << 4
	}
	o["flags"] = flags
	if c.Parent != "" {
		o["parent_id"], o["owner_id"] = c.Parent, c.owner
		o["thread_metadata"] = map[string]any{"archived": c.Archived, "locked": c.Locked, "auto_archive_duration": 1440}
		o["applied_tags"] = c.applied
		return o
	}
	overwrites := []any{}
	if c.Deny != 0 {
		overwrites = append(overwrites, map[string]any{"id": c.guild, "type": 0, "allow": "0", "deny": strconv.FormatUint(c.Deny, 10)})
	}
	o["permission_overwrites"] = overwrites
	if c.Type == Forum {
		o["available_tags"] = c.tags
	}
	return o
}

// may is what the bot may do in a channel.
func (s *Server) may(c *channel) uint64 {
	deny := c.Deny
	if parent := s.channels[c.Parent]; parent != nil {
		deny |= parent.Deny
	}
	have := uint64(Everyone) &^ deny
	if have&ViewChannel == 0 {
		return 0
	}
	return have
}
