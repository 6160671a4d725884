package discord_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/adapters/discord"
	"karussell/adapters/discord/discordtest"
	"karussell/bot"
)

// paper is a writer that several goroutines share.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// meter writes every label down.
type meter struct{ out *paper }

func (m meter) Count(name string, n int, labels ...string) { fmt.Fprintln(m.out, name, n, labels) }

func (m meter) Observe(name string, v float64, labels ...string) {
	fmt.Fprintln(m.out, name, v, labels)
}

// Neither the bot's token nor those of interactions get into any log (ours, the
// library's, the standard one), error or metric, whatever goes wrong.
func TestTokensAppearNowhere(t *testing.T) {
	out := &paper{}
	stderr := log.Writer()
	log.SetOutput(out) // discordgo prints there
	t.Cleanup(func() { log.SetOutput(stderr) })
	st := play(t, discordtest.Options{}, func(o *discord.Options) {
		o.Log = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug - 8, AddSource: false}))
		o.Meter = meter{out}
	})
	var errs []error
	for _, f := range []discordtest.Fault{
		{Drop: true},
		{Status: 401},
		{Status: 403, Code: 50013},
		{Status: 429, RetryAfter: 10 * time.Millisecond},
		{Status: 429, HTML: true},
		{Status: 500, HTML: true},
		{Status: 502, HTML: true},
		{Status: 302, HTML: true},
	} {
		f.Times = 6
		st.server.Fault(f)
		_, err := st.adapter.Send(context.Background(), st.chat(), alert())
		errs = append(errs, err, st.adapter.Edit(context.Background(), st.chat(), "1/2", alert()))
		i := st.server.SlashAsync(st.channel, manager(), "coach", map[string]any{"name": "x"})
		i.Wait(500 * time.Millisecond)
		st.server.Heal()
	}
	for _, f := range st.adapter.Check(context.Background(), []bot.ChatRef{st.chat()}) {
		fmt.Fprintln(out, f)
	}
	st.server.DropGateway()
	st.server.AwaitShards(1, 10*time.Second)
	errs = append(errs, st.stop())
	bad, err := discord.New(discord.Options{Token: st.server.Token, Endpoint: "http://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bad.Send(context.Background(), st.chat(), alert())
	for _, err := range append(errs, err) {
		fmt.Fprintf(out, "%v %+v %#v\n", err, err, err)
	}
	fmt.Fprintf(out, "%v %+v\n", st.adapter.Name(), st.adapter.Limits())
	for _, secret := range []string{st.server.Token, "aW50ZXJhY3Rpb246"} {
		if got := out.String(); strings.Contains(got, secret) {
			at := strings.Index(got, secret)
			t.Errorf("a token is in the output: …%s", got[max(0, at-300):at])
		}
	}
	if !strings.Contains(out.String(), "discord refused a request") {
		t.Error("nothing was logged at debug level: the test shows nothing")
	}
	if strings.Contains(out.String(), "[DG") {
		t.Error("the library prints by itself")
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]discord.Options{
		"no token":          {},
		"token in two":      {Token: "a b"},
		"endpoint":          {Token: "t", Endpoint: "localhost:8080"},
		"endpoint password": {Token: "t", Endpoint: "ftp://me:secret@host"},
		"shards":            {Token: "t", Shards: discord.Shards{Count: -1}},
		"ids alone":         {Token: "t", Shards: discord.Shards{IDs: []int{0}}},
		"id too high":       {Token: "t", Shards: discord.Shards{Count: 2, IDs: []int{2}}},
		"server":            {Token: "t", DevGuild: "Kurve"},
	} {
		if _, err := discord.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := discord.New(discord.Options{Token: " Bot abc "})
	if err != nil || a.Name() != "discord" {
		t.Errorf("%v, %v", a, err)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	st := desk(t, discordtest.Options{Shards: 3})
	fans, board := st.server.AddRole(st.guild, "Fans", true), st.server.AddRole(st.guild, "Vorstand", false)
	mute := st.server.AddChannel(st.guild, discordtest.Channel{Name: "stumm", Deny: discordtest.SendMessages})
	hidden := st.server.AddChannel(st.guild, discordtest.Channel{Name: "geheim", Deny: discordtest.ViewChannel})
	dm := st.server.AddDM("1")
	ref := func(id string) bot.ChatRef { return bot.ChatRef{Platform: "discord", Chat: id} }
	found := st.adapter.Check(t.Context(), []bot.ChatRef{st.chat(), ref(mute), ref(hidden), ref(dm), ref("99"), {Platform: "telegram", Chat: "5"}})
	use := func(role string) bot.RoleUse { return bot.RoleUse{Chat: st.chat(), Role: role} }
	found = append(found, st.adapter.CheckRoles(t.Context(), []bot.RoleUse{use(fans), use(board), use("98"), {Chat: ref("99"), Role: fans}})...)
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%t|%s|%s|%s\n", f.OK, f.What, f.Means, f.Do)
	}
	for _, want := range []string{
		"true|Discord: token|Discord knows the bot as Karussell.|",
		"true|Discord: invite link|https://discord.com/oauth2/authorize?client_id=" + st.server.App + "&scope=bot+applications.commands&integration_type=0&permissions=274878024704|",
		"true|Discord: gateway|Discord recommends 3 shard(s); 1000 of 1000 session starts are left today.|",
		"Guilds intent",
		"true|Discord: channel " + st.channel + "|The bot may write in #trainer.|",
		"true|Discord: channel " + st.channel + ", role " + fans + "|@Fans can be pinged in #trainer.|",
		"false|Discord: channel " + st.channel + ", role " + board + "|@Vorstand is named in #trainer, but not pinged.|In the role's settings",
		"false|Discord: channel " + st.channel + ", role 98|The server has no such role any more.|",
		"false|Discord: channel 99, role " + fans + "|The channel no longer exists.|",
		"false|Discord: channel " + mute + "|In #stumm the bot lacks: Send Messages.|",
		"false|Discord: channel " + hidden + "|The bot may not see the channel.|",
		"true|Discord: channel " + dm + "|A direct message.|",
		"false|Discord: channel 99|The channel no longer exists.|",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing %q in\n%s", want, b.String())
		}
	}
	bad := newAdapter(t, st.server, func(o *discord.Options) { o.Token = "wrong" })
	if f := bad.Check(t.Context(), nil); len(f) != 1 || f[0].OK || !strings.Contains(f[0].Means, "does not know the token") {
		t.Errorf("wrong token: %+v", f)
	}
}
