package extract

import (
	"strings"
	"testing"
	"testing/fstest"

	"karussell/bot"
)

// read takes a text through the stages and hands out the work.
func read(t *testing.T, text string, published bot.Date) *doc {
	t.Helper()
	x, err := New()
	if err != nil {
		t.Fatal(err)
	}
	d := x.open(&bot.Article{Text: text, Published: published})
	d.run()
	return d
}

func TestSentences(t *testing.T) {
	for text, want := range map[string]int{
		"Der 1. FC Köln sucht einen Trainer. Die 2. Bundesliga wartet.":           2,
		"Dr. Hans Muster kam am 30. Juni 2023 als Trainer. Er ging am 2. Januar.": 2,
		"Trainer z. B. sind selten. Platz 14. Der Klub reagierte.":                3,
		"„Er ist Trainer.“ Das sagte er. Wirklich? Ja!":                           4,
		"Der Trainer von St. Pauli heißt J. Muster.":                              1,
	} {
		if d := read(t, text, ""); len(d.sents) != want {
			t.Errorf("%q: %d sentences, want %d", text, len(d.sents), want)
		}
	}
}

func TestDates(t *testing.T) {
	const published = "2024-09-25" // a Wednesday
	for text, want := range map[string]bot.Date{
		"am 6. September 2023": "2023-09-06", "am 6. September": "2024-09-06", "im November des Vorjahres": "2023-11",
		"am Montag": "2024-09-23", "gestern": "2024-09-24", "vor zwei Jahren": "2022", "im Mai": "2024-05", "im Dezember": "2023-12",
		"am 04.01.2024": "2024-01-04", "bis zum 30. Juni 2027": "2027-06-30", "im Sommer 2020": "2020", "vor drei Wochen": "2024-09",
	} {
		d := read(t, "Der Trainer kam "+text+" zum Verein.", published)
		found := bot.Date("")
		for i := range d.ments {
			if d.ments[i].kind == dateMention {
				found = d.ments[i].when.date
			}
		}
		if found != want {
			t.Errorf("%q: %q, want %q", text, found, want)
		}
	}
}

func TestPersons(t *testing.T) {
	for text, want := range map[string]string{
		"Trainer Claus-Dieter Wollitz (55) unterschrieb.":             "Claus-Dieter Wollitz",
		"Coach Mark van Bommel kam.":                                  "Mark van Bommel",
		"Der Trainer Antonio Di Salvo kam.":                           "Antonio Di Salvo",
		"Trainerin Martina Voss-Tecklenburg kam.":                     "Martina Voss-Tecklenburg",
		"Co-Trainer Andreas „Zecke“ Neuendorf kam.":                   "Andreas Neuendorf",
		"TRAINER HANS MUSTERMANN IST WEG. Trainer Hans Mustermann da": "Hans Mustermann",
		"Trainer Unbekannt ging.":                                     "Unbekannt",
	} {
		d := read(t, text, "")
		if len(d.persons) != 1 || d.persons[0].name != want {
			t.Errorf("%q: %+v, want %q", text, d.persons, want)
			continue
		}
		if d.persons[0].grade() <= 0 {
			t.Errorf("%q: no coach", text)
		}
	}
}

func TestDescriptionsMeanTheCoach(t *testing.T) {
	d := read(t, "Hansa Rostock trennt sich von Trainer Jens Muster (48). Der 48-Jährige hinterlässt den Klub auf Rang 14. Nun sucht der Verein für den Übungsleiter Ersatz.", "")
	for i := range d.ments {
		x := &d.ments[i]
		if x.kind == personMention && (x.ent < 0 || d.persons[x.ent].name != "Jens Muster") {
			t.Errorf("%q is nobody", d.text(x.from, x.to))
		}
		if x.kind == clubMention && (x.ent < 0 || d.clubs[x.ent].id != "rostock") {
			t.Errorf("%q is no club", d.text(x.from, x.to))
		}
	}
}

func TestOpponentsAreNoSubject(t *testing.T) {
	d := read(t, "Nach dem 0:4 gegen Werder Bremen entließ der FC Augsburg seinen Trainer Jens Muster.", "")
	x := d.extraction()
	if len(x.Events) != 1 || x.Events[0].ClubID != "augsburg" {
		t.Errorf("%+v", x.Events)
	}
}

func TestLexiconNamesFileAndLine(t *testing.T) {
	base := fstest.MapFS{}
	for _, name := range []string{"classes.txt", "verbs.txt", "boilerplate.txt", "people.txt", "fields.txt"} {
		raw, err := lexiconFiles.ReadFile("lexicon/" + name)
		if err != nil {
			t.Fatal(err)
		}
		base["lexicon/"+name] = &fstest.MapFile{Data: raw}
	}
	for line, want := range map[string]string{
		"dep.x | departure":                     "want: id | kind",
		"dep.x | leaving | geht":                `no kind is called "leaving"`,
		"dep.x | departure loud | geht":         `no attribute is called "loud"`,
		"dep.x | departure | @geheimnissen":     `no verb is called "geheimnissen"`,
		"dep.x | departure | [nobody]":          "no class is called",
		"dep.x | departure | (vielleicht) geht": "begins with a word that need not be there",
		"dep.x | departure | geht &":            "an empty phrase",
	} {
		base["lexicon/de-test.txt"] = &fstest.MapFile{Data: []byte("# comment\n" + line + "\n")}
		_, err := loadLexicon(base, "lexicon")
		if err == nil || !strings.Contains(err.Error(), "lexicon/de-test.txt:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
}
