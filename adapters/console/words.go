package console

import (
	"fmt"
	"strings"
)

// word is one of the console's few own words: a key that is English itself, in
// German unless English is wanted.
func word(language, key string) string {
	i := 0
	if strings.HasPrefix(language, "en") {
		i = 1
	}
	if w, ok := words[key]; ok {
		return w[i]
	}
	return key
}

//nolint:gochecknoglobals // a constant table
var words = map[string][2]string{
	"alert":     {"Meldung", "Alert"},
	"answer":    {"Antwort", "Answer"},
	"updated":   {"aktualisiert", "updated"},
	"silent":    {"leise", "silent"},
	"reply to":  {"zu Meldung", "on alert"},
	"picture":   {"Bild", "Picture"},
	"official":  {"OFFIZIELL", "OFFICIAL"},
	"likely":    {"WAHRSCHEINLICH", "LIKELY"},
	"rumour":    {"GERÜCHT", "RUMOUR"},
	"off":       {"VOM TISCH", "OFF THE TABLE"},
	"problem":   {"Das ging nicht", "That did not work"},
	"prompt":    {"Karussell>", "Karussell>"},
	"greeting":  {"Frag nach einem Trainer oder Verein (trainer Backhaus, verein Schalke) oder tippe: hilfe. Knöpfe drückst du mit ihrer Nummer. Ende: Strg-D.", "Ask for a coach or a club (coach Backhaus, club Schalke) or type: help. Press buttons by their number. Leave: Ctrl-D."},
	"no button": {"Den Knopf [%s] gibt es nicht (mehr).", "There is no button [%s] (any more)."},
	"too long":  {"Die Zeile ist zu lang und wurde nicht gelesen (höchstens %s Zeichen).", "The line is too long and was not read (at most %s characters)."},
	"required":  {"Hier wird eine Eingabe gebraucht. Abbrechen: ein Punkt.", "This one is needed. A dot cancels."},
	"cancelled": {"Abgebrochen.", "Cancelled."},
	"dot":       {"(leer lassen: %s; abbrechen: ein Punkt)", "(leave empty: %s; a dot cancels)"},
}

func say(language, key string, arg string) string { return fmt.Sprintf(word(language, key), arg) }
