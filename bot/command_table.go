package bot

import (
	"slices"
	"strings"
)

// Commands is the one table of all commands: adapters publish it, /help prints
// it, the guides are tested against it. The words stand here rather than among
// the phrases because platforms want all languages at once. Callers must not
// change it.
func (e *Engine) Commands() []CommandSpec { return e.table }

func commandTable() []CommandSpec {
	return slices.Concat(askCommands(), followCommands(), chatCommands(), ownerCommands())
}

// commandNamed resolves a name or alias in any language.
func (e *Engine) commandNamed(name string) (CommandSpec, bool) {
	name = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(name), "/"))
	for _, c := range e.table {
		if c.Name == name || slices.Contains(c.Aliases, name) || c.Local["de"] == name {
			return c, true
		}
	}
	return CommandSpec{}, false
}

// words are a text in both languages.
func words(de, en string) map[string]string { return map[string]string{"de": de, "en": en} }

func clubOption(name string, required bool) OptionSpec {
	return OptionSpec{
		Name: name, Local: words("verein", "club"), Required: required, Complete: true,
		About: words("Verein: Name, Kürzel oder Spitzname", "Club: name, abbreviation or nickname"),
	}
}

func topicOption(required bool) OptionSpec {
	return OptionSpec{
		Name: "topic", Local: words("thema", "topic"), Required: required, Complete: true,
		About: words("Verein, Trainer oder Liga, oder „alles“", "Club, coach or league, or “everything”"),
	}
}

func storyOption() OptionSpec {
	return OptionSpec{
		Name: "story", Local: words("meldung", "story"), Required: true, Complete: true,
		About: words("Nummer der Geschichte, steht unter jeder Meldung", "Number of the story, shown below every alert"),
	}
}

func askCommands() []CommandSpec {
	return []CommandSpec{
		{
			Name: "coach", Aliases: []string{"trainer", "coaches"}, Local: words("trainer", "coach"),
			About: words("Trainer nachschlagen: Verein, Vertrag, Stationen, aktuelle Gerüchte", "Look up a coach: club, contract, career, open stories"),
			Options: []OptionSpec{{
				Name: "name", Local: words("name", "name"), Required: true, Complete: true,
				About: words("Nachname oder ganzer Name", "Surname or full name"),
			}},
		},
		{
			Name: "club", Aliases: []string{"verein", "klub"}, Local: words("verein", "club"),
			About:   words("Lage auf der Trainerbank eines Vereins: im Amt, vakant, Kandidaten", "A club's bench: coach in office, vacancy, candidates"),
			Options: []OptionSpec{clubOption("name", true)},
		},
		{
			Name: "news", Aliases: []string{"neues", "nachrichten", "meldungen"}, Local: words("neues", "news"),
			About:   words("Feststehendes: Entlassungen, neue Trainer, Verlängerungen", "What is settled: dismissals, new coaches, extensions"),
			Options: []OptionSpec{topicOption(false)},
		},
		{
			Name: "rumours", Aliases: []string{"gerüchte", "geruechte", "rumors", "gerüchteküche"}, Local: words("gerüchte", "rumours"),
			About:   words("Offene Gerüchte: Kandidaten, Gespräche, wackelnde Trainer", "Open rumours: candidates, talks, coaches under pressure"),
			Options: []OptionSpec{topicOption(false)},
		},
		{
			Name: "carousel", Aliases: []string{"karussell", "trainerkarussell"}, Local: words("karussell", "carousel"),
			About: words("Das Trainerkarussell: freie Stellen, Kandidaten, wer wackelt", "The carousel: open vacancies, candidates, coaches under pressure"),
			Options: []OptionSpec{{
				Name: "league", Local: words("liga", "league"), Complete: true,
				About: words("Nur diese Liga", "This league only"),
			}},
		},
		{
			Name: "latest", Aliases: []string{"aktuell", "letzte"}, Local: words("aktuell", "latest"),
			About:   words("Die letzten Meldungen zu dem, was Du abonniert hast", "The latest stories on what you subscribed to"),
			Options: []OptionSpec{topicOption(false)},
		},
		{
			Name: "why", Aliases: []string{"warum", "wieso"}, Local: words("warum", "why"), Private: true,
			About:   words("Warum kam diese Meldung? Satz, Regel, Quellen und Abo dahinter", "Why this alert? Sentence, rule, sources and subscription"),
			Options: []OptionSpec{storyOption()},
		},
		{
			Name: "source", Aliases: []string{"quelle"}, Local: words("quelle", "source"),
			About: words("Wie oft die Gerüchte eines Mediums eintrafen", "How often an outlet's rumours came true"),
			Options: []OptionSpec{{
				Name: "name", Local: words("medium", "outlet"), Required: true, Complete: true,
				About: words("Name des Mediums, etwa „kicker“", "Name of the outlet, such as “kicker”"),
			}},
		},
	}
}

