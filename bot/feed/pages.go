package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"time"

	"karussell/bot"
)

const (
	// thin is the length in bytes below which an item's text is a teaser.
	thin = 500
	// pagesPerPoll bounds the pages that one poll reads; the rest stay teasers.
	pagesPerPoll = 30
	// pagesTime bounds how long a poll may be busy with slow pages.
	pagesTime = 3 * time.Minute
)

// changedItems keeps the items whose content in the feed differs from what the
// last poll saw, and notes what this poll saw. A teaser whose page was read is
// thus not taken for a changed article, and neither is an item that changed
// only its id. fresh counts the items that the feed had not shown before in any
// wording; a cut document does not make it forget what was cut off.
func changedItems(state *bot.FeedState, items []item, cut bool) (changed []item, fresh int) {
	before, now := state.Polite, make(map[string]string, len(items))
	contents := make(map[string]bool, len(before))
	for _, seen := range before {
		contents[seen] = true
	}
	for _, it := range items {
		key, seen := it.key(), digest(it.Title+"\x00"+it.Teaser+"\x00"+it.Text)
		now[key] = seen
		if contents[seen] {
			continue
		}
		contents[seen] = true
		changed = append(changed, it)
		if before[key] == "" {
			fresh++
		}
	}
	if cut {
		for key, seen := range before {
			if _, there := now[key]; !there && len(now) < maxItems {
				now[key] = seen
			}
		}
	}
	state.Polite = now
	return changed, fresh
}

func (it item) key() string { return digest(firstOf(it.GUID, it.Link, it.Title)) }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// followTeasers reads the pages of articles that came as teasers. What cannot
// be read stays a teaser.
func (p *Poller) followTeasers(ctx context.Context, articles []bot.Article) []bot.Article {
	ctx, cancel := context.WithTimeout(ctx, pagesTime)
	defer cancel()
	reader := Reader{fetch: p.fetch}
	followed := 0
	out := make([]bot.Article, 0, len(articles))
	for _, a := range articles {
		if a.URL == "" || a.Paywalled || len(a.Text) >= thin || followed == pagesPerPoll || ctx.Err() != nil {
			out = append(out, a)
			continue
		}
		followed++
		out = append(out, p.follow(ctx, &reader, a)...)
	}
	return out
}

// follow is the article with its page, or the entries of a ticker.
func (p *Poller) follow(ctx context.Context, reader *Reader, a bot.Article) []bot.Article {
	if !p.robots.allows(ctx, a.URL) {
		return []bot.Article{a}
	}
	page, entries, err := reader.page(ctx, a.URL)
	if err != nil {
		p.Log.DebugContext(ctx, "page not read", "feed", a.Feed, "error", err)
		return []bot.Article{a}
	}
	if len(entries) > 0 {
		return cut(&a, entries, p.Now())
	}
	mergePage(&a, &page)
	return []bot.Article{a}
}

// mergePage completes an item with its page. The feed's headline stays: it is
// what the feed will show again. So does its address, unless the item has an id
// to be recognised by. A page that holds less than the
// teaser (a paywall, a gallery) does not replace it.
func mergePage(a, page *bot.Article) {
	a.Paywalled = page.Paywalled
	if u, err := url.Parse(page.URL); err == nil && a.GUID != "" && len(u.Path) > 1 {
		a.URL = page.URL // the outlet's own canonical address; the id stays the feed's
	}
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
