package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"karussell/store/bolt"
)

// TestMain lets the scripts run this program as "karussell" in processes of its
// own, with real exit codes.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"karussell": func() { os.Exit(runMain()) },
	})
}

// TestScripts runs every sub-command as its users do. A bug report becomes a
// script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:      "testdata/script",
		Deadline: time.Now().Add(3 * time.Minute),
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Values[held{}] = &[]*bolt.Store{}
			return os.WriteFile(filepath.Join(env.WorkDir, "big.txt"), make([]byte, 100<<20), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"articles": articles,
			"bytes":    writeBytes,
			"truncate": truncate,
			"await":    await,

			"karussell-hold": hold,
			"karussell-free": free,
		},
	})
}

// articles FOLDER N writes N articles into a new folder.
func articles(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.Mkdir(dir, 0o700))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(writeArticlesTo(dir, n))
}

// writeBytes FILE HEX writes a file that no text archive can hold.
func writeBytes(ts *testscript.TestScript, _ bool, args []string) {
	var out []byte
	for i := 0; i+1 < len(args[1]); i += 2 {
		out = append(out, unhex(args[1][i])<<4|unhex(args[1][i+1]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out, 0o600))
}

func unhex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// truncate FILE cuts a file in half.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()/2))
}

// await FILE waits until a file is there.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for range 1000 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s never came", args[0])
}

// held is the store that hold opened, one per script.
type held struct{}

// hold FILE opens a store and keeps it until free.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	store, err := bolt.Open(ts.MkAbs(args[0]), bolt.Options{})
	ts.Check(err)
	ts.Defer(func() { _ = store.Close() })
	open, ok := ts.Value(held{}).(*[]*bolt.Store)
	if !ok {
		ts.Fatalf("hold has no place to keep the store")
	}
	*open = append(*open, store)
}

func free(ts *testscript.TestScript, _ bool, _ []string) {
	open, ok := ts.Value(held{}).(*[]*bolt.Store)
	if !ok {
		ts.Fatalf("nothing is held")
	}
	for _, store := range *open {
		ts.Check(store.Close())
	}
	*open = nil
}
