package discord

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"karussell/bot"
)

// handlerGrace is how long answers under way may still finish when Run ends.
const handlerGrace = 3 * time.Second

// visit is what one Run holds: the responder, the goroutines that answer, and
// the servers the bot is in.
type visit struct {
	adapter   *Adapter
	responder bot.Responder
	table     commandTable
	ctx       context.Context //nolint:containedctx // the owner of all handlers: outlives the gateway by a grace
	cancel    context.CancelFunc

	mu      sync.Mutex
	closed  bool
	wg      sync.WaitGroup
	changes []bot.ChatChange
	rouse   chan struct{}

	all       bool                        // this process serves every shard
	guilds    map[int]map[string]struct{} // per shard; nil until its READY
	published bool
}

func newVisit(ctx context.Context, a *Adapter, r bot.Responder, ids []int, all bool) *visit {
	hctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	v := &visit{
		adapter: a, responder: r, table: newCommandTable(r.Commands()),
		ctx: hctx, cancel: cancel, rouse: make(chan struct{}, 1), all: all,
		guilds: map[int]map[string]struct{}{},
	}
	for _, id := range ids {
		v.guilds[id] = nil
	}
	v.start("changes", v.tell)
	return v
}

// start runs f unless the visit is over, and contains its panics.
func (v *visit) start(what string, f func(context.Context)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return
	}
	v.wg.Go(func() {
		defer v.contain(what)
		f(v.ctx)
	})
}

// join runs f beside a handler that start began: the visit waits for it too,
// even while it is ending.
func (v *visit) join(what string, f func()) {
	v.wg.Go(func() {
		defer v.contain(what)
		f()
	})
}

func (v *visit) contain(what string) {
	if p := recover(); p != nil {
		v.adapter.meter.Count("discord_panics_total", 1, "where", what)
		v.adapter.log.ErrorContext(v.ctx, "panic in a discord handler", "where", what)
	}
}

// leave waits for everything that was started.
func (v *visit) leave() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.nudge()
	done := make(chan struct{})
	go func() {
		v.wg.Wait()
		close(done)
	}()
	t := time.NewTimer(handlerGrace)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
	v.cancel()
	<-done
}

// events is the handler of one shard's events, called one after the other.
func (v *visit) events(shard int) func(*discordgo.Event) {
	return func(e *discordgo.Event) {
		defer v.contain("event")
		v.handle(shard, e.Type, e.RawData)
	}
}

func (v *visit) handle(shard int, kind string, raw json.RawMessage) {
	switch kind {
	case "INTERACTION_CREATE":
		received := time.Now()
		v.start("interaction", func(ctx context.Context) { v.interact(ctx, raw, received) })
	case "READY":
		v.ready(shard, raw)
	case "GUILD_CREATE":
		v.guildCreated(shard, raw)
	case "GUILD_DELETE":
		v.guildDeleted(shard, raw)
	case "CHANNEL_CREATE", "CHANNEL_UPDATE":
		var c channel
		if json.Unmarshal(raw, &c) == nil && c.ID != "" {
			v.adapter.channels.note(c)
		}
	case "CHANNEL_DELETE", "THREAD_DELETE":
		var c channel
		if json.Unmarshal(raw, &c) == nil && c.ID != "" {
			v.adapter.channels.forget(c.ID)
			v.changed(bot.ChatChange{Chat: chatOf(c.ID, &c), Kind: bot.GroupChat, Title: c.Name, What: bot.ChangeGone})
		}
	}
}

