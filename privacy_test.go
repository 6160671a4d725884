package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPrivacyNamesEveryStoredField: docs/privacy.md names exactly the fields of
// the records about chats and users, and every file that writes notes.
func TestPrivacyNamesEveryStoredField(t *testing.T) {
	raw, err := os.ReadFile("docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	files := map[string]bool{}
	ticked := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(line, " | ")
		switch {
		case !strings.HasPrefix(line, "| "):
		case len(cells) == 4 && strings.Contains(cells[1], "Record`"):
			record := ""
			for _, word := range ticked.FindAllStringSubmatch(cells[1], -1) {
				if strings.HasSuffix(word[1], "Record") {
					record = word[1]
					continue
				}
				named[record+"."+word[1]] = true
			}
		case strings.Contains(cells[0], ".go`"):
			for _, word := range ticked.FindAllStringSubmatch(cells[0], -1) {
				files[word[1]] = true
			}
		}
	}
	stored := map[string]bool{}
	for _, file := range []string{"record_chat.go", "record_outbox.go"} {
		fieldsOf(t, filepath.Join("store", "ledger", file), stored)
	}
	compare(t, "field", stored, named)
	compare(t, "writer of notes", noteWriters(t), files)
}

func compare(t *testing.T, what string, code, doc map[string]bool) {
	t.Helper()
	if len(code) == 0 {
		t.Errorf("no %s was found", what)
	}
	for _, name := range slices.Sorted(maps.Keys(code)) {
		if !doc[name] {
			t.Errorf("docs/privacy.md does not name the %s %s", what, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		if !code[name] {
			t.Errorf("docs/privacy.md names the %s %s, which there is not", what, name)
		}
	}
}

// fieldsOf adds "record.Field" for every struct in a file.
func fieldsOf(t *testing.T, path string, out map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if record, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range record.Fields.List {
				for _, name := range f.Names {
					out[spec.Name.Name+"."+name.Name] = true
				}
			}
		}
		return true
	})
}

// noteWriters are the files of the program that call PutNote, or Remember on an
// adapter's notebook.
func noteWriters(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "store"+string(filepath.Separator)) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if method, ok := call.Fun.(*ast.SelectorExpr); ok && (method.Sel.Name == "PutNote" || method.Sel.Name == "Remember") {
					out[filepath.ToSlash(path)] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
