package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"karussell/bot"
	"karussell/bot/outbox"
	"karussell/store/bolt"
	"karussell/store/ledger"
	"karussell/store/postgres"
	"karussell/store/postgres/postgrestest"
)

// The crash test runs this test binary again as the dispatcher's process and
// kills it with SIGKILL at random moments: 8 times, or as often as
// KARUSSELL_KILLS says. The fake platform lives here, on loopback.
const (
	crashStore  = "KARUSSELL_CRASH_STORE"
	crashServer = "KARUSSELL_CRASH_SERVER"
	crashLife   = "KARUSSELL_CRASH_LIFE"
	crashFull   = "KARUSSELL_CRASH_FULL" // how long the disk is full at a time; empty: never
	crashKills  = "KARUSSELL_KILLS"

	crashConcurrent = 16
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashStore); path != "" {
		if err := crashChild(path, os.Getenv(crashServer), os.Getenv(crashLife), os.Getenv(crashFull)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// crashChild dispatches until the outbox is empty.
func crashChild(path, server, life, full string) (err error) {
	// A full disk refuses what is written; growing the file first and flushing
	// that, as is done with syncing, would meet the limit of this test elsewhere.
	store, err := openCrash(context.Background(), path, full != "")
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var kept bot.Store = store
	if file, ok := store.(*bolt.Store); ok && full != "" {
		longest, parse := time.ParseDuration(full)
		if parse != nil {
			return parse
		}
		var room <-chan error
		kept, room = crowd(ctx, file, server, longest)
		defer func() {
			cancel()
			err = errors.Join(err, <-room)
		}()
	}
	p := &wire{server: server, life: life, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crashConcurrent}}}
	d, err := outbox.New(outbox.Setup{
		Store: kept, Renderer: pen{}, Platforms: []bot.Platform{p},
		Lease: 6 * time.Second, Timeout: 1500 * time.Millisecond, Poll: 50 * time.Millisecond, Batch: 64,
	})
	if err != nil {
		return err
	}
	sending, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- d.Run(sending) }()
	defer func() {
		stop()
		err = errors.Join(err, <-done)
	}()
	for {
		var size bot.OutboxSize
		err := store.View(ctx, func(tx bot.ReadTx) (err error) {
			size, err = tx.OutboxSize()
			return err
		})
		if err != nil || size.Waiting+size.Leased == 0 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// checked is a store that looks for its own contradictions.
type checked interface {
	bot.Store
	Check(ctx context.Context) ([]ledger.Problem, error)
}

// openCrash opens a file or a database.
func openCrash(ctx context.Context, path string, noSync bool) (checked, error) {
	if strings.HasPrefix(path, "postgres://") {
		return postgres.Open(ctx, path, postgres.Options{})
	}
	return bolt.Open(path, bolt.Options{NoSync: noSync})
}

// wire is an adapter for the fake platform: small, but over a real connection.
type wire struct {
	server, life string
	client       *http.Client
}

type parcel struct {
	Chat, Nonce, Title, Life string
}

func (*wire) Name() bot.PlatformName { return "telegram" }

func (*wire) Limits() bot.Limits { return bot.Limits{Concurrent: crashConcurrent} }

func (*wire) Run(ctx context.Context, _ bot.Responder) error {
	<-ctx.Done()
	return nil
}

func (w *wire) Send(ctx context.Context, to bot.ChatRef, m bot.Message) (bot.MessageID, error) {
	body, err := json.Marshal(parcel{Chat: to.Chat, Nonce: m.Nonce, Title: m.Title, Life: w.life})
	if err != nil {
		return "", &bot.SendError{Kind: bot.SendRejected, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server, bytes.NewReader(body))
	if err != nil {
		return "", &bot.SendError{Kind: bot.SendRejected, Err: err}
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return "", &bot.SendError{Kind: bot.SendUnsure, Err: err}
	}
	defer resp.Body.Close()
	var answer struct {
		ID    string
		After float64 // milliseconds
	}
	data, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(data, &answer)
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return "", &bot.SendError{Kind: bot.SendLimited, RetryAfter: time.Duration(answer.After) * time.Millisecond}
	case resp.StatusCode >= http.StatusInternalServerError:
		return "", &bot.SendError{Kind: bot.SendTemporary, Code: resp.StatusCode}
	case err != nil:
		return "", &bot.SendError{Kind: bot.SendUnsure, Err: err}
	}
	return bot.MessageID(answer.ID), nil
}

// office is the fake platform: it takes messages, with or without honouring
// their nonce, and fails as it is told.
type office struct {
	faults bool
	slow   time.Duration // every answer
	full   atomic.Int64  // what the store refused for want of room
	mu     sync.Mutex
	taken  map[string][]receipt // by nonce
	order  map[string][]string  // titles by chat, first copies only
	rnd    *rand.Rand
}

// receipt is one acceptance of a message.
type receipt struct {
	life    string
	dropped bool // the platform took it and did not say so
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if n, err := strconv.ParseInt(r.URL.Query().Get("n"), 10, 64); err == nil {
		o.full.Add(n)
		return
	}
	var p parcel
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		return // the sender died in mid-request
	}
	time.Sleep(o.slow)
	o.mu.Lock()
	roll := o.rnd.IntN(1000)
	o.mu.Unlock()
	if !o.faults {
		roll = 1000
	}
	switch {
	case roll < 30:
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"after": 120}`)
	case roll < 45:
		w.WriteHeader(http.StatusInternalServerError)
	case roll < 55:
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "<html><h1>502 Bad Gateway</h1></html>")
	case roll < 60: // hangs
		<-r.Context().Done()
	case roll < 70: // takes it, and drops the connection
		o.take(p, true)
		panic(http.ErrAbortHandler)
	case roll < 75: // takes it, and answers something else
		o.take(p, true)
		fmt.Fprint(w, "<html>welcome</html>")
	default:
		// A sender that no longer listens was not told, however busy the machine.
		o.take(p, r.Context().Err() != nil)
		fmt.Fprintf(w, `{"id": %q}`, p.Nonce)
	}
}

func (o *office) take(p parcel, dropped bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.taken[p.Nonce]) == 0 {
		o.order[p.Chat] = append(o.order[p.Chat], p.Title)
	}
	o.taken[p.Nonce] = append(o.taken[p.Nonce], receipt{p.Life, dropped})
}

func (o *office) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.taken)
}

func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	t.Parallel()
	for name, play := range map[string]crash{
		"healthy platform": {},
		"faulty platform":  {faults: true},
		"full disk":        {full: "300ms"},
		"PostgreSQL":       {faults: true, server: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play.kills = kills(t)
			play.run(t)
		})
	}
}

// TestFullDisk lets the disk fill up while messages are under way, for longer
// than the leases, under a platform with all its faults. Nothing is lost; nothing is sent twice but what the platform took
// without saying so.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes, and lasts longer than a lease")
	}
	t.Parallel()
	crash{faults: true, full: "8s"}.run(t)
}

// crash is what happens to the dispatcher's process.
type crash struct {
	kills  int
	faults bool   // of the platform
	full   string // how long the disk is full at a time; empty: never
	server bool   // the outbox is in PostgreSQL, not in a file
}

func kills(t *testing.T) int {
	t.Helper()
	s := os.Getenv(crashKills)
	if s == "" {
		return 8
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", crashKills, err)
	}
	return n
}

func (c crash) run(t *testing.T) {
	t.Helper()
	if c.full != "" && !disksFillUp {
		t.Skip("the disk fills up on Linux only")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	o := &office{faults: c.faults, taken: map[string][]receipt{}, order: map[string][]string{}, rnd: rand.New(rand.NewPCG(seed, 1))}
	server := httptest.NewServer(o)
	defer server.Close()
	rnd := rand.New(rand.NewPCG(seed, 2))
	path := filepath.Join(t.TempDir(), "crash.db")
	if c.server {
		path = postgrestest.Database(t)
	}
	n := c.kills
	owed := n * 150
	if n == 0 { // enough to be under way still when the disk is full
		owed, o.slow = 1000, 40*time.Millisecond
	}
	seedStore(t, path, 0, owed)

	for life := range n {
		cmd := c.child(t, path, server.URL, life)
		// Wait for it to be at work, then for a random moment.
		before := o.count()
		waitFor(t, cmd, func() bool { return o.count() > before || o.count() == owed })
		moment := 60 * time.Millisecond
		if c.full != "" { // it takes a while to fill up
			moment = 400 * time.Millisecond
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(moment))))
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		_ = cmd.Wait()             // it was killed
		if o.count() > owed*9/10 { // keep it under load
			seedStore(t, path, owed, owed+n*50)
			owed += n * 50
		}
	}
	c.liveOn(t, path, server.URL, n)
	for extra := 1; c.full != "" && o.full.Load() == 0 && extra <= 20; extra++ { // busy machines fill the disk late
		seedStore(t, path, owed, owed+300)
		owed += 300
		c.liveOn(t, path, server.URL, n+extra)
	}
	o.verify(t, n, owed)
	if c.full != "" {
		if o.full.Load() == 0 {
			t.Error("the store was never full when the dispatcher wrote: the test tests nothing")
		}
		t.Logf("refused for want of room: %d", o.full.Load())
	}
	store, err := openCrash(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if problems, err := store.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("the store after all kills: %v, %v", problems, err)
	}
}

// liveOn is a life that ends in peace, when nothing is owed any more.
func (c crash) liveOn(t *testing.T, path, server string, life int) {
	t.Helper()
	if err := c.child(t, path, server, life).Wait(); err != nil {
		t.Fatalf("life %d: %v", life, err)
	}
}

// seedStore adds deliveries from the from-th to the to-th: three stories a chat.
func seedStore(t *testing.T, path string, from, to int) {
	t.Helper()
	store, err := openCrash(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	var ds []bot.Delivery
	begin := time.Now()
	for i := from; i < to; i++ {
		ds = append(ds, crashDelivery(i, begin))
	}
	owe(t, store, ds...)
}

func crashDelivery(i int, begin time.Time) bot.Delivery {
	d := owed(chat(i/3), bot.StoryID(i%3+1), begin)
	d.Created = begin.Add(time.Duration(i))
	return d
}

func (c crash) child(t *testing.T, path, server string, life int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashStore+"="+path, crashServer+"="+server, crashLife+"="+strconv.Itoa(life), crashFull+"="+c.full)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func waitFor(t *testing.T, cmd *exec.Cmd, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			_ = cmd.Process.Kill()
			t.Fatal("the process sends nothing")
		}
	}
}

// verify: nothing is lost, every chat's order is kept, and a message was taken
// twice only when it was on the wire at a kill (at most as many per life as may
// be under way at once) or when the platform took it without saying so.
func (o *office) verify(t *testing.T, lives, owed int) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	duplicates, unsaid := 0, 0
	perLife := map[string]int{}
	for i := range owed {
		d := crashDelivery(i, time.Time{})
		got := o.taken[d.Nonce()]
		if len(got) == 0 {
			t.Errorf("%s is lost", d.ID)
		}
		for _, again := range got[:max(len(got)-1, 0)] { // each of these was followed by another
			duplicates++
			if again.dropped {
				unsaid++
				continue
			}
			perLife[again.life]++
		}
	}
	if len(o.taken) != owed {
		t.Errorf("%d different messages for %d deliveries", len(o.taken), owed)
	}
	for life, n := range perLife {
		if n > crashConcurrent || life == strconv.Itoa(lives) {
			t.Errorf("life %s: %d messages were sent again; at most %d can have been on the wire", life, n, crashConcurrent)
		}
	}
	for ref, titles := range o.order {
		for i := 1; i < len(titles); i++ {
			if titles[i-1] > titles[i] {
				t.Errorf("chat %s: order %q", ref, titles)
			}
		}
	}
	t.Logf("%d kills, %d deliveries, none lost; taken twice: %d (of them %d that the platform took without saying so); with the nonce honoured: 0",
		lives, owed, duplicates, unsaid)
}
