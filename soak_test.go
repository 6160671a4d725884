package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"karussell/adapters/discord/discordtest"
	"karussell/adapters/telegram/telegramtest"
)

// kiosk is a host with many papers: feeds with entity tags, a page behind each
// item.
type kiosk struct {
	*httptest.Server
	mu    sync.Mutex
	rng   *rand.Rand
	feeds [200][]int // items, newest first
	items []string   // texts by number; the title is the first sentence
	clubs []string
}

const shownItems = 20

func newKiosk(t *testing.T) *kiosk {
	t.Helper()
	known, err := loadKnowledge()
	if err != nil {
		t.Fatal(err)
	}
	k := &kiosk{rng: rand.New(rand.NewPCG(8, 1))}
	for _, c := range known.extractor.Gazetteer().Clubs()[:60] {
		k.clubs = append(k.clubs, c.Name)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feed/{n}", k.feed)
	mux.HandleFunc("GET /article/{n}", k.article)
	k.Server = httptest.NewServer(mux)
	t.Cleanup(k.Close)
	return k
}

// addresses are the feeds' addresses.
func (k *kiosk) addresses() string {
	var out []string
	for i := range k.feeds {
		out = append(out, fmt.Sprintf("%s/feed/%d", k.URL, i))
	}
	return strings.Join(out, " ")
}

func (k *kiosk) feed(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(k.feeds) {
		http.NotFound(w, r)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	items, tag := k.feeds[n], `"0"`
	if len(items) > 0 {
		tag = fmt.Sprintf(`"%d"`, items[0]+1)
	}
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprintf(w, `<rss version="2.0"><channel><title>Blatt %d</title><language>de</language>`, n)
	for _, id := range items {
		title, _, _ := strings.Cut(k.items[id], ". ")
		fmt.Fprintf(w, `<item><title>%s</title><guid>%d</guid><link>%s/article/%d</link><description>%s.</description><pubDate>%s</pubDate></item>`,
			title, id, k.URL, id, title, time.Now().Format(time.RFC1123Z))
	}
	fmt.Fprint(w, `</channel></rss>`)
}

func (k *kiosk) article(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil || n < 0 || n >= len(k.items) {
		http.NotFound(w, r)
		return
	}
	title, _, _ := strings.Cut(k.items[n], ". ")
	fmt.Fprintf(w, `<html lang="de"><head><title>%s</title></head><body><article><h1>%s</h1><p>%s</p></article></body></html>`, title, title, k.items[n])
}

// publish puts a new item into some feed; one in three is about a coach.
func (k *kiosk) publish() {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, id := k.rng.IntN(len(k.feeds)), len(k.items)
	k.items = append(k.items, k.text(id))
	k.feeds[n] = append([]int{id}, k.feeds[n]...)
	if len(k.feeds[n]) > shownItems {
		k.feeds[n] = k.feeds[n][:shownItems]
	}
}

func (k *kiosk) text(id int) string {
	club, other := k.clubs[k.rng.IntN(len(k.clubs))], k.clubs[k.rng.IntN(len(k.clubs))]
	coach := coachName(k.rng.IntN(400))
	match := strings.Repeat(fmt.Sprintf("In der %d. Minute traf der Angreifer zum %d:1, nachdem die Abwehr von %s den Ball nicht klären konnte. ", k.rng.IntN(90)+1, id%5, other), 6)
	switch id % 15 {
	case 0:
		return fmt.Sprintf("%s trennt sich von %s. %s hat sich von Trainer %s getrennt. Das teilte der Verein mit. Meldung %d. %s", club, coach, club, coach, id, match)
	case 3:
		return fmt.Sprintf("%s verhandelt mit %s. Der %s verhandelt nach Informationen der „WAZ“ mit Trainer %s über einen Vertrag. Meldung %d. %s", club, coach, club, coach, id, match)
	case 6:
		return fmt.Sprintf("%s stellt %s vor. %s ist neuer Trainer von %s. Der Verein stellte den Coach am Montag vor, er unterschrieb einen Vertrag bis 2028. Meldung %d. %s", club, coach, coach, club, id, match)
	case 9:
		return fmt.Sprintf("%s verlängert mit %s. %s hat den Vertrag mit Trainer %s bis 2029 verlängert. Meldung %d. %s", club, coach, club, coach, id, match)
	case 12:
		return fmt.Sprintf("%s ein Kandidat bei %s. %s soll nach Informationen von Sky ein Kandidat auf den Trainerposten bei %s sein. Meldung %d. %s", coach, club, coach, club, id, match)
	}
	return fmt.Sprintf("%s gegen %s: Bericht %d. %s", club, other, id, match)
}

// soak is a bot with everything switched on, and those who use it.
type soak struct {
	t             *testing.T
	kiosk         *kiosk
	telegram      *telegramtest.Server
	discord       *discordtest.Server
	bot           *running
	status, board string
	chats         []int64
	channels      []string
	rng           *rand.Rand
	asked         map[string]int64
	shown         int // pages of the board
	samples       []glance
}

// glance is one look at the running bot.
type glance struct {
	at         time.Duration
	goal       float64 // MB; what the Go heap may grow to before it is collected: twice what lives
	goroutines float64
	bytes      float64 // MB, of the store
	waiting    float64
	oldest     float64 // s
	articles   float64
	vitals
}

// TestSoak lets a bot live with 200 feeds, two platforms, commands, board and
// backups, and wants its memory, goroutines and open files to stay where they
// are. KARUSSELL_TEST_SOAK=1h takes an hour; without it, it is a look at whether
// all of that runs together.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("lasts 20 s; run without -short")
	}
	whole := lasting(t, "KARUSSELL_TEST_SOAK", 20*time.Second)
	if whole > time.Minute {
		t.Setenv("KARUSSELL_TEST_BINARY", buildBot(t))
	}
	interval := "15s"
	if whole < time.Minute {
		interval = "3s"
	}
	s := newSoak(t, interval)
	begun := time.Now()
	every := whole / 60
	next := begun.Add(every)
	for n := 0; time.Since(begun) < whole; n++ {
		s.live(n)
		if time.Now().After(next) {
			s.look(time.Since(begun))
			if every > 10*time.Second { // for whoever watches
				s.t.Logf("%s %+v", time.Now().Format(time.TimeOnly), s.samples[len(s.samples)-1])
			}
			next = next.Add(every)
		}
		time.Sleep(250 * time.Millisecond)
	}
	s.end()
	s.report()
	if whole >= 10*time.Minute { // before, memory still warms up
		s.flat()
	}
}

