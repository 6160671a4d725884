package telegram_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karussell/bot"
)

// TestAThousandChats plays 3,000 commands from 1,000 chats with a restart in
// the middle: every chat gets all of its answers once and in order.
func TestAThousandChats(t *testing.T) {
	t.Parallel()
	const chats, rounds = 1000, 3
	w := open(t)
	var handled atomic.Int32
	half := make(chan struct{})
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		if handled.Add(1) == chats*rounds/2 {
			close(half)
		}
		return say(r.Text)
	}
	for i := range rounds {
		for c := range int64(chats) {
			w.InjectText(1+c, 1+c, fmt.Sprintf("/coach %d", i))
		}
	}
	w.start(t)
	<-half
	w.stop()
	w.connect(t)
	w.start(t)
	w.AwaitThat(t, "all answers", func() bool { return len(w.Calls("sendMessage")) >= chats*rounds && w.Unconfirmed() == 0 })
	w.stop()
	for c := range int64(chats) {
		if got := texts(w.Messages(1 + c)); got != "0|1|2" {
			t.Errorf("chat %d: %s", c, got)
		}
	}
}

// TestAnswersOutlastALimit limits every message for a while: what needs no
// message goes on, and afterwards every chat has its answers once and in order.
func TestAnswersOutlastALimit(t *testing.T) {
	t.Parallel()
	w := run(t)
	w.LimitBy(func(int64) int { return 1 })
	const chats = 50
	for c := range int64(chats) {
		w.InjectText(1+c, 1+c, "/coach x")
		w.InjectText(1+c, 1+c, "/coach y")
	}
	w.AwaitThat(t, "refusals", func() bool { return w.Limited() > chats })
	q := w.Query(1, "back", "")
	w.AwaitThat(t, "the inline answer", func() bool { return w.Inline(q).Answered })
	w.LimitBy(func(int64) int { return 0 })
	for c := range int64(chats) {
		if got := texts(w.Await(t, 1+c, 2)); got != "coach x|coach y" {
			t.Errorf("chat %d: %s", 1+c, got)
		}
	}
	if n := len(w.engine.seen()); n != 2*chats+1 {
		t.Errorf("the engine was asked %d times", n)
	}
}

// TestAnAnswerIsNotOwedForEver: one that Telegram wants hours later is given up,
// and its chat is not asked again before its time.
func TestAnAnswerIsNotOwedForEver(t *testing.T) {
	t.Parallel()
	w := run(t)
	w.LimitBy(func(chat int64) int { return map[int64]int{1: 4 * 3600}[chat] })
	w.InjectText(1, 1, "/coach x")
	w.InjectText(1, 1, "/coach y")
	w.InjectText(2, 2, "/coach z")
	w.Await(t, 2, 1) // others go on
	w.AwaitThat(t, "the end of both", func() bool { return strings.Count(w.log.String(), "answer_given_up") == 2 })
	if n := w.Limited(); n != 1 {
		t.Errorf("the limited chat was asked %d times", n)
	}
}

// BenchmarkAnswer measures from the update's arrival at the server to the
// answer's, one request at a time.
func BenchmarkAnswer(b *testing.B) {
	w := run(b)
	w.InjectText(1, 1, "/coach warm")
	w.Await(b, 1, 1)
	var took []time.Duration
	for i := range b.N {
		chat := int64(1000 + i)
		start := time.Now()
		w.InjectText(chat, chat, "/coach Backhaus")
		took = append(took, w.Await(b, chat, 1)[0].At.Sub(start))
	}
	report(b, took)
}

// BenchmarkThousandPerSecond injects 1,000 commands a second from 1,000 chats,
// one benchmark iteration a second.
func BenchmarkThousandPerSecond(b *testing.B) {
	w := run(b)
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message { return say(r.Text) }
	started := map[string]time.Time{}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := range b.N {
		for c := range int64(1000) {
			if c%10 == 0 {
				<-tick.C
			}
			text := fmt.Sprintf("%d-%d", c, i)
			started[text] = time.Now()
			w.InjectText(1+c, 1+c, "/coach "+text)
		}
	}
	w.AwaitThat(b, "all answers", func() bool { return len(w.Calls("sendMessage")) >= 1000*b.N })
	var took []time.Duration
	for c := range int64(1000) {
		for _, m := range w.Messages(1 + c) {
			took = append(took, m.At.Sub(started[m.Text]))
		}
	}
	if len(took) != 1000*b.N {
		b.Errorf("%d answers; want %d", len(took), 1000*b.N)
	}
	report(b, took)
}

// BenchmarkBesideAFlood measures the answers to a calm person while another one
// sends 500 commands a second.
func BenchmarkBesideAFlood(b *testing.B) {
	w := run(b)
	stop := make(chan struct{})
	flooded := make(chan int)
	go func() {
		sent := 0
		for tick := time.NewTicker(2 * time.Millisecond); ; sent++ {
			select {
			case <-tick.C:
				w.InjectText(1, 1, "/coach flood")
			case <-stop:
				tick.Stop()
				flooded <- sent
				return
			}
		}
	}()
	var took []time.Duration
	for i := range b.N {
		chat := int64(1000 + i)
		start := time.Now()
		w.InjectText(chat, chat, "/coach Backhaus")
		took = append(took, w.Await(b, chat, 1)[0].At.Sub(start))
		time.Sleep(2 * time.Millisecond)
	}
	close(stop)
	b.ReportMetric(float64(<-flooded), "flood")
	report(b, took)
}

func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	at := func(p int) float64 { return float64(took[(len(took)-1)*p/100].Microseconds()) / 1000 }
	b.ReportMetric(at(50), "p50-ms")
	b.ReportMetric(at(99), "p99-ms")
	b.ReportMetric(at(100), "max-ms")
}
