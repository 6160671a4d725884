package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karussell/adapters/telegram/telegramtest"
)

// wave is a time in which Telegram limits.
type wave struct {
	name   string
	part   float64          // of the whole
	global bool             // everybody is limited; else the first two thirds of the chats
	retry  func(at int) int // seconds, for the chat at a place of the list
}

// waves are the hour: the whole bot is limited, then chats, and so on; the last
// wave has the longest waits.
func waves() []wave {
	same := func(seconds int) func(int) int { return func(int) int { return seconds } }
	return []wave{
		{"the bot, 30 s", .14, true, same(30)},
		{"chats, 60 s", .16, false, same(60)},
		{"the bot, 2 min", .18, true, same(120)},
		{"chats, 30 s to 5 min", .24, false, func(at int) int { return 30 + at%10*30 }},
		{"the bot, 5 min", .28, true, same(300)},
	}
}

// flood is a run of the program against a server that limits.
type flood struct {
	t        *testing.T
	server   *telegramtest.Server
	bot      *running
	status   string
	papers   [2]*paper
	whole    time.Duration
	chats    []int64
	alerts   []string // coaches, in the order in which the bot read of them
	asked    map[string]int64
	articles int
	wave     atomic.Pointer[wave]
}

// place is a chat's place in the list; every third is limited only together with
// the whole bot.
func (f *flood) place(chat int64) int { return slices.Index(f.chats, chat) }

func (f *flood) healthy(at int) bool { return at%3 == 2 }

func (f *flood) retryAfter(chat int64) int {
	w, at := f.wave.Load(), f.place(chat)
	if w == nil || at < 0 || !w.global && f.healthy(at) {
		return 0
	}
	return max(1, int(float64(w.retry(at))*f.whole.Hours()))
}

// TestTelegramHourOf429 lets Telegram limit for a whole hour: the bot as a
// whole, then single chats, with waits of half a minute to five. News and
// commands come all the same. Afterwards every chat has everything exactly once
// and in order, and nobody was asked before the time that Telegram gave.
// KARUSSELL_TEST_HOUR=1h takes the whole hour; without it, it has seconds.
func TestTelegramHourOf429(t *testing.T) {
	if testing.Short() {
		t.Skip("lasts several seconds; run without -short")
	}
	f := &flood{t: t, asked: map[string]int64{}, whole: lasting(t, "KARUSSELL_TEST_HOUR", 6*time.Second)}
	f.server = telegramtest.New(t)
	f.papers = [2]*paper{newPaper(t, "Ruhr-Blatt"), newPaper(t, "Revier-Anzeiger")}
	f.status = freeAddress(t)
	if f.whole > time.Minute {
		t.Setenv("KARUSSELL_TEST_BINARY", buildBot(t))
	}
	f.bot = startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+f.server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+f.server.URL(),
		"KARUSSELL_FEEDS="+f.papers[0].URL+"/feed "+f.papers[1].URL+"/feed", "KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true",
		"KARUSSELL_STATUS_LISTEN="+f.status, "KARUSSELL_LOG=info")
	f.subscribe()
	for _, w := range waves() {
		f.live(w)
	}
	before := f.server.Limited()
	f.server.LimitBy(func(int64) int { return 0 })
	begun := time.Now()
	f.everythingArrives()
	v, g := examine(t, f.bot.cmd.Process.Pid), gauges(t, f.status)
	t.Logf("%s of 429: %d chats, %d alerts and %d commands; %d calls refused, %d messages taken; caught up within %s; %.0f MB, CPU %s, held back %.0f",
		f.whole, len(f.chats), len(f.alerts), len(f.asked), before, len(f.server.Calls("sendMessage"))-f.server.Limited(), time.Since(begun).Round(time.Second),
		v.anonymous, v.cpu, g[`karussell_telegram_calls_total{method="sendMessage",outcome="held_back"}`])
}

// subscribe lets 48 chats, every fourth a group, subscribe to everything. Where
// time is short they are fewer, without groups: those get 20 messages a minute,
// and waits of a second would take the others' places.
func (f *flood) subscribe() {
	chats := int64(48)
	if f.whole < time.Minute {
		chats = 15
	}
	for i := range chats {
		chat, user := 5000+i, 5000+i
		group := i%4 == 3 && f.whole > time.Minute
		if group {
			chat, user = -100700-i, 5000
			f.server.AddChat(telegramtest.Chat{ID: chat, Type: "supergroup", Title: "Kurve"})
			f.server.SetMember(chat, user, "administrator")
		}
		f.chats = append(f.chats, chat)
		f.server.InjectText(chat, user, "/subscribe alles")
		if group {
			f.server.Await(f.t, chat, 1) // one person, many groups
		}
	}
	for _, chat := range f.chats {
		f.server.Await(f.t, chat, 1)
	}
	f.bot.awaitSaid("feed contacted", 2)
	f.server.LimitBy(f.retryAfter)
}

