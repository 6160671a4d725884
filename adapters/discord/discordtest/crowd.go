package discordtest

import (
	"encoding/json"
	"fmt"
	"time"
)

// Crowd makes the bot a member of n servers with the given number of channels:
// it sends their GUILD_CREATE to the shards, keeps nothing of them, and returns
// when the client has answered a heartbeat request behind them.
func (s *Server) Crowd(n, channels int) {
	s.t.Helper()
	s.mu.Lock()
	sessions := make([]*session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		sessions = append(sessions, sess)
	}
	s.mu.Unlock()
	for i := range n {
		sess := sessions[i%len(sessions)]
		list := make([]any, channels)
		for c := range list {
			list[c] = map[string]any{
				"id": fmt.Sprintf("7%08d%03d", i, c), "type": Text, "name": fmt.Sprint("kanal-", c), "position": c,
				"permission_overwrites": []any{map[string]any{"id": fmt.Sprintf("7%08d", i), "type": 0, "allow": "0", "deny": "2048"}},
			}
		}
		s.mu.Lock()
		sess.seq++
		raw, err := json.Marshal(map[string]any{"op": opDispatch, "t": "GUILD_CREATE", "s": sess.seq, "d": map[string]any{
			"id": fmt.Sprintf("7%08d", i), "name": fmt.Sprint("Server ", i), "channels": list, "roles": []any{}, "unavailable": false,
		}})
		sess.events = append(sess.events, nil) // too many to keep
		c := sess.conn
		s.mu.Unlock()
		if err != nil || c == nil {
			s.t.Fatalf("discordtest: server %d cannot be announced: %v", i, err)
		}
		c.writeRaw(raw)
	}
	before := s.Heartbeats()
	s.AskHeartbeat()
	deadline := time.Now().Add(time.Minute)
	for s.Heartbeats() < before+len(sessions) {
		if time.Now().After(deadline) {
			s.t.Fatal("discordtest: the client does not come along")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
