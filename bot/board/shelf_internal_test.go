package board

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func paper(text string) document { return document{body: []byte(text)} }

func TestNobodyWaitsForTheNextAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(time.Now)
		made := 0
		ask := func() string {
			doc, err := s.get("k", func() (document, error) {
				made++
				n := made
				time.Sleep(time.Second) // drawing takes its time
				return paper(strconv.Itoa(n)), nil
			})
			if err != nil {
				t.Error(err)
			}
			return string(doc.body)
		}
		var all sync.WaitGroup
		for range 10 { // all come at once: one makes it, the others wait for it
			all.Go(func() {
				if got := ask(); got != "1" {
					t.Errorf("got %q", got)
				}
			})
		}
		all.Wait()
		time.Sleep(shelfAge + time.Second)
		all.Go(func() { _ = ask() })
		synctest.Wait()
		begun := time.Now()
		if got := ask(); got != "1" || time.Since(begun) > 0 {
			t.Errorf("got %q after %v, want the old answer at once", got, time.Since(begun))
		}
		all.Wait()
		if got := ask(); got != "2" || made != 2 {
			t.Errorf("got %q of %d", got, made)
		}
		time.Sleep(time.Hour) // too old to be shown to anybody
		if got := ask(); got != "3" {
			t.Errorf("got %q", got)
		}
	})
}

func TestFailuresAreNotKept(t *testing.T) {
	s := newShelf(time.Now)
	_, err := s.get("k", func() (document, error) { return document{}, errNoPage })
	if !errors.Is(err, errNoPage) {
		t.Error(err)
	}
	if doc, err := s.get("k", func() (document, error) { return paper("x"), nil }); err != nil || string(doc.body) != "x" {
		t.Errorf("%q, %v", doc.body, err)
	}
}

func TestTheShelfIsBounded(t *testing.T) {
	s := newShelf(time.Now)
	big := document{body: make([]byte, 1<<20)}
	for i := range 5000 {
		_, _ = s.get(strconv.Itoa(i), func() (document, error) { return big, nil })
		if len(s.items) > shelfSize || s.bytes > shelfBytes+len(big.body) {
			t.Fatalf("%d answers, %d bytes", len(s.items), s.bytes)
		}
	}
}
