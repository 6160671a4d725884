package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karussell/adapters/telegram"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

type ctxt = context.Context

func TestASecondPollerIsSaidPlainly(t *testing.T) {
	t.Parallel()
	w := run(t)
	w.AwaitThat(t, "a poll", func() bool { return len(w.Calls("getUpdates")) > 0 })
	response, err := http.PostForm(w.URL()+"/bot"+w.Token+"/getUpdates", map[string][]string{"timeout": {"0"}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	w.AwaitThat(t, "the explanation", func() bool {
		return strings.Contains(w.log.String(), "another program fetches updates with the same token")
	})
	w.InjectText(1, 1, "/coach x")
	w.Await(t, 1, 1) // and it goes on
}

func TestAnOldWebhookIsRemoved(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.SetWebhook("https://old.example/hook")
	w.InjectText(1, 1, "/coach x")
	w.start(t)
	w.Await(t, 1, 1)
	w.SetWebhook("https://again.example/hook") // set behind our back
	w.InjectText(1, 1, "/coach y")
	w.Await(t, 1, 2)
}

func TestWhatCannotBeDecodedIsSkipped(t *testing.T) {
	t.Parallel()
	w := run(t)
	for _, raw := range []string{
		`{"update_id":%d,"message":"what?"}`,
		`{"update_id":%d,"message":{"message_id":"x","chat":[]}}`,
		`{"update_id":%d}`,
		`{"update_id":%d,"poll":{"id":"1"}}`,
		`{"update_id":%d,"message":{"message_id":5,"chat":{"id":1,"type":"private"},"date":1,"text":"/coach","from":null}}`,
		`{"update_id":"%d"}`,
		`17`,
	} {
		w.InjectRaw(raw)
	}
	w.InjectText(1, 1, "/coach end")
	w.AwaitThat(t, "the last answer", func() bool {
		all := w.Messages(1)
		return len(all) > 0 && strings.Contains(all[len(all)-1].Text, "end")
	})
	w.AwaitThat(t, "everything confirmed", func() bool { return w.Unconfirmed() == 0 })
	if !strings.Contains(w.log.String(), "updates_skipped") {
		t.Error("skipped silently")
	}
}

func TestOnlyUndecodableUpdatesDoNotStick(t *testing.T) {
	t.Parallel()
	w := run(t)
	w.InjectRaw(`{"update_id":%d,"message":"what?"}`)
	w.AwaitThat(t, "it to be confirmed", func() bool { return w.Unconfirmed() == 0 })
}

func TestNothingIsConfirmedBeforeItIsHandled(t *testing.T) {
	t.Parallel()
	w := open(t)
	release := make(chan struct{})
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		if r.Text == "slow" {
			<-release
		}
		return say(r.Text)
	}
	w.start(t)
	w.InjectText(1, 1, "/coach slow")
	w.InjectText(2, 2, "/coach fast")
	w.Await(t, 2, 1) // one slow answer holds nobody up
	w.InjectText(3, 3, "/coach fast")
	w.Await(t, 3, 1)
	w.AwaitThat(t, "the slow one to be written down and confirmed", func() bool { return w.Unconfirmed() == 0 })

	killed := w.notes.copyOf() // what kill -9 leaves
	close(release)
	w.Await(t, 1, 1)
	w.stop()

	again := &world{Server: w.Server, notes: killed, engine: &engine{}, log: &lockedBuffer{}}
	again.connect(t)
	again.start(t)
	again.Await(t, 1, 2) // the answer was on the wire when the process was killed
	again.InjectText(4, 4, "/coach end")
	again.Await(t, 4, 1)
	if got := again.engine.seen(); len(got) != 2 {
		t.Errorf("after the restart %d requests were handled; want the slow one and the new one: %+v", len(got), got)
	}
}

func TestARestartLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	const chats = 60
	w := open(t)
	var handled atomic.Int32
	half := make(chan struct{})
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		if handled.Add(1) == chats/2 {
			close(half)
		}
		return say(r.Text)
	}
	for i := range int64(chats) {
		w.InjectText(1+i, 1+i, fmt.Sprintf("/coach a%d", i))
		w.InjectText(1+i, 1+i, fmt.Sprintf("/coach b%d", i))
	}
	w.start(t)
	<-half
	w.stop() // in the middle
	w.connect(t)
	w.start(t)
	for i := range int64(chats) {
		m := w.Await(t, 1+i, 2)
		if m[0].Text != fmt.Sprintf("a%d", i) || m[1].Text != fmt.Sprintf("b%d", i) {
			t.Errorf("chat %d: %q, %q", i, m[0].Text, m[1].Text)
		}
	}
	w.AwaitThat(t, "everything confirmed", func() bool { return w.Unconfirmed() == 0 })
	w.stop()
	for i := range int64(chats) {
		if n := len(w.Messages(1 + i)); n != 2 {
			t.Errorf("chat %d has %d answers", i, n)
		}
	}
}