func followCommands() []CommandSpec {
	return []CommandSpec{
		{
			Name: "subscribe", Aliases: []string{"abo", "abonnieren", "folgen", "follow"}, Local: words("abo", "subscribe"), Manage: true,
			About:   words("Meldungen zu einem Verein, Trainer oder einer Liga abonnieren", "Get alerts about a club, coach or league"),
			Options: subscribeOptions(),
		},
		{
			Name: "unsubscribe", Aliases: []string{"abbestellen", "entfolgen", "unfollow"}, Local: words("abbestellen", "unsubscribe"), Manage: true,
			About:   words("Ein Abo beenden", "End a subscription"),
			Options: []OptionSpec{topicOption(true)},
		},
		{
			Name: "subscriptions", Aliases: []string{"abos"}, Local: words("abos", "subscriptions"), Private: true,
			About: words("Alle Abos dieses Chats", "All subscriptions of this chat"),
		},
		{
			Name: "mute", Aliases: []string{"stumm", "stummschalten"}, Local: words("stumm", "mute"), Manage: true, Private: true,
			About: words("Geschichte, Trainer oder Verein eine Weile stummschalten", "Silence a story, coach or club for a while"),
			Options: []OptionSpec{
				topicOption(true),
				{
					Name: "for", Local: words("dauer", "for"), Choices: muteChoices(),
					About: words("Wie lange: Stunden, oder „immer“", "How long: hours, or “always”"),
				},
			},
		},
		{
			Name: "unmute", Aliases: []string{"laut"}, Local: words("laut", "unmute"), Manage: true, Private: true,
			About:   words("Eine Stummschaltung aufheben", "Undo a mute"),
			Options: []OptionSpec{topicOption(false)},
		},
	}
}

func subscribeOptions() []OptionSpec {
	types := []ChoiceSpec{{Value: "all", Label: words("alles", "everything")}}
	for _, t := range EventTypes() {
		types = append(types, ChoiceSpec{Value: string(t), Label: typeWords(t)})
	}
	return []OptionSpec{
		topicOption(true),
		{
			Name: "certainty", Local: words("sicherheit", "certainty"),
			About: words("Ab welcher Sicherheit gemeldet wird", "How certain news must be"),
			Choices: []ChoiceSpec{
				{Value: "everything", Label: words("alles", "everything")},
				{Value: string(SeveralSources), Label: words("ab mehreren Quellen", "several sources")},
				{Value: string(OfficialOnly), Label: words("nur Offizielles", "official only")},
			},
		},
		{
			Name: "types", Local: words("art", "types"), Choices: types,
			About: words("Nur diese Art von Meldung", "This kind of news only"),
		},
		{
			Name: "sound", Local: words("ton", "sound"),
			About: words("Mit oder ohne Ton", "With or without sound"),
			Choices: []ChoiceSpec{
				{Value: "normal", Label: words("Ton nur bei Offiziellem", "sound for official news only")},
				{Value: "silent", Label: words("immer lautlos", "always silent")},
				{Value: "loud", Label: words("immer mit Ton", "always with sound")},
			},
		},
		{
			Name: "role", Local: words("rolle", "role"), Kind: OptionRole,
			About: words("Diese Rolle bei neuen Meldungen anpingen", "Ping this role on new alerts"),
		},
		{
			Name: "channel", Local: words("kanal", "channel"), Kind: OptionChannel,
			About: words("In diesen Kanal statt hierher", "To this channel instead of here"),
		},
		{
			Name: "digest", Local: words("sammeln", "digest"), Kind: OptionSwitch,
			About: words("Nur in der Sammelmeldung (/digest)", "In the digest only (/digest)"),
		},
		{
			Name: "teams", Local: words("teams", "teams"), Kind: OptionSwitch,
			About: words("Auch zweite Mannschaft, Jugend und Frauen", "Second, youth and women's teams too"),
		},
	}
}

// typeWords name an event type in the command menu.
func typeWords(t EventType) map[string]string {
	switch t {
	case Appointment:
		return words("neue Trainer", "appointments")
	case Departure:
		return words("Trennungen", "departures")
	case Extension:
		return words("Vertragsverlängerungen", "extensions")
	case Link:
		return words("Gerüchte", "rumours")
	case Rejection:
		return words("Absagen", "rejections")
	case Pressure:
		return words("wackelnde Trainer", "coaches under pressure")
	}
	return nil
}

func muteChoices() []ChoiceSpec {
	return []ChoiceSpec{
		{Value: "8", Label: words("8 Stunden", "8 hours")},
		{Value: "24", Label: words("einen Tag", "a day")},
		{Value: "168", Label: words("eine Woche", "a week")},
		{Value: "always", Label: words("immer", "for good")},
	}
}

