package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/adapters/telegram/telegramtest"
)

// agency is a paper that is its own hub: it notes when it handed an article
// out, and pushes to whoever subscribed.
type agency struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	items    []string
	handed   []time.Time // when item i first went out
	callback string
	secret   string
}

func newAgency(t *testing.T) *agency {
	t.Helper()
	a := &agency{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feed", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, a.document())
	})
	mux.HandleFunc("POST /hub", a.subscribe)
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

// document is the feed as it is handed out now.
func (a *agency) document() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.handed) < len(a.items) {
		a.handed = append(a.handed, time.Now())
	}
	return fmt.Sprintf(`<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Ruhr-Blatt</title><language>de</language><atom:link rel="hub" href="%s/hub"/><atom:link rel="self" href="%s/feed"/>%s</channel></rss>`,
		a.URL, a.URL, strings.Join(a.items, ""))
}

// write publishes an article about a coach at a club.
func (a *agency) write(club, coach string) (at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, n := time.Now(), len(a.items)
	a.items = append(a.items, fmt.Sprintf("<item><title>%s verhandelt mit %s</title><guid>%d</guid><link>https://blatt.example/%d</link><description>Der Verein %s verhandelt nach Informationen der „WAZ“ mit Trainer %s über einen Vertrag.</description><pubDate>%s</pubDate></item>",
		club, coach, n, n, club, coach, at.Format(time.RFC3339Nano)))
	return at
}

// subscribe verifies what is asked for and remembers it.
func (a *agency) subscribe(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusAccepted)
	callback := r.PostFormValue("hub.callback")
	q := url.Values{"hub.mode": {r.PostFormValue("hub.mode")}, "hub.topic": {r.PostFormValue("hub.topic")}, "hub.challenge": {"really?"}, "hub.lease_seconds": {"864000"}}
	status, body := fetch(a.t, callback+"?"+q.Encode())
	if status != http.StatusOK || body != "really?" {
		a.t.Errorf("callback: %d %q", status, body)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.callback, a.secret = callback, r.PostFormValue("hub.secret")
}

// push sends the feed to the subscriber, signed.
func (a *agency) push() {
	a.t.Helper()
	body := a.document()
	a.mu.Lock()
	callback, secret := a.callback, a.secret
	a.mu.Unlock()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, callback, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		a.t.Errorf("push: status %d", res.StatusCode)
	}
}

// newsstand is the real program with a chat for each of some clubs.
type newsstand struct {
	t        *testing.T
	agency   *agency
	telegram *telegramtest.Server
	bot      *running
	status   string
	clubs    []string
}

func startNewsstand(t *testing.T, interval string, extra ...string) *newsstand {
	t.Helper()
	w := &newsstand{t: t, agency: newAgency(t), telegram: telegramtest.New(t), status: freeAddress(t)}
	known, err := loadKnowledge()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range known.extractor.Gazetteer().Clubs()[:publications()] {
		w.clubs = append(w.clubs, c.Name)
	}
	w.bot = startBot(t, append([]string{
		"KARUSSELL_TELEGRAM_TOKEN=" + w.telegram.Token, "KARUSSELL_TELEGRAM_ENDPOINT=" + w.telegram.URL(), "KARUSSELL_STATUS_LISTEN=" + w.status,
		"KARUSSELL_FEEDS=" + w.agency.URL + "/feed", "KARUSSELL_FEED_INTERVAL=" + interval, "KARUSSELL_ALLOW_PRIVATE=true",
	}, extra...)...)
	for i, club := range w.clubs {
		chat := int64(5000 + i)
		w.telegram.InjectText(chat, chat, "/start")
		w.telegram.Await(t, chat, 1)
		w.telegram.InjectText(chat, chat, "/subscribe "+club)
		w.telegram.AwaitThat(t, "the subscription of "+club, func() bool { return len(w.telegram.Messages(chat)) > 1 })
	}
	w.bot.awaitSaid("feed contacted", 1)
	time.Sleep(2500 * time.Millisecond) // Telegram takes one message a second for a chat: let the two answers' seconds pass
	return w
}

