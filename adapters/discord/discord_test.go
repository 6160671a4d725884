package discord_test

import (
	"context"
	"strings"
	"testing"

	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

func TestFromTheInviteToTheFirstAlert(t *testing.T) {
	st := play(t, discordtest.Options{})
	i := st.server.Slash(st.channel, manager(), "coach", map[string]any{"name": "Backhaus"})
	if i.Callback != discordtest.Answered || !strings.Contains(i.Message.Text(), "Antwort auf coach") {
		t.Fatalf("got callback %d, %q", i.Callback, i.Message.Text())
	}
	if r := st.engine.last(); r.Args["name"] != "Backhaus" || !r.CanManage || r.Chat != st.chat() || r.Parent != st.guild || len(r.Missing) != 0 {
		t.Errorf("request %+v", r)
	}
	id, err := st.adapter.Send(context.Background(), st.chat(), bot.Message{
		Tone: bot.ToneOfficial, Language: "de", Title: "Schalke entlässt Geraerts", Link: "https://example.org/a",
		Blocks: []bot.Block{{Kind: bot.Quote, Spans: []bot.TextSpan{{Text: "1. FC Köln @everyone *fett*"}}}},
		Footer: "zuerst: WAZ", Nonce: "n1", Buttons: [][]bot.Button{{{Label: "Folgen", Action: "f:1"}}},
	})
	if err != nil || !strings.HasPrefix(string(id), st.channel+"/") {
		t.Fatalf("Send: %q, %v", id, err)
	}
	if err := st.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}
