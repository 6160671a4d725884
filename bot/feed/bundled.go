package feed

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed sources.txt
var sourcesFile string

// Bundled is the curated list of sources. Nothing in it is fetched unless the
// operator chooses it. An error names line and mistake.
func Bundled() ([]Source, error) {
	var out []Source
	seen := map[string]bool{}
	n := 0
	for line := range strings.Lines(sourcesFile) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			return nil, fmt.Errorf("sources.txt:%d: %d cells, want name | outlet | language | tier | covers | address", n, len(cells))
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		tier, err := strconv.Atoi(cells[3])
		if err != nil || tier < 1 || tier > 3 {
			return nil, fmt.Errorf("sources.txt:%d: tier %q, want 1, 2 or 3", n, cells[3])
		}
		if seen[cells[0]] || seen[cells[5]] {
			return nil, fmt.Errorf("sources.txt:%d: %s stands twice", n, cells[0])
		}
		seen[cells[0]], seen[cells[5]] = true, true
		out = append(out, Source{Name: cells[0], Outlet: cells[1], Language: cells[2], Tier: tier, Covers: cells[4], URL: cells[5]})
	}
	return out, nil
}

// Chosen picks bundled sources by name. An unknown name is an error.
func Chosen(names []string) ([]Source, error) {
	all, err := Bundled()
	if err != nil || len(names) == 0 {
		return nil, err
	}
	byName := make(map[string]Source, len(all))
	for _, s := range all {
		byName[s.Name] = s
	}
	var out []Source
	for _, name := range names {
		s, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("no bundled source is called %q; karussell feeds list names them all", name)
		}
		out = append(out, s)
	}
	return out, nil
}