// alert waits for the alert about a coach and says when it arrived at the
// platform.
func (w *newsstand) alert(i int, coach string) (at time.Time) {
	w.t.Helper()
	w.telegram.AwaitThat(w.t, "the alert about "+w.clubs[i]+" and "+coach, func() bool {
		for _, m := range w.telegram.Messages(int64(5000 + i)) {
			if strings.Contains(m.Text, coach) {
				at = m.At
				return true
			}
		}
		return false
	})
	return at
}

// publications is how many alerts are measured: few, unless
// KARUSSELL_TEST_PUBLICATIONS says more (at most 60).
func publications() int {
	n, err := strconv.Atoi(os.Getenv("KARUSSELL_TEST_PUBLICATIONS"))
	if err != nil || n < 1 {
		return 2
	}
	return min(n, 60)
}

// TestPublicationToAlert publishes at random moments and waits for each alert on
// the wire. What was measured is logged; docs/benchmarks.md records it.
func TestPublicationToAlert(t *testing.T) {
	w := startNewsstand(t, "1s")
	var delays, own []time.Duration
	for i, club := range w.clubs {
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
		coach := coachName(37 * i)
		published := w.agency.write(club, coach)
		arrived := w.alert(i, coach)
		w.agency.mu.Lock()
		handed := w.agency.handed[i]
		w.agency.mu.Unlock()
		delays, own = append(delays, arrived.Sub(published)), append(own, arrived.Sub(handed))
	}
	logDelays(t, "published to alert, the feed asked every second", delays)
	logDelays(t, "handed out by the paper to alert", own)
	w.metric()
}

// metric: the program's own measure of the delay counts every alert.
func (w *newsstand) metric() {
	w.t.Helper()
	var got map[string]float64
	for range 500 { // it is counted after the platform's answer
		if got = gauges(w.t, w.status); int(got["karussell_alert_delay_seconds_count"]) == len(w.clubs) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := got["karussell_alert_delay_seconds_count"]; int(n) != len(w.clubs) {
		w.t.Errorf("the metric counts %v delays, want %d", n, len(w.clubs))
	}
	w.t.Logf("the metric's mean: %.3f s", got["karussell_alert_delay_seconds_sum"]/got["karussell_alert_delay_seconds_count"])
}

// TestHubToAlert: the feed is asked every hour at most, so that what arrives was
// pushed.
func TestHubToAlert(t *testing.T) {
	for name, listen := range map[string]string{"a server of its own": "KARUSSELL_FEED_PUSH_LISTEN=", "the board's server": "KARUSSELL_BOARD_LISTEN="} {
		t.Run(name, func(t *testing.T) {
			address := freeAddress(t)
			w := startNewsstand(t, "1h", listen+address, "KARUSSELL_FEED_PUSH_URL=http://"+address+"/push")
			w.bot.awaitSaid("hub asked", 1)
			var delays []time.Duration
			for i, club := range w.clubs {
				if i >= 15 {
					time.Sleep(3 * time.Second) // the pace of one feed's pushes
				}
				coach := coachName(37 * i)
				published := w.agency.write(club, coach)
				w.agency.push()
				delays = append(delays, w.alert(i, coach).Sub(published))
			}
			logDelays(t, "published and pushed to alert", delays)
			w.metric()
		})
	}
}

func logDelays(t *testing.T, what string, d []time.Duration) {
	t.Helper()
	slices.Sort(d)
	t.Logf("%s: %d times, p50 %s, p90 %s, worst %s", what, len(d), d[len(d)/2].Round(time.Millisecond), d[len(d)*9/10].Round(time.Millisecond), d[len(d)-1].Round(time.Millisecond))
}
