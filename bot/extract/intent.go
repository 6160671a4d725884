package extract

import (
	"strings"

	"karussell/bot"
)

// English tells apart what is done and what is only meant by the infinitive
// and the gerund: "sacked X" against "calls to sack X", "has become" against
// "the favourite to become".

// unfulfilled reports whether an English trigger hangs as an infinitive or a
// gerund on words that leave open whether it comes about.
func (d *doc) unfulfilled(t *trigger) bool {
	switch t.idiom.kind.event() {
	case bot.Departure:
		governor := d.governor(t.head)
		return governor != "" && !decides(governor)
	case bot.Appointment:
		if g := d.governor(t.head); g != "" && wishes(g) {
			return true
		} else if g == "" && !strings.HasSuffix(d.norm(t.head), "ing") && d.norm(t.head-1) != "being" {
			return false
		}
	case bot.Link, bot.Rejection, bot.Extension, bot.Pressure:
		return false
	default:
		if t.idiom.kind != kindSuccession || d.governor(t.head) == "" && !strings.HasSuffix(d.norm(t.head), "ing") {
			return false
		}
	}
	beside := d.beside(t.sent)
	for i := range beside {
		o := &beside[i]
		switch o.idiom.kind.event() {
		case bot.Link, bot.Rejection, bot.Pressure:
			if o.head <= t.head {
				return true
			}
		case bot.Departure, bot.Appointment, bot.Extension:
		}
	}
	return false
}

// governor is the word that an infinitive at token i hangs on: "refused" in
// "refused to resign", "asked" in "asked to be sacked"; "" for other forms.
func (d *doc) governor(i int) string {
	k := i - 1
	for k > 0 && d.sameSentence(k, i) && (d.norm(k) == "be" || d.norm(k) == "get" || strings.HasSuffix(d.norm(k), "ly")) {
		k--
	}
	if k < 1 || d.norm(k) != "to" || !d.sameSentence(k-1, i) {
		return ""
	}
	return d.norm(k - 1)
}

// decides reports whether the infinitive behind a word tells what happens:
// "decided to resign", "is to leave".
func decides(governor string) bool {
	switch governor {
	case "decided", "decision", "agreed", "agreement", "chose", "chosen", "choose", "opted", "elected", "forced", "set", "due", "expected", "is",
		"was", "are", "were", "moved", "announced", "resolved", "poised", "about", "manager", "coach", "boss", "voted", "obliged", "compelled",
		"swift", "quick", "needed", "prepared", "preparing", "planning", "plans", "intends", "intention", "going", "confirmed", "ready":
		return true
	}
	return false
}

// threatened reports whether a dismissal is only possible: "could be sacked",
// "will be sacked if they lose".
func (d *doc) threatened(t *trigger) bool {
	if t.idiom.manner != bot.Dismissed {
		return false
	}
	from, _ := d.clauseOf(t.head)
	for i := from; i < t.head; i++ {
		switch d.norm(i) {
		case "could", "might", "may", "would":
			return true
		case "will":
			for k := t.to; k < d.sents[t.sent].to; k++ {
				if d.norm(k) == "if" || d.norm(k) == "unless" {
					return true
				}
			}
		}
	}
	return false
}

// wishes reports whether the infinitive behind a word is only wanted: "urged to
// appoint", "the chance to become".
func wishes(governor string) bool {
	switch governor {
	case "urged", "asked", "want", "wants", "wanted", "hope", "hopes", "hoping", "keen", "trying", "tempted", "like", "need", "needs", "able",
		"chance", "opportunity", "offer", "approach", "favourite", "favorite", "frontrunner", "runner", "candidate", "contender", "contenders",
		"refused", "declined", "unlikely", "tipped", "man", "option", "willing", "eager", "reluctant", "linked", "race", "bid", "tried", "failed":
		return true
	}
	return false
}

// officeSought reports whether an English sentence speaks of an office that is
// to be filled: "their new head coach", "the vacant manager's post".
func (d *doc) officeSought(t *trigger) bool {
	return !d.german() && d.seeksIn(&d.sents[t.sent])
}

func (d *doc) seeksIn(s *sentence) bool {
	for i := s.from; i < s.to; i++ {
		switch d.norm(i) {
		case "managerial", "hotseat", "vacancy", "vacant":
			return true
		case "manage", "coach":
			if d.norm(i-1) == "to" {
				return true
			}
		case "job", "post", "role", "position":
			if d.is(i-1, classAnyCoach|classManager|classHead) || d.norm(i-1) == "'s" && d.is(i-2, classAnyCoach|classManager|classHead) || d.clubAt(i-1) >= 0 || d.norm(i+1) == "at" && d.clubAt(i+2) >= 0 {
				return true
			}
		}
		if !d.is(i, classAnyCoach|classManager|classHead) {
			continue
		}
		for k := i - 1; k >= s.from && k >= i-5; k-- {
			switch d.norm(k) {
			case "new", "next", "become", "becoming", "as", "permanent", "succeed", "replace", "succeeding", "replacing":
				return true
			}
		}
	}
	return false
}
