package feed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"karussell/bot"
	"karussell/bot/feed"
)

// TestHeadOfAFile: samples are read as what they are, and nothing that merely
// looks a little like a head is taken from a text.
func TestHeadOfAFile(t *testing.T) {
	tests := map[string]struct {
		text string
		want bot.Article
		err  string
	}{
		"all":        {"outlet: WAZ\ntitle: Schalke: wer kommt?\nurl: https://waz.example/1\npublished: 2024-09\nhours: 9\n\nDer Text.\n", bot.Article{Outlet: "WAZ", Title: "Schalke: wer kommt?", URL: "https://waz.example/1", Published: "2024-09", Text: "Der Text."}, ""},
		"windows":    {"outlet: WAZ\r\n\r\nDer Text.", bot.Article{Outlet: "WAZ", Text: "Der Text."}, ""},
		"a headline": {"title: Schalke\nEin Satz.\n\nDer Text.", bot.Article{Text: "title: Schalke\nEin Satz.\n\nDer Text."}, ""},
		"no head":    {"Trainer: Backhaus\n\nDer Text.", bot.Article{Text: "Trainer: Backhaus\n\nDer Text."}, ""},
		"only head":  {"outlet: WAZ\n", bot.Article{Text: "outlet: WAZ\n"}, ""},
		"a bad date": {"published: gestern\n\nDer Text.", bot.Article{}, "want YYYY"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.txt")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := feed.ReadFile(path)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), path) {
					t.Fatalf("error %v, want %q and the file's name", err, tt.err)
				}
				return
			}
			got.File = ""
			if err != nil || got.Outlet != tt.want.Outlet || got.Title != tt.want.Title || got.URL != tt.want.URL || got.Published != tt.want.Published || got.Text != tt.want.Text {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
