package picture

import (
	"fmt"
	"image/color"
	"strings"
	"time"

	"karussell/bot"
)

// mostChanges is how many changes a digest's picture shows; the rest is counted.
const mostChanges = 10

// Digest draws what changed in a time: a row per story, what happened above how
// certain it is, with a mark that tells settled, open and ended matters apart by
// its shape. since and until are in the time zone of the reader.
func (a *Artist) Digest(language, title string, changes []bot.DigestLine, since, until time.Time) (bot.Picture, error) {
	w := wordsOf(language)
	hidden := max(0, len(changes)-mostChanges)
	shown := changes[:len(changes)-hidden]
	s := a.sheet(0)
	tops := make([][]string, len(shown))
	height := 176
	for i := range shown {
		tops[i] = s.lines(boldStyle, width-2*margin-50, 2, shown[i].Headline)
		height += digestPitch(tops[i])
	}
	s.reset(height + 60)
	s.text(margin, 70, titleStyle, ink, width-2*margin, title)
	when := w.date(bot.DateOf(since)) + " – " + w.date(bot.DateOf(until))
	s.text(margin, 112, bodyStyle, faint, width-2*margin, when)
	s.box(margin, 136, width-margin, 138, hair)
	alt := []string{title + ", " + when}
	y := 186
	for i, c := range shown {
		s.change(y, tops[i], c)
		y += digestPitch(tops[i])
		alt = append(alt, c.Headline+" ("+c.Standing+")")
	}
	if hidden > 0 {
		alt = append(alt, fmt.Sprintf(w.more, hidden))
	}
	s.foot(w, hidden, until, y)
	return s.finish("digest", strings.Join(alt, "; "))
}

// digestPitch is the height of a change whose headline takes these lines.
func digestPitch(lines []string) int { return 58 + 36*len(lines) }

// change is a story: its mark, what happened, how certain it is.
func (s *sheet) change(y int, headline []string, c bot.DigestLine) {
	tint := s.mark(margin+13, y-10, c.Story.Stage)
	for _, line := range headline {
		s.text(margin+44, y, boldStyle, ink, width-2*margin-44, line)
		y += 36
	}
	s.text(margin+44, y-2, smallStyle, tint, width-2*margin-44, c.Standing)
}

// mark is a full square for what is settled, stripes for what is open, half a
// square for a coach who may go, a bar for what has come to nothing. It returns
// its colour.
func (s *sheet) mark(x, y int, stage bot.StoryStage) color.Color {
	const half = 13
	switch stage {
	case bot.StageOfficial:
		s.box(x-half, y-half, x+half, y+half, headBar)
		return headBar
	case bot.StageCandidate, bot.StageInterest, bot.StageTalks, bot.StageAgreed:
		s.hatched(x-half, y-half, x+half, y+half, hope)
		return hope
	case bot.StagePressure, bot.StageBacked:
		s.box(x-half, y-half, x+half, y+half, caretak)
		s.box(x-half+4, y-half+4, x+half-4, y, paper)
		return caretak
	case bot.StageOff, bot.StageCold, bot.StageClosed, bot.StageWithdrawn:
	}
	s.box(x-half, y-4, x+half, y+4, player)
	return player
}
