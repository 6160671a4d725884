package discord

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Opcodes of Discord's gateway that the wire acts on.
const (
	opDispatch       = 0
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// Sizes and times of a gateway connection.
const (
	maxFrame     = 32 << 20
	maxHandshake = 64 << 10
	greetTime    = 60 * time.Second // for hello and READY or RESUMED
	beatSlack    = 2 * time.Second  // beyond a heartbeat's interval and a quarter
	maxBeat      = 3600 * 1000      // the longest interval that makes sense, in milliseconds
)

// ending is how a gateway connection ended, as far as the wire saw it.
type ending struct {
	code      int  // close code; 0 for none
	reconnect bool // op 7: Discord wants us to come back
	invalid   bool // op 9: the session is lost
	resumable bool // op 9 with d: true, or a mere break
	silent    bool // heartbeats were not answered
	started   bool // READY or RESUMED had come
}

// wire is the gateway connection beneath the library's websocket. The library
// swallows close codes, waits five intervals for a heartbeat's answer, locks
// itself up when op 7 or op 11 come before READY, and answers op 9 by
// identifying at once. So the wire reads every frame first: it notes what the
// library hides, and ends the connection instead of handing over what the
// library handles wrongly.
type wire struct {
	net.Conn
	br      *bufio.Reader
	ready   []byte // what the library may read
	open    bool   // the HTTP handshake is through
	message []byte // payload of a fragmented message so far

	mu       sync.Mutex
	end      ending
	over     bool
	leaving  bool // we say goodbye
	interval time.Duration
	acked    time.Time
	dialled  time.Time
}

func newWire(c net.Conn) *wire {
	return &wire{Conn: c, br: bufio.NewReaderSize(c, 64<<10), dialled: time.Now()}
}

var errWireOver = errors.New("the gateway connection is over")

// Read hands the library whole frames that it can handle.
func (w *wire) Read(p []byte) (int, error) {
	for len(w.ready) == 0 {
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.ready)
	w.ready = w.ready[n:]
	return n, nil
}

func (w *wire) fill() error {
	if w.isOver() {
		return errWireOver
	}
	if err := w.Conn.SetReadDeadline(w.deadline()); err != nil {
		return fmt.Errorf("gateway deadline: %w", err)
	}
	err := w.next()
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() && !w.over {
		w.end.silent = true
	}
	if !w.over {
		w.end.resumable = true
	}
	w.over = true
	return err
}

// next reads the handshake or one frame into ready.
func (w *wire) next() error {
	if !w.open {
		return w.handshake()
	}
	f, err := readFrame(w.br)
	if err != nil {
		return err
	}
	switch f.op {
	case frameText, frameBinary, frameMore:
		w.message = append(w.message, f.payload...)
		if len(w.message) > maxFrame {
			return errFrameTooLong
		}
		if !f.last {
			return nil
		}
		message := w.message
		w.message = nil
		return w.judge(message)
	case frameClose:
		w.noteClose(f.payload)
	}
	w.ready = newFrame(f.op, f.payload)
	return nil
}

func (w *wire) handshake() error {
	for len(w.ready) < maxHandshake {
		line, err := w.br.ReadSlice('\n')
		w.ready = append(w.ready, line...)
		if err != nil {
			return fmt.Errorf("gateway handshake: %w", err)
		}
		if len(line) <= 2 {
			w.open = true
			return nil
		}
	}
	return errors.New("gateway handshake: too long")
}

// judge looks at a message of Discord's and hands it over, drops it or ends
// the connection.
func (w *wire) judge(message []byte) error {
	var m struct {
		Op   *int            `json:"op"`
		Data json.RawMessage `json:"d"`
		Type string          `json:"t"`
	}
	if err := json.Unmarshal(message, &m); err != nil || m.Op == nil {
		return errors.New("gateway: not a message of Discord's") // the library would panic on null
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch *m.Op {
	case opHello:
		milliseconds, err := readHello(m.Data)
		if err != nil {
			return err
		}
		w.interval = time.Duration(milliseconds) * time.Millisecond
		// The library reads whole numbers only.
		message = fmt.Appendf(nil, `{"op":%d,"d":{"heartbeat_interval":%d}}`, opHello, milliseconds)
	case opReconnect:
		w.over, w.end.reconnect, w.end.resumable = true, true, true
		return errWireOver
	case opInvalidSession:
		w.over, w.end.invalid = true, true
		w.end.resumable = string(m.Data) == "true"
		return errWireOver
	case opHeartbeatAck:
		w.acked = time.Now()
		if !w.end.started {
			return nil
		}
	case opDispatch:
		if !w.end.started {
			w.end.started, w.acked = true, time.Now()
		}
	}
	w.ready = newFrame(frameText, message)
	return nil
}

// readHello is the heartbeat's interval in milliseconds.
func readHello(data []byte) (int64, error) {
	var hello struct {
		Interval float64 `json:"heartbeat_interval"`
	}
	if json.Unmarshal(data, &hello) != nil || hello.Interval < 1 || hello.Interval > maxBeat {
		return 0, errors.New("gateway: hello without a heartbeat interval")
	}
	return int64(hello.Interval), nil
}

func (w *wire) noteClose(payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.end.resumable = true
	if len(payload) >= 2 {
		w.end.code = int(binary.BigEndian.Uint16(payload))
	}
}

// deadline is when silence means that the connection is dead.
func (w *wire) deadline() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.end.started || w.interval == 0 {
		return w.dialled.Add(greetTime)
	}
	return w.acked.Add(w.interval + w.interval/4 + beatSlack)
}

// Write keeps the library from ending the session with a close frame: when the
// connection is over anyway, and when nobody asked for it. (Its heartbeats
// outlive their connection, fail, and close whatever connection there is by then.)
func (w *wire) Write(p []byte) (int, error) {
	if w.isOver() || w.unasked(p) {
		return len(p), nil
	}
	return w.Conn.Write(p) //nolint:wrapcheck // a net.Conn passes errors on
}

// unasked reports that p is a close frame that we did not want; the connection is
// then over. The library writes frames one by one.
func (w *wire) unasked(p []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.leaving || len(p) == 0 || p[0] != 0x80|frameClose {
		return false
	}
	w.over, w.end.resumable = true, true
	return true
}

// leave lets the library's goodbye through.
func (w *wire) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leaving = true
}