// live lets a wave go by, with news, confirmations and commands.
func (f *flood) live(w wave) {
	f.wave.Store(&w)
	begun := time.Now()
	whole := time.Duration(float64(f.whole) * w.part)
	pause := max(f.whole/60, 400*time.Millisecond)
	for n := 0; time.Since(begun) < whole; n++ {
		f.publish()
		if n%3 == 1 {
			f.confirm(f.alerts[len(f.alerts)-1])
		}
		f.ask()
		if code, body := fetch(f.t, "http://"+f.status+"/readyz"); code != http.StatusOK {
			f.t.Errorf("in wave %q /readyz says %d: %s", w.name, code, body)
		}
		time.Sleep(pause)
	}
	if !w.global { // while others are limited, these live as ever
		f.arrives(f.healthy, 7*time.Minute)
	}
	f.t.Logf("%s wave %q over: %d alerts so far, %d calls refused, queue %.0f", time.Now().Format(time.TimeOnly), w.name, len(f.alerts), f.server.Limited(), f.waiting())
}

// publish brings news of a coach that nobody has heard of, and waits until the
// bot has read it: so the order is known.
func (f *flood) publish() {
	n := len(f.alerts)
	coach, club := coachName(n*37+5), []string{"SV Werder Bremen", "FC Schalke 04", "Hamburger SV", "1. FC Köln"}[n%4]
	f.papers[0].publish(club+" verhandelt mit "+coach, fmt.Sprintf("Der %s verhandelt nach Informationen der „WAZ“ mit Trainer %s über einen Vertrag.", club, coach))
	f.alerts = append(f.alerts, coach)
	f.read(1)
}

// confirm lets another paper report the same.
func (f *flood) confirm(coach string) {
	n := slices.Index(f.alerts, coach)
	club := []string{"SV Werder Bremen", "FC Schalke 04", "Hamburger SV", "1. FC Köln"}[n%4]
	f.papers[1].publish("Auch Sky: "+coach+" in Gesprächen", fmt.Sprintf("Trainer %s verhandelt laut Sky mit dem %s.", coach, club))
	f.read(1)
}

func (f *flood) read(n int) {
	f.articles += n
	eventually(f.t, "the article to be read", time.Minute, func() bool {
		return gauges(f.t, f.status)[`karussell_articles_total{state="new"}`] >= float64(f.articles)
	})
}

// ask lets somebody look for a coach that does not exist.
func (f *flood) ask() {
	n := len(f.asked)
	chat := f.chats[n*7%len(f.chats)]
	user := max(chat, 5000)
	name := fmt.Sprintf("Testmann%dx", n)
	f.asked[name] = chat
	f.server.InjectText(chat, user, "/coach Xaver "+name)
}

// arrives waits until chats have all alerts so far.
func (f *flood) arrives(which func(at int) bool, patience time.Duration) {
	f.t.Helper()
	for at, chat := range f.chats {
		if which(at) {
			eventually(f.t, fmt.Sprintf("all alerts in chat %d", chat), patience, func() bool {
				return len(f.coachesIn(chat)) >= len(f.alerts)
			})
		}
	}
}

// coachesIn are the coaches of a chat's alerts, in order.
func (f *flood) coachesIn(chat int64) []string {
	var out []string
	for _, m := range f.server.Messages(chat) {
		for _, coach := range f.alerts {
			if strings.Contains(m.Text, coach) && strings.Contains(m.Text, "WAZ") {
				out = append(out, coach)
			}
		}
	}
	return out
}

// everythingArrives judges what every chat holds in the end.
func (f *flood) everythingArrives() {
	f.arrives(func(int) bool { return true }, 20*time.Minute)
	eventually(f.t, "the answers", 10*time.Minute, func() bool {
		for name, chat := range f.asked {
			if !hasText(f.server.Messages(chat), name) {
				return false
			}
		}
		return true
	})
	eventually(f.t, "an empty queue", 10*time.Minute, func() bool { return f.waiting() == 0 })
	disordered := 0
	for _, chat := range f.chats {
		got := f.coachesIn(chat)
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(f.alerts))) {
			f.t.Errorf("chat %d: alerts %q, want each once: %q", chat, got, f.alerts)
		} else if !slices.Equal(got, f.alerts) {
			if disordered++; disordered == 1 {
				f.t.Errorf("chat %d: alerts %q, want them in order: %q", chat, got, f.alerts)
			}
		}
		for i, coach := range f.alerts {
			if i%3 == 1 && !hasText(f.server.Messages(chat), coach, "WAZ", "Sky") && f.confirmed(coach) {
				f.t.Errorf("chat %d: the alert about %s does not name the second outlet", chat, coach)
			}
		}
	}
	if disordered > 0 {
		f.t.Errorf("%d chats have the alerts not in order", disordered)
	}
	for name, chat := range f.asked {
		n := 0
		for _, m := range f.server.Messages(chat) {
			n += strings.Count(m.Text, name+"“")
		}
		if n != 1 {
			f.t.Errorf("chat %d: %d answers about %s, want 1", chat, n, name)
		}
	}
	if v := f.server.Violations(); len(v) > 0 {
		f.t.Errorf("the server objected: %q", v[:min(len(v), 10)])
	}
}

func (f *flood) confirmed(coach string) bool {
	f.papers[1].mu.Lock()
	defer f.papers[1].mu.Unlock()
	return slices.ContainsFunc(f.papers[1].items, func(item string) bool { return strings.Contains(item, coach) })
}

// waiting is how many deliveries are owed.
func (f *flood) waiting() float64 {
	g := gauges(f.t, f.status)
	n, ok := g["karussell_outbox_waiting"]
	if !ok {
		f.t.Fatal("/metrics lacks karussell_outbox_waiting")
	}
	return n + g["karussell_outbox_leased"] + g["karussell_outbox_fanouts"]
}
