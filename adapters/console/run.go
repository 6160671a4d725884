package console

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"karussell/bot"
)

// maxLine bounds what one typed line may hold, in bytes.
const maxLine = 4096

// line is one typed line, or the end.
type line struct {
	text    string
	tooLong bool
	err     error
}

// Run implements bot.Platform: it answers what is typed until ctx ends or the
// input does, and returns nil. An error means that the input cannot be read.
//
// A read that is under way cannot be stopped on every reader: Run sets the
// reader's deadline or closes it, whichever it can. On a terminal, where neither
// wakes a read, one goroutine stays in it until the next key or the process's
// end.
func (c *Console) Run(ctx context.Context, r bot.Responder) error {
	if c.In == nil {
		<-ctx.Done()
		return nil
	}
	lines := make(chan line)
	stopped, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		c.read(lines, stop)
	}()
	if c.Prompt {
		c.say(word(c.Language, "greeting"))
	}
	err := c.talk(ctx, lines, r)
	close(stop)
	c.answered()
	c.release(stopped)
	return err
}

// release ends the reading goroutine and waits for it, where that is possible.
func (c *Console) release(stopped <-chan struct{}) {
	if c.ended != nil { // the reader has returned by itself
		<-stopped
		return
	}
	woken := false
	if d, ok := c.In.(interface{ SetReadDeadline(t time.Time) error }); ok {
		woken = d.SetReadDeadline(time.Unix(1, 0)) == nil
	}
	if cl, ok := c.In.(io.Closer); ok && !woken {
		_ = cl.Close() // only to wake the reader
	}
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-stopped:
	case <-timer.C:
	}
}

// read hands over line after line, until the input ends or stop is closed.
func (c *Console) read(lines chan<- line, stop <-chan struct{}) {
	in := bufio.NewReaderSize(c.In, maxLine)
	for {
		l := readLine(in)
		select {
		case lines <- l:
		case <-stop:
			return
		}
		if l.err != nil {
			return
		}
	}
}

// readLine reads one line; of one that is too long nothing is kept.
func readLine(in *bufio.Reader) line {
	data, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		return line{tooLong: true, err: err}
	}
	return line{text: string(data), err: err}
}

// talk answers typed lines, one after the other.
func (c *Console) talk(ctx context.Context, lines <-chan line, r bot.Responder) error {
	for ctx.Err() == nil {
		text, err := c.next(ctx, lines, word(c.Language, "prompt"))
		if err == nil || text != "" {
			if c.answer(ctx, lines, r, text) {
				return nil
			}
		}
		if err != nil {
			return ended(err)
		}
	}
	return nil
}

// ended turns the ordinary ends of an input into none.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// next prompts for one line and cleans it. A last line without a line break
// comes with io.EOF.
func (c *Console) next(ctx context.Context, lines <-chan line, prompt string) (string, error) {
	for {
		if c.ended != nil {
			return "", c.ended
		}
		c.ask(prompt)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case l := <-lines:
			c.answered()
			c.ended = l.err
			if l.tooLong {
				c.say(say(c.Language, "too long", strconv.Itoa(maxLine)))
				if l.err == nil {
					continue
				}
			}
			return strings.TrimSpace(strings.ReplaceAll(clean(l.text), "\n", " ")), l.err
		}
	}
}

// answer does what one line asks for; quit reports that the user leaves.
func (c *Console) answer(ctx context.Context, lines <-chan line, r bot.Responder, text string) (quit bool) {
	if text == "" {
		return false
	}
	if n, err := strconv.Atoi(strings.Trim(text, "[]")); err == nil {
		c.press(ctx, lines, r, n)
		return false
	}
	req := request()
	req.Language = c.Language
	first, rest, _ := strings.Cut(text, " ")
	name := strings.ToLower(strings.TrimPrefix(first, "/"))
	switch command := canonical(r.Commands(), name); {
	case command != "":
		req.Command, req.Text = command, strings.TrimSpace(rest)
	case strings.HasPrefix(text, "/") && len(name) > 0:
		req.Command, req.Text = name, strings.TrimSpace(rest)
	case name == "exit" || name == "quit" || name == "ende":
		return true
	default:
		req.Text = text // free text: the engine looks it up
	}
	c.respond(ctx, lines, r, req)
	return false
}

func request() bot.Request {
	return bot.Request{Chat: Chat, Kind: bot.PrivateChat, User: User, CanManage: true}
}

// canonical finds a command by name, alias or local name; empty for none.
func canonical(specs []bot.CommandSpec, name string) string {
	for _, s := range specs {
		if s.Name == name {
			return s.Name
		}
		for _, a := range s.Aliases {
			if strings.ToLower(a) == name {
				return s.Name
			}
		}
		for _, l := range s.Local {
			if strings.ToLower(l) == name {
				return s.Name
			}
		}
	}
	return ""
}

// press presses a numbered button.
func (c *Console) press(ctx context.Context, lines <-chan line, r bot.Responder, n int) {
	c.mu.Lock()
	b, ok := c.buttons[n]
	c.mu.Unlock()
	if !ok {
		c.say(say(c.Language, "no button", strconv.Itoa(n)))
		return
	}
	req := request()
	req.Language, req.Action, req.Message = c.Language, b.action, b.message
	c.respond(ctx, lines, r, req)
}

// respond asks the engine and shows its answer, form after form.
func (c *Console) respond(ctx context.Context, lines <-chan line, r bot.Responder, req bot.Request) {
	m := r.Respond(ctx, req)
	for m.Form != nil {
		values, ok := c.fill(ctx, lines, m)
		if !ok {
			return
		}
		req.Command, req.Text, req.Action, req.Values = "", "", m.Form.Action, values
		m = r.Respond(ctx, req)
	}
	if m.Replace && req.Message != "" {
		_ = c.update(req.Message, m) // a writer that fails ends the process anyway
		return
	}
	_, _ = c.show(m, "answer")
}

// fill asks for a form's inputs line by line; ok is false when the user
// cancelled or the input ended.
func (c *Console) fill(ctx context.Context, lines <-chan line, m bot.Message) (values map[string]string, ok bool) {
	c.say(clean(m.Form.Title))
	values = make(map[string]string, len(m.Form.Inputs))
	for _, in := range m.Form.Inputs {
		prompt := clean(in.Label)
		if in.Hint != "" {
			prompt += " (" + clean(in.Hint) + ")"
		}
		if in.Value != "" {
			prompt += " " + say(m.Language, "dot", clean(in.Value))
		}
		for {
			text, err := c.next(ctx, lines, prompt+":")
			if text == "." || err != nil && text == "" {
				c.say(word(m.Language, "cancelled"))
				return nil, false
			}
			if text == "" {
				text = in.Value
			}
			if text == "" && in.Required {
				c.say(word(m.Language, "required"))
				continue
			}
			values[in.Name] = shorten(text, in.Max)
			break
		}
	}
	return values, true
}

// shorten cuts s to at most n characters; 0 is no limit.
func shorten(s string, n int) string {
	if n <= 0 || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
