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
		if d.governor(t.head) == "" && !strings.HasSuffix(d.norm(t.head), "ing") {
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

// officeSought reports whether an English sentence speaks of an office that is
// to be filled: "their new head coach", "the vacant manager's post".
func (d *doc) officeSought(t *trigger) bool {
	if d.german() {
		return false
	}
	s := &d.sents[t.sent]
	for i := s.from; i < s.to; i++ {
		switch d.norm(i) {
		case "managerial", "hotseat", "vacancy", "vacant":
			return true
		case "job", "post", "role", "position":
			if d.is(i-1, classAnyCoach|classManager|classHead) || d.norm(i-1) == "'s" && d.is(i-2, classAnyCoach|classManager|classHead) || d.clubAt(i-1) >= 0 {
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
