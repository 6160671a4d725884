package bot

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxQuote keeps a quoted sentence short enough for a phone's screen.
const maxQuote = 220

// headline says the story's present state in plain words, always in the form
// "club: what", which needs no article or case in German.
func (v voice) headline(s *Story) string {
	return v.say("headline", "Club", v.side(s.ClubName, s.Key.Team), "What", v.happening(s))
}

// side is the club with the team, where it is not the first one.
func (v voice) side(club string, t Team) string {
	if t == "" {
		return club
	}
	return v.say("team_"+string(t), "Club", club)
}

// happening takes the most specific phrase there is for matter, stage and
// manner, role or cause.
func (v voice) happening(s *Story) string {
	key := "head_" + string(s.Key.Matter) + "_" + string(s.Stage)
	if s.Stage == StageWithdrawn {
		key = "head_withdrawn"
	}
	if detail := headDetail(s); detail != "" && v.phrases.Has("de", key+"_"+detail) {
		key += "_" + detail
	}
	return v.say(key, "Coach", cmp.Or(s.CoachName, v.say("a_coach")), "Winner", s.Winner, "Until", v.long(s.Until))
}

// headDetail is what makes the phrase more specific.
func headDetail(s *Story) string {
	switch {
	case s.Open(), s.Because == CauseOther && s.Winner == "":
		return ""
	case s.Stage != StageOfficial:
		return string(s.Because)
	case s.Key.Matter == Exit:
		return string(s.Manner)
	case s.Key.Matter == Arrival:
		return string(s.Role)
	case !s.Until.IsZero():
		return "until"
	}
	return ""
}

// standing is stage and evidence: two axes, never one number.
func (v voice) standing(s *Story) string {
	stage := v.say("stage_" + string(s.Stage))
	if s.Stage == StageOfficial || s.Evidence == "" {
		return stage
	}
	return stage + " · " + v.say("evidence_"+string(s.Evidence))
}

// outletsLine is "zuerst: WAZ; auch kicker, Sky".
func (v voice) outletsLine(s *Story) string {
	others := slices.DeleteFunc(slices.Clone(s.Outlets), func(o string) bool { return o == s.Origin || o == "" })
	switch {
	case s.Origin == "" && len(others) == 0:
		return v.say("outlets_none")
	case s.Origin == "":
		return strings.Join(others, ", ")
	case len(others) == 0:
		return s.Origin
	}
	return v.say("outlets", "First", s.Origin, "Others", strings.Join(others, ", "))
}

// tone turns stage and evidence into the message's tone.
func tone(s *Story) Tone {
	switch s.Stage {
	case StageOfficial:
		return ToneOfficial
	case StageOff, StageCold, StageClosed, StageWithdrawn:
		return ToneOff
	case StageAgreed:
		return ToneLikely
	case StageBacked, StagePressure, StageCandidate, StageInterest, StageTalks:
	}
	if s.Evidence == Several || s.Evidence == OfficialEvi {
		return ToneLikely
	}
	return ToneRumour
}

// spokesman is the report that a message quotes and links: the first that said
// what the story now says, else the newest one that stands. The first one stays
// when others follow, so that an edit does not change whom a message quotes.
func spokesman(s *Story) (Report, bool) {
	standing := func(r Report) bool { return !r.Revoked && !r.Carrier }
	for _, r := range s.Reports {
		if standing(r) && agrees(s, &r) {
			return r, true
		}
	}
	for _, r := range slices.Backward(s.Reports) {
		if standing(r) {
			return r, true
		}
	}
	if n := len(s.Reports); n > 0 {
		return s.Reports[n-1], true
	}
	return Report{}, false
}

// newest is the last report that stands, when it came on a later day than r.
func (v voice) newest(s *Story, r *Report) string {
	for _, o := range slices.Backward(s.Reports) {
		if o.Revoked {
			continue
		}
		if o.Undated || !o.At.After(r.At) || v.day(o.At) == v.day(r.At) {
			return ""
		}
		return v.say("last_report", "Day", v.day(o.At))
	}
	return ""
}

// agrees reports whether a report supports the story's present stage.
func agrees(s *Story, r *Report) bool {
	switch s.Stage {
	case StageOfficial:
		t := r.Event.Type
		return t == Appointment || t == Departure || t == Extension
	case StageOff:
		return r.Event.Type == Rejection || r.Event.Type == Appointment
	case StageCandidate, StageInterest, StageTalks, StageAgreed:
		return string(r.Event.Stage) == string(s.Stage)
	case StageBacked, StagePressure:
		return r.Event.Type == Pressure
	case StageCold, StageClosed, StageWithdrawn:
	}
	return true
}

// reported says who said it: "laut WAZ, zitiert von kicker, 12.09.2024" where one paper
// cites another.
func (v voice) reported(r Report) string {
	if r.Origin == "" || r.Origin == r.Source.Outlet || r.Source.Outlet == "" {
		s := r.Source
		s.Outlet = cmp.Or(r.Origin, s.Outlet)
		return v.source(s)
	}
	return v.say("source_cited", "Origin", r.Origin, "Outlet", r.Source.Outlet, "When", v.stamp(r.Source))
}

// silence marks a story of which nothing was heard for long: old news is shown,
// and shown as old.
func (v voice) silence(s *Story) string {
	if !s.Open() || s.Last.IsZero() || v.now.Sub(s.Last) < SilenceAfter {
		return ""
	}
	return v.say("silent_since", "Count", int(v.now.Sub(s.Last).Hours()/24/7))
}

// storyBlocks is a story in a list: headline, standing, source, the sentence.
func (v voice) storyBlocks(s *Story) []Block {
	r, ok := spokesman(s)
	facts := []string{v.standing(s)}
	if ok {
		facts = append(facts, v.reported(r))
		if last := v.newest(s, &r); last != "" {
			facts = append(facts, last)
		}
	}
	if quiet := v.silence(s); quiet != "" {
		facts = append(facts, quiet)
	}
	head := bold(v.headline(s))
	head.Link = webLink(r.Source.URL)
	blocks := []Block{item(head, plain(" – "+strings.Join(facts, " · ")+" · #"+storyArg(s.ID)))}
	if q := shorten(r.Event.Quote, maxQuote); q != "" {
		blocks = append(blocks, quote(q))
	}
	return blocks
}

func quote(s string) Block { return Block{Kind: Quote, Spans: []TextSpan{plain(s)}} }

// webLink keeps what a platform may open.
func webLink(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}

// shorten cuts at a word's end and says so with an ellipsis.
func shorten(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut := string([]rune(s)[:limit-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:–-") + "…"
}
