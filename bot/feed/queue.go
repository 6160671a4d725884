package feed

import (
	"container/heap"
	"time"
)

// queue says which feed is due first. A feed may stand in it more than once;
// only the entry with the feed's present time counts.
type queue struct{ due dueHeap }

type dueFeed struct {
	at      time.Time
	address string
}

func (q *queue) plan(address string, at time.Time) { heap.Push(&q.due, dueFeed{at, address}) }

func (q *queue) first() (address string, at time.Time, ok bool) {
	if len(q.due) == 0 {
		return "", time.Time{}, false
	}
	return q.due[0].address, q.due[0].at, true
}

func (q *queue) drop() { heap.Pop(&q.due) }

// dueHeap implements heap.Interface.
type dueHeap []dueFeed

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(dueFeed)) } //nolint:forcetypeassert // only plan pushes
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// lanes let one poll at a time run per host, so that the feeds of a slow host
// wait in line instead of taking the workers from others.
type lanes struct {
	polling map[string]string   // host to the feed that is being polled
	waiting map[string][]string // host to the feeds that were due meanwhile
}

func newLanes() *lanes { return &lanes{polling: map[string]string{}, waiting: map[string][]string{}} }

// enter takes the host's lane for a feed, or puts the feed in line.
func (l *lanes) enter(host, address string) bool {
	now, taken := l.polling[host]
	if !taken {
		l.polling[host] = address
		return true
	}
	if now != address { // the poll under way serves it
		l.waiting[host] = append(l.waiting[host], address)
	}
	return false
}

// leave frees the lane and returns who waited for it.
func (l *lanes) leave(host string) []string {
	waited := l.waiting[host]
	delete(l.polling, host)
	delete(l.waiting, host)
	return waited
}
