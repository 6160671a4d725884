package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// A running bot holds the store's lock. Commands that need the store then run
// inside the bot: they reach it through a socket beside the file, which only the
// file's owner may use, and read back what they would have printed.

// controlCall is what a command sends.
type controlCall struct {
	Args []string `json:"args"`
	Dir  string   `json:"dir"` // for relative paths
}

// controlFrame is a piece of what the command printed, or its end.
type controlFrame struct {
	Out  string `json:"out,omitempty"`
	Err  string `json:"err,omitempty"`
	Exit *int   `json:"exit,omitempty"`
}

// remoteCommands may run inside the bot. The others need the store for
// themselves, or nothing of it.
func remoteCommands() []string {
	return []string{"ask", "ingest", "backup", "check", "story", "feeds", "export", "reload", "doctor"}
}

// maxControlCall bounds a call in bytes.
const maxControlCall = 1 << 20

func controlPath(db string) string { return db + ".sock" }

// serveControl answers commands until ctx ends and waits for those under way.
func serveControl(ctx context.Context, w *world, db string) error {
	path := controlPath(db)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("control socket %s: %w", path, err)
	}
	listener, err := listenPrivately(ctx, path)
	if err != nil {
		return fmt.Errorf("control socket %s: %w", path, err)
	}
	var calls sync.WaitGroup
	defer calls.Wait()
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() }) // unblocks Accept
	defer stop()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("control socket %s: %w", path, err)
		}
		calls.Go(func() {
			defer conn.Close()
			answerControl(ctx, w, conn)
		})
	}
}

// listenPrivately makes the socket its owner's alone. (Under the usual umask
// nobody else could connect even before the chmod: that needs the right to
// write.)
func listenPrivately(ctx context.Context, path string) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

func answerControl(ctx context.Context, w *world, conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second)) // a silent caller is cut off
	var call controlCall
	line, err := bufio.NewReader(io.LimitReader(conn, maxControlCall)).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &call) != nil {
		return
	}
	frames := &frameWriter{to: json.NewEncoder(conn)}
	code := exitUsage
	if len(call.Args) > 0 && slices.Contains(remoteCommands(), call.Args[0]) {
		inside := *w
		inside.ctx, inside.dir, inside.stdin = ctx, call.Dir, bytes.NewReader(nil)
		inside.stdout, inside.stderr = frames.out(), frames.err()
		inside.stdinTerminal, inside.stdoutTerminal, inside.stderrTerminal = false, false, false
		code = run(&inside, call.Args)
	} else {
		fmt.Fprintln(frames.err(), "karussell: this command cannot run while the bot has the store; stop the bot first")
	}
	frames.end(code)
}

// frameWriter sends output as it is printed. Safe for concurrent use.
type frameWriter struct {
	mu sync.Mutex
	to *json.Encoder
}

func (f *frameWriter) send(frame controlFrame) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.to.Encode(frame)
}

func (f *frameWriter) out() io.Writer {
	return writerFunc(func(p []byte) error { return f.send(controlFrame{Out: string(p)}) })
}

func (f *frameWriter) err() io.Writer {
	return writerFunc(func(p []byte) error { return f.send(controlFrame{Err: string(p)}) })
}

func (f *frameWriter) end(code int) { _ = f.send(controlFrame{Exit: &code}) } // the caller may be gone

type writerFunc func([]byte) error

func (w writerFunc) Write(p []byte) (int, error) {
	if err := w(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// remoteExitError ends a command that ran inside the bot, with its exit code.
type remoteExitError int

func (e remoteExitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// askBot runs the command inside the bot that holds the store. ok is false
// when there is no such bot.
func askBot(w *world, db string, args []string) (err error, ok bool) { //nolint:revive // the error is the command's result
	conn, err := new(net.Dialer).DialContext(w.ctx, "unix", controlPath(db))
	if err != nil {
		return nil, false
	}
	defer conn.Close()
	stop := context.AfterFunc(w.ctx, func() { _ = conn.Close() }) // unblocks the read
	defer stop()
	dir, err := filepath.Abs(w.dir)
	if err != nil {
		return err, true
	}
	if err := json.NewEncoder(conn).Encode(controlCall{Args: args, Dir: dir}); err != nil {
		return err, true
	}
	frames := json.NewDecoder(conn)
	for {
		var frame controlFrame
		if err := frames.Decode(&frame); err != nil {
			return fmt.Errorf("the running bot broke off: %w", err), true
		}
		if _, err := io.WriteString(w.stdout, frame.Out); err != nil {
			return err, true
		}
		if _, err := io.WriteString(w.stderr, frame.Err); err != nil {
			return err, true
		}
		if frame.Exit != nil {
			if *frame.Exit != exitOK {
				return remoteExitError(*frame.Exit), true
			}
			return nil, true
		}
	}
}
