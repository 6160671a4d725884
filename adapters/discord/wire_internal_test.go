package discord

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// pretend is a connection that reads from memory.
type pretend struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (p *pretend) Read(b []byte) (int, error)      { return p.in.Read(b) }
func (p *pretend) Write(b []byte) (int, error)     { return p.out.Write(b) }
func (p *pretend) SetReadDeadline(time.Time) error { return nil }
func (p *pretend) Close() error                    { return nil }

const handshake = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

func text(s string) []byte { return newFrame(frameText, []byte(s)) }

// through is what a library reads of these bytes, and how the wire saw it end.
func through(in []byte) (got []byte, w *wire, err error) {
	w = newWire(&pretend{in: bytes.NewReader(in)})
	got, err = io.ReadAll(w)
	return got, w, err
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

const (
	hello = `{"op":10,"d":{"heartbeat_interval":41250}}`
	ready = `{"op":0,"t":"READY","s":1,"d":{}}`
	ack   = `{"op":11}`
)

func TestWireHandsOverWhatTheLibraryCanTake(t *testing.T) {
	in := joined([]byte(handshake), text(hello), text(ack), text(ready), text(ack))
	got, w, err := through(in)
	// The first ack comes before READY: the library would lock itself up on it.
	if want := joined([]byte(handshake), text(hello), text(ready), text(ack)); !bytes.Equal(got, want) {
		t.Errorf("handed over %q", got)
	}
	if e := w.ended(); !e.started || !e.resumable || err == nil {
		t.Errorf("ending %+v, %v", e, err)
	}
}

func TestWireKeepsUnaskedGoodbyesBack(t *testing.T) {
	bye := []byte{0x80 | frameClose, 0x82, 0, 0, 0, 0, 0x03, 0xe8}
	beat := []byte{0x80 | frameText, 0x82, 0, 0, 0, 0, '{', '}'}
	p := &pretend{in: bytes.NewReader(nil)}
	w := newWire(p)
	for _, b := range [][]byte{beat, bye, beat} {
		if n, err := w.Write(b); n != len(b) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if e := w.ended(); !bytes.Equal(p.out.Bytes(), beat) || !e.resumable {
		t.Errorf("written %q, ending %+v", p.out.Bytes(), e)
	}
	p = &pretend{in: bytes.NewReader(nil)}
	w = newWire(p)
	w.leave()
	if _, err := w.Write(bye); err != nil || !bytes.Equal(p.out.Bytes(), bye) {
		t.Errorf("written %q, %v", p.out.Bytes(), err)
	}
}

func TestWireEnds(t *testing.T) {
	closing := func(code uint16) []byte { return newFrame(frameClose, []byte{byte(code >> 8), byte(code)}) }
	for name, c := range map[string]struct {
		in   []byte
		want ending
	}{
		"op 7":            {text(`{"op":7,"d":null}`), ending{reconnect: true, resumable: true, started: true}},
		"op 9 false":      {text(`{"op":9,"d":false}`), ending{invalid: true, started: true}},
		"op 9 true":       {text(`{"op":9,"d":true}`), ending{invalid: true, resumable: true, started: true}},
		"close code":      {closing(4014), ending{code: 4014, resumable: true, started: true}},
		"null":            {text(`null`), ending{resumable: true, started: true}},
		"no op":           {text(`{"t":"READY"}`), ending{resumable: true, started: true}},
		"broken off":      {[]byte{0x81, 126, 0}, ending{resumable: true, started: true}},
		"masked":          {[]byte{0x81, 0x80, 0, 0, 0, 0}, ending{resumable: true, started: true}},
		"endless":         {[]byte{0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0}, ending{resumable: true, started: true}},
		"close, no words": {newFrame(frameClose, nil), ending{resumable: true, started: true}},
	} {
		t.Run(name, func(t *testing.T) {
			_, w, err := through(joined([]byte(handshake), text(hello), text(ready), c.in, text(ready)))
			if got := w.ended(); got != c.want || err == nil {
				t.Errorf("ending %+v, %v; want %+v", got, err, c.want)
			}
			if n, err := w.Write([]byte("close 1000")); n != 10 || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
			if p := w.Conn.(*pretend); p.out.Len() != 0 {
				t.Error("the library could give the session up")
			}
		})
	}
}

func TestWireJoinsFragments(t *testing.T) {
	part := func(op byte, last bool, s string) []byte {
		b := newFrame(op, []byte(s))
		if !last {
			b[0] &^= 0x80
		}
		return b
	}
	in := joined([]byte(handshake), part(frameText, false, hello[:10]), part(frameMore, false, hello[10:20]), part(frameMore, true, hello[20:]))
	got, _, _ := through(in)
	if !bytes.Equal(got, joined([]byte(handshake), text(hello))) {
		t.Errorf("handed over %q", got)
	}
}

func TestFramesSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{0, 1, 125, 126, 127, 65535, 65536, 70000}).Draw(t, "size")
		payload := bytes.Repeat([]byte{'x'}, size)
		f, err := readFrame(bufio.NewReader(bytes.NewReader(newFrame(frameText, payload))))
		if err != nil || !f.last || f.op != frameText || !bytes.Equal(f.payload, payload) {
			t.Fatalf("%d bytes: %v", size, err)
		}
	})
}