func chatCommands() []CommandSpec {
	return []CommandSpec{
		{
			Name: "settings", Aliases: []string{"einstellungen"}, Local: words("einstellungen", "settings"), Private: true,
			About: words("Sprache, Ruhezeit, Sammelmeldung und Abos einstellen", "Language, quiet hours, digest and subscriptions"),
		},
		{
			Name: "language", Aliases: []string{"sprache"}, Local: words("sprache", "language"), Manage: true, Private: true,
			About: words("Sprache dieses Chats", "Language of this chat"),
			Options: []OptionSpec{{
				Name: "language", Local: words("sprache", "language"), Choices: []ChoiceSpec{
					{Value: "de", Label: words("Deutsch", "Deutsch")}, {Value: "en", Label: words("English", "English")},
				},
				About: words("Deutsch oder Englisch", "German or English"),
			}},
		},
		{
			Name: "quiet", Aliases: []string{"ruhe", "ruhezeit"}, Local: words("ruhe", "quiet"), Manage: true, Private: true,
			About: words("Ruhezeit: 22:00-07:00, oder „aus“", "Quiet hours: 22:00-07:00, or “off”"),
			Options: []OptionSpec{
				{
					Name: "hours", Local: words("zeit", "hours"),
					About: words("Etwa 22:00-07:00, oder „aus“", "Such as 22:00-07:00, or “off”"),
				},
				{
					Name: "zone", Local: words("zeitzone", "zone"), Complete: true,
					About: words("Zeitzone, etwa Europe/Berlin", "Time zone, such as Europe/Berlin"),
				},
			},
		},
		{
			Name: "digest", Aliases: []string{"sammelmeldung", "überblick", "ueberblick"}, Local: words("sammelmeldung", "digest"), Manage: true, Private: true,
			About: words("Sammelmeldung: täglich 08:00, wöchentlich mo 08:00 oder aus", "Digest: daily 08:00, weekly mon 08:00, or off"),
			Options: []OptionSpec{{
				Name: "when", Local: words("wann", "when"),
				About: words("täglich 08:00 | wöchentlich mo 08:00 | aus", "daily 08:00 | weekly mon 08:00 | off"),
			}},
		},
		{
			Name: "privacy", Aliases: []string{"datenschutz"}, Local: words("datenschutz", "privacy"), Private: true,
			About: words("Was gespeichert wird und was nicht", "What is stored and what is not"),
		},
		{
			Name: "deleteme", Aliases: []string{"löschen", "loeschen"}, Local: words("löschen", "deleteme"), Private: true,
			About: words("Alles löschen, was zu diesem Chat gespeichert ist", "Delete everything stored about this chat"),
		},
		{
			Name: "help", Aliases: []string{"hilfe"}, Local: words("hilfe", "help"), Private: true,
			About: words("Was der Bot kann und wie Du ihn bedienst", "What the bot can do and how to use it"),
			Options: []OptionSpec{{
				Name: "command", Local: words("befehl", "command"), Complete: true,
				About: words("Ausführlich zu diesem Befehl", "More about this command"),
			}},
		},
		startCommand(),
	}
}

func startCommand() CommandSpec {
	return CommandSpec{
		Name: "start", Local: words("start", "start"), Hidden: true,
		About: words("Begrüßung", "Welcome"),
		Options: []OptionSpec{{
			Name: "payload", Local: words("verweis", "payload"), About: words("Teil eines Links", "Part of a link"),
		}},
	}
}

func ownerCommands() []CommandSpec {
	return []CommandSpec{
		{
			Name: "correct", Aliases: []string{"korrektur"}, Local: words("korrektur", "correct"), Owner: true, Private: true,
			About: words("Eine Geschichte zurückziehen; alle Empfänger erfahren es", "Withdraw a story; everybody who got it is told"),
			Options: []OptionSpec{
				storyOption(),
				{
					Name: "words", Local: words("begründung", "words"), Required: true,
					About: words("Was daran falsch war, in einem Satz", "What was wrong with it, in a sentence"),
				},
			},
		},
		{
			Name: "feeds", Aliases: []string{"quellen"}, Local: words("quellen", "feeds"), Owner: true, Private: true, Slow: true,
			About: words("Feeds zeigen, hinzufügen, entfernen, anhalten, testen", "List, add, remove, pause or test feeds"),
			Options: []OptionSpec{
				{
					Name: "do", Local: words("aktion", "do"), About: words("Was geschehen soll", "What to do"),
					Choices: []ChoiceSpec{
						{Value: "list", Label: words("zeigen", "list")},
						{Value: "add", Label: words("hinzufügen", "add")},
						{Value: "remove", Label: words("entfernen", "remove")},
						{Value: "pause", Label: words("anhalten", "pause")},
						{Value: "resume", Label: words("fortsetzen", "resume")},
						{Value: "test", Label: words("testen", "test")},
					},
				},
				{
					Name: "address", Local: words("adresse", "address"), Complete: true,
					About: words("Adresse des Feeds", "Address of the feed"),
				},
			},
		},
	}
}
