package bolt_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"karussell/bot"
	"karussell/store/bolt"
)

// crashWriter is the environment variable that makes this test binary the
// process which is killed.
const crashWriter = "KARUSSELL_TEST_CRASH_WRITER"

// TestKilled kills a writing process at random moments. Afterwards the store
// opens, is sound, and holds exactly the first n updates, where n is at least
// what the process had been told is committed.
func TestKilled(t *testing.T) {
	if path := os.Getenv(crashWriter); path != "" {
		writeUntilKilled(t, path)
		return
	}
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	path := filepath.Join(t.TempDir(), "k.db")
	known := 0
	for range rounds {
		known = max(known, killOnce(t, path))
		known = verifyPrefix(t, path, known)
	}
	if known == 0 {
		t.Error("no update survived any round")
	}
	t.Logf("%d updates over %d kills", known, rounds)
}

// TestLockedByAnotherProcess: whoever comes second is told who was first.
func TestLockedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	child := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v=false")
	child.Env = append(os.Environ(), crashWriter+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it writes
		t.Fatal(err)
	}
	for _, readOnly := range []bool{false, true} {
		_, err = bolt.Open(path, bolt.Options{ReadOnly: readOnly})
		if !errors.Is(err, bot.ErrLocked) {
			t.Errorf("second opener: %v", err)
			continue
		}
		for _, want := range []string{path, strconv.Itoa(child.Process.Pid), filepath.Base(os.Args[0])} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not name %s", err, want)
			}
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	verifyPrefix(t, path, 1)
}

// killOnce lets a child write for a random while and returns the last update
// that it reported as committed.
func killOnce(t *testing.T, path string) (committed int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v=false")
	child.Env = append(os.Environ(), crashWriter+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Duration(1+rand.IntN(120))*time.Millisecond, func() { _ = child.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			rest, _ := io.ReadAll(out)
			t.Fatalf("the writer says %q %s", lines.Text(), rest)
		}
		committed = n
	}
	_ = child.Wait() // killed
	return committed
}

// writeUntilKilled is the child: numbered updates, each over many spaces.
func writeUntilKilled(t *testing.T, path string) {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		fmt.Println("open:", err)
		t.Fatal(err)
	}
	n := 0
	err = s.View(t.Context(), func(tx bot.ReadTx) (err error) { n, err = tx.ArticleCount(); return err })
	for ; err == nil; n++ {
		err = s.Update(t.Context(), func(tx bot.Tx) error { return numbered(tx, n+1) })
		if err == nil {
			fmt.Println(n + 1)
		}
	}
	fmt.Println("update:", err)
}

func numbered(tx bot.Tx, n int) error {
	a, keys, topics, x := generated(n)
	ref := benchChat(n % 7)
	story := bot.Story{Key: bot.StoryKey{Club: "c", Coach: bot.CoachID(strconv.Itoa(n))}, Stage: bot.StageTalks, Changed: a.ReadAt}
	d := bot.Delivery{
		ID: bot.NewDeliveryID(ref, bot.StoryID(n), 1, bot.DeliverPost), Chat: ref, Story: bot.StoryID(n), Revision: 1,
		Due: a.ReadAt, Created: a.ReadAt,
	}
	return errors.Join(
		tx.PutArticle(&a, keys, topics), tx.PutFindings(a.ID, x), tx.PutStory(&story, topics), tx.PutDelivery(d),
		tx.PutNote("last", []byte(strconv.Itoa(n))),
	)
}

// verifyPrefix opens the store after a kill and returns how many updates it has.
func verifyPrefix(t *testing.T, path string, known int) int {
	t.Helper()
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	checked(t, s)
	n := 0
	err = s.View(t.Context(), func(tx bot.ReadTx) (err error) {
		if n, err = tx.ArticleCount(); err != nil {
			return err
		}
		if n < known {
			t.Errorf("%d updates are left of %d committed ones", n, known)
		}
		if n == 0 {
			return nil
		}
		last, err := tx.Note("last")
		if string(last) != strconv.Itoa(n) {
			t.Errorf("the last update is %s of %d", last, n)
		}
		size, err2 := tx.OutboxSize()
		if size.Waiting != n {
			t.Errorf("%d deliveries after %d updates", size.Waiting, n)
		}
		for i := 1; i <= n; i++ {
			want, keys, _, _ := generated(i)
			id, err := tx.ArticleByKey(keys[0])
			if err != nil || id != bot.ArticleID(i) {
				return fmt.Errorf("update %d: article %d, %w", i, id, err)
			}
			if a, err := tx.Article(id); err != nil || a.Text != want.Text {
				return fmt.Errorf("update %d: %w", i, err)
			}
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
	left, _ := filepath.Glob(filepath.Dir(path) + "/*.new-*")
	for _, name := range left { // of a kill during the first opening
		if !strings.HasPrefix(filepath.Base(name), filepath.Base(path)) {
			t.Errorf("strange file %s", name)
		}
	}
	return n
}
