package extract

import (
	"strings"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// topics is what the article as a whole is about.
type topics struct {
	coachy    bool  // about coaches: the headline or many words say so
	other     bool  // about another sport
	focus     []int // per sentence: the club under discussion, or -1
	main      int   // the club of the article, or -1
	vacant    []int // clubs that seek a coach
	sections  bool  // several clubs have a section each
	head      bool  // headline or teaser names a coach's office
	directors bool  // about sporting directors, not coaches
	sought    bool  // a sentence speaks of an office to be filled
	seeking   bool  // somebody seeks a coach
	hindsight bool  // an obituary or an anniversary
	poll      bool  // a vote among readers
}

// survey looks over the whole article before the triggers are judged.
func (d *doc) survey() {
	d.topic.focus = make([]int, len(d.sents))
	d.nationalCoach()
	d.topic.main = d.mainClub()
	coachWords, otherGame, head, director := 0, 0, false, false
	for i := range d.toks {
		t := &d.toks[i]
		if t.class.has(classAnyCoach|classBody) || !d.german() && t.class.has(classManager) {
			coachWords++
			k := d.sents[t.sent].kind
			head = head || k == headlineBlock || k == teaserBlock
		}
		if t.class.has(classDirector) {
			k := d.sents[t.sent].kind
			director = director || k == headlineBlock || k == teaserBlock
		}
		otherGame += d.otherSport(t)
	}
	for i := range d.trigs {
		if im := d.trigs[i].idiom; im.strong || im.kind.event() == bot.Departure && im.manner == bot.Dismissed && !im.weak {
			coachWords++
		}
	}
	d.topic.head = head
	d.topic.directors = director && !head
	d.topic.coachy = head || coachWords >= 2
	for i := range d.trigs {
		im := d.trigs[i].idiom
		if im.kind == kindVacancy || im.kind.event() == bot.Departure && !im.old && !im.player || im.kind.event() == bot.Link && !im.weak {
			d.topic.seeking = true
		}
	}
	d.topic.other = otherGame >= 2
	for n := range d.sents {
		d.topic.sought = d.topic.sought || !d.german() && d.seeksIn(&d.sents[n])
	}
	d.readGenre()
	d.findPosts()
	d.spreadFormer()
	d.trackFocus()
}

// otherSport weighs the words of other sports: "Basketballer" is a sure sign,
// "Handball" alone can be a foul.
func (d *doc) otherSport(t *token) int {
	for _, sport := range [...]string{"basketball", "eishockey", "volleyball", "handballer", "handballbundes", "handballtrainer", "wasserball"} {
		if strings.HasPrefix(t.norm, sport) {
			return 2
		}
	}
	switch t.norm {
	case "del", "hbl", "bbl", "nba", "nhl", "thw", "hsg", "ehc", "erc":
		if t.shout {
			return 2
		}
		return 0
	}
	if t.class.has(classOtherGame) {
		return 1
	}
	return 0
}

// dateline reports whether a town only says where the article was written:
// "Frankfurt, 4. November", "Dortmund.", "Mainz (dpa)".
func (d *doc) dateline(x *mention) bool {
	s := &d.sents[d.toks[x.from].sent]
	if x.sense < gazetteer.Adjective && (x.sense != gazetteer.Alias || x.to-x.from > 1) || x.from != s.from || x.from > 60 {
		return false
	}
	switch d.norm(x.to) {
	case ".", "(", "/", "-":
		return true
	case ",":
		return d.num(x.to+1) > 0 || d.is(x.to+1, classMonth)
	}
	return false
}

// leftBehind reports whether the club at token i is one that somebody left
// earlier: "nach seinem Aus beim FC Augsburg".
func (d *doc) leftBehind(i int) bool {
	for k := i - 1; k >= 0 && k >= i-5 && d.sameSentence(k, i); k-- {
		switch d.norm(k) {
		case "diensten", "mehr", "aus", "abschied", "ende", "entlassung", "trennung", "rauswurf", "zuletzt", "einst", "dismissal", "departure", "sacking":
			if d.is(k+1, classPlace) {
				return true
			}
		}
	}
	return false
}

// nationalCoach counts "der Bundestrainer" for Germany, whose coach alone is
// called so without a country.
func (d *doc) nationalCoach() {
	for i := range d.toks {
		if !d.german() || !strings.HasPrefix(d.toks[i].norm, "bundestrain") || d.clubAt(i-1) >= 0 {
			continue
		}
		germany, ok := d.gaz.ClubNamed("Deutschland")
		if !ok {
			return
		}
		c := &d.clubs[d.clubFor(germany.ID)]
		c.anchored = true
		c.count++
		if c.first < 0 {
			c.first = i
		}
	}
}

// mainClub is the club that the article names most; the headline counts more.
func (d *doc) mainClub() int {
	best, bestScore := -1, 0
	for i := range d.clubs {
		c := &d.clubs[i]
		score := 2 * c.count
		if c.headline {
			score += 5
		}
		if !c.anchored {
			score -= 2
			if c.national {
				score -= 4 // a country is more often only a country
			}
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// trackFocus finds the club under discussion in every sentence: one that it
// names as its subject, else that of the sentence before; a heading that names
// a club opens its section.
func (d *doc) trackFocus() {
	focus, section, blk, marks := d.topic.main, -1, -1, 0
	opening := false
	for n := range d.sents {
		s := &d.sents[n]
		if s.block != blk {
			blk = s.block
			if section >= 0 {
				focus = section
			}
			opening = true
		}
		named := -1
		for i := s.from; i < s.to; i++ {
			m := d.toks[i].ment
			if m < 0 || d.ments[m].from != i || d.ments[m].kind != clubMention || d.ments[m].ent < 0 {
				continue
			}
			x := &d.ments[m]
			if x.versus || x.owner >= 0 || d.formerNear(x.from) || d.dateline(x) || d.bracketed(x.from) || d.leftBehind(x.from) || d.origin(x.from) && !d.clubs[x.ent].headline {
				continue
			}
			if d.relativeClause(x.from) && !d.clubs[x.ent].headline {
				continue
			}
			c := &d.clubs[x.ent]
			if m := d.topic.main; x.sense >= gazetteer.Town && !x.noun && !c.anchored && !c.headline && (c.national || m >= 0 && m != x.ent && d.clubs[m].anchored && c.count < 2) {
				continue // only a place
			}
			if m := d.topic.main; m >= 0 && m != x.ent && c.national && d.clubs[m].national && !c.headline && c.count < 2 {
				continue // "die WM in Russland"
			}
			named2 := x.sense <= gazetteer.Alias && !x.noun && !d.oblique(x.from)
			if !c.headline && x.ent != d.topic.main && (d.backwards(s) || !opening && c.count < 3 && !named2) {
				continue // a side remark
			}
			if !c.headline && x.ent != d.topic.main && d.is(x.to, classAnyCoach) {
				continue // "Österreichs Teamchef"
			}
			if named < 0 || d.topicRank(x) > d.topicRank(&d.ments[named]) {
				named = int(m)
			}
			if d.sectionMark(s, x) {
				if section != x.ent {
					marks++
				}
				section = x.ent
			}
		}
		if named >= 0 {
			focus = d.ments[named].ent
		}
		d.topic.focus[n] = focus
		opening = false
	}
	d.topic.sections = marks > 1
}

// backwards reports whether a sentence looks back: "hatte", "einst".
func (d *doc) backwards(s *sentence) bool {
	for i := s.from; i < s.to; i++ {
		if d.is(i, classPlu|classPast) {
			return true
		}
	}
	return false
}

// topicRank says how likely a club mention names what its sentence is about.
func (d *doc) topicRank(x *mention) int {
	rank := 0
	if x.sense <= gazetteer.Nickname && !x.noun {
		rank += 2
	}
	if !d.oblique(x.from) {
		rank++
	}
	if c := &d.clubs[x.ent]; c.headline || x.ent == d.topic.main {
		rank++
	}
	return rank
}

// sectionMark reports whether a club opens a section: alone in a heading, or
// first in its line before a colon or a full stop.
func (d *doc) sectionMark(s *sentence, x *mention) bool {
	if x.from != s.from || x.noun {
		return false
	}
	if s.kind == headingBlock && s.to-x.to <= 1 {
		return true
	}
	n := d.norm(x.to)
	return n == ":" || n == "." && x.to == s.to-1
}

// maxPosts bounds the posts of one article.
const maxPosts = 600
