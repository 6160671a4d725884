package main

import (
	_ "embed"
	"encoding/json"
	"io"
	"runtime/debug"
	"strings"
)

// licenceTable is docs/licences.md: the licence of every module, written and
// held by a test.
//
//go:embed docs/licences.md
var licenceTable string

// The bill of materials in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/):
// what this very binary was linked from. No time and no random number, so that
// equal binaries say equal things.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   bomMetadata `json:"metadata"`
	Components []component `json:"components"`
}

type bomMetadata struct {
	Component component `json:"component"`
}

type component struct {
	Type     string          `json:"type"`
	Ref      string          `json:"bom-ref"`
	Name     string          `json:"name"`
	Version  string          `json:"version,omitempty"`
	Licences []licenceChoice `json:"licenses,omitempty"`
	PURL     string          `json:"purl,omitempty"`
	Notes    []property      `json:"properties,omitempty"`
}

type licenceChoice struct {
	Licence struct {
		ID string `json:"id"`
	} `json:"license"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// writeBOM lists every module of a build, and Go's own library.
func writeBOM(out io.Writer, info *debug.BuildInfo, version string) error {
	known := licences()
	main := component{Type: "application", Ref: "karussell", Name: "karussell", Version: version}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "CGO_ENABLED", "-trimpath":
			main.Notes = append(main.Notes, property{"go:" + strings.TrimPrefix(s.Key, "-"), s.Value})
		}
	}
	list := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: bomMetadata{main}}
	list.Components = append(list.Components, part("stdlib", strings.TrimPrefix(info.GoVersion, "go"), "BSD-3-Clause", ""))
	for _, m := range info.Deps {
		sum := m.Sum
		if m.Replace != nil {
			m, sum = m.Replace, m.Replace.Sum
		}
		list.Components = append(list.Components, part(m.Path, m.Version, known[m.Path], sum))
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}

// part is a module. sum is what go.sum says of it.
func part(path, version, licence, sum string) component {
	url := "pkg:golang/" + path + "@" + version
	c := component{Type: "library", Ref: url, Name: path, Version: version, PURL: url}
	if licence != "" {
		var l licenceChoice
		l.Licence.ID = licence
		c.Licences = []licenceChoice{l}
	}
	if sum != "" {
		c.Notes = []property{{"go:sum", sum}}
	}
	return c
}

// licences are the SPDX names of docs/licences.md by module.
func licences() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(licenceTable) {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			out[strings.TrimPrefix(cells[0], "| ")] = cells[2]
		}
	}
	return out
}