func TestNothingIsConfirmedThatTheStoreDidNotTake(t *testing.T) {
	t.Parallel()
	w := open(t)
	release := make(chan struct{})
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		<-release
		return say(r.Text)
	}
	w.notes.err = errors.New("disk full")
	w.start(t)
	w.InjectText(1, 1, "/coach x")
	w.AwaitThat(t, "the complaint", func() bool { return strings.Contains(w.log.String(), "progress_not_written") })
	if w.Unconfirmed() != 1 {
		t.Error("confirmed although it is neither handled nor written down")
	}
	w.notes.mu.Lock()
	w.notes.err = nil
	w.notes.mu.Unlock()
	close(release)
	w.Await(t, 1, 1)
}

func TestReceivingSurvivesFaults(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]telegramtest.Fault{
		"gateway page": {Kind: telegramtest.HTML502}, "truncated": {Kind: telegramtest.Truncated},
		"dropped": {Kind: telegramtest.DropBefore}, "hanging": {Kind: telegramtest.Hang},
		"limited": {Kind: telegramtest.Refuse, Code: 429, Text: "Too Many Requests: retry after 1", RetryAfter: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, func(o *telegram.Options) { o.Timeout = 300 * time.Millisecond })
			f.Method, f.Times = "getUpdates", 2
			w.Fault(f)
			w.Fault(telegramtest.Fault{Method: "getMe", Kind: f.Kind, Code: f.Code, Text: f.Text})
			w.InjectText(1, 1, "/coach x")
			w.start(t)
			w.Await(t, 1, 1)
			if n := len(w.Messages(1)); n != 1 {
				t.Errorf("%d answers", n)
			}
		})
	}
}

func TestARevokedTokenEndsRun(t *testing.T) {
	t.Parallel()
	unauthorized := telegramtest.Fault{Kind: telegramtest.Refuse, Code: 401, Text: "Unauthorized"}
	for _, method := range []string{"getMe", "getWebhookInfo", "getUpdates"} {
		w := open(t)
		unauthorized.Method = method
		w.Fault(unauthorized)
		err := w.adapter.Run(context.Background(), w.engine)
		if kindOf(t, err) != bot.SendRevoked || !strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestRunEndsWhileTelegramIsAway(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := w.adapter.Run(ctx, w.engine); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestAnswersAreRepeatedUntilTheyArrive(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]telegramtest.Fault{
		"server error": {Kind: telegramtest.Refuse, Code: 500, Text: "Internal Server Error"},
		"limited":      {Kind: telegramtest.Refuse, Code: 429, Text: "Too Many Requests: retry after 1", RetryAfter: 1},
		"no answer":    {Kind: telegramtest.DropBefore},
		"moved":        {Kind: telegramtest.Refuse, Code: 400, Text: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: -100999},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			places(w.Server)
			w.AddChat(telegramtest.Chat{ID: -100999, Type: "supergroup", Title: "neu"})
			f.Method, f.Chat = "sendMessage", group
			w.Fault(f)
			w.start(t)
			w.InjectText(group, fan, "/coach x")
			w.InjectText(2, 2, "/coach y")
			w.Await(t, 2, 1) // others do not wait
			chat := int64(group)
			if name == "moved" {
				chat = -100999
			}
			w.Await(t, chat, 1)
			if n := len(w.engine.seen()); n != 2 {
				t.Errorf("the engine was asked %d times", n)
			}
		})
	}
}

func TestAPanicCostsOneAnswerOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		if r.Text == "boom" {
			panic("boom " + w.Token)
		}
		return say(r.Text)
	}
	w.start(t)
	w.InjectText(1, 1, "/coach boom")
	w.InjectText(1, 1, "/coach fine")
	w.Await(t, 1, 1)
	w.AwaitThat(t, "the confirmation", func() bool { return w.Unconfirmed() == 0 })
	if log := w.log.String(); !strings.Contains(log, "request_panicked") || strings.Contains(log, "RECOGNISABLE") {
		t.Errorf("log: %s", log)
	}
}
