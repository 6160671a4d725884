package bot_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"karussell/bot"
)

// This file is the season's oracle: where stories stand and what each chat must
// read, worked out from what was printed in the plainest way, with none of the
// engine's code.

// item is one article of the season as the oracle understands it.
type item struct {
	at     time.Time // published
	read   time.Time
	who    string // "coach @ club/matter": the story
	coach  string
	club   string
	exit   bool
	level  int // 1 candidate … 4 agreed, 5 official; 0 denial
	typ    bot.EventType
	origin string
	copied bool
}

// standing is where a story stands.
type standing struct {
	stage    string
	several  int // 1 one outlet, 2 several, 3 official
	outlets  string
	winner   string
	trigger  bot.EventType
	official time.Time
	last     time.Time
}

func (s standing) alive() bool {
	return slices.Contains([]string{"candidate", "interest", "talks", "agreed", "pressure", "official"}, s.stage)
}

var levels = []string{"off", "candidate", "interest", "talks", "agreed", "official"}

// closing is the appointment of another coach, or the owner's retraction.
type closing struct {
	at      time.Time
	coach   string
	retract string // the story that the owner withdraws
}

// stands replays a story's items in the order of their publication.
func stands(items []item, closings []closing, now time.Time) standing {
	type step struct {
		at time.Time
		it *item
		cl *closing
	}
	var steps []step
	for i := range items {
		steps = append(steps, step{items[i].at, &items[i], nil})
	}
	born := slices.MinFunc(items, func(a, b item) int { return a.at.Compare(b.at) }).at
	for i := range closings {
		if closings[i].retract == "" && closings[i].coach != items[0].coach && born.Sub(closings[i].at) <= 72*time.Hour {
			steps = append(steps, step{closings[i].at, nil, &closings[i]})
		}
		if closings[i].retract == items[0].who {
			steps = append(steps, step{closings[i].at, nil, &closings[i]})
		}
	}
	sort.SliceStable(steps, func(i, j int) bool { return steps[i].at.Before(steps[j].at) })
	var s standing
	level, high := 0, 0
	var ended time.Time
	var counted []*item
	phase := "" // "", open, off, shut, cold, done
	rest := func(at time.Time) {
		if phase == "open" && !at.Before(s.last.Add(21*24*time.Hour)) {
			phase, s.stage = "cold", "cold"
		}
	}
	name := func(l int) string {
		if l == 1 && items[0].exit {
			return "pressure"
		}
		return levels[l]
	}
	for _, st := range steps {
		rest(st.at)
		if st.cl != nil && st.cl.retract != "" {
			phase, s.stage, s.winner, ended = "shut", "withdrawn", "", st.at
			continue
		}
		if st.cl != nil {
			if phase != "done" && phase != "off" && phase != "shut" {
				phase, s.stage, s.winner, ended = "shut", "closed", st.cl.coach, st.at
			}
			continue
		}
		it := st.it
		start := func() {
			phase, level, s.stage, s.trigger, s.winner = "open", it.level, name(it.level), it.typ, ""
			counted = nil
		}
		late := st.at.Sub(ended) > 72*time.Hour
		switch {
		case phase == "done":
		case it.level == 5:
			phase, s.stage, s.trigger, s.official, s.winner = "done", "official", it.typ, st.at, ""
			level = 5
		case it.level == 0:
			if phase == "" || phase == "open" || phase == "cold" {
				phase, s.stage, s.trigger, ended, s.winner = "off", "off", it.typ, st.at, ""
			}
		case phase == "", phase == "cold", (phase == "off" || phase == "shut") && late,
			phase == "off" && it.level > high && it.level > 1:
			start()
		case phase == "open" && it.level > level:
			level, s.stage, s.trigger = it.level, name(it.level), it.typ
		}
		counted = append(counted, it)
		if phase == "open" || phase == "done" {
			high = max(high, level)
		}
		s.last = st.at
	}
	rest(now)
	s.count(counted, items, level, phase)
	return s
}

// count works out evidence and outlets.
func (s *standing) count(counted []*item, items []item, level int, phase string) {
	names := map[string]bool{}
	for _, it := range counted {
		speaks := it.level >= level
		switch s.stage {
		case "off":
			speaks = it.level == 0
		case "pressure":
			speaks = it.level == 1 || it.level >= 4
		}
		if speaks && !it.copied {
			names[it.origin] = true
		}
	}
	s.several = min(len(names), 2)
	if phase == "done" || s.stage == "off" {
		s.several = 3
	}
	sorted := slices.Clone(items)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].at.Before(sorted[j].at) })
	var outlets []string
	for _, it := range sorted {
		if !it.copied && !slices.Contains(outlets, it.origin) {
			outlets = append(outlets, it.origin)
		}
	}
	s.outlets = strings.Join(outlets, ",")
}