func (v *visit) ready(shard int, raw json.RawMessage) {
	var r struct {
		User struct {
			ID string `json:"id"`
		} `json:"user"`
		Application struct {
			ID string `json:"id"`
		} `json:"application"`
		Guilds *[]struct {
			ID string `json:"id"`
		} `json:"guilds"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		v.adapter.log.WarnContext(v.ctx, "discord sent a READY that cannot be read")
		return
	}
	app := r.Application.ID
	if app == "" {
		app = r.User.ID // for bots of today the two are the same
	}
	if app != "" {
		v.adapter.app.Store(&app)
	}
	if r.User.ID != "" {
		v.adapter.self.Store(&r.User.ID)
	}
	var guilds map[string]struct{} // stays nil when READY does not say
	if r.Guilds != nil {
		guilds = make(map[string]struct{}, len(*r.Guilds))
		for _, g := range *r.Guilds {
			guilds[g.ID] = struct{}{}
		}
	}
	v.mu.Lock()
	v.guilds[shard] = guilds
	first := !v.published
	v.published = true
	v.mu.Unlock()
	v.adapter.log.InfoContext(v.ctx, "discord shard ready", "shard", shard, "servers", len(guilds))
	v.reconcile()
	if first {
		v.start("commands", v.adapter.publishCommands(v.table))
	}
}

func (v *visit) guildCreated(shard int, raw json.RawMessage) {
	var g struct {
		ID          string    `json:"id"`
		Unavailable bool      `json:"unavailable"`
		Channels    []channel `json:"channels"`
	}
	if json.Unmarshal(raw, &g) != nil || g.ID == "" || g.Unavailable {
		return
	}
	for _, c := range g.Channels {
		v.adapter.channels.note(c)
	}
	v.mu.Lock()
	_, known := v.guilds[shard][g.ID]
	if !known && v.guilds[shard] != nil {
		v.guilds[shard][g.ID] = struct{}{}
	}
	v.mu.Unlock()
	if !known {
		v.reconcile()
	}
}

// guildDeleted tells outages, which end by themselves, from removals.
func (v *visit) guildDeleted(shard int, raw json.RawMessage) {
	var g struct {
		ID          string `json:"id"`
		Unavailable bool   `json:"unavailable"`
	}
	if json.Unmarshal(raw, &g) != nil || g.ID == "" || g.Unavailable {
		return
	}
	v.mu.Lock()
	delete(v.guilds[shard], g.ID)
	v.mu.Unlock()
	v.reconcile()
}

// reconcile has all servers that the bot is in told, once every shard has said
// its part. A process that serves only some shards cannot know.
func (v *visit) reconcile() {
	if v.all {
		v.changed(bot.ChatChange{Chat: bot.ChatRef{Platform: Platform}, What: bot.ChangeReconcile})
	}
}

// live lists the servers; ok is false while a shard has not said its part.
func (v *visit) live() (ids []string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	ids = []string{}
	for _, guilds := range v.guilds {
		if guilds == nil {
			return nil, false
		}
		ids = slices.AppendSeq(ids, maps.Keys(guilds))
	}
	slices.Sort(ids)
	return ids, true
}

// servers asks for the servers that the bot is in. A gateway that names none is
// not believed unheard: every chat would be given up. ok is false when the answer
// is no or not whole.
func (a *Adapter) servers(ctx context.Context) (ids []string, ok bool) {
	const most = 200 // servers that Discord lists at once
	var guilds []struct {
		ID string `json:"id"`
	}
	if err := a.sender.get(ctx, "users/@me/guilds", &guilds); err != nil || len(guilds) == most {
		a.log.InfoContext(ctx, "discord names no servers; none is given up", "error", err)
		return nil, false
	}
	ids = []string{}
	for _, g := range guilds {
		ids = append(ids, g.ID)
	}
	return ids, true
}

// changed queues c for the responder: the gateway must not wait for a store.
// One reconciliation that still waits is enough; its list is made when it is
// told.
func (v *visit) changed(c bot.ChatChange) {
	v.mu.Lock()
	n := len(v.changes)
	if c.What != bot.ChangeReconcile || n == 0 || v.changes[n-1].What != bot.ChangeReconcile {
		v.changes = append(v.changes, c)
	}
	v.mu.Unlock()
	v.nudge()
}

func (v *visit) nudge() {
	select {
	case v.rouse <- struct{}{}:
	default:
	}
}

// tell hands the changes to the responder, in order.
func (v *visit) tell(ctx context.Context) {
	for {
		v.mu.Lock()
		batch, closed := v.changes, v.closed
		v.changes = nil
		v.mu.Unlock()
		for _, c := range batch {
			v.tellOne(ctx, c)
		}
		if len(batch) > 0 {
			continue
		}
		if closed {
			return
		}
		select {
		case <-v.rouse:
		case <-ctx.Done():
			return
		}
	}
}

func (v *visit) tellOne(ctx context.Context, c bot.ChatChange) {
	defer v.contain("change")
	if c.What == bot.ChangeReconcile {
		ids, ok := v.live()
		if ok && len(ids) == 0 {
			ids, ok = v.adapter.servers(ctx)
		}
		if !ok {
			return
		}
		c.Live = ids
	}
	v.responder.Changed(ctx, c)
}
