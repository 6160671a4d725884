package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"karussell/bot"
)

func testAtomic(t *testing.T, subject Subject) {
	s := start(t, subject)
	failure := errors.New("on purpose")
	err := s.Update(t.Context(), func(tx bot.Tx) error {
		a := bot.Article{Title: "x", Text: "y"}
		err := all(tx.PutArticle(&a, []string{"k"}, nil), tx.PutNote("n", []byte("1")), tx.PutDelivery(post(chat(1), 1, 1)))
		if n, err := tx.ArticleCount(); n != 1 || err != nil {
			t.Errorf("own writes are not seen: %d, %v", n, err)
		}
		if err != nil {
			return err
		}
		return failure
	})
	if err != failure { //nolint:errorlint // as it is
		t.Errorf("error %v", err)
	}
	read(t, s, func(tx bot.ReadTx) error {
		n, err := tx.ArticleCount()
		same(t, "articles", n, 0)
		_, err2 := tx.ArticleByKey("k")
		missing(t, "key", err2)
		_, err3 := tx.Note("n")
		missing(t, "note", err3)
		size, err4 := tx.OutboxSize()
		same(t, "outbox", size, bot.OutboxSize{})
		return all(err, err4)
	})
	if err := s.View(t.Context(), func(bot.ReadTx) error { return failure }); err != failure { //nolint:errorlint // as it is
		t.Errorf("error %v", err)
	}
}

// testSnapshot: a reader sees one state, and holds up no writer.
func testSnapshot(t *testing.T, subject Subject) {
	s := start(t, subject)
	write(t, s, func(tx bot.Tx) error { return tx.PutNote("n", []byte("before")) })
	read(t, s, func(tx bot.ReadTx) error {
		write(t, s, func(tx bot.Tx) error { return all(tx.PutNote("n", []byte("after")), tx.PutNote("m", []byte("1"))) })
		v, err := tx.Note("n")
		same(t, "note", string(v), "before")
		_, err2 := tx.Note("m")
		missing(t, "note", err2)
		return err
	})
}

func testCopies(t *testing.T, subject Subject) {
	s := start(t, subject)
	value := []byte("value")
	story := bot.Story{Outlets: []string{"WAZ"}, Changed: noon, Stage: bot.StageTalks}
	topics := []bot.Topic{"b", "a"}
	write(t, s, func(tx bot.Tx) error { return all(tx.PutNote("n", value), tx.PutStory(&story, topics)) })
	value[0], story.Outlets[0] = 'X', "X"
	same(t, "the caller's slice", topics, []bot.Topic{"b", "a"})
	for range 2 {
		read(t, s, func(tx bot.ReadTx) error {
			v, err := tx.Note("n")
			same(t, "note", string(v), "value")
			st, err2 := tx.Story(story.ID)
			same(t, "outlets", st.Outlets, []string{"WAZ"})
			v[0], st.Outlets[0] = 'X', "X"
			return all(err, err2)
		})
	}
}

func testPanic(t *testing.T, subject Subject) {
	s := start(t, subject)
	err := s.Update(t.Context(), func(tx bot.Tx) error {
		_ = tx.PutNote("n", []byte("1"))
		panic("on purpose")
	})
	if err == nil {
		t.Error("panic in update gave no error")
	}
	if err := s.View(t.Context(), func(bot.ReadTx) error { panic("on purpose") }); err == nil {
		t.Error("panic in view gave no error")
	}
	write(t, s, func(tx bot.Tx) error { return tx.PutNote("m", []byte("1")) })
	read(t, s, func(tx bot.ReadTx) error {
		_, err := tx.Note("n")
		missing(t, "note", err)
		return nil
	})
}

