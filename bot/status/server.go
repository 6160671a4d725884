package status

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/time/rate"

	"karussell/bot"
)

// Setup is what a Server works with. Store and Registry are required.
type Setup struct {
	Addr     string // "127.0.0.1:8081"; Run listens there
	Store    bot.Store
	Registry *Registry
	Probes   []Probe // for /readyz, in the order shown
	// Token protects the page and, when set, the metrics. Without one there is
	// no page.
	Token string
	// Correct withdraws or settles a story: Engine.Correct. nil: the page shows
	// complaints without buttons.
	Correct func(ctx context.Context, id bot.StoryID, how bot.Correction, words string) error
	Version string
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: nowhere
}

// Server is the operator's web server. It is safe for concurrent use.
type Server struct {
	Setup
	started  time.Time
	handler  http.Handler
	failures *rate.Limiter // of wrong tokens
}

// New checks the setup.
func New(s Setup) (*Server, error) {
	if s.Store == nil || s.Registry == nil {
		return nil, errors.New("status: store and registry are required")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	v := &Server{Setup: s, started: s.Now(), failures: rate.NewLimiter(rate.Every(2*time.Second), 10)}
	v.handler = v.routes()
	return v, nil
}

// Handler serves everything.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	metrics := promhttp.HandlerFor(s.Registry.reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
	if s.Token != "" {
		metrics = s.guard(metrics)
	}
	mux.Handle("GET /metrics", metrics)
	mux.Handle("GET /{$}", s.guard(http.HandlerFunc(s.page)))
	mux.HandleFunc("GET /style.css", s.style)
	for path, do := range map[string]func(context.Context, *http.Request) error{
		"POST /parked/discard":   s.discard,
		"POST /parked/again":     s.again,
		"POST /complaint/done":   s.complaintDone,
		"POST /complaint/ruling": s.complaintRuling,
	} {
		mux.Handle(path, s.guard(s.action(do)))
	}
	// A page elsewhere must not make the operator's browser press our buttons.
	return secured(http.NewCrossOriginProtection().Handler(mux))
}

// secured sets the headers that every answer has: nothing foreign is loaded,
// nothing is framed, nothing is cached.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// guard wants the token as a bearer token or, from browsers, as the password of
// any user.
func (s *Server) guard(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Token == "" {
			http.Error(w, "The operator page is off: no token is set.", http.StatusForbidden)
			return
		}
		token, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !given {
			_, token, given = r.BasicAuth()
		}
		got := sha256.Sum256([]byte(token))
		if given && subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			next.ServeHTTP(w, r)
			return
		}
		if given && !s.failures.Allow() {
			http.Error(w, "Too many wrong tokens; wait a little.", http.StatusTooManyRequests)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="Karussell", charset="UTF-8"`)
		http.Error(w, "The token is needed, as a bearer token or as the password.", http.StatusUnauthorized)
	})
}

// health says that the process lives and reads its store.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	_, ok := ask(r.Context(), []Probe{StoreProbe(s.Store)})
	if !ok {
		http.Error(w, "store cannot be read", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n") // the asker may have left
}

// ready lists the parts; what fails in them is only for who has the token.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	states, ok := ask(r.Context(), s.Probes)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	for _, one := range states {
		word := "ok"
		if one.Err != nil {
			word = "failing"
		}
		_, _ = fmt.Fprintf(w, "%s %s\n", one.Name, word) // the asker may have left
	}
}

// Run listens on Addr and serves until ctx ends; then it waits for requests
// under way, at most five seconds, and returns nil.
func (s *Server) Run(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("status server: %w", err)
	}
	return s.Serve(ctx, ln)
}

// Serve is Run on a listener, which it closes.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	s.Log.InfoContext(ctx, "status server is up", "address", ln.Addr().String(), "page", s.Token != "")
	select {
	case err := <-done:
		return fmt.Errorf("status server: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		_ = server.Close() // what does not end is cut off
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("status server: %w", err)
	}
	return nil
}
