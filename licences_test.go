package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLicencesAreListed keeps docs/licences.md, the bill of materials, from
// rotting: every module in the program on Linux, with the licence that lies in it.
func TestLicencesAreListed(t *testing.T) {
	const file = "docs/licences.md"
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(strings.ReplaceAll(string(out), "\t", "|"))
	slices.Sort(modules)
	var b strings.Builder
	b.WriteString("# Licences and bill of materials\n\nWritten by `go test -run TestLicencesAreListed -update .`: every module that is linked into the\nprogram (Linux, amd64), with the licence found in it. go.sum holds their checksums.\n\n| module | version | licence | package URL |\n| --- | --- | --- | --- |\n")
	for _, m := range slices.Compact(modules) {
		part := strings.Split(m, "|")
		fmt.Fprintf(&b, "| %s | %s | %s | `pkg:golang/%s@%s` |\n", part[0], part[1], licenceIn(t, part[2]), part[0], part[1])
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(file)
	if err != nil || string(raw) != b.String() {
		t.Errorf("%s is stale (%v); run go test -run TestLicencesAreListed -update .", file, err)
	}
}

// licenceIn names the licence of a module by the words that only it has.
func licenceIn(t *testing.T, dir string) string {
	t.Helper()
	for _, pattern := range []string{"LICEN*", "COPYING*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			continue
		}
		raw, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(string(raw)), " ")
		switch {
		case strings.Contains(text, "Apache License"):
			return "Apache-2.0"
		case strings.Contains(text, "Permission is hereby granted, free of charge"):
			return "MIT"
		case strings.Contains(text, "Redistribution and use in source and binary forms") && strings.Contains(text, "Neither the name"):
			return "BSD-3-Clause"
		case strings.Contains(text, "Redistribution and use in source and binary forms"):
			return "BSD-2-Clause"
		}
	}
	t.Errorf("%s: no licence that we know", dir)
	return "unknown"
}
