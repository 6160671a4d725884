package discord_test

import (
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"karussell/adapters/adaptertest"
	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

func TestConformance(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) adaptertest.Fixture {
		t.Helper()
		s := discordtest.New(t, judged(t, discordtest.Options{}))
		guild := s.AddGuild("Kurve")
		channel := s.AddChannel(guild, discordtest.Channel{Name: "trainer"})
		chat := bot.ChatRef{Platform: "discord", Chat: channel}
		h := &hooks{s: s, channel: channel}
		return adaptertest.Fixture{
			Platform: newAdapter(t, s), Chat: chat, Secret: s.Token, MaxText: 6000 + 2000,
			Close: s.Close, Shown: h.shown, Command: h.command, Press: h.press, Fill: h.fill, Suggest: h.suggest,
			Change: h.change, Changes: []bot.ChangeKind{bot.ChangeGone, bot.ChangeReconcile},
			Fail: h.fail, Faults: []bot.SendKind{
				bot.SendTemporary, bot.SendUnsure, bot.SendLimited, bot.SendForbidden,
				bot.SendBlocked, bot.SendGone, bot.SendRejected, bot.SendRevoked,
			},
			Delete: func(t *testing.T, id bot.MessageID) {
				t.Helper()
				s.RemoveMessage(channel, string(id)[len(channel)+1:])
			},
			Silent: func() bool { m := s.Messages(channel); return m[len(m)-1].Flags&(1<<12) != 0 },
			Pings:  func() []string { m := s.Messages(channel); return m[len(m)-1].Roles },
		}
	})
}

// hooks act as the user of the conformance suite.
type hooks struct {
	s       *discordtest.Server
	channel string
	last    *discordtest.Interaction
	private []*discordtest.Message
}

func (h *hooks) shown() []string {
	var out []string
	for _, m := range h.s.Messages(h.channel) {
		out = append(out, m.Text())
	}
	for _, m := range h.private {
		out = append(out, m.Text())
	}
	return out
}

func (h *hooks) took(i *discordtest.Interaction) {
	h.last = i
	if i.Message != nil && i.Message.Ephemeral {
		h.private = append(h.private, i.Message)
	}
}

func (h *hooks) command(t *testing.T, name string, args ...adaptertest.Arg) {
	t.Helper()
	h.s.AwaitCommands(1, 10*time.Second)
	options := map[string]any{}
	for _, a := range args {
		options[a.Name] = a.Value
	}
	h.took(h.s.Slash(h.channel, manager(), name, options))
}

func (h *hooks) press(t *testing.T, label string) {
	t.Helper()
	h.s.AwaitShards(1, 10*time.Second)
	all := h.s.Messages(h.channel)
	for _, m := range slices.Backward(all) {
		if slices.Contains(m.Labels(), label) {
			h.took(h.s.Press(manager(), m, label))
			return
		}
	}
	t.Fatalf("no button %q", label)
}

func (h *hooks) fill(t *testing.T, values map[string]string) {
	t.Helper()
	h.took(h.s.Submit(h.last, values))
}

func (h *hooks) suggest(t *testing.T, command, option, typed string) []string {
	t.Helper()
	h.s.AwaitCommands(1, 10*time.Second)
	var out []string
	for _, c := range h.s.Complete(h.channel, manager(), command, option, typed).Choices {
		out = append(out, c.Name)
	}
	return out
}

func (h *hooks) change(t *testing.T, what bot.ChangeKind) {
	t.Helper()
	h.s.AwaitShards(1, 10*time.Second)
	if what == bot.ChangeGone {
		h.s.RemoveChannel(h.channel)
	}
}

func (h *hooks) fail(t *testing.T, f adaptertest.Fault) {
	t.Helper()
	out := discordtest.Fault{Method: http.MethodPost, Path: regexp.MustCompile(`^channels/\d+/messages$`), Times: 1}
	switch f.Kind {
	case bot.SendTemporary:
		out.Status, out.HTML = 503, true
	case bot.SendUnsure:
		out.Drop, out.After = true, true
	case bot.SendLimited:
		out.Status, out.RetryAfter = 429, f.RetryAfter
	case bot.SendForbidden:
		out.Status, out.Code = 403, 50013
	case bot.SendBlocked:
		out.Status, out.Code = 403, 50007
	case bot.SendGone:
		out.Status, out.Code = 404, 10003
	case bot.SendRejected:
		out.Status, out.Code = 400, 50035
	case bot.SendRevoked:
		out.Status = 401
	case bot.SendMoved, bot.SendMissing:
		t.Fatalf("Discord has no %s here", f.Kind)
	}
	h.s.Fault(out)
}
