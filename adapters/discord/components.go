package discord

import (
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"karussell/bot"
)

// Sizes of components.
const (
	maxRows       = 5
	maxInRow      = 5
	maxLabel      = 80
	maxButtonLink = 512
	maxOptions    = 25
	maxCustomID   = 100
	maxOption     = 100 // label and value of a menu's option
)

// Custom ids are "k1", what they stand for, the place in the message that makes
// them unique, and the action: "k1b.3.w:12". Nothing about them is kept in
// memory, so they work after a restart and after a year.
const (
	idButton = "k1b"
	idMenu   = "k1m"
	idForm   = "k1f"
	// maxAction leaves room for a mark and a place of two digits.
	maxAction = maxCustomID - len(idButton) - 4
)

// customID builds an id; ok is false for actions that do not fit.
func customID(mark string, place int, a bot.Action) (id string, ok bool) {
	if a == "" || length(string(a)) > maxAction {
		return "", false
	}
	return mark + "." + strconv.Itoa(place) + "." + string(a), true
}

// parseCustomID is the inverse; ok is false for ids that this package did not
// make.
func parseCustomID(id string) (mark string, a bot.Action, ok bool) {
	mark, rest, ok := strings.Cut(id, ".")
	if !ok || (mark != idButton && mark != idMenu && mark != idForm) {
		return "", "", false
	}
	place, action, ok := strings.Cut(rest, ".")
	if n, err := strconv.Atoi(place); !ok || err != nil || n < 0 || len(place) > 2 {
		return "", "", false
	}
	if mark == idMenu {
		return mark, "", true // the action is the chosen value
	}
	if action == "" {
		return "", "", false
	}
	return mark, bot.Action(action), true
}

// components lays the buttons out: as they came where they fit, flowed into
// full rows where only the rows are wrong, and as menus of 25 where there are
// more than 25.
func components(rows [][]bot.Button) []discordgo.MessageComponent {
	rows = usable(rows)
	total, fits := 0, len(rows) <= maxRows
	for _, row := range rows {
		total += len(row)
		fits = fits && len(row) <= maxInRow
	}
	switch {
	case total == 0:
		return []discordgo.MessageComponent{}
	case fits:
		return buttonRows(rows)
	case total <= maxRows*maxInRow:
		return buttonRows(flow(rows))
	default:
		return menus(rows)
	}
}

// usable drops buttons that Discord would refuse the message for.
func usable(rows [][]bot.Button) [][]bot.Button {
	var out [][]bot.Button
	for _, row := range rows {
		var kept []bot.Button
		for _, b := range row {
			b.Label = cut(b.Label, maxLabel)
			if b.Link != "" {
				b.Link = safeLink(b.Link, maxButtonLink)
				b.Action = ""
			}
			_, ok := customID(idButton, 0, b.Action)
			if b.Label != "" && (b.Link != "" || ok) {
				kept = append(kept, b)
			}
		}
		if len(kept) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

func flow(rows [][]bot.Button) [][]bot.Button {
	var all []bot.Button
	for _, row := range rows {
		all = append(all, row...)
	}
	var out [][]bot.Button
	for len(all) > 0 {
		n := min(maxInRow, len(all))
		out = append(out, all[:n])
		all = all[n:]
	}
	return out
}

func buttonRows(rows [][]bot.Button) []discordgo.MessageComponent {
	out := make([]discordgo.MessageComponent, 0, len(rows))
	place := 0
	for _, row := range rows {
		var r discordgo.ActionsRow
		for _, b := range row {
			r.Components = append(r.Components, button(b, place))
			place++
		}
		out = append(out, r)
	}
	return out
}

func button(b bot.Button, place int) discordgo.Button {
	if b.Link != "" {
		return discordgo.Button{Label: b.Label, Style: discordgo.LinkButton, URL: b.Link}
	}
	id, _ := customID(idButton, place, b.Action)
	return discordgo.Button{Label: b.Label, Style: buttonStyle(b.Kind), CustomID: id}
}

func buttonStyle(k bot.ButtonKind) discordgo.ButtonStyle {
	switch k {
	case bot.ButtonPrimary:
		return discordgo.PrimaryButton
	case bot.ButtonDanger:
		return discordgo.DangerButton
	case bot.ButtonPlain:
	}
	return discordgo.SecondaryButton
}

// menus shows actions in menus of 25, each a page with its range as
// placeholder, and keeps one row for links. What does not even fit there is
// left out: the engine pages long before.
func menus(rows [][]bot.Button) []discordgo.MessageComponent {
	var actions, links []bot.Button
	seen := map[bot.Action]bool{}
	for _, row := range rows {
		for _, b := range row {
			switch {
			case b.Link != "":
				links = append(links, b)
			case !seen[b.Action]: // values must differ within a menu
				seen[b.Action] = true
				actions = append(actions, b)
			}
		}
	}
	room := maxRows
	if len(links) > 0 {
		room--
	}
	var out []discordgo.MessageComponent
	for from := 0; from < len(actions) && len(out) < room; from += maxOptions {
		to := min(from+maxOptions, len(actions))
		out = append(out, menu(actions[from:to], from, len(out)))
	}
	if len(links) > 0 {
		out = append(out, buttonRows([][]bot.Button{links[:min(len(links), maxInRow)]})...)
	}
	return out
}

func menu(in []bot.Button, from, place int) discordgo.ActionsRow {
	options := make([]discordgo.SelectMenuOption, 0, len(in))
	for _, b := range in {
		options = append(options, discordgo.SelectMenuOption{Label: cut(b.Label, maxOption), Value: string(b.Action)})
	}
	first, last := in[0].Label, in[len(in)-1].Label
	hint := strconv.Itoa(from+1) + "–" + strconv.Itoa(from+len(in)) + ": " + cut(first, 40) + " … " + cut(last, 40)
	return discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.SelectMenu{
		MenuType:    discordgo.StringSelectMenu,
		CustomID:    idMenu + "." + strconv.Itoa(place) + ".",
		Placeholder: hint,
		Options:     options,
	}}}
}
