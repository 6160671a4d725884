// Package score measures an extractor against articles with gold answers, by
// the rules of the annotation guidelines.
//
// Law: it only compares. What an article says is decided by the gold file
// beside it; what counts as the same name, by the gazetteer.
package score

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"karussell/bot"
	"karussell/bot/extract/gazetteer"
)

// Extractor is what Run measures: an extractor that knows its clubs.
type Extractor interface {
	bot.Extractor
	Gazetteer() *gazetteer.Gazetteer
}

// Pair is an article with its gold answer.
type Pair struct {
	Name string
	Text string
	Gold Gold
}

// Gold is the content of a gold file. Fresh is a pointer: null means that
// scorers neither reward nor punish the event.
type Gold struct {
	Published bot.Date         `json:"published"`
	Language  string           `json:"language"`
	Kind      string           `json:"kind"`
	Events    []GoldEvent      `json:"events"`
	Coaches   []bot.CoachFacts `json:"coaches"`
}

// GoldEvent is an event of a gold file.
type GoldEvent struct {
	Type    bot.EventType `json:"type"`
	Coach   string        `json:"coach"`
	Club    string        `json:"club"`
	Role    bot.Role      `json:"role"`
	Manner  bot.Manner    `json:"manner"`
	Stage   bot.Stage     `json:"stage"`
	Stance  bot.Stance    `json:"stance"`
	Status  bot.Status    `json:"status"`
	Until   bot.Date      `json:"until"`
	Sources []string      `json:"sources"`
	Date    bot.Date      `json:"date"`
	Fresh   *bool         `json:"fresh"`
}

// Load reads the pairs of folders: NAME.txt with NAME.json beside it, or
// articles/NAME.txt with gold/NAME.json. Folders inside are read as well. Texts
// without gold are left out. The result is sorted by name.
func Load(dirs ...string) ([]Pair, error) {
	var pairs []Pair
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() || filepath.Ext(path) != ".txt" {
				return nil
			}
			p, ok, err := loadPair(path)
			if ok {
				pairs = append(pairs, p)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("score: %w", err)
		}
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].Name < pairs[j].Name })
	return pairs, nil
}

// loadPair reads one text and its gold; ok is false when there is no gold.
func loadPair(path string) (Pair, bool, error) {
	base := strings.TrimSuffix(filepath.Base(path), ".txt")
	dir := filepath.Dir(path)
	var raw []byte
	var err error
	for _, gold := range []string{filepath.Join(dir, base+".json"), filepath.Join(filepath.Dir(dir), "gold", base+".json")} {
		if raw, err = os.ReadFile(gold); err == nil { //nolint:gosec // the caller names the folder
			break
		}
	}
	if err != nil {
		return Pair{}, false, nil //nolint:nilerr // a text without gold is no pair
	}
	text, err := os.ReadFile(path) //nolint:gosec // as above
	if err != nil {
		return Pair{}, false, fmt.Errorf("article: %w", err)
	}
	p := Pair{Name: base, Text: string(text)}
	if err := json.Unmarshal(raw, &p.Gold); err != nil {
		return Pair{}, false, fmt.Errorf("gold of %s: %w", base, err)
	}
	return p, true, nil
}

// Run extracts every article of the folders and compares.
func Run(ctx context.Context, x Extractor, dirs []string) (Report, error) {
	pairs, err := Load(dirs...)
	if err != nil {
		return Report{}, err
	}
	return Compare(ctx, x, pairs)
}

// Compare extracts the pairs and counts.
func Compare(ctx context.Context, x Extractor, pairs []Pair) (Report, error) {
	r := newReport()
	names := namer{x.Gazetteer()}
	for i := range pairs {
		if err := ctx.Err(); err != nil {
			return r, fmt.Errorf("score: %w", err)
		}
		got := x.Extract(bot.Article{Text: pairs[i].Text, File: pairs[i].Name + ".txt"})
		r.add(names, &pairs[i], &got)
	}
	return r, nil
}

// EventKey is equal for events that mean the same by the rules of the guidelines.
func EventKey(gaz *gazetteer.Gazetteer, typ bot.EventType, coach, club string) string {
	return namer{gaz}.event(typ, coach, club)
}

// namer decides which names mean the same.
type namer struct {
	gaz *gazetteer.Gazetteer
}

// club is a key that is equal for all names of one club.
func (n namer) club(name string) string {
	if c, ok := n.gaz.ClubNamed(name); ok {
		return string(c.ID)
	}
	words := strings.Fields(bot.NormaliseName(name))
	kept := words[:0]
	for _, w := range words {
		if !legal[w] {
			kept = append(kept, w)
		}
	}
	return "?" + strings.Join(kept, " ")
}

// legal are the words of club names that say only that it is a club.
//
//nolint:gochecknoglobals // a constant table
var legal = map[string]bool{
	"fc": true, "sc": true, "sv": true, "tsv": true, "vfl": true, "vfb": true, "fsv": true, "tus": true,
	"tsg": true, "sg": true, "bsv": true, "1": true, "cf": true, "ac": true, "as": true, "afc": true, "fk": true, "sk": true,
	"nk": true, "ssc": true, "bsc": true, "spvgg": true, "spvg": true,
}

func (n namer) event(typ bot.EventType, coach, club string) string {
	return string(typ) + "|" + bot.NormaliseName(coach) + "|" + n.club(club)
}

func (n namer) station(coach, club string, role bot.Role) string {
	return bot.NormaliseName(coach) + "|" + n.club(club) + "|" + string(role)
}
