package extract_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"karussell/bot"
	"karussell/bot/extract"
	"karussell/bot/extract/score"
)

// matchReport is ordinary sports news: no word about a coach changing.
const matchReport = `Torloses Remis im Verfolgerduell

Vor 21.300 Zuschauern trennten sich der SC Freiburg und Werder Bremen am Samstag mit 0:0. Die Gastgeber hatten mehr vom Spiel, die beste Gelegenheit vergab kurz vor der Pause der Angreifer, dessen Kopfball an die Latte klatschte.

Nach dem Seitenwechsel wurde die Partie zerfahrener. Beide Mannschaften leisteten sich viele Fehlpässe im Mittelfeld, Torchancen blieben Mangelware. Erst in der Schlussphase kam noch einmal Bewegung in die Begegnung, doch der Schlussmann parierte glänzend.

In der Tabelle verbessern sich die Breisgauer auf den siebten Rang. Am kommenden Freitag steht das Auswärtsspiel in Mainz an, die Hanseaten empfangen tags darauf den VfL Bochum. Der Kartenvorverkauf läuft bereits, im Gästeblock sind noch Plätze frei.
`

func BenchmarkOrdinaryNews(b *testing.B) {
	x := newExtractor(b)
	a := bot.Article{Text: matchReport}
	b.SetBytes(int64(len(matchReport)))
	b.ReportAllocs()
	for b.Loop() {
		x.Extract(a)
	}
}

func BenchmarkCoachingNews(b *testing.B) {
	x := newExtractor(b)
	pairs, err := score.Load(filepath.Join("testdata", "dev"))
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for i := range pairs {
		size += len(pairs[i].Text)
	}
	b.SetBytes(int64(size / len(pairs)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		x.Extract(bot.Article{Text: pairs[i%len(pairs)].Text})
		i++
	}
}

// BenchmarkAdversarial shows that no input takes more than linear time: the
// bytes per second of a text and of one eight times as long are alike.
func BenchmarkAdversarial(b *testing.B) {
	x := newExtractor(b)
	for name, piece := range map[string]string{
		"trainer":  "Trainer ",
		"sentence": "Trainer Hans Muster verlässt den FC Musterstadt und wird Nachfolger von Otto Muster. ",
		"names":    "Hans Muster, Otto Beispiel und ",
		"clubs":    "Trainer des FC Aal, SV Bor und TSV Cux; ",
		"hyphens":  "Trainer a-\n",
		"numbers":  "Trainer 1. 2. 3. 12:3 ",
		"pronouns": "er ihn der 42-Jährige Trainer ",
		"gaps":     "trennt sich von von von von Trainer ",
	} {
		for _, size := range []int{150_000, 1_200_000} {
			b.Run(fmt.Sprintf("%s/%dKB", name, size/1000), func(b *testing.B) {
				a := bot.Article{Text: strings.Repeat(piece, size/len(piece))}
				b.SetBytes(int64(len(a.Text)))
				for b.Loop() {
					x.Extract(a)
				}
			})
		}
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		if _, err := extract.New(); err != nil {
			b.Fatal(err)
		}
	}
}
