package telegram

import (
	"context"
	"sync"
	"time"
)

// Queueing rules. Telegram tolerates about one message per second and chat, and
// 20 a minute in a group; whoever asks faster is answered at that pace after a
// burst. While a group's lane is slowed down, its members take turns. A lane
// takes maxLane requests, one person at most maxShare of them in a group; more
// are dropped.
const (
	maxLane     = 40
	maxShare    = 24
	maxWaiting  = 4096 // over all lanes: above, no more updates are fetched
	burst       = 20
	pacePrivate = time.Second
	paceGroup   = 3 * time.Second
)

// task is one request. run returns how long to wait before it must run again,
// or zero when it is done; it is followed by done exactly once, unless the
// program ends first.
type task struct {
	user int64
	pace time.Duration // costs a token that returns after pace; 0 for nothing
	run  func(ctx context.Context) time.Duration
	done func()
}

// lanes run tasks in order per lane, with a bounded number of goroutines, fairly
// between lanes: a lane that had its turn goes to the back.
type lanes struct {
	workers int

	mu      sync.Mutex
	lanes   map[string]*lane
	ready   []*lane
	running int
	waiting int
	closed  bool
	many    int           // lanes from which on idle ones are forgotten
	room    chan struct{} // closed and renewed when waiting falls
	ended   sync.WaitGroup
}

type lane struct {
	queue []task
	busy  bool        // has its turn, waits for it, or waits for its timer
	timer *time.Timer // set while it waits for a time
	spent float64     // tokens
	asked time.Time   // when spent was right
	last  int64       // who had the last turn
	again bool        // the first task had a turn and gets another
}

func newLanes(workers int) *lanes {
	return &lanes{workers: workers, lanes: map[string]*lane{}, many: 2 * maxWaiting, room: make(chan struct{})}
}

// put appends a task to a lane. It reports false when the lane is full, or
// closed; the task is then not run.
func (l *lanes) put(ctx context.Context, key string, t task) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	q := l.lanes[key]
	if q == nil {
		l.sweep()
		q = &lane{asked: time.Now()}
		l.lanes[key] = q
	}
	if t.pace > 0 && q.full(t) {
		return false
	}
	q.queue = append(q.queue, t)
	l.waiting++
	if !q.busy {
		q.busy = true
		l.schedule(ctx, q, q.toll(time.Now()))
	}
	return true
}

// full applies the bounds to requests; events in a chat's life always pass.
func (q *lane) full(t task) bool {
	if len(q.queue) >= maxLane {
		return true
	}
	if t.pace != paceGroup {
		return false
	}
	share := 0
	for _, other := range q.queue {
		if other.user == t.user {
			share++
		}
	}
	return share >= maxShare
}

// take makes the task whose turn it is the first one. In a slowed lane that is
// somebody else's than the last; what is not paced is not overtaken.
func (q *lane) take() task {
	at := 0
	if q.spent > burst {
		for i, t := range q.queue {
			if t.pace == 0 {
				break
			}
			if t.user != q.last {
				at = i
				break
			}
		}
	}
	t := q.queue[at]
	copy(q.queue[1:at+1], q.queue[:at])
	q.queue[0], q.last = t, t.user
	return t
}

// toll is how long the lane's next task must wait for its token.
func (q *lane) toll(now time.Time) time.Duration {
	pace := q.queue[0].pace
	if pace == 0 {
		return 0
	}
	q.spent = max(0, q.spent-float64(now.Sub(q.asked))/float64(pace))
	q.asked = now
	q.spent++
	if q.spent <= burst {
		return 0
	}
	return time.Duration((q.spent - burst) * float64(pace))
}

// schedule gives q its turn after d. The caller holds mu.
func (l *lanes) schedule(ctx context.Context, q *lane, d time.Duration) {
	if d > 0 {
		q.timer = time.AfterFunc(d, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			q.timer = nil
			if !l.closed {
				l.schedule(ctx, q, 0)
			}
		})
		return
	}
	l.ready = append(l.ready, q)
	if l.running < l.workers {
		l.running++
		l.ended.Go(func() { l.work(ctx) })
	}
}

// work gives lanes their turn until none is ready.
func (l *lanes) work(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.running-- }()
	for len(l.ready) > 0 && !l.closed {
		q := l.ready[0]
		l.ready[0] = nil
		l.ready = l.ready[1:]
		t := q.queue[0]
		if !q.again {
			t = q.take()
		}
		l.mu.Unlock()
		again := t.run(ctx)
		if again <= 0 {
			t.done()
		}
		l.mu.Lock()
		q.again = again > 0
		if again > 0 {
			if !l.closed {
				l.schedule(ctx, q, again)
			}
			continue
		}
		q.queue = q.queue[1:]
		l.waiting--
		close(l.room)
		l.room = make(chan struct{})
		if len(q.queue) == 0 {
			q.busy, q.queue = false, nil
		} else if !l.closed {
			l.schedule(ctx, q, q.toll(time.Now()))
		}
	}
}

// awaitRoom waits until fewer than maxWaiting tasks wait.
func (l *lanes) awaitRoom(ctx context.Context) {
	for ctx.Err() == nil {
		l.mu.Lock()
		full, room := l.waiting >= maxWaiting, l.room
		l.mu.Unlock()
		if !full {
			return
		}
		select {
		case <-room:
		case <-ctx.Done():
		}
	}
}

// crowded reports whether no more updates should be taken.
func (l *lanes) crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting >= maxWaiting
}

// sweep forgets idle lanes now and then. The caller holds mu.
func (l *lanes) sweep() {
	if len(l.lanes) < l.many {
		return
	}
	now := time.Now()
	for key, q := range l.lanes {
		if !q.busy && now.Sub(q.asked) > burst*paceGroup {
			delete(l.lanes, key)
		}
	}
	l.many = max(2*maxWaiting, 2*len(l.lanes))
}

// close lets running tasks end, drops the others and waits.
func (l *lanes) close() {
	l.mu.Lock()
	l.closed = true
	for _, q := range l.lanes {
		if q.timer != nil {
			q.timer.Stop()
		}
	}
	l.mu.Unlock()
	l.ended.Wait()
}
