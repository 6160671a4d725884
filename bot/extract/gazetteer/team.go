package gazetteer

import "karussell/bot"

// teamAt reads the name of a team at words[i] ("II", "U 19", "Frauen",
// "A-Junioren") and returns it with the index behind it, or "".
func teamAt(words []string, i int) (bot.Team, int) {
	i = skipHyphen(words, i)
	if i >= len(words) {
		return "", i
	}
	var buf [maxWord]byte
	key := string(appendNormal(buf[:0], words[i]))
	if team := teamWord(key); team != "" && (capital(words[i]) || englishTeam(key)) {
		return team, i + 1
	}
	next := skipHyphen(words, i+1)
	if next >= len(words) {
		return "", i
	}
	if team := teamPair(key, string(appendNormal(nil, words[next]))); team != "" {
		return team, next + 1
	}
	return "", i
}

// teamPair knows the teams that two words name: "U 19", "A-Junioren", "zweite
// Mannschaft".
func teamPair(first, second string) bot.Team {
	switch first {
	case "u", "under":
		return ageGroup(second)
	case "a", "b", "c", "d":
		if second == "junioren" || second == "jugend" || second == "juniorinnen" {
			return bot.YouthTeam
		}
	case "zweite", "zweiter", "zweiten":
		if second == "mannschaft" {
			return bot.SecondTeam
		}
	}
	return ""
}

func skipHyphen(words []string, i int) int {
	for i < len(words) && (words[i] == "-" || words[i] == "‑") {
		i++
	}
	return i
}

// teamWord knows the teams that one word names.
func teamWord(key string) bot.Team {
	switch key {
	case "ii", "zweite", "zweitvertretung", "amateure", "reserve", "reserves", "zweitteam":
		return bot.SecondTeam
	case "frauen", "damen", "women", "ladies", "femminile", "feminin", "femenino", "frauenteam", "frauenmannschaft":
		return bot.WomenTeam
	case "jugend", "junioren", "nachwuchs", "juniors", "youth", "primavera", "juvenil", "jong":
		return bot.YouthTeam
	}
	if len(key) >= 2 && key[0] == 'u' {
		return ageGroup(key[1:])
	}
	return ""
}

// englishTeam lists the team words that are written small in English; in German
// a small "zweite" or "jugend" is no team.
func englishTeam(key string) bool {
	switch key {
	case "women", "ladies", "youth", "reserves", "juniors", "femminile", "primavera", "u23", "u21", "u19", "u18", "u17":
		return true
	}
	return false
}

// ageGroup reads the number behind the U: up to 20 are youth teams, 21 to 23
// the second teams of clubs.
func ageGroup(number string) bot.Team {
	if len(number) == 1 && number[0] >= '7' && number[0] <= '9' {
		return bot.YouthTeam
	}
	if len(number) != 2 {
		return ""
	}
	switch {
	case number[0] == '1' && number[1] >= '0' && number[1] <= '9', number == "20":
		return bot.YouthTeam
	case number == "21", number == "22", number == "23":
		return bot.SecondTeam
	}
	return ""
}
