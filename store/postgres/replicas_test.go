package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"karussell/bot"
	"karussell/store/ledger"
	"karussell/store/postgres"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func chat(n int) bot.ChatRef {
	return bot.ChatRef{Platform: "telegram", Chat: strconv.Itoa(1_000_000 + n)}
}

func fill(tb testing.TB, s bot.Store, chats, each int) {
	tb.Helper()
	for from := 0; from < chats; from += 1000 {
		err := s.Update(tb.Context(), func(tx bot.Tx) error {
			for c := from; c < min(from+1000, chats); c++ {
				for story := 1; story <= each; story++ {
					d := bot.Delivery{
						ID:   bot.NewDeliveryID(chat(c), bot.StoryID(story), 1, bot.DeliverPost),
						Chat: chat(c), Kind: bot.DeliverPost, Story: bot.StoryID(story), Revision: 1,
						Stage: bot.StageTalks, Topic: "club:schalke", Priority: bot.Priority(c % 3), Due: noon, Created: noon,
					}
					if err := tx.PutDelivery(d); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func emptyAndSound(t *testing.T, s *postgres.Store) {
	t.Helper()
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		if size != (bot.OutboxSize{}) {
			t.Errorf("left over: %+v", size)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems(t, s) {
		t.Error(p)
	}
}

// TestReplicasShare: four stores with a pool each, as four processes have them,
// never hand out a delivery twice, keep each chat's order and leave nothing.
func TestReplicasShare(t *testing.T) {
	const chats, each = 60, 3
	address := schema(t)
	first := open(t, address)
	fill(t, first, chats, each)
	var mu sync.Mutex
	last := map[bot.ChatRef]bot.StoryID{}
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		s := open(t, address)
		wg.Go(func() {
			for total.Load() < chats*each {
				list, err := s.Claim(t.Context(), noon, time.Hour, 5)
				if err != nil {
					t.Error(err)
					return
				}
				for _, d := range list {
					mu.Lock()
					if d.Story != last[d.Chat]+1 || d.Attempts != 0 {
						t.Errorf("chat %s: %d after %d", d.Chat, d.Story, last[d.Chat])
					}
					last[d.Chat] = d.Story
					mu.Unlock()
					total.Add(1)
					if err := s.Settle(t.Context(), d.ID, bot.Outcome{State: bot.Sent, Message: "m"}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if total.Load() != chats*each {
		t.Errorf("%d handed out instead of %d", total.Load(), chats*each)
	}
	emptyAndSound(t, first)
}

// TestReplicasWriteTogether: updates of many processes count once each, with
// ids without gaps.
func TestReplicasWriteTogether(t *testing.T) {
	const stores, rounds = 4, 25
	address := schema(t)
	var wg sync.WaitGroup
	for range stores {
		s := open(t, address)
		wg.Go(func() {
			for range rounds {
				err := s.Update(t.Context(), func(tx bot.Tx) error {
					a := bot.Article{Title: "x", ReadAt: noon}
					return tx.PutArticle(&a, []string{"same"}, []bot.Topic{"t"})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s := open(t, address)
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		n, err := tx.ArticleCount()
		list, err2 := tx.Articles("t", bot.Page{Limit: 1000})
		if n != stores*rounds || len(list) != n || list[0].ID != stores*rounds {
			t.Errorf("count %d, list %d, last id %d", n, len(list), list[0].ID)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}

func process(t *testing.T, address, mode string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "KARUSSELL_TEST_CLIENT="+address, "KARUSSELL_TEST_MODE="+mode)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, out
}

// TestKilledInside: nothing of a killed process's transaction stays, and nobody
// waits for it.
func TestKilledInside(t *testing.T) {
	address := schema(t)
	s := open(t, address)
	cmd, out := process(t, address, "inside")
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "inside\n" {
		t.Fatal(line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	err := s.Update(t.Context(), func(tx bot.Tx) error { return tx.PutNote("half", []byte("whole")) })
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx bot.ReadTx) error {
		v, err := tx.Note("half")
		if string(v) != "whole" {
			t.Errorf("note %q", v)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPausedInside: a process that sleeps in a transaction holds up the others
// only until the server ends its session.
func TestPausedInside(t *testing.T) {
	address := schema(t)
	s := open(t, address)
	_, out := process(t, address+"&idle_in_transaction_session_timeout=300ms", "inside")
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "inside\n" {
		t.Fatal(line, err)
	}
	err := s.Update(t.Context(), func(tx bot.Tx) error {
		if _, err := tx.Note("half"); !errors.Is(err, bot.ErrNotFound) {
			t.Errorf("a part of the paused transaction stayed: %v", err)
		}
		return tx.PutNote("x", []byte("1"))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestKilledSenders: three processes share the outbox and one is killed. What
// it had under lease comes back as unsure after the lease; nothing else is
// handed out twice, and nothing is lost.
func TestKilledSenders(t *testing.T) {
	const chats, each = 100, 2
	address := schema(t)
	s := open(t, address)
	fill(t, s, chats, each)
	var mu sync.Mutex
	handed := map[string]int{}
	var wg sync.WaitGroup
	for i := range 3 {
		cmd, out := process(t, address, "send")
		wg.Go(func() {
			lines := bufio.NewScanner(out)
			for n := 0; lines.Scan(); n++ {
				mu.Lock()
				handed[lines.Text()]++
				mu.Unlock()
				if i == 0 && n == 10 {
					if err := cmd.Process.Kill(); err != nil {
						t.Error(err)
					}
				}
			}
			if err := cmd.Wait(); err != nil && i != 0 {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for {
		list, err := s.Claim(t.Context(), noon.Add(time.Hour), time.Hour, 50)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, d := range list {
			handed[string(d.ID)]++
			if handed[string(d.ID)] > 1 && d.Unsure == 0 {
				t.Errorf("%s handed out again as if for the first time", d.ID)
			}
			if err := s.Settle(t.Context(), d.ID, bot.Outcome{State: bot.Sent, Message: "m"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	twice := 0
	for _, n := range handed {
		if n > 1 {
			twice++
		}
	}
	if len(handed) != chats*each || twice > 3 { // three were claimed at a time
		t.Errorf("%d of %d handed out, %d twice", len(handed), chats*each, twice)
	}
	emptyAndSound(t, s)
}

// TestRestart: a server that crashes and comes back costs no update, and none
// is done twice.
func TestRestart(t *testing.T) {
	srv := server(t)
	if !srv.Ours() {
		t.Skip("the server named in KARUSSELL_TEST_POSTGRES is not ours to restart")
	}
	s := open(t, schema(t))
	const writers, rounds = 4, 60
	var done atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				err := s.Update(t.Context(), func(tx bot.Tx) error {
					a := bot.Article{Title: "x", ReadAt: noon}
					return errors.Join(tx.PutArticle(&a, nil, nil), tx.PutNote(fmt.Sprintf("n/%d/%d", w, i), []byte("1")))
				})
				if err != nil {
					t.Error(err)
				}
				done.Add(1)
				time.Sleep(time.Millisecond)
			}
		})
	}
	for n := range 2 {
		for done.Load() < int64(writers*rounds*(n+1)/4) {
			time.Sleep(time.Millisecond)
		}
		if err := srv.Halt(n == 0); err != nil {
			t.Fatal(err)
		}
		if err := srv.Launch(); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	err := s.View(t.Context(), func(tx bot.ReadTx) error {
		n, err := tx.ArticleCount()
		notes, err2 := tx.Notes("n/", "", 10_000)
		if n != writers*rounds || len(notes) != n {
			t.Errorf("%d articles, %d notes instead of %d", n, len(notes), writers*rounds)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestFence: a replica whose lease ran out cannot write with its old fence.
func TestFence(t *testing.T) {
	address := schema(t)
	a, b := open(t, address), open(t, address)
	acquire := func(s bot.Store, who string, now time.Time) (l bot.Lease, ok bool) {
		t.Helper()
		err := s.Update(t.Context(), func(tx bot.Tx) (err error) {
			l, ok, err = ledger.AcquireLease(tx, "polling", who, now, time.Minute)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return l, ok
	}
	old, ok := acquire(a, "a", noon)
	if _, taken := acquire(b, "b", noon.Add(30*time.Second)); !ok || taken {
		t.Fatal("the lease is not exclusive")
	}
	if _, ok := acquire(b, "b", noon.Add(time.Hour)); !ok {
		t.Fatal("the lease did not run out")
	}
	err := a.Update(t.Context(), func(tx bot.Tx) error { return ledger.CheckLease(tx, old) })
	if !errors.Is(err, ledger.ErrLeaseLost) {
		t.Errorf("an old fence: %v", err)
	}
}

func TestNewerIsRefused(t *testing.T) {
	address := schema(t)
	s := open(t, address)
	if err := s.Exec(t.Context(), "insert into migrations (number, name, least) values (998, 'adds something', 3)"); err != nil {
		t.Fatal(err)
	}
	fill(t, open(t, address), 1, 1) // side by side with a newer program, for the time of a deploy
	if err := s.Exec(t.Context(), "insert into migrations (number, name, least) values (999, 'changes something', 999)"); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), address, postgres.Options{}); !errors.Is(err, bot.ErrNewer) {
		t.Errorf("got %v", err)
	}
}

// TestOlderWriters: a replica of an earlier version, which holds the gate alone,
// and the writers of this one exclude each other.
func TestOlderWriters(t *testing.T) {
	address := schema(t)
	s := open(t, address)
	fill(t, s, 2, 1)
	older, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close(context.Background())
	for _, sql := range []string{"begin isolation level serializable", "lock table gate in exclusive mode"} {
		if _, err := older.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	var done atomic.Int64
	wg.Go(func() {
		defer done.Add(1)
		if list, err := s.Claim(t.Context(), noon, time.Hour, 5); err != nil || len(list) != 2 {
			t.Error(len(list), err)
		}
	})
	wg.Go(func() {
		defer done.Add(1)
		if err := s.Update(t.Context(), func(tx bot.Tx) error { return tx.PutNote("n", []byte("1")) }); err != nil {
			t.Error(err)
		}
	})
	waiting := 0
	for waiting < 2 { // until the server says that both wait
		err := older.QueryRow(t.Context(), "select count(*) from pg_locks where relation = 'gate'::regclass and not granted").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	if done.Load() != 0 {
		t.Error("somebody wrote beside an earlier version")
	}
	if _, err := older.Exec(t.Context(), "commit"); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
}

// TestNoPassword: whatever goes wrong, the password is not told.
func TestNoPassword(t *testing.T) {
	for _, address := range []string{
		"postgres://karussell:geheim@127.0.0.1:1/x", "postgres://karussell:geheim@[::1/x", "postgres://k:geheim@127.0.0.1:port/x",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := postgres.Open(ctx, address, postgres.Options{})
		cancel()
		if err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%v", err)
		}
	}
}

// TestLeastPrivilege: a replica's role needs no more than docs/scaling.md grants,
// for everything but a migration.
func TestLeastPrivilege(t *testing.T) {
	if !server(t).Ours() {
		t.Skip("roles are made only on a server of our own")
	}
	address := schema(t)
	s := open(t, address)
	_, name, _ := strings.Cut(address, "search_path=")
	role := "replica_" + name
	err := s.Exec(t.Context(), strings.NewReplacer("ROLE", role, "SCHEMA", name).Replace(`create role ROLE login;
		grant usage on schema SCHEMA to ROLE;
		grant select, insert, update, delete on all tables in schema SCHEMA to ROLE;
		grant select, update, usage on all sequences in schema SCHEMA to ROLE`))
	if err != nil {
		t.Fatal(err)
	}
	limited := strings.Replace(address, "karussell@", role+"@", 1)
	stress(t, limited, 20)
	r := open(t, limited)
	err = r.Update(t.Context(), func(tx bot.Tx) error {
		a := bot.Article{Title: "x", Text: "y", ReadAt: noon}
		c := bot.Coach{ID: "c", Name: "Dirk Schuster"}
		return errors.Join(tx.PutArticle(&a, []string{"k"}, []bot.Topic{"t"}), tx.PutCoach(c, []string{"w:schuster"}),
			tx.PutFanout(&bot.Fanout{Story: 1}), tx.PutFeed(bot.FeedState{URL: "u"}))
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := r.Size(t.Context()); err != nil {
		t.Error(err)
	}
	if err := errors.Join(r.Shut(t.Context(), 0, func(int) {}), r.Reopen(t.Context())); err != nil {
		t.Error(err)
	}
	if err := r.Exec(t.Context(), "create table more ()"); err == nil {
		t.Error("the role may create tables")
	}
}
