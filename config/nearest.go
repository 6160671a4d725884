package config

import "strings"

// nearest is the known key, or table of keys, that needs the fewest changes to
// become key.
func nearest(key string) string {
	best := nearestOf(key, func(s Setting) string { return s.Key })
	table := nearestOf(key, func(s Setting) string {
		name, _, _ := strings.Cut(s.Key, ".")
		return name
	})
	if !strings.Contains(key, ".") && edits(strings.ToLower(key), table) < edits(strings.ToLower(key), best) {
		return table
	}
	return best
}

func nearestVariable(name string) string {
	return nearestOf(name, func(s Setting) string { return s.Env })
}

func nearestOf(word string, of func(Setting) string) string {
	best, least := "", 1<<30
	for _, s := range Settings() {
		candidate := of(s)
		if candidate == "" {
			continue
		}
		if d := edits(strings.ToLower(word), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

func isVariable(name string) bool {
	for _, s := range Settings() {
		if s.Env != "" && (name == s.Env || name == s.Env+"_FILE") {
			return true
		}
	}
	return false
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := diagonal
			if a[i-1] != b[j-1] {
				change++
			}
			diagonal = row[j]
			row[j] = min(change, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
