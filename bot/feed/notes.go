package feed

import (
	"strings"

	"karussell/bot"
)

// What a feed showed last is a note for each of its items. In memory the notes
// of a feed are one string: ten thousand maps of thirty entries would be the
// largest thing that the program holds.

// packNotes makes one string of notes. Keys and values hold no NUL.
func packNotes(notes map[string]string) string {
	size := 0
	for key, value := range notes {
		size += len(key) + len(value) + 2
	}
	var b strings.Builder
	b.Grow(size)
	for key, value := range notes {
		b.WriteString(key)
		b.WriteByte(0)
		b.WriteString(value)
		b.WriteByte(0)
	}
	return b.String()
}

func unpackNotes(packed string) map[string]string {
	if packed == "" {
		return nil
	}
	notes := make(map[string]string, strings.Count(packed, "\x00")/2)
	for packed != "" {
		key, rest, _ := strings.Cut(packed, "\x00")
		value, after, _ := strings.Cut(rest, "\x00")
		notes[key], packed = value, after
	}
	return notes
}

// hold keeps a feed's state. The caller holds mu.
func (p *Poller) hold(s *bot.FeedState) {
	known := p.feeds[s.URL]
	if known == nil {
		known = new(bot.FeedState)
		p.feeds[s.URL] = known
	}
	*known = *s
	known.Polite = nil
	p.notes[s.URL] = packNotes(s.Polite)
}

// whole is a held state with its notes. The caller holds mu.
func (p *Poller) whole(s *bot.FeedState) bot.FeedState {
	state := *s
	state.Polite = unpackNotes(p.notes[s.URL])
	return state
}

// dropFeed forgets a feed's state. The caller holds mu.
func (p *Poller) dropFeed(address string) {
	if t := p.push.talks[address]; t != nil {
		for _, l := range t.letters {
			p.push.room -= len(l.body)
		}
	}
	delete(p.feeds, address)
	delete(p.notes, address)
	delete(p.allowances, address)
	delete(p.push.talks, address)
}
