package bot_test

import (
	"testing"

	"karussell/bot"
)

func TestQuoted(t *testing.T) {
	tests := []struct{ language, text, want string }{
		{"de", "Er geht.", "„Er geht.“"},
		{"de", "Wie die „WAZ“ berichtet, geht er.", "„Wie die ‚WAZ‘ berichtet, geht er.“"},
		{"de", "„Jetzt langt's“, sagte er.", "„‚Jetzt langt's‘, sagte er.“"},
		{"de", "„Er geht.“", "„Er geht.“"},
		{"de", "„Er geht“ und „er bleibt“", "„‚Er geht‘ und ‚er bleibt‘“"},
		{"de", "“No,” he said.", "„‚No,‘ he said.“"},
		{"en", "Laut „Express“ geht er.", "“Laut ‘Express’ geht er.”"},
		{"en", "“No,” he said.", "“‘No,’ he said.”"},
		{"en", "“No.”", "“No.”"},
		{"en", "", ""},
	}
	for _, tt := range tests {
		if got := bot.Quoted(tt.language, tt.text); got != tt.want {
			t.Errorf("%s: %q becomes %q, want %q", tt.language, tt.text, got, tt.want)
		}
	}
}