func newSoak(t *testing.T, interval string) *soak {
	t.Helper()
	s := &soak{
		t: t, kiosk: newKiosk(t), telegram: telegramtest.New(t), discord: discordtest.New(t, discordtest.Options{}),
		status: freeAddress(t), board: freeAddress(t), rng: rand.New(rand.NewPCG(8, 2)), asked: map[string]int64{},
	}
	guild := s.discord.AddGuild("Nordkurve")
	for i := range 20 {
		s.channels = append(s.channels, s.discord.AddChannel(guild, discordtest.Channel{Name: fmt.Sprintf("trainer-%d", i)}))
	}
	s.bot = startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+s.telegram.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+s.telegram.URL(),
		"KARUSSELL_DISCORD_TOKEN="+s.discord.Token, "KARUSSELL_DISCORD_ENDPOINT="+s.discord.URL(),
		"KARUSSELL_FEEDS="+s.kiosk.addresses(), "KARUSSELL_FEED_INTERVAL="+interval, "KARUSSELL_ALLOW_PRIVATE=true",
		"KARUSSELL_STATUS_LISTEN="+s.status, "KARUSSELL_BOARD_LISTEN="+s.board,
		"KARUSSELL_BACKUP_DIR="+filepath.Join(t.TempDir(), "backups"), "KARUSSELL_BACKUP_EVERY=2m", "KARUSSELL_BACKUP_COUNT=3",
		"KARUSSELL_LOG=info")
	s.discord.AwaitCommands(1, 20*time.Second)
	for i, channel := range s.channels {
		s.discord.Slash(channel, s.manager(), "subscribe", map[string]any{"topic": s.kiosk.clubs[i]}).Settle()
	}
	for i := range int64(30) {
		topic := "alles"
		if i >= 6 {
			topic = s.kiosk.clubs[i]
		}
		s.chats = append(s.chats, 6000+i)
		s.telegram.InjectText(6000+i, 6000+i, "/subscribe "+topic)
		s.telegram.Await(t, 6000+i, 1)
	}
	eventually(t, "the feeds' first contact", 2*time.Minute, func() bool {
		return gauges(t, s.status)["karussell_feed_fetches_total"] >= float64(len(s.kiosk.feeds))
	})
	return s
}