func testCancel(t *testing.T, subject Subject) {
	s := start(t, subject)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ran := false
	err := all(
		s.View(ctx, func(bot.ReadTx) error { ran = true; return nil }),
		s.Update(ctx, func(bot.Tx) error { ran = true; return nil }),
	)
	if _, claimErr := s.Claim(ctx, noon, lease, 1); !errors.Is(claimErr, context.Canceled) {
		t.Errorf("claim: %v", claimErr)
	}
	if ran || !errors.Is(err, context.Canceled) {
		t.Errorf("ran %v, error %v", ran, err)
	}
	// While another update is under way.
	inside, leave := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		write(t, s, func(tx bot.Tx) error {
			close(inside)
			<-leave
			return tx.PutNote("n", []byte("1"))
		})
	})
	<-inside
	short, done := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer done()
	if err := s.Update(short, func(bot.Tx) error { ran = true; return nil }); !errors.Is(err, context.DeadlineExceeded) || ran {
		t.Errorf("waiting update: %v, ran %v", err, ran)
	}
	close(leave)
	wg.Wait()
}

func testClose(t *testing.T, subject Subject) {
	s := start(t, subject)
	inside, leave := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		write(t, s, func(tx bot.Tx) error {
			close(inside)
			<-leave
			return tx.PutNote("n", []byte("1"))
		})
	})
	<-inside
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		t.Errorf("closed during an update: %v", err)
	case <-time.After(10 * time.Millisecond):
	}
	close(leave)
	wg.Wait()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"view":   s.View(t.Context(), func(bot.ReadTx) error { return nil }),
		"update": s.Update(t.Context(), func(bot.Tx) error { return nil }),
		"settle": s.Settle(t.Context(), "x", bot.Outcome{State: bot.Sent}),
		"close":  s.Close(),
	} {
		if !errors.Is(err, bot.ErrClosed) {
			t.Errorf("%s after close: %v", name, err)
		}
	}
}

// testConcurrent: every update counts once, every reader sees whole ones.
func testConcurrent(t *testing.T, subject Subject) {
	s := start(t, subject)
	const workers, rounds = 16, 25
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				err := s.Update(t.Context(), func(tx bot.Tx) error {
					a := bot.Article{Title: fmt.Sprint(w, i), Text: "t", ReadAt: noon}
					return all(tx.PutArticle(&a, []string{"same"}, []bot.Topic{"t"}), tx.PutNote(fmt.Sprintf("%d/%d", w, i), []byte("1")))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range rounds {
				read(t, s, func(tx bot.ReadTx) error {
					n, err := tx.ArticleCount()
					notes, err2 := tx.Notes("", "", workers*rounds)
					if n != len(notes) {
						t.Errorf("%d articles, %d notes", n, len(notes))
					}
					return all(err, err2)
				})
			}
		})
	}
	wg.Wait()
	read(t, s, func(tx bot.ReadTx) error {
		n, err := tx.ArticleCount()
		same(t, "articles", n, workers*rounds)
		list, err2 := tx.Articles("t", bot.Page{Limit: workers * rounds})
		same(t, "by topic", len(list), workers*rounds)
		return all(err, err2)
	})
}

// testSenders: many dispatchers at once; nothing is claimed twice or left over,
// and within a chat the order is kept.
func testSenders(t *testing.T, subject Subject) {
	s := start(t, subject)
	const chats, each = 20, 10
	write(t, s, func(tx bot.Tx) error {
		for c := range chats {
			for i := range each {
				if err := tx.PutDelivery(post(chat(c), bot.StoryID(i+1), 1)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	var mu sync.Mutex
	last := map[bot.ChatRef]bot.StoryID{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				list := claim(t, s, noon, 3)
				for _, d := range list {
					mu.Lock()
					if d.Story != last[d.Chat]+1 {
						t.Errorf("chat %s: %d after %d", d.Chat, d.Story, last[d.Chat])
					}
					last[d.Chat] = d.Story
					mu.Unlock()
					settle(t, s, d.ID, bot.Outcome{State: bot.Sent, Message: "m"})
				}
				size := bot.OutboxSize{}
				read(t, s, func(tx bot.ReadTx) (err error) { size, err = tx.OutboxSize(); return err })
				if len(list) == 0 && size.Waiting == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	for c := range chats {
		same(t, "told", last[chat(c)], bot.StoryID(each))
	}
}
