package telegram

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// diary notes what ran when.
type diary struct {
	mu      sync.Mutex
	start   time.Time
	entries []string
	at      map[string]time.Duration
}

func newDiary() *diary { return &diary{start: time.Now(), at: map[string]time.Duration{}} }

func (d *diary) task(name string, user int64, pace time.Duration) task {
	return task{user: user, pace: pace, done: func() {}, run: func(context.Context) time.Duration {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.entries = append(d.entries, name)
		d.at[name] = time.Since(d.start)
		return 0
	}}
}

func TestLanesKeepTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, d := newLanes(8), newDiary()
		for i := range 10 {
			for lane := range 50 {
				if !l.put(t.Context(), strconv.Itoa(lane), d.task(fmt.Sprintf("%02d-%d", lane, i), 1, pacePrivate)) {
					t.Fatal("refused")
				}
			}
		}
		synctest.Wait()
		l.close()
		if len(d.entries) != 500 {
			t.Fatalf("%d tasks ran", len(d.entries))
		}
		for lane := range 50 {
			var own []string
			for _, e := range d.entries {
				if strings.HasPrefix(e, fmt.Sprintf("%02d-", lane)) {
					own = append(own, e)
				}
			}
			if !slices.IsSorted(own) {
				t.Errorf("lane %d ran %v", lane, own)
			}
		}
	})
}

func TestAFloodIsSlowedDownAndOthersAreNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, d := newLanes(2), newDiary()
		dropped := 0
		for i := range 100 {
			if !l.put(t.Context(), "flood", d.task(fmt.Sprintf("f%d", i), 1, pacePrivate)) {
				dropped++
			}
		}
		l.put(t.Context(), "calm", d.task("calm", 2, pacePrivate))
		if dropped != 100-maxLane {
			t.Errorf("%d dropped; want %d", dropped, 100-maxLane)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if d.at["calm"] != 0 || d.at[fmt.Sprintf("f%d", burst-1)] != 0 {
			t.Errorf("calm after %s, the burst after %s; want at once", d.at["calm"], d.at["f19"])
		}
		for i := burst; i < maxLane; i++ {
			if got, want := d.at[fmt.Sprintf("f%d", i)], time.Duration(i-burst+1)*pacePrivate; got != want {
				t.Errorf("request %d after %s; want %s", i, got, want)
			}
		}
		l.close()
	})
}

func TestMembersOfAFloodedGroupTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, d := newLanes(2), newDiary()
		dropped := 0
		for i := range 60 {
			if !l.put(t.Context(), "g", d.task(fmt.Sprintf("f%d", i), 1, paceGroup)) {
				dropped++
			}
			if i == 5 {
				synctest.Wait()
			}
		}
		l.put(t.Context(), "g", d.task("other", 2, paceGroup))
		l.put(t.Context(), "g", d.task("event", 0, 0)) // life of the chat: never refused, never overtaken
		l.put(t.Context(), "g", d.task("later", 3, paceGroup))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		l.close()
		if dropped == 0 {
			t.Error("one person filled the whole lane")
		}
		at := slices.Index(d.entries, "other")
		if at < 0 || at > burst+3 {
			t.Errorf("the other one was served as number %d", at)
		}
		if e, later := slices.Index(d.entries, "event"), slices.Index(d.entries, "later"); e < 0 || later < e {
			t.Errorf("event %d, later %d", e, later)
		}
	})
}

func TestATaskThatMustWaitHoldsUpItsOwnLaneOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, d := newLanes(1), newDiary()
		tries, finished := 0, 0
		l.put(t.Context(), "a", task{pace: pacePrivate, done: func() { finished++ }, run: func(context.Context) time.Duration {
			if tries++; tries < 4 {
				return time.Minute
			}
			return 0
		}})
		l.put(t.Context(), "a", d.task("behind", 1, pacePrivate))
		l.put(t.Context(), "b", d.task("beside", 1, pacePrivate))
		time.Sleep(time.Hour)
		synctest.Wait()
		l.close()
		if tries != 4 || finished != 1 || d.at["behind"] != 3*time.Minute || d.at["beside"] != 0 {
			t.Errorf("%d tries, %d finished, behind %s, beside %s", tries, finished, d.at["behind"], d.at["beside"])
		}
	})
}

func TestClosingEndsWhatRunsAndNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, d := newLanes(1), newDiary()
		ended := false
		l.put(t.Context(), "a", task{pace: pacePrivate, done: func() { ended = true }, run: func(context.Context) time.Duration {
			time.Sleep(time.Second)
			return 0
		}})
		l.put(t.Context(), "a", d.task("waiting", 1, pacePrivate))
		l.put(t.Context(), "b", d.task("elsewhere", 1, pacePrivate))
		synctest.Wait()
		l.close()
		if !ended || len(d.entries) != 0 {
			t.Errorf("ended %v, ran %v", ended, d.entries)
		}
		if l.put(t.Context(), "c", d.task("late", 1, pacePrivate)) {
			t.Error("a closed lane took a task")
		}
	})
}

func TestFetchingWaitsForRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(1)
		release := make(chan struct{})
		for i := range maxWaiting {
			l.put(t.Context(), strconv.Itoa(i), task{pace: pacePrivate, done: func() {}, run: func(context.Context) time.Duration {
				<-release
				return 0
			}})
		}
		if !l.crowded() {
			t.Fatal("not crowded")
		}
		went := false
		go func() { l.awaitRoom(t.Context()); went = true }()
		synctest.Wait()
		if went {
			t.Error("did not wait")
		}
		close(release)
		synctest.Wait()
		if !went || l.crowded() {
			t.Error("waits for ever")
		}
		l.close()
	})
}

func TestIdleLanesAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, d := newLanes(4), newDiary()
		for i := range 2 * maxWaiting {
			l.put(t.Context(), strconv.Itoa(i), d.task("x", 1, pacePrivate))
			synctest.Wait()
		}
		time.Sleep(2 * burst * paceGroup)
		l.put(t.Context(), "new", d.task("x", 1, pacePrivate))
		synctest.Wait()
		if n := len(l.lanes); n != 1 {
			t.Errorf("%d lanes", n)
		}
		l.close()
	})
}