func (*soak) manager() discordtest.User {
	return discordtest.User{ID: "77001", Permissions: discordtest.ManageGuild, Locale: "de"}
}

// live is a quarter of a second: news, somebody who asks, somebody who reads.
func (s *soak) live(n int) {
	if n%4 == 0 {
		s.kiosk.publish()
	}
	coach, club := coachName(s.rng.IntN(400)), s.kiosk.clubs[s.rng.IntN(len(s.kiosk.clubs))]
	chat := s.chats[s.rng.IntN(len(s.chats))]
	lines := []string{"/coach " + coach, "/club " + club, "/carousel", "/latest", "/news " + club, "/rumours", coach, "/subscriptions", "/settings", "/help"}
	switch {
	case n%40 == 0:
		name := fmt.Sprintf("Testmann%dx", n)
		s.asked[name] = chat
		s.telegram.InjectText(chat, chat, "/coach Xaver "+name)
	case n%2 == 0:
		s.telegram.InjectText(chat, chat, lines[s.rng.IntN(len(lines))])
	case n%9 == 0:
		s.telegram.Query(chat, coach, "")
	}
	if n%8 == 1 {
		commands := []string{"coach", "club"}
		which := s.rng.IntN(2)
		s.discord.SlashAsync(s.channels[s.rng.IntN(len(s.channels))], s.manager(), commands[which], map[string]any{"name": []string{coach, club}[which]})
	}
	if n%2 == 1 {
		pages := []string{"/", "/?lang=en", "/search?q=" + strings.Fields(coach)[1], "/league/2-bundesliga", "/feed.atom", "/feed.json", "/contracts.ics", "/club/schalke", "/board.css"}
		if code, body := fetch(s.t, "http://"+s.board+pages[s.rng.IntN(len(pages))]); code != http.StatusOK {
			s.t.Errorf("the board says %d: %.200s", code, body)
		}
		s.shown++
	}
}

func (s *soak) look(at time.Duration) {
	const mb = 1 << 20
	g := gauges(s.t, s.status)
	for _, name := range []string{"go_memstats_next_gc_bytes", "go_goroutines", "karussell_store_bytes", "karussell_outbox_waiting", "karussell_articles"} {
		if _, ok := g[name]; !ok {
			s.t.Fatalf("/metrics lacks %s", name)
		}
	}
	one := glance{
		at: at, goal: g["go_memstats_next_gc_bytes"] / mb, goroutines: g["go_goroutines"], bytes: g["karussell_store_bytes"] / mb,
		waiting: g["karussell_outbox_waiting"] + g["karussell_outbox_leased"], oldest: g["karussell_outbox_oldest_seconds"],
		articles: g["karussell_articles"], vitals: examine(s.t, s.bot.cmd.Process.Pid),
	}
	s.samples = append(s.samples, one)
}

