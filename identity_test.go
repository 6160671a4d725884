package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"karussell/bot"
	"karussell/bot/feed"
	"karussell/store/memory"
)

// rewriter is a paper that changes what it has published.
type rewriter struct {
	mu   sync.Mutex
	item string // an item's inside; empty: nothing is published yet
}

func (p *rewriter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	item := ""
	if p.item != "" {
		item = "<item>" + p.item + "</item>"
	}
	_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>Blatt</title><language>de</language>`+item+`</channel></rss>`)
}

func (p *rewriter) write(id, link, date, title, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.item = fmt.Sprintf("<guid>%s</guid><link>%s</link><pubDate>%s</pubDate><title>%s</title><description>%s</description>", id, link, date, title, text)
}

// identity is a poller with the real engine over two such papers.
type identity struct {
	t      *testing.T
	papers [2]*rewriter
	urls   [2]string
	store  bot.Store
	poller *feed.Poller
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	known, err := loadKnowledge()
	if err != nil {
		t.Fatal(err)
	}
	in := &identity{t: t, papers: [2]*rewriter{{}, {}}, store: memory.New()}
	var sources []feed.Source
	for i, p := range in.papers {
		server := httptest.NewServer(p)
		t.Cleanup(server.Close)
		in.urls[i] = server.URL + "/feed"
		sources = append(sources, feed.Source{URL: in.urls[i], Outlet: []string{"Ruhr-Blatt", "Elbe-Kurier"}[i], Language: "de"})
	}
	engine, err := bot.NewEngine(bot.Setup{Store: in.store, Extractor: known.extractor, Gazetteer: known.extractor.Gazetteer(), Phrases: known.phrases})
	if err != nil {
		t.Fatal(err)
	}
	in.poller, err = feed.New(feed.Setup{Ingester: engine, Store: in.store, Sources: sources, Interval: time.Hour, Private: true, Agent: "Karussell/test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- in.poller.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = in.store.Close()
	})
	in.await(1)
	return in
}

// await waits until each feed was polled so many times.
func (in *identity) await(polls int64) {
	in.t.Helper()
	for range 1000 {
		done := 0
		in.view(func(tx bot.ReadTx) error {
			for _, u := range in.urls {
				if s, err := tx.Feed(u); err == nil && s.Fetches >= polls {
					done++
				}
			}
			return nil
		})
		if done == len(in.urls) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	in.t.Fatal("the feeds were not polled")
}

func (in *identity) view(fn func(bot.ReadTx) error) {
	in.t.Helper()
	if err := in.store.View(in.t.Context(), fn); err != nil {
		in.t.Fatal(err)
	}
}

// poll polls both feeds once more and returns all articles and stories.
func (in *identity) poll() (articles []bot.Article, stories []bot.Story) {
	in.t.Helper()
	var before int64
	in.view(func(tx bot.ReadTx) error {
		s, err := tx.Feed(in.urls[0])
		before = s.Fetches
		return err
	})
	in.poller.Hurry()
	in.await(before + 1)
	in.view(func(tx bot.ReadTx) (err error) {
		n, err := tx.ArticleCount()
		for id := bot.ArticleID(1); err == nil && int(id) <= n; id++ {
			var a bot.Article
			a, err = tx.Article(id)
			articles = append(articles, a)
		}
		if err != nil {
			return err
		}
		stories, err = tx.Stories(bot.TopicAll, bot.Page{Limit: 10})
		return err
	})
	return articles, stories
}

// TestAnArticleIsTheSameInEveryDisguise: a changed id, address, date or headline
// makes no second article; a changed text is a new version, whose new facts count
// and whose retracted ones are noticed; another outlet's print of it adds no
// evidence.
func TestAnArticleIsTheSameInEveryDisguise(t *testing.T) {
	in := newIdentity(t)
	at := time.Now().Add(-10 * time.Minute)
	date := func(minutes int) string { return at.Add(time.Duration(minutes) * time.Minute).Format(time.RFC1123Z) }
	const title, link = "Schalke verhandelt mit Miron Muslic", "https://blatt.example/1"
	const text = "Der FC Schalke 04 verhandelt nach Informationen der „WAZ“ mit Trainer Miron Muslic über einen Vertrag. Eine Entscheidung soll in den kommenden Tagen fallen, die Gespräche gelten als weit fortgeschritten."
	paper := in.papers[0]

	for _, step := range []struct{ what, id, link, date, title string }{
		{"publication", "1", link, date(0), title},
		{"changed id", "neu-1", link, date(0), title},
		{"changed address", "neu-1", link + "-endgueltig.html", date(0), title},
		{"tracking", "neu-1", link + "?utm_source=rss&amp;utm_campaign=x", date(0), title},
		{"changed date", "neu-1", link, date(5), title},
		{"everything but the text", "noch-1", "https://blatt.example/anders", date(6), title},
	} {
		paper.write(step.id, step.link, step.date, step.title, text)
		articles, stories := in.poll()
		if len(articles) != 1 || articles[0].Version != 1 || len(stories) != 1 || len(stories[0].Reports) != 1 {
			t.Fatalf("%s: %d articles, %d stories: %+v", step.what, len(articles), len(stories), articles)
		}
	}
	paper.write("1", link, date(0), "Muslic im Gespräch auf Schalke", text)
	if articles, stories := in.poll(); len(articles) != 1 || len(stories) != 1 {
		t.Errorf("a changed headline: %d articles, %d stories", len(articles), len(stories))
	}

	// Another outlet prints the same words.
	in.papers[1].write("x", "https://elbe.example/9", date(3), "Muslic im Gespräch auf Schalke", text)
	articles, stories := in.poll()
	if len(articles) != 2 || len(stories) != 1 || len(articles[0].Carriers) != 1 {
		t.Fatalf("agency copy: %d articles, %d stories, carriers %+v", len(articles), len(stories), articles[0].Carriers)
	}
	if n := counted(&stories[0]); n != 1 {
		t.Errorf("the copy counts as evidence: %d", n)
	}

	// A new version adds a fact.
	paper.write("1", link, date(0), "Schalke stellt Miron Muslic vor", "Miron Muslic ist neuer Trainer des FC Schalke 04. Der Verein stellte den Coach vor, er unterschrieb einen Vertrag bis 2029.")
	articles, stories = in.poll()
	if len(articles) != 2 || articles[0].Version < 2 || stage(stories, "Muslic") != bot.StageOfficial {
		t.Errorf("a new fact: %d articles, version %d, %s", len(articles), articles[0].Version, stage(stories, "Muslic"))
	}

	// The last version takes everything back, and so does the copy.
	for i, p := range in.papers {
		p.write([]string{"1", "x"}[i], []string{link, "https://elbe.example/9"}[i], date(0), "Schalke sucht weiter", "Der FC Schalke 04 sucht weiter nach Verstärkung für den Angriff. Das Training beginnt am Montag um zehn Uhr.")
	}
	articles, stories = in.poll()
	if len(articles) != 2 || stage(stories, "Muslic") != bot.StageWithdrawn {
		t.Errorf("a retraction: %d articles, %s", len(articles), stage(stories, "Muslic"))
	}
}

// counted are a story's reports that add evidence.
func counted(s *bot.Story) (n int) {
	for _, r := range s.Reports {
		if !r.Carrier && !r.Revoked {
			n++
		}
	}
	return n
}

func stage(stories []bot.Story, coach string) bot.StoryStage {
	for i := range stories {
		if strings.Contains(stories[i].CoachName, coach) {
			return stories[i].Stage
		}
	}
	return "no story"
}
