package status_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"karussell/bot"
	"karussell/bot/status"
	"karussell/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "sehr-geheim"

type ruling struct {
	id    bot.StoryID
	how   bot.Correction
	words string
}

// office is a server over a memory store with one of everything on it.
type office struct {
	store    *memory.Store
	registry *status.Registry
	handler  http.Handler
	rulings  []ruling
	probe    error
	parked   bot.DeliveryID
}

func newOffice(t *testing.T, change func(*status.Setup)) *office {
	t.Helper()
	o := &office{store: memory.New(), registry: status.NewRegistry("telegram", "discord")}
	now := time.Now()
	chat := bot.ChatRef{Platform: "telegram", Chat: "7"}
	d := bot.Delivery{ID: "d<1>", Chat: chat, Kind: bot.DeliverPost, Due: now.Add(-time.Hour), Created: now.Add(-time.Hour)}
	err := o.store.Update(t.Context(), func(tx bot.Tx) error {
		s := bot.Story{Key: bot.StoryKey{Club: "schalke", Coach: "x"}, CoachName: "Heiner <b>Backhaus</b>", ClubName: "Schalke", Stage: bot.StageTalks, Changed: now}
		return errors.Join(
			tx.PutStory(&s, nil), tx.PutDelivery(d),
			tx.PutNote("complaint/telegram:7/1", []byte(`{"story":1,"text":"Das ist <script>alert(1)</script> falsch","at":"2026-03-01T12:00:00Z"}`)),
			tx.PutNote("ruling/keep", []byte("x")),
			tx.PutFeed(bot.FeedState{URL: "https://tot.example/feed", Failures: 12, LastStatus: 502, LastError: "kaputt", FailingSince: now.Add(-50 * time.Hour)}),
			tx.PutFeed(bot.FeedState{URL: "https://gut.example/feed"}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.store.Claim(t.Context(), now, time.Minute, 10); err != nil {
		t.Fatal(err)
	}
	if err := o.store.Settle(t.Context(), d.ID, bot.Outcome{State: bot.Dead, Cause: "send: rejected"}); err != nil {
		t.Fatal(err)
	}
	o.parked = d.ID
	setup := status.Setup{
		Store: o.store, Registry: o.registry, Token: secret, Version: "v1",
		Probes: []status.Probe{status.StoreProbe(o.store), {Name: "telegram", Check: func(context.Context) error { return o.probe }}},
		Correct: func(_ context.Context, id bot.StoryID, how bot.Correction, words string) error {
			if how != bot.CorrectRetract && how != bot.Correction(bot.StageOff) {
				return bot.ErrBadCorrection
			}
			o.rulings = append(o.rulings, ruling{id, how, words})
			return nil
		},
	}
	if change != nil {
		change(&setup)
	}
	server, err := status.New(setup)
	if err != nil {
		t.Fatal(err)
	}
	o.handler = server.Handler()
	return o
}

// ask requests a page; token empty is none.
func (o *office) ask(method, path, token string, form url.Values, headers ...string) (int, string, http.Header) {
	var body io.Reader = http.NoBody
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://status.example"+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header()
}

func TestHealthAndReadiness(t *testing.T) {
	o := newOffice(t, nil)
	if code, body, _ := o.ask("GET", "/healthz", "", nil); code != 200 || body != "ok\n" {
		t.Errorf("healthz %d %q", code, body)
	}
	if code, body, _ := o.ask("GET", "/readyz", "", nil); code != 200 || body != "store ok\ntelegram ok\n" {
		t.Errorf("readyz %d %q", code, body)
	}
	o.probe = errors.New("internal detail")
	if code, body, _ := o.ask("GET", "/readyz", "", nil); code != 503 || body != "store ok\ntelegram failing\n" {
		t.Errorf("readyz %d %q", code, body)
	}
	_ = o.store.Close()
	if code, _, _ := o.ask("GET", "/healthz", "", nil); code != 503 {
		t.Errorf("healthz of a closed store: %d", code)
	}
}

func TestTokenIsNeeded(t *testing.T) {
	o := newOffice(t, nil)
	for _, path := range []string{"/", "/metrics"} {
		for token, want := range map[string]int{"": 401, "falsch": 401, secret: 200} {
			if code, _, _ := o.ask("GET", path, token, nil); code != want {
				t.Errorf("%s with %q: %d; want %d", path, token, code, want)
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.SetBasicAuth("egal", secret)
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("as a browser's password: %d", w.Code)
	}
	for _, path := range []string{"/parked/again", "/parked/discard", "/complaint/done", "/complaint/ruling"} {
		if code, _, _ := o.ask("POST", path, "", url.Values{"id": {string(o.parked)}}); code != 401 {
			t.Errorf("%s without a token: %d", path, code)
		}
		if code, _, _ := o.ask("POST", path, secret, url.Values{}, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); code != 403 {
			t.Errorf("%s from another site: %d", path, code)
		}
	}
	last := 0
	for range 30 {
		last, _, _ = o.ask("GET", "/", "geraten", nil)
	}
	if last != 429 {
		t.Errorf("guessing goes on: %d", last)
	}
	if code, _, _ := o.ask("GET", "/", secret, nil); code != 200 {
		t.Errorf("the right token is locked out by guessing: %d", code)
	}

	o = newOffice(t, func(s *status.Setup) { s.Token = "" })
	if code, _, _ := o.ask("GET", "/", "", nil); code != 403 {
		t.Errorf("page without a token set: %d", code)
	}
	if code, _, _ := o.ask("GET", "/metrics", "", nil); code != 200 {
		t.Errorf("metrics without a token set: %d", code)
	}
}

func TestPage(t *testing.T) {
	o := newOffice(t, nil)
	o.registry.Count("articles_total", 41, "state", "new")
	o.probe = errors.New("Discord <nicht> erreichbar")
	for lang, wants := range map[string][]string{
		"de": {"Karussell: Betrieb", "✘ Etwas fehlt", "Discord &lt;nicht&gt; erreichbar", "Heiner &lt;b&gt;Backhaus&lt;/b&gt;", "Gespräche", "&lt;script&gt;", "tot.example", "502 kaputt", "send: rejected", "telegram:7", "41"},
		"en": {"Karussell: operations", "Something is wrong", "talks", "Parked deliveries"},
	} {
		code, body, h := o.ask("GET", "/?lang="+lang, secret, nil)
		if code != 200 || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", lang, code, h)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s page lacks %q", lang, want)
			}
		}
		for _, bad := range []string{"<script", "gut.example", secret} {
			if strings.Contains(body, bad) {
				t.Errorf("%s page shows %q", lang, bad)
			}
		}
	}
	if _, body, _ := o.ask("GET", "/", secret, nil, "Accept-Language", "en-GB,en;q=0.9"); !strings.Contains(body, `lang="en"`) {
		t.Error("the browser's language is not followed")
	}
	if code, body, _ := o.ask("GET", "/style.css", "", nil); code != 200 || !strings.Contains(body, "prefers-color-scheme") {
		t.Errorf("style: %d", code)
	}
	if code, _, _ := o.ask("GET", "/nichts", secret, nil); code != 404 {
		t.Errorf("unknown path: %d", code)
	}
}

func (o *office) note(t *testing.T, key string) error {
	t.Helper()
	return o.store.View(t.Context(), func(tx bot.ReadTx) error {
		_, err := tx.Note(key)
		return err
	})
}

func TestComplaints(t *testing.T) {
	const key = "complaint/telegram:7/1"
	for _, test := range []struct {
		name, path string
		form       url.Values
		code       int
		want       []ruling
		gone       bool
	}{
		{"retracted", "/complaint/ruling", url.Values{"key": {key}, "story": {"1"}, "how": {"retract"}, "words": {" Verwechslung "}}, 303, []ruling{{1, bot.CorrectRetract, "Verwechslung"}}, true},
		{"stage set", "/complaint/ruling", url.Values{"key": {key}, "story": {"1"}, "how": {"off"}}, 303, []ruling{{1, "off", ""}}, true},
		{"done", "/complaint/done", url.Values{"key": {key}}, 303, nil, true},
		{"no such correction", "/complaint/ruling", url.Values{"key": {key}, "story": {"1"}, "how": {"quatsch"}}, 400, nil, false},
		{"no number", "/complaint/ruling", url.Values{"key": {key}, "story": {"x"}, "how": {"retract"}}, 400, nil, false},
		{"another note", "/complaint/done", url.Values{"key": {"ruling/keep"}}, 400, nil, false},
		{"done twice", "/complaint/done", url.Values{"key": {"complaint/none"}}, 303, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newOffice(t, nil)
			code, body, _ := o.ask("POST", test.path, secret, test.form)
			if code != test.code || !slices.Equal(o.rulings, test.want) {
				t.Errorf("%d %q, rulings %+v", code, body, o.rulings)
			}
			if gone := errors.Is(o.note(t, key), bot.ErrNotFound); gone != test.gone {
				t.Errorf("complaint gone: %v", gone)
			}
			if err := o.note(t, "ruling/keep"); err != nil {
				t.Errorf("another note was deleted: %v", err)
			}
		})
	}
}

func TestParked(t *testing.T) {
	for path, want := range map[string]bot.OutboxSize{
		"/parked/again":   {Waiting: 1},
		"/parked/discard": {},
	} {
		o := newOffice(t, nil)
		for range 2 { // pressing twice is harmless
			if code, body, _ := o.ask("POST", path, secret, url.Values{"id": {string(o.parked)}, "lang": {"en"}}); code != 303 {
				t.Errorf("%s: %d %q", path, code, body)
			}
		}
		err := o.store.View(t.Context(), func(tx bot.ReadTx) error {
			size, err := tx.OutboxSize()
			if size.Waiting != want.Waiting || size.Parked != 0 {
				t.Errorf("%s: %+v", path, size)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestMetrics(t *testing.T) {
	o := newOffice(t, nil)
	o.registry.Watch(status.Watched{Store: o.store, Bytes: func() (int64, error) { return 4096, nil }}, nil)
	o.registry.Build("v1")
	timed := status.Timed(o.store, o.registry)
	if err := timed.View(t.Context(), func(bot.ReadTx) error { return nil }); err != nil {
		t.Error(err)
	}
	o.registry.Count("sends_total", 3, "outcome", "sent", "platform", "telegram") // any order
	o.registry.Observe("alert_delay_seconds", 90, "platform", "telegram")
	o.registry.Count("chat_7_messages", 1)                  // not in the table
	o.registry.Count("sends_total", 1, "chat", "7")         // other labels
	o.registry.Count("answer_seconds", 1)                   // no counter
	o.registry.Observe("articles_total", 1, "state", "new") // no histogram
	o.registry.Count("articles_total", -1, "state", "new")  // counters never fall
	o.registry.Count("telegram_calls_total", 2, "method", "sendMessage")
	o.registry.Observe("discord_first_answer_seconds", .2)
	o.registry.Count("discord_first_answer_seconds", 1)      // is a histogram by now
	o.registry.Count("telegram_calls_total", 1, "chat", "7") // other labels
	o.registry.Count("telegram_<x>", 1)                      // no valid name
	for i := range 200 {
		o.registry.Count("chat_changes_total", 1, "change", strconv.Itoa(i))
	}
	_, body, _ := o.ask("GET", "/metrics", secret, nil)
	for _, want := range []string{
		`karussell_sends_total{outcome="sent",platform="telegram"} 3`,
		`karussell_alert_delay_seconds_bucket{platform="telegram",le="120"} 1`,
		`karussell_transaction_seconds_count{kind="view"} 1`,
		`karussell_unknown_metrics_total 8`, `karussell_telegram_calls_total{method="sendMessage"} 2`, `karussell_discord_first_answer_seconds_count 1`,
		`karussell_chat_changes_total{change="other"} 136`,
		`karussell_outbox_parked 1`, `karussell_store_bytes 4096`, `karussell_articles 0`,
		`karussell_deliveries_total 0`, `version="v1"`, "go_goroutines",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %q", want)
		}
	}
}

// TestTableIsComplete finds every metric that our code names and looks for it in
// the table: a name that is missing there would be lost.
func TestTableIsComplete(t *testing.T) {
	known := status.Names()
	found := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name != "Count" && method.Sel.Name != "Observe" {
				return true
			}
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || isPackage(method.X) {
				return true
			}
			name, err := strconv.Unquote(lit.Value)
			own := strings.Contains(path, "adapters") && strings.Contains(path, "/"+strings.SplitN(name, "_", 2)[0]+"/")
			if err != nil || !own && !slices.Contains(known, "karussell_"+name) {
				t.Errorf("%s: metric %s is not in the table", path, lit.Value)
			}
			found++
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("found only %d measurements; the search is broken", found)
	}
}

// isPackage reports strings.Count and its like.
func isPackage(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return ok && slices.Contains([]string{"strings", "bytes", "utf8"}, id.Name)
}

func TestLamp(t *testing.T) {
	now := time.Now()
	l := status.NewLamp("poller", time.Minute, func() time.Time { return now })
	check := func() error { return l.Probe().Check(t.Context()) }
	if check() == nil {
		t.Error("ready before the start")
	}
	l.On()
	if err := check(); err != nil {
		t.Error(err)
	}
	now = now.Add(2 * time.Minute)
	if check() == nil {
		t.Error("ready although silent")
	}
	l.On()
	l.Off(errors.New("token revoked"))
	if err := check(); err == nil || err.Error() != "token revoked" {
		t.Error(err)
	}
}

// TestFeedsAreLookedAtFromOutside: a poller that stands still is not ready, a
// feed that fails or rests is none of its faults.
func TestFeedsAreLookedAtFromOutside(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		next []time.Duration // before now; 0: never asked
		ok   bool
	}{
		"none":           {nil, true},
		"new":            {[]time.Duration{0, 0}, true},
		"on time":        {[]time.Duration{-time.Minute, 5 * time.Minute}, true},
		"one is slow":    {[]time.Duration{-time.Minute, time.Hour}, true},
		"it stands":      {[]time.Duration{time.Hour, 2 * time.Hour, -time.Minute}, false},
		"the only stays": {[]time.Duration{time.Hour}, false},
	} {
		store := memory.New()
		err := store.Update(t.Context(), func(tx bot.Tx) error {
			for i, late := range tt.next {
				f := bot.FeedState{URL: fmt.Sprintf("https://paper.example/%d", i), Failures: i}
				if late != 0 {
					f.Next = now.Add(-late)
				}
				if err := tx.PutFeed(f); err != nil {
					return err
				}
			}
			return tx.PutFeed(bot.FeedState{URL: "https://paused.example/", Paused: true, Next: now.Add(-time.Hour)})
		})
		if err != nil {
			t.Fatal(err)
		}
		probe := status.FeedsProbe(store, 15*time.Minute, func() time.Time { return now })
		if err := probe.Check(t.Context()); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
		_ = store.Close()
	}
}

func TestDisk(t *testing.T) {
	if err := status.DiskProbe(t.TempDir(), 1).Check(t.Context()); err != nil {
		t.Error(err)
	}
	if status.DiskProbe(filepath.Join(t.TempDir(), "fehlt"), 1).Check(t.Context()) == nil {
		t.Log("free space is unknown on this system")
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	o := newOffice(t, nil)
	server, err := status.New(status.Setup{Store: o.store, Registry: o.registry})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Get("http://" + ln.Addr().String() + "/healthz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	client.CloseIdleConnections()

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	server, _ = status.New(status.Setup{Store: o.store, Registry: o.registry, Addr: taken.Addr().String()})
	if err := server.Run(t.Context()); err == nil {
		t.Error("an address that is taken is no error")
	}
}
