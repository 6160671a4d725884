package extract

import "karussell/bot"

// Two triggers can claim the same words: the one that says more wins.

// contest lets the longer of two overlapping triggers win.
func (d *doc) contest() {
	for i := range d.trigs {
		a := &d.trigs[i]
		for j := i + 1; j < len(d.trigs) && d.trigs[j].sent == a.sent; j++ {
			b := &d.trigs[j]
			if !a.idiom.kind.eventful() || !b.idiom.kind.eventful() || !a.overlaps(b) {
				continue
			}
			if d.meansLess(a, b) {
				continue
			}
			if ka, kb := a.idiom.kind.event(), b.idiom.kind.event(); ka == bot.Rejection && kb == bot.Link {
				b.off, b.why = true, "overruled by "+a.idiom.id
				continue
			} else if ka == bot.Link && kb == bot.Rejection {
				a.off, a.why = true, "overruled by "+b.idiom.id
				continue
			}
			switch la, lb := a.length(), b.length(); {
			case a.idiom.player != b.idiom.player && a.idiom.kind == b.idiom.kind:
				// Of two that say the same, the one that cannot mean a player.
				if a.idiom.player {
					a.off, a.why = true, "overruled by "+b.idiom.id
				} else {
					b.off, b.why = true, "overruled by "+a.idiom.id
				}
			case la > lb:
				b.off, b.why = true, "overruled by "+a.idiom.id
			case lb > la:
				a.off, a.why = true, "overruled by "+b.idiom.id
			case a.idiom.id == b.idiom.id && a.head == b.head && d.outside(a) && !d.outside(b):
				a.off, a.why = true, "a part stands in another clause"
			case a.idiom.id == b.idiom.id && a.head == b.head:
				b.off, b.why = true, "the same idiom"
			}
		}
	}
}

// outside reports whether a part of a trigger stands in another clause than its
// verb: "der den Verein verlässt, um beim VfB die Jugend zu übernehmen".
func (d *doc) outside(t *trigger) bool {
	for _, p := range t.parts[:t.nparts] {
		if d.german() && d.toks[p[0]].clause != d.toks[t.head].clause {
			return true
		}
	}
	return false
}

// meansLess settles overlapping English triggers of which one is only meant:
// "agreed terms to become coach", "out of the race".
func (d *doc) meansLess(a, b *trigger) bool {
	if d.german() {
		return false
	}
	for _, p := range [2][2]*trigger{{a, b}, {b, a}} {
		win, lose := p[0], p[1]
		kw, kl := win.idiom.kind.event(), lose.idiom.kind.event()
		denied := kw == bot.Rejection && (kl == bot.Appointment || kl == bot.Departure)
		meant := kw == bot.Link && lose.idiom.kind != idiomKind(bot.Link) && d.unfulfilled(lose)
		if denied || meant {
			lose.off, lose.why = true, "overruled by "+win.idiom.id
			return true
		}
	}
	return false
}

func (t *trigger) overlaps(o *trigger) bool {
	for _, p := range t.parts[:t.nparts] {
		for _, q := range o.parts[:o.nparts] {
			if p[0] < q[1] && q[0] < p[1] {
				return true
			}
		}
	}
	return false
}

// length is the number of tokens that a trigger rests on.
func (t *trigger) length() int {
	n := 0
	for _, p := range t.parts[:t.nparts] {
		n += p[1] - p[0]
	}
	return n
}
