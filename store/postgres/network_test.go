package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/postgres"
	"karussell/store/postgres/postgrestest"
)

// load is replicas at work: they claim, settle and write until told to end, and
// ask again whatever failed, as the program does.
type load struct {
	t      *testing.T
	stores []*postgres.Store
	ended  atomic.Bool
	wg     sync.WaitGroup

	mu       sync.Mutex
	owed     map[bot.DeliveryID]bool // put, by an update that said so
	handed   map[bot.DeliveryID]int
	articles int
	failures map[string]int
}

func newLoad(t *testing.T, stores ...*postgres.Store) *load {
	t.Helper()
	return &load{t: t, stores: stores, owed: map[bot.DeliveryID]bool{}, handed: map[bot.DeliveryID]int{}, failures: map[string]int{}}
}

func (l *load) begin() {
	for n, s := range l.stores {
		l.wg.Go(func() { l.write(s, n) })
		l.wg.Go(func() { l.send(s) })
	}
}

// again repeats what the store could not do.
func (l *load) again(fn func() error) {
	deadline := time.Now().Add(90 * time.Second)
	for {
		err := fn()
		if err == nil {
			return
		}
		l.mu.Lock()
		l.failures[fmt.Sprint("full: ", errors.Is(err, bot.ErrFull))]++
		l.mu.Unlock()
		if time.Now().After(deadline) {
			l.t.Error("still not possible: ", err)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *load) write(s *postgres.Store, n int) {
	for i := 0; !l.ended.Load(); i++ {
		ref := chat(i % 20)
		d := bot.Delivery{
			ID: bot.DeliveryID(fmt.Sprintf("%s %d.%d", ref, n, i)), Chat: ref, Kind: bot.DeliverNotice, Priority: 1,
			Due: noon, Created: noon.Add(time.Duration(i)),
		}
		key := fmt.Sprintf("done/%d/%d", n, i)
		l.again(func() error {
			return s.Update(context.Background(), func(tx bot.Tx) error {
				if _, err := tx.Note(key); err == nil {
					return nil // the caller was told that it failed, and it had not
				}
				a := bot.Article{Title: key, ReadAt: noon}
				return errors.Join(tx.PutNote(key, []byte{1}), tx.PutArticle(&a, nil, nil), tx.PutDelivery(d))
			})
		})
		l.mu.Lock()
		l.owed[d.ID] = true
		l.articles++
		l.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
}

func (l *load) send(s *postgres.Store) {
	for !l.ended.Load() {
		var list []bot.Delivery
		l.again(func() (err error) {
			list, err = s.Claim(context.Background(), noon, time.Hour, 8)
			return err
		})
		l.settle(s, list)
		time.Sleep(time.Millisecond)
	}
}

func (l *load) settle(s *postgres.Store, list []bot.Delivery) {
	for _, d := range list {
		l.mu.Lock()
		l.handed[d.ID]++
		l.mu.Unlock()
		l.again(func() error {
			return s.Settle(context.Background(), d.ID, bot.Outcome{State: bot.Sent, Message: "m"})
		})
	}
}

// finish ends the load and counts: all that was put is handed out exactly once,
// but for lost claims, which come back when their leases end.
func (l *load) finish(s *postgres.Store, lostClaims bool) {
	l.t.Helper()
	l.ended.Store(true)
	l.wg.Wait()
	for {
		list, err := s.Claim(l.t.Context(), noon.Add(2*time.Hour), time.Hour, 100)
		if err != nil {
			l.t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, d := range list {
			if d.Unsure > 0 && !lostClaims {
				l.t.Errorf("%s came back from a claim that nobody got", d.ID)
			}
		}
		l.settle(s, list)
	}
	for id := range l.owed {
		if l.handed[id] != 1 {
			l.t.Errorf("%s was handed out %d times", id, l.handed[id])
		}
	}
	if len(l.handed) != len(l.owed) || len(l.owed) == 0 {
		l.t.Errorf("%d handed out, %d put", len(l.handed), len(l.owed))
	}
	err := s.View(l.t.Context(), func(tx bot.ReadTx) error {
		n, err := tx.ArticleCount()
		if n != l.articles {
			l.t.Errorf("%d articles instead of %d", n, l.articles)
		}
		return err
	})
	if err != nil {
		l.t.Error(err)
	}
	emptyAndSound(l.t, s)
	l.t.Logf("%d updates and as many deliveries; failures told to callers: %v", len(l.owed), l.failures)
}

func through(t *testing.T, delay time.Duration) (*postgrestest.Proxy, string) {
	t.Helper()
	srv := server(t)
	if !srv.Ours() {
		t.Skip("the server named in KARUSSELL_TEST_POSTGRES cannot be reached through a proxy")
	}
	p, err := srv.Proxy(delay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, p.Address(schema(t))
}

// TestCutConnections: connections break again and again in the middle of
// everything; no update is lost or done twice, no delivery is handed out twice,
// and no caller hears of it.
func TestCutConnections(t *testing.T) {
	p, address := through(t, 0)
	l := newLoad(t, open(t, address), open(t, address), open(t, address))
	l.begin()
	for range 25 {
		time.Sleep(time.Duration(rand.IntN(80)) * time.Millisecond)
		p.Cut()
	}
	l.finish(l.stores[0], false)
	if len(l.failures) > 0 {
		t.Errorf("callers were told of %v", l.failures)
	}
}

// TestSilentNetwork: the network swallows everything for longer than a store
// waits for an answer; afterwards it hands on what it held back. Nothing is lost
// or done twice.
func TestSilentNetwork(t *testing.T) {
	p, address := through(t, 0)
	begin := func() *postgres.Store {
		s, err := postgres.Open(t.Context(), address+"&connect_timeout=1", postgres.Options{Answer: 200 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	l := newLoad(t, begin(), begin())
	l.begin()
	for range 3 {
		time.Sleep(200 * time.Millisecond)
		p.Freeze()
		time.Sleep(500 * time.Millisecond)
		p.Thaw()
	}
	l.finish(l.stores[0], false)
}

// TestFailOver: the primary dies under load, its standby is promoted, and the
// stores find it by themselves. The standby confirmed every commit, so nothing is
// lost or done twice.
func TestFailOver(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers")
	}
	first, err := postgrestest.StartIn("", false)
	if errors.Is(err, postgrestest.ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = first.Close() })
	address, err := first.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := first.Standby(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Close() })
	address = strings.Replace(address, "host=", "host="+second.Dir()+",", 1) + "&target_session_attrs=read-write"
	l := newLoad(t, open(t, address), open(t, address))
	l.begin()
	time.Sleep(time.Second)
	if err := first.Halt(true); err != nil {
		t.Fatal(err)
	}
	down := time.Now()
	time.Sleep(300 * time.Millisecond)
	if err := second.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	before := len(l.owed)
	l.mu.Unlock()
	for at := before; at < before+20; {
		time.Sleep(5 * time.Millisecond)
		l.mu.Lock()
		at = len(l.owed)
		l.mu.Unlock()
	}
	t.Logf("at work again %v after the primary died", time.Since(down).Round(time.Millisecond))
	l.finish(l.stores[0], false)
}

// TestFullServer: the disk of the server, with its log of commits, is really full
// for a while. Callers are told, the server ends itself and comes back; nothing is
// lost or done twice.
func TestFullServer(t *testing.T) {
	if testing.Short() {
		t.Skip("mounts a disk")
	}
	srv, disk := onSmallDisk(t)
	address, err := srv.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad(t, open(t, address), open(t, address))
	l.begin()
	time.Sleep(300 * time.Millisecond)
	filler := filepath.Join(disk, "filler")
	fillDisk(t, filler)
	sound := false
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && !sound; time.Sleep(20 * time.Millisecond) {
		l.mu.Lock()
		sound = l.failures["full: true"] > 0
		l.mu.Unlock()
		if srv.Down() {
			t.Log("the server ended itself: no room for its log")
			break
		}
		grow(t, l.stores[0])
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if srv.Down() {
		if err := srv.Halt(true); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Log(err)
		}
		if err := srv.Launch(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(300 * time.Millisecond)
	l.finish(l.stores[0], false)
}

// grow writes until there is no room.
func grow(t *testing.T, s *postgres.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_ = s.Update(ctx, func(tx bot.Tx) error {
		text := make([]byte, 1<<20)
		for i := range text {
			text[i] = byte(rand.IntN(256))
		}
		return tx.PutNote("filler", text)
	})
}
