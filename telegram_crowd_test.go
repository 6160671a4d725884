package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"karussell/adapters/telegram/telegramtest"
)

// TestTelegramCrowd lets a crowd ask, a thousand commands a second, kills the
// program in the middle and starts it again: every chat gets all of its answers
// in order, and none is repeated but those on their way at the kill. Answers go
// out at the pace that Telegram wants, so that the whole crowd of
// KARUSSELL_TEST_CROWD=1000 takes two minutes.
func TestTelegramCrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("lasts several seconds; run without -short")
	}
	chats, rounds := int64(80), 3
	if n, err := strconv.ParseInt(os.Getenv("KARUSSELL_TEST_CROWD"), 10, 64); err == nil {
		chats = n
	}
	server := telegramtest.New(t)
	bot := startBot(t, "KARUSSELL_TELEGRAM_TOKEN="+server.Token, "KARUSSELL_TELEGRAM_ENDPOINT="+server.URL(), "KARUSSELL_LOG=info")
	bot.awaitSaid("telegram_connected", 1)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	begun := time.Now()
	for round := range rounds {
		for c := range chats {
			if c%10 == 0 {
				<-tick.C
			}
			server.InjectText(1+c, 1+c, fmt.Sprintf("/coach Xaver Testmann%dx", round))
		}
	}
	asked := time.Since(begun)
	all := int(chats) * rounds
	answers := func() int { return len(server.Calls("sendMessage")) }
	eventually(t, "a third of the answers", 2*time.Minute, func() bool { return answers() >= all/3 })
	bot.stop(syscall.SIGKILL)
	bot.start()
	repeated := 0
	for c := range chats {
		var got []string
		eventually(t, fmt.Sprintf("the answers in chat %d", 1+c), 5*time.Minute, func() bool {
			got = got[:0]
			for _, m := range server.Messages(1 + c) {
				_, rest, _ := strings.Cut(m.Text, "Testmann")
				if n, _, ok := strings.Cut(rest, "x"); ok {
					got = append(got, n)
				}
			}
			return len(got) >= rounds && got[len(got)-1] == strconv.Itoa(rounds-1)
		})
		next := 0
		for _, n := range got {
			switch n {
			case strconv.Itoa(next):
				next++
			case strconv.Itoa(next - 1):
				repeated++
			default:
				t.Errorf("chat %d: answers %q", 1+c, got)
			}
		}
	}
	server.AwaitThat(t, "the confirmation of all", func() bool { return server.Unconfirmed() == 0 })
	if repeated > 64 { // as many as are answered at once
		t.Errorf("%d answers came twice", repeated)
	}
	t.Logf("%d commands from %d chats within %s, killed after %d answers; all answered in order after %s, %d of them twice",
		all, chats, asked.Round(time.Millisecond), all/3, time.Since(begun).Round(time.Second), repeated)
}
