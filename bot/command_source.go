package bot

import "context"

// sourceCommand says how an outlet's rumours turned out.
func (e *Engine) sourceCommand(ctx context.Context, a *ask) (Message, error) {
	query := a.arg("name", 0, true)
	if query == "" {
		return e.usage(ctx, a, "source")
	}
	return e.showSource(ctx, a, query)
}

func (e *Engine) showSource(ctx context.Context, a *ask, query string) (Message, error) {
	var r OutletRecord
	err := e.Store.View(ctx, func(tx ReadTx) (err error) {
		r, err = e.OutletRecord(tx, query)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	return a.record(&r), nil
}

// record shows what an outlet had first apart from what it joined: being right
// late is no art.
func (v voice) record(r *OutletRecord) Message {
	m := Message{Title: r.Outlet}
	if r.total() == 0 {
		m.Blocks = []Block{paragraph(plain(v.say("source_none", "Outlet", shorten(r.Outlet, 60))))}
		return m
	}
	m.Blocks = append(m.Blocks, v.tally("source_first", r.First)...)
	m.Blocks = append(m.Blocks, v.tally("source_joined", r.Joined)...)
	if r.Copied > 0 {
		m.Blocks = append(m.Blocks, paragraph(plain(v.say("source_copied", "Count", r.Copied))))
	}
	if len(r.Stories) > 0 {
		const shown = 3
		m.Blocks = append(m.Blocks, heading(v.say("source_stories")))
		for i := range r.Stories[:min(len(r.Stories), shown)] {
			m.Blocks = append(m.Blocks, v.storyBlocks(&r.Stories[i])...)
		}
	}
	m.Footer = v.say("source_law")
	return m
}

func (v voice) tally(key string, t Tally) []Block {
	all := t.Settled() + t.Open
	if all == 0 {
		return nil
	}
	out := []Block{paragraph(bold(v.say(key, "Count", all)))}
	for _, end := range []struct {
		key string
		n   int
	}{{"source_came", t.True}, {"source_failed", t.Off}, {"source_cold", t.Cold}, {"source_open", t.Open}} {
		if end.n > 0 {
			out = append(out, item(plain(v.say(end.key, "Count", end.n))))
		}
	}
	if n := t.Settled(); n > 0 {
		out = append(out, paragraph(plain(v.say("source_share", "Percent", (100*t.True+n/2)/n))))
	}
	return out
}
