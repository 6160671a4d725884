package discordtest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Opcodes of the gateway.
const (
	opDispatch  = 0
	opHeartbeat = 1
	opIdentify  = 2
	opResume    = 6
	opReconnect = 7
	opInvalid   = 9
	opHello     = 10
	opAck       = 11
)

const guildsIntent = 1

// session is what Discord keeps of a gateway session for resuming.
type session struct {
	id      string
	shard   [2]int
	seq     int
	events  []json.RawMessage // by sequence number, from 1
	conn    *conn
	lost    bool // cannot be resumed
	resumes int
}

type conn struct {
	server *Server
	ws     *websocket.Conn
	wmu    sync.Mutex
	sess   *session
	beats  int
}

func (c *conn) write(v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		return
	}
	c.writeRaw(raw)
}

func (c *conn) writeRaw(raw []byte) {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	_ = c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_ = c.ws.WriteMessage(websocket.TextMessage, raw)
}

func (c *conn) closeWith(code int) {
	c.wmu.Lock()
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	c.wmu.Unlock()
	c.drop()
}

func (c *conn) drop() { _ = c.ws.Close() }

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	if v := r.URL.Query().Get("v"); v != "9" && v != "10" {
		s.violatef("gateway: version %q", v)
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &conn{server: s, ws: ws}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	refuse := s.refuse
	s.changedLocked()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, c)
		if c.sess != nil && c.sess.conn == c {
			c.sess.conn = nil
		}
		s.changedLocked()
		s.mu.Unlock()
		c.drop()
	}()
	if refuse != 0 {
		c.closeWith(refuse)
		return
	}
	beat := s.opt.Heartbeat
	if beat == 0 {
		beat = 41250 * time.Millisecond
	}
	c.write(map[string]any{"op": opHello, "d": map[string]any{"heartbeat_interval": beat.Milliseconds()}})
	for {
		_ = ws.SetReadDeadline(time.Now().Add(beat*2 + 5*time.Second))
		_, raw, err := ws.ReadMessage()
		if err != nil {
			c.ended(err)
			return
		}
		if !c.handle(raw) {
			return
		}
	}
}

// ended: a client that closes with 1000 or 1001 gives its session up.
func (c *conn) ended(err error) {
	if !websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
		return
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.sess != nil {
		c.sess.lost = true
	}
}

func (c *conn) handle(raw []byte) bool {
	var m struct {
		Op   *int            `json:"op"`
		Data json.RawMessage `json:"d"`
	}
	if json.Unmarshal(raw, &m) != nil || m.Op == nil {
		c.server.violatef("gateway: a message that is no JSON")
		c.closeWith(4002)
		return false
	}
	switch *m.Op {
	case opHeartbeat:
		c.server.mu.Lock()
		c.beats++
		silent := c.server.silent
		c.server.mu.Unlock()
		if !silent {
			c.write(map[string]any{"op": opAck})
		}
		return true
	case opIdentify:
		return c.identify(m.Data)
	case opResume:
		return c.resume(m.Data)
	case 3, 4, 8:
		if c.sess == nil {
			c.closeWith(4003)
			return false
		}
		return true
	default:
		c.server.violatef("gateway: opcode %d", *m.Op)
		c.closeWith(4001)
		return false
	}
}

func (c *conn) identify(raw json.RawMessage) bool {
	s := c.server
	var id struct {
		Token      string          `json:"token"`
		Intents    *int            `json:"intents"`
		Shard      *[2]int         `json:"shard"`
		Properties json.RawMessage `json:"properties"`
	}
	switch {
	case c.sess != nil:
		c.closeWith(4005)
		return false
	case json.Unmarshal(raw, &id) != nil || len(id.Properties) == 0:
		c.closeWith(4002)
		return false
	case id.Token != s.Token && id.Token != "Bot "+s.Token:
		c.closeWith(4004)
		return false
	case id.Intents == nil || *id.Intents < 0 || *id.Intents >= 1<<26:
		c.closeWith(4013)
		return false
	case *id.Intents != guildsIntent:
		s.violatef("gateway: intents %d, want Guilds only", *id.Intents)
	}
	shard := [2]int{0, 1}
	if id.Shard != nil {
		shard = *id.Shard
	}
	if shard[1] < 1 || shard[0] < 0 || shard[0] >= shard[1] {
		c.closeWith(4010)
		return false
	}
	if s.opt.Shards > 1 && shard[1] < s.opt.Shards/2 {
		c.closeWith(4011)
		return false
	}
	if !s.mayIdentify(shard[0]) {
		s.violatef("gateway: shard %d identified too early", shard[0])
		c.write(map[string]any{"op": opInvalid, "d": false})
		return true
	}
	s.mu.Lock()
	sess := &session{id: "session-" + s.id(), shard: shard, conn: c}
	c.sess = sess
	s.sessions[sess.id] = sess
	guilds := []any{}
	var mine []*guild
	for _, g := range s.guilds {
		if shardOf(g.id, shard[1]) == shard[0] {
			guilds = append(guilds, map[string]any{"id": g.id, "unavailable": true})
			mine = append(mine, g)
		}
	}
	s.mu.Unlock()
	sess.dispatch(s, "READY", map[string]any{
		"v": 9, "user": map[string]any{"id": s.App, "username": "Karussell", "bot": true, "discriminator": "0"},
		"guilds": guilds, "session_id": sess.id, "resume_gateway_url": "ws://" + s.addr, "shard": shard,
		"application": map[string]any{"id": s.App, "flags": 0},
	})
	for _, g := range mine {
		sess.dispatch(s, "GUILD_CREATE", s.guildObject(g))
	}
	s.mu.Lock()
	s.changedLocked()
	s.mu.Unlock()
	return true
}

