package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestBillOfMaterialsListsTheBinary: what the program says of itself is what
// stands in its file, every module once, with version, licence and address.
func TestBillOfMaterialsListsTheBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program; run without -short")
	}
	path := buildBot(t)
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "version", "--sbom").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list bom
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	if list.Format != "CycloneDX" || list.Spec != "1.6" || list.Version != 1 || list.Metadata.Component.Name != "karussell" {
		t.Errorf("the head is %+v", list)
	}
	listed := map[string]component{}
	for _, c := range list.Components {
		if _, twice := listed[c.Name]; twice {
			t.Errorf("%s is listed twice", c.Name)
		}
		if len(c.Licences) != 1 || c.Licences[0].Licence.ID == "" || c.PURL != "pkg:golang/"+c.Name+"@"+c.Version {
			t.Errorf("incomplete: %+v", c)
		}
		listed[c.Name] = c
	}
	for _, m := range info.Deps {
		if c, ok := listed[m.Path]; !ok || c.Version != m.Version {
			t.Errorf("%s %s is not listed", m.Path, m.Version)
		}
	}
	if want := len(info.Deps) + 1; len(listed) != want { // with Go's own library
		t.Errorf("%d parts are listed, %d are in the binary", len(listed), want)
	}
	if c := listed["stdlib"]; "go"+c.Version != strings.Fields(info.GoVersion)[0] {
		t.Errorf("Go is %q, the binary was built with %q", c.Version, info.GoVersion)
	}
}
