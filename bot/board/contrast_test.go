package board_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestColoursCanBeRead holds every pair of colours against WCAG 2.2 AA: 4.5 for
// text (1.4.3), 3 for what carries meaning otherwise (1.4.11), in both schemes.
func TestColoursCanBeRead(t *testing.T) {
	raw, err := os.ReadFile("pages/board.css")
	if err != nil {
		t.Fatal(err)
	}
	roots := regexp.MustCompile(`:root\{([^}]*)\}`).FindAllStringSubmatch(string(raw), -1)
	if len(roots) != 2 {
		t.Fatalf("%d lists of colours, want light and dark", len(roots))
	}
	for i, scheme := range []string{"light", "dark"} {
		colours := map[string]float64{}
		for entry := range strings.SplitSeq(roots[i][1], ";") {
			name, value, _ := strings.Cut(entry, ":")
			colours[strings.TrimPrefix(name, "--")] = luminance(t, value)
		}
		for _, ground := range []string{"paper", "card"} {
			for name, least := range map[string]float64{"ink": 4.5, "faint": 4.5, "link": 4.5, "mark": 3, "good": 3, "off": 3} {
				x, known := colours[name]
				if y := colours[ground]; !known || (max(x, y)+0.05)/(min(x, y)+0.05) < least {
					t.Errorf("%s: %s on %s has less than %.1f", scheme, name, ground, least)
				}
			}
		}
	}
	if rest := regexp.MustCompile(`:root\{[^}]*\}`).ReplaceAllString(string(raw), ""); regexp.MustCompile(`#[0-9a-f]{3,8}\b|rgb|opacity`).MatchString(rest) {
		t.Error("a colour outside the lists is not looked at")
	}
}

// luminance is the relative luminance of #rrggbb after WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	part := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}
