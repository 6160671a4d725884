package telegram

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestALimitedChatWaitsAndOthersDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRestraint()
		r.limited("1", time.Minute, time.Now())
		r.limited("1", time.Second, time.Now()) // does not shorten it
		if e := r.restrained("1", time.Now()); e == nil || e.RetryAfter != time.Minute || e.Global {
			t.Errorf("chat 1: %+v", e)
		}
		if e := r.restrained("2", time.Now()); e != nil {
			t.Errorf("chat 2: %v", e)
		}
		time.Sleep(time.Minute)
		if e := r.restrained("1", time.Now()); e != nil {
			t.Errorf("chat 1 after its time: %v", e)
		}
	})
}

func TestManyLimitedChatsInARowMeanTheBot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRestraint()
		limit := func(n int) {
			for i := range n {
				r.limited(strconv.Itoa(i), time.Minute, time.Now())
			}
		}
		limit(crowd - 1)
		if e := r.restrained("other", time.Now()); e != nil {
			t.Fatalf("too early: %v", e)
		}
		r.passed() // somebody got through: it is the chats
		limit(crowd - 1)
		if e := r.restrained("other", time.Now()); e != nil {
			t.Fatalf("after a success: %v", e)
		}
		limit(crowd)
		e := r.restrained("other", time.Now())
		if e == nil || !e.Global || e.RetryAfter > probing {
			t.Fatalf("the bot is limited: %+v", e)
		}
		time.Sleep(e.RetryAfter) // a look whether it is over
		if e := r.restrained("other", time.Now()); e != nil {
			t.Fatalf("no look: %v", e)
		}
		r.limited("other", time.Minute, time.Now())
		if e := r.restrained("another", time.Now()); e == nil || !e.Global {
			t.Errorf("one refusal is enough while nobody got through: %+v", e)
		}
		r.passed()
		if e := r.restrained("another", time.Now()); e != nil {
			t.Errorf("it is over: %v", e)
		}
	})
}

func TestPastLimitsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRestraint()
		for i := range 10 * leastHeld {
			r.limited(strconv.Itoa(i), time.Second, time.Now())
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(r.chats); n > leastHeld+1 {
			t.Errorf("%d chats remembered", n)
		}
	})
}
