package feed

import (
	"time"

	"karussell/bot"
)

// What one feed may bring in a day, so that none fills the disk. The busiest
// agencies publish some hundred articles a day, of a few kilobytes each.
const (
	dailyArticles = 2000
	dailyText     = 32 << 20 // bytes
	allowanceFor  = 24 * time.Hour
)

// allowance is what is left for a feed. It grows back evenly.
type allowance struct {
	articles, text float64
	at             time.Time
}

// allow keeps the articles that are within the feed's allowance; the rest is
// dropped for good and named in the log.
func (p *Poller) allow(feed string, articles []bot.Article) []bot.Article {
	if len(articles) == 0 {
		return articles
	}
	now := p.Now()
	p.mu.Lock()
	left, known := p.allowances[feed]
	if !known {
		left = allowance{articles: dailyArticles, text: dailyText, at: now}
	}
	grown := max(0, float64(now.Sub(left.at))/float64(allowanceFor))
	left.articles = min(dailyArticles, left.articles+grown*dailyArticles)
	left.text = min(dailyText, left.text+grown*dailyText)
	left.at = now
	kept := 0
	for i := range articles {
		size := float64(len(articles[i].Title) + len(articles[i].Teaser) + len(articles[i].Text))
		if left.articles < 1 || left.text < size {
			break
		}
		left.articles--
		left.text -= size
		kept++
	}
	p.allowances[feed] = left
	p.mu.Unlock()
	if kept < len(articles) {
		p.Log.Warn("feed brings more than one may in a day", "feed", feed, "kept", kept, "dropped", len(articles)-kept)
		p.Meter.Count("feed_fetches_total", 1, "outcome", "excess")
	}
	return articles[:kept]
}