// reader is a chat of the season with what it must have read.
type reader struct {
	name       string
	subs       []bot.Subscription
	from       time.Time // when it subscribed
	quiet      [2]int    // hours by Berlin time; equal: none
	muted      string    // coach
	paused     bool
	digest     bool
	told       map[string]*knowledge
	pending    map[string]string // story: stage at the time
	transcript []string
}

// knowledge is what a chat was shown of a story.
type knowledge struct {
	stage string
	first string // the first message as it looks now
}

func (s standing) look() string {
	return fmt.Sprint(s.stage, s.several, s.outlets, s.winner)
}

// asks reports whether a subscription covers a story.
func asks(sub *bot.Subscription, it *item, outlets string) bool {
	kind, id := sub.Topic.Cut()
	switch kind {
	case "all":
		return true
	case "club":
		return id == it.club
	case "coach":
		return id == bot.Slug(it.coach)
	case "league":
		c, _ := twoLeagues{}.Club(bot.ClubID(it.club))
		return bot.LeagueID(id) == c.League
	case "outlet":
		return slices.ContainsFunc(strings.Split(outlets, ","), func(o string) bool { return bot.Slug(o) == id })
	}
	return false
}

func enough(m bot.Certainty, s standing) bool {
	official := s.stage == "official" || s.stage == "off"
	switch m {
	case bot.OfficialOnly:
		return official
	case bot.SeveralSources:
		return official || s.stage == "agreed" || s.several >= 2
	case bot.Everything:
	}
	return true
}

func (r *reader) wants(it *item, s standing, since time.Time) bool {
	return slices.ContainsFunc(r.subs, func(sub bot.Subscription) bool {
		return asks(&sub, it, s.outlets) && enough(sub.Minimum, s) && !sub.Since.After(since.Add(15*time.Minute)) &&
			(len(sub.Types) == 0 || slices.Contains(sub.Types, s.trigger))
	})
}

// hears takes a visible change of a story in. News is the time of the newest
// fresh report behind it, zero for none.
func (r *reader) hears(at time.Time, it *item, was *standing, now standing, news time.Time) {
	covered := slices.ContainsFunc(r.subs, func(sub bot.Subscription) bool { return asks(&sub, it, now.outlets) })
	if now.stage == "withdrawn" {
		delete(r.pending, it.who)
		if k := r.told[it.who]; k != nil && !r.paused && k.stage != now.stage {
			k.stage, k.first = now.stage, now.look()
			r.note(at, it.who, "edit", now.stage)
		}
		return
	}
	if r.paused || r.digest || r.muted == it.coach || !covered {
		return
	}
	if r.told[it.who] != nil {
		r.pending[it.who] = now.stage
		return
	}
	if stage, waits := r.pending[it.who]; waits {
		if now.alive() || stage == now.stage {
			r.pending[it.who] = now.stage
		} else {
			delete(r.pending, it.who)
		}
		return
	}
	isNews := !news.IsZero() && (now.alive() && (was == nil || was.stage != now.stage || now.several > was.several) ||
		was == nil && now.stage == "off")
	if isNews && r.wants(it, now, news) {
		r.pending[it.who] = now.stage
	}
}

// reads writes down what the chat must get at this moment.
func (r *reader) reads(at time.Time, state map[string]standing) {
	hour := at.Hour()
	if r.quiet[0] != r.quiet[1] {
		in := hour >= r.quiet[0] && hour < r.quiet[1]
		if r.quiet[0] > r.quiet[1] {
			in = hour >= r.quiet[0] || hour < r.quiet[1]
		}
		if in {
			return
		}
	}
	for who := range r.pending {
		s := state[who]
		k := r.told[who]
		switch {
		case k == nil && (s.alive() || s.stage == "off" && r.pending[who] == "off"):
			r.told[who] = &knowledge{s.stage, s.look()}
			r.note(at, who, "post", s.stage)
		case k == nil:
		case k.stage != s.stage:
			k.stage = s.stage
			r.note(at, who, "reply", s.stage)
		case k.first != s.look():
			k.first = s.look()
			r.note(at, who, "edit", s.stage)
		}
	}
	clear(r.pending)
}

func (r *reader) note(at time.Time, who, kind, stage string) {
	r.transcript = append(r.transcript, fmt.Sprintf("%s %s: %s %s", at.UTC().Format("01-02 15h"), who, kind, stage))
}
