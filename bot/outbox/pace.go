package outbox

import "time"

// rhythm is the pace of one sort of chat.
type rhythm struct {
	every, slack time.Duration
	perMinute    int // at most so many in any minute; 0: as every and slack say
}

func rhythmOf(perSecond float64, burst int) rhythm {
	if perSecond <= 0 {
		return rhythm{}
	}
	every := time.Duration(float64(time.Second) / perSecond)
	return rhythm{every: every, slack: time.Duration(max(burst-1, 0)) * every}
}

// chatPace is what is remembered about a chat while it matters.
type chatPace struct {
	next   time.Time // theoretical time of the next message
	until  time.Time // limited: nothing goes out
	wanted time.Time // an answer comes until then; alerts let it go first
	recent window
}

// courtesy is how late an answer may be that was told when to come.
const courtesy = time.Second

// ready is when the chat may get its next alert.
func (c *chatPace) ready(r rhythm, now time.Time) time.Time {
	if c.wanted.After(now) {
		now = c.wanted
	}
	return c.free(r, now)
}

func (c *chatPace) free(r rhythm, now time.Time) time.Time {
	at := c.next.Add(-r.slack)
	if c.until.After(at) {
		at = c.until
	}
	if at.Before(now) {
		at = now
	}
	return c.recent.free(at)
}

// conversation is how many answers an alert to the same chat lets pass: somebody
// taps through pages faster than one a second, and platforms mean that rhythm for
// the long run.
const conversation = 20

// answer is when the chat may get its next answer: at once, but where the platform
// limits the chat, or a minute's worth is the limit by all of it.
func (c *chatPace) answer(r rhythm, now time.Time) time.Time {
	if r.perMinute > 0 {
		r.slack = time.Minute
		return c.free(r, now)
	}
	if c.until.After(now) {
		return c.until
	}
	return now
}

// told notes an answer at t. Alerts wait for a conversation, not for ever.
func (c *chatPace) told(r rhythm, t time.Time) {
	c.sent(r, t)
	if latest := t.Add(conversation * r.every); c.next.After(latest) {
		c.next = latest
	}
}

// sent notes a message at t.
func (c *chatPace) sent(r rhythm, t time.Time) {
	if c.next.Before(t) {
		c.next = t
	}
	c.next = c.next.Add(r.every)
	c.recent.put(t)
}

// idle reports that nothing about the chat matters any more.
func (c *chatPace) idle(now time.Time) bool {
	return !c.next.After(now) && !c.until.After(now) && !c.wanted.After(now) && !c.recent.busy(now)
}

// window holds the places of the latest messages, as many as its span may hold;
// the next one comes a span after the oldest of them. One of no size lets
// everything through.
type window struct {
	last []time.Time
	head int // index of the oldest
	span time.Duration
}

func newWindow(size int, span time.Duration) window {
	if size <= 0 {
		return window{}
	}
	return window{last: make([]time.Time, size), span: span}
}

// free is the first moment from at on that has a place.
func (w *window) free(at time.Time) time.Time {
	if len(w.last) == 0 {
		return at
	}
	if full := w.last[w.head].Add(w.span); full.After(at) {
		return full
	}
	return at
}

func (w *window) put(at time.Time) {
	if n := len(w.last); n > 0 {
		w.last[w.head] = at
		w.head = (w.head + 1) % n
	}
}

// back takes the newest place back: it becomes the oldest, long past.
func (w *window) back() {
	if n := len(w.last); n > 0 {
		w.head = (w.head + n - 1) % n
		w.last[w.head] = time.Time{}
	}
}

// busy reports whether a message lies within the span.
func (w *window) busy(now time.Time) bool {
	n := len(w.last)
	return n > 0 && w.last[(w.head+n-1)%n].Add(w.span).After(now)
}
