package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTableIsTheDocumentedOne compares the transitions with the table in
// docs/stories.md, line by line.
func TestTableIsTheDocumentedOne(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "docs", "stories.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	inTable := false
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "| the story is"):
			inTable = true
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case inTable && !strings.HasPrefix(line, "| ---"):
			want = append(want, line)
		}
	}
	var got []string
	for _, tr := range transitions {
		got = append(got, tr.row())
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("the code says\n%s\nthe page says\n%s", g, w)
	}
}

func (t *transition) row() string {
	var hears []string
	for _, s := range t.hears {
		hears = append(hears, signalNames[s])
	}
	when := ""
	if c := conditionNames[t.when]; c != "" {
		when = ", " + c
	}
	then := goalNames[t.then]
	if t.cause != CauseNone && t.cause != CauseOwner {
		then += fmt.Sprintf(" (`%s`)", t.cause)
	}
	return fmt.Sprintf("| %s | %s%s | %s |", phaseNames(t.now), strings.Join(hears, ", "), when, then)
}

func phaseNames(p phase) string {
	if p == anyPhase {
		return "anything"
	}
	if p == anyPhase&^done {
		return "anything but official"
	}
	var names []string
	for _, n := range []struct {
		phase phase
		name  string
	}{{unheard, "new"}, {open, "open"}, {off, "off"}, {shut, "closed, withdrawn"}, {cold, "cold"}, {done, "official"}} {
		if p&n.phase != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

var signalNames = map[signal]string{
	sigRisk: "at risk", sigBacked: "backed", sigCandidate: "candidate", sigInterest: "interest",
	sigTalks: "talks", sigAgreed: "agreed", sigDoubt: "a medium says it is off",
	sigDeclined: "the coach declines", sigDenied: "the club denies",
	sigOfficial: "confirmed appointment, departure, extension", sigOther: "another head coach appointed there",
	sigElsewhere: "he is appointed elsewhere", sigDeparted: "he has left the club", sigSilence: "21 days of silence",
	sigRetract: "the owner retracts", sigRule: "the owner sets a stage",
}

var conditionNames = map[condition]string{
	afterEcho: "more than 72 h after the end", evenHigher: "beyond everything before",
	outnumbered: "and more outlets say so than the contrary",
}

var goalNames = map[goal]string{
	rises: "the higher stage of the two", begins: "begins anew at the reported stage", turns: "the reported stage, up or down",
	toOfficial: "official", toOff: "off", toClosed: "closed", toCold: "cold", toWithdrawn: "withdrawn", toRuled: "that stage",
}

// TestOneLineFits: no stage and signal are covered by two unconditional lines,
// so that the order of the table never decides.
func TestOneLineFits(t *testing.T) {
	for p := unheard; p <= done; p <<= 1 {
		for s := sigRisk; s <= sigRule; s++ {
			n := 0
			for _, tr := range transitions {
				for _, h := range tr.hears {
					if h == s && tr.now&p != 0 && tr.when == always {
						n++
					}
				}
			}
			if n > 1 {
				t.Errorf("%s hearing %s: %d lines", phaseNames(p), signalNames[s], n)
			}
		}
	}
}
