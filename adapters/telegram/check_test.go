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
		"webhook left":    {func(w *world) { w.SetWebhook("https://x.example") }, nil, []string{"updates"}},
		"silenced":        {func(w *world) { w.SetBot(group, 1, "restricted", map[string]any{"is_member": true}) }, []int64{group}, []string{"chat -100500"}},
		"no post right":   {func(w *world) { w.SetBot(channel, 1, "administrator", map[string]any{"can_post_messages": false}) }, []int64{channel}, []string{"chat -100600"}},
		"left":            {func(w *world) { w.SetBot(group, 1, "left", nil) }, []int64{group}, []string{"chat -100500"}},
		"kicked":          {func(w *world) { w.Block(group, 1) }, []int64{group}, []string{"chat -100500"}},
		"unknown chat":    {func(*world) {}, []int64{77}, []string{"chat 77"}},
		"token revoked":   {fault("getMe", 401), nil, []string{"token"}},
		"telegram away":   {func(w *world) { w.Close() }, nil, []string{"token"}},
		"commands broken": {fault("getMyCommands", 500), nil, []string{"commands"}},
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

func fault(method string, code int) func(*world) {
	return func(w *world) {
		w.Fault(telegramtest.Fault{Method: method, Kind: telegramtest.Refuse, Code: code, Text: "x"})
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