// SetReadDeadline and SetDeadline of the library would undo the wire's own.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets the part that is not the wire's.
func (w *wire) SetDeadline(t time.Time) error {
	return w.SetWriteDeadline(t) //nolint:wrapcheck // a net.Conn passes errors on
}

func (w *wire) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// ended reports what was seen.
func (w *wire) ended() ending {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end
}

// Websocket frames (RFC 6455, section 5.2).
const (
	frameMore   = 0
	frameText   = 1
	frameBinary = 2
	frameClose  = 8
)

var errFrameTooLong = errors.New("gateway: a frame is too long")

type frame struct {
	op      byte
	last    bool
	payload []byte
}

// readFrame reads a server's frame, which is never masked.
func readFrame(r *bufio.Reader) (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, fmt.Errorf("gateway: %w", err)
	}
	if head[0]&0x70 != 0 || head[1]&0x80 != 0 {
		return frame{}, errors.New("gateway: a frame of an extension nobody agreed on")
	}
	size := uint64(head[1] & 0x7f)
	switch size {
	case 126:
		var b [2]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return frame{}, fmt.Errorf("gateway: %w", err)
		}
		size = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return frame{}, fmt.Errorf("gateway: %w", err)
		}
		size = binary.BigEndian.Uint64(b[:])
	}
	if size > maxFrame {
		return frame{}, errFrameTooLong
	}
	f := frame{op: head[0] & 0x0f, last: head[0]&0x80 != 0, payload: make([]byte, size)}
	if _, err := io.ReadFull(r, f.payload); err != nil {
		return frame{}, fmt.Errorf("gateway: %w", err)
	}
	return f, nil
}

// newFrame is a whole, unmasked frame.
func newFrame(op byte, payload []byte) []byte {
	b := append(make([]byte, 0, len(payload)+10), 0x80|op)
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n <= 0xffff:
		b = append(b, 126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, 127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(b, payload...)
}
