package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"karussell/adapters/discord/discordtest"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
	"karussell/store/ledger"
	"karussell/store/postgres"
	"karussell/store/postgres/postgrestest"
)

// trio is three replicas on one database, with what they talk to.
type trio struct {
	t        *testing.T
	lease    time.Duration
	server   *postgrestest.Server
	proxy    *postgrestest.Proxy // between the third replica and the database
	store    *postgres.Store     // the test's own eyes
	telegram *telegramtest.Server
	discord  *discordtest.Server
	papers   []*paper
	bots     [3]*running
	clubs    []bot.Club
	chats    []int64
	channels []string
	told     []struct{ coach, club string } // stories, as published
	asked    []string                       // in private chats, one each
	events   []disturbance
}

// disturbance is when something was done to the replicas.
type disturbance struct {
	what     string
	at, over time.Time
	cuts     bool // sends that are on the wire then may come twice
}

const firstAsker = 90_000

// TestThreeReplicas lets three whole replicas work on one PostgreSQL while news
// and commands come: the one that works alone is killed, its successor sleeps
// through its lease (and in the long run through its claims), the database
// crashes, a connection is cut, and the dead one comes back. Nothing is lost; twice
// comes only what was on the wire when a process was killed or stopped, and on
// Discord not even that. KARUSSELL_TEST_REPLICAS=4m goes on for so long.
func TestThreeReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a database and processes; run without -short")
	}
	whole := lasting(t, "KARUSSELL_TEST_REPLICAS", 0)
	r := newTrio(t, whole > 0)
	var telling sync.WaitGroup
	stop := make(chan struct{})
	telling.Go(func() { r.tell(stop) })
	begun := time.Now()
	for round := 0; round == 0 || time.Since(begun) < whole; round++ {
		r.disturb(whole > 0)
	}
	close(stop)
	telling.Wait()
	r.everythingCame(time.Since(begun))
}

func newTrio(t *testing.T, long bool) *trio {
	t.Helper()
	clubs, chats, channels := 10, 40, 20
	r := &trio{t: t, lease: 2 * time.Second}
	if long {
		clubs, chats, channels, r.lease = 30, 120, 60, 3*time.Second
		t.Setenv("KARUSSELL_TEST_BINARY", buildBot(t))
	}
	r.openStore()
	known, err := loadKnowledge()
	if err != nil {
		t.Fatal(err)
	}
	r.clubs = known.extractor.Gazetteer().Clubs()[:clubs]
	r.telegram, r.discord = telegramtest.New(t), discordtest.New(t, discordtest.Options{Limits: true})
	for _, title := range []string{"Ruhr-Blatt", "Revier-Anzeiger", "Hafen-Kurier"} {
		r.papers = append(r.papers, newPaper(t, title))
	}
	r.subscribe(chats, channels)
	address := r.address()
	for i := range r.bots {
		at := address
		if i == 2 {
			at = r.proxy.Address(address)
		}
		r.bots[i] = startBot(t, "KARUSSELL_DB="+at, "KARUSSELL_DB_LEASE="+r.lease.String(), "KARUSSELL_LOG=info",
			"KARUSSELL_TELEGRAM_TOKEN="+r.telegram.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+r.telegram.URL(),
			"KARUSSELL_DISCORD_TOKEN="+r.discord.Token, "KARUSSELL_DISCORD_ENDPOINT="+r.discord.URL(),
			"KARUSSELL_FEEDS="+r.papers[0].URL+"/feed "+r.papers[1].URL+"/feed "+r.papers[2].URL+"/feed",
			"KARUSSELL_FEED_INTERVAL=1s", "KARUSSELL_ALLOW_PRIVATE=true")
	}
	r.telegram.AwaitThat(t, "somebody to poll", func() bool { return len(r.telegram.Calls("getUpdates")) > 0 })
	r.bots[r.holder("feeds")].awaitSaid("feed contacted", 3)
	return r
}

// openStore starts the database, which is never anybody else's: it will crash.
func (r *trio) openStore() {
	r.t.Helper()
	server, err := postgrestest.StartIn("", false)
	if errors.Is(err, postgrestest.ErrNone) {
		r.t.Skip(err)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = server
	r.t.Cleanup(func() {
		if err := server.Close(); err != nil {
			r.t.Error(err)
		}
	})
	if r.proxy, err = server.Proxy(0); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := r.proxy.Close(); err != nil {
			r.t.Error(err)
		}
	})
	if r.store, err = postgres.Open(r.t.Context(), r.address(), postgres.Options{}); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = r.store.Close() })
}

