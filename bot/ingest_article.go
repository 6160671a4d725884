package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// intake takes the articles of one batch into one transaction.
type intake struct {
	e     *Engine
	tx    Tx
	batch *Batch
	book  *storybook
	sum   *Ingested
	count tally
}

// identityKeys are the keys under which an article is known, the surest first.
func identityKeys(a *Article) []string {
	var keys []string
	if a.URL != "" {
		keys = append(keys, addressKey(a.URL))
	}
	if a.Feed != "" && a.GUID != "" {
		keys = append(keys, "guid:"+shortHash(a.Feed+" "+a.GUID))
	}
	return append(keys, textKey(a))
}

func addressKey(address string) string { return "url:" + shortHash(address) }

// textKey is equal for equal wording, however it is spaced.
func textKey(a *Article) string {
	return "text:" + shortHash(squeeze(a.Title)+"\n"+squeeze(a.Text))
}

func titleKey(a *Article) string { return squeeze(a.Title) }

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// take brings one draft in.
func (in *intake) take(d *draft) error {
	old, state, err := recognise(in.tx, d)
	if err != nil {
		return err
	}
	if state == articleKnown {
		in.sum.Known++
		return nil
	}
	if d.found == nil { // it vanished since it was examined
		in.e.extract(d, in.batch.AlertAll, in.e.Now())
	}
	original := ArticleID(0)
	switch state {
	case articleChanged:
		in.sum.Changed++
		return in.change(&old, d)
	case articleCopied:
		original = old.ID
	case articleNew, articleKnown:
		if original, err = in.original(d); err != nil {
			return err
		}
	}
	in.sum.New++
	if original != 0 {
		in.sum.Copies++
	}
	d.article.Version = 1
	return in.store(d, original, nil)
}

// change replaces a known article's text: what the new text no longer says is
// taken back, what it says newly counts.
func (in *intake) change(old *Article, d *draft) error {
	former, err := in.tx.Findings(old.ID)
	if err != nil {
		return fmt.Errorf("findings of article %d: %w", old.ID, err)
	}
	a := &d.article
	a.ID, a.Version, a.Carriers = old.ID, old.Version+1, old.Carriers
	if a.undated() {
		a.Published, a.PublishedAt = old.Published, old.PublishedAt
	}
	if a.Feed == "" {
		a.Feed, a.GUID = old.Feed, old.GUID
	}
	for i := range former.Events {
		ev := &former.Events[i]
		k, ok, err := in.storyKey(ev)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := in.book.revoke(k, old.ID, func(k StoryKey, t EventType) bool {
			return in.says(d.found, k, t)
		}); err != nil {
			return err
		}
	}
	return in.store(d, 0, &former)
}

// says reports whether an extraction has a fresh event of the type under k. A
// name that cannot be resolved says nothing.
func (in *intake) says(x *Extraction, k StoryKey, t EventType) bool {
	return slices.ContainsFunc(x.Events, func(ev Event) bool {
		if ev.Type != t {
			return false
		}
		key, ok, err := in.storyKey(&ev)
		return err == nil && ok && key == k
	})
}

// store writes the article with its findings and hands on what it says. An
// original means that this is a copy of that article; a former extraction that
// it is a new version.
func (in *intake) store(d *draft, original ArticleID, former *Extraction) error {
	a, x := &d.article, d.found
	coaches, err := in.coaches(x)
	if err != nil {
		return err
	}
	keys := d.keys
	if original == 0 {
		keys = slices.Concat(d.keys, d.near)
	}
	if err := in.tx.PutArticle(a, keys, in.articleTopics(a, x, coaches, original != 0)); err != nil {
		return fmt.Errorf("store article: %w", err)
	}
	if err := in.tx.PutFindings(a.ID, *x); err != nil {
		return fmt.Errorf("store findings: %w", err)
	}
	if original != 0 {
		if err := in.carry(original, a); err != nil {
			return err
		}
	}
	if err := in.learn(a, x, former); err != nil {
		return err
	}
	return in.reports(a, x, original, former)
}

// carry notes on the original that another outlet printed it too.
func (in *intake) carry(original ArticleID, a *Article) error {
	o, err := in.tx.Article(original)
	if err != nil {
		return fmt.Errorf("article %d: %w", original, err)
	}
	if sameOutlet(&o, a) {
		return nil
	}
	o.Carriers = append(o.Carriers, Carrier{Outlet: a.Outlet, URL: a.URL, ReadAt: a.ReadAt})
	if err := in.tx.PutArticle(&o, nil, nil); err != nil {
		return fmt.Errorf("store carrier: %w", err)
	}
	return nil
}

