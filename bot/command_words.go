package bot

import "context"

// wordsShown is how many articles an answer lists.
const wordsShown = 8

// orArticles is the answer to words that name nothing we know: the newest articles
// that have them all, where the store can search; else the question back. A
// question that offers names is better than any article.
func (e *Engine) orArticles(ctx context.Context, a *ask, query string, back Message, err error) (Message, error) {
	if err != nil || len(back.Buttons) > 0 || len(NormaliseName(query)) < 3 {
		return back, err
	}
	var list []Article
	err = e.Store.View(ctx, func(tx ReadTx) (err error) {
		if s, ok := tx.(TextSearcher); ok {
			list, _, err = s.ArticlesAbout(query, Page{Limit: wordsShown})
		}
		return err
	})
	if err != nil || len(list) == 0 {
		return back, err
	}
	m := Message{Private: true, Blocks: []Block{paragraph(plain(a.say("articles_about", "Query", shorten(query, 60))))}}
	for i := range list {
		one := &list[i]
		from := a.day(one.ReadAt)
		if one.Outlet != "" {
			from = one.Outlet + ", " + from
		}
		m.Blocks = append(m.Blocks, item(TextSpan{Text: one.Title, Link: one.URL}, plain(" ("+from+")")))
	}
	return m, nil
}