func (r *trio) address() string {
	return fmt.Sprintf("postgres://karussell@/postgres?host=%s&idle_in_transaction_session_timeout=%d",
		strings.ReplaceAll(r.server.Dir(), "/", "%2F"), r.lease.Milliseconds()/3)
}

// subscribe lets every chat follow one club.
func (r *trio) subscribe(chats, channels int) {
	r.t.Helper()
	follow := func(tx bot.Tx, ref bot.ChatRef, kind bot.ChatKind, i int) error {
		if err := tx.PutChat(bot.Chat{Ref: ref, Kind: kind, Created: time.Now()}); err != nil {
			return err
		}
		return tx.PutSubscription(bot.Subscription{
			Chat: ref, Topic: bot.ClubTopic(r.clubs[i%len(r.clubs)].ID), Minimum: bot.Everything, Since: time.Now().Add(-time.Hour),
		})
	}
	guild := r.discord.AddGuild("Kurve")
	err := r.store.Update(r.t.Context(), func(tx bot.Tx) error {
		for i := range chats {
			r.chats = append(r.chats, int64(5000+i))
			r.telegram.AddChat(telegramtest.Chat{ID: r.chats[i], Type: "private"})
			if err := follow(tx, bot.ChatRef{Platform: "telegram", Chat: strconv.FormatInt(r.chats[i], 10)}, bot.PrivateChat, i); err != nil {
				return err
			}
		}
		for i := range channels {
			r.channels = append(r.channels, r.discord.AddChannel(guild, discordtest.Channel{Name: fmt.Sprint("trainer-", i)}))
			if err := follow(tx, bot.ChatRef{Platform: "discord", Chat: r.channels[i]}, bot.GroupChat, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// tell publishes stories, five a second, and every second a question, until stop.
func (r *trio) tell(stop <-chan struct{}) {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for n := 0; ; n++ {
		coach, club := coachName(n*7+5), r.clubs[n%len(r.clubs)].Name
		if !strings.HasSuffix(coach, "ing") { // "Polzing" holds "Polzin"
			r.papers[n%3].publish(club+" verhandelt mit "+coach, fmt.Sprintf("Der Verein %s verhandelt nach Informationen der „WAZ“ mit Trainer %s über einen Vertrag.", club, coach))
			r.told = append(r.told, struct{ coach, club string }{coach, r.clubs[n%len(r.clubs)].Name})
		}
		if n%5 == 0 {
			chat := firstAsker + int64(len(r.asked))
			r.asked = append(r.asked, fmt.Sprintf("Testmann%dx", n))
			r.telegram.InjectText(chat, chat, "/coach Xaver "+r.asked[len(r.asked)-1])
		}
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
	}
}

// holder is the replica that has a lease.
func (r *trio) holder(name string) (i int) {
	r.t.Helper()
	eventually(r.t, "a holder of the lease "+name, 20*time.Second, func() bool {
		i = r.whoHas(name)
		return i >= 0
	})
	return i
}

// whoHas is -1 when nobody has the lease, or the database does not answer.
func (r *trio) whoHas(name string) int {
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Second)
	defer cancel()
	found := -1
	err := r.store.View(ctx, func(tx bot.ReadTx) error {
		leases, err := ledger.HeldLeases(tx, time.Now())
		for _, l := range leases {
			for i, b := range r.bots {
				if l.Name == name && strings.Contains(l.Holder, fmt.Sprintf("-%d-", b.cmd.Process.Pid)) {
					found = i
				}
			}
		}
		return err
	})
	if err != nil {
		return -1
	}
	return found
}

// disturb is one round of what can happen to replicas.
func (r *trio) disturb(long bool) {
	time.Sleep(r.lease / 2)
	victim := r.holder("telegram")
	r.mark("kill -9", true, func() {
		r.bots[victim].stop(syscall.SIGKILL)
	})
	r.takenOver("kill -9")
	sleeper := r.holder("telegram")
	asleep := 3 * r.lease / 2
	if long {
		asleep = (claimLease + 1) * r.lease
	}
	r.mark("SIGSTOP", true, func() {
		r.signal(sleeper, syscall.SIGSTOP)
		begun := time.Now()
		r.takenOver("SIGSTOP")
		time.Sleep(asleep - time.Since(begun))
		r.signal(sleeper, syscall.SIGCONT)
	})
	r.mark("restart", false, func() {
		before := strings.Count(r.bots[victim].said(), "Board: off")
		r.bots[victim].start()
		r.bots[victim].awaitSaid("Board: off", before+1)
	})
	r.mark("database crashed", false, func() {
		if err := r.server.Halt(true); err != nil {
			r.t.Error(err)
		}
		time.Sleep(r.lease / 4)
		if err := r.server.Launch(); err != nil {
			r.t.Fatal(err)
		}
	})
	time.Sleep(r.lease / 4)
	r.mark("connection cut", false, r.proxy.Cut)
	time.Sleep(r.lease / 4)
}

func (r *trio) mark(what string, cuts bool, do func()) {
	d := disturbance{what: what, at: time.Now(), cuts: cuts}
	do()
	d.over = time.Now()
	r.events = append(r.events, d)
}

func (r *trio) signal(i int, sig os.Signal) {
	if err := r.bots[i].cmd.Process.Signal(sig); err != nil {
		r.t.Error(err)
	}
}

// takenOver waits for another replica to poll: within the lease, and what a busy
// machine takes to begin.
func (r *trio) takenOver(what string) {
	r.t.Helper()
	begun := time.Now()
	var at time.Time
	r.telegram.AwaitThat(r.t, "another replica to poll", func() bool {
		calls := r.telegram.Calls("getUpdates")
		at = calls[len(calls)-1].At
		return at.After(begun.Add(20 * time.Millisecond)) // what was on its way
	})
	took := at.Sub(begun)
	r.t.Logf("polling taken over %s after %s (lease %s)", took.Round(time.Millisecond), what, r.lease)
	if took > r.lease+time.Second {
		r.t.Errorf("polling was taken over %s after %s; the lease is %s", took, what, r.lease)
	}
}

// copies is when a chat got the alert about each coach.
type copies map[string][]time.Time

func (r *trio) inChat(chat int64) copies {
	out := copies{}
	for _, m := range r.telegram.Messages(chat) {
		r.note(out, m.Text, m.At)
	}
	return out
}

func (r *trio) inChannel(channel string) copies {
	out := copies{}
	for _, m := range alertsIn(r.discord, channel) {
		r.note(out, m.Text(), m.At)
	}
	return out
}

func (r *trio) note(out copies, text string, at time.Time) {
	for _, s := range r.told {
		if strings.Contains(text, s.coach) {
			out[s.coach] = append(out[s.coach], at)
		}
	}
}

// everythingCame judges what stands in the chats in the end.
func (r *trio) everythingCame(loaded time.Duration) {
	begun := time.Now()
	for deadline := begun.Add(time.Minute); !r.settled(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Error("waited a minute in vain for everything to be sent: ", r.owed())
			break
		}
	}
	sent, twice := 0, 0
	for i, chat := range r.chats {
		got := r.inChat(chat)
		sent += r.complete(fmt.Sprint("chat ", chat), i, got)
		for coach, at := range got {
			if len(at) > 1 {
				twice += len(at) - 1
				if !r.onTheWire(at) {
					r.t.Errorf("chat %d was told of %s at %v; disturbances %v", chat, coach, at, r.events)
				}
			}
		}
	}
	for i, channel := range r.channels {
		got := r.inChannel(channel)
		sent += r.complete("channel "+channel, i, got)
		for coach, at := range got {
			if len(at) > 1 {
				r.t.Errorf("channel %s was told of %s at %v: Discord honours the nonce", channel, coach, at)
			}
		}
	}
	again := r.answered()
	busiest, calm := r.busiest()
	if over := r.discord.Exceeded(); calm > 30 || len(over) > 0 {
		r.t.Errorf("%d messages in a second on Telegram, above Discord's limits: %v", calm, over)
	}
	if list, err := r.store.Check(r.t.Context()); err != nil || len(list) > 0 {
		r.t.Errorf("the store: %v %v", list, err)
	}
	r.t.Logf("%d stories in %s under %d disturbances; %d alerts to %d chats and %d channels, of which %d came twice (on the wire at a kill or stop); %d questions, %d answered twice; at most %d (%d undisturbed) and %d requests in a second; caught up in %s",
		len(r.told), loaded.Round(time.Second), len(r.events), sent, len(r.chats), len(r.channels), twice, len(r.asked), again, busiest, calm, r.discord.Busiest(), time.Since(begun).Round(time.Second))
}

// settled reports whether all has been read and nothing is owed any more.
func (r *trio) settled() bool {
	done := false
	err := r.store.View(r.t.Context(), func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		if err != nil {
			return err
		}
		n, err := tx.ArticleCount()
		done = n >= len(r.told) && size.Waiting+size.Leased+size.Fanouts == 0
		return err
	})
	return err == nil && done && r.allHere()
}

// busiest is the most messages that Telegram got within any second, and within
// one that no disturbance ended in: what waited for a process or the database to
// go on has its place already, and comes at once.
func (r *trio) busiest() (most, calm int) {
	calls := r.telegram.Calls("sendMessage")
	first := 0
	for i, c := range calls {
		for c.At.Sub(calls[first].At) >= time.Second {
			first++
		}
		n := i - first + 1
		most = max(most, n)
		if !slices.ContainsFunc(r.events, func(d disturbance) bool { return c.At.Sub(d.over).Abs() < 2*time.Second }) {
			calm = max(calm, n)
		}
	}
	return most, calm
}

// owed says what is not done, for whoever reads a failure.
func (r *trio) owed() (out string) {
	err := r.store.View(r.t.Context(), func(tx bot.ReadTx) error {
		size, err := tx.OutboxSize()
		if err != nil {
			return err
		}
		n, err := tx.ArticleCount()
		out = fmt.Sprintf("%d of %d articles, outbox %+v", n, len(r.told), size)
		return err
	})
	if err != nil {
		return err.Error()
	}
	return out
}

// allHere looks at the questions and the last story: the first ones came before.
func (r *trio) allHere() bool {
	for i := range r.asked {
		if len(r.telegram.Messages(firstAsker+int64(i))) == 0 {
			return false
		}
	}
	last := r.told[len(r.told)-1]
	for i, chat := range r.chats {
		if r.clubs[i%len(r.clubs)].Name == last.club && r.inChat(chat)[last.coach] == nil {
			return false
		}
	}
	return true
}

// complete complains about what a chat lacks, or has and did not subscribe to.
func (r *trio) complete(name string, i int, got copies) (want int) {
	r.t.Helper()
	for _, s := range r.told {
		mine := s.club == r.clubs[i%len(r.clubs)].Name
		if mine {
			want++
		}
		if (got[s.coach] != nil) != mine {
			r.t.Errorf("%s: told of %s at %s: %v; want %v", name, s.coach, s.club, got[s.coach] != nil, mine)
		}
	}
	return want
}

// onTheWire reports whether every copy but one came when a process was killed or
// stopped, or at once when it went on.
func (r *trio) onTheWire(at []time.Time) bool {
	near := 0
	for _, one := range at {
		for _, d := range r.events {
			if d.cuts && (one.Sub(d.at).Abs() < time.Second || one.Sub(d.over).Abs() < time.Second) {
				near++
				break
			}
		}
	}
	return near >= len(at)-1
}

// answered wants each question answered, and counts what was answered twice.
func (r *trio) answered() (again int) {
	r.t.Helper()
	for i, name := range r.asked {
		n := 0
		for _, m := range r.telegram.Messages(firstAsker + int64(i)) {
			n += strings.Count(m.Text, name+"“")
		}
		if n == 0 && len(r.telegram.Messages(firstAsker+int64(i))) == 0 { // while the database is away the answer is an excuse
			r.t.Errorf("the question about %s was not answered", name)
		}
		again += max(0, n-1)
	}
	return again
}

// TestLeaseIsTakenAtItsEnd: who waits for a lease asks for it when it runs out,
// not a step later.
func TestLeaseIsTakenAtItsEnd(t *testing.T) {
	now := time.Now()
	r := newReplica(nil, 30*time.Second, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	for left, want := range map[time.Duration]time.Duration{
		time.Second: time.Second + time.Millisecond, 25 * time.Second: 5 * time.Second, -time.Second: 5 * time.Second,
	} {
		if got := r.untilFree(bot.Lease{Until: now.Add(left)}); got != want {
			t.Errorf("%s are left: asks again after %s; want %s", left, got, want)
		}
	}
}