// mayIdentify keeps max_concurrency and the starts of the day.
func (s *Server) mayIdentify(shard int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := shard % max(s.opt.Concurrency, 1)
	if last, ok := s.identified[slot]; ok && time.Since(last) < 5*time.Second {
		return false
	}
	s.identified[slot] = time.Now()
	return true
}

func (c *conn) resume(raw json.RawMessage) bool {
	s := c.server
	var r struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int    `json:"seq"`
	}
	if json.Unmarshal(raw, &r) != nil {
		c.closeWith(4002)
		return false
	}
	if r.Token != s.Token && r.Token != "Bot "+s.Token {
		c.closeWith(4004)
		return false
	}
	s.mu.Lock()
	sess := s.sessions[r.Session]
	if sess == nil || sess.lost {
		s.mu.Unlock()
		c.write(map[string]any{"op": opInvalid, "d": false})
		return true
	}
	if r.Seq > sess.seq {
		s.mu.Unlock()
		c.closeWith(4007)
		return false
	}
	c.sess, sess.conn = sess, c
	sess.resumes++
	missed := sess.events[r.Seq:]
	for _, e := range missed {
		c.writeRaw(e)
	}
	s.mu.Unlock()
	sess.dispatch(s, "RESUMED", map[string]any{})
	s.mu.Lock()
	s.changedLocked()
	s.mu.Unlock()
	return true
}

// dispatch numbers an event, keeps it for resuming and sends it.
func (sess *session) dispatch(s *Server, event string, data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.seq++
	raw, err := json.Marshal(map[string]any{"op": opDispatch, "t": event, "s": sess.seq, "d": data})
	if err != nil {
		panic(err)
	}
	sess.events = append(sess.events, raw)
	if sess.conn != nil {
		sess.conn.writeRaw(raw)
	}
}

func shardOf(guildID string, count int) int {
	n, _ := strconv.ParseUint(guildID, 10, 64)
	return int((n >> 22) % uint64(count))
}

// dispatchGuild sends an event to the sessions of a server's shard; direct
// messages (empty id) go to shard 0.
func (s *Server) dispatchGuild(guildID, event string, data func() any) {
	s.mu.Lock()
	var to []*session
	for _, sess := range s.sessions {
		if !sess.lost && shardOf(guildID, sess.shard[1]) == sess.shard[0] {
			to = append(to, sess)
		}
	}
	s.mu.Unlock()
	if len(to) == 0 {
		return
	}
	d := data()
	for _, sess := range to {
		sess.dispatch(s, event, d)
	}
}

// AwaitShards waits until n shards are connected and ready.
func (s *Server) AwaitShards(n int, patience time.Duration) {
	s.t.Helper()
	if !s.await(patience, func() bool { return s.readyLocked() >= n }) {
		s.t.Fatalf("discordtest: not %d shards connected", n)
	}
}

func (s *Server) readyLocked() int {
	n := 0
	for _, sess := range s.sessions {
		if sess.conn != nil {
			n++
		}
	}
	return n
}

// Identifies is how many sessions were started, Resumes how many times one was
// taken up again.
func (s *Server) Identifies() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// ForgetIdentifies lets the next IDENTIFY come at once.
func (s *Server) ForgetIdentifies() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.identified)
}

// Resumes counts resumed sessions.
func (s *Server) Resumes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, sess := range s.sessions {
		n += sess.resumes
	}
	return n
}

// Heartbeats counts heartbeats on present connections.
func (s *Server) Heartbeats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.conns {
		n += c.beats
	}
	return n
}

func (s *Server) each(f func(*conn)) {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		f(c)
	}
}

// DropGateway breaks all gateway connections without a word.
func (s *Server) DropGateway() { s.each((*conn).drop) }

// CloseGateway closes all gateway connections with a close code.
func (s *Server) CloseGateway(code int) { s.each(func(c *conn) { c.closeWith(code) }) }

// RefuseGateway closes every new gateway connection with code; 0 ends that.
func (s *Server) RefuseGateway(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = code
}

// AskReconnect sends op 7.
func (s *Server) AskReconnect() {
	s.each(func(c *conn) { c.write(map[string]any{"op": opReconnect, "d": nil}) })
}

// InvalidSession sends op 9 and forgets the sessions unless they are resumable.
func (s *Server) InvalidSession(resumable bool) {
	s.mu.Lock()
	for _, sess := range s.sessions {
		sess.lost = sess.lost || !resumable
	}
	s.mu.Unlock()
	s.each(func(c *conn) { c.write(map[string]any{"op": opInvalid, "d": resumable}) })
}

// AskHeartbeat sends op 1.
func (s *Server) AskHeartbeat() {
	s.each(func(c *conn) { c.write(map[string]any{"op": opHeartbeat, "d": nil}) })
}

// Silence stops or resumes answering heartbeats.
func (s *Server) Silence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = on
}

// Raw sends any text to all gateway connections.
func (s *Server) Raw(text string) { s.each(func(c *conn) { c.writeRaw([]byte(text)) }) }

// Dispatch sends any event to all sessions.
func (s *Server) Dispatch(event string, data any) {
	s.mu.Lock()
	var to []*session
	for _, sess := range s.sessions {
		if !sess.lost {
			to = append(to, sess)
		}
	}
	s.mu.Unlock()
	for _, sess := range to {
		sess.dispatch(s, event, data)
	}
}
