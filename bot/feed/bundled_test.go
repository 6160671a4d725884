package feed_test

import (
	"net/url"
	"testing"

	"karussell/bot/feed"
)

func TestBundledSourcesAreComplete(t *testing.T) {
	sources, err := feed.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) < 40 {
		t.Errorf("only %d sources", len(sources))
	}
	for _, s := range sources {
		u, err := url.Parse(s.URL)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			t.Errorf("%s: %q is no https address", s.Name, s.URL)
		}
		if s.Language != "de" && s.Language != "en" || s.Outlet == "" {
			t.Errorf("%s is incomplete: %+v", s.Name, s)
		}
	}
}

func TestUnknownSourcesAreNamed(t *testing.T) {
	if _, err := feed.Chosen([]string{"kiker"}); err == nil {
		t.Error("an unknown name was accepted")
	}
	if got, err := feed.Chosen([]string{"kicker", "bbc"}); err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}
