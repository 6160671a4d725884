package telegram_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"karussell/adapters/telegram"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

// TestTheTokenShowsNowhere plays every failure at debug level and searches all
// that comes out: logs, errors, findings, notes, metrics, and what other hosts
// receive.
func TestTheTokenShowsNowhere(t *testing.T) {
	t.Parallel()
	var redirected atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { redirected.Add(1) }))
	defer elsewhere.Close()

	w := ready(t, func(o *telegram.Options) { o.Timeout = 200 * time.Millisecond })
	const secret = "RECOGNISABLE"
	var out strings.Builder
	send := func() {
		_, err := w.adapter.Send(t.Context(), ref(1), say("x"))
		fmt.Fprintf(&out, "%v|%+v|%#v\n", err, err, err)
		if err := w.adapter.Edit(t.Context(), ref(1), "1", say("y")); err != nil {
			fmt.Fprintf(&out, "%v|%+v|%#v\n", err, err, err)
		}
	}
	echo := "you sent " + w.Token + " and " + strings.TrimPrefix(w.Token, "4711000:")
	for _, f := range []telegramtest.Fault{
		{Kind: telegramtest.Hang},
		{Kind: telegramtest.DropBefore},
		{Kind: telegramtest.DropAfter},
		{Kind: telegramtest.HTML502},
		{Kind: telegramtest.Truncated},
		{Kind: telegramtest.Redirect, Location: elsewhere.URL},
		{Kind: telegramtest.Refuse, Code: 400, Text: echo},
		{Kind: telegramtest.Refuse, Code: 403, Text: echo},
	} {
		f.Times = 2
		w.Fault(f)
		send()
	}
	w.engine.answer = func(_ ctxt, r bot.Request) bot.Message {
		if r.Text == "panic" {
			panic(echo)
		}
		return say("ok")
	}
	for _, kind := range []telegramtest.FaultKind{telegramtest.DropBefore, telegramtest.HTML502, telegramtest.Redirect} {
		for _, method := range []string{"getMe", "getUpdates", "setMyCommands", "getWebhookInfo"} {
			w.Fault(telegramtest.Fault{Method: method, Kind: kind, Location: elsewhere.URL})
		}
	}
	w.InjectText(1, 1, "/coach panic")
	w.InjectText(1, 1, "/coach fine")
	w.start(t)
	w.Await(t, 1, 1)
	for _, f := range w.adapter.Check(t.Context(), []bot.ChatRef{ref(1), ref(77)}) {
		fmt.Fprintf(&out, "%+v\n", f)
	}
	w.Close()
	send()
	time.Sleep(10 * time.Millisecond) // let the poll fail and log
	w.stop()

	fmt.Fprintf(&out, "%v %+v %s", w.adapter.Name(), w.adapter.Limits(), w.log)
	for k, v := range w.notes.notes {
		fmt.Fprintf(&out, "%s=%s\n", k, v)
	}
	if s := out.String(); strings.Contains(s, secret) {
		i := strings.Index(s, secret)
		t.Errorf("the token shows: …%s…", s[max(0, i-200):min(len(s), i+100)])
	}
	if n := redirected.Load(); n != 0 {
		t.Errorf("%d calls followed a redirect to another host", n)
	}
	if !strings.Contains(w.log.String(), "level=DEBUG") && !strings.Contains(w.log.String(), "level=WARN") {
		t.Error("nothing was logged: the test shows nothing")
	}
}