// end lets what is under way come to its end.
func (s *soak) end() {
	eventually(s.t, "the answers", time.Minute, func() bool {
		for name, chat := range s.asked {
			if !hasText(s.telegram.Messages(chat), name) {
				return false
			}
		}
		return true
	})
	eventually(s.t, "an empty outbox", 2*time.Minute, func() bool {
		g := gauges(s.t, s.status)
		return g["karussell_outbox_waiting"]+g["karussell_outbox_leased"]+g["karussell_outbox_fanouts"] == 0
	})
	g := gauges(s.t, s.status)
	for _, name := range []string{"karussell_outbox_parked", "karussell_telegram_requests_dropped_total", "karussell_telegram_panics_total", "karussell_unknown_metrics_total"} {
		if g[name] != 0 {
			s.t.Errorf("%s is %v", name, g[name])
		}
	}
	s.t.Logf("%.0f articles, %.0f events, %.0f deliveries, %.0f requests, %d pages of the board, %.0f fetches", g["karussell_articles"],
		g["karussell_events_total"], g["karussell_deliveries_total"], g["karussell_requests_total"], s.shown, g["karussell_feed_fetches_total"])
	s.bot.stop(syscall.SIGTERM)
	if code := s.bot.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("told to stop, it ended with %d", code)
	}
	if v := s.discord.Violations(); len(v) > 0 {
		s.t.Errorf("Discord objected: %q", v[:min(len(v), 10)])
	}
}

// report prints the table for docs/benchmarks.md.
func (s *soak) report() {
	if len(s.samples) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("\n| minute | resident MB | own MB | heap goal MB | goroutines | files | store MB | waiting | articles | CPU |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i, m := range s.samples {
		if i%max(1, len(s.samples)/12) == 0 || i == len(s.samples)-1 {
			fmt.Fprintf(&b, "| %.1f | %.0f | %.0f | %.0f | %.0f | %d | %.0f | %.0f | %.0f | %.1f %% |\n", m.at.Minutes(), m.resident, m.anonymous,
				m.goal, m.goroutines, m.files, m.bytes, m.waiting, m.articles, 100*m.cpu.Seconds()/m.at.Seconds())
		}
	}
	s.t.Log(b.String())
}

// flat compares the median of the last third with that of the middle one. The
// allowances are for what swings by itself: the collector, and connections that
// happen to be open.
func (s *soak) flat() {
	third := len(s.samples) / 3
	middle, last := s.samples[third:2*third], s.samples[2*third:]
	for _, m := range []struct {
		what        string
		of          func(glance) float64
		share, plus float64
	}{
		{"own memory in MB", func(m glance) float64 { return m.anonymous }, .10, 4},
		{"heap goal in MB", func(m glance) float64 { return m.goal }, .10, 2},
		{"goroutines", func(m glance) float64 { return m.goroutines }, .10, 5},
		{"open files", func(m glance) float64 { return float64(m.files) }, .10, 5},
		{"waiting deliveries", func(m glance) float64 { return m.waiting }, .50, 50},
	} {
		was, is := median(middle, m.of), median(last, m.of)
		s.t.Logf("%s: %.1f in the middle third, %.1f in the last", m.what, was, is)
		if is > was*(1+m.share)+m.plus {
			s.t.Errorf("%s grew from %.1f in the middle third to %.1f in the last", m.what, was, is)
		}
	}
	grew := func(part []glance) float64 {
		return (part[len(part)-1].bytes - part[0].bytes) / (part[len(part)-1].articles - part[0].articles) * 1024
	}
	s.t.Logf("store per article: %.1f kB in the middle third, %.1f kB in the last", grew(middle), grew(last))
	if grew(last) > 1.5*grew(middle)+4 {
		s.t.Errorf("an article costs %.1f kB, before it was %.1f kB", grew(last), grew(middle))
	}
}

func median(part []glance, of func(glance) float64) float64 {
	var all []float64
	for _, m := range part {
		all = append(all, of(m))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
