package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"karussell/bot"
)

// sender is the one way out to Discord's HTTP API.
type sender struct {
	session *discordgo.Session // for its REST calls only; never opened
	api     *transport
	budget  budget
	log     *slog.Logger
	meter   bot.Meter
	pacer   bot.Pacer // for what counts towards the global limit beside the alerts
}

func newSender(token string, endpoint *url.URL, log *slog.Logger, meter bot.Meter) (*sender, error) {
	s, err := newSession(token)
	if err != nil {
		return nil, err
	}
	api := newTransport(endpoint)
	s.Client = &http.Client{
		Transport: api,
		// A redirect could carry the token to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &sender{session: s, api: api, log: log, meter: meter}, nil
}

// newSession is a library session with everything switched off that waits,
// repeats, remembers or prints.
func newSession(token string) (*discordgo.Session, error) {
	s, err := discordgo.New("Bot " + token)
	if err != nil {
		return nil, errors.New("discord: the library refuses the token")
	}
	s.ShouldRetryOnRateLimit = false
	s.MaxRestRetries = 0
	s.ShouldReconnectOnError = false
	s.ShouldReconnectVoiceOnSessionError = false
	s.StateEnabled = false
	s.SyncEvents = true
	s.Compress = false
	s.Identify.Compress = false
	s.LogLevel = discordgo.LogError - 1 // even its errors hold tokens and user text
	s.Debug = false
	s.UserAgent = "DiscordBot (https://github.com/bwmarrin/discordgo, " + discordgo.VERSION + ") Karussell"
	return s, nil
}

// lane says whom a call serves.
type lane int

const (
	laneAlert  lane = iota // messages of the outbox
	laneAnswer             // interactions: never held back, without a part in the global limit
	laneDesk               // look-ups and settings: ahead of alerts
)

// call is one request.
type call struct {
	lane   lane
	method string
	path   string // below the API, without slash in front
	body   any    // nil for none
	file   *bot.Picture
	chat   bot.ChatRef // of alerts: who waits when the route's bucket is empty
}

func (s *sender) get(ctx context.Context, path string, into any) error {
	return s.ask(ctx, call{lane: laneDesk, method: http.MethodGet, path: path}, into)
}

// ask makes the call and reads its answer.
func (s *sender) ask(ctx context.Context, c call, into any) error {
	raw, err := s.do(ctx, c)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &refusal{kind: bot.SendTemporary, cause: errors.New("the answer is no JSON")}
	}
	return nil
}

// do sends c once. It returns *refusal or the context's error.
func (s *sender) do(ctx context.Context, c call) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r := s.budget.held(c.lane, time.Now()); r != nil {
		s.meter.Count("discord_held_total", 1)
		return nil, r
	}
	body, contentType, err := c.encode()
	if err != nil {
		return nil, &refusal{kind: bot.SendRejected, cause: err}
	}
	if err := s.turn(ctx, c.lane); err != nil {
		return nil, err
	}
	x := &exchange{}
	inner, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// A bucket of its own: the library would else queue calls behind each other
	// and keep one bucket per route for ever.
	bucket := &discordgo.Bucket{Remaining: 1}
	bucket.Lock()
	raw, err := s.session.RequestWithLockedBucket(c.method, discordgo.EndpointAPI+c.path, contentType, body, bucket, 0,
		discordgo.WithContext(withExchange(inner, x)),
		discordgo.WithRetryOnRatelimit(false), discordgo.WithRestRetries(0))
	s.learn(c, x)
	if err == nil {
		return raw, nil
	}
	if ctx.Err() != nil && x.status == 0 && !x.left.Load() {
		return nil, ctx.Err()
	}
	return nil, s.refused(ctx, c, classify(x, err))
}

// learn takes from an answer what bears on the next requests.
func (s *sender) learn(c call, x *exchange) {
	if x.status == 0 {
		return
	}
	s.budget.note(x, time.Now())
	if wait, empty := bucketEmpty(x); empty && c.chat.Chat != "" {
		s.pacer.Limited(c.chat, &bot.SendError{Kind: bot.SendLimited, RetryAfter: wait})
	}
}

// refused counts and hands on a refusal.
func (s *sender) refused(ctx context.Context, c call, r *refusal) error {
	if c.lane == laneDesk && r.kind == bot.SendLimited && r.global {
		s.pacer.Limited(bot.ChatRef{Platform: Platform}, &bot.SendError{Kind: r.kind, RetryAfter: r.retryAfter, Global: true})
	}
	s.meter.Count("discord_refusals_total", 1, "kind", string(r.kind))
	s.log.DebugContext(ctx, "discord refused a request", "method", c.method, "path", publicPath(c.path), "status", r.status, "code", r.code, "kind", r.kind)
	return r
}

// turn waits for the place of what counts towards the global limit beside the
// alerts, which the outbox paces.
func (s *sender) turn(ctx context.Context, l lane) error {
	if l != laneDesk {
		return nil
	}
	err := s.pacer.Answer(ctx, bot.ChatRef{Platform: Platform})
	if e, ok := errors.AsType[*bot.SendError](err); ok {
		return &refusal{kind: e.Kind, retryAfter: e.RetryAfter, global: e.Global, cause: e}
	}
	return err
}

// encode writes JSON, or multipart where a picture comes along.
func (c call) encode() (body []byte, contentType string, err error) {
	if c.body == nil {
		return nil, "application/json", nil
	}
	js, err := json.Marshal(c.body)
	if err != nil {
		return nil, "", fmt.Errorf("encode: %w", err)
	}
	if c.file == nil {
		return js, "application/json", nil
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := part(w, `form-data; name="payload_json"`, "application/json", js); err != nil {
		return nil, "", err
	}
	disposition := fmt.Sprintf(`form-data; name="files[0]"; filename=%q`, fileName(c.file))
	if err := part(w, disposition, c.file.MIME, c.file.Data); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

func part(w *multipart.Writer, disposition, contentType string, data []byte) error {
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", disposition)
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	h.Set("Content-Type", contentType)
	p, err := w.CreatePart(h)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if _, err := io.Copy(p, bytes.NewReader(data)); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return nil
}

// publicPath is a path without the tokens of interactions and webhooks.
func publicPath(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) > 2 && (parts[0] == "webhooks" || parts[0] == "interactions") {
		return parts[0] + "/" + parts[1] + "/…"
	}
	return path
}

// rest waits; false when the context ended first.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
