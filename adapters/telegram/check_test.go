package telegram_test

import (
	"strings"
	"testing"

	"karussell/adapters/telegram"
	"karussell/adapters/telegram/telegramtest"
	"karussell/bot"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spoil func(*world)
		chats []int64
		wrong []string // what is reported as wrong
	}{
		"all well":        {func(*world) {}, []int64{1, group, channel}, nil},
		"privacy off":     {func(w *world) { w.SetPrivacy(false) }, nil, []string{"privacy mode"}},
		"no groups":       {func(w *world) { w.SetAbility("can_join_groups", false) }, nil, []string{"groups"}},
		"no inline mode":  {func(w *world) { w.SetAbility("supports_inline_queries", false) }, nil, []string{"inline mode"}},
		"members muted":   {func(w *world) { w.SetMute(group, true) }, []int64{group}, []string{"chat -100500"}},
		"no rights":       {fault("getChat", 400, "Bad Request: CHAT_ADMIN_REQUIRED"), []int64{group}, []string{"chat -100500"}},
		"chat unreadable": {fault("getChatMember", 500, "x"), []int64{group}, []string{"chat -100500"}},
		"webhook away":    {fault("getWebhookInfo", 500, "x"), nil, []string{"updates"}},
		"webhook left":    {func(w *world) { w.SetWebhook("https://x.example") }, nil, []string{"updates"}},
		"silenced":        {func(w *world) { w.SetBot(group, 1, "restricted", map[string]any{"is_member": true}) }, []int64{group}, []string{"chat -100500"}},
		"no post right":   {func(w *world) { w.SetBot(channel, 1, "administrator", map[string]any{"can_post_messages": false}) }, []int64{channel}, []string{"chat -100600"}},
		"left":            {func(w *world) { w.SetBot(group, 1, "left", nil) }, []int64{group}, []string{"chat -100500"}},
		"kicked":          {func(w *world) { w.Block(group, 1) }, []int64{group}, []string{"chat -100500"}},
		"unknown chat":    {func(*world) {}, []int64{77}, []string{"chat 77"}},
		"token revoked":   {fault("getMe", 401, "x"), nil, []string{"token"}},
		"telegram away":   {func(w *world) { w.Close() }, nil, []string{"token"}},
		"commands broken": {fault("getMyCommands", 500, "x"), nil, []string{"commands"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ready(t)
			w.start(t)
			w.AwaitThat(t, "the commands", func() bool { return len(w.Calls("setChatMenuButton")) == 1 })
			w.stop()
			test.spoil(w)
			var refs []bot.ChatRef
			for _, c := range test.chats {
				refs = append(refs, ref(c))
			}
			refs = append(refs, bot.ChatRef{Platform: "discord", Chat: "1"}) // not ours
			var wrong []string
			for _, f := range w.adapter.Check(t.Context(), refs) {
				if strings.Contains(f.Means+f.Do, "RECOGNISABLE") {
					t.Errorf("shows the token: %+v", f)
				}
				if f.OK != (f.Do == "") || f.Means == "" {
					t.Errorf("finding %+v", f)
				}
				if !f.OK {
					wrong = append(wrong, strings.TrimPrefix(f.What, "Telegram: "))
				}
			}
			if strings.Join(wrong, "|") != strings.Join(test.wrong, "|") {
				t.Errorf("wrong: %q; want %q", wrong, test.wrong)
			}
		})
	}
}

func fault(method string, code int, text string) func(*world) {
	return func(w *world) {
		w.Fault(telegramtest.Fault{Method: method, Kind: telegramtest.Refuse, Code: code, Text: text})
	}
}

func TestCheckBeforeTheFirstStart(t *testing.T) {
	t.Parallel()
	w := ready(t, func(o *telegram.Options) {
		o.Webhook = &telegram.Webhook{URL: "https://x.example/", Listen: "127.0.0.1:0"}
	})
	var wrong []string
	for _, f := range w.adapter.Check(t.Context(), nil) {
		if !f.OK {
			wrong = append(wrong, f.What)
		}
	}
	if got := strings.Join(wrong, "|"); got != "Telegram: commands|Telegram: updates" {
		t.Errorf("wrong: %s", got)
	}
}

// TestCheckOfAWebhook: well, then not reached, then another one's.
func TestCheckOfAWebhook(t *testing.T) {
	t.Parallel()
	w, listen := hooked(t, func(*telegram.Webhook) {})
	updates := func() bot.Finding {
		t.Helper()
		for _, f := range w.adapter.Check(t.Context(), nil) {
			if f.What == "Telegram: updates" {
				return f
			}
		}
		t.Fatal("nothing about updates")
		return bot.Finding{}
	}
	if f := updates(); !f.OK {
		t.Errorf("%+v", f)
	}
	w.InjectText(1, 1, "/coach x")
	if status, err := w.Deliver(t.Context(), client(t), "http://"+listen+"/nowhere"); err != nil || status == 200 {
		t.Fatalf("status %d, %v", status, err)
	}
	if f := updates(); f.OK || !strings.Contains(f.Means, "could not deliver") {
		t.Errorf("%+v", f)
	}
	w.SetWebhook("https://another.example/")
	if f := updates(); f.OK || !strings.Contains(f.Do, "start karussell") {
		t.Errorf("%+v", f)
	}
}
