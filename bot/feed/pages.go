package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"karussell/bot"
)

const (
	// thin is the length in bytes below which an item's text is a teaser.
	thin = 500
	// pagesPerPoll bounds the pages that one poll reads; the rest stay teasers.
	pagesPerPoll = 30
)

// changedItems keeps the items whose content in the feed differs from what the
// last poll saw, and notes what this poll saw. A teaser whose page was read is
// thus not taken for a changed article.
func changedItems(state *bot.FeedState, items []item) []item {
	before, now := state.Polite, make(map[string]string, len(items))
	var changed []item
	for _, it := range items {
		key := digest(firstOf(it.GUID, it.Link, it.Title))
		seen := digest(it.Title + "\x00" + it.Teaser + "\x00" + it.Text)
		now[key] = seen
		if before[key] != seen {
			changed = append(changed, it)
		}
	}
	state.Polite = now
	return changed
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// followTeasers reads the pages of articles that came as teasers. What cannot
// be read stays a teaser. The feed's own host's turn is held by the caller.
func (p *Poller) followTeasers(ctx context.Context, feedHost string, articles []bot.Article) {
	followed := 0
	for i := range articles {
		a := &articles[i]
		if a.URL == "" || len(a.Text) >= thin || followed == pagesPerPoll || ctx.Err() != nil {
			continue
		}
		followed++
		page, err := p.readPageOf(ctx, feedHost, a.URL)
		if err != nil {
			p.Log.DebugContext(ctx, "page not read", "feed", a.Feed, "error", err)
			continue
		}
		mergePage(a, &page)
	}
}

func (p *Poller) readPageOf(ctx context.Context, feedHost, address string) (bot.Article, error) {
	if host := hostName(address); host != feedHost {
		if err := p.turns.wait(ctx, host); err != nil {
			return bot.Article{}, err
		}
		defer p.turns.done(host)
	}
	if !p.robots.allows(ctx, address) {
		return bot.Article{}, &FetchError{Kind: FailRobots}
	}
	reader := Reader{fetch: p.fetch}
	return reader.Page(ctx, address)
}

// mergePage completes an item with its page. The feed's headline and address
// stay: they are what the feed will show again. A page that holds less than the
// teaser (a paywall, a gallery) does not replace it.
func mergePage(a, page *bot.Article) {
	a.Paywalled = page.Paywalled
	if len(page.Text) > len(a.Text) {
		if a.Teaser == "" {
			a.Teaser = a.Text
		}
		a.Text = page.Text
	}
	if a.PublishedAt.IsZero() && !page.PublishedAt.IsZero() {
		a.PublishedAt, a.Published = page.PublishedAt, page.Published
	}
	if a.Language == "" {
		a.Language = page.Language
	}
}
