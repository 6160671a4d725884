package discord

import (
	"context"
	"encoding/json"
	"time"

	"karussell/bot"
)

// Times of an interaction. Discord wants the first answer within three seconds
// and keeps the token for fifteen minutes.
const (
	answerDeadline = 2800 * time.Millisecond
	deferAfter     = 1500 * time.Millisecond
	tokenTime      = 14 * time.Minute
)

// interact answers one interaction.
func (v *visit) interact(ctx context.Context, raw json.RawMessage, received time.Time) {
	in, ok := readInteraction(raw)
	if !ok {
		v.adapter.log.WarnContext(ctx, "discord sent an interaction that cannot be read")
		return
	}
	ctx, cancel := context.WithDeadline(ctx, received.Add(tokenTime))
	defer cancel()
	t := &talk{visit: v, in: in, received: received}
	defer func() {
		v.adapter.meter.Observe("discord_first_answer_seconds", t.first.Seconds(), "kind", in.kind())
	}()
	switch in.Type {
	case interactionComplete:
		t.complete(ctx)
	case interactionCommand:
		t.command(ctx)
	case interactionComponent:
		t.component(ctx)
	case interactionModal:
		t.form(ctx)
	}
}

func (in *interaction) kind() string {
	switch in.Type {
	case interactionComplete:
		return "autocomplete"
	case interactionCommand:
		return "command"
	case interactionComponent:
		return "component"
	case interactionModal:
		return "form"
	}
	return "other"
}

func (t *talk) command(ctx context.Context) {
	spec, known := t.visit.table[t.in.Data.Name]
	if !known {
		t.say(ctx, t.sorry("Diesen Befehl gibt es nicht mehr. Lade Discord neu, dann stimmt die Liste wieder.",
			"This command no longer exists. Reload Discord to refresh the list."))
		return
	}
	req := t.in.request()
	req.Command = spec.Name
	req.Args, _, _ = t.in.args()
	private := spec.Private
	if spec.Slow {
		t.deferNow(ctx, private)
	}
	t.respond(ctx, req, private)
}

func (t *talk) component(ctx context.Context) {
	mark, action, ok := parseCustomID(t.in.Data.CustomID)
	if ok && mark == idMenu {
		ok = len(t.in.Data.Values) > 0
		if ok {
			action = bot.Action(t.in.Data.Values[0])
		}
	}
	if !ok || mark == idForm {
		t.say(ctx, t.sorry("Dieser Knopf ist zu alt und hat keine Wirkung mehr.", "This button is too old and no longer does anything."))
		return
	}
	req := t.in.request()
	req.Action = action
	t.respond(ctx, req, true)
}

func (t *talk) form(ctx context.Context) {
	_, action, ok := parseCustomID(t.in.Data.CustomID)
	if !ok {
		t.say(ctx, t.sorry("Dieses Formular ist zu alt. Öffne es bitte noch einmal.", "This form is too old. Please open it again."))
		return
	}
	req := t.in.request()
	req.Action, req.Values = action, t.in.values()
	t.respond(ctx, req, true)
}

// complete answers what is being typed.
func (t *talk) complete(ctx context.Context) {
	ctx, cancel := context.WithDeadline(ctx, t.received.Add(answerDeadline))
	defer cancel()
	req := t.in.request()
	req.Command = t.in.Data.Name
	req.Args, req.Option, req.Query = t.in.args()
	found := make(chan []bot.Choice, 1)
	t.visit.join("suggest", func() {
		var choices []bot.Choice
		defer func() { found <- choices }()
		choices = t.visit.responder.Suggest(ctx, req)
	})
	var choices []bot.Choice
	select {
	case choices = <-found:
	case <-time.After(deferAfter): // an empty list is better than an error
	case <-ctx.Done():
	}
	t.offer(ctx, choices)
}

// respond asks the engine and answers: at once when it is quick, after a
// deferral when it is not.
func (t *talk) respond(ctx context.Context, req bot.Request, private bool) {
	answers := make(chan bot.Message, 1)
	t.visit.join("respond", func() {
		m := t.sorry("Da ist etwas schiefgegangen. Versuch es bitte noch einmal.", "Something went wrong. Please try again.")
		defer func() { answers <- m }()
		req.Missing = t.missingIn(ctx, req.Missing)
		m = t.visit.responder.Respond(ctx, req)
	})
	patience := time.NewTimer(time.Until(t.received.Add(deferAfter)))
	defer patience.Stop()
	select {
	case m := <-answers:
		t.say(ctx, m)
		return
	case <-patience.C:
		t.deferNow(ctx, private)
	case <-ctx.Done():
		return
	}
	select {
	case m := <-answers:
		t.say(ctx, m)
	case <-ctx.Done():
	}
}

// missingIn looks at the channel that a command names, where it names one.
func (t *talk) missingIn(ctx context.Context, here []string) []string {
	c, ok := t.in.channelOption()
	if !ok || c.ID == t.in.ChannelID || t.in.GuildID == "" {
		return here
	}
	if t.in.elsewhere() {
		return here
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	may, kind, err := t.visit.adapter.may(ctx, t.in.GuildID, c.ID)
	if err != nil {
		t.visit.adapter.log.InfoContext(ctx, "cannot look at a channel's permissions", "channel", c.ID, "error", err)
		if !hasCode(err, codeUnknownChannel) && !hasCode(err, codeMissingAccess) && !hasCode(err, codeMissingPermission) && !hasCode(err, codeUnknownGuild) {
			return nil // not a word about the channel: the alerts will tell
		}
		return missing(0, c.Type, t.in.Locale)
	}
	return missing(may, kind, t.in.Locale)
}

// sorry is a private message in the user's language.
func (t *talk) sorry(de, en string) bot.Message {
	m := bot.Message{Tone: bot.ToneProblem, Private: true, Language: "de"}
	text := de
	if lang := t.in.Locale; len(lang) >= 2 && lang[:2] != "de" {
		text, m.Language = en, "en"
	}
	m.Blocks = []bot.Block{{Spans: []bot.TextSpan{{Text: text}}}}
	return m
}