// articleTopics are what an article is listed under. Copies are listed with
// their outlet only: the news is in the lists already.
func (in *intake) articleTopics(a *Article, x *Extraction, coaches []CoachID, copied bool) []Topic {
	var topics []Topic
	if a.Outlet != "" {
		topics = append(topics, OutletTopic(a.Outlet))
	}
	if copied {
		return topics
	}
	topics = append(topics, TopicAll)
	for _, id := range coaches {
		topics = append(topics, CoachTopic(id))
	}
	for i := range x.Events {
		topics = in.clubTopics(topics, x.Events[i].ClubID)
	}
	for i := range x.Coaches {
		topics = in.clubTopics(topics, x.Coaches[i].ClubID)
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

func (in *intake) clubTopics(topics []Topic, id ClubID) []Topic {
	if id == "" {
		return topics
	}
	topics = append(topics, ClubTopic(id))
	if c, ok := in.e.Gazetteer.Club(id); ok && c.League != "" {
		topics = append(topics, LeagueTopic(c.League))
	}
	return topics
}

// storyKey is the key of an event's story; ok is false for background and for
// events without coach or club.
func (in *intake) storyKey(ev *Event) (StoryKey, bool, error) {
	if !ev.Fresh || ev.Coach == "" || ev.ClubID == "" {
		return StoryKey{}, false, nil
	}
	id, err := in.e.coachID(in.tx, ev.Coach, ev.ClubID)
	if err != nil {
		return StoryKey{}, false, err
	}
	team := ev.Team
	if team == "" && ev.Role == Youth { // no news for subscribers to the first team
		team = YouthTeam
	}
	return StoryKey{Club: ev.ClubID, Coach: id, Matter: matterOf(ev.Type), Team: team}, true, nil
}

// matterOf is the matter that an event is about.
func matterOf(t EventType) Matter {
	switch t {
	case Departure, Pressure:
		return Exit
	case Extension:
		return Contract
	case Appointment, Link, Rejection:
		return Arrival
	}
	return Arrival
}

// reports hands the article's fresh events to the stories.
func (in *intake) reports(a *Article, x *Extraction, original ArticleID, former *Extraction) error {
	src := sourceOf(a)
	for i := range x.Events {
		ev := x.Events[i]
		in.sum.Events++
		in.count[ev.Type]++
		k, ok, err := in.storyKey(&ev)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		in.sum.Fresh++
		r := Report{
			Source: src, Origin: in.e.originOf(a, &ev), Cited: ev.Sources, Event: ev,
			At: a.reportedAt(), Undated: a.undated(), CopyOf: original,
		}
		if former != nil && !says(former, &ev) && a.ReadAt.Sub(r.At) <= FreshFor {
			r.At = a.ReadAt // the addition is news of its own
		}
		if err := in.book.add(k, r, in.mayTell(a, r.At)); err != nil {
			return err
		}
	}
	return nil
}

// says reports whether the extraction holds the very same statement.
func says(x *Extraction, ev *Event) bool {
	return slices.ContainsFunc(x.Events, func(o Event) bool {
		return o.Type == ev.Type && o.Coach == ev.Coach && o.ClubID == ev.ClubID &&
			o.Fresh == ev.Fresh && signalOf(&o) == signalOf(ev)
	})
}

// mayTell reports whether subscribers may hear of a report: it must be dated and
// of the last two days.
func (in *intake) mayTell(a *Article, at time.Time) bool {
	return !in.batch.Backlog && !a.undated() && in.e.Now().Sub(at) <= FreshFor
}

// originOf is who said it first according to the article: the medium it cites,
// else its own outlet.
func (e *Engine) originOf(a *Article, ev *Event) string {
	for _, s := range ev.Sources {
		if o, ok := e.Gazetteer.OutletNamed(s); ok {
			return o.Name
		}
	}
	if o, ok := e.Gazetteer.OutletNamed(a.Outlet); ok {
		return o.Name
	}
	return a.Outlet
}

// sourceOf is how facts refer to an article.
func sourceOf(a *Article) Source {
	return Source{
		Article: a.ID, Outlet: a.Outlet, Title: a.Title, URL: a.URL,
		Date: a.Published, ReadAt: a.ReadAt,
	}
}
