package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
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
			return os.WriteFile(filepath.Join(env.WorkDir, "big.txt"), make([]byte, 100<<20), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"bytes":    writeBytes,
			"truncate": truncate,
		},
	})
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
