package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"karussell/bot"
	"karussell/bot/phrases"
)

var rewrite = flag.Bool("rewrite", false, "write the golden transcripts anew")

// TestTranscripts plays every script of testdata/transcripts in both languages
// and compares what users see, word for word.
func TestTranscripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/transcripts/*.script")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range scripts {
		for _, lang := range []string{"de", "en"} {
			name := strings.TrimSuffix(path, ".script") + "." + lang + ".golden"
			t.Run(filepath.Base(name), func(t *testing.T) {
				raw, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				got := newTheatre(t, lang).play(string(raw))
				if *rewrite {
					if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(string(want), got); d != "" {
					t.Errorf("transcript differs (-want +got); if it is right, run with -rewrite:\n%s", d)
				}
			})
		}
	}
}

// theatre plays a script against an engine with real phrases.
type theatre struct {
	*ground
	lang string
	req  bot.Request
	last bot.Message
	out  strings.Builder
	sent map[bot.MessageID]bool
}

// pocket is the two leagues with names for the leagues and nicknames.
type pocket struct{ twoLeagues }

func (pocket) Leagues() []bot.League {
	return []bot.League{
		{ID: "2-bundesliga", Name: "2. Bundesliga", Country: "GER", Tier: 2},
		{ID: "3-liga", Name: "3. Liga", Country: "GER", Tier: 3},
	}
}

func (p pocket) League(id bot.LeagueID) (bot.League, bool) {
	for _, l := range p.Leagues() {
		if l.ID == id {
			return l, true
		}
	}
	return bot.League{}, false
}

func (p pocket) Clubs() []bot.Club {
	clubs := p.twoLeagues.Clubs()
	for i := range clubs {
		switch clubs[i].ID {
		case "schalke":
			clubs[i].Aliases, clubs[i].Nicknames = []string{"S04"}, []string{"die Knappen"}
		case "kaiserslautern":
			clubs[i].Aliases, clubs[i].Nicknames = []string{"FCK"}, []string{"die Roten Teufel"}
		}
	}
	return clubs
}

// Resolve knows names that mean several clubs.
func (p pocket) Resolve(name string) []bot.Club {
	var out []bot.Club
	for _, c := range p.Clubs() {
		for _, n := range append([]string{c.Name, c.Short, string(c.ID)}, append(c.Aliases, c.Nicknames...)...) {
			if bot.NormaliseName(n) == bot.NormaliseName(name) ||
				bot.NormaliseName(name) == "1 fc" && strings.HasPrefix(n, "1. FC") {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// quoteReader is scriptReader for events that bring their sentence and rule.
type quoteReader struct{}

func (quoteReader) Extract(a bot.Article) bot.Extraction {
	x := scriptReader{}.Extract(a)
	i := 0
	for line := range strings.Lines(a.Text) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var with struct{ Quote, Rule string }
		if err := json.Unmarshal([]byte(line), &with); err != nil {
			panic(err)
		}
		x.Events[i].Quote, x.Events[i].Rule = with.Quote, with.Rule
		i++
	}
	return x
}

// deskOfOne is a feed desk that knows one address.
type deskOfOne struct{}

const oneFeed = "https://feeds.example/sport.xml"

func (deskOfOne) known(url string) error {
	if url != oneFeed {
		return fmt.Errorf("feed: %w", bot.ErrNotFound)
	}
	return nil
}

func (deskOfOne) Add(_ context.Context, url string) (bot.FeedState, error) {
	if !strings.HasPrefix(url, "https://") {
		return bot.FeedState{}, errors.New("not an address: want https://…")
	}
	return bot.FeedState{URL: url}, nil
}
func (d deskOfOne) Remove(_ context.Context, url string) error        { return d.known(url) }
func (d deskOfOne) Pause(_ context.Context, url string, _ bool) error { return d.known(url) }
func (d deskOfOne) Test(_ context.Context, url string) (bot.FeedTrial, error) {
	return bot.FeedTrial{
		Articles: []bot.Article{{Title: "Schalke sucht", URL: "https://sport.example/1"}, {Title: "Das Wetter"}},
		Found:    []bot.Extraction{{Events: []bot.Event{{Type: bot.Link, Club: "FC Schalke 04", Coach: "Heiner Backhaus"}}}, {}},
		Problems: []string{"ein Datum lag in der Zukunft"},
	}, d.known(url)
}

func newTheatre(t *testing.T, lang string) *theatre {
	t.Helper()
	s := &theatre{ground: newGround(t), lang: lang, sent: map[bot.MessageID]bool{}}
	s.set(time.Date(2024, 9, 25, 10, 0, 0, 0, time.UTC))
	book, err := phrases.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.eng, err = bot.NewEngine(bot.Setup{
		Store: s.store, Extractor: quoteReader{}, Gazetteer: pocket{}, Phrases: book, Feeds: deskOfOne{},
		Now: func() time.Time { return *s.clock.Load() }, Owners: []bot.UserRef{"console:boss"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.req = bot.Request{Chat: console("me"), Kind: bot.PrivateChat, User: "console:me", Language: lang}
	return s
}

// play runs a script line by line; indented lines belong to the line above.
func (s *theatre) play(script string) string {
	lines := strings.Split(script, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " ")
		var body []string
		for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  ") {
			i++
			body = append(body, strings.TrimSpace(lines[i]))
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			s.step(line, body)
		}
	}
	return s.out.String()
}

func (s *theatre) step(line string, body []string) {
	s.t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	switch {
	case strings.HasPrefix(line, "/"):
		fmt.Fprintf(&s.out, "> %s\n", line)
		s.ask(bot.Request{Command: verb[1:], Text: rest})
	case verb == "slash":
		fmt.Fprintf(&s.out, "> /%s\n", rest)
		s.ask(slash(rest))
	case verb == "text":
		fmt.Fprintf(&s.out, "> %s\n", rest)
		s.ask(bot.Request{Text: rest})
	case verb == "press":
		s.press(rest)
	case verb == "send":
		fmt.Fprintf(&s.out, "> [%s] %s\n", s.last.Form.Title, rest)
		s.ask(bot.Request{Action: s.last.Form.Action, Values: slash("form " + rest).Args})
	case verb == "as":
		s.as(rest)
	case verb == "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			s.t.Fatal(err)
		}
		s.set(s.now().Add(d))
		fmt.Fprintf(&s.out, "~ %s\n", s.now().Format("2006-01-02 15:04"))
	case verb == "alerts":
		s.alerts()
	case verb == "article":
		s.article(rest, body)
	case verb == "suggest":
		s.suggest(rest)
	default:
		s.t.Fatalf("script: %q", line)
	}
}

// article is "article OUTLET [DATE|now] TITLE" with findings below.
func (s *theatre) article(rest string, body []string) {
	f := strings.SplitN(rest, " ", 3)
	s.n++
	var prose strings.Builder
	for i := range 120 {
		fmt.Fprintf(&prose, "wort%dx%d ", s.n, i)
	}
	a := bot.Article{
		Outlet: f[0], URL: fmt.Sprintf("https://%s.example/%d", bot.Slug(f[0]), s.n), Title: f[2],
		Text: prose.String() + "\n\n" + strings.Join(body, "\n"), ReadAt: s.now(),
	}
	switch f[1] {
	case "now":
		a.PublishedAt, a.Published = s.now(), bot.DateOf(s.now())
	case "undated":
	default:
		d, err := bot.ParseDate(f[1])
		if err != nil {
			s.t.Fatal(err)
		}
		a.Published = d
	}
	s.ingest(a)
}

func (s *theatre) as(who string) {
	fmt.Fprintf(&s.out, "~ %s\n", who)
	switch who {
	case "owner":
		s.req = bot.Request{Chat: console("boss"), Kind: bot.PrivateChat, User: "console:boss", Language: s.lang}
	case "me":
		s.req = bot.Request{Chat: console("me"), Kind: bot.PrivateChat, User: "console:me", Language: s.lang}
	case "member", "admin":
		s.req = bot.Request{
			Chat: console("group"), Kind: bot.GroupChat, Title: "Nordkurve", User: bot.UserRef("console:" + who),
			Language: s.lang, CanManage: who == "admin",
		}
	default:
		s.t.Fatalf("as %q", who)
	}
}

func (s *theatre) ask(part bot.Request) {
	s.t.Helper()
	r := s.req
	r.Command, r.Text, r.Args, r.Action, r.Values = part.Command, part.Text, part.Args, part.Action, part.Values
	s.last = s.eng.Respond(s.t.Context(), r)
	s.show(s.last)
}

// slash reads "subscribe topic=club:schalke | certainty=official".
func slash(line string) bot.Request {
	name, rest, _ := strings.Cut(line, " ")
	r := bot.Request{Command: name, Args: map[string]string{}}
	for part := range strings.SplitSeq(rest, " | ") {
		key, value, _ := strings.Cut(part, "=")
		r.Args[key] = value
	}
	return r
}

// press takes a button by its place in the last message.
func (s *theatre) press(place string) {
	s.t.Helper()
	if strings.Contains(place, ":") {
		fmt.Fprintf(&s.out, "> [%s]\n", place)
		s.ask(bot.Request{Action: bot.Action(place)})
		return
	}
	n, err := strconv.Atoi(place)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range s.last.Buttons {
		for _, b := range row {
			if n--; n == 0 {
				fmt.Fprintf(&s.out, "> [%s]\n", b.Label)
				s.ask(bot.Request{Action: b.Action})
				return
			}
		}
	}
	s.t.Fatalf("no button %s in %v", place, s.last.Buttons)
}

func (s *theatre) suggest(rest string) {
	f := strings.SplitN(rest, " ", 3)
	r := s.req
	r.Command, r.Option = strings.TrimPrefix(f[0], "/"), f[1]
	if len(f) > 2 {
		r.Query = f[2]
	}
	fmt.Fprintf(&s.out, "? %s\n", rest)
	for _, c := range s.eng.Suggest(s.t.Context(), r) {
		fmt.Fprintf(&s.out, "%s = %s\n", c.Label, c.Value)
	}
	s.out.WriteByte('\n')
}

func (s *theatre) show(m bot.Message) {
	s.out.WriteString(m.Text())
	s.out.WriteByte('\n')
	for _, row := range m.Buttons {
		for i, b := range row {
			if i > 0 {
				s.out.WriteByte(' ')
			}
			fmt.Fprintf(&s.out, "[%s|%s]", b.Label, b.Action)
		}
		s.out.WriteByte('\n')
	}
	var marks []string
	for mark, on := range map[string]bool{"private": m.Private, "replace": m.Replace, "silent": m.Silent, "publish": m.Publish} {
		if on {
			marks = append(marks, mark)
		}
	}
	if m.Form != nil {
		fmt.Fprintf(&s.out, "{%s: %s}\n", m.Form.Title, m.Form.Inputs[0].Label)
	}
	if m.Tone != "" {
		marks = append(marks, "tone "+string(m.Tone))
	}
	if len(marks) > 0 {
		fmt.Fprintf(&s.out, "(%s)\n", strings.Join(slices.Sorted(slices.Values(marks)), ", "))
	}
	s.out.WriteByte('\n')
}

// alerts sends what is due, as a dispatcher would.
func (s *theatre) alerts() {
	s.t.Helper()
	s.expand()
	if _, err := s.eng.Tend(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.expand()
	for {
		list, err := s.store.Claim(s.t.Context(), s.now(), time.Minute, 100)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		for _, d := range list {
			s.deliver(d)
		}
	}
}

func (s *theatre) deliver(d bot.Delivery) {
	s.t.Helper()
	r, err := s.eng.Render(s.t.Context(), d)
	if err != nil {
		s.t.Fatal(err)
	}
	s.n++
	o := bot.Outcome{State: bot.Sent, Message: bot.MessageID(fmt.Sprint("m", s.n)), Hash: r.Hash}
	switch {
	case r.Skip != "":
		o = bot.Outcome{State: bot.Skipped}
		fmt.Fprintf(&s.out, "! %s %s: skipped, %s\n\n", d.Chat.Chat, d.Kind, r.Skip)
	case !r.Defer.IsZero():
		o = bot.Outcome{State: bot.Retry, Due: r.Defer}
		fmt.Fprintf(&s.out, "! %s %s: not before %s\n\n", d.Chat.Chat, d.Kind, r.Defer.Format("2006-01-02 15:04"))
	default:
		fmt.Fprintf(&s.out, "! %s %s\n", d.Chat.Chat, d.Kind)
		if r.Edit != "" {
			o.Message = r.Edit
		}
		if (d.Kind == bot.DeliverEdit || d.Kind == bot.DeliverRetract) && !s.sent[r.Edit] {
			s.t.Errorf("edit of %q, which was never sent", r.Edit)
		}
		s.sent[o.Message] = true
		s.last = r.Message
		s.show(r.Message)
	}
	if err := s.store.Settle(s.t.Context(), d.ID, o); err != nil {
		s.t.Fatal(err)
	}
}
