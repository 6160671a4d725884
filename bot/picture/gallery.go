package picture

import (
	"crypto/sha256"
	"encoding/json"
	"sync"
	"time"

	"karussell/bot"
)

// Gallery is an Artist that keeps the answers' pictures it drew lately: drawing
// one takes longer than all the rest of an answer, and most people ask for the
// same few. At least hung and at most twice as many are kept, in two
// generations, so that forgetting costs nothing. Nobody may change a picture's
// bytes. Safe for concurrent use.
type Gallery struct {
	*Artist

	mu       sync.Mutex
	young    map[[sha256.Size]byte]bot.Picture
	previous map[[sha256.Size]byte]bot.Picture
}

// hung bounds a generation: some 20 KB a picture, 60 KB at most.
const hung = 48

// NewGallery hangs what a draws.
func NewGallery(a *Artist) *Gallery {
	return &Gallery{Artist: a, young: map[[sha256.Size]byte]bot.Picture{}}
}

// Career implements bot.Artist. Of the time, pictures tell the day only.
func (g *Gallery) Career(language string, c bot.Coach, stories []bot.Story, now time.Time) (bot.Picture, error) {
	return g.show(func() (bot.Picture, error) { return g.Artist.Career(language, c, stories, now) },
		"career", language, c, stories, bot.DateOf(now))
}

// Bench implements bot.Artist.
func (g *Gallery) Bench(language string, club bot.Club, coaches []bot.Coach, stories []bot.Story, now time.Time) (bot.Picture, error) {
	return g.show(func() (bot.Picture, error) { return g.Artist.Bench(language, club, coaches, stories, now) },
		"bench", language, club, coaches, stories, bot.DateOf(now))
}

// Carousel implements bot.Artist.
func (g *Gallery) Carousel(language, title string, rows []bot.CarouselRow, now time.Time) (bot.Picture, error) {
	return g.show(func() (bot.Picture, error) { return g.Artist.Carousel(language, title, rows, now) },
		"carousel", language, title, rows, bot.DateOf(now))
}

// show is the picture of what is given, drawn only when it does not hang yet.
// What draw makes must depend on nothing else.
func (g *Gallery) show(draw func() (bot.Picture, error), what ...any) (bot.Picture, error) {
	sum := sha256.New()
	if json.NewEncoder(sum).Encode(what) != nil {
		return draw() // nothing to recognise it by
	}
	key := [sha256.Size]byte(sum.Sum(nil))
	g.mu.Lock()
	p, ok := g.young[key]
	if !ok {
		p, ok = g.previous[key]
	}
	g.mu.Unlock()
	if ok {
		return p, nil
	}
	p, err := draw()
	if err != nil {
		return p, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.young) >= hung {
		g.previous, g.young = g.young, map[[sha256.Size]byte]bot.Picture{}
	}
	g.young[key] = p
	return p, nil
}
