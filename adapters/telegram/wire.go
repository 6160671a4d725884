package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// maxResponse caps a response: a hundred updates of full length stay well below.
const maxResponse = 16 << 20

// wire makes calls. The library builds requests for a placeholder address with
// a placeholder token and never learns the real ones; exchange puts them in, so
// whatever the library prints or returns cannot hold the token.
type wire struct {
	client  *http.Client
	base    string // endpoint without trailing slash
	token   string
	secret  string // the token's part after the colon, to recognise it anywhere
	timeout time.Duration
	meter   bot.Meter
	limits  *restraint
	// accepted: getMe succeeded, so the token is known and a 404 means the method.
	accepted atomic.Bool
}

func newWire(base, token string, client *http.Client, timeout time.Duration, meter bot.Meter) *wire {
	own := http.Client{}
	if client != nil {
		own = *client
	}
	if own.Transport == nil {
		own.Transport = newTransport()
	}
	own.Timeout = 0 // contexts bound calls: a poll lasts longer than a send
	// A redirect would carry the token to another host, in the address and in
	// the Referer.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	_, secret, _ := strings.Cut(token, ":")
	return &wire{client: &own, base: base, token: token, secret: secret, timeout: timeout, meter: meter, limits: newRestraint()}
}

func newTransport() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		t = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	} else {
		t = t.Clone()
	}
	t.MaxIdleConns = 128
	t.MaxIdleConnsPerHost = 128
	t.IdleConnTimeout = 50 * time.Second // below the 75 s after which common servers hang up
	// Notice a dead connection under a long poll.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 20 * time.Second, PingTimeout: 10 * time.Second}
	return t
}

// doer is a function as the library's HTTPClient.
type doer func(*http.Request) (*http.Response, error)

// Do calls f.
func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

// passage is how far a request got.
type passage struct {
	connected atomic.Bool // a connection was there, so bytes may have gone out
	cut       atomic.Bool // writing failed: the server cannot have all of it
	status    int         // 0: no response
	retry     time.Duration
	err       error // why there is no response; cleaned
}

// mayHaveArrived reports whether the server may have the whole request.
func (p *passage) mayHaveArrived() bool { return p.connected.Load() && !p.cut.Load() }

// call makes one call within the usual time and returns its result. The error
// is a *bot.SendError, or the context's when ctx ended.
func (w *wire) call(ctx context.Context, method string, p tgbotapi.Params, files ...tgbotapi.RequestFile) (json.RawMessage, error) {
	timeout := w.timeout
	if len(files) > 0 {
		timeout *= 4
	}
	return w.callWithin(ctx, timeout, method, p, files...)
}

func (w *wire) callWithin(ctx context.Context, timeout time.Duration, method string, p tgbotapi.Params, files ...tgbotapi.RequestFile) (json.RawMessage, error) {
	if refused := w.restrained(method, p); refused != nil {
		w.meter.Count("telegram_calls_total", 1, "method", method, "outcome", "held_back")
		return nil, refused
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var way passage
	api := tgbotapi.BotAPI{Token: "hidden", Client: doer(func(r *http.Request) (*http.Response, error) {
		return w.exchange(limited, method, r, &way)
	})}
	api.SetAPIEndpoint("http://bot.invalid/bot%s/%s")

	var response *tgbotapi.APIResponse
	var err error
	if len(files) > 0 {
		response, err = api.UploadFiles(method, p, files)
	} else {
		response, err = api.MakeRequest(method, p)
	}
	if err == nil {
		w.meter.Count("telegram_calls_total", 1, "method", method, "outcome", "ok")
		switch {
		case writes(method):
			w.limits.passed()
		case method == "getMe":
			w.accepted.Store(true)
		}
		return response.Result, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("telegram %s: %w", method, ctx.Err())
	}
	refused := w.refusal(method, response, &way)
	w.meter.Count("telegram_calls_total", 1, "method", method, "outcome", string(refused.Kind))
	if refused.Kind == bot.SendLimited && writes(method) {
		w.limits.limited(p["chat_id"], refused.RetryAfter, time.Now())
	}
	return nil, refused
}

// restrained holds back a call that Telegram has said is too early.
func (w *wire) restrained(method string, p tgbotapi.Params) *bot.SendError {
	if !writes(method) {
		return nil
	}
	return w.limits.restrained(p["chat_id"], time.Now())
}

// result makes a call and decodes its result into out. A result that cannot be
// decoded leaves open what happened.
func (w *wire) result(ctx context.Context, method string, p tgbotapi.Params, out any, files ...tgbotapi.RequestFile) error {
	raw, err := w.call(ctx, method, p, files...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return &bot.SendError{Kind: bot.SendUnsure, Err: fmt.Errorf("telegram %s: unexpected result", method)}
	}
	return nil
}

// exchange sends the library's request to the real address and reads the whole
// response.
func (w *wire) exchange(ctx context.Context, method string, from *http.Request, way *passage) (*http.Response, error) {
	// Read the body first: the library writes uploads from a goroutine that must
	// not outlive the call, and a known length is kinder to proxies.
	body, err := io.ReadAll(from.Body)
	if err != nil {
		way.err = errors.New("the request could not be built")
		return nil, way.err
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			way.connected.Store(true)
			way.cut.Store(false)
		},
		WroteRequest: func(i httptrace.WroteRequestInfo) { way.cut.Store(i.Err != nil) },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/bot"+w.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		way.err = errors.New("the endpoint's address is not usable")
		return nil, way.err
	}
	request.Header.Set("Content-Type", from.Header.Get("Content-Type"))
	response, err := w.client.Do(request)
	if err != nil {
		way.err = w.clean(err)
		return nil, way.err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err == nil && len(content) > maxResponse {
		err = fmt.Errorf("response exceeds %d bytes", maxResponse)
	}
	if err != nil {
		way.err = w.clean(err)
		return nil, way.err
	}
	way.status = response.StatusCode
	if s, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && s > 0 {
		way.retry = time.Duration(s) * time.Second
	}
	return &http.Response{StatusCode: response.StatusCode, Body: io.NopCloser(bytes.NewReader(content))}, nil
}

// clean takes the address, and with it the token, out of a transport error. An
// error that still names the token keeps nothing of its text.
func (w *wire) clean(err error) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if strings.Contains(err.Error(), w.secret) {
		return errors.New("transport failed (details withheld: they name the token)")
	}
	return err
}

// scrub takes the token out of foreign text and shortens it.
func (w *wire) scrub(s string) string {
	s = cleanText(w.scrubAll(s))
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200]) + "…"
	}
	return s
}

func (w *wire) scrubAll(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, w.token, "…"), w.secret, "…")
}
