package telegram

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"karussell/bot"
)

// maxUpdate caps a webhook request: the longest update is far below.
const maxUpdate = 1 << 20

// webhookConnections is how many updates Telegram sends at once.
const webhookConnections = 40

// Webhook lets Telegram bring the updates instead of being polled.
type Webhook struct {
	// URL is where Telegram finds the bot: https, port 443, 80, 88 or 8443. Its
	// path is served.
	URL string
	// Listen is the address to listen on: ":8443", or "127.0.0.1:8081" behind a
	// proxy that ends TLS.
	Listen string
	// Secret is what Telegram must show with every update: 1 to 256 of A-Z, a-z,
	// 0-9, _ and -. Empty: a new random one at every start.
	Secret string
	// CertFile and KeyFile end TLS here; both empty behind a proxy. A certificate
	// that signed itself is uploaded to Telegram, which then accepts it although
	// nobody vouches for it.
	CertFile, KeyFile string
}

// webhookInfo is what getWebhookInfo says.
type webhookInfo struct {
	URL       string `json:"url"`
	Pending   int    `json:"pending_update_count"`
	LastError string `json:"last_error_message"`
	ErrorDate int64  `json:"last_error_date"`
}

var webhookSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func (w *Webhook) check() error {
	if w == nil {
		return nil
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return errors.New("telegram: the webhook's address must begin with https://")
	}
	if _, _, err := net.SplitHostPort(w.Listen); err != nil {
		return errors.New("telegram: the webhook needs an address to listen on, like :8443")
	}
	if w.Secret != "" && !webhookSecret.MatchString(w.Secret) {
		return errors.New("telegram: the webhook's secret may hold letters, digits, _ and - only, at most 256")
	}
	if (w.CertFile == "") != (w.KeyFile == "") {
		return errors.New("telegram: the webhook needs certificate and key, or neither")
	}
	return nil
}

// serve takes updates from Telegram's requests until ctx ends.
func (s *session) serve(ctx, work context.Context) error {
	secret := s.webhook.Secret
	if secret == "" {
		secret = rand.Text()
	}
	listener, certificate, err := s.webhook.listen(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.webhookHandler(work, secret),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return work },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // strangers who knock
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err = s.insist(ctx, "webhook_not_set", func() error { return s.setWebhook(ctx, secret, certificate) }); err == nil {
		select {
		case <-ctx.Done():
		case err = <-served:
			return fmt.Errorf("telegram webhook: %w", err)
		}
	}
	down, cancel := context.WithTimeout(work, farewell)
	defer cancel()
	if server.Shutdown(down) != nil {
		_ = server.Close()
	}
	closed := <-served // http.ErrServerClosed
	s.log.DebugContext(work, "webhook_closed", "cause", closed)
	return err
}

// listen opens the port, with TLS when there is a certificate, and returns the
// certificate that Telegram must be given, if any.
func (w *Webhook) listen(ctx context.Context) (net.Listener, []byte, error) {
	var upload []byte
	var encryption *tls.Config
	if w.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(w.CertFile, w.KeyFile)
		if err != nil {
			return nil, nil, fmt.Errorf("telegram webhook: %w", err)
		}
		encryption = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		if leaf := pair.Leaf; leaf != nil && bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
			if upload, err = os.ReadFile(w.CertFile); err != nil {
				return nil, nil, fmt.Errorf("telegram webhook: %w", err)
			}
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", w.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("telegram webhook: %w", err)
	}
	if encryption != nil {
		listener = tls.NewListener(listener, encryption)
	}
	return listener, upload, nil
}

func (s *session) setWebhook(ctx context.Context, secret string, certificate []byte) error {
	p := tgbotapi.Params{
		"url":             s.webhook.URL,
		"secret_token":    secret,
		"allowed_updates": allowedUpdates,
		"max_connections": strconv.Itoa(webhookConnections),
	}
	var files []tgbotapi.RequestFile
	if certificate != nil {
		files = append(files, tgbotapi.RequestFile{Name: "certificate", Data: tgbotapi.FileBytes{Name: "certificate.pem", Bytes: certificate}})
	}
	if _, err := s.wire.call(ctx, "setWebhook", p, files...); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "webhook_set", "listen", s.webhook.Listen)
	return nil
}

// webhookHandler accepts updates on the webhook's path. It answers 200 only
// when the update was handled or written down; else Telegram brings it again.
func (s *session) webhookHandler(work context.Context, secret string) http.Handler {
	path := "/"
	if u, err := url.Parse(s.webhook.URL); err == nil && u.Path != "" {
		path = u.Path
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
		switch {
		case r.URL.Path != path:
			http.NotFound(w, r)
			return
		case subtle.ConstantTimeCompare([]byte(shown), []byte(secret)) != 1:
			s.meter.Count("telegram_webhook_refused_total", 1)
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		case r.Method != http.MethodPost:
			http.Error(w, "post only", http.StatusMethodNotAllowed)
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpdate))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		w.WriteHeader(s.receiveOne(work, raw))
	})
}

// receiveOne handles one update and returns the response's status.
func (s *session) receiveOne(work context.Context, raw []byte) int {
	u, err := decodeUpdate(raw)
	if err != nil {
		s.meter.Count("telegram_updates_total", 1, "kind", "undecodable")
		s.log.ErrorContext(work, "updates_skipped", "reason", "cannot be decoded", "updates", []int{u.ID})
		return http.StatusOK // again it would not get better
	}
	if s.lanes.crowded() {
		return http.StatusServiceUnavailable
	}
	taken, b := s.ledger.begin([]update{u})
	for _, u := range taken {
		s.dispatch(work, u)
	}
	if err := s.ledger.settle(work, b, []int{u.ID}, 0, patience); err != nil {
		s.log.ErrorContext(work, "progress_not_written", "error", err)
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

var _ bot.Platform = (*Adapter)(nil)
