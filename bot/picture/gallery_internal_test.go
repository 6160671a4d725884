package picture

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"karussell/bot"
)

func TestAPictureIsDrawnOnce(t *testing.T) {
	g := NewGallery(nil)
	drawn := 0
	draw := func() (bot.Picture, error) { drawn++; return bot.Picture{Key: strconv.Itoa(drawn)}, nil }
	for range 3 {
		if p, err := g.show(draw, "career", "de", bot.Coach{Name: "A"}); err != nil || p.Key != "1" {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if p, _ := g.show(draw, "career", "en", bot.Coach{Name: "A"}); p.Key != "2" {
		t.Errorf("another language shows %s", p.Key)
	}
	if p, _ := g.show(draw, "career", "de", bot.Coach{Name: "B"}); p.Key != "3" {
		t.Errorf("another coach shows %s", p.Key)
	}
	failing := func() (bot.Picture, error) { return bot.Picture{}, errors.New("no ink") }
	if _, err := g.show(failing, "bench"); err == nil {
		t.Error("a failure is no picture")
	}
	if p, err := g.show(draw, "bench"); err != nil || p.Key != "4" {
		t.Errorf("after a failure: %+v, %v", p, err)
	}
}

// TestTheGalleryShowsWhatTheArtistDraws: every kind, and another day is another
// picture.
func TestTheGalleryShowsWhatTheArtistDraws(t *testing.T) {
	a, err := New(nobody{})
	if err != nil {
		t.Fatal(err)
	}
	g := NewGallery(a)
	today := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, draw := range map[string]func(bot.Artist, time.Time) (bot.Picture, error){
		"career": func(a bot.Artist, now time.Time) (bot.Picture, error) {
			return a.Career("de", bot.Coach{Name: "A"}, nil, now)
		},
		"bench": func(a bot.Artist, now time.Time) (bot.Picture, error) {
			return a.Bench("de", bot.Club{Name: "A"}, nil, nil, now)
		},
		"carousel": func(a bot.Artist, now time.Time) (bot.Picture, error) { return a.Carousel("de", "A", nil, now) },
	} {
		want, err := draw(a, today)
		if err != nil {
			t.Fatal(err)
		}
		first, _ := draw(g, today)
		again, _ := draw(g, today.Add(time.Hour))
		tomorrow, _ := draw(g, today.AddDate(0, 0, 1))
		if first.Key != want.Key || &again.Data[0] != &first.Data[0] {
			t.Errorf("%s is not shown as it was drawn", name)
		}
		if fresh, _ := draw(a, today.AddDate(0, 0, 1)); tomorrow.Key != fresh.Key {
			t.Errorf("%s is yesterday's", name)
		}
	}
}

// nobody knows no club.
type nobody struct{ bot.Gazetteer }

func (nobody) Club(bot.ClubID) (bot.Club, bool) { return bot.Club{}, false }

func TestTheGalleryIsBounded(t *testing.T) {
	g := NewGallery(nil)
	for i := range 10 * hung {
		if _, err := g.show(func() (bot.Picture, error) { return bot.Picture{}, nil }, i); err != nil {
			t.Fatal(err)
		}
		if n := len(g.young) + len(g.previous); n > 2*hung {
			t.Fatalf("%d pictures hang", n)
		}
	}
}