func FuzzWire(f *testing.F) {
	f.Add(joined([]byte(handshake), text(hello), text(ready)))
	f.Add([]byte("GET\n\n\x81\x05hello"))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, w, err := through(in)
		if err == nil && !errors.Is(err, io.EOF) && w.open && len(got) == 0 && len(in) > 0 {
			t.Errorf("%q vanished", in)
		}
		// Whatever comes out after the handshake, the library can decode.
		r := bufio.NewReader(bytes.NewReader(got))
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				break
			}
		}
		for {
			f, err := readFrame(r)
			if err != nil {
				return
			}
			if f.op == frameText && (!json.Valid(f.payload) || bytes.Equal(bytes.TrimSpace(f.payload), []byte("null"))) {
				t.Errorf("handed over %q", f.payload)
			}
		}
	})
}

func TestTurnstile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var info gatewayInfo
		info.Limit.Total, info.Limit.Remaining, info.Limit.ResetAfter, info.Limit.Concurrency = 1000, 5, 3600_000, 2
		gate := newTurnstile(info, nil)
		begin := time.Now()
		at := func() time.Duration { return time.Since(begin) }
		for shard := range 4 {
			if !gate.pass(t.Context(), shard) {
				t.Fatal("did not pass")
			}
			if want := time.Duration(shard/2) * identifySpacing; at() != want {
				t.Errorf("shard %d passed after %s; want %s", shard, at(), want)
			}
		}
		for range 2 { // the fifth start of the day, and one too many
			if !gate.pass(t.Context(), 0) {
				t.Fatal("did not pass")
			}
		}
		if at() < time.Hour {
			t.Errorf("the sixth of five starts passed after %s", at())
		}
	})
}

func TestCrier(t *testing.T) {
	c, now := newCrier(), time.Now()
	for i := range 10 {
		if !c.allow("1", now.Add(time.Duration(i)*time.Minute)) {
			t.Fatalf("publication %d refused", i)
		}
	}
	if c.allow("1", now.Add(59*time.Minute)) {
		t.Error("an eleventh within the hour")
	}
	if !c.allow("1", now.Add(60*time.Minute)) || !c.allow("2", now) {
		t.Error("the hour never ends, or is shared")
	}
	c.exhaust("2", now)
	if c.allow("2", now.Add(time.Minute)) {
		t.Error("allowed though Discord said no")
	}
}

func TestBanIsFarAway(t *testing.T) {
	var b budget
	now := time.Now()
	for i := range invalidBudget {
		b.note(&exchange{status: 403}, now.Add(time.Duration(i)*50*time.Millisecond))
	}
	at := now.Add(5 * time.Minute)
	if r := b.held(laneAlert, at); r == nil || !r.global || r.retryAfter <= 0 || r.retryAfter > invalidWindow {
		t.Errorf("held %+v", r)
	}
	if b.held(laneAnswer, at) != nil {
		t.Error("interactions are held")
	}
	if b.held(laneAlert, now.Add(20*time.Minute)) != nil {
		t.Error("held for ever")
	}
	b = budget{}
	for range invalidBudget + 1 {
		b.note(&exchange{status: 200}, now)
	}
	if b.held(laneAlert, now) != nil {
		t.Error("good answers count")
	}
}

func TestStanding(t *testing.T) {
	roles := []role{
		{ID: "g", Permissions: permViewChannel | permSendMessages},
		{ID: "r", Permissions: permEmbedLinks},
		{ID: "a", Permissions: permAdministrator},
	}
	for name, c := range map[string]struct {
		mine []string
		over []overwrite
		want permission
	}{
		"everyone":            {nil, nil, permViewChannel | permSendMessages},
		"own role":            {[]string{"r"}, nil, permViewChannel | permSendMessages | permEmbedLinks},
		"denied to everyone":  {nil, []overwrite{{ID: "g", Deny: permSendMessages}}, permViewChannel},
		"role allows again":   {[]string{"r"}, []overwrite{{ID: "g", Deny: permSendMessages}, {ID: "r", Allow: permSendMessages}}, permViewChannel | permSendMessages | permEmbedLinks},
		"member denied":       {[]string{"r"}, []overwrite{{ID: "me", Type: 1, Deny: permSendMessages}}, permViewChannel | permEmbedLinks},
		"cannot see":          {nil, []overwrite{{ID: "g", Deny: permViewChannel}}, 0},
		"administrator":       {[]string{"a"}, []overwrite{{ID: "g", Deny: permViewChannel}}, permAll},
		"a stranger's rights": {nil, []overwrite{{ID: "r", Deny: permSendMessages}, {ID: "you", Type: 1, Deny: permViewChannel}}, permViewChannel | permSendMessages},
	} {
		if got := standing("g", "me", c.mine, roles, c.over); got != c.want {
			t.Errorf("%s: %b; want %b", name, got, c.want)
		}
	}
}
