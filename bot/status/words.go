package status

func say(language, key string) string {
	w, ok := words[key]
	switch {
	case !ok:
		return key
	case language == "en":
		return w[1]
	}
	return w[0]
}

//nolint:gochecknoglobals // a constant table
var words = map[string][2]string{
	"title":       {"Karussell: Betrieb", "Karussell: operations"},
	"running":     {"Läuft seit", "Up for"},
	"ready":       {"Alles bereit", "All parts ready"},
	"not ready":   {"Etwas fehlt", "Something is wrong"},
	"parts":       {"Teile", "Parts"},
	"ok":          {"in Ordnung", "fine"},
	"outbox":      {"Postausgang", "Outbox"},
	"waiting":     {"warten", "waiting"},
	"leased":      {"werden gesendet", "being sent"},
	"parked":      {"Gescheiterte Zustellungen", "Parked deliveries"},
	"fanouts":     {"Verteilungen laufen", "fan-outs under way"},
	"oldest":      {"älteste fällig seit", "oldest due for"},
	"articles":    {"Artikel", "articles"},
	"counted":     {"Gezählt seit dem Start", "Counted since the start"},
	"chat":        {"Chat", "Chat"},
	"kind":        {"Art", "Kind"},
	"cause":       {"Grund", "Cause"},
	"attempts":    {"Versuche", "Attempts"},
	"unsure":      {"davon ungewiss", "of them unsure"},
	"created":     {"Entstanden", "Created"},
	"again":       {"Noch einmal senden", "Send again"},
	"discard":     {"Verwerfen", "Discard"},
	"none parked": {"Nichts ist gescheitert.", "Nothing has failed."},
	"feeds":       {"Feeds mit Fehlern", "Failing feeds"},
	"of":          {"von", "of"},
	"feed":        {"Feed", "Feed"},
	"failures":    {"Fehler in Folge", "Failures in a row"},
	"since":       {"Seit", "For"},
	"last error":  {"Letzter Fehler", "Last error"},
	"no feeds":    {"Alle Feeds antworten.", "All feeds answer."},
	"complaints":  {"Gemeldete Fehler", "Reported mistakes"},
	"none wrong":  {"Niemand hat einen Fehler gemeldet.", "Nobody has reported a mistake."},
	"story":       {"Geschichte", "Story"},
	"reported":    {"Gemeldet", "Reported"},
	"gone":        {"nicht mehr gespeichert", "no longer stored"},
	"words":       {"Worte dazu, gehen an alle Benachrichtigten", "Words for everybody who was told"},
	"retract":     {"Zurückziehen", "Retract"},
	"set stage":   {"Stand setzen", "Set the stage"},
	"stage":       {"Stand", "Stage"},
	"done":        {"Erledigt, nichts ändern", "Done, change nothing"},
	"more":        {"Es gibt weitere.", "There are more."},
	"language":    {"English", "Deutsch"},
	"other":       {"en", "de"},

	"candidate": {"Kandidat", "candidate"},
	"interest":  {"Interesse", "interest"},
	"talks":     {"Gespräche", "talks"},
	"agreed":    {"einig", "agreed"},
	"official":  {"offiziell", "official"},
	"off":       {"vom Tisch", "off the table"},
	"withdrawn": {"zurückgezogen", "withdrawn"},
	"pressure":  {"unter Druck", "under pressure"},
	"backed":    {"gestützt", "backed"},
	"cold":      {"erkaltet", "cold"},
	"closed":    {"erledigt", "closed"},
}
